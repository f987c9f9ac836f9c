//! Calls that are ended early.

use super::*;

fn token() -> (CancelToken, Context) {
    let token = CancelToken::new();
    let context = Context::new().with_cancel(token.clone());
    (token, context)
}

/// The end of the call, if it has ended.
fn end(call: &mut CallMachine<'_>) -> Option<Error> {
    match call.step(Duration::ZERO) {
        Step::Done(result) => Some(result.expect_err("no reply")),
        Step::Send { .. } | Step::Wait(_) => None,
    }
}

#[test]
fn a_cancelled_call_sends_nothing() {
    let requester = requester();
    let (token, context) = token();
    token.cancel();
    let mut call = requester.call(add().into(), &context, Duration::ZERO);
    assert!(call.is_cancelled());
    let error = end(&mut call).expect("the end");
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(error.code(), Some("cancelled"));
    assert_eq!(error.to_string(), "add_user: the call was cancelled");
    assert!(!error.is_ambiguous() && !error.is_retryable());
    assert_eq!(call.attempts(), 0);
}

/// Cancels after a first attempt with this outcome; answers the error, if the call ends with one.
fn cancelled_after(outcome: Result<u16, TransportErrorKind>, in_wait: bool) -> Option<Error> {
    let requester = requester();
    let (token, context) = token();
    let mut call = requester.call(add().into(), &context, Duration::ZERO);
    assert!(matches!(call.step(Duration::ZERO), Step::Send { .. }));
    if !in_wait {
        token.cancel();
    }
    call.finish_attempt(answer(outcome));
    if in_wait {
        assert!(matches!(call.step(Duration::ZERO), Step::Wait(_)));
        token.cancel();
    }
    match call.step(Duration::ZERO) {
        Step::Done(result) => result.err(),
        other => panic!("a cancelled call goes on: {other:?}"),
    }
}

#[test]
fn a_cancelled_call_says_whether_it_may_have_happened() {
    for in_wait in [false, true] {
        let refused = cancelled_after(Ok(429), in_wait).expect("an error");
        assert_eq!(refused.kind(), ErrorKind::Cancelled);
        assert!(!refused.is_ambiguous(), "{refused}");
        let lost = cancelled_after(Err(TransportErrorKind::Interrupted), in_wait);
        let lost = lost.expect("an error");
        assert_eq!(lost.kind(), ErrorKind::Cancelled);
        assert!(lost.is_ambiguous(), "{lost}");
        let cause = std::error::Error::source(&lost).expect("the reason of the last attempt");
        assert!(cause.downcast_ref::<Error>().is_some(), "{cause}");
    }
}

#[test]
fn an_answer_that_came_counts() {
    assert!(cancelled_after(Ok(200), false).is_none());
    let refused = cancelled_after(Ok(404), false).expect("an error");
    assert_eq!(refused.kind(), ErrorKind::NotFound);
}

#[test]
fn a_requester_that_is_shut_down_stays_so() {
    let requester = requester();
    let mut waiting = call(&requester);
    assert!(matches!(waiting.step(Duration::ZERO), Step::Send { .. }));
    waiting.finish_attempt(answer(Ok(503)));
    assert!(end(&mut waiting).is_none(), "it waits");
    requester.shut_down();
    for call in [&mut waiting, &mut call(&requester)] {
        let error = end(call).expect("the end");
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        assert!(error.message().starts_with("the client is shut down"));
    }
}
