//! The operations on the wire: path, methods, fields and reply of each, client half and
//! server half side by side.

mod access_groups;
mod directory;
mod reply;
mod user_identities;
mod users;

use access_groups_core::{Operation, Patch, UserRef};
use http::Method;
use serde_json::Value;

use crate::{fields::Fields, texts};

pub(crate) use reply::{read_reply, write_reply};

/// What a server takes at one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouteInfo {
    /// The path.
    pub path: &'static str,
    /// The accepted methods, in the order in which a refusal lists them.
    pub methods: &'static [Method],
    /// Where its parameters may travel.
    pub parameters: Parameters,
    /// Whether Seam lets client sessions, be it those of a customer only, call it, too.
    pub client_sessions: bool,
}

/// Where the parameters of a path may travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Parameters {
    /// In the query, in the body, or in both; the body wins.
    Anywhere,
    /// In the body only; a query is ignored.
    InBody,
}

/// Every path of the API that this crate knows, in no particular order.
pub fn routes() -> impl Iterator<Item = RouteInfo> {
    all().map(|route| route.info)
}

/// One path of the API.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) info: RouteInfo,
    read: Read,
}

/// Makes an operation of the fields; `None` if one is missing or wrong, which the fields know.
type Read = fn(&mut Fields<'_>) -> Option<Operation>;

impl Route {
    /// The route of a path, if there is one.
    pub(crate) fn find(path: &str) -> Option<&'static Self> {
        all().find(|route| route.info.path == path)
    }

    /// The operation that the fields spell; `None` if a mandatory one is missing or wrong,
    /// which the fields then know.
    pub(crate) fn read(&self, fields: &mut Fields<'_>) -> Option<Operation> {
        (self.read)(fields)
    }

    /// Where the client sends an operation, and its fields; absent ones are left out.
    pub(crate) fn write(operation: &Operation) -> (&'static Self, Written) {
        access_groups::write(operation)
            .or_else(|| users::write(operation))
            .or_else(|| directory::write(operation))
            .or_else(|| user_identities::write(operation))
            .expect("every operation has a route: a test tries them all")
    }

    /// A route whose parameters may travel anywhere, closed to client sessions.
    const fn new(path: &'static str, methods: &'static [Method], read: Read) -> Self {
        let info = RouteInfo {
            path,
            methods,
            parameters: Parameters::Anywhere,
            client_sessions: false,
        };
        Self { info, read }
    }

    const fn in_body(mut self) -> Self {
        self.info.parameters = Parameters::InBody;
        self
    }

    const fn for_client_sessions(mut self) -> Self {
        self.info.client_sessions = true;
        self
    }
}

fn all() -> impl Iterator<Item = &'static Route> {
    let groups = access_groups::ROUTES.iter().chain(users::ROUTES);
    let rest = directory::ROUTES.iter().chain(user_identities::ROUTES);
    groups.chain(rest).copied()
}

/// The fields of a request, as they are written.
#[derive(Debug, Default)]
pub(crate) struct Written(Vec<(&'static str, Value)>);

impl Written {
    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.0.push((name, Value::String(value.to_string())));
        self
    }

    fn with_some(self, name: &'static str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    fn with_json(mut self, name: &'static str, value: Option<impl Into<Value>>) -> Self {
        self.0.extend(value.map(|value| (name, value.into())));
        self
    }

    fn with_list<T: ToString>(self, name: &'static str, items: Option<&[T]>) -> Self {
        let items = items.map(|items| items.iter().map(T::to_string).collect::<Vec<_>>());
        self.with_json(name, items)
    }

    fn with_patch(self, name: &'static str, patch: Patch<impl Into<Value>>) -> Self {
        match patch {
            Patch::Keep => self,
            Patch::Clear => self.with_json(name, Some(Value::Null)),
            Patch::Set(value) => self.with_json(name, Some(value)),
        }
    }

    /// The fields, in no particular order.
    pub(crate) fn into_fields(self) -> Vec<(&'static str, Value)> {
        self.0
    }
}

/// Exactly one of the two ids.
fn read_user_ref(fields: &mut Fields<'_>) -> Option<UserRef> {
    match fields.exactly_one(USER, IDENTITY)? {
        USER => fields.required(USER, texts::id).map(UserRef::AcsUser),
        _ => fields.required(IDENTITY, texts::id).map(UserRef::Identity),
    }
}

fn write_user_ref(user: UserRef) -> Written {
    match user {
        UserRef::AcsUser(id) => Written::default().with(USER, id),
        UserRef::Identity(id) => Written::default().with(IDENTITY, id),
    }
}

fn write_page(written: Written, page: &access_groups_core::PageRequest) -> Written {
    let cursor = page.cursor.as_ref().map(|cursor| cursor.as_str());
    written
        .with_json("limit", page.limit.map(|limit| limit.get()))
        .with_some("page_cursor", cursor)
}

/// A name, and nothing else: null stays null.
fn text(value: Option<&str>) -> Value {
    value.map_or(Value::Null, Value::from)
}

const ADD: &[Method] = &[Method::PUT, Method::POST];
const REMOVE: &[Method] = &[Method::DELETE, Method::POST];
const READ: &[Method] = &[Method::GET, Method::POST];
const CHANGE: &[Method] = &[Method::PATCH, Method::POST];
const DO: &[Method] = &[Method::POST];

const USER: &str = "acs_user_id";
const IDENTITY: &str = "user_identity_id";
const GROUP: &str = "acs_access_group_id";
const SYSTEM: &str = "acs_system_id";
const ENTRANCE: &str = "acs_entrance_id";
const SEARCH: &str = "search";
