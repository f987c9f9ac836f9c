use std::sync::atomic::{AtomicU64, Ordering};

use access_groups_conformance::block_on;
use access_groups_core::{AddUser, RemoveUser, prelude::*};
use access_groups_in_memory::{BlockingInMemory, InMemory, SiteBuilder};

use super::*;
use crate::Recorder;

const ADA: AcsUserId = AcsUserId::from_u128(1);
const GYM: AccessGroupId = AccessGroupId::from_u128(2);

fn add() -> Operation {
    AddUser::new(ADA, GYM).into()
}

fn read() -> Operation {
    ListUsersInGroup::new(GYM).into()
}

fn away() -> Error {
    Error::unavailable("away")
}

/// Which of these calls are hit, counted from 1.
fn hits(rule: FaultRule, calls: impl IntoIterator<Item = Operation>) -> Vec<u64> {
    let plan = FaultPlan::new().with_seed(7).with_rule(rule.fails(away()));
    let mut decisions = Decisions::new(plan);
    let mut hits = Vec::new();
    for (number, operation) in (1..).zip(calls) {
        let injection = decisions.decide(&operation, &Context::new(), None);
        if matches!(injection.then, Then::Fail(_)) {
            hits.push(number);
        }
    }
    hits
}

fn ten() -> impl Iterator<Item = Operation> {
    std::iter::repeat_with(add).take(10)
}

#[test]
fn a_rule_hits_the_calls_it_names() {
    let all = FaultRule::of_all;
    assert_eq!(hits(all(), ten()).len(), 10);
    assert_eq!(hits(all().nth(3), ten()), [3]);
    assert_eq!(hits(all().first(2), ten()), [1, 2]);
    assert_eq!(hits(all().from(9), ten()), [9, 10]);
    assert_eq!(hits(all().calls(4..=6), ten()), [4, 5, 6]);
    assert_eq!(hits(all().every(4), ten()), [4, 8]);
    assert_eq!(hits(all().every(4).from(5), ten()), [8]);
    assert_eq!(hits(all().with_probability(0.0), ten()), [0_u64; 0]);
}

#[test]
fn a_rule_counts_its_own_operations() {
    let calls = || {
        [
            read(),
            add(),
            read(),
            add(),
            RemoveUser::new(ADA, GYM).into(),
        ]
    };
    assert_eq!(hits(FaultRule::of_reads().nth(2), calls()), [3]);
    assert_eq!(hits(FaultRule::of_changes().nth(3), calls()), [5]);
    assert_eq!(hits(FaultRule::of::<AddUser>(), calls()), [2, 4]);
    let both = FaultRule::of::<RemoveUser>().and::<ListUsersInGroup>();
    assert_eq!(hits(both, calls()), [1, 3, 5]);
}

#[test]
fn a_window_of_time_is_by_the_clock() {
    let seconds = Arc::new(AtomicU64::new(0));
    let rule = FaultRule::of_all()
        .during(Duration::from_secs(10)..Duration::from_secs(20))
        .fails(away());
    let clock = seconds.clone();
    let port = Faults::new(
        InMemory::default().blocking(),
        FaultPlan::new().with_rule(rule),
    )
    .with_clock(move || Duration::from_secs(clock.load(Ordering::Relaxed)));
    for (time, is_hit) in [(0, false), (10, true), (19, true), (20, false)] {
        seconds.store(time, Ordering::Relaxed);
        assert_eq!(port.workspace().is_err(), is_hit, "{time}");
    }
}

#[test]
fn waits_are_the_clock_without_another() {
    let rule = FaultRule::of_all().first(2).waits(Duration::from_secs(5));
    let outage = FaultRule::of_all()
        .during(Duration::from_secs(10)..Duration::from_secs(11))
        .fails(away());
    let plan = FaultPlan::new().with_rule(rule).with_rule(outage);
    let port = Faults::new(InMemory::default().blocking(), plan);
    assert!(port.workspace().is_ok() && port.workspace().is_ok());
    assert!(port.workspace().is_err(), "ten seconds have passed");
    assert_eq!(port.report().waited, Duration::from_secs(10));
}

#[test]
fn the_same_seed_draws_the_same() {
    let draw = |seed| {
        let rare = FaultRule::of_all().with_probability(0.3).fails(away());
        let plan = FaultPlan::new().with_seed(seed).with_rule(rare);
        let port = Faults::new(InMemory::default().blocking(), plan);
        let hits: Vec<_> = (0..1000).map(|_| port.workspace().is_err()).collect();
        (hits, port.report().injected())
    };
    let (hits, count) = draw(1);
    assert_eq!(draw(1).0, hits);
    assert_ne!(draw(2).0, hits);
    assert!((200..400).contains(&count), "{count} of 1000");
}

#[test]
fn another_rule_does_not_change_what_is_drawn() {
    let rare = || {
        FaultRule::of_changes()
            .with_probability(0.3)
            .loses_request()
    };
    let alone = FaultPlan::new().with_rule(rare());
    let besides = FaultPlan::new()
        .with_rule(rare())
        .with_rule(FaultRule::of_all().with_probability(0.5).fails(away()));
    let lost = |plan| {
        let mut decisions = Decisions::new(plan);
        let is_lost =
            |then| matches!(then, Then::Fail(error) if error.code() == Some(REQUEST_LOST));
        let calls = std::iter::repeat_with(add).take(200);
        let all = calls.map(|call| is_lost(decisions.decide(&call, &Context::new(), None).then));
        all.collect::<Vec<_>>()
    };
    assert_eq!(lost(alone), lost(besides));
}

/// A store with Ada and a gym, and what the rule does to adding her.
fn added(rule: FaultRule) -> (BlockingInMemory, Error, bool) {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let store = site.build_blocking();
    let port = Faults::new(store.clone(), FaultPlan::new().with_rule(rule));
    let error = port.add_user(ada, gym).expect_err("a fault");
    let is_member = store.read(|state| state.is_member(ada, gym));
    (store, error, is_member)
}

#[test]
fn a_lost_answer_hides_a_change() {
    let (_, error, is_member) = added(FaultRule::of_all().loses_answer());
    assert!(is_member);
    assert_eq!(error.code(), Some("answer_lost"));
    assert_eq!(error.operation(), Some("add_user"));
    assert!(error.is_ambiguous() && error.is_retryable());
}

#[test]
fn a_lost_request_looks_the_same_and_changes_nothing() {
    let (_, error, is_member) = added(FaultRule::of_all().loses_request());
    assert!(!is_member);
    assert_eq!(error.code(), Some("request_lost"));
    assert!(error.is_ambiguous() && error.is_retryable());
    let (_, other, _) = added(FaultRule::of_all().loses_answer());
    assert_eq!(
        (error.message(), error.kind()),
        (other.message(), other.kind())
    );
}

#[test]
fn an_error_changes_nothing() {
    let busy = Error::rate_limited("busy").with_retry_after(Duration::from_secs(3));
    let (_, error, is_member) = added(FaultRule::of_all().fails(busy));
    assert!(!is_member && !error.is_ambiguous());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3)));
    assert_eq!(error.to_string(), "add_user: busy");
}

#[test]
fn a_read_is_never_ambiguous() {
    for rule in [
        FaultRule::of_all().loses_answer(),
        FaultRule::of_all().loses_request(),
        FaultRule::of_all().fails(away().with_ambiguity(true)),
    ] {
        let port = Faults::new(InMemory::default(), FaultPlan::new().with_rule(rule));
        let error = block_on(port.workspace()).expect_err("a fault");
        assert!(!error.is_ambiguous());
    }
}

#[test]
fn waits_are_slept_in_both_flavours() {
    let plan = || {
        let rule = FaultRule::of_all().nth(2).waits(Duration::from_secs(9));
        FaultPlan::new().with_rule(rule)
    };
    let slept = Arc::new(Mutex::new(Vec::new()));
    let log = slept.clone();
    let port = Faults::new(InMemory::default(), plan()).with_sleep(move |wait| {
        log.lock().expect("no panic").push(wait);
        std::future::ready(())
    });
    block_on(async {
        port.workspace().await.expect("passes");
        port.workspace().await.expect("passes, late");
    });
    let log = slept.clone();
    let port = Faults::new(InMemory::default().blocking(), plan())
        .with_blocking_sleep(move |wait| log.lock().expect("no panic").push(wait));
    assert!(port.workspace().is_ok() && port.workspace().is_ok());
    assert_eq!(
        *slept.lock().expect("no panic"),
        [Duration::from_secs(9); 2]
    );
}

#[test]
fn a_timeout_ends_a_wait() {
    let rule = FaultRule::of_all()
        .waits(Duration::from_secs(60))
        .loses_answer();
    let port = Faults::new(
        InMemory::default().blocking(),
        FaultPlan::new().with_rule(rule),
    );
    let short = Context::new().with_timeout(Duration::from_secs(5));
    let error = port.call(add(), &short).expect_err("late");
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(error.is_ambiguous());
    assert_eq!(port.report().waited, Duration::from_secs(5));
}

#[test]
fn the_port_gets_what_remains_of_a_timeout() {
    let left = |context: &Context, seconds| {
        let context = after(&add(), context, Duration::from_secs(seconds));
        context.expect("not cancelled").timeout
    };
    let minute = Context::new().with_timeout(Duration::from_secs(60));
    assert_eq!(left(&minute, 0), minute.timeout);
    assert_eq!(left(&minute, 20), Some(Duration::from_secs(40)));
    assert_eq!(left(&Context::new(), 9), None);
}

/// How a wait of 9 s is spent that is cancelled during its third sleep, by a token or by nothing.
fn slept(with_token: bool) -> [Vec<Duration>; 2] {
    let rule = FaultRule::of_all().waits(Duration::from_secs(9));
    let plan = FaultPlan::new().with_rule(rule);
    let store = InMemory::default();
    [false, true].map(|is_async| {
        let (token, slept) = (CancelToken::new(), Arc::new(Mutex::new(Vec::new())));
        let (cancel, sleeps) = (token.clone(), Arc::clone(&slept));
        let sleep = move |time| {
            let mut sleeps = sleeps.lock().expect("no panic");
            sleeps.push(time);
            if sleeps.len() == 3 {
                cancel.cancel();
            }
        };
        let context = match with_token {
            true => Context::new().with_cancel(token),
            false => Context::new(),
        };
        let answer = if is_async {
            let port = Faults::new(store.clone(), plan.clone()).with_sleep(move |time| {
                sleep(time);
                std::future::ready(())
            });
            block_on(port.call(read(), &context)).map(drop)
        } else {
            let port = Faults::new(store.blocking(), plan.clone()).with_blocking_sleep(sleep);
            port.call(read(), &context).map(drop)
        };
        let is_cancelled = answer.is_err_and(|error| error.kind() == ErrorKind::Cancelled);
        assert_eq!(is_cancelled, with_token);
        let slept = slept.lock().expect("no panic");
        slept.clone()
    })
}

#[test]
fn a_wait_ends_soon_after_its_call_is_cancelled() {
    for slept in slept(true) {
        assert_eq!(slept, [SLICE; 3]);
    }
    for slept in slept(false) {
        assert_eq!(slept, [Duration::from_secs(9)]);
    }
}

#[test]
fn a_call_that_is_cancelled_while_it_waits_changes_nothing() {
    let token = CancelToken::new();
    let rule = FaultRule::of_all()
        .waits(Duration::from_secs(9))
        .loses_answer();
    let (port, cancel) = (Recorder::new(InMemory::default().blocking()), token.clone());
    let faults = Faults::new(port.clone(), FaultPlan::new().with_rule(rule))
        .with_blocking_sleep(move |_| cancel.cancel());
    let error = faults
        .with_context(Context::new().with_cancel(token))
        .add_user(ADA, GYM);
    let error = error.expect_err("cancelled");
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::Cancelled, Some("add_user"))
    );
    assert!(!error.is_ambiguous());
    assert!(port.names().is_empty());
}

#[test]
fn the_first_rule_that_is_met_counts() {
    let plan = FaultPlan::new()
        .with_rule(FaultRule::of_all().nth(2).fails(Error::internal("first")))
        .with_rule(FaultRule::of_all().from(2).fails(away()))
        .with_rule(FaultRule::of_reads().nth(9).fails(away()));
    let port = Faults::new(InMemory::default().blocking(), plan);
    let kinds = [(); 3].map(|()| port.workspace().err().map(|error| error.kind()));
    assert_eq!(
        kinds,
        [
            None,
            Some(ErrorKind::Internal),
            Some(ErrorKind::Unavailable)
        ]
    );
    let report = port.report();
    let counts: Vec<_> = report
        .rules
        .iter()
        .map(|rule| (rule.matched, rule.fired))
        .collect();
    assert_eq!(counts, [(3, 1), (3, 1), (3, 0)]);
    assert_eq!(report.unused().count(), 1);
    assert_eq!(
        format!("{port:?}"),
        "Faults { seed: 0, calls: 3, injected: 2, .. }"
    );
}

#[test]
fn a_seed_hits_with_everything() {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let port = Faults::from_seed(site.build_blocking(), 1);
    for _ in 0..1000 {
        let _ = (port.add_user(ada, gym), port.users_in_group(gym));
    }
    let report = port.report();
    assert_eq!(report.unused().count(), 0, "{report}");
    // The outage, and about a quarter of the changes and a seventh of the reads.
    assert!((250..500).contains(&report.injected()), "{report}");
}

/// The problems of a plan with this one rule.
fn problems(rule: &str) -> Vec<String> {
    let text = format!(r#"{{"rules": [{rule}]}}"#);
    let error = match FaultPlan::from_json(&text) {
        Ok(plan) => panic!("{rule} is fine: {plan}"),
        Err(error) => error,
    };
    let fields = error.fields().iter();
    fields
        .map(|field| format!("{}: {}", field.path, field.message))
        .collect()
}

#[test]
fn a_mistake_is_told_with_its_place() {
    for (rule, problem) in [
        (
            r#"{"error": "gone"}"#,
            r#"rules[0].error: "gone" is none of not_found, "#,
        ),
        (
            r#"{"error": "internal_error", "lost": "answer"}"#,
            "rules[0].lost: it excludes an error",
        ),
        (
            r#"{"lost": "both"}"#,
            "rules[0].lost: unknown variant `both`",
        ),
        (
            r#"{"lost": "answer", "code": "a"}"#,
            "rules[0].code: it needs an error",
        ),
        (
            r#"{"nth": 0, "wait_ms": 1}"#,
            "rules[0].nth: calls are counted from 1",
        ),
        (
            r#"{"first": 0, "wait_ms": 1}"#,
            "rules[0].first: no call is meant",
        ),
        (
            r#"{"from": 3, "to": 2, "wait_ms": 1}"#,
            "rules[0].from: no call is meant",
        ),
        (
            r#"{"nth": 3, "to": 2, "wait_ms": 1}"#,
            "rules[0]: nth, first and from exclude",
        ),
        (r#"{"every": 0, "wait_ms": 1}"#, "rules[0].every: it is 0"),
        (
            r#"{"probability": -1, "wait_ms": 1}"#,
            "rules[0].probability: it is not between",
        ),
        (
            r#"{"during_ms": [2, 2], "wait_ms": 1}"#,
            "rules[0].during_ms: it ends before",
        ),
        (
            r#"{"operations": [], "wait_ms": 1}"#,
            "rules[0].operations: it is empty",
        ),
        (
            r#"{"operation": "all", "wait_ms": 1}"#,
            "rules[0].operation: unknown field `operation`",
        ),
        (r#"{"nth": "3"}"#, "rules[0].nth: invalid type: string"),
        ("{}", "rules[0]: nothing happens"),
    ] {
        let told = problems(rule);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with(problem), "{told:?}");
    }
    for text in [
        "",
        "[]",
        r#"{"rules": []} {}"#,
        r#"{"seed": -1, "rules": []}"#,
        r#"{"seed": 1}"#,
    ] {
        let error = FaultPlan::from_json(text).expect_err(text);
        assert_eq!(
            (error.kind(), error.fields().len()),
            (ErrorKind::Invalid, 1),
            "{text}"
        );
    }
}

#[test]
fn a_mistake_repeats_plain_words_only() {
    let address = "ada@example.com";
    for rule in [
        r#"{"operations": ["X"], "wait_ms": 1}"#,
        r#"{"error": "X"}"#,
        r#"{"lost": "X"}"#,
        r#"{"nth": "X"}"#,
        r#"{"X": 1}"#,
        r#"{"`, expected X`, expected ": 1}"#,
        r#"{"lost": {"X": 1}}"#,
    ] {
        let told = problems(&rule.replace('X', address)).join("\n");
        assert!(!told.contains("ada") && told.contains('…'), "{told}");
    }
}

#[test]
fn every_kind_of_error_can_be_planned() {
    for kind in ErrorKind::ALL {
        let name = rule::kind_name(*kind);
        let text = format!(
            r#"{{"rules": [{{"error": "{name}", "message": "no", "retry_after_ms": 20}}]}}"#
        );
        let plan = FaultPlan::from_json(&text).expect("a plan");
        let port = Faults::new(InMemory::default().blocking(), plan);
        let error = port.workspace().expect_err("a fault");
        assert_eq!((error.kind(), error.message()), (*kind, "no"));
        assert_eq!(error.retry_after(), Some(Duration::from_millis(20)));
    }
}
