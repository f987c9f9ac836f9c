use std::time::Duration;

use http::Request;

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

/// The head of a call, and its body.
fn call(request: Request<Payload>) -> (Head, Payload) {
    let (parts, body) = request.into_parts();
    match receive_head(&parts) {
        ReceivedHead::Call(head) => (head, body),
        ReceivedHead::Answer(answer) => panic!("not a call: {answer:?}"),
    }
}

fn operation(request: Request<Payload>) -> Result<Action, Error> {
    let (head, body) = call(request);
    head.operation(&body, &RequestLimits::default())
}

fn check(method: &str, kind: &str, body: &str, code: &str) {
    let request = request(method, "/acs/users/add_to_access_group", kind, body);
    let error = operation(request).expect_err("a refusal");
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
    let target = "/user_identities/update?user_identity_id=00000000-0000-0000-0000-000000000001";
    let error = operation(request("PATCH", target, JSON, "{}")).expect_err("a refusal");
    assert_eq!(error.message(), "user_identity_id is required");
    let error = operation(request("PATCH", target, "text/plain", "x")).expect_err("a refusal");
    assert_eq!(error.code(), Some("invalid_content_type"));
}

#[test]
fn an_email_address_beats_its_deprecated_name_and_both_must_be_sound() {
    let create = |emails: &str| {
        let system = r#""acs_system_id":"00000000-0000-0000-0000-000000000001""#;
        let body = format!(r#"{{{system},"full_name":"Ada"{emails}}}"#);
        let created = operation(request("POST", "/acs/users/create", JSON, &body));
        created.map(|action| match action {
            Action::Call(Operation::CreateAcsUser(op)) => op.user.email_address.map(String::from),
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
        let error = operation(request).expect_err("a refusal");
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
        let sent = operation(request("POST", path, JSON, &marked));
        let Ok(Action::Call(Operation::CreateAcsUser(op))) = sent else {
            panic!("{sent:?}");
        };
        assert!(op.user.full_name.as_str().ends_with('\u{fffd}'), "{name}");
    }
    let mut bytes = request("POST", "/acs/users/get", JSON, "");
    *bytes.body_mut() = b"{\"acs_user_id\": \"\xff\"}".to_vec().into();
    let refused = operation(bytes).expect_err("no id");
    assert_eq!(refused.code(), Some("invalid_input")); // not a syntax error
}

fn check_answer(answer: Response<Payload>, status: u16, expected: &str) {
    assert_eq!(answer.status(), status);
    assert_eq!(**answer.body(), *expected.as_bytes());
    assert!(!answer.headers().contains_key("content-type"));
}

#[test]
fn some_heads_are_answered_at_once() {
    let answer = |method, target: &str, body| {
        let (parts, _) = request(method, target, JSON, body).into_parts();
        match receive_head(&parts) {
            ReceivedHead::Answer(answer) => answer,
            ReceivedHead::Call(head) => panic!("{head:?}"),
        }
    };
    let path = "/acs/users/add_to_access_group";
    check_answer(answer("POST", &format!("{path}/"), "{}"), 404, "404");
    check_answer(answer("POST", "/", "not json"), 404, "404");
    check_answer(answer("OPTIONS", path, "{"), 200, "");
}

#[test]
fn malformed_json_is_told_before_the_credential() {
    let unknown = Error::unauthenticated("the key is unknown");
    let (path, bad) = ("/acs/users/add_to_access_group", "{\"a\":");
    let refuse = |kind, body: Option<&str>| {
        let (head, _) = call(request("POST", path, kind, ""));
        head.refuse(body.map(str::as_bytes), &unknown)
    };
    check_answer(refuse(JSON, Some(bad)), 400, "Invalid JSON");
    for (kind, body) in [
        (JSON, Some("{}")),
        (JSON, Some("")),
        (JSON, None),
        ("text/plain", Some(bad)),
    ] {
        assert_eq!(refuse(kind, body).status(), 401, "{kind} {body:?}");
    }
    let small = format!("{{{}", " ".repeat(BODY_BEFORE_KEY - 1));
    assert_eq!(refuse(JSON, Some(&small)).status(), 400);
    assert_eq!(refuse(JSON, Some(&format!("{small} "))).status(), 401);
    // With a good key it comes before the method.
    let refused = operation(request("GET", path, JSON, bad)).expect_err("no JSON");
    assert_eq!(refused.code(), Some("invalid_json"));
    check_answer(respond(&Err(refused)), 400, "Invalid JSON");
}

#[test]
fn a_wait_that_the_error_asks_for_reaches_the_caller() {
    let asked = |error: Error, status: u16| {
        let response = respond(&Err(error));
        assert_eq!(response.status(), status);
        response.headers().get("retry-after").cloned()
    };
    for (wait, seconds) in [
        (Duration::from_secs(7), "7".to_owned()),
        (Duration::from_millis(200), "1".to_owned()),
        (Duration::MAX, u64::MAX.to_string()),
    ] {
        let told = Some(HeaderValue::try_from(seconds).expect("digits"));
        let busy = Error::rate_limited("slow down").with_retry_after(wait);
        assert_eq!(asked(busy, 429), told);
        let down = Error::unavailable("nothing can be saved").with_retry_after(wait);
        assert_eq!(asked(down, 503), told);
    }
    assert_eq!(asked(Error::unavailable("down"), 503), None);
}

#[test]
fn only_a_401_asks_for_a_credential() {
    let challenge = |response: Response<Payload>| {
        let value = response.headers().get("www-authenticate")?;
        value.to_str().map(str::to_owned).ok()
    };
    let (head, _) = call(request("POST", "/workspaces/get", JSON, ""));
    let refused = head.credential().expect_err("no credential");
    let bearer = Some("Bearer".to_owned());
    assert_eq!(challenge(head.refuse(None, &refused)), bearer);
    assert_eq!(challenge(respond(&Err(refused))), bearer);
    assert_eq!(challenge(respond(&Err(Error::invalid("odd")))), None);
    assert_eq!(challenge(respond_ok()), None);
}

/// Asks for entrances by this many ids, of which all are wrong.
fn wrong_ids(count: usize, limits: &RequestLimits) -> Error {
    let body = format!("{{\"acs_entrance_ids\":[{}]}}", vec!["5"; count].join(","));
    let (head, body) = call(request("POST", "/acs/entrances/list", JSON, &body));
    head.operation(&body, limits).expect_err("wrong ids")
}

#[test]
fn a_refusal_is_short_however_many_ids_are_wrong() {
    let limits = RequestLimits::default();
    let refused = wrong_ids(1_000, &limits);
    let (first, last) = ("1000 Input Errors: Expected string", ", and 980 more");
    let message = refused.message();
    assert!(
        message.starts_with(first) && message.ends_with(last),
        "{message}"
    );
    assert_eq!(refused.fields().len(), 20);
    assert!(respond(&Err(refused)).body().len() < 8 * 1024);
    let unlimited = limits.with_ids(usize::MAX);
    let refused = wrong_ids(400_000, &unlimited);
    assert!(refused.message().ends_with(", and 399980 more"));
    assert!(respond(&Err(refused)).body().len() < 8 * 1024);
}

#[test]
fn a_list_holds_as_many_ids_as_the_host_says() {
    let refused = wrong_ids(1_001, &RequestLimits::default());
    assert_eq!(refused.code(), Some("invalid_input"));
    assert_eq!(
        refused.message(),
        "Array must contain at most 1000 element(s) for \"acs_entrance_ids\""
    );
    let refused = wrong_ids(4, &RequestLimits::default().with_ids(3));
    assert_eq!(refused.fields()[0].path, "acs_entrance_ids");
    let refused = wrong_ids(3, &RequestLimits::default().with_ids(3));
    assert_eq!(refused.fields()[0].path, "acs_entrance_ids.0");
}
