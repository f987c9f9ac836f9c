use std::collections::BTreeMap;

use access_groups_core::{
    AccessGroupId, AcsUserId, AddUser, Context, CreateAcsUser, ErrorKind, NewAcsUser, Operation,
};
use http::Response;

use super::*;
use crate::{CallMachine, Payload, Requester, Settings, Step};

const SECOND: Duration = Duration::from_secs(1);

fn requester(settings: Settings) -> Requester {
    settings.requester(11).expect("a requester")
}

fn settings() -> Settings {
    Settings::new("seam_example")
}

fn add() -> Operation {
    AddUser::new(AcsUserId::from_u128(1), AccessGroupId::from_u128(2)).into()
}

fn begin(requester: &Requester, now: Duration) -> CallMachine<'_> {
    requester.call(add(), &Context::new(), now)
}

fn answer(status: u16, retry_after: Option<&str>) -> Response<Payload> {
    let mut response = Response::builder().status(status);
    if let Some(text) = retry_after {
        response = response.header("retry-after", text);
    }
    let body = br#"{"ok":true}"#.to_vec().into();
    response.body(body).expect("a response")
}

/// The moments at which so many calls that begin together send their requests.
fn sends(requester: &Requester, calls: usize, now: Duration) -> Vec<Duration> {
    let calls = (0..calls).map(|number| ((now, number), begin(requester, now)));
    let mut calls: BTreeMap<_, _> = calls.collect();
    let mut sends = Vec::new();
    while let Some(((now, number), mut call)) = calls.pop_first() {
        match call.step(now) {
            Step::Send { .. } => sends.push(now),
            Step::Wait(wait) => drop(calls.insert((now + wait, number), call)),
            Step::Done(result) => panic!("{:?}", result.err()),
        }
    }
    sends
}

/// Answers a call with 429, which asks for this pause.
fn throttle(requester: &Requester, now: Duration, retry_after: &str) {
    let mut call = begin(requester, now);
    assert!(matches!(call.step(now), Step::Send { .. }));
    call.finish_attempt(Ok(answer(429, Some(retry_after))));
    let _ = call.step(now);
}

fn error_of(call: &mut CallMachine<'_>, now: Duration) -> access_groups_core::Error {
    match call.step(now) {
        Step::Done(result) => result.expect_err("held back"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_limit_spaces_requests_after_the_burst() {
    let limit = RateLimit::per_second(10).with_burst(3);
    let requester = requester(settings().with_rate_limit(limit));
    let start = SECOND * 7;
    let millis = |sends: Vec<Duration>| {
        let since_start = sends.into_iter().map(|at| (at - start).as_millis());
        since_start.collect::<Vec<_>>()
    };
    let found = millis(sends(&requester, 7, start));
    assert_eq!(found, [0, 0, 0, 100, 200, 300, 400]);
    // The next one keeps the distance; after a rest, the burst is there again.
    assert_eq!(millis(sends(&requester, 1, start + SECOND / 2)), [500]);
    let rested = start + SECOND * 2;
    assert_eq!(
        millis(sends(&requester, 4, rested)),
        [2_000, 2_000, 2_000, 2_100]
    );
}

#[test]
fn no_second_has_more_than_rate_and_burst() {
    let mut random = fastrand::Rng::with_seed(11);
    for _ in 0..200 {
        let (rate, burst) = (random.u32(1..50), random.u32(1..20));
        let limit = RateLimit::per_second(rate).with_burst(burst);
        let requester = requester(settings().with_rate_limit(limit));
        let mut all = Vec::new();
        for _ in 0..5 {
            let start = SECOND.mul_f64(random.f64() * 3.0);
            let start = all.last().copied().unwrap_or_default() + start;
            all.extend(sends(&requester, random.usize(1..60), start));
        }
        let most = usize::try_from(rate + burst).expect("small");
        for (first, at) in all.iter().enumerate() {
            let within = all[first..].iter().filter(|other| **other < *at + SECOND);
            let count = within.count();
            assert!(count <= most, "{count} of {limit:?} from {at:?}");
        }
    }
}

#[test]
fn every_attempt_counts() {
    let limit = RateLimit::per_second(1).with_burst(1);
    let requester = requester(settings().with_rate_limit(limit));
    let mut call = begin(&requester, SECOND);
    assert!(matches!(call.step(SECOND), Step::Send { .. }));
    call.finish_attempt(Ok(answer(503, None)));
    let mut now = SECOND;
    while let Step::Wait(wait) = call.step(now) {
        now += wait;
    }
    assert_eq!((now, call.attempts()), (SECOND * 2, 2));
}

#[test]
fn a_turn_that_comes_too_late_ends_the_call() {
    let limit = RateLimit::per_second(1).with_burst(1);
    let requester = requester(settings().with_rate_limit(limit).with_timeout(SECOND * 3));
    assert_eq!(sends(&requester, 3, SECOND).len(), 3);
    let mut late = begin(&requester, SECOND);
    let error = error_of(&mut late, SECOND);
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.retry_after(), Some(SECOND * 3));
    assert!(!error.is_ambiguous() && error.is_retryable());
    assert_eq!(
        error.message(),
        "nothing was sent: the client's own limit of 1 requests per second has no room for 3s, \
         which is longer than this call may take"
    );
    // It has taken nobody's turn.
    assert_eq!(sends(&requester, 1, SECOND * 3), [SECOND * 4]);
}

#[test]
fn one_429_pauses_every_call_and_spreads_them_after() {
    let requester = requester(settings());
    throttle(&requester, SECOND, "10");
    let end = SECOND * 11;
    let found = sends(&requester, 100, SECOND * 2);
    assert!(found.iter().all(|at| (end..end + SECOND).contains(at)));
    let early = found.iter().filter(|at| **at < end + SECOND / 2).count();
    assert!(
        (30..70).contains(&early),
        "{early} of 100 in the first half"
    );
    assert_eq!(sends(&requester, 1, end), [end], "the pause is over");
}

#[test]
fn a_pause_that_begins_while_a_call_waits_counts() {
    let requester = requester(settings());
    throttle(&requester, SECOND, "1");
    let mut waiting = begin(&requester, SECOND);
    let Step::Wait(wait) = waiting.step(SECOND) else {
        panic!("no wait")
    };
    let woken = SECOND + wait;
    throttle(&requester, woken, "5");
    let Step::Wait(longer) = waiting.step(woken) else {
        panic!("sent during a pause")
    };
    assert!(longer >= SECOND * 5, "{longer:?}");
}

#[test]
fn a_pause_does_not_undo_the_limit() {
    // All turns lie in the pause, and are not taken together when it ends.
    let limit = RateLimit::per_second(10).with_burst(1);
    let requester = requester(settings().with_rate_limit(limit));
    let mut calls: Vec<_> = (0..20).map(|_| begin(&requester, SECOND)).collect();
    for call in &mut calls[1..] {
        assert!(!matches!(call.step(SECOND), Step::Done(_)));
    }
    let Step::Wait(wait) = calls[0].step(SECOND) else {
        panic!("no turn of its own")
    };
    let last = SECOND + wait;
    assert!(matches!(calls[0].step(last), Step::Send { .. }));
    calls[0].finish_attempt(Ok(answer(429, Some("30"))));
    assert!(matches!(calls[0].step(last), Step::Wait(_)));
    let end = last + SECOND * 30;
    // The second has sent its request already.
    let turns = calls[2..].iter_mut().map(|call| match call.step(last) {
        Step::Wait(wait) => last + wait,
        other => panic!("{other:?}"),
    });
    let mut turns: Vec<_> = turns.collect();
    turns.sort_unstable();
    assert!(turns[0] >= end, "{turns:?}");
    for pair in turns.windows(2) {
        assert!(pair[1] - pair[0] >= SECOND / 10, "{turns:?}");
    }
}

#[test]
fn dropped_calls_return_their_turns() {
    let mut random = fastrand::Rng::with_seed(11);
    let limit = RateLimit::per_second(5).with_burst(1);
    let requester = requester(settings().with_rate_limit(limit));
    let begin_all = || {
        let calls = (0..500).map(|_| begin(&requester, SECOND));
        let mut calls: Vec<_> = calls.collect();
        for call in &mut calls {
            assert!(!matches!(call.step(SECOND), Step::Done(Ok(_))));
        }
        calls
    };
    // In any order, the first of them having sent its request.
    let mut calls = begin_all();
    random.shuffle(&mut calls);
    drop(calls);
    assert_eq!(sends(&requester, 1, SECOND), [SECOND * 6 / 5]);
    // Some stay: what the others leave is taken first, and nobody's turn is given out twice.
    let later = SECOND * 7 / 5;
    let mut stay = begin_all().split_off(400);
    let mut all = sends(&requester, 100, later);
    assert_eq!((all[0], all[99]), (later, later + SECOND / 5 * 99));
    for call in &mut stay {
        if let Step::Wait(wait) = call.step(SECOND) {
            all.push(SECOND + wait);
        }
    }
    all.sort_unstable();
    assert!(all.windows(2).all(|pair| pair[1] - pair[0] >= SECOND / 5));
}

#[test]
fn a_call_that_ends_before_its_turn_returns_it() {
    let limit = RateLimit::per_second(1).with_burst(1);
    let requester = requester(settings().with_rate_limit(limit));
    assert_eq!(sends(&requester, 1, SECOND), [SECOND]);
    let token = access_groups_core::CancelToken::new();
    let context = Context::new().with_cancel(token.clone());
    let mut cancelled = requester.call(add(), &context, SECOND);
    assert!(matches!(cancelled.step(SECOND), Step::Wait(_)));
    token.cancel();
    let error = error_of(&mut cancelled, SECOND);
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(sends(&requester, 1, SECOND), [SECOND * 2]);
}

#[test]
fn a_pause_delays_all_turns_alike() {
    let limit = RateLimit::per_second(5).with_burst(1);
    let requester = requester(settings().with_rate_limit(limit));
    let calls = (0..500).map(|_| begin(&requester, SECOND));
    let mut calls: Vec<_> = calls.collect();
    let turn = |call: &mut CallMachine<'_>, now: Duration| match call.step(now) {
        Step::Send { .. } => now,
        Step::Wait(wait) => now + wait,
        Step::Done(result) => panic!("{:?}", result.err()),
    };
    let before: Vec<_> = calls.iter_mut().map(|call| turn(call, SECOND)).collect();
    let mut throttled = calls.remove(0);
    throttled.finish_attempt(Ok(answer(429, Some("7"))));
    assert!(matches!(throttled.step(SECOND), Step::Wait(_)));
    // They learn of the pause at the moment that they were told.
    for (call, told) in calls.iter_mut().zip(&before[1..]) {
        let turn = turn(call, *told);
        assert_eq!(turn, *told + SECOND * 7);
    }
    assert_eq!(before[1], SECOND * 6 / 5);
}

#[test]
fn a_pause_that_outlasts_a_call_ends_it_unsent() {
    let requester = requester(settings());
    throttle(&requester, SECOND, "200");
    let mut call = begin(&requester, SECOND * 2);
    let error = error_of(&mut call, SECOND * 2);
    assert_eq!((error.kind(), call.attempts()), (ErrorKind::RateLimited, 0));
    assert_eq!(error.code(), Some("rate_limited"));
    assert_eq!(error.retry_after(), Some(SECOND * 199));
    assert!(!error.is_ambiguous() && error.is_retryable());
    assert_eq!(
        error.message(),
        "nothing was sent: the service has answered another call with 429, and the pause of 199s \
         that is left is longer than this call may take"
    );
    // As long as the pause that it meets is shorter, a call waits.
    assert!(matches!(
        begin(&requester, SECOND * 90).step(SECOND * 90),
        Step::Wait(_)
    ));
}

#[test]
fn a_call_in_doubt_keeps_its_own_error() {
    let requester = requester(settings());
    let mut call = begin(&requester, SECOND);
    assert!(matches!(call.step(SECOND), Step::Send { .. }));
    call.finish_attempt(Ok(answer(503, None)));
    let Step::Wait(wait) = call.step(SECOND) else {
        panic!("no wait")
    };
    throttle(&requester, SECOND, "150");
    let error = error_of(&mut call, SECOND + wait);
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.is_ambiguous());
    assert_eq!(error.retry_after(), Some(SECOND * 150 - wait));
}

#[test]
fn no_answer_stops_a_client_for_a_day() {
    let check = |policy: RetryPolicy, most: Duration| {
        let requester = requester(settings().with_retry_policy(policy));
        throttle(&requester, SECOND, "86400");
        let is_sent = |now| matches!(begin(&requester, now).step(now), Step::Send { .. });
        assert!(is_sent(SECOND + most), "{most:?}");
        assert!(most.is_zero() || !is_sent(SECOND + most - SECOND));
    };
    let policy = RetryPolicy::default();
    check(policy, SECOND * 300);
    check(policy.with_max_pause(SECOND * 7), SECOND * 7);
    check(policy.with_max_pause(Duration::ZERO), Duration::ZERO);
}

#[test]
fn what_creates_pauses_the_others_too() {
    let requester = requester(settings());
    let user = NewAcsUser::new(
        access_groups_core::AcsSystemId::from_u128(1),
        "Ada".parse().expect("a name"),
    );
    let create = CreateAcsUser::new(user).into();
    let mut call = requester.call(create, &Context::new(), SECOND);
    assert!(matches!(call.step(SECOND), Step::Send { .. }));
    call.finish_attempt(Ok(answer(429, Some("5"))));
    assert!(matches!(call.step(SECOND), Step::Done(Err(_))));
    assert!(matches!(
        begin(&requester, SECOND).step(SECOND),
        Step::Wait(_)
    ));
}

#[test]
fn a_limit_that_allows_nothing_is_refused() {
    for limit in [
        RateLimit::per_second(0),
        RateLimit::per_second(0).with_burst(5),
        RateLimit::per_second(5).with_burst(0),
    ] {
        let refused = settings().with_rate_limit(limit).requester(1);
        assert!(matches!(refused, Err(BuildError::RateLimit)), "{refused:?}");
    }
    let most = RateLimit::per_second(u32::MAX).with_burst(u32::MAX);
    assert_eq!(
        sends(&requester(settings().with_rate_limit(most)), 2, SECOND).len(),
        2
    );
}
