//! Rosters that remove many: the limits hold at n and at n + 1.

use fastrand::Rng;

use super::{Day, apply, must_be_refused};
use crate::days::{
    office::{Office, allowed, must_be},
    round::Round,
};

pub(super) const DAYS: &[Day] = &[
    ("as many removals as may be", at_the_limit),
    ("one removal too many", beyond_the_limit),
    ("a group of which no row is left", emptied),
    ("a small group of which no row is left", small_group_emptied),
];

fn at_the_limit(rng: &mut Rng) {
    let members = rng.usize(5..=260);
    let office = Office::crowd(rng, members, allowed(members));
    let round = Round::new(rng, office, None);
    let ended = apply(&round, &[]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    must_be(&round.memberships(), &round.office.after, "at the limit");
}

fn beyond_the_limit(rng: &mut Rng) {
    let members = rng.usize(5..=260);
    let allowed = allowed(members);
    let removed = format!("{} of {members} members of ", allowed + 1);
    let may_be = format!(" would be removed, and {allowed} may be ");
    check(rng, members, allowed + 1, &[&removed, &may_be]);
}

fn emptied(rng: &mut Rng) {
    let members = rng.usize(4..=60);
    check(rng, members, members, &["would be removed"]);
}

fn small_group_emptied(rng: &mut Rng) {
    let members = rng.usize(1..=3);
    let office = Office::crowd(rng, members, members);
    let round = Round::new(rng, office, None);
    let ended = apply(&round, &[]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    must_be(&round.memberships(), &round.office.after, "nobody is left");
}

/// Stopped, and applied with the confirmation of exactly this plan: another plan is not confirmed by it.
fn check(rng: &mut Rng, members: usize, removals: usize, words: &[&str]) {
    let office = Office::crowd(rng, members, removals);
    let mut round = Round::new(rng, office, None);
    let stopped = apply(&round, &["--yes"]);
    let (_, hash) = stopped.stderr.split_once("--confirm ").expect("a hint");
    let hash = hash[..12].to_owned();
    must_be_refused(
        &round,
        stopped,
        6,
        &[words, &["nothing was changed"]].concat(),
    );
    if rng.bool() {
        // Somebody leaves meanwhile: the plan is another one.
        let gone = round
            .office
            .changes()
            .into_iter()
            .next()
            .expect("a removal");
        round.meanwhile(vec![gone]);
        let ended = apply(&round, &["--confirm", &hash]);
        must_be_refused(&round, ended, 5, &["was confirmed"]);
        return;
    }
    let ended = apply(&round, &["--confirm", &hash]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    must_be(&round.memberships(), &round.office.after, "confirmed");
}
