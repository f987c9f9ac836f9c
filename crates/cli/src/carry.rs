//! Carries many changes out: makes the calls, keeps the journal, shows the progress, stops when a signal or
//! a hopeless failure says so, and reads what the service shows of it.

use std::{collections::HashMap, io, time::Duration};

use access_groups_core::{CancelToken, Error};
use access_groups_protocol::{NOT_THE_API, REDIRECTED};
use access_groups_roster::{
    Change, Event, JournalEntry, JournalOutcome, Limits, Outcome, ReadBack, Report, Shown,
    StopReason, change_all_blocking, read_back_blocking,
};

use crate::{
    apply::JournalFile,
    clock,
    failure::{Exit, Failure, exit_of},
    output,
    progress::Progress,
    signals,
    store::Store,
};

/// A change that was asked for, with its place in the list, and what came of it.
pub(crate) struct Carried {
    pub(crate) place: usize,
    pub(crate) change: Change,
    pub(crate) outcome: Outcome,
}

/// Why no further call was made before everything was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Halt {
    /// A signal.
    Interrupted,
    /// Calls have failed in a row, because the service cannot be reached.
    Unavailable,
    /// The credential is refused, or something else than the service answers.
    Refused,
    /// The journal cannot be written.
    Journal(io::ErrorKind),
}

/// Everything that was done.
pub(crate) struct All {
    pub(crate) carried: Vec<Carried>,
    pub(crate) halt: Option<Halt>,
    /// Why the file could not be saved, if the store is one: all outcomes are failures then.
    pub(crate) unsaved: Option<Error>,
    /// Why outcomes could not be told.
    pub(crate) told: Result<(), Failure>,
}

/// Carries out these changes, each with its place in the list. `told` gets each outcome once it is
/// certain: of a file, after it is saved.
pub(crate) fn carry(
    store: &Store,
    changes: &[(usize, Change)],
    limits: Limits,
    journal: Option<&JournalFile>,
    tell: impl FnMut(&Carried) -> Result<(), Failure>,
) -> All {
    let stop = CancelToken::new();
    let _gently = signals::stop_with(stop.clone());
    let halting = CancelToken::new();
    let limits = limits.with_stop(stop.or(&halting));
    let mut carrying = Carrying {
        store,
        journal,
        tell,
        halting,
        hopeless: Hopeless::default(),
        unsaved: Vec::new(),
        all: All {
            carried: Vec::new(),
            halt: None,
            unsaved: None,
            told: Ok(()),
        },
        tried: 0,
        progress: Progress::start(changes.len(), store.retries()),
    };
    let in_order = changes.iter().map(|(_, change)| *change);
    let mut all = change_all_blocking(store.unsaved(), in_order, limits);
    while let Some(event) = all.next_event() {
        match event {
            Event::Begin(index) => carrying.begin(changes[index].0),
            Event::Report(report) => carrying.report(changes[report.index].0, report),
        }
    }
    carrying.save();
    let mut all = carrying.all;
    if stop.is_cancelled() && has_untried(&all.carried) {
        all.halt.get_or_insert(Halt::Interrupted);
    }
    all
}

fn has_untried(carried: &[Carried]) -> bool {
    let mut outcomes = carried.iter().map(|carried| &carried.outcome);
    outcomes.any(|outcome| matches!(outcome, Outcome::NotTried(StopReason::Cancelled)))
}

struct Carrying<'a, T> {
    store: &'a Store,
    journal: Option<&'a JournalFile>,
    tell: T,
    halting: CancelToken,
    hopeless: Hopeless,
    /// A file is saved once for all: until then, nothing is done.
    unsaved: Vec<Carried>,
    all: All,
    tried: usize,
    progress: Progress,
}

impl<T: FnMut(&Carried) -> Result<(), Failure>> Carrying<'_, T> {
    fn begin(&mut self, place: usize) {
        self.write(&JournalEntry::Begin { change: place });
    }

    fn report(&mut self, place: usize, report: Report) {
        let Report {
            change, outcome, ..
        } = report;
        if let Some(halt) = self.hopeless.after(&outcome) {
            self.halt(halt);
        }
        let carried = Carried {
            place,
            change,
            outcome,
        };
        match self.store.is_saved_once() {
            true => self.unsaved.push(carried),
            false => self.settle(carried),
        }
    }

    fn halt(&mut self, halt: Halt) {
        self.all.halt.get_or_insert(halt);
        self.halting.cancel();
    }

    /// Saves the file, if the store is one: then everything in it is done.
    fn save(&mut self) {
        let unsaved = std::mem::take(&mut self.unsaved);
        if unsaved.is_empty() {
            return;
        }
        self.all.unsaved = self.store.save().err();
        for mut carried in unsaved {
            if let (Some(error), true) = (&self.all.unsaved, carried.outcome.is_accepted()) {
                carried.outcome = Outcome::Failed(error.clone());
            }
            self.settle(carried);
        }
    }

    fn settle(&mut self, carried: Carried) {
        self.write(&JournalEntry::Outcome {
            change: carried.place,
            outcome: JournalOutcome::of(&carried.outcome),
            at: clock::now(),
        });
        if self.all.told.is_ok() {
            self.all.told = self.progress.around(|| (self.tell)(&carried));
        }
        if self.all.told.is_err() {
            // Nobody would know what is done.
            self.halting.cancel();
        }
        self.tried += usize::from(!matches!(carried.outcome, Outcome::NotTried(_)));
        self.all.carried.push(carried);
        self.progress.at(self.tried);
    }

    fn write(&mut self, entry: &JournalEntry) {
        if let Some(journal) = self.journal
            && let Err(error) = journal.append(entry)
        {
            // No call without its line.
            self.halt(Halt::Journal(error.kind()));
        }
    }
}

/// Notices what would only fail again.
#[derive(Debug, Default)]
struct Hopeless {
    unavailable_in_a_row: usize,
}

impl Hopeless {
    fn after(&mut self, outcome: &Outcome) -> Option<Halt> {
        match outcome {
            // It says nothing about the service.
            Outcome::NotTried(_) => None,
            // A proxy or a sign-in page would answer the next request, too.
            Outcome::Failed(error) if matches!(error.code(), Some(NOT_THE_API | REDIRECTED)) => {
                Some(Halt::Unavailable)
            }
            Outcome::Failed(error) => match exit_of(error) {
                Exit::CredentialRefused => Some(Halt::Refused),
                Exit::Unavailable => {
                    self.unavailable_in_a_row += 1;
                    (self.unavailable_in_a_row >= UNAVAILABLE).then_some(Halt::Unavailable)
                }
                _ => {
                    self.unavailable_in_a_row = 0;
                    None
                }
            },
            _ => {
                self.unavailable_in_a_row = 0;
                None
            }
        }
    }
}

/// What the service shows of everything that it has accepted, or may have, by place; with a wait, once it has
/// propagated. What cannot be read is told, and stays accepted.
pub(crate) fn read_back(
    carried: &[Carried],
    store: &Store,
    wait: Option<Duration>,
) -> HashMap<usize, Shown> {
    let accepted = carried.iter().filter(|carried| match &carried.outcome {
        Outcome::Failed(error) => error.is_ambiguous(),
        outcome => outcome.is_accepted(),
    });
    let places: Vec<_> = accepted.clone().map(|carried| carried.place).collect();
    let reading = ReadBack::new(accepted.map(|carried| carried.change));
    let reading = reading.with_timeout(wait.unwrap_or_default());
    let warn = |what: &str, error| output::warn_unread("the changes are accepted", what, error);
    match read_back_blocking(store.shared(), reading, clock::stopwatch(), clock::sleep) {
        Ok(shown) => {
            // One line for an outage, not one for each group.
            match &*shown.unread {
                [] => {}
                [(group, error)] => warn(&format!("group {group}"), error),
                [(_, first), ..] => warn(&format!("{} groups", shown.unread.len()), first),
            }
            places.into_iter().zip(shown.of_changes).collect()
        }
        Err(error) => {
            warn("what the service shows", &error);
            places
                .into_iter()
                .map(|place| (place, Shown::Unread))
                .collect()
        }
    }
}

/// The exit code of changes of which not all were made.
pub(crate) fn exit_of_unfinished<'a>(
    halt: Option<Halt>,
    outcomes: impl IntoIterator<Item = &'a Outcome>,
) -> Exit {
    let (mut is_part, mut exits) = (false, Vec::new());
    for outcome in outcomes {
        match outcome {
            Outcome::Failed(error) => exits.push(exit_of(error)),
            Outcome::Changed | Outcome::Accepted => is_part = true,
            _ => {}
        }
    }
    exits.dedup();
    match (halt, &*exits) {
        (Some(Halt::Interrupted), _) => Exit::Interrupted,
        _ if is_part => Exit::Partly,
        (Some(Halt::Refused), _) => Exit::CredentialRefused,
        (Some(Halt::Unavailable), _) => Exit::Unavailable,
        // What all of them share.
        (None, [exit]) => *exit,
        (None | Some(Halt::Journal(_)), _) => Exit::Failed,
    }
}

/// After so many failures in a row because the service is unavailable, no further change is tried: each
/// of them has been tried three times.
const UNAVAILABLE: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_is_what_failures_share() {
        let check = |halt, outcomes: &[Outcome], expected| {
            assert_eq!(exit_of_unfinished(halt, outcomes), expected, "{outcomes:?}");
        };
        let refused = Outcome::Failed(Error::unauthenticated("no"));
        let full = Outcome::Failed(Error::conflict("full"));
        let busy = Outcome::Failed(Error::unavailable("no"));
        let untried = Outcome::NotTried(StopReason::Cancelled);
        let mixed = [full.clone(), refused, untried.clone()];
        check(Some(Halt::Refused), &mixed, Exit::CredentialRefused);
        let mixed = [full.clone(), busy.clone(), busy.clone()];
        check(None, &mixed, Exit::Failed);
        check(Some(Halt::Unavailable), &mixed, Exit::Unavailable);
        check(None, &[busy.clone(), busy.clone()], Exit::Unavailable);
        // What was accepted before is not made now.
        check(
            None,
            &[Outcome::Pending, Outcome::Unchanged, full.clone()],
            Exit::Failed,
        );
        check(None, &[Outcome::Changed, full.clone()], Exit::Partly);
        check(
            Some(Halt::Refused),
            &[full, Outcome::Accepted],
            Exit::Partly,
        );
        let interrupted = [Outcome::Changed, untried];
        check(Some(Halt::Interrupted), &interrupted, Exit::Interrupted);
        let journal = Some(Halt::Journal(io::ErrorKind::StorageFull));
        check(journal, &[busy], Exit::Failed);
    }

    #[test]
    fn hopeless_is_a_refused_key_or_a_long_outage() {
        let failed = Outcome::Failed;
        let mut hopeless = Hopeless::default();
        for _ in 1..UNAVAILABLE {
            assert_eq!(hopeless.after(&failed(Error::unavailable("no"))), None);
        }
        assert_eq!(hopeless.after(&Outcome::Changed), None);
        for _ in 1..UNAVAILABLE {
            assert_eq!(hopeless.after(&failed(Error::timed_out("no"))), None);
        }
        assert_eq!(hopeless.after(&failed(Error::conflict("no"))), None);
        let refused = hopeless.after(&failed(Error::unauthenticated("no")));
        assert_eq!(refused, Some(Halt::Refused));
        let mut hopeless = Hopeless::default();
        let halts = (0..UNAVAILABLE).map(|_| hopeless.after(&failed(Error::rate_limited("no"))));
        assert_eq!(halts.flatten().collect::<Vec<_>>(), [Halt::Unavailable]);
    }
}
