//! An operation becomes a request.

use std::borrow::Cow;

use access_groups_core::Operation;
use http::{HeaderValue, Method, Request, header};
use serde::Serializer;
use serde_json::Value;

use crate::{Credential, Endpoint, Parameters, query, route::Route};

/// How an operation travels: method and carrier.
///
/// The default is what the client uses and every operation accepts: `POST` with a JSON body.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Form {
    /// The method.
    pub method: Method,
    /// Where the parameters go.
    pub carrier: Carrier,
}

impl Form {
    /// Every form that the service accepts for the operation.
    #[must_use]
    pub fn all(operation: &Operation) -> Vec<Self> {
        let (route, _) = Route::write(operation);
        let carriers: &[_] = match route.info.parameters {
            Parameters::Anywhere => &[Carrier::Body, Carrier::Query],
            Parameters::InBody => &[Carrier::Body],
        };
        let with = |method: &Method| {
            let method = method.clone();
            carriers.iter().map(move |carrier| Self {
                method: method.clone(),
                carrier: *carrier,
            })
        };
        route.info.methods.iter().flat_map(with).collect()
    }
}

impl Default for Form {
    fn default() -> Self {
        Self {
            method: Method::POST,
            carrier: Carrier::Body,
        }
    }
}

/// Where the parameters of a request travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Carrier {
    /// In a JSON body.
    Body,
    /// In the query string, as Seam's SDKs write it.
    Query,
}

/// The request of an operation.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessGroupId, AcsUserId, AddUser};
/// use access_groups_protocol::{Credential, Endpoint, Form, encode};
///
/// let operation = AddUser { user: AcsUserId::from_u128(1).into(), group: AccessGroupId::from_u128(2) };
/// let key = Credential::api_key("seam_example")?;
/// let request = encode(&operation.into(), &Endpoint::default(), &key, &Form::default());
/// assert_eq!(request.method(), "POST");
/// assert_eq!(request.uri(), "https://connect.getseam.com/acs/users/add_to_access_group");
/// # Ok::<(), access_groups_protocol::CredentialError>(())
/// ```
#[must_use]
pub fn encode(
    operation: &Operation,
    endpoint: &Endpoint,
    credential: &Credential,
    form: &Form,
) -> Request<Vec<u8>> {
    let (route, written) = Route::write(operation);
    let (path, fields) = (route.info.path, written.into_fields());
    let (target, body) = match form.carrier {
        Carrier::Body => (Cow::Borrowed(path), to_json(fields)),
        Carrier::Query => match query::write(&fields).as_str() {
            "" => (Cow::Borrowed(path), Vec::new()),
            query => (Cow::Owned(format!("{path}?{query}")), Vec::new()),
        },
    };
    let mut request = Request::new(body);
    *request.method_mut() = form.method.clone();
    *request.uri_mut() = endpoint.uri(&target);
    let headers = request.headers_mut();
    credential.write(headers);
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    if form.carrier == Carrier::Body {
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
    }
    request
}

/// Writes the fields sorted by name.
fn to_json(mut fields: Vec<(&'static str, Value)>) -> Vec<u8> {
    fields.sort_unstable_by_key(|(name, _)| *name);
    let mut body = Vec::with_capacity(128); // room for two ids
    serde_json::Serializer::new(&mut body)
        .collect_map(fields)
        .expect("fields become JSON in memory");
    body
}

const USER_AGENT: &str = concat!("access-groups-rust/", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests {
    use access_groups_core::{
        AccessGroupFilter, AccessGroupId, AcsUserId, ListAccessGroups, RemoveUser,
    };

    use super::*;

    fn check(operation: impl Into<Operation>, form: &Form, uri: &str, body: &str) {
        let key = Credential::api_key("seam_test").expect("a key");
        let request = encode(&operation.into(), &Endpoint::default(), &key, form);
        assert_eq!(
            request.uri().path_and_query().expect("a path").as_str(),
            uri
        );
        assert_eq!(request.body(), body.as_bytes());
        assert_eq!(request.headers()["authorization"], "Bearer seam_test");
    }

    #[test]
    fn the_guides_call_looks_like_the_guide() {
        let remove = RemoveUser {
            user: AcsUserId::from_u128(1).into(),
            group: AccessGroupId::from_u128(2),
        };
        check(
            remove.clone(),
            &Form::default(),
            "/acs/users/remove_from_access_group",
            r#"{"acs_access_group_id":"00000000-0000-0000-0000-000000000002","acs_user_id":"00000000-0000-0000-0000-000000000001"}"#,
        );
        check(
            remove,
            &Form {
                method: Method::DELETE,
                carrier: Carrier::Query,
            },
            "/acs/users/remove_from_access_group?acs_access_group_id=00000000-0000-0000-0000-000000000002&acs_user_id=00000000-0000-0000-0000-000000000001&_strict=true",
            "",
        );
    }

    #[test]
    fn a_list_without_conditions_has_no_query_and_an_empty_object() {
        let list = ListAccessGroups {
            filter: AccessGroupFilter::new(),
        };
        check(
            list.clone(),
            &Form::default(),
            "/acs/access_groups/list",
            "{}",
        );
        let get = Form {
            method: Method::GET,
            carrier: Carrier::Query,
        };
        check(list, &get, "/acs/access_groups/list", "");
    }

    #[test]
    fn the_key_is_marked_sensitive() {
        let key = Credential::api_key("seam_swordfish").expect("a key");
        let list = ListAccessGroups {
            filter: AccessGroupFilter::new(),
        };
        let request = encode(&list.into(), &Endpoint::default(), &key, &Form::default());
        assert!(!format!("{request:?}").contains("swordfish"));
    }
}
