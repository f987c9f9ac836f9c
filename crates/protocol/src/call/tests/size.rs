//! Answers over the limit.

use access_groups_core::{
    AcsUserFilter, ListAcsUsers, ListUsersInGroup, PageRequest, SuspendAcsUser,
};

use super::*;

/// The limit of the response to an operation, with 32 MiB as the setting of the client.
fn check_limit(operation: impl Into<Operation>, expected: usize) {
    let key = Credential::api_key("seam_swordfish").expect("a key");
    let settings = Settings::new(key).with_body_limit(32 << 20);
    let requester = settings.requester(7).expect("a requester");
    let mut call = requester.call(operation.into(), &Context::new(), Duration::ZERO);
    let Step::Send { body_limit, .. } = call.step(Duration::ZERO) else {
        panic!("nothing sent")
    };
    assert_eq!(body_limit, expected);
    let response = Response::builder()
        .header("content-type", "application/json")
        .header("content-length", body_limit + 1)
        .body(Payload::default());
    call.finish_attempt(Ok(response.expect("a response")));
    let Step::Done(Err(error)) = call.step(Duration::ZERO) else {
        panic!("goes on")
    };
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(!error.is_retryable(), "{error}");
    let name = error.operation().expect("a name");
    let hint = match body_limit == 32 << 20 {
        true => "the limit of the client: ask for less, or raise its body_limit".to_owned(),
        false => format!("the limit of {name}: is there a proxy on the way?"),
    };
    let text = format!("{name}: the answer has more than {body_limit} bytes, {hint}");
    assert_eq!(error.to_string(), text);
}

#[test]
fn the_limit_of_a_response_belongs_to_its_operation() {
    let (user, group) = (AcsUserId::from_u128(1), AccessGroupId::from_u128(2));
    check_limit(add(), 256 << 10);
    check_limit(SuspendAcsUser::new(user), 256 << 10);
    check_limit(GetAcsUser::new(user), 4 << 20);
    let user = NewAcsUser::new(AcsSystemId::from_u128(1), "Ada".parse().expect("a name"));
    check_limit(CreateAcsUser::new(user), 4 << 20);
    check_limit(ListUsersInGroup::new(group), 32 << 20);
    let page = ListAcsUsers::new(AcsUserFilter::new(), PageRequest::first());
    check_limit(page.clone(), 32 << 20); // 64 MiB would be more than the client reads
    assert_eq!(crate::wire::reply_limit(&page.into()), 64 << 20);
}

/// What an addition makes of an answer whose body has this start and one byte more than the limit.
fn over_the_limit(status: u16, content_type: &str, start: &str) -> Step {
    let requester = requester();
    let mut call = call(&requester);
    let Step::Send { body_limit, .. } = call.step(Duration::ZERO) else {
        panic!("nothing sent")
    };
    let mut body = start.as_bytes().to_vec();
    body.resize(body_limit + 1, b' ');
    let response = Response::builder()
        .status(status)
        .header("content-type", content_type)
        .header("seam-request-id", "req_1")
        .body(body.into());
    call.finish_attempt(Ok(response.expect("a response")));
    let step = call.step(Duration::ZERO);
    assert_eq!(call.status(), Some(status), "for a log");
    step
}

fn check_large(status: u16, content_type: &str, start: &str, kind: ErrorKind, message: &str) {
    let Step::Done(Err(error)) = over_the_limit(status, content_type, start) else {
        panic!("{status} {content_type} goes on")
    };
    assert_eq!((error.kind(), error.message()), (kind, message));
    assert_eq!(error.request_id(), Some("req_1"));
    assert!(!error.is_retryable(), "{error}");
}

#[test]
fn of_a_large_answer_the_status_counts() {
    use ErrorKind::{Internal, Invalid, Unauthenticated, Unavailable};
    let page = "<html>Please sign in</html>";
    let seen = |status: &str, kind: &str| {
        format!(
            "the answer has status {status} ({kind}, more than 262144 bytes); this is not the API: \
             is it a sign-in page, or a proxy on the way?"
        )
    };
    let html = |status: u16, kind, text: &str| {
        check_large(status, "text/html", page, kind, &seen(text, "text/html"));
    };
    html(200, Internal, "200 OK");
    html(401, Unauthenticated, "401 Unauthorized");
    html(403, Unavailable, "403 Forbidden");
    html(407, Unavailable, "407 Proxy Authentication Required");
    let sniffed = seen("200 OK", "application/octet-stream");
    check_large(200, "application/octet-stream", page, Internal, &sniffed);
    // It begins like an error of the API, and ends nowhere: no part of it is shown.
    let text = "the service answered with status 400 Bad Request (application/json, more than 262144 bytes)";
    check_large(400, "application/json", r#"{"error":"#, Invalid, text);
    let text = "the answer has more than 262144 bytes, the limit of add_user: is there a proxy on the way?";
    check_large(200, "application/json", r#"{"ok":true}"#, Internal, text);
    check_large(200, "text/plain", "", Internal, text);
    for status in [429, 502, 503, 504] {
        let step = over_the_limit(status, "text/html", page);
        assert!(matches!(step, Step::Wait(_)), "{status} {step:?}");
    }
}

#[test]
fn of_a_cut_answer_nothing_is_shown() {
    let key = Credential::api_key("seam_swordfish").expect("a key");
    let settings = Settings::new(key).with_body_limit(20);
    let requester = settings.requester(7).expect("a requester");
    let mut call = call(&requester);
    assert!(matches!(call.step(Duration::ZERO), Step::Send { .. }));
    // Half of the key is in the part that was read.
    let body = b"no key seam_swordfish".to_vec();
    let response = Response::builder().status(400).body(body.into());
    call.finish_attempt(Ok(response.expect("a response")));
    let Step::Done(Err(error)) = call.step(Duration::ZERO) else {
        panic!("goes on")
    };
    let text = "add_user: the service answered with status 400 Bad Request (no content type, more than 20 bytes)";
    assert_eq!(error.to_string(), text);
}
