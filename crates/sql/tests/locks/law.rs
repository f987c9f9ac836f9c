//! The law, and what it is run with.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    env,
    hash::{BuildHasher, Hasher, RandomState},
    rc::Rc,
};

use access_groups_core::{Error, Reply, shown::with_texts};
use access_groups_in_memory::State;
use access_groups_sql::Want;
use proptest::{
    prelude::*,
    test_runner::{Config, RngSeed, TestError, TestRunner},
};

use crate::{
    database::Store,
    interleave::{End, Explorer, Tally, World, outcome},
    operations::{instant, operation},
    sites::site,
    table::Table,
    transaction::{Call, Weak},
};

/// Whether all interleavings end as some order of the changes does.
pub(crate) fn check(
    site: &State,
    store: Store,
    calls: &[Rc<Call>],
    weak: Option<Weak>,
) -> Result<(Tally, usize), String> {
    let serial: Vec<_> = orders(calls.len())
        .into_iter()
        .map(|order| Serial::of(site, calls, order))
        .collect();
    let judge = |end: &End<'_>| judge(end, &serial);
    let mut explorer = Explorer::new(&judge, 200_000);
    let world = World::new(site.clone(), store, calls, weak);
    let tally = explorer.explore(world)?;
    Ok((tally, explorer.states))
}

/// The changes one after another.
struct Serial {
    order: Vec<usize>,
    site: State,
    answers: Vec<Result<Reply, String>>,
}

impl Serial {
    fn of(site: &State, calls: &[Rc<Call>], order: Vec<usize>) -> Self {
        let mut site = site.clone();
        let mut answers = vec![None; calls.len()];
        for at in &order {
            let call = &calls[*at];
            site = State::from_slice(Table::of(&site).slice(), call.change().nonce());
            answers[*at] = Some(outcome(site.execute(call.operation.clone(), call.now)));
        }
        Self {
            order,
            site,
            answers: answers.into_iter().flatten().collect(),
        }
    }

    /// Whether nobody comes before somebody who had ended before they began.
    fn keeps(&self, after: &[&[usize]]) -> bool {
        let place = |change| self.order.iter().position(|at| *at == change);
        let mut pairs = after.iter().enumerate();
        pairs.all(|(at, earlier)| earlier.iter().all(|other| place(*other) < place(at)))
    }
}

fn judge(end: &End<'_>, serial: &[Serial]) -> Result<(), String> {
    let mut possible = serial.iter().filter(|serial| serial.keeps(&end.after));
    if possible.any(|serial| serial.answers == end.answers && serial.site == *end.site) {
        return Ok(());
    }
    let mut told = format!("\nended as no order does, with {:#?}", end.answers);
    for serial in serial.iter().filter(|serial| serial.keeps(&end.after)) {
        let same_site = serial.site == *end.site;
        told += &format!(
            "\nin order {:?} (same site: {same_site}): {:#?}",
            serial.order, serial.answers
        );
        if !same_site && serial.answers == end.answers {
            told += &format!(
                "\n{}\ninstead of\n{}",
                end.site.to_site_json(),
                serial.site.to_site_json()
            );
        }
    }
    Err(told)
}

fn orders(many: usize) -> Vec<Vec<usize>> {
    match many {
        0 => vec![Vec::new()],
        _ => orders(many - 1)
            .into_iter()
            .flat_map(|order| {
                (0..many).map(move |place| {
                    let mut order = order.clone();
                    order.insert(place, many - 1);
                    order
                })
            })
            .collect(),
    }
}

#[test]
fn hunt() {
    let cases = variable("ACCESS_GROUPS_LOCKS_CASES").unwrap_or(300);
    let many = variable("ACCESS_GROUPS_LOCKS_MANY").unwrap_or(2);
    let seed = variable("ACCESS_GROUPS_LOCKS_SEED")
        .unwrap_or_else(|| RandomState::new().build_hasher().finish());
    println!("seed {seed}");
    let found = RefCell::new(BTreeMap::<String, (usize, String)>::new());
    let shrinking = variable("ACCESS_GROUPS_LOCKS_SHRINK").is_some();
    let sums = RefCell::new((Tally::default(), 0));
    let deadlocks = RefCell::new(BTreeMap::<String, usize>::new());
    let repeats = RefCell::new(BTreeMap::<String, usize>::new());
    let call = (operation(), any::<u64>(), instant()).prop_map(|(operation, nonce, now)| Call {
        operation,
        nonce,
        now,
    });
    let mut runner = TestRunner::new(Config {
        cases: cases as u32,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..Config::default()
    });
    let case = (
        site(),
        proptest::collection::vec(call, many as usize),
        any::<bool>(),
        any::<bool>(),
    );
    let outcome = runner.run(
        &case,
        |(site, calls, systems_are_keys, cascades_backwards)| {
            let store = Store {
                systems_are_keys,
                cascades_backwards,
            };
            let calls: Vec<_> = calls.into_iter().map(Rc::new).collect();
            let mut name: Vec<_> = calls
                .iter()
                .map(|call| with_texts(|| short(&call.operation)))
                .collect();
            name.sort();
            let name = name.join(" & ");
            match check(&site.state(), store, &calls, None) {
                Ok((tally, states)) => {
                    let mut sums = sums.borrow_mut();
                    sums.0.interleavings += tally.interleavings;
                    sums.0.repeated += tally.repeated;
                    sums.0.deadlocked += tally.deadlocked;
                    sums.0.most = sums.0.most.max(tally.most);
                    sums.1 += states;
                    if tally.deadlocked > 0.0 {
                        *deadlocks
                            .borrow_mut()
                            .entry(format!("{name} {store:?}"))
                            .or_default() += 1;
                    }
                    if tally.repeated > tally.deadlocked {
                        *repeats.borrow_mut().entry(name).or_default() += 1;
                    }
                }
                Err(why) if shrinking => return Err(TestCaseError::fail(why)),
                Err(why) => {
                    let mut found = found.borrow_mut();
                    let entry = found.entry(name).or_default();
                    entry.0 += 1;
                    let text = with_texts(|| format!("{calls:#?}\n{why}"));
                    if entry.1.is_empty() || text.len() < entry.1.len() {
                        entry.1 = text;
                    }
                }
            }
            Ok(())
        },
    );
    println!("{:?}", sums.borrow());
    if let Err(TestError::Fail(why, (site, calls, ..))) = &outcome {
        panic!(
            "{}",
            with_texts(|| format!("{why}\n\n{calls:#?}\n{site:#?}"))
        );
    }
    for (name, count) in deadlocks.borrow().iter() {
        println!("DEADLOCK {name}: {count}");
    }
    for (name, count) in repeats.borrow().iter() {
        println!("repeat {name}: {count}");
    }
    for (name, (count, why)) in found.borrow().iter() {
        println!(
            "======== {name}: {count}\n{}",
            why.chars().take(6000).collect::<String>()
        );
    }
    for (name, (count, _)) in found.borrow().iter() {
        println!("BROKEN {name}: {count}");
    }
}

fn short(operation: &access_groups_core::Operation) -> String {
    let text = format!("{operation:?}");
    let by = if text.contains("Identity(") || text.contains("Identity {") {
        "/identity"
    } else if text.contains("Key(") {
        "/key"
    } else {
        ""
    };
    format!("{}{by}", operation.name())
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
