use access_groups_core::{
    AccessGroupId, AcsSystemId, AcsUserFilter, AcsUserId, AddUser, Call, CreateAcsUser,
    GetAccessGroup, ListAcsUsers, ListUsersInGroup, NewAcsUser, PageRequest,
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
        .body(body.as_bytes().to_vec().into())
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
        "the service answered with status 503 Service Unavailable (no content type, empty)",
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
            (kind == "text/html").then_some("not_the_api"),
            "{kind}"
        );
    }
}

/// The kind, the code and the message of what is not the API's.
fn check_strange(status: u16, header: (&str, &str), body: &[u8], kind: ErrorKind, seen: &str) {
    let response = Response::builder()
        .status(status)
        .header(header.0, header.1)
        .body(body.to_vec().into())
        .expect("a response");
    let error = decode(&add(), &response).expect_err("a failure");
    assert_eq!(
        (error.kind(), error.code()),
        (kind, Some("not_the_api")),
        "{error}"
    );
    assert!(error.message().contains(seen), "{error}");
}

#[test]
fn a_page_is_no_verdict_of_the_api() {
    use ErrorKind::{Internal, Unauthenticated, Unavailable};
    let page = b"\n<!doctype html><title>Sign in</title>";
    let html = ("content-type", "text/html; charset=utf-8");
    for (status, kind) in [
        (200, Internal),
        (400, Unavailable),
        (401, Unauthenticated),
        (403, Unavailable),
        (404, Unavailable),
        (407, Unavailable),
        (409, Unavailable),
        (511, Unavailable),
    ] {
        check_strange(
            status,
            html,
            page,
            kind,
            "(text/html; charset=utf-8, 38 bytes)",
        );
        check_strange(status, ("content-type", JSON), page, kind, "38 bytes");
    }
    let json = ("content-type", "application/json");
    check_strange(
        403,
        json,
        br#"{"message":"Forbidden"}"#,
        Unavailable,
        "Forbidden\"}",
    );
    check_strange(
        403,
        json,
        b"",
        Unavailable,
        "403 Forbidden (application/json, empty)",
    );
    check_strange(511, json, b"{}", Unavailable, "511 Network Authentication");
    check_strange(
        200,
        json,
        br#"{"result":1}"#,
        Internal,
        "a sign-in page, or a proxy",
    );
    check_strange(200, ("x", ""), b"", Internal, "(no content type, empty)");
    let gzip = ("content-encoding", "gzip");
    check_strange(200, gzip, b"\x1f\x8b\x08", Internal, "compressed: gzip");
    check_strange(
        200,
        ("x", ""),
        b"\x1f\x8b\x08",
        Internal,
        "compressed: gzip",
    );
    check_strange(404, gzip, b"", Unavailable, "nobody asked for compression");
}

#[test]
fn a_page_of_a_load_balancer_is_an_answer() {
    let page = "<html>Back in a minute</html>";
    for (status, kind) in [
        (408, ErrorKind::TimedOut),
        (429, ErrorKind::RateLimited),
        (500, ErrorKind::Internal),
        (502, ErrorKind::Unavailable),
        (503, ErrorKind::Unavailable),
        (504, ErrorKind::TimedOut),
    ] {
        let error = answer(status, "text/html", page).expect_err("a failure");
        assert_eq!((error.kind(), error.code()), (kind, None), "{error}");
        let seen = "(text/html, 29 bytes)";
        assert!(error.message().ends_with(seen), "{error}");
    }
}

#[test]
fn a_refusal_of_the_api_is_one_of_the_credential() {
    let body = r#"{"error":{"type":"forbidden","message":"Not yours"},"ok":false}"#;
    check(403, JSON, body, ErrorKind::Unauthenticated, "Not yours");
}

#[test]
fn a_success_that_reports_an_error_is_none() {
    let body = r#"{"error":{"type":"a_code","message":"Not so"},"ok":false}"#;
    let error = answer(200, JSON, body).expect_err("a failure");
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Internal, Some("a_code"))
    );
    assert!(error.message().ends_with("and an error: Not so"), "{error}");
}

/// What cannot be read of a list of users, and why.
fn check_list(body: &str, part: &str, reason: &str) {
    let list = ListAcsUsers::new(AcsUserFilter::new(), PageRequest::first()).into();
    let error =
        decode(&list, &Response::new(body.as_bytes().to_vec().into())).expect_err("unreadable");
    let end = format!("; cannot be read: {part}");
    assert!(error.message().ends_with(&end), "{error}");
    let source = std::error::Error::source(&error).map(ToString::to_string);
    let source = source.unwrap_or_default();
    assert!(source.contains(reason), "{source}");
}

#[test]
fn an_unreadable_row_is_named_with_its_field() {
    let id = AcsUserId::from_u128(7);
    let with = |field: &str| {
        let good = r#"{"acs_user_id":"00000000-0000-0000-0000-000000000001","acs_system_id":"00000000-0000-0000-0000-000000000001"}"#;
        let end = r#""pagination":{"has_next_page":false},"ok":true"#;
        let row = format!(r#"{{"acs_user_id":"{id}",{field}}}"#);
        format!(r#"{{"acs_users":[{good},{row},{good}],{end}}}"#)
    };
    let system = r#""acs_system_id":"00000000-0000-0000-0000-000000000001""#;
    let row = format!("(of the row {id})");
    for (field, wrong, reason) in [
        (
            r#""is_managed":5"#,
            "is_managed",
            "invalid type: integer `5`",
        ),
        (r#""email":5"#, "email", "invalid type: integer `5`"),
        (
            r#""access_schedule":{"starts_at":"soon"}"#,
            "access_schedule.starts_at",
            "invalid instant: expected RFC 3339",
        ),
        (r#""errors":[{"error_code":7}]"#, "errors[0].error_code", ""),
    ] {
        let part = format!("acs_users[1].{wrong} {row}");
        check_list(&with(&format!("{system},{field}")), &part, reason);
    }
    let part = format!("acs_users[1] {row}");
    check_list(&with(r#""x":1"#), &part, "missing field `acs_system_id`");
}

#[test]
fn an_unreadable_envelope_is_named() {
    check_list(
        r#"{"acs_users":[],"ok":true}"#,
        "pagination",
        "missing field",
    );
    check_list(r#"{"ok":true,"acs_user":{}}"#, "acs_users", "missing field");
    let refused = r#"{"acs_users":[],"pagination":{"has_next_page":false},"ok":false}"#;
    check_list(refused, "ok", "not true");
    check_list(
        r#"{"acs_users":[5],"ok":true,"pagination":{}}"#,
        "acs_users[0]",
        "",
    );
}

#[test]
fn broken_syntax_is_named_by_its_place() {
    let cut = r#"{"acs_users":[{"display_name":"Ada"},{"display_name":"Bo"#;
    check_list(
        cut,
        "acs_users[1].display_name",
        "EOF while parsing a string",
    );
    for cut in ["{", r#"{"ok"#, r#"{"ok""#] {
        check_list(cut, "its JSON", "EOF while parsing");
    }
    let tab = "{\"acs_users\":[{\"display_name\":\"A\tB\"}],\"ok\":true}";
    check_list(tab, "acs_users[0].display_name", "control character");
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
        .body(Payload::default())
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
    let reply = decode(&list, &Response::new(body.into_bytes().into())).expect("a list");
    let users = ListUsersInGroup::reply(reply).expect("users");
    let names = users.iter().filter_map(|user| user.full_name.as_deref());
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["Ada", "Bob \u{fffd}", "C\u{fffd}"]
    );
}

#[test]
fn of_a_key_given_twice_the_last_counts() {
    let id = AccessGroupId::from_u128(2);
    let body = format!(
        r#"{{"acs_access_group":{{"name":"Old","acs_access_group_id":"{id}",
            "acs_system_id":"{id}","name":"Gym"}},"ok":true}}"#
    );
    let reply = decode(
        &GetAccessGroup::new(id).into(),
        &Response::new(body.into_bytes().into()),
    );
    let group = GetAccessGroup::reply(reply.expect("a reply")).expect("a group");
    assert_eq!(group.name, "Gym");
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
        let response = Response::new(body.as_bytes().to_vec().into());
        let error = decode(&get, &response).expect_err("a failure");
        assert_eq!(error.kind(), ErrorKind::Internal, "{body}");
    }
}

#[test]
fn a_cause_shows_no_text_of_the_body() {
    let check = |message, expected| assert_eq!(without_texts(message), expected);
    check(
        r#"invalid type: string "ada@example.com", expected u32 at line 1 column 9"#,
        r#"invalid type: string "…", expected u32 at line 1 column 9"#,
    );
    check(
        r#""a \"quoted\" \\" is not an instant"#,
        r#""…" is not an instant"#,
    );
    check("missing field `acs_user_id`", "missing field `acs_user_id`");
    check(r#"cut "off"#, r#"cut ""#);
}
