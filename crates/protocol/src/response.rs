//! Reads replies and errors from responses.

mod appearance;
mod size;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use access_groups_core::{
    Error, ErrorKind, FieldError, Operation, Reply, Subject, lenient_json_without_nul,
    shown::without_addresses,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::Value;

use crate::{
    Payload, REQUEST_ID_HEADER,
    envelope::{Failure, Unreadable},
    status, wire,
};

pub(crate) use size::limit;
pub use size::read_limit;

/// Reads the response to an operation.
///
/// The body is read as others write it: bytes that are not UTF-8, escapes of half a surrogate pair and
/// of U+0000 become U+FFFD, so that one row does not make the others unreadable.
///
/// # Errors
///
/// - The error of the service, by its status; 403 in the API's envelope is `Unauthenticated`: the
///   caller needs another credential.
/// - `Internal`: a success that cannot be read. The message tells what it looks like, and which
///   field of which row is at fault.
/// - `Invalid` with code `redirected`: a redirect, which is never followed.
/// - Code `not_the_api`: the answer is something else, such as a page to sign in, the refusal of a
///   proxy (407) or of a network that wants somebody to sign in (511), and says nothing about the
///   call or the credential: `Internal` for a success, else `Unavailable`, or the kind of a status
///   that says enough, such as 401. A page with a status that is retried, such as 503, is an answer
///   of the service.
pub fn decode(operation: &Operation, response: &Response<Payload>) -> Result<Reply, Error> {
    let status = response.status();
    // Of a success only the body counts: its content type differs between services.
    let result = if status.is_success() {
        let body = text_of(response);
        wire::read_reply(operation, &body)
            .or_else(|wrong| read_without_doubles(operation, &body).ok_or(wrong))
            .map_err(|wrong| unreadable(response, &body, wrong))
    } else if status.is_redirection() {
        Err(redirected(response))
    } else {
        Err(failed(operation, response))
    };
    result.map_err(|error| identified(error.with_operation(operation.name()), response))
}

/// The error with the service's id of the request.
pub(crate) fn identified(error: Error, response: &Response<Payload>) -> Error {
    match response.headers().get(&REQUEST_ID).and_then(id_in) {
        Some(id) => error.with_request_id(id),
        None => error,
    }
}

/// The service's id of a request, as one line.
pub(crate) fn id_in(header: &HeaderValue) -> Option<String> {
    header.to_str().ok().map(one_line)
}

fn redirected(response: &Response<Payload>) -> Error {
    let location = response
        .headers()
        .get(header::LOCATION)
        .map(HeaderValue::as_bytes);
    let location = location.map(String::from_utf8_lossy);
    let message = format!(
        "the answer redirects (status {}) to {}, which is never followed: set the endpoint to where the \
         service is; a proxy or a sign-in page redirects as well",
        response.status(),
        one_line(location.as_deref().unwrap_or("an unnamed place"))
    );
    Error::invalid(message).with_code(REDIRECTED)
}

/// Reads a body in which a row has a key twice: the last one counts, as in JavaScript.
fn read_without_doubles(operation: &Operation, body: &str) -> Option<Reply> {
    let body: Value = serde_json::from_str(body).ok()?;
    wire::read_reply(operation, &body.to_string()).ok()
}

/// The error for a success without a reply.
fn unreadable(response: &Response<Payload>, body: &str, wrong: Unreadable) -> Error {
    let seen = appearance::in_words(response);
    if let Some(failure) = Failure::read(body) {
        let message = one_line(&failure.message);
        return Error::internal(format!(
            "the service answered with {seen} and an error: {message}"
        ))
        .with_fields(fields(&failure))
        .with_code(one_line(&failure.code));
    }
    match wrong.part {
        Some(part) => {
            let part = one_line(&part.to_string());
            Error::internal(format!(
                "the service answered with {seen}; cannot be read: {part}"
            ))
        }
        None => not_the_api(ErrorKind::Internal, response),
    }
    .with_source(Cause(one_line(&without_texts(&wrong.source.to_string()))))
}

/// Why a part cannot be read, without the texts in it, which may be personal data.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Cause(String);

/// The message with `"…"` in place of everything in quotes.
fn without_texts(message: &str) -> String {
    let (mut shown, mut is_quoted, mut is_escaped) = (String::new(), false, false);
    for letter in message.chars() {
        match letter {
            '"' if !is_escaped => {
                shown.push_str(if is_quoted { "…\"" } else { "\"" });
                is_quoted = !is_quoted;
            }
            _ if is_quoted => {}
            letter => shown.push(letter),
        }
        is_escaped = is_quoted && letter == '\\' && !is_escaped;
    }
    shown
}

/// Whether no server of the API would answer like this.
fn is_strange(response: &Response<Payload>) -> bool {
    appearance::is_page(response) || appearance::compression(response).is_some()
}

/// The error for a response of something else than the API.
fn not_the_api(kind: ErrorKind, response: &Response<Payload>) -> Error {
    let seen = appearance::in_words(response);
    let guess = match appearance::compression(response) {
        Some(_) => "nobody asked for compression: is there a proxy on the way?",
        None => "this is not the API: is it a sign-in page, or a proxy on the way?",
    };
    let text = match is_strange(response) {
        true => None,
        false => short_text(response).map(|text| format!(" It says: {text}")),
    };
    let text = text.unwrap_or_default();
    Error::of_kind(kind, format!("the answer has {seen}; {guess}{text}")).with_code(NOT_THE_API)
}

fn failed(operation: &Operation, response: &Response<Payload>) -> Error {
    use ErrorKind::{Conflict, Invalid, NotFound, Unsupported};
    let status = response.status();
    let kind = status::kind_of(status);
    let Some(failure) = envelope(response) else {
        let is_strange = is_strange(response);
        return match kind {
            // The API refuses a credential in its envelope: this is about something else.
            _ if status == StatusCode::FORBIDDEN => not_the_api(ErrorKind::Unavailable, response),
            _ if status::is_of_a_proxy(status) => not_the_api(kind, response),
            // A page knows of no user that is not found.
            NotFound | Invalid | Conflict | Unsupported if is_strange => {
                not_the_api(ErrorKind::Unavailable, response)
            }
            // What may pass is often told by a load balancer, in a page.
            _ if is_strange && !status::is_retryable(status) => not_the_api(kind, response),
            _ => Error::of_kind(kind, message_of(response)),
        };
    };
    let error = Error::of_kind(kind, one_line(&failure.message)).with_fields(fields(&failure));
    // Codes of other kinds may contain ids as well, but nothing is missing then.
    let error = match subject(operation, &failure).filter(|_| kind == ErrorKind::NotFound) {
        Some(subject) => error.with_subject(subject),
        None => error,
    };
    error.with_code(one_line(&failure.code))
}

/// The complaints about fields, each as one line, and no more than a person would read.
fn fields(failure: &Failure) -> Vec<FieldError> {
    let fields = failure.fields().into_iter().take(FIELD_LIMIT);
    let lines = fields.map(|field| FieldError {
        path: one_line(&field.path),
        message: one_line(&field.message),
    });
    lines.collect()
}

/// The envelope, if the content type is JSON and the body is an envelope.
fn envelope(response: &Response<Payload>) -> Option<Failure> {
    match is_json(response.headers()) {
        true => Failure::read(&text_of(response)),
        false => None,
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    text_header(headers, &header::CONTENT_TYPE)
        .is_some_and(|kind| begins_with(kind.trim_start(), "application/json"))
}

/// Whether the text begins like this, whatever the case of its letters.
fn begins_with(text: &str, beginning: &str) -> bool {
    let start = text.as_bytes().get(..beginning.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(beginning.as_bytes()))
}

/// The message for a response without an envelope: its status, and its text if short and no page;
/// otherwise what it looks like.
fn message_of(response: &Response<Payload>) -> String {
    match short_text(response).filter(|_| !is_strange(response)) {
        Some(text) => format!(
            "the service answered with status {}: {text}",
            response.status()
        ),
        None => format!(
            "the service answered with {}",
            appearance::in_words(response)
        ),
    }
}

/// The text of a body that a person would read as part of a message. None if it was cut: it may end
/// with half of a credential, which is not found and taken out.
fn short_text(response: &Response<Payload>) -> Option<String> {
    if size::is_cut(response) {
        return None;
    }
    let text = text_of(response);
    let text = text.trim();
    (!text.is_empty() && text.len() <= MESSAGE_LIMIT).then(|| one_line(text))
}

/// The body as text: what no text can hold becomes U+FFFD, so that one row spoils no other.
fn text_of(response: &Response<Payload>) -> Cow<'_, str> {
    lenient_json_without_nul(String::from_utf8_lossy(response.body()))
}

/// The resource that a failure is about: of those that the operation names, the one of the kind in
/// the code; of several of that kind, the one whose id is in the message.
fn subject(operation: &Operation, failure: &Failure) -> Option<Subject> {
    let mut candidates = operation.ids();
    candidates.retain(|subject| subject.not_found_code() == failure.code);
    // Creating a user names several groups.
    if candidates.len() > 1 {
        let is_named = |subject: &Subject| {
            let shown = subject.to_string();
            let id = shown.rsplit(' ').next();
            id.is_some_and(|id| failure.message.contains(id))
        };
        candidates.retain(is_named);
    }
    candidates.dedup(); // one id may be named twice
    match candidates.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

fn text_header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// A text of the service as one line of bounded length without e-mail addresses: errors go to logs
/// and terminals, and only results that were asked for show people.
pub(crate) fn one_line(text: &str) -> String {
    let text = &*without_addresses(text);
    let mut line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MESSAGE_LIMIT)
        .collect();
    if text.chars().nth(MESSAGE_LIMIT).is_some() {
        line.push('…');
    }
    line
}

/// The header with the service's id of a request.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static(REQUEST_ID_HEADER);

/// The [code](Error::code) of an error about an answer that is not the API's: see [`decode`].
pub const NOT_THE_API: &str = "not_the_api";

/// The [code](Error::code) of an error about a redirect, which is never followed.
pub const REDIRECTED: &str = "redirected";

/// How many characters of a message of the service an error keeps.
const MESSAGE_LIMIT: usize = 500;

/// How many complaints about fields an error keeps.
const FIELD_LIMIT: usize = 100;
