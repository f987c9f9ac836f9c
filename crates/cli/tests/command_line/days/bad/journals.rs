//! Journals that cannot be written, or were not written to the end.

use std::{
    fs::{self, File},
    process::Command,
};

use fastrand::Rng;

use super::{Day, apply, calm, must_be_refused, office};
use crate::days::{
    journal::{self, Told},
    office::{Temper, must_be},
    round::Round,
};
use crate::harness::{Ended, end};

pub(super) const DAYS: &[Day] = &[
    ("a full disk for the journal", full_disk),
    ("a journal that was cut off", cut_off),
    ("a journal that another process writes", locked),
    ("a folder in which nothing can be written", no_folder),
    ("a journal that exists", existing),
    ("a journal whose rows have ended since", outdated),
    ("a damaged journal", damaged),
    ("a journal of another store", other_store),
    ("a roster in place of a journal", no_journal),
];

/// The journal may grow to a random size only.
fn full_disk(rng: &mut Rng) {
    let office = office(rng, Temper::Calm, |office| office.changes().len() >= 20);
    let round = Round::new(rng, office, None);
    let changes = round.office.changes().len();
    // The list of changes has some 165 bytes for each, and the lines of a call some 110.
    let bytes = match rng.u8(0..4) {
        0 => rng.usize(0..changes * 165),
        _ => changes * 165 + rng.usize(512..changes * 110),
    };
    let blocks = (bytes / 512).to_string();
    let journal = round.office.path("a.journal");
    let limited = |arguments: &[&str]| -> Ended {
        let inner = round.command(arguments);
        // Without the signal, a write beyond the limit fails like one to a full disk.
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "ulimit -f \"$0\" && trap '' XFSZ && exec \"$@\"",
            &blocks,
        ]);
        command.arg(inner.get_program()).args(inner.get_args());
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        end(command)
    };
    let ended = limited(&["apply", &round.roster, "--journal", &journal]);
    let asked = journal::asked(&round);
    if ended.code == Some(0) {
        return must_be(&round.memberships(), &round.office.after, "there was room");
    }
    assert!(
        ended.stderr.contains("a.journal cannot be written"),
        "{ended:?}"
    );
    if asked.is_empty() {
        // Not even the list of changes has room, or not one call.
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert_eq!(round.memberships(), round.office.before);
    } else {
        assert_eq!(ended.code, Some(3), "{ended:?}");
    }
    let told = Told::read_whole_lines(&journal);
    let Some(told) = told else {
        assert!(
            asked.is_empty(),
            "the list of changes is not whole: {ended:?}"
        );
        round.run(&["resume", &journal]).badly(1);
        return;
    };
    told.must_know(&asked);
    // As long as there is no room, nothing happens.
    round.proxy.changes();
    let again = limited(&["resume", &journal]);
    assert!(matches!(again.code, Some(1 | 3)), "{again:?}");
    Told::read_whole_lines(&journal)
        .expect("whole")
        .must_know(&journal::asked(&round));
    round.resume(&journal);
    round.must_be_over(|round, undo, journal, is_guarded| round.finish(undo, journal, is_guarded));
}

/// An apply was killed, and the end of its journal is lost.
fn cut_off(rng: &mut Rng) {
    let office = calm(rng);
    let round = Round::new(rng, office, None);
    let journal = round.office.path("a.journal");
    let request = 12 + rng.usize(0..=round.office.changes().len());
    let apply = ["apply", &round.roster, "--journal", &journal];
    round.disturb(&apply, request, "KILL", rng.bool());
    if let Ok(bytes) = fs::read(&journal) {
        fs::write(&journal, &bytes[..rng.usize(0..bytes.len())]).expect("writable");
        let before = round.memberships();
        round.proxy.changes();
        let ended = round.run(&["resume", &journal]);
        if ended.code == Some(0) {
            return must_be(&round.memberships(), &round.office.after, "resumed");
        }
        ended.badly(1).saying("journal");
        assert_eq!(round.proxy.changes(), []);
        must_be(&round.memberships(), &before, "not resumed");
    }
    // Whoever has no journal applies again: changes are idempotent.
    let ended = round.run(&[
        "apply",
        &round.roster,
        "--journal",
        &round.office.path("b.journal"),
    ]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    must_be(&round.memberships(), &round.office.after, "applied again");
}

fn locked(rng: &mut Rng) {
    let (round, journal) = killed(rng);
    let file = File::options().append(true).open(&journal).expect("there");
    file.lock().expect("nobody else has it");
    round.proxy.changes();
    let before = round.memberships();
    round
        .run(&["resume", &journal])
        .badly(1)
        .saying("another process is writing this journal");
    assert_eq!(round.proxy.changes(), []);
    must_be(&round.memberships(), &before, "while it is locked");
    drop(file);
    round.resume(&journal);
    round.must_be_over(|round, undo, journal, is_guarded| round.finish(undo, journal, is_guarded));
}

fn no_folder(rng: &mut Rng) {
    let office = calm(rng);
    let round = Round::new(rng, office, None);
    let ended = match rng.u8(0..3) {
        // Nobody writes there, not even root.
        0 => {
            let mut command = round.command(&["apply", &round.roster]);
            command.current_dir("/proc");
            end(command)
        }
        1 => round.run(&["apply", &round.roster, "--journal", "/nowhere/a.journal"]),
        _ => {
            let below = format!("{}/a.journal", round.roster);
            round.run(&["apply", &round.roster, "--journal", &below])
        }
    };
    must_be_refused(
        &round,
        ended,
        1,
        &["cannot be written", "nothing was changed", "--journal FILE"],
    );
}

fn existing(rng: &mut Rng) {
    let office = calm(rng);
    let round = Round::new(rng, office, None);
    let journal = round.office.file("a.journal", b"a diary");
    must_be_refused(
        &round,
        apply(&round, &[]),
        1,
        &["cannot be written", "nothing was changed"],
    );
    assert_eq!(fs::read(&journal).expect("readable"), b"a diary");
}

fn outdated(rng: &mut Rng) {
    let (round, journal) = killed(rng);
    let text = fs::read_to_string(&journal).expect("readable");
    let (header, rest) = text.split_once('\n').expect("a header");
    let mut header: serde_json::Value = serde_json::from_str(header).expect("JSON");
    header["valid_until"] = "2020-01-01T00:00:00Z".into();
    fs::write(&journal, format!("{header}\n{rest}")).expect("writable");
    must_stay(&round, &journal, 5, "have begun or ended since");
}

/// A line in the middle cannot be read.
fn damaged(rng: &mut Rng) {
    let (round, journal) = killed(rng);
    let mut bytes = fs::read(&journal).expect("readable");
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
    let line = rng.usize(0..lines - 1);
    let mut ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    let end = ends.nth(line).expect("a line").0;
    bytes[end - 1] = b'#';
    fs::write(&journal, bytes).expect("writable");
    must_stay(&round, &journal, 1, "journal");
}

fn other_store(rng: &mut Rng) {
    let (round, journal) = killed(rng);
    let before = round.memberships();
    round.proxy.changes();
    let served = round.served_address().to_owned();
    let ended = round.run(&["resume", &journal, "--store", &served]);
    ended
        .badly(64)
        .saying("the journal is for")
        .saying("--store");
    must_be(&round.memberships(), &before, "another store");
}

fn no_journal(rng: &mut Rng) {
    let office = calm(rng);
    let round = Round::new(rng, office, None);
    for command in ["resume", "undo"] {
        let ended = round.run(&[command, &round.roster]);
        must_be_refused(&round, ended, 1, &["the file is no journal", "hint: "]);
    }
}

/// Neither `resume` nor `undo` does anything with this journal.
fn must_stay(round: &Round, journal: &str, code: i32, words: &str) {
    let before = round.memberships();
    round.proxy.changes();
    round.run(&["resume", journal]).badly(code).saying(words);
    assert_eq!(round.proxy.changes(), []);
    must_be(&round.memberships(), &before, "not resumed");
}

/// An apply that was killed at a random change, and its journal.
fn killed(rng: &mut Rng) -> (Round, String) {
    let office = calm(rng);
    let round = Round::new(rng, office, None);
    let journal = round.office.path("a.journal");
    let apply = ["apply", &round.roster, "--journal", &journal];
    // Enough requests for the reading: there is a journal then.
    let request = 4 + round.reads() + rng.usize(0..round.office.changes().len());
    round.disturb(&apply, request, "KILL", rng.bool());
    (round, journal)
}
