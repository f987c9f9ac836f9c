//! The server half: a request becomes an operation, a reply becomes a response.
//!
//! The order of the checks decides which refusal wins: path, size and JSON syntax before
//! authentication, authentication before method, method before validation, validation
//! before existence.

mod caller;

use access_groups_core::{Error, Operation, Reply};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::{Map, Value};

use crate::{
    Parameters, RouteInfo, envelope,
    fields::{Fields, Params, not_an_object},
    query::{self, Query},
    route::{self, Route},
    status,
};

use caller::Caller;

pub use caller::Presented;

/// The largest body that a request may have: 1 MiB.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// The response header with the id of the request.
pub const REQUEST_ID_HEADER: &str = "seam-request-id";

/// What every response allows browsers of other origins, beside the origin itself.
pub const CORS_HEADERS: &[(header::HeaderName, &str)] = &[
    (header::VARY, "origin"),
    (header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"),
    (
        header::ACCESS_CONTROL_ALLOW_METHODS,
        "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    ),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        "authorization, content-type, accept, seam-workspace, seam-lts-version, seam-sdk-name, \
         seam-sdk-version, seam-publishable-key, seam-client-session-token, \
         client-session-token, seam-api-key, seam-user-identifier-key",
    ),
];

/// Whether there is an operation at the path; if not, [`respond_unknown_path`] answers, and
/// the body need not be read.
#[must_use]
pub fn is_known_path(path: &str) -> bool {
    Route::find(path).is_some()
}

/// What a request turned out to be, before anybody asked who sent it.
#[derive(Debug)]
pub enum Received {
    /// A call: authenticate it, then ask for its operation.
    Call(Incoming),
    /// Something that gets this response whoever sent it.
    Answer(Response<Vec<u8>>),
}

/// Looks at a request as far as it can be without knowing who sent it.
///
/// The body must be complete and at most [`BODY_LIMIT`] bytes; see
/// [`respond_too_large`]. The host adds [`REQUEST_ID_HEADER`] and [`CORS_HEADERS`] to every
/// response.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessGroupId, AcsUserId, AddUser, Reply};
/// use access_groups_protocol::{
///     Credential, Endpoint, Form, Presented, Received, encode, receive, respond,
/// };
///
/// let add = AddUser { user: AcsUserId::from_u128(1).into(), group: AccessGroupId::from_u128(2) }.into();
/// let key = Credential::api_key("seam_example")?;
/// let request = encode(&add, &Endpoint::default(), &key, &Form::default());
///
/// let Received::Call(incoming) = receive(&request) else { panic!("a call") };
/// assert!(matches!(incoming.credential()?, Presented::ApiKey(key) if key.expose() == "seam_example"));
/// assert_eq!(incoming.operation()?, add);
///
/// let response = respond(&Ok(Reply::Done(())));
/// assert_eq!(response.body(), br#"{"ok":true}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn receive<B: AsRef<[u8]>>(request: &Request<B>) -> Received {
    let Some(route) = Route::find(request.uri().path()) else {
        return Received::Answer(respond_unknown_path());
    };
    let Ok(body) = read_body(request.headers(), request.body().as_ref()) else {
        return Received::Answer(text(StatusCode::BAD_REQUEST, "Invalid JSON"));
    };
    if request.method() == Method::OPTIONS {
        return Received::Answer(text(StatusCode::OK, ""));
    }
    Received::Call(Incoming {
        route,
        method: request.method().clone(),
        caller: Caller::of(request.headers()),
        query: query::read(request.uri().query().unwrap_or_default()),
        body,
    })
}

/// A call that still has to be authenticated and validated.
#[derive(Debug)]
pub struct Incoming {
    route: &'static Route,
    method: Method,
    caller: Caller,
    query: Query,
    body: Body,
}

impl Incoming {
    /// What the caller presents as credential: the host decides what it is worth.
    ///
    /// # Errors
    ///
    /// `Unauthenticated`: there is none, or one of a kind that opens nothing here: a client
    /// session, a publishable key, a console session, or a personal access token without a
    /// workspace.
    pub fn credential(&self) -> Result<Presented<'_>, Error> {
        self.caller.presented(self.route.info.client_sessions)
    }

    /// What the caller wants. Ask for it after authentication: a caller without
    /// credentials learns nothing of what it did wrong otherwise.
    ///
    /// # Errors
    ///
    /// - `Unsupported` with code `method_not_allowed`: wrong method.
    /// - `Invalid`: wrong content type, ambiguous query, wrong fields; the code tells which.
    pub fn operation(self) -> Result<Operation, Error> {
        let RouteInfo {
            methods,
            parameters,
            ..
        } = self.route.info;
        if !methods.contains(&self.method) {
            let methods: Vec<_> = methods.iter().map(Method::as_str).collect();
            return Err(
                Error::unsupported(format!("only {} accepted", methods.join(",")))
                    .with_code(METHOD_NOT_ALLOWED),
            );
        }
        let body = match self.body {
            Body::Absent => Map::new(),
            Body::Json(Value::Object(object)) => object,
            Body::Json(other) => return Err(not_an_object(&other)),
            Body::Text if [Method::POST, Method::PATCH].contains(&self.method) => {
                return Err(Error::invalid(
                    "a POST or PATCH with a body needs the header \"Content-Type: application/json\"",
                )
                .with_code("invalid_content_type"));
            }
            Body::Text => return Err(not_an_object(&Value::String(String::new()))),
        };
        let query = match parameters {
            Parameters::Anywhere => self.query,
            Parameters::InBody => Query::default(),
        };
        let params = Params { query, body };
        let mut fields = Fields::new(&params);
        let operation = self.route.read(&mut fields);
        fields.finish()?;
        operation.ok_or_else(|| Error::internal("a field is missing and nobody complained"))
    }
}

/// The response to a call: status, content type and body.
#[must_use]
pub fn respond(result: &Result<Reply, Error>) -> Response<Vec<u8>> {
    let written = match result {
        Ok(reply) => route::write_reply(reply).map_err(|source| {
            Error::internal("the answer cannot be written as JSON").with_source(source)
        }),
        Err(error) => return refuse(error),
    };
    match written {
        Ok(body) => json(StatusCode::OK, body),
        Err(error) => refuse(&error),
    }
}

/// The response to a body over [`BODY_LIMIT`]; it comes before authentication.
#[must_use]
pub fn respond_too_large() -> Response<Vec<u8>> {
    text(StatusCode::PAYLOAD_TOO_LARGE, "Body exceeded 1mb limit")
}

/// The response to a path that is no operation; it comes before authentication.
#[must_use]
pub fn respond_unknown_path() -> Response<Vec<u8>> {
    text(StatusCode::NOT_FOUND, "404")
}

fn refuse(error: &Error) -> Response<Vec<u8>> {
    let status = match error.code() {
        Some(METHOD_NOT_ALLOWED) => StatusCode::METHOD_NOT_ALLOWED,
        _ => status::of_kind(error.kind()),
    };
    let mut response = json(status, envelope::failure(error));
    if let Some(wait) = error.retry_after() {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, wait.as_secs().into());
    }
    response
}

fn json(status: StatusCode, body: Vec<u8>) -> Response<Vec<u8>> {
    let mut response = text(status, body);
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn text(status: StatusCode, body: impl Into<Vec<u8>>) -> Response<Vec<u8>> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response
}

/// The body of a request by its content type.
#[derive(Debug)]
enum Body {
    Absent,
    Json(Value),
    Text,
}

/// Only JSON that is called JSON is parsed; an empty body is an absent one.
fn read_body(headers: &HeaderMap, body: &[u8]) -> Result<Body, serde_json::Error> {
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| contains_ignoring_case(kind.as_bytes(), b"application/json"));
    Ok(match (body, is_json) {
        ([], _) => Body::Absent,
        (body, true) => Body::Json(serde_json::from_slice(body)?),
        (_, false) => Body::Text,
    })
}

fn contains_ignoring_case(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len())
        .any(|window| window.eq_ignore_ascii_case(part))
}

const METHOD_NOT_ALLOWED: &str = "method_not_allowed";

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, target: &str, kind: &str, body: &str) -> Request<Vec<u8>> {
        let builder = Request::builder().method(method).uri(target);
        let builder = match kind {
            "" => builder,
            kind => builder.header("content-type", kind),
        };
        builder.body(body.as_bytes().to_vec()).expect("a request")
    }

    fn incoming(request: &Request<Vec<u8>>) -> Incoming {
        match receive(request) {
            Received::Call(incoming) => incoming,
            Received::Answer(answer) => panic!("not a call: {answer:?}"),
        }
    }

    fn check(method: &str, kind: &str, body: &str, code: &str) {
        let request = request(method, "/acs/users/add_to_access_group", kind, body);
        let error = incoming(&request).operation().expect_err("a refusal");
        assert_eq!(error.code(), Some(code), "{method} {kind} {body}");
    }

    const JSON: &str = "application/json";

    #[test]
    fn refusals_come_in_their_order() {
        check("GET", "text/plain", "x", "method_not_allowed");
        check("POST", "text/plain", "x", "invalid_content_type");
        check(
            "POST",
            "application/vnd.api+json",
            "{}",
            "invalid_content_type",
        );
        check(
            "POST",
            "Application/JSON; charset=utf-8",
            "{}",
            "invalid_input",
        );
        check("PUT", "text/plain", "x", "invalid_input");
        check("POST", "", "", "invalid_input");
        check("POST", JSON, "[]", "invalid_input");
    }

    #[test]
    fn a_query_does_not_count_where_only_the_body_does() {
        let target =
            "/user_identities/update?user_identity_id=00000000-0000-0000-0000-000000000001";
        let error = incoming(&request("PATCH", target, JSON, "{}"))
            .operation()
            .expect_err("a refusal");
        assert_eq!(error.message(), "user_identity_id is required");
        let error = incoming(&request("PATCH", target, "text/plain", "x"))
            .operation()
            .expect_err("a refusal");
        assert_eq!(error.code(), Some("invalid_content_type"));
    }

    #[test]
    fn an_email_address_beats_its_deprecated_name_and_both_must_be_sound() {
        let create = |emails: &str| {
            let system = r#""acs_system_id":"00000000-0000-0000-0000-000000000001""#;
            let body = format!(r#"{{{system},"full_name":"Ada"{emails}}}"#);
            let created = incoming(&request("POST", "/acs/users/create", JSON, &body)).operation();
            created.map(|operation| match operation {
                Operation::CreateAcsUser(op) => op.user.email_address.map(String::from),
                other => panic!("{other:?}"),
            })
        };
        let (old, new) = (
            r#","email":"old@example.com""#,
            r#","email_address":"new@example.com""#,
        );
        let found = |emails: &str| create(emails).expect("a user");
        assert_eq!(found(""), None);
        assert_eq!(found(old).as_deref(), Some("old@example.com"));
        assert_eq!(
            found(&format!("{old}{new}")).as_deref(),
            Some("new@example.com")
        );
        let refused = create(&format!(r#"{new},"email":"old""#)).expect_err("no address");
        assert_eq!(refused.message(), "Invalid email for \"email\"");
    }

    #[test]
    fn a_body_that_is_no_object_is_refused_as_a_whole() {
        for (body, name) in [
            ("[]", "array"),
            ("\"x\"", "string"),
            ("null", "null"),
            ("1", "number"),
        ] {
            let request = request("POST", "/acs/access_groups/list", JSON, body);
            let error = incoming(&request).operation().expect_err("a refusal");
            assert_eq!(error.message(), format!("Expected object, received {name}"));
            assert_eq!(error.fields()[0].path, "");
        }
    }

    fn check_answer(method: &str, target: &str, body: &str, status: u16, expected: &str) {
        match receive(&request(method, target, JSON, body)) {
            Received::Answer(answer) => {
                assert_eq!(answer.status(), status);
                assert_eq!(answer.body(), expected.as_bytes());
                assert!(!answer.headers().contains_key("content-type"));
            }
            Received::Call(call) => panic!("{call:?}"),
        }
    }

    #[test]
    fn raw_answers_need_no_credential() {
        check_answer(
            "POST",
            "/acs/users/add_to_access_group",
            "{\"a\":",
            400,
            "Invalid JSON",
        );
        check_answer("POST", "/acs/users/add_to_access_group/", "{}", 404, "404");
        check_answer("POST", "/", "not json", 404, "404");
        check_answer("OPTIONS", "/acs/users/add_to_access_group", "", 200, "");
    }

    #[test]
    fn a_wait_that_the_error_asks_for_reaches_the_caller() {
        let wait = std::time::Duration::from_secs(7);
        let response = respond(&Err(Error::rate_limited("slow down").with_retry_after(wait)));
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()["retry-after"], "7");
    }
}
