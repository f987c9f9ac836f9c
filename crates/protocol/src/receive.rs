//! The server half: a request becomes an operation, a reply becomes a response.
//!
//! The order of the checks decides which error is reported: path, size and JSON syntax before
//! authentication, authentication before method, method before validation, validation before
//! existence.

mod credential;

use std::fmt;

use access_groups_core::{Error, Operation, Reply, lenient_json};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::{Map, Value};

use crate::{
    Parameters, Payload, envelope,
    fields::{FieldReader, Params, not_an_object},
    query::{self, Query},
    status,
    wire::Route,
};

use credential::Caller;

pub use credential::PresentedCredential;

/// The largest body that a request may have: 1 MiB.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// The response header with the id of the request.
pub const REQUEST_ID_HEADER: &str = "seam-request-id";

/// The CORS headers of every response, except the one with the allowed origin.
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

/// Whether the path is known. If not, answer with [`respond_unknown_path`], without reading the
/// body.
#[must_use]
pub fn is_known_path(path: &str) -> bool {
    Route::find(path).is_some()
}

/// The methods of a known path, for the header `Allow` of a response with status 405: `HEAD` is
/// answered wherever `GET` is.
#[must_use]
pub fn allowed_methods(path: &str) -> Option<String> {
    let methods = Route::find(path)?.info.methods;
    let mut names: Vec<_> = methods.iter().map(Method::as_str).collect();
    if methods.contains(&Method::GET) {
        names.push("HEAD");
    }
    Some(names.join(", "))
}

/// A request, classified before authentication.
#[derive(Debug)]
pub enum Received {
    /// A call: authenticate it, then ask for its operation.
    Call(Incoming),
    /// A request that gets this response whoever sent it.
    Answer(Response<Payload>),
}

/// What an authenticated and valid call asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(
    clippy::large_enum_variant,
    reason = "moved once per call; a box costs more"
)]
pub enum Action {
    /// Call the port of the caller's workspace with this operation.
    Call(Operation),
    /// Answer this, without a port: a list of unmanaged groups or users, of which there are none.
    Reply(Reply),
}

/// Classifies a request, as far as possible before authentication.
///
/// The body is JSON as others write it: a byte order mark is skipped; bytes that are not UTF-8, and
/// escapes of half a surrogate pair, become U+FFFD.
///
/// The body must be complete and at most [`BODY_LIMIT`] bytes; see
/// [`respond_too_large`]. The host adds [`REQUEST_ID_HEADER`] and [`CORS_HEADERS`] to every
/// response.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessGroupId, AcsUserId, AddUser, Call};
/// use access_groups_protocol::{
///     Action, Credential, Endpoint, PresentedCredential, Received, RequestStyle, encode, receive,
///     respond,
/// };
///
/// let add = AddUser::new(AcsUserId::from_u128(1), AccessGroupId::from_u128(2)).into();
/// let key = Credential::api_key("seam_example")?;
/// let request = encode(&add, &Endpoint::default(), &key, &RequestStyle::default())?;
///
/// let Received::Call(incoming) = receive(&request) else { panic!("a call") };
/// let PresentedCredential::ApiKey(presented) = incoming.credential()? else { panic!("a key") };
/// assert_eq!(presented.expose(), "seam_example");
/// assert_eq!(incoming.operation()?, Action::Call(add));
///
/// let response = respond(&Ok(AddUser::answer(())));
/// assert_eq!(response.body()[..], br#"{"ok":true}"#[..]);
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
    // A preflight carries no credential.
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
pub struct Incoming {
    route: &'static Route,
    method: Method,
    caller: Caller,
    query: Query,
    body: Body,
}

impl Incoming {
    /// The credential that the caller presents; the host decides whether to accept it.
    ///
    /// # Errors
    ///
    /// `Unauthenticated`: there is none, or one of a kind that no server here accepts: a client
    /// session, a publishable key, a console session, or a personal access token without a
    /// workspace.
    pub fn credential(&self) -> Result<PresentedCredential<'_>, Error> {
        self.caller.credential(self.route.info.client_sessions)
    }

    /// What the call asks for. Validate only after authentication: a caller without credentials
    /// learns nothing else.
    ///
    /// # Errors
    ///
    /// - `Unsupported` with code `method_not_allowed`: wrong method.
    /// - `Invalid`: wrong content type, ambiguous query, wrong fields; the code tells which.
    /// - `NotFound`: an unmanaged group or user; there is none.
    pub fn operation(self) -> Result<Action, Error> {
        let methods = self.route.info.methods;
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
            // Seam checks the content type of these methods only.
            Body::Text if [Method::POST, Method::PATCH].contains(&self.method) => {
                return Err(Error::invalid(
                    "a POST or PATCH with a body needs the header \"Content-Type: application/json\"",
                )
                .with_code("invalid_content_type"));
            }
            Body::Text => return Err(not_an_object(&Value::String(String::new()))),
        };
        let query = match self.route.info.parameters {
            Parameters::Anywhere => self.query,
            Parameters::InBody => Query::default(), // ignored, not refused: so does Seam
        };
        let params = Params { query, body };
        let mut reader = FieldReader::new(&params);
        let action = (self.route.read)(&mut reader);
        reader.finish()?; // before the action: complaints about optional fields count, too
        action.unwrap_or_else(|| Err(Error::internal("a field is missing without a complaint")))
    }
}

/// The path and the method only: parameters are personal data, and headers hold the credential.
impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("path", &self.route.info.path)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// The response to a call: status, content type and body.
#[must_use]
pub fn respond(result: &Result<Reply, Error>) -> Response<Payload> {
    let reply = match result {
        Ok(reply) => reply,
        Err(error) => return refuse(error),
    };
    match envelope::write_reply(reply) {
        Ok(body) => json(StatusCode::OK, body),
        Err(_) => refuse(&Error::internal("the answer cannot be written as JSON")),
    }
}

/// The response of a success without content, such as that of a health check.
#[must_use]
pub fn respond_ok() -> Response<Payload> {
    json(StatusCode::OK, envelope::OK.to_vec())
}

/// The response to a body over [`BODY_LIMIT`]; it comes before authentication.
#[must_use]
pub fn respond_too_large() -> Response<Payload> {
    text(StatusCode::PAYLOAD_TOO_LARGE, "Body exceeded 1mb limit")
}

/// The response to an unknown path; it comes before authentication.
#[must_use]
pub fn respond_unknown_path() -> Response<Payload> {
    text(StatusCode::NOT_FOUND, "404")
}

fn refuse(error: &Error) -> Response<Payload> {
    let status = match error.code() {
        // A kind has one status: this one is told apart by its code.
        Some(METHOD_NOT_ALLOWED) => StatusCode::METHOD_NOT_ALLOWED,
        _ => status::of_kind(error.kind()),
    };
    let mut response = json(status, envelope::failure(error));
    if let Some(wait) = error.retry_after() {
        // Rounded up: who comes back sooner is refused again.
        let seconds = wait
            .as_secs()
            .saturating_add((wait.subsec_nanos() > 0).into());
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

fn json(status: StatusCode, body: Vec<u8>) -> Response<Payload> {
    let mut response = text(status, body);
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn text(status: StatusCode, body: impl Into<Vec<u8>>) -> Response<Payload> {
    let mut response = Response::new(body.into().into());
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

/// Parses JSON only if the content type names it; an empty body counts as absent.
fn read_body(headers: &HeaderMap, body: &[u8]) -> Result<Body, serde_json::Error> {
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| contains_ignoring_case(kind.as_bytes(), b"application/json"));
    // Like the server behind Seam's API, which reads bytes that are no UTF-8 as U+FFFD.
    let body = lenient_json(String::from_utf8_lossy(body));
    Ok(match (body.as_ref(), is_json) {
        ("", _) => Body::Absent,
        (body, true) => Body::Json(serde_json::from_str(body)?),
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
    use std::time::Duration;

    use super::*;

    fn request(method: &str, target: &str, kind: &str, body: &str) -> Request<Payload> {
        let builder = Request::builder().method(method).uri(target);
        let builder = match kind {
            "" => builder,
            kind => builder.header("content-type", kind),
        };
        builder
            .body(body.as_bytes().to_vec().into())
            .expect("a request")
    }

    fn incoming(request: &Request<Payload>) -> Incoming {
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
            created.map(|action| match action {
                Action::Call(Operation::CreateAcsUser(op)) => {
                    op.user.email_address.map(String::from)
                }
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

    #[test]
    fn a_body_is_read_as_others_write_it() {
        let id = "00000000-0000-0000-0000-000000000001";
        for name in ["Tom \\ud83d", "\u{fffd}"] {
            let body = format!(r#"{{"acs_system_id":"{id}","full_name":"{name}"}}"#);
            let path = "/acs/users/create";
            let marked = format!("\u{feff}{body}");
            let sent = incoming(&request("POST", path, JSON, &marked)).operation();
            let Ok(Action::Call(Operation::CreateAcsUser(op))) = sent else {
                panic!("{sent:?}");
            };
            assert!(op.user.full_name.as_str().ends_with('\u{fffd}'), "{name}");
        }
        let mut bytes = request("POST", "/acs/users/get", JSON, "");
        *bytes.body_mut() = b"{\"acs_user_id\": \"\xff\"}".to_vec().into();
        let refused = incoming(&bytes).operation().expect_err("no id");
        assert_eq!(refused.code(), Some("invalid_input")); // not a syntax error
    }

    fn check_answer(method: &str, target: &str, body: &str, status: u16, expected: &str) {
        match receive(&request(method, target, JSON, body)) {
            Received::Answer(answer) => {
                assert_eq!(answer.status(), status);
                assert_eq!(**answer.body(), *expected.as_bytes());
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
        let asked = |wait| {
            let response = respond(&Err(Error::rate_limited("slow down").with_retry_after(wait)));
            assert_eq!(response.status(), 429);
            response.headers()["retry-after"].clone()
        };
        assert_eq!(asked(Duration::from_secs(7)), "7");
        assert_eq!(asked(Duration::from_millis(200)), "1");
        assert_eq!(asked(Duration::MAX), u64::MAX.to_string());
    }
}
