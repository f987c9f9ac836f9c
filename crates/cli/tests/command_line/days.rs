//! Good days and bad days of rosters: what `apply`, `resume` and `undo` do with a generated site and
//! roster, whatever happens meanwhile.
//!
//! Everything random comes from a seed, which is printed: 2026, or that of the variable
//! `ACCESS_GROUPS_RELIABILITY_SEED`. With `ACCESS_GROUPS_RELIABILITY_FULL=1` the counts are the large
//! ones; `cargo xtask reliability` sets it. Moments are those of requests, never of the clock.

#![allow(clippy::print_stdout, reason = "a run shows its counts")]

mod bad;
mod good;
mod journal;
mod kills;
mod office;
mod proxy;
mod round;
mod service;
mod sheet;
mod stops;

use std::{
    collections::BTreeMap,
    env,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

use fastrand::Rng;

/// What has happened in a round, and how often.
type Counts = Vec<(&'static str, usize)>;

/// Runs rounds, each from a seed of its own, and prints how often what they answer has happened. The
/// variable `ACCESS_GROUPS_DAYS_ROUND` repeats one of them.
fn run(promise: &str, small: u64, full: u64, round: impl Fn(&mut Rng, u64) -> Counts) {
    let is_full = env::var("ACCESS_GROUPS_RELIABILITY_FULL").as_deref() == Ok("1");
    let rounds = if is_full { full } else { small };
    let given = env::var("ACCESS_GROUPS_RELIABILITY_SEED");
    let seed: u64 = given.map_or(2026, |seed| seed.parse().expect("a number as the seed"));
    let only = env::var("ACCESS_GROUPS_DAYS_ROUND").ok();
    let only: Option<u64> = only.map(|number| number.parse().expect("the number of a round"));

    let mut counts = BTreeMap::<_, usize>::new();
    for number in (0..rounds).filter(|number| only.is_none_or(|only| only == *number)) {
        let mut rng = Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(number));
        let done = catch_unwind(AssertUnwindSafe(|| round(&mut rng, number)));
        let happened = done.unwrap_or_else(|panic| {
            println!("{promise}: seed {seed}, round {number} failed");
            resume_unwind(panic)
        });
        for (what, count) in happened {
            *counts.entry(what).or_default() += count;
        }
    }
    let counts: Vec<_> = counts
        .iter()
        .map(|(what, count)| format!("{count} {what}"))
        .collect();
    println!(
        "reliability: {promise} | {rounds} rounds: {} | {seed}",
        counts.join(", ")
    );
}
