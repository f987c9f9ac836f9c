//! Ctrl-C at a random request, once or twice, and `resume`.

use std::{
    collections::BTreeSet,
    fs,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
};

use fastrand::Rng;

use super::{
    journal::{self, Told},
    office::{Change, Office, Temper, must_be},
    proxy::Deed,
    round::{Round, strs},
};
use crate::harness::{Ended, Running, signal};

#[test]
fn stops_lose_nothing() {
    super::run("Ctrl-C during apply and resume", 4, 50, round);
}

fn round(rng: &mut Rng, _: u64) -> super::Counts {
    let people = rng.usize(10..=80);
    let office = Office::new(rng, people, Temper::Wild);
    let round = Round::new(rng, office, None);
    let is_guarded = round
        .office
        .is_guarded(&round.office.before, &round.office.after);
    let (roster, journal) = (round.roster.clone(), round.office.path("a.journal"));
    let apply = round.apply(&roster, &journal, is_guarded);
    let mut counts = vec![("stops", 0), ("second stops", 0), ("over before", 0)];
    for _ in 0..rng.usize(1..=3) {
        let resume = ["resume".to_owned(), journal.clone()];
        let is_begun = fs::exists(&journal).expect("readable");
        let command = strs(if is_begun { &resume[..] } else { &apply });
        let open_before = if is_begun {
            Told::read(&journal).open()
        } else {
            BTreeSet::new()
        };
        let is_twice = rng.bool();
        let (ended, was_stopped) = match is_twice {
            true => stop_twice(&round, rng, &command),
            false => {
                let request = rng.usize(1..=12 + round.office.changes().len());
                let is_passed = rng.bool();
                round.disturb(&command, request, "INT", is_passed)
            }
        };
        let place = match (was_stopped, is_twice) {
            (false, _) => 2,
            (true, false) => 0,
            (true, true) => 1,
        };
        counts[place].1 += 1;
        let open = check(&round, &ended, &journal, was_stopped);
        match is_twice && was_stopped {
            true => assert_eq!(ended.code, Some(130), "{ended:?}"),
            // The first signal leaves the open calls to their end.
            false => assert!(
                open.is_subset(&open_before),
                "calls have no outcome: {ended:?}"
            ),
        }
    }
    match fs::exists(&journal).expect("readable") {
        true => round.resume(&journal),
        false => assert_eq!(round.run(&strs(&apply)).code, Some(0)),
    }
    let changes = round.must_be_over(|round, undo, journal, is_guarded| {
        let undo = round.apply(undo, journal, is_guarded);
        assert_eq!(round.run(&strs(&undo)).code, Some(0));
    });
    counts.push(("changes", changes));
    counts
}

/// What a stopped command leaves behind: answers the changes whose outcome nobody knows.
fn check(round: &Round, ended: &Ended, journal: &str, was_stopped: bool) -> BTreeSet<Change> {
    let asked = journal::asked(round);
    assert!(matches!(ended.code, Some(0 | 3 | 130)), "{ended:?}");
    assert!(ended.code == Some(0) || was_stopped, "{ended:?}");
    if !fs::exists(journal).expect("readable") {
        assert!(asked.is_empty(), "{asked:?}");
        must_be(
            &round.memberships(),
            &round.office.before,
            "nothing has begun",
        );
        return BTreeSet::new();
    }
    let told = Told::read(journal);
    told.must_know(&asked);
    if ended.code != Some(0) && !asked.is_empty() {
        let hint = format!("`access-groups resume {journal}`");
        assert!(ended.stderr.contains(&hint), "{ended:?}");
    }
    told.open()
}

/// Holds a call, sends the first signal, and the second one once the first is noticed.
fn stop_twice(round: &Round, rng: &mut Rng, command: &[&str]) -> (Ended, bool) {
    let held = rng.usize(1..=round.office.changes().len().max(1));
    let process = Arc::new(OnceLock::new());
    let (open, gate) = mpsc::channel::<()>();
    let (shared, gate) = (Arc::clone(&process), Mutex::new(gate));
    let (count, is_passed) = (AtomicUsize::new(0), rng.bool());
    round.proxy.decide(move |asked| {
        if !asked.is_change() || count.fetch_add(1, Ordering::SeqCst) + 1 != held {
            return Deed::Pass;
        }
        signal(*shared.wait(), "INT");
        let _ = gate.lock().expect("no panic").recv(); // until it is dropped
        if is_passed { Deed::Pass } else { Deed::HangUp }
    });
    let mut running = Running::start(round.command(command));
    process.set(running.id()).expect("once");
    let was_stopped = running.has_note("stopping: ");
    if was_stopped {
        running.signal("INT");
    }
    let ended = running.end();
    drop(open);
    round.proxy.settle();
    round.proxy.pass();
    (ended, was_stopped)
}
