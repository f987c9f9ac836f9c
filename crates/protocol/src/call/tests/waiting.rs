//! What the observer of a client is told.

use std::sync::{Arc, Mutex};

use super::*;
use crate::RateLimit;
use WaitReason::{Answer, Pause, Retry};

const SECOND: Duration = Duration::from_secs(1);

/// What was told: attempt, reason and time.
type Told = Arc<Mutex<Vec<(u32, WaitReason, Duration)>>>;

fn observed(settings: Settings) -> (Requester, Told) {
    let told = Told::default();
    let list = Arc::clone(&told);
    let settings = settings.with_wait_observer(move |waiting| {
        assert_eq!(waiting.operation, "add_user");
        let Waiting {
            attempt,
            reason,
            time,
            ..
        } = *waiting;
        list.lock().expect("no panic").push((attempt, reason, time));
    });
    (settings.requester(7).expect("a requester"), told)
}

fn settings() -> Settings {
    Settings::new("seam_swordfish")
}

/// Attempts and reasons of a call whose attempts have these outcomes.
fn check(outcomes: &[Result<u16, TransportErrorKind>], expected: &[(u32, WaitReason)]) {
    let (requester, told) = observed(settings());
    let (mut now, mut waits) = (Duration::ZERO, Vec::new());
    let mut outcomes = outcomes.iter();
    let mut call = call(&requester);
    loop {
        match call.step(now) {
            Step::Send { timeout, .. } => {
                waits.push(timeout);
                call.finish_attempt(answer(*outcomes.next().expect("an outcome")));
            }
            Step::Wait(wait) => {
                waits.push(wait);
                now += wait;
            }
            Step::Done(_) => break,
        }
    }
    let told = told.lock().expect("no panic");
    let reasons: Vec<_> = told
        .iter()
        .map(|(attempt, why, _)| (*attempt, *why))
        .collect();
    assert_eq!(reasons, expected);
    assert!(told.iter().map(|(_, _, time)| *time).eq(waits), "{told:?}");
}

#[test]
fn every_attempt_and_every_wait_is_told() {
    let after = |status: u16| Retry {
        status: Some(status),
    };
    check(&[Ok(200)], &[(1, Answer)]);
    check(&[Ok(400)], &[(1, Answer)]);
    check(
        &[Ok(503), Ok(429), Ok(200)],
        &[
            (1, Answer),
            (2, after(503)),
            (2, Answer),
            (3, after(429)),
            (3, Answer),
        ],
    );
    check(
        &[Err(TransportErrorKind::Interrupted), Ok(200)],
        &[(1, Answer), (2, Retry { status: None }), (2, Answer)],
    );
}

/// Steps another call of the client, and answers what was told of it.
fn told_of_another(requester: &Requester, told: &Told, now: Duration) -> Vec<(u32, WaitReason)> {
    told.lock().expect("no panic").clear();
    let _ = requester.call(add().into(), &Context::new(), now).step(now);
    let told = told.lock().expect("no panic");
    told.iter()
        .map(|(attempt, why, _)| (*attempt, *why))
        .collect()
}

#[test]
fn a_pause_and_a_turn_are_told_apart() {
    let limit = RateLimit::per_second(1).with_burst(1);
    let (requester, told) = observed(settings().with_rate_limit(limit));
    let mut first = call(&requester);
    assert!(matches!(first.step(Duration::ZERO), Step::Send { .. }));
    let turn = [(1, WaitReason::RateLimit)];
    assert_eq!(told_of_another(&requester, &told, Duration::ZERO), turn);
    let response = Response::builder().status(429).header("retry-after", "5");
    let response = response.body(Vec::new().into()).expect("a response");
    first.finish_attempt(Ok(response));
    assert!(matches!(first.step(Duration::ZERO), Step::Wait(_)));
    assert_eq!(told_of_another(&requester, &told, SECOND), [(1, Pause)]);
    // It is over, and so is the turn of the first.
    assert_eq!(
        told_of_another(&requester, &told, SECOND * 60),
        [(1, Answer)]
    );
}
