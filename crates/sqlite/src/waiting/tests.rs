use std::sync::mpsc::RecvTimeoutError;

use access_groups_core::ErrorKind;

use super::*;

/// A call with the context that is made if it still can be, after `before`.
fn check(context: &Context, before: impl FnOnce(), expected: Result<u32, ErrorKind>) {
    let (place, answer) = Place::of_thread(Patience::of(context));
    before();
    let mut claim = Claim::new(place);
    let is_made = claim.begin();
    assert_eq!(is_made, expected.is_ok());
    claim.answer(Ok(7));
    let outcome = answer.recv().expect("answered");
    assert!(
        outcome
            .as_ref()
            .err()
            .is_none_or(|error| !error.is_ambiguous())
    );
    assert_eq!(outcome.map_err(|error| error.kind()), expected);
}

#[test]
fn a_call_without_end_is_made() {
    check(&Context::new(), || (), Ok(7));
}

#[test]
fn a_call_out_of_time_is_not_made() {
    let (none, some) = (Duration::ZERO, Duration::from_secs(600));
    let within = |timeout| Context::new().with_timeout(timeout);
    check(&within(none), || (), Err(ErrorKind::TimedOut));
    check(&within(some), || (), Ok(7));
    check(&within(Duration::MAX), || (), Ok(7));
}

#[test]
fn a_cancelled_call_is_not_made() {
    let token = CancelToken::new();
    let context = Context::new().with_cancel(token.clone());
    check(&context, || token.cancel(), Err(ErrorKind::Cancelled));
}

#[test]
fn what_has_begun_is_answered_as_it_ends() {
    let token = CancelToken::new();
    let context = Context::new().with_cancel(token.clone());
    let (place, answer) = Place::of_thread(Patience::of(&context));
    let watch = Watch::default();
    watch.add(&place).expect("started");
    let mut claim = Claim::new(place.clone());
    assert!(claim.begin());
    token.cancel();
    assert!(place.is_over(), "there is nothing to look after");
    claim.answer(Ok(7));
    assert_eq!(answer.recv().expect("answered").ok(), Some(7));
}

#[test]
fn without_a_caller_nothing_is_made() {
    let (place, answer) = Place::<u32>::of_task(Patience::default());
    drop(answer);
    assert!(!Claim::new(place).begin());
}

#[test]
fn a_call_that_is_dropped_ends() {
    let (place, answer) = Place::<u32>::of_thread(Patience::default());
    // The place is held by others too, as by the watch.
    drop(Claim::new(place.clone()));
    let answer = answer.recv_timeout(Duration::ZERO);
    assert_eq!(answer.err(), Some(RecvTimeoutError::Disconnected));
}

#[test]
fn the_watch_ends_calls_in_a_queue() {
    let watch = Watch::default();
    let token = CancelToken::new();
    let context = Context::new().with_cancel(token.clone());
    let (place, answer) = Place::<u32>::of_thread(Patience::of(&context));
    watch.add(&place).expect("started");
    let (other, unanswered) = Place::<u32>::of_thread(Patience::of(
        &Context::new().with_timeout(Duration::from_secs(600)),
    ));
    watch.add(&other).expect("started");
    token.cancel();
    // A generous limit, so that a watch that sleeps fails the test.
    let answer = answer.recv_timeout(Duration::from_secs(60));
    let error = answer.expect("answered").expect_err("cancelled");
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(Claim::new(other).begin());
    drop(unanswered);
}
