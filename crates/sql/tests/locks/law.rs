//! The law, and what it is run with.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    env,
    hash::{BuildHasher, Hasher, RandomState},
    rc::Rc,
};

use access_groups_core::{Error, shown::with_texts};
use access_groups_in_memory::State;
use access_groups_sql::Want;
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngSeed, TestError, TestRunner},
};

use crate::{
    alone::{Party, Serial},
    database::Store,
    interleave::{End, Explorer, Tally, World},
    operations::{instant, operation},
    record::{Need, Record},
    sites::site,
    transaction::{Call, Weak},
};

#[test]
fn changes_at_once_have_an_order() {
    let cases = variable(CASES).unwrap_or(250);
    let seed = variable(SEED).unwrap_or_else(|| RandomState::new().build_hasher().finish());
    let again = format!("{SEED}={seed} {CASES}={cases}");
    println!("the lock law, to be repeated with {again}");
    let mut runner = TestRunner::new(Config {
        cases: u32::try_from(cases).expect("fewer than four billion cases"),
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..Config::default()
    });
    let record = RefCell::new(Record::default());
    let case = (site(), vec(call(), 2..=6), store());
    let outcome = runner.run(&case, |(site, calls, store)| {
        let met = meet(&site.state(), store, calls, &mut record.borrow_mut());
        met.map_err(TestCaseError::fail)
    });
    if let Err(TestError::Fail(why, (site, calls, store))) = &outcome {
        let case = with_texts(|| format!("{calls:#?}\nin {store:?} on {site:#?}"));
        panic!("the lock law is broken; repeat with {again}\n\n{why}\n\n{case}");
    }
    outcome.expect("no case is rejected");
    record.borrow().check();
}

fn call() -> impl Strategy<Value = Call> {
    (operation(), any::<u64>(), instant()).prop_map(|(operation, nonce, now)| Call {
        operation,
        nonce,
        now,
    })
}

fn store() -> impl Strategy<Value = Store> {
    any::<(bool, bool)>().prop_map(|(systems_are_keys, cascades_backwards)| Store {
        systems_are_keys,
        cascades_backwards,
        lacks: None,
    })
}

/// Lets all meet that can notice each other: two at a time, and the first three that do.
fn meet(site: &State, store: Store, calls: Vec<Call>, record: &mut Record) -> Result<(), String> {
    let party = Party::new(site, calls);
    let many = party.calls.len();
    let pairs = (0..many).flat_map(|one| (one + 1..many).map(move |other| [one, other]));
    let pairs: Vec<_> = pairs
        .filter(|[one, other]| party.meet(*one, *other))
        .collect();
    for pair in &pairs {
        let tally = check(site, store, &party.some(pair), None)?;
        record.count(&party.some(pair), tally);
        let places = pair.iter().flat_map(|at| &party.alone[*at].places);
        let places: BTreeSet<_> = places.copied().collect();
        let places = places.into_iter();
        let weaker: Vec<_> = places.flat_map(|place| record.weaker(place)).collect();
        for weak in weaker {
            match check(site, store, &party.some(pair), Some(weak)) {
                Err(_) => record.needs(weak, Need::Needed),
                Ok(other) if other.repeated > tally.repeated => record.needs(weak, Need::Spares),
                Ok(_) => {}
            }
        }
    }
    let third = |[one, two]: &[usize; 2]| {
        let meets = |pair: &&[usize; 2]| pair[0] == *two;
        pairs.iter().find(meets).map(|pair| [*one, *two, pair[1]])
    };
    if let Some(three) = pairs.iter().find_map(third) {
        let three = party.some(&three);
        record.count(&three, check(site, store, &three, None)?);
    }
    Ok(())
}

/// Whether all interleavings end as some order of the changes does.
pub(crate) fn check(
    site: &State,
    store: Store,
    calls: &[Rc<Call>],
    weak: Option<Weak>,
) -> Result<Tally, String> {
    let serial = Serial::all(site, calls);
    let judge = |end: &End<'_>| judge(end, &serial);
    let world = World::new(site.clone(), store, calls, weak);
    Explorer::new(&judge).all(world)
}

/// Whether an order of the changes ends in the same way, and whether one does in which nobody comes before
/// somebody who had ended before they began.
fn judge(end: &End<'_>, serial: &[Serial]) -> Result<bool, String> {
    let same = |serial: &&Serial| serial.answers == end.answers && serial.site == *end.site;
    if serial
        .iter()
        .filter(same)
        .any(|serial| serial.keeps(&end.after))
    {
        return Ok(true);
    }
    if serial.iter().any(|serial| same(&serial)) {
        return Ok(false);
    }
    let mut told = format!("\nIt ends as no order does, with {:#?}", end.answers);
    for serial in serial {
        told += &format!("\n\nin order {:?}: {:#?}", serial.order, serial.answers);
        if serial.site != *end.site {
            let (expected, actual) = (serial.site.to_site_json(), end.site.to_site_json());
            told += &with_texts(|| format!("\nwith {expected:?}\ninstead of {actual:?}"));
        }
    }
    Err(told)
}

/// Everything that a caller sees of an error.
pub(crate) fn described(error: &Error) -> String {
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

pub(crate) fn kind(want: &Want) -> &'static str {
    match want {
        Want::Workspace => "workspace",
        Want::Systems(..) => "systems",
        Want::SomeOf(_) => "some of the system",
        Want::Identity(..) => "identity",
        Want::Holders(_) => "holders",
        Want::User(..) => "user",
        Want::UsersOf { .. } => "users of the identity",
        Want::Unlinked(..) => "unlinked",
        Want::Groups(..) => "groups",
        Want::Entrances(..) => "entrances",
        Want::Memberships { .. } => "memberships",
        Want::MembershipsOf(_) => "memberships of users",
        Want::Grants { .. } => "grants",
        Want::GrantsOf(_) => "grants of users",
        Want::GroupEntrances { .. } => "entrances of the group",
    }
}

fn variable(name: &str) -> Option<u64> {
    let text = env::var_os(name)?;
    let number = text.to_str().and_then(|text| text.parse().ok());
    Some(number.unwrap_or_else(|| panic!("{name} must be a number, not {text:?}")))
}

const CASES: &str = "ACCESS_GROUPS_LOCKS_CASES";
const SEED: &str = "ACCESS_GROUPS_LOCKS_SEED";
