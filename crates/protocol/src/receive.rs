//! The server half: a request becomes an operation, a reply becomes a response.
//!
//! A request comes in two parts. Its head says whether the path is known, who calls and what kind of
//! body follows; only for a caller whose credential the host accepts are a query and a body made
//! into values.
//!
//! The order of the checks decides which error is reported: path and size before JSON syntax, syntax
//! before authentication, authentication before method, method before validation, validation before
//! existence. Of a caller without a good credential the syntax is checked in small bodies only: see
//! [`BODY_BEFORE_KEY`].

mod body;
mod credential;
mod limits;

use std::fmt;

use access_groups_core::{Error, Operation, Reply};
use http::{HeaderValue, Method, Response, StatusCode, header, request::Parts, uri::PathAndQuery};
use serde_json::{Map, Value};

use crate::{
    Parameters, Payload, envelope,
    fields::{FieldReader, not_an_object},
    query::{self, Query},
    status,
    wire::Route,
};

use body::Body;
use credential::Caller;

pub use credential::PresentedCredential;
pub use limits::{BODY_BEFORE_KEY, BODY_LIMIT, RequestLimits};

/// The response header with the id of the request.
pub const REQUEST_ID_HEADER: &str = "seam-request-id";

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

/// The head of a request, classified before authentication.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "moved once per request; a box costs more"
)]
pub enum ReceivedHead {
    /// A call: authenticate it, then read its body and ask for its operation.
    Call(Head),
    /// A request that gets this response whoever sent it and whatever its body is: an unknown path,
    /// or a preflight, which carries no credential.
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

/// Classifies the head of a request, before its body is read.
///
/// What a host does with a call:
///
/// 1. [`credential`](Head::credential), and decide whether to accept it;
/// 2. if not: read at most [`BODY_BEFORE_KEY`] bytes of the body, and [`refuse`](Head::refuse);
/// 3. else read the body, at most [`BODY_LIMIT`] bytes of it ([`respond_too_large`] answers a larger
///    one), and ask for the [`operation`](Head::operation).
///
/// The host adds [`REQUEST_ID_HEADER`] to every response.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessGroupId, AcsUserId, AddUser, Call, Error};
/// use access_groups_protocol::{
///     Action, Credential, Endpoint, PresentedCredential, ReceivedHead, RequestLimits,
///     RequestStyle, encode, receive_head, respond,
/// };
///
/// let add = AddUser::new(AcsUserId::from_u128(1), AccessGroupId::from_u128(2)).into();
/// let key = Credential::api_key("seam_example")?;
/// let request = encode(&add, &Endpoint::default(), &key, &RequestStyle::default())?;
/// let (parts, body) = request.into_parts();
///
/// let ReceivedHead::Call(head) = receive_head(&parts) else { panic!("a call") };
/// let PresentedCredential::ApiKey(presented) = head.credential()? else { panic!("a key") };
/// assert_eq!(presented.expose(), "seam_example");
///
/// // Somebody else's key would be refused, and malformed JSON told first.
/// let unknown = Error::unauthenticated("the key is unknown");
/// assert_eq!(head.refuse(Some(&body), &unknown).status(), 401);
/// assert_eq!(head.refuse(Some(b"{"), &unknown).status(), 400);
///
/// assert_eq!(head.operation(&body, &RequestLimits::default())?, Action::Call(add));
/// let response = respond(&Ok(AddUser::answer(())));
/// assert_eq!(response.body()[..], br#"{"ok":true}"#[..]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn receive_head(parts: &Parts) -> ReceivedHead {
    let Some(route) = Route::find(parts.uri.path()) else {
        return ReceivedHead::Answer(respond_unknown_path());
    };
    if parts.method == Method::OPTIONS {
        return ReceivedHead::Answer(text(StatusCode::OK, ""));
    }
    let target = parts.uri.path_and_query();
    ReceivedHead::Call(Head {
        route,
        method: parts.method.clone(),
        caller: Caller::of(&parts.headers),
        target: target.filter(|target| target.query().is_some()).cloned(),
        is_json: body::is_json(&parts.headers),
    })
}

/// The head of a call: what is known before its body is read.
pub struct Head {
    route: &'static Route,
    method: Method,
    caller: Caller,
    /// The address as it came, if it has a query: nobody reads one for a stranger.
    target: Option<PathAndQuery>,
    /// Whether the body is JSON, as the content type has it.
    is_json: bool,
}

impl Head {
    /// The path of the call: one of [`routes`](crate::routes).
    #[must_use]
    pub fn path(&self) -> &'static str {
        self.route.info.path
    }

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

    /// The response to a caller whose credential is missing or not accepted: that of the error, or,
    /// as Seam answers, that of malformed JSON.
    ///
    /// The body is complete, or `None` if it was not read: one of more than [`BODY_BEFORE_KEY`] bytes
    /// is not looked at. No values are made of it.
    #[must_use]
    pub fn refuse(&self, body: Option<&[u8]>, error: &Error) -> Response<Payload> {
        let body = body.filter(|body| self.is_json && body.len() <= BODY_BEFORE_KEY);
        match body.is_none_or(body::is_valid) {
            true => refuse(error),
            false => refuse(&invalid_json()),
        }
    }

    /// What the call asks for. Ask only after authentication, and hand over the complete body, of
    /// at most [`BODY_LIMIT`] bytes.
    ///
    /// The body is JSON as others write it: a byte order mark is skipped; bytes that are not UTF-8,
    /// and escapes of half a surrogate pair, become U+FFFD.
    ///
    /// # Errors
    ///
    /// - `Invalid` with code `invalid_json`: malformed JSON; [`respond`] makes a plain text of it.
    /// - `Unsupported` with code `method_not_allowed`: wrong method.
    /// - `Invalid`: wrong content type, ambiguous query, wrong fields; the code tells which.
    /// - `NotFound`: an unmanaged group or user; there is none.
    pub fn operation(&self, body: &[u8], limits: &RequestLimits) -> Result<Action, Error> {
        let body = Body::read(body, self.is_json).map_err(|_| invalid_json())?;
        self.check_method()?;
        let body = match body {
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
            Parameters::Anywhere => self.query(),
            Parameters::InBody => Query::default(), // ignored, not refused: so does Seam
        };
        let mut reader = FieldReader::new(&query, &body, limits.ids);
        let action = (self.route.read)(&mut reader);
        reader.finish()?; // before the action: complaints about optional fields count, too
        action.unwrap_or_else(|| Err(Error::internal("a field is missing without a complaint")))
    }

    fn check_method(&self) -> Result<(), Error> {
        let methods = self.route.info.methods;
        if methods.contains(&self.method) {
            return Ok(());
        }
        let methods: Vec<_> = methods.iter().map(Method::as_str).collect();
        let message = format!("only {} accepted", methods.join(","));
        Err(Error::unsupported(message).with_code(METHOD_NOT_ALLOWED))
    }

    fn query(&self) -> Query {
        let text = self.target.as_ref().and_then(PathAndQuery::query);
        text.map(query::read).unwrap_or_default()
    }
}

/// The path and the method only: parameters are personal data, and headers hold the credential.
impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("path", &self.route.info.path)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// The response to a call: status, content type and body; `WWW-Authenticate` beside a 401, and
/// `Retry-After` if the error says how long to wait.
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
        // Kinds have one status and one form each; these two are told apart by their codes.
        Some(METHOD_NOT_ALLOWED) => StatusCode::METHOD_NOT_ALLOWED,
        Some(INVALID_JSON) => return text(StatusCode::BAD_REQUEST, error.message()),
        _ => status::of_kind(error.kind()),
    };
    let mut response = json(status, envelope::failure(error));
    if status == StatusCode::UNAUTHORIZED {
        // RFC 9110, section 11.6.1.
        let challenge = HeaderValue::from_static("Bearer");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
    }
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

/// Seam answers malformed JSON with a bare text.
fn invalid_json() -> Error {
    Error::invalid("Invalid JSON").with_code(INVALID_JSON)
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

const METHOD_NOT_ALLOWED: &str = "method_not_allowed";
const INVALID_JSON: &str = "invalid_json";

#[cfg(test)]
mod tests;
