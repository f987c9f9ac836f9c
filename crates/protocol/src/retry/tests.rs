#![expect(
    clippy::print_stdout,
    reason = "counts and seeds are for who reads the run"
)]

use std::collections::BTreeMap;

use access_groups_core::{
    AccessGroupId, AcsUserId, AddUser, Call, CancelToken, Context, Error, ErrorKind, Operation,
};
use http::Response;

use super::*;
use crate::{CallMachine, Payload, Requester, Settings, Step};

const SEED: u64 = 11;

fn requester(policy: RetryPolicy) -> Requester {
    let settings = Settings::new("seam_example").with_retry_policy(policy);
    settings.requester(SEED).expect("a requester")
}

fn add() -> Operation {
    AddUser::new(AcsUserId::from_u128(1), AccessGroupId::from_u128(2)).into()
}

fn answer(status: u16, headers: &[(&str, &str)]) -> Response<Payload> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    let body = br#"{"ok":true}"#.to_vec().into();
    response.body(body).expect("a response")
}

/// The ends of the ranges in milliseconds, written out.
const RANGES: [(Fault, [u64; 10]); 2] = [
    (
        Fault::Transient,
        [50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 20_000],
    ),
    (
        Fault::Throttled,
        [
            1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000, 20_000, 20_000, 20_000,
        ],
    ),
];

#[test]
fn a_hundred_thousand_delays_obey_the_law() {
    const SAMPLES: u32 = 5_000; // of each of 20 ranges
    let policy = RetryPolicy::default();
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut count = 0;
    for (fault, ranges) in RANGES {
        for (attempts, end) in (1..).zip(ranges.map(Duration::from_millis)) {
            let (mut sum, mut tenths) = (Duration::ZERO, [0_u32; 10]);
            for _ in 0..SAMPLES {
                let wait = policy.wait(fault, attempts, None, &mut random);
                assert!(wait <= end, "{fault:?} {attempts}: {wait:?} > {end:?}");
                sum += wait;
                let tenth = wait.as_nanos() * 10 / (end.as_nanos() + 1);
                tenths[usize::try_from(tenth).expect("below 10")] += 1;
                count += 1;
            }
            // Four standard deviations of the mean of so many uniform numbers are 1.7 %.
            let mean = sum.div_duration_f64(end * SAMPLES);
            assert!((0.49..0.51).contains(&mean), "{fault:?} {attempts}: {mean}");
            let even = SAMPLES / 10;
            let is_even = |tenth: &u32| (even * 4 / 5..even * 6 / 5).contains(tenth);
            assert!(
                tenths.iter().all(is_even),
                "{fault:?} {attempts}: {tenths:?}"
            );
        }
    }
    println!("{count} delays, seed {SEED}");
    assert_eq!(count, 100_000);
}

#[test]
fn no_number_of_attempts_is_too_large() {
    let policy = RetryPolicy::default().with_max_wait(Duration::MAX);
    for attempts in [1, 32, 33, u32::MAX] {
        let end = policy.longest_wait(Fault::Throttled, attempts);
        assert!(end >= Duration::from_secs(1), "{attempts}: {end:?}");
    }
}

/// What a `Retry-After` does to a call.
#[derive(Clone, Copy)]
enum Effect {
    /// Nothing.
    Ignored,
    /// The call waits for at least so many milliseconds.
    Waits(u64),
    /// The call ends, and its error asks for a wait of so many milliseconds.
    Ends(u64),
}
use Effect::{Ends, Ignored, Waits};

const DAY: u64 = 86_400_000;

/// Every form, with an answer of Thursday, 26 November 2026, 02:00:00.
const FORMS: &[(&str, Effect)] = &[
    // Seconds.
    ("0", Waits(0)),
    ("1", Waits(1_000)),
    ("5", Waits(5_000)),
    (" 5 ", Waits(5_000)),
    ("007", Waits(7_000)),
    ("119", Waits(119_000)),
    ("120", Ends(120_000)),
    ("3600", Ends(3_600_000)),
    ("99999999", Ends(DAY)),
    ("18446744073709551616", Ends(DAY)),
    ("99999999999999999999999999999999999999999", Ends(DAY)),
    // With a fraction or an exponent.
    ("0.0", Waits(0)),
    ("0.25", Waits(250)),
    ("5.25", Waits(5_250)),
    ("5.", Waits(5_000)),
    ("120.5", Ends(120_500)),
    ("1e1", Waits(10_000)),
    ("1e9", Ends(DAY)),
    ("1e999", Ends(DAY)),
    // Dates: the three forms of RFC 9110.
    ("Thu, 26 Nov 2026 02:00:05 GMT", Waits(5_000)),
    ("Thursday, 26-Nov-26 02:00:05 GMT", Waits(5_000)),
    ("Thu Nov 26 02:00:05 2026", Waits(5_000)),
    ("Thu, 26 Nov 2026 02:02:00 GMT", Ends(120_000)),
    ("Fri, 27 Nov 2026 02:00:00 GMT", Ends(DAY)),
    ("Fri, 31 Dec 9999 23:59:59 GMT", Ends(DAY)),
    // Dates that are over.
    ("Thu, 26 Nov 2026 02:00:00 GMT", Waits(0)),
    ("Thu, 26 Nov 2026 01:59:59 GMT", Waits(0)),
    ("Thu, 01 Jan 1970 00:00:00 GMT", Waits(0)),
    // Negative.
    ("-1", Ignored),
    ("-5.5", Ignored),
    ("-0", Ignored),
    // Garbage.
    ("", Ignored),
    ("soon", Ignored),
    ("+5", Ignored),
    (".5", Ignored),
    ("5 s", Ignored),
    ("5,5", Ignored),
    ("5; 7", Ignored),
    ("0x10", Ignored),
    ("nan", Ignored),
    ("inf", Ignored),
    ("Infinity", Ignored),
    ("1970-01-01T00:00:00Z", Ignored),
    ("Thu, 99 Nov 2026 02:00:05 GMT", Ignored),
    ("Thu, 26 Nov 2026", Ignored),
    ("Thu, 26 Nov 2026 02:00:05 CET", Ignored),
    ("\u{a0}5", Ignored),
];

/// The wait after an answer with these headers, or the error of the call.
fn after(status: u16, headers: &[(&str, &str)]) -> Result<Duration, Box<Error>> {
    let requester = requester(RetryPolicy::default());
    let mut call = requester.call(add(), &Context::new(), Duration::ZERO);
    assert!(matches!(call.step(Duration::ZERO), Step::Send { .. }));
    call.finish_attempt(Ok(answer(status, headers)));
    match call.step(Duration::ZERO) {
        Step::Wait(wait) => Ok(wait),
        Step::Done(result) => Err(Box::new(result.expect_err("a refusal"))),
        Step::Send { .. } => Ok(Duration::ZERO),
    }
}

#[test]
fn every_form_of_retry_after_is_a_lower_bound() {
    let date = ("date", "Thu, 26 Nov 2026 02:00:00 GMT");
    for status in [429, 503] {
        // The same seed, so that the drawn part is the same.
        let drawn = after(status, &[]).expect("a wait");
        for (text, effect) in FORMS {
            let found = after(status, &[date, ("retry-after", text)]);
            let asked = found.as_ref().err().and_then(|error| error.retry_after());
            match effect {
                Ignored => assert_eq!(found.expect(text), drawn, "{text:?}"),
                Waits(least) => {
                    let least = Duration::from_millis(*least);
                    assert_eq!(found.expect(text), drawn.max(least), "{text:?}");
                }
                Ends(millis) => assert_eq!(asked, Some(Duration::from_millis(*millis)), "{text:?}"),
            }
        }
    }
    println!(
        "{} forms of Retry-After, each after 429 and 503",
        FORMS.len()
    );
}

#[test]
fn a_date_without_the_services_clock_is_ignored() {
    let drawn = after(429, &[]).expect("a wait");
    for date in [None, Some(("date", "yesterday"))] {
        let asked = ("retry-after", "Thu, 26 Nov 2026 02:00:05 GMT");
        let headers: Vec<_> = date.into_iter().chain([asked]).collect();
        assert_eq!(after(429, &headers).expect("a wait"), drawn);
    }
}

/// A service that always answers with this status, and how many requests it gets.
struct Outage {
    status: u16,
    requests: usize,
}

impl Outage {
    /// Goes on with a call until it waits; the time to wake it at, or `None` when it is over.
    fn drive(&mut self, call: &mut CallMachine<'_>, now: Duration) -> Option<Duration> {
        loop {
            match call.step(now) {
                Step::Send { .. } => {
                    self.requests += 1;
                    call.finish_attempt(Ok(answer(self.status, &[])));
                }
                Step::Wait(wait) => return Some(now + wait),
                Step::Done(result) => {
                    assert!(result.is_err(), "there is an outage");
                    return None;
                }
            }
        }
    }

    /// The requests of so many calls, one after the other.
    fn in_turn(status: u16, calls: usize, policy: RetryPolicy) -> usize {
        let (requester, mut now) = (requester(policy), Duration::ZERO);
        let mut outage = Self {
            status,
            requests: 0,
        };
        for _ in 0..calls {
            let mut call = requester.call(add(), &Context::new(), now);
            while let Some(wake) = outage.drive(&mut call, now) {
                now = wake;
            }
        }
        outage.requests
    }

    /// The requests of so many calls that begin together, each answered after 10 ms.
    fn at_once(status: u16, calls: usize, policy: RetryPolicy) -> usize {
        let requester = requester(policy);
        let begin = |number| {
            let call = requester.call(add(), &Context::new(), Duration::ZERO);
            ((Duration::ZERO, number), (call, false))
        };
        let mut calls: BTreeMap<_, _> = (0..calls).map(begin).collect();
        let mut requests = 0;
        while let Some(((now, number), (mut call, was_sent))) = calls.pop_first() {
            if was_sent {
                call.finish_attempt(Ok(answer(status, &[])));
            }
            let (wait, is_sent) = match call.step(now) {
                Step::Send { .. } => (Duration::from_millis(10), true),
                Step::Wait(wait) => (wait, false),
                Step::Done(_) => continue,
            };
            requests += usize::from(is_sent);
            calls.insert((now + wait, number), (call, is_sent));
        }
        requests
    }
}

#[test]
fn an_outage_is_not_amplified() {
    const CALLS: usize = 10_000;
    for (status, most) in [(503, 10_040), (429, 10_110)] {
        let policy = RetryPolicy::default();
        for requests in [
            Outage::in_turn(status, CALLS, policy),
            Outage::at_once(status, CALLS, policy),
        ] {
            println!("{CALLS} calls against {status}: {requests} requests, seed {SEED}");
            assert!((CALLS..=most).contains(&requests), "{status}: {requests}");
        }
        // What it would be without.
        let endless = policy.with_quota(u32::MAX);
        assert_eq!(Outage::in_turn(status, CALLS, endless), 3 * CALLS);
    }
}

#[test]
fn the_error_says_that_the_quota_is_used_up() {
    let requester = requester(RetryPolicy::default().with_quota(14));
    let mut outage = Outage {
        status: 503,
        requests: 0,
    };
    let mut call = requester.call(add(), &Context::new(), Duration::ZERO);
    let mut now = Duration::ZERO;
    let error = loop {
        match call.step(now) {
            Step::Send { .. } => {
                outage.requests += 1;
                call.finish_attempt(Ok(answer(503, &[])));
            }
            Step::Wait(wait) => now += wait,
            Step::Done(result) => break result.expect_err("an outage"),
        }
    };
    assert_eq!((outage.requests, error.kind()), (2, ErrorKind::Unavailable));
    let end = "(no retry: the client's retry quota is used up) (gave up after 2 attempts)";
    assert!(error.message().ends_with(end), "{error}");
    assert!(error.is_retryable() && error.is_ambiguous());
}

/// Whether a call against these statuses succeeds.
fn call(requester: &Requester, statuses: &[u16]) -> bool {
    let mut now = Duration::ZERO;
    let mut statuses = statuses.iter();
    let mut call = requester.call(add(), &Context::new(), now);
    loop {
        match call.step(now) {
            Step::Send { .. } => {
                let status = statuses.next().expect("the script covers every attempt");
                call.finish_attempt(Ok(answer(*status, &[])));
            }
            Step::Wait(wait) => now += wait,
            Step::Done(result) => return result.and_then(AddUser::reply).is_ok(),
        }
    }
}

#[test]
fn successes_refill_the_quota() {
    // Enough for one retry.
    let requester = requester(RetryPolicy::default().with_quota(14));
    assert!(call(&requester, &[503, 200]));
    assert!(
        call(&requester, &[503, 200]),
        "a retry that succeeds costs nothing"
    );
    assert!(
        !call(&requester, &[503, 503]),
        "the second retry is not paid"
    );
    for _ in 0..13 {
        assert!(call(&requester, &[200]));
    }
    assert!(!call(&requester, &[503]), "one token is missing");
    assert!(call(&requester, &[200]));
    assert!(call(&requester, &[503, 200]));
    for _ in 0..100 {
        assert!(call(&requester, &[200]));
    }
    assert!(!call(&requester, &[503, 503]), "never more than the quota");
}

/// Tokens for one retry.
fn one_retry() -> Settings {
    Settings::new("seam_example").with_retry_policy(RetryPolicy::default().with_quota(14))
}

/// A call after its first attempt, which waits for a retry that took all tokens, and for how long.
fn waiting<'a>(requester: &'a Requester, context: &Context) -> (CallMachine<'a>, Duration) {
    let mut call = requester.call(add(), context, Duration::ZERO);
    assert!(matches!(call.step(Duration::ZERO), Step::Send { .. }));
    call.finish_attempt(Ok(answer(503, &[])));
    match call.step(Duration::ZERO) {
        Step::Wait(wait) => (call, wait),
        other => panic!("no wait: {other:?}"),
    }
}

/// Whether there are tokens for a retry.
fn has_tokens(requester: &Requester, now: Duration) -> bool {
    let mut call = requester.call(add(), &Context::new(), now);
    assert!(matches!(call.step(now), Step::Send { .. }));
    call.finish_attempt(Ok(answer(503, &[])));
    matches!(call.step(now), Step::Wait(_))
}

#[test]
fn a_call_dropped_in_its_wait_returns_tokens() {
    let requester = one_retry().requester(SEED).expect("a requester");
    let (call, _) = waiting(&requester, &Context::new());
    assert!(
        !has_tokens(&requester, Duration::ZERO),
        "they are taken before the wait"
    );
    drop(call);
    assert!(has_tokens(&requester, Duration::ZERO));
}

#[test]
fn a_call_dropped_after_its_retry_returns_nothing() {
    let requester = one_retry().requester(SEED).expect("a requester");
    let (mut call, wait) = waiting(&requester, &Context::new());
    assert!(matches!(call.step(wait), Step::Send { .. }));
    drop(call);
    assert!(!has_tokens(&requester, wait));
}

/// Ends a call in the wait before its retry, and steps it so long after the wait.
fn check_unsent(settings: Settings, late: Duration, end: impl Fn(&CancelToken, &Requester)) {
    let requester = settings.requester(SEED).expect("a requester");
    let token = CancelToken::new();
    let (mut call, wait) = waiting(&requester, &Context::new().with_cancel(token.clone()));
    end(&token, &requester);
    assert!(matches!(call.step(wait + late), Step::Done(Err(_))));
    assert_eq!(call.attempts(), 1);
    // The machine is still there: whoever reads its status holds no tokens.
    assert!(has_tokens(&requester, Duration::from_secs(600)));
}

#[test]
fn a_retry_that_is_not_sent_returns_tokens() {
    check_unsent(one_retry(), Duration::ZERO, |token, _| token.cancel());
    check_unsent(one_retry(), Duration::from_secs(120), |_, _| {});
    // Another call meets a 429.
    check_unsent(one_retry(), Duration::ZERO, |_, requester| {
        let mut other = requester.call(add(), &Context::new(), Duration::ZERO);
        assert!(matches!(other.step(Duration::ZERO), Step::Send { .. }));
        other.finish_attempt(Ok(answer(429, &[("retry-after", "150")])));
        assert!(matches!(other.step(Duration::ZERO), Step::Done(_)));
    });
    // The next turn comes after the end of the call.
    let limit = crate::RateLimit::per_second(1).with_burst(1);
    let limited = one_retry().with_timeout(Duration::from_millis(500));
    check_unsent(limited.with_rate_limit(limit), Duration::ZERO, |_, _| {});
}

#[test]
fn a_policy_that_could_hurt_is_refused() {
    let check = |policy: RetryPolicy, part: &str| {
        let settings = Settings::new("seam_example").with_retry_policy(policy);
        let refused = settings.requester(1).expect_err(part);
        assert!(refused.to_string().contains(part), "{refused}");
    };
    let policy = RetryPolicy::default();
    check(policy.with_transient_base(Duration::ZERO), "a wait of zero");
    check(policy.with_throttled_base(Duration::ZERO), "a wait of zero");
    check(policy.with_max_wait(Duration::ZERO), "a wait of zero");
    check(policy.with_transient_cost(0), "costs nothing");
    check(policy.with_throttled_cost(0), "costs nothing");
    check(policy.with_quota(13), "more than the quota");
    check(policy.with_quota(0), "more than the quota");
}

#[test]
fn the_defaults_are_those_of_the_table() {
    let policy = RetryPolicy::default();
    assert_eq!(policy.attempts.get(), 3);
    assert_eq!(policy.attempt_timeout, Duration::from_secs(30));
    assert_eq!(policy.call_timeout, Duration::from_secs(120));
    assert_eq!(policy.transient_base, Duration::from_millis(50));
    assert_eq!(policy.throttled_base, Duration::from_secs(1));
    assert_eq!(policy.max_wait, Duration::from_secs(20));
    assert_eq!(policy.max_pause, Duration::from_secs(300));
    assert_eq!(policy.quota, 500);
    assert_eq!((policy.transient_cost, policy.throttled_cost), (14, 5));
}
