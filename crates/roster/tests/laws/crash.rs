//! An apply that dies at any moment, and is resumed, comes to the same end; and its journal tells what it
//! has done itself.

use std::collections::BTreeSet;

use access_groups_roster::{Journal, JournalError, JournalOutcome, Limits, Stage};
use proptest::{collection::vec, prelude::*};

use crate::{
    apply::undo,
    driver::{Apply, Fate, Maker, fates},
    site::{Site, cases},
};

/// How one attempt ends.
#[derive(Debug, Clone)]
struct Death {
    /// Before this step of the driver.
    step: usize,
    /// How much of the end of the journal is lost, of 256 parts of what may be.
    lost: u8,
    /// Whether the machine dies with it: then the begin of a call may be lost.
    of_machine: bool,
    /// What the disk shows in place of the end that was lost.
    filled_with: Vec<u8>,
    /// Whether the requests that were on their way arrive before the next attempt.
    is_prompt: bool,
}

fn deaths() -> impl Strategy<Value = Death> {
    let filled_with = prop_oneof![
        3 => Just(Vec::new()),
        1 => (0_usize..600).prop_map(|length| vec![0; length]),
        1 => vec(any::<u8>(), 0..200),
        1 => vec(prop::sample::select(b"{}\":,entrybegin0123\n\0".to_vec()), 0..200),
    ];
    let parts = (
        0_usize..60,
        any::<u8>(),
        any::<bool>(),
        filled_with,
        any::<bool>(),
    );
    parts.prop_map(|(step, lost, of_machine, filled_with, is_prompt)| Death {
        step,
        lost,
        of_machine,
        filled_with,
        is_prompt,
    })
}

/// What the changes are made with in the end, and in between.
#[derive(Debug, Clone)]
struct How {
    concurrency: usize,
    reads_before: bool,
    removals_first: bool,
}

fn ways() -> impl Strategy<Value = How> {
    let parts = (1_usize..6, any::<bool>(), any::<bool>());
    parts.prop_map(|(concurrency, reads_before, removals_first)| How {
        concurrency,
        reads_before,
        removals_first,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whoever_resumes_comes_to_the_same_end(
        case in cases(),
        how in ways(),
        deaths in vec(deaths(), 1..4),
        fates in vec(fates(true, false), 1..60),
    ) {
        let site = Site::new(&case);
        let (before, meaning) = (site.memberships(), site.meaning());
        let (apply, lost) = die_and_resume(&site, &how, &deaths, &fates);
        prop_assert_eq!(site.memberships(), meaning);
        check_truth(&apply, &lost)?;

        Apply::plainly(&site, &undo(&site, &apply));
        let mut expected = before;
        // Of what the disk has lost, nothing can be said.
        expected.extend(lost.iter().filter_map(|place| {
            let pair = site.pair(&apply.changes[*place]);
            site.memberships().contains(&pair).then_some(pair)
        }));
        expected.retain(|pair| {
            let is_lost = lost.iter().any(|place| site.pair(&apply.changes[*place]) == *pair);
            !is_lost || site.memberships().contains(pair)
        });
        prop_assert_eq!(site.memberships(), expected);
    }

    #[test]
    fn a_journal_tells_own_changes_from_others(
        case in cases(),
        how in ways(),
        deaths in vec(deaths(), 0..4),
        fates in vec(fates(true, true), 1..60),
    ) {
        let site = Site::new(&case);
        let meaning = site.meaning();
        let (apply, lost) = die_and_resume(&site, &how, &deaths, &fates);
        prop_assert_eq!(site.memberships(), meaning);
        check_truth(&apply, &lost)?;
    }

    #[test]
    fn a_journal_damaged_before_its_end_is_refused(
        case in cases(),
        fates in vec(fates(true, true), 1..60),
        line in any::<usize>(),
        filled_with in prop_oneof![Just(0_u8), any::<u8>()],
    ) {
        let site = Site::new(&case);
        let (plan, _) = site.plan(&site.roster());
        let mut apply = Apply::new(&site, &plan, plan.changes().collect());
        let all = apply.all();
        apply.run(&all, Limits::of_plan(), &mut fates.iter().copied().cycle(), None);

        let lines = apply.journal.split_inclusive(|byte| *byte == b'\n');
        let original: Vec<_> = lines.collect();
        let mut lines = original.clone();
        // A damaged line may swallow the end of the next one, and the last one may be lost.
        let line = line % (lines.len() - 2).max(1);
        let damaged = vec![filled_with; lines[line].len()];
        lines[line] = &damaged;
        let error = Journal::read(&lines.concat()).map(drop).expect_err("it is damaged");
        let expected = match line {
            0 => [JournalError::Damaged(1), JournalError::Other],
            // The whole line, its end included, is a part of the next one, or several.
            _ => [JournalError::Damaged(line + 1), JournalError::CutOff],
        };
        prop_assert!(expected.contains(&error), "{:?} at line {}", error, line + 1);
        if (1..=apply.changes.len()).contains(&line) {
            lines.remove(line);
            prop_assert!(Journal::read(&lines.concat()).is_err(), "a change is missing");
            let count = apply.changes.len();
            if count > 1 {
                // Another one stands in its place.
                lines.insert(line, original[line % count + 1]);
                let error = Journal::read(&lines.concat()).map(drop);
                prop_assert_eq!(error, Err(JournalError::Changed));
            }
        }
    }
}

/// Applies until every attempt has died and the last one has not; returns the places of the changes whose
/// begun calls the journal does not know of.
fn die_and_resume<'s>(
    site: &'s Site,
    how: &How,
    deaths: &[Death],
    fates: &[Fate],
) -> (Apply<'s>, BTreeSet<usize>) {
    let (plan, _) = site.plan(&site.roster());
    let changes = match how.removals_first {
        true => plan.changes_removals_first().collect(),
        false => plan.changes().collect(),
    };
    let mut apply = Apply::new(site, &plan, changes);
    let mut limits = Limits::of_plan();
    limits.concurrency = how.concurrency.try_into().expect("not zero");
    limits.reads_before = how.reads_before;
    let mut fates = fates.iter().copied().cycle();
    let mut to_make = apply.all();
    let mut lost = BTreeSet::new();
    for death in deaths {
        apply.run(&to_make, limits.clone(), &mut fates, Some(death.step));
        cut(&mut apply, death, &mut lost);
        if death.is_prompt {
            apply.late_calls_arrive();
        }
        to_make = apply.resume();
    }
    // Until nothing is left: a fault is not for ever.
    apply.run(&to_make, limits.clone(), &mut fates, None);
    let to_make = apply.resume();
    apply.run(&to_make, limits, &mut Fate::answered(), None);
    apply.late_calls_arrive();
    (apply, lost)
}

fn cut(apply: &mut Apply<'_>, death: &Death, lost: &mut BTreeSet<usize>) {
    // What a dead program has written is there, but for the end that was not written whole.
    let last_begin = apply.begins.values().copied().max();
    let kept = match death.of_machine {
        true => apply.list_end,
        false => last_begin.unwrap_or(apply.list_end),
    };
    let least = kept.max(apply.synced);
    let length = apply.journal.len();
    let cut = length - (length - least) * usize::from(death.lost) / 255;
    let whole = apply.journal[..cut].iter().rposition(|byte| *byte == b'\n');
    let whole = whole.map_or(0, |end| end + 1);
    let begins = apply.begins.iter();
    lost.extend(
        begins
            .filter(|(_, end)| **end > whole)
            .map(|(place, _)| *place),
    );
    apply.begins.retain(|_, end| *end <= whole);
    apply.journal.truncate(cut);
    apply.journal.extend_from_slice(&death.filled_with);
}

/// What is called applied may be its own work, and all its own work is.
fn check_truth(apply: &Apply<'_>, lost: &BTreeSet<usize>) -> Result<(), TestCaseError> {
    let journal = apply.read();
    prop_assert!(journal.has_ended);
    for (place, stage) in journal.stages.iter().enumerate() {
        prop_assert!(stage.is_settled(), "{}: {:?}", place, stage);
        let maker = apply.makers.get(&place);
        prop_assert!(maker.is_some(), "each change of a plan is one");
        let was_made = journal.was_made(place);
        if was_made != Some(false) {
            prop_assert!(apply.begun.contains(&place), "{}: no call was made", place);
        }
        if maker == Some(&Maker::This) && !lost.contains(&place) {
            prop_assert!(was_made != Some(false), "{}: it was made", place);
        }
        if *stage == Stage::Over(JournalOutcome::Unchanged) && was_made == Some(false) {
            prop_assert!(maker == Some(&Maker::Other) || lost.contains(&place));
        }
    }
    Ok(())
}
