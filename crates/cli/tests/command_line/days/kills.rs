//! `apply` and `resume` are killed at a random request, and go on.

use std::fs;

use fastrand::Rng;

use super::{
    journal::Told,
    office::{Change, Office, Temper},
    round::{Round, strs},
};

#[test]
fn kills_lose_nothing() {
    super::run("kills of apply and resume", 6, 200, round);
}

fn round(rng: &mut Rng, _: u64) -> super::Counts {
    let temper = if rng.bool() {
        Temper::Calm
    } else {
        Temper::Wild
    };
    let people = rng.usize(5..=120);
    let office = Office::new(rng, people, temper);
    let faults = (rng.f32() < 0.4).then(|| faults(rng));
    let mut round = Round::new(rng, office, faults.as_deref());
    let is_guarded = round
        .office
        .is_guarded(&round.office.before, &round.office.after);
    let (roster, journal) = (round.roster.clone(), round.office.path("a.journal"));
    let mut kills = carry(&mut round, rng, &roster, &journal, is_guarded, true);
    let changes = round.must_be_over(|round, undo, journal, is_guarded| {
        kills += carry(round, rng, undo, journal, is_guarded, false);
    });
    vec![
        ("kills", kills),
        ("changes", changes),
        ("with faults", faults.is_some().into()),
    ]
}

/// Answers and requests that are lost at the service.
fn faults(rng: &mut Rng) -> String {
    let seed = rng.u32(..);
    format!(
        r#"{{"seed": {seed}, "rules": [
            {{"operations": ["add_user", "remove_user"], "probability": 0.1, "lost": "answer"}},
            {{"operations": ["add_user", "remove_user"], "probability": 0.05, "lost": "request"}},
            {{"operations": ["reads"], "probability": 0.03, "lost": "answer"}}]}}"#
    )
}

/// Carries a roster or a plan out, with one to three kills; counts them.
fn carry(
    round: &mut Round,
    rng: &mut Rng,
    file: &str,
    journal: &str,
    is_guarded: bool,
    with_others: bool,
) -> usize {
    let apply = round.apply(file, journal, is_guarded);
    let mut killed = 0;
    for _ in 0..rng.usize(1..=3) {
        let is_begun = fs::exists(journal).expect("readable");
        let resume = ["resume".to_owned(), journal.to_owned()];
        let command = if is_begun { &resume[..] } else { &apply };
        let changes = round.office.changes().len();
        let ended = match rng.u8(0..4) {
            // First of what is planned, then of what came of it.
            0 => round.kill_after(&strs(command), rng.usize(1..=2 * changes + 1)),
            kind => {
                let requests = if kind == 1 { 12 } else { 12 + changes };
                let (request, is_passed) = (rng.usize(1..=requests), rng.bool());
                let (ended, was_killed) = round.disturb(&strs(command), request, "KILL", is_passed);
                assert_eq!(ended.code.is_none(), was_killed, "{ended:?}");
                ended
            }
        };
        assert!(
            matches!(ended.code, None | Some(0 | 1 | 3 | 69)),
            "{ended:?}"
        );
        killed += usize::from(ended.code.is_none());
        if with_others && rng.bool() {
            let others = others(round, rng, journal);
            round.meanwhile(others);
        }
    }
    if !fs::exists(journal).expect("readable") {
        // Killed while it was reading: nothing has begun.
        let refused = round.run(&["resume", journal]).badly(1);
        refused.saying("cannot be read");
        if round.run(&strs(&apply)).code == Some(0) {
            return killed;
        }
    }
    round.resume(journal);
    killed
}

/// What somebody else does: to memberships that the roster leaves alone, and sometimes one of its own
/// changes, of which no call has begun.
fn others(round: &Round, rng: &mut Rng, journal: &str) -> Vec<Change> {
    let count = rng.usize(0..4);
    let mut others = round.office.elsewhere(rng, count);
    others.retain(|change| !round.by_others.contains(change));
    if fs::exists(journal).expect("readable") && rng.bool() {
        let told = Told::read_whole_lines(journal).expect("the list of changes is whole");
        let changes = told.changes.into_iter().zip(told.begun);
        let mut untouched = changes.filter(|(change, begun)| !begun && change.is_of_user());
        others.extend(untouched.next().map(|(change, _)| change));
    }
    others
}
