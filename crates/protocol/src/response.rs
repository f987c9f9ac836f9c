//! Reads replies and errors from responses.

use std::borrow::Cow;

use access_groups_core::{
    Error, ErrorKind, FieldError, Operation, Reply, Subject, lenient_json_without_nul,
};
use http::{HeaderMap, Response, StatusCode, header};

use crate::{REQUEST_ID_HEADER, envelope::Failure, status, wire};

/// Reads the response to an operation.
///
/// # Errors
///
/// - The error of the service, by its status.
/// - `Internal`: a success that cannot be read.
/// - `Invalid` with code `redirected`: a redirect, which is never followed.
pub fn decode(operation: &Operation, response: &Response<Vec<u8>>) -> Result<Reply, Error> {
    let status = response.status();
    // Of a success only the body counts: its content type differs between services.
    let result = if status.is_success() {
        wire::read_reply(operation, &text_of(response)).map_err(|source| {
            Error::internal("the service answered with a success that cannot be read")
                .with_source(source)
        })
    } else if status.is_redirection() {
        Err(redirected(response.headers()))
    } else {
        Err(failed(operation, response))
    };
    result.map_err(|error| {
        let error = error.with_operation(operation.name());
        match request_id(response) {
            Some(id) => error.with_request_id(id),
            None => error,
        }
    })
}

/// The service's id of the request, as one line.
pub(crate) fn request_id(response: &Response<Vec<u8>>) -> Option<String> {
    text_header(response.headers(), REQUEST_ID_HEADER).map(one_line)
}

fn redirected(headers: &HeaderMap) -> Error {
    let location = text_header(headers, header::LOCATION.as_str()).unwrap_or("an unnamed place");
    let message = format!(
        "the service redirects to {}, which is never followed: set the endpoint to where it is",
        one_line(location)
    );
    Error::invalid(message).with_code("redirected")
}

fn failed(operation: &Operation, response: &Response<Vec<u8>>) -> Error {
    let status = response.status();
    let kind = status::kind_of(status);
    let Some(failure) = envelope(response) else {
        return Error::of_kind(kind, message_of(status, response));
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
fn envelope(response: &Response<Vec<u8>>) -> Option<Failure> {
    text_header(response.headers(), header::CONTENT_TYPE.as_str()).filter(|kind| {
        kind.trim_start()
            .to_ascii_lowercase()
            .starts_with("application/json")
    })?;
    Failure::read(&text_of(response))
}

/// The message for a response without an envelope: its status, and its text if short and plain.
fn message_of(status: StatusCode, response: &Response<Vec<u8>>) -> String {
    let answered = format!("the service answered with status {status}");
    match text_of(response).trim() {
        // `<` begins the error page of a proxy.
        text if text.is_empty() || text.starts_with('<') || text.len() > MESSAGE_LIMIT => answered,
        text => format!("{answered}: {}", one_line(text)),
    }
}

/// The body as text: what no text can hold becomes U+FFFD, so that one row spoils no other.
fn text_of(response: &Response<Vec<u8>>) -> Cow<'_, str> {
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

fn text_header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// A text of the service as one line of bounded length: errors go to logs and terminals.
fn one_line(text: &str) -> String {
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

/// How many characters of a message of the service an error keeps.
const MESSAGE_LIMIT: usize = 500;

/// How many complaints about fields an error keeps.
const FIELD_LIMIT: usize = 100;

#[cfg(test)]
mod tests {
    use access_groups_core::{
        AccessGroupId, AcsSystemId, AcsUserId, AddUser, Call, CreateAcsUser, GetAccessGroup,
        ListUsersInGroup, NewAcsUser,
    };

    use super::*;

    fn add() -> Operation {
        AddUser::new(AcsUserId::from_u128(1), AccessGroupId::from_u128(2)).into()
    }

    fn answer(status: u16, content_type: &str, body: &str) -> Result<Reply, Error> {
        let response = Response::builder()
            .status(status)
            .header("content-type", content_type)
            .header("seam-request-id", "req_1")
            .body(body.as_bytes().to_vec())
            .expect("a response");
        decode(&add(), &response)
    }

    fn check(status: u16, content_type: &str, body: &str, kind: ErrorKind, message: &str) {
        let error = answer(status, content_type, body).expect_err("a failure");
        assert_eq!(
            (error.kind(), error.message()),
            (kind, message),
            "{status} {body}"
        );
        assert_eq!(error.request_id(), Some("req_1"));
        assert_eq!(error.operation(), Some("add_user"));
    }

    const JSON: &str = "application/json; charset=utf-8";

    #[test]
    fn an_envelope_gives_code_message_and_subject() {
        let body = r#"{"error":{"type":"acs_access_group_not_found","message":"No group","data":{}},"ok":false}"#;
        check(404, JSON, body, ErrorKind::NotFound, "No group");
        let error = answer(404, JSON, body).expect_err("a failure");
        assert_eq!(error.code(), Some("acs_access_group_not_found"));
        assert_eq!(error.subject(), Some(AccessGroupId::from_u128(2).into()));
    }

    #[test]
    fn plain_and_empty_bodies_are_told_by_their_status() {
        use ErrorKind::{Invalid, NotFound, RateLimited, Unavailable};
        check(
            404,
            "",
            "404",
            NotFound,
            "the service answered with status 404 Not Found: 404",
        );
        check(
            503,
            "",
            "",
            Unavailable,
            "the service answered with status 503 Service Unavailable",
        );
        let html = "<html>nginx</html>";
        check(
            502,
            "text/html",
            html,
            Unavailable,
            "the service answered with status 502 Bad Gateway",
        );
        check(
            400,
            "",
            "Invalid JSON",
            Invalid,
            "the service answered with status 400 Bad Request: Invalid JSON",
        );
        check(
            429,
            JSON,
            "{}",
            RateLimited,
            "the service answered with status 429 Too Many Requests: {}",
        );
    }

    #[test]
    fn of_many_complaints_the_first_are_kept() {
        let tree: Vec<_> = (0..FIELD_LIMIT + 1)
            .map(|number| format!(r#""f{number}":{{"_errors":["Required"]}}"#))
            .collect();
        let body = format!(
            r#"{{"error":{{"type":"x","message":"m","validation_errors":{{{}}}}}}}"#,
            tree.join(",")
        );
        let error = answer(400, JSON, &body).expect_err("a failure");
        assert_eq!(error.fields().len(), FIELD_LIMIT);
    }

    #[test]
    fn an_envelope_counts_only_where_the_content_type_promises_one() {
        let body = r#"{"error":{"type":"a_code","message":"A message"}}"#;
        assert_eq!(
            answer(400, JSON, body).expect_err("a failure").code(),
            Some("a_code")
        );
        for kind in ["text/html", "", "text/x-application/json"] {
            assert_eq!(
                answer(400, kind, body).expect_err("a failure").code(),
                None,
                "{kind}"
            );
        }
    }

    #[test]
    fn of_several_groups_the_message_tells_which_one_is_unknown() {
        let groups = [1, 2, 2].map(AccessGroupId::from_u128);
        let mut user = NewAcsUser::new(AcsSystemId::from_u128(9), "Ada".parse().expect("a name"));
        user.groups = groups.to_vec();
        let create = CreateAcsUser::new(user).into();
        let subject = |message: String| {
            let error = Error::not_found(message).with_code("acs_access_group_not_found");
            let response = crate::respond(&Err(error));
            decode(&create, &response).expect_err("refused").subject()
        };
        let unknown = Subject::from(groups[1]);
        assert_eq!(subject(format!("there is no {unknown}")), Some(unknown));
        assert_eq!(subject("no such group".to_owned()), None);
    }

    #[test]
    fn a_message_becomes_one_line_of_bounded_length() {
        let long = format!(
            r#"{{"error":{{"type":"x","message":"a\nb{}"}}}}"#,
            "c".repeat(9000)
        );
        let error = answer(400, JSON, &long).expect_err("a failure");
        assert!(error.message().starts_with("a b"), "{error}");
        assert_eq!(error.message().chars().count(), 501);
    }

    #[test]
    fn a_redirect_is_an_error_that_names_the_place() {
        let response = Response::builder()
            .status(308)
            .header("location", "https://elsewhere.example/")
            .body(Vec::new())
            .expect("a response");
        let error = decode(&add(), &response).expect_err("a failure");
        assert!(
            error.message().contains("https://elsewhere.example/"),
            "{error}"
        );
        assert!(!error.is_retryable());
    }

    #[test]
    fn half_an_emoji_spoils_no_row() {
        let row = |id: u128, name: &str| {
            let (id, system) = (AcsUserId::from_u128(id), AcsSystemId::from_u128(9));
            format!(r#"{{"acs_user_id":"{id}","acs_system_id":"{system}","full_name":"{name}"}}"#)
        };
        let rows = [row(1, "Ada"), row(2, r"Bob \ud83d"), row(3, r"C\u0000")];
        let body = format!("\u{feff}{{\"acs_users\":[{}],\"ok\":true}}", rows.join(","));
        let list = ListUsersInGroup::new(AccessGroupId::from_u128(2)).into();
        let reply = decode(&list, &Response::new(body.into_bytes())).expect("a list");
        let users = ListUsersInGroup::reply(reply).expect("users");
        let names = users.iter().filter_map(|user| user.full_name.as_deref());
        assert_eq!(
            names.collect::<Vec<_>>(),
            ["Ada", "Bob \u{fffd}", "C\u{fffd}"]
        );
    }

    #[test]
    fn a_success_must_say_what_it_is() {
        assert_eq!(
            answer(200, "", "{\"ok\":true,\"more\":{}}").ok(),
            Some(AddUser::answer(()))
        );
        for body in ["", "{}", "null", "<html>", "{\"ok\":false}"] {
            let error = answer(200, "", body).expect_err("a failure");
            assert_eq!(error.kind(), ErrorKind::Internal, "{body}");
        }
        let get = GetAccessGroup::new(AccessGroupId::from_u128(2)).into();
        for body in [
            "",
            "{\"ok\":true}",
            "null",
            "<html>",
            "{\"acs_access_group\":{}}",
        ] {
            let response = Response::new(body.as_bytes().to_vec());
            let error = decode(&get, &response).expect_err("a failure");
            assert_eq!(error.kind(), ErrorKind::Internal, "{body}");
        }
    }
}
