mod cancel;
mod size;
mod waiting;

use access_groups_core::{
    AccessGroupId, AcsSystemId, AcsUserId, AddUser, Call, Context, CreateAcsUser,
    DeleteAccessGroup, DeleteUserIdentity, EntranceId, GetAcsUser, NewAcsUser, Reply, RevokeAccess,
    UserIdentityId,
};

use super::*;
use crate::{Credential, Endpoint, RetryPolicy, Settings};

/// What a scripted service does with one attempt, and how long it takes.
type Attempt = (u64, Result<u16, TransportErrorKind>);

fn requester() -> Requester {
    requester_with(RetryPolicy::default())
}

fn requester_with(policy: RetryPolicy) -> Requester {
    let key = Credential::api_key("seam_swordfish").expect("a key");
    let settings = Settings::new(key.clone()).with_retry_policy(policy);
    Requester::new(Endpoint::default(), None, key, &settings, 7)
}

fn add() -> AddUser {
    AddUser::new(AcsUserId::from_u128(1), AccessGroupId::from_u128(2))
}

/// Begins the call at the fixed moment.
fn call(requester: &Requester) -> CallMachine<'_> {
    requester.call(add().into(), &Context::new(), Duration::ZERO)
}

/// Plays the script and returns the trace, with waits in milliseconds, and the result.
fn run<C: Call>(operation: C, script: &[Attempt]) -> (Vec<String>, Result<C::Reply, Error>) {
    let requester = requester();
    let (mut trace, mut now) = (Vec::new(), Duration::ZERO);
    let mut script = script.iter();
    let mut call = requester.call(operation.into(), &Context::new(), now);
    loop {
        match call.step(now) {
            Step::Send { timeout, .. } => {
                trace.push(format!("send within {timeout:?}"));
                let (seconds, outcome) = script.next().expect("the script covers every attempt");
                now += Duration::from_secs(*seconds);
                call.finish_attempt(answer(*outcome));
            }
            Step::Wait(wait) => {
                assert!(wait > Duration::ZERO);
                trace.push("wait".to_owned());
                now += wait;
            }
            Step::Done(result) => return (trace, result.and_then(C::reply)),
        }
    }
}

fn answer(outcome: Result<u16, TransportErrorKind>) -> Result<Response<Payload>, TransportError> {
    let status = outcome.map_err(TransportError::new)?;
    let response = Response::builder()
        .status(status)
        .body(br#"{"ok":true}"#.to_vec().into());
    Ok(response.expect("a response"))
}

fn check(script: &[Attempt], sends: usize, kind: Option<ErrorKind>, ambiguous: bool) {
    let (trace, result) = run(add(), script);
    let sent = trace.iter().filter(|line| line.starts_with("send")).count();
    assert_eq!(sent, sends, "{script:?} {trace:?}");
    assert_eq!(result.as_ref().err().map(Error::kind), kind, "{script:?}");
    let found = result.is_err_and(|error| error.is_ambiguous());
    assert_eq!(found, ambiguous, "{script:?}");
}

#[test]
fn a_passing_fault_is_repeated_and_a_refusal_is_not() {
    use ErrorKind::{Internal, Invalid, NotFound, Unauthenticated, Unavailable};
    use TransportErrorKind::{
        HeadTooLarge, Interrupted, NotConnected, NotHttp, NotTls, NotTrusted, TimedOut,
    };
    check(&[(0, Ok(200))], 1, None, false);
    check(&[(0, Ok(503)), (0, Ok(503)), (0, Ok(200))], 3, None, false);
    check(
        &[(0, Ok(503)), (0, Ok(429)), (0, Ok(503))],
        3,
        Some(Unavailable),
        true,
    );
    check(&[(0, Ok(429)); 3], 3, Some(ErrorKind::RateLimited), false);
    check(&[(0, Ok(400))], 1, Some(Invalid), false);
    check(&[(0, Ok(401))], 1, Some(Unauthenticated), false);
    check(&[(0, Ok(404))], 1, Some(NotFound), false);
    check(&[(0, Ok(302))], 1, Some(Invalid), false);
    check(&[(0, Err(NotConnected)); 3], 3, Some(Unavailable), false);
    check(&[(0, Err(NotTrusted))], 1, Some(Unavailable), false);
    check(&[(0, Err(NotTls))], 1, Some(Unavailable), false);
    check(&[(0, Err(Interrupted)); 3], 3, Some(Unavailable), true);
    check(&[(0, Err(NotHttp))], 1, Some(Unavailable), true);
    check(&[(0, Err(HeadTooLarge))], 1, Some(Internal), true);
    check(
        &[(30, Err(TimedOut)); 3],
        3,
        Some(ErrorKind::TimedOut),
        true,
    );
    check(&[(0, Ok(500)); 3], 3, Some(Internal), true);
    // Once in doubt, later certainty about another attempt does not help.
    check(
        &[(0, Ok(502)), (0, Err(NotConnected)), (0, Ok(503))],
        3,
        Some(Unavailable),
        true,
    );
    // The first attempt may be why there is nothing left to change.
    for status in [404, 409] {
        let script = [(0, Err(Interrupted)), (0, Ok(429)), (0, Ok(status))];
        check(&script, 3, Some(Unavailable), true);
    }
    check(&[(0, Ok(429)), (0, Ok(404))], 2, Some(NotFound), false);
}

/// Whether an answer of something on the way is asked again, and whether it leaves a change in doubt.
fn check_page(status: u16, headers: &[(&str, &str)], body: &str, again: bool, ambiguous: bool) {
    let requester = requester();
    let mut call = call(&requester);
    assert!(matches!(call.step(Duration::ZERO), Step::Send { .. }));
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    let body = body.as_bytes().to_vec().into();
    call.finish_attempt(Ok(response.body(body).expect("a response")));
    let step = call.step(Duration::ZERO);
    assert_eq!(matches!(step, Step::Wait(_)), again, "{status} {step:?}");
    if let Step::Done(Err(error)) = step {
        assert!(!error.is_retryable(), "{status} {error}");
        assert_eq!(error.is_ambiguous(), ambiguous, "{status} {error}");
    }
}

#[test]
fn nothing_is_sent_after_the_first_answer_of_a_portal() {
    let html = ("content-type", "text/html");
    let json = ("content-type", "application/json");
    let page = "<html>Please sign in</html>";
    let place = ("location", "http://portal.example/");
    // The page in place of a success: what became of the change is unknown.
    for headers in [&[html][..], &[json], &[]] {
        check_page(200, headers, page, false, true);
    }
    check_page(200, &[html], "", false, true);
    check_page(203, &[html], page, false, true);
    for status in [300, 301, 302, 303, 307, 308] {
        check_page(status, &[html, place], page, false, false);
        check_page(status, &[], "", false, false);
    }
    for status in [403, 407, 511] {
        check_page(status, &[html], page, false, false);
        check_page(status, &[json, ("retry-after", "1")], "{}", false, false);
    }
    // A load balancer whose service is away answers with a page as well.
    for status in [502, 503, 504] {
        check_page(status, &[html], page, true, true);
    }
}

/// The result of a call whose first answer is lost, and whose second is that something is not found.
fn after_a_lost_answer(operation: impl Into<Operation>, code: &str) -> Result<Reply, Error> {
    let requester = requester();
    let mut call = requester.call(operation.into(), &Context::new(), Duration::ZERO);
    assert!(matches!(call.step(Duration::ZERO), Step::Send { .. }));
    call.finish_attempt(answer(Err(TransportErrorKind::Interrupted)));
    let Step::Wait(wait) = call.step(Duration::ZERO) else {
        panic!("no wait")
    };
    assert!(matches!(call.step(wait), Step::Send { .. }));
    let body = format!(r#"{{"error":{{"type":"{code}","message":"unknown"}}}}"#);
    let response = Response::builder()
        .status(404)
        .header("content-type", "application/json")
        .body(body.into_bytes().into());
    call.finish_attempt(Ok(response.expect("a response")));
    match call.step(wait) {
        Step::Done(result) => result,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_an_own_attempt_deleted_is_deleted() {
    let user = AcsUserId::from_u128(1);
    let delete = || access_groups_core::DeleteAcsUser::new(user);
    assert!(after_a_lost_answer(delete(), "acs_user_not_found").is_ok());
    let (group, identity) = (AccessGroupId::from_u128(1), UserIdentityId::from_u128(1));
    let other: [Operation; 2] = [
        DeleteAccessGroup::new(group).into(),
        DeleteUserIdentity::new(identity).into(),
    ];
    for delete in other {
        let (deleted, reply) = delete.deletion().expect("a deletion");
        let result = after_a_lost_answer(delete, deleted.not_found_code());
        assert_eq!(result.expect("it is gone").operation(), reply.operation());
    }
    // Another thing that is missing says nothing of this one.
    let error = after_a_lost_answer(delete(), "workspace_not_found").expect_err("in doubt");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.is_ambiguous() && !error.is_retryable());
    let error = after_a_lost_answer(add(), "acs_user_not_found").expect_err("in doubt");
    assert!(error.is_ambiguous(), "{error}");
    assert_eq!(
        error.message(),
        "the connection to https://connect.getseam.com broke; then: unknown (gave up after 2 attempts)"
    );
    // A read changes nothing.
    let error = after_a_lost_answer(GetAcsUser::new(user), "acs_user_not_found");
    assert_eq!(error.expect_err("none").kind(), ErrorKind::NotFound);
}

#[test]
fn a_read_is_never_ambiguous() {
    let user = AcsUserId::from_u128(1);
    use TransportErrorKind::{HeadTooLarge, Interrupted, NotHttp};
    for kind in [Interrupted, HeadTooLarge, NotHttp] {
        let (_, result) = run(GetAcsUser::new(user), &[(0, Err(kind)); 3]);
        assert!(!result.expect_err("no answer").is_ambiguous());
    }
}

/// How often a creation is sent, and whether the caller may repeat it, or must look first.
fn check_creation(script: &[Attempt], sends: usize, retryable: bool, ambiguous: bool) {
    let name = "Ada".parse().expect("a name");
    let user = NewAcsUser::new(AcsSystemId::from_u128(1), name);
    let (trace, result) = run(CreateAcsUser::new(user), script);
    let error = result.expect_err("no answer");
    let sent = trace.iter().filter(|line| line.starts_with("send")).count();
    assert_eq!(sent, sends, "{script:?}");
    assert_eq!(error.is_retryable(), retryable, "{script:?} {error}");
    assert_eq!(error.is_ambiguous(), ambiguous, "{script:?} {error}");
}

#[test]
fn what_creates_is_repeated_only_where_nobody_was_reached() {
    use TransportErrorKind::{Interrupted, NotConnected, TimedOut};
    check_creation(&[(0, Err(NotConnected)); 3], 3, true, false);
    check_creation(&[(0, Err(NotConnected)), (0, Ok(503))], 2, false, true);
    check_creation(&[(0, Err(Interrupted))], 1, false, true);
    check_creation(&[(30, Err(TimedOut))], 1, false, true);
    check_creation(&[(0, Ok(500))], 1, false, true);
    // Refused untouched: nothing came of it, and the caller may try again.
    check_creation(&[(0, Ok(429))], 1, true, false);
    check_creation(&[(0, Ok(400))], 1, false, false);
}

#[test]
fn the_last_attempt_gets_what_is_left_of_the_call() {
    let policy = RetryPolicy::default().with_call_timeout(Duration::from_secs(40));
    let requester = requester_with(policy);
    let mut call = call(&requester);
    let sent = |step| match step {
        Step::Send { timeout, .. } => timeout,
        other => panic!("{other:?}"),
    };
    assert_eq!(sent(call.step(Duration::ZERO)), Duration::from_secs(30));
    call.finish_attempt(answer(Err(TransportErrorKind::TimedOut)));
    let Step::Wait(_) = call.step(Duration::from_secs(30)) else {
        panic!("no wait")
    };
    assert_eq!(
        sent(call.step(Duration::from_secs(33))),
        Duration::from_secs(7)
    );
    call.finish_attempt(answer(Err(TransportErrorKind::TimedOut)));
    let Step::Done(Err(error)) = call.step(Duration::from_secs(40)) else {
        panic!("goes on")
    };
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(
        error.message(),
        "no complete answer from https://connect.getseam.com in time (limit 7s) \
         (gave up after 2 attempts)"
    );
}

#[test]
fn a_credential_that_the_service_repeats_is_taken_out_everywhere() {
    let requester = requester();
    let mut call = call(&requester);
    let Step::Send { request, .. } = call.step(Duration::ZERO) else {
        panic!("nothing sent")
    };
    let key = request.headers()["authorization"].to_str().expect("text");
    let key = key.trim_start_matches("Bearer ");
    let long = "x".repeat(495); // the key lies across the end of what is kept
    let body = format!(
        r#"{{"error":{{"type":"bad {key}","message":"{long}{key}",
            "validation_errors":{{"{key}":{{"_errors":["no {key}\nno"]}}}}}}}}"#,
    );
    let response = Response::builder()
        .status(400)
        .header("content-type", "application/json")
        .header("seam-request-id", key);
    call.finish_attempt(Ok(response
        .body(body.into_bytes().into())
        .expect("a response")));
    assert_eq!(
        (call.status(), call.request_id().as_deref()),
        (Some(400), Some("[redacted]"))
    );
    let Step::Done(Err(error)) = call.step(Duration::ZERO) else {
        panic!("goes on")
    };
    assert_eq!(error.code(), Some("bad [redacted]"));
    assert_eq!(error.fields()[0].message, "no [redacted] no");
    let shown = format!("{error:?} {call:?}");
    assert!(
        !shown.contains("seam_s") && !shown.contains("swordfish"),
        "{shown}"
    );
}

#[test]
fn a_request_goes_to_the_address_of_the_endpoint() {
    let key = Credential::api_key("seam_swordfish").expect("a key");
    let settings = Settings::new(key.clone());
    for (base, address) in [
        ("https://doors.example", "https://doors.example"),
        (
            "https://doors.example:8443/api/v1/",
            "https://doors.example:8443/api/v1",
        ),
        ("http://127.0.0.1:3030/seam", "http://127.0.0.1:3030/seam"),
    ] {
        let endpoint: Endpoint = base.parse().expect("an address");
        let requester = Requester::new(endpoint, None, key.clone(), &settings, 7);
        let mut call = call(&requester);
        let Step::Send { request, .. } = call.step(Duration::ZERO) else {
            panic!("nothing sent")
        };
        let expected = format!("{address}/acs/users/add_to_access_group");
        assert_eq!(request.uri().to_string(), expected);
    }
}

#[test]
fn the_error_of_a_call_names_its_request() {
    let requester = requester();
    let of_answer = |headers: &[(&str, &str)]| {
        let mut call = call(&requester);
        assert!(matches!(call.step(Duration::ZERO), Step::Send { .. }));
        let mut response = Response::builder().status(400);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        let response = response.body(Payload::default()).expect("a response");
        call.finish_attempt(Ok(response));
        match call.step(Duration::ZERO) {
            Step::Done(Err(error)) => error.request_id().map(str::to_owned),
            other => panic!("{other:?}"),
        }
    };
    let id = Some("req_9".to_owned());
    assert_eq!(of_answer(&[("seam-request-id", "req_9")]), id);
    assert_eq!(of_answer(&[("x-request-id", "req_9")]), None);
}

#[test]
fn what_was_not_worth_repeating_is_not_retryable() {
    for kind in [TransportErrorKind::NotTrusted, TransportErrorKind::NotHttp] {
        let (_, result) = run(add(), &[(0, Err(kind))]);
        assert!(!result.expect_err("a failure").is_retryable(), "{kind:?}");
    }
    let (_, result) = run(add(), &[(0, Ok(503)); 3]);
    assert!(result.expect_err("a failure").is_retryable());
}

#[test]
fn a_driver_that_sleeps_past_the_end_of_the_call_sends_nothing_more() {
    let requester = requester();
    let mut call = call(&requester);
    let Step::Send { .. } = call.step(Duration::ZERO) else {
        panic!("nothing sent")
    };
    call.finish_attempt(answer(Ok(429)));
    let Step::Wait(_) = call.step(Duration::ZERO) else {
        panic!("no wait")
    };
    let Step::Done(Err(error)) = call.step(Duration::from_secs(120)) else {
        panic!("goes on")
    };
    assert_eq!(error.kind(), ErrorKind::RateLimited);
}

#[test]
fn a_driver_that_loses_an_outcome_or_goes_on_gets_an_error_and_no_panic() {
    let requester = requester();
    let mut call = call(&requester);
    let Step::Send { .. } = call.step(Duration::ZERO) else {
        panic!("nothing sent")
    };
    let Step::Wait(wait) = call.step(Duration::ZERO) else {
        panic!("no wait")
    };
    let Step::Send { .. } = call.step(wait) else {
        panic!("nothing sent")
    };
    call.finish_attempt(answer(Ok(200)));
    let Step::Done(Ok(_)) = call.step(wait) else {
        panic!("no success")
    };
    let Step::Done(Err(_)) = call.step(wait) else {
        panic!("not over")
    };
}

#[test]
fn a_shorter_timeout_of_the_context_ends_the_call() {
    let requester = requester();
    let timeout_of = |context: Context| {
        let mut call = requester.call(add().into(), &context, Duration::ZERO);
        match call.step(Duration::ZERO) {
            Step::Send { timeout, .. } => timeout,
            other => panic!("{other:?}"),
        }
    };
    let within = |seconds| Context::new().with_timeout(Duration::from_secs(seconds));
    assert_eq!(timeout_of(within(7)), Duration::from_secs(7));
    assert_eq!(timeout_of(within(600)), Duration::from_secs(30));
    assert_eq!(timeout_of(Context::new()), Duration::from_secs(30));
}

#[test]
fn what_the_api_lacks_is_never_sent() {
    let (trace, result) = run(
        RevokeAccess::new(AcsUserId::from_u128(1), EntranceId::from_u128(2)),
        &[],
    );
    assert!(trace.is_empty(), "{trace:?}");
    let error = result.expect_err("no such call");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(error.operation(), Some("revoke_access"));
    assert!(!error.is_retryable() && !error.is_ambiguous());
}

#[test]
fn without_time_nothing_is_sent() {
    let requester = requester();
    let context = Context::new().with_timeout(Duration::ZERO);
    let mut call = requester.call(add().into(), &context, Duration::from_secs(9));
    let Step::Done(Err(error)) = call.step(Duration::from_secs(9)) else {
        panic!("goes on")
    };
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(!error.is_ambiguous());
}

#[test]
fn no_step_shows_fields_or_replies() {
    let requester = requester();
    let name = "Lovelace".parse().expect("a name");
    let create = CreateAcsUser::new(NewAcsUser::new(AcsSystemId::from_u128(1), name));
    let mut call = requester.call(create.into(), &Context::new(), Duration::ZERO);
    let step = call.step(Duration::ZERO);
    let Step::Send { request, .. } = &step else {
        panic!("nothing sent")
    };
    let hidden = "Lovelace".bytes().map(|byte| byte.to_string());
    let as_bytes = hidden.collect::<Vec<_>>().join(", ");
    let shown = format!("{step:?} {call:?} {requester:?} {request:?}");
    for secret in ["Lovelace", &as_bytes, "swordfish"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
