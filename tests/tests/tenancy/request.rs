//! One request as it goes over the wire, and the places in it that name something.

use std::iter;

use access_groups_core::{Operation, UserRef};
use access_groups_protocol::{
    Credential, Endpoint, ParameterLocation, RequestStyle, encode, routes,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{Method, header};
use serde_json::{Value, json};

use crate::{
    operations,
    world::{World, email, phone},
};

/// A request without a credential: its caller adds one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    method: Method,
    pub(crate) path: String,
    parameters: Parameters,
}

#[derive(Debug, Clone, PartialEq)]
enum Parameters {
    Body(Value),
    Query(Vec<(String, String)>),
}

/// One place of a request that names something, and what is named there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The field.
    pub(crate) field: String,
    /// The id or text; of a page cursor, the id of the row that it names.
    pub(crate) name: String,
}

impl Request {
    /// Every request there is, about the first world: each operation at each of its paths, with
    /// each method, and with parameters in each location that the server accepts.
    pub(crate) fn all() -> Vec<Self> {
        let all = operations::all();
        let all = all.iter().flat_map(Self::all_of);
        all.chain(Self::all_unmanaged()).collect()
    }

    pub(crate) fn all_of(operation: &Operation) -> Vec<Self> {
        // Some paths do the same: the client uses one of them.
        let alias = if let Operation::AddUser(op) = operation {
            matches!(op.user, UserRef::AcsUser(_)).then_some("/acs/access_groups/add_user")
        } else if let Operation::RemoveUser(op) = operation {
            Some(match op.user {
                UserRef::AcsUser(_) => "/acs/access_groups/remove_user",
                UserRef::Identity(_) => "/acs/users/remove_from_access_group",
            })
        } else {
            None
        };
        let styles = RequestStyle::all(operation).into_iter();
        let usual = styles.map(|style| Self::encoded(operation, &style));
        let with_alias = usual.flat_map(|usual| {
            let alias = alias.map(|path| Self {
                path: path.to_owned(),
                ..usual.clone()
            });
            iter::once(usual).chain(alias)
        });
        with_alias.collect()
    }

    fn encoded(operation: &Operation, style: &RequestStyle) -> Self {
        let key = Credential::api_key("seam_anybody").expect("a key");
        let request = encode(operation, &Endpoint::default(), &key, style).expect("a request");
        let parameters = match style.location {
            ParameterLocation::Body => {
                Parameters::Body(serde_json::from_slice(request.body()).expect("JSON"))
            }
            ParameterLocation::Query => {
                let query = request.uri().query().unwrap_or_default();
                let pairs = form_urlencoded::parse(query.as_bytes());
                Parameters::Query(pairs.into_owned().collect())
            }
        };
        Self {
            method: style.method.clone(),
            path: request.uri().path().to_owned(),
            parameters,
        }
    }

    /// Nothing is unmanaged: the lists are empty, and even the owner's own ids are not found.
    fn all_unmanaged() -> impl Iterator<Item = Self> {
        let world = World::First;
        let paths = routes().filter(|route| route.path.contains("/unmanaged/"));
        paths.flat_map(move |route| {
            let fields = match route.path {
                "/acs/access_groups/unmanaged/get" => {
                    json!({"acs_access_group_id": world.group(1)})
                }
                "/acs/access_groups/unmanaged/list" => json!({
                    "acs_system_id": world.system(1),
                    "acs_user_id": world.user(1),
                    "search": world.group(1),
                }),
                "/acs/users/unmanaged/get" => json!({"acs_user_id": world.user(1)}),
                "/acs/users/unmanaged/list" => json!({
                    "acs_system_id": world.system(1),
                    "user_identity_id": world.identity(1),
                    "user_identity_email_address": email(world, 11),
                    "user_identity_phone_number": phone(world, 1),
                    "search": world.user(1),
                    "limit": 2,
                }),
                other => panic!("{other} is new: what are its fields?"),
            };
            let pairs = fields.as_object().expect("an object").iter();
            let pairs = pairs.map(|(name, value)| {
                let text = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                (name.clone(), text)
            });
            let in_query = Parameters::Query(pairs.collect());
            let locations = [Parameters::Body(fields), in_query];
            route.methods.iter().flat_map(move |method| {
                locations.clone().map(|parameters| Self {
                    method: method.clone(),
                    path: route.path.to_owned(),
                    parameters,
                })
            })
        })
    }

    /// Every place that names something of a world.
    pub(crate) fn places(&self) -> Vec<Place> {
        let mut places = Vec::new();
        self.clone().visit_words(&mut |field, word| {
            if let Some(name) = name_in(field, word) {
                let field = field.to_owned();
                places.push(Place { field, name });
            }
        });
        places
    }

    /// The same request about the same things of another world.
    pub(crate) fn about(&self, world: World) -> Self {
        self.moved_to(world, |_| true)
    }

    /// The request with these of its [`places`](Self::places) moved to another world.
    pub(crate) fn moved_to(&self, world: World, is_moved: impl Fn(usize) -> bool) -> Self {
        let (mut moved, mut place) = (self.clone(), 0);
        moved.visit_words(&mut |field, word| {
            if name_in(field, word).is_some() {
                if is_moved(place) {
                    *word = own(world, field, word);
                }
                place += 1;
            }
        });
        moved
    }

    fn visit_words(&mut self, visit: &mut dyn FnMut(&str, &mut String)) {
        match &mut self.parameters {
            Parameters::Body(body) => visit_strings("", body, visit),
            Parameters::Query(pairs) => {
                pairs
                    .iter_mut()
                    .for_each(|(name, value)| visit(name, value));
            }
        }
    }

    /// The request with this credential.
    pub(crate) fn to_http(&self, credential: &[(&'static str, String)]) -> http::Request<Vec<u8>> {
        let (target, body) = match &self.parameters {
            Parameters::Body(body) => (self.path.clone(), body.to_string().into_bytes()),
            Parameters::Query(pairs) if pairs.is_empty() => (self.path.clone(), Vec::new()),
            Parameters::Query(pairs) => {
                let mut query = form_urlencoded::Serializer::new(String::new());
                query.extend_pairs(pairs);
                (format!("{}?{}", self.path, query.finish()), Vec::new())
            }
        };
        let mut request = http::Request::builder()
            .method(self.method.clone())
            .uri(target);
        for (name, value) in credential {
            request = request.header(*name, value);
        }
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        request.body(body).expect("a request")
    }
}

fn visit_strings(field: &str, value: &mut Value, visit: &mut dyn FnMut(&str, &mut String)) {
    match value {
        Value::String(text) => visit(field, text),
        Value::Array(items) => {
            items
                .iter_mut()
                .for_each(|item| visit_strings(field, item, visit));
        }
        Value::Object(fields) => {
            for (field, value) in fields.iter_mut() {
                visit_strings(field, value, visit);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What the word names, if it names something of a world.
fn name_in(field: &str, word: &str) -> Option<String> {
    let name = match field {
        CURSOR => {
            let cursor: Value = serde_json::from_slice(&decoded(word)).expect("a cursor of ours");
            cursor[1]["id"].as_str().expect("a row").to_owned()
        }
        _ => word.to_owned(),
    };
    World::ALL
        .iter()
        .any(|world| world.is_in(&name))
        .then_some(name)
}

/// The word as that world has it.
fn own(world: World, field: &str, word: &str) -> String {
    match field {
        // The cursor is bound to a filter without ids, so the binding stays valid.
        CURSOR => STANDARD.encode(world.own(&String::from_utf8_lossy(&decoded(word)))),
        _ => world.own(word),
    }
}

fn decoded(cursor: &str) -> Vec<u8> {
    STANDARD.decode(cursor).expect("a cursor of ours")
}

const CURSOR: &str = "page_cursor";
