//! The law, and what it is run with.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    env,
    hash::{BuildHasher, Hasher, RandomState},
};

use access_groups_core::{Error, Operation, Reply, Timestamp, shown::with_texts};
use access_groups_in_memory::State;
use access_groups_sql::{Change, Decision};
use proptest::{
    prelude::*,
    test_runner::{Config, RngSeed, TestError, TestRunner},
};

use crate::{
    coverage::Coverage,
    operations::{instant, operation},
    order::{check_wants, kind},
    pairs::Pairs,
    sites::site,
    source::answer,
    table::Table,
};

#[test]
fn slice_and_whole_site_agree() {
    let cases = variable(CASES).unwrap_or(20_000);
    let seed = variable(SEED).unwrap_or_else(|| RandomState::new().build_hasher().finish());
    let again = format!("{SEED}={seed} {CASES}={cases}");
    println!("the slice law, to be repeated with {again}");
    let mut runner = TestRunner::new(Config {
        cases: u32::try_from(cases).expect("fewer than four billion cases"),
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..Config::default()
    });
    let coverage = RefCell::new(Coverage::default());
    let case = (site(), operation(), instant(), any::<u64>());
    let outcome = runner.run(&case, |(site, operation, now, nonce)| {
        let check = |left_out| check(site.state(), &operation, now, nonce, left_out);
        let run = check(None).map_err(TestCaseError::fail)?;
        let mut coverage = coverage.borrow_mut();
        coverage.count(&operation, &run);
        for kind in run.asked {
            if !coverage.is_needed(&operation, kind) && check(Some(kind)).is_err() {
                coverage.needs(&operation, kind);
            }
        }
        Ok(())
    });
    if let Err(TestError::Fail(why, (site, operation, now, nonce))) = &outcome {
        let case = with_texts(|| format!("{operation:#?}\nat {now}, nonce {nonce}, on {site:#?}"));
        panic!("the slice law is broken; repeat with {again}\n\n{why}\n\n{case}");
    }
    outcome.expect("no case is rejected");
    coverage.borrow().check();
}

/// What came of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Changed,
    Unchanged,
    Refused,
}

/// How an operation went that has the same outcome on both.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) outcome: Outcome,
    pub(crate) rounds: usize,
    /// The [`kind`]s of what it wanted.
    pub(crate) asked: BTreeSet<&'static str>,
}

/// Carries the operation out twice; tells how it went, or how the two differ. Wants of one kind may be
/// left without an answer: what is never missed need not be wanted.
fn check(
    before: State,
    operation: &Operation,
    now: Timestamp,
    nonce: u64,
    left_out: Option<&str>,
) -> Result<Run, String> {
    let mut change = Change::new(operation.clone(), nonce).map_err(|_| "it only reads")?;
    let mut whole = State::from_slice(Table::of(&before).slice(), change.nonce());
    let expected = whole.execute(operation.clone(), now);
    let (mut asked, mut rounds) = (Vec::new(), 0);
    while !change.wants().is_empty() {
        let wants = change.wants().to_vec();
        let answered = wants.iter().filter(|want| Some(kind(want)) != left_out);
        change.found(answer(&before, answered));
        asked.extend(wants);
        rounds += 1;
    }
    check_wants(&asked, rounds)?;
    let outcome = compare(&before, (expected, &whole), change.decide(now))?;
    let asked = asked.iter().map(kind).collect();
    Ok(Run {
        outcome,
        rounds,
        asked,
    })
}

fn compare(
    before: &State,
    (expected, whole): (Result<Reply, Error>, &State),
    actual: Result<Decision, Error>,
) -> Result<Outcome, String> {
    match (expected, actual) {
        (Err(expected), Err(actual)) => {
            same(&described(&expected), &described(&actual), "error")?;
            Ok(Outcome::Refused)
        }
        (Ok(expected), Ok(decision)) => {
            same(&expected, &decision.reply, "reply")?;
            let mut table = Table::of(before);
            for write in &decision.writes {
                table.write(write)?;
            }
            let told = Pairs::of(before).after(&decision.writes)?;
            same(&Pairs::of(whole), &told, "pair")?;
            let written = State::from_slice(table.slice(), 0);
            if written != *whole {
                // As text, because only that can be shown.
                same(&whole.to_site_json(), &written.to_site_json(), "site")?;
                return Err("the sites differ".into());
            }
            Ok(match decision.writes.is_empty() {
                true => Outcome::Unchanged,
                false => Outcome::Changed,
            })
        }
        (expected, actual) => Err(with_texts(|| {
            format!("the whole site says {expected:?}, the slice {actual:?}")
        })),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(
    expected: &T,
    actual: &T,
    noun: &str,
) -> Result<(), String> {
    if expected == actual {
        return Ok(());
    }
    Err(with_texts(|| {
        format!("another {noun}: the whole site has\n{expected:#?}\nthe slice\n{actual:#?}")
    }))
}

/// Everything that a caller sees of an error.
fn described(error: &Error) -> String {
    format!(
        "{:?} {:?} {:?} {:?} {} {} {:?} {}",
        error.operation(),
        error.kind(),
        error.code(),
        error.subject(),
        error.is_retryable(),
        error.is_ambiguous(),
        error.fields(),
        error.message()
    )
}

fn variable(name: &str) -> Option<u64> {
    let text = env::var_os(name)?;
    let number = text.to_str().and_then(|text| text.parse().ok());
    Some(number.unwrap_or_else(|| panic!("{name} must be a number, not {text:?}")))
}

const CASES: &str = "ACCESS_GROUPS_SLICE_CASES";
const SEED: &str = "ACCESS_GROUPS_SLICE_SEED";
