//! Writes operations as requests.

use std::borrow::Cow;

use access_groups_core::{Error, Operation};
use http::{HeaderMap, HeaderValue, Method, Request, Uri, header};
use serde::Serializer;
use serde_json::Value;

use crate::{
    Credential, Endpoint, Parameters, Payload, query,
    wire::{self, Route},
};

/// How a request carries an operation: its method, and where the parameters are.
///
/// The default is what the client uses and every operation accepts: `POST` with a JSON body.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RequestStyle {
    /// The method.
    pub method: Method,
    /// Where the parameters are.
    pub location: ParameterLocation,
}

impl RequestStyle {
    /// Every style that the service accepts for the operation; none if the API lacks it.
    #[must_use]
    pub fn all(operation: &Operation) -> Vec<Self> {
        let path = wire::write(operation).map(|(path, _)| path);
        let Some(Route { info, .. }) = path.and_then(Route::find) else {
            return Vec::new(); // the API lacks it
        };
        let locations: &[_] = match info.parameters {
            Parameters::Anywhere => &[ParameterLocation::Body, ParameterLocation::Query],
            Parameters::InBody => &[ParameterLocation::Body],
        };
        let styles = info.methods.iter().flat_map(|method| {
            locations.iter().map(|location| Self {
                method: method.clone(),
                location: *location,
            })
        });
        styles.collect()
    }
}

impl Default for RequestStyle {
    fn default() -> Self {
        Self {
            method: Method::POST,
            location: ParameterLocation::Body,
        }
    }
}

/// Where the parameters of a request are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParameterLocation {
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
/// use access_groups_protocol::{Credential, Endpoint, RequestStyle, encode};
///
/// let operation = AddUser::new(AcsUserId::from_u128(1), AccessGroupId::from_u128(2));
/// let key = Credential::api_key("seam_example")?;
/// let style = RequestStyle::default();
/// let request = encode(&operation.into(), &Endpoint::default(), &key, &style)?;
/// assert_eq!(request.method(), "POST");
/// assert_eq!(request.uri(), "https://connect.getseam.com/acs/users/add_to_access_group");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// - `Unsupported`: the API lacks the operation; see [`WITHOUT_WIRE`](crate::WITHOUT_WIRE).
pub fn encode(
    operation: &Operation,
    endpoint: &Endpoint,
    credential: &Credential,
    style: &RequestStyle,
) -> Result<Request<Payload>, Error> {
    let headers = headers(credential, style.location);
    write(operation, headers, style, |target| endpoint.uri(target))
}

/// The request of an operation with these headers, to the address of its target: a path, and a query if
/// the style asks for one.
pub(crate) fn write(
    operation: &Operation,
    headers: HeaderMap,
    style: &RequestStyle,
    address: impl FnOnce(&str) -> Uri,
) -> Result<Request<Payload>, Error> {
    let Some((path, writer)) = wire::write(operation) else {
        let message = "Seam's API has no such call: it is made in the provider's own software";
        return Err(Error::unsupported(message).with_operation(operation.name()));
    };
    let fields = writer.into_fields();
    let (target, body) = match style.location {
        ParameterLocation::Body => (Cow::Borrowed(path), to_json(fields)),
        ParameterLocation::Query => match query::write(&fields).as_str() {
            "" => (Cow::Borrowed(path), Vec::new()),
            query => (Cow::Owned(format!("{path}?{query}")), Vec::new()),
        },
    };
    let mut request = Request::new(body.into());
    *request.method_mut() = style.method.clone();
    *request.uri_mut() = address(&target);
    *request.headers_mut() = headers;
    Ok(request)
}

/// The headers of every request with the parameters there.
pub(crate) fn headers(credential: &Credential, location: ParameterLocation) -> HeaderMap {
    // Room for those that a client adds: growing costs as much as all of them.
    let mut headers = HeaderMap::with_capacity(8);
    credential.write(&mut headers);
    headers.insert(header::ACCEPT, JSON);
    // Without it, a proxy may choose any compression, and neither HTTP client undoes one.
    headers.insert(
        header::ACCEPT_ENCODING,
        const { HeaderValue::from_static("identity") },
    );
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    if location == ParameterLocation::Body {
        headers.insert(header::CONTENT_TYPE, JSON);
    }
    headers
}

/// Writes the fields sorted by name.
fn to_json(mut fields: Vec<(&'static str, Value)>) -> Vec<u8> {
    // The order of fields means nothing; a fixed one makes requests comparable in tests.
    fields.sort_unstable_by_key(|(name, _)| *name);
    let mut body = Vec::with_capacity(128); // room for two ids
    serde_json::Serializer::new(&mut body)
        .collect_map(fields)
        .expect("fields become JSON in memory");
    body
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const USER_AGENT: &str = concat!("access-groups-rust/", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests {
    use access_groups_core::{
        AccessGroupFilter, AccessGroupId, AcsUserId, ListAccessGroups, RemoveUser,
    };

    use super::*;

    fn check(operation: impl Into<Operation>, style: &RequestStyle, uri: &str, body: &str) {
        let key = Credential::api_key("seam_test").expect("a key");
        let request = encode(&operation.into(), &Endpoint::default(), &key, style);
        let request = request.expect("a request");
        assert_eq!(
            request.uri().path_and_query().expect("a path").as_str(),
            uri
        );
        assert_eq!(**request.body(), *body.as_bytes());
        assert_eq!(request.headers()["authorization"], "Bearer seam_test");
        assert_eq!(request.headers()["accept-encoding"], "identity");
    }

    #[test]
    fn the_guides_call_looks_like_the_guide() {
        let remove = RemoveUser::new(AcsUserId::from_u128(1), AccessGroupId::from_u128(2));
        check(
            remove.clone(),
            &RequestStyle::default(),
            "/acs/users/remove_from_access_group",
            r#"{"acs_access_group_id":"00000000-0000-0000-0000-000000000002","acs_user_id":"00000000-0000-0000-0000-000000000001"}"#,
        );
        check(
            remove,
            &RequestStyle {
                method: Method::DELETE,
                location: ParameterLocation::Query,
            },
            "/acs/users/remove_from_access_group?acs_access_group_id=00000000-0000-0000-0000-000000000002&acs_user_id=00000000-0000-0000-0000-000000000001&_strict=true",
            "",
        );
    }

    #[test]
    fn a_list_without_conditions_has_no_query_and_an_empty_object() {
        let list = ListAccessGroups::new(AccessGroupFilter::new());
        check(
            list.clone(),
            &RequestStyle::default(),
            "/acs/access_groups/list",
            "{}",
        );
        let get = RequestStyle {
            method: Method::GET,
            location: ParameterLocation::Query,
        };
        check(list, &get, "/acs/access_groups/list", "");
    }

    #[test]
    fn the_key_is_marked_sensitive() {
        let key = Credential::api_key("seam_swordfish").expect("a key");
        let list = ListAccessGroups::new(AccessGroupFilter::new());
        let request = encode(
            &list.into(),
            &Endpoint::default(),
            &key,
            &RequestStyle::default(),
        );
        assert!(!format!("{request:?}").contains("swordfish"));
    }
}
