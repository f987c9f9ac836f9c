//! Carries changes out: makes the calls, keeps the journal, and shows the progress.

use std::{io, num::NonZeroUsize};

use access_groups_core::{CancelToken, ErrorKind};
use access_groups_roster::{
    Change, Event, JournalEntry, JournalOutcome, Limits, Outcome, Report, StopReason,
    change_all_blocking,
};

use super::journal::JournalFile;
use crate::{clock, progress::Progress, signals, store::Store};

/// A change that was asked for, with its place in the plan, and what came of it.
pub(super) struct Carried {
    pub(super) place: usize,
    pub(super) change: Change,
    pub(super) outcome: Outcome,
}

/// Why no further call was made before everything was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    /// A signal.
    Interrupted,
    /// Calls have failed in a row, because the service cannot be reached.
    Unavailable,
    /// The credential is refused.
    Refused,
    /// The journal cannot be written.
    Journal(io::ErrorKind),
}

/// Everything that was done.
pub(super) struct All {
    pub(super) carried: Vec<Carried>,
    pub(super) halt: Option<Halt>,
}

/// Carries out these changes, each with its place in the plan. `told` gets each outcome as it is known.
pub(super) fn carry(
    store: &Store,
    changes: &[(usize, Change)],
    concurrency: NonZeroUsize,
    journal: Option<&JournalFile>,
    told: impl FnMut(&Carried),
) -> All {
    let stop = CancelToken::new();
    let _gently = signals::stop_with(stop.clone());
    let halting = CancelToken::new();
    let limits = Limits::of_plan()
        .with_concurrency(concurrency)
        .with_stop(stop.or(&halting));
    let mut carrying = Carrying {
        store,
        journal,
        told,
        halting,
        halt: None,
        unavailable_in_a_row: 0,
        unsaved: Vec::new(),
        carried: Vec::new(),
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
    let was_stopped = stop.is_cancelled() && carrying.has_untried();
    let interrupted = was_stopped.then_some(Halt::Interrupted);
    All {
        halt: carrying.halt.or(interrupted),
        carried: carrying.carried,
    }
}

struct Carrying<'a, T> {
    store: &'a Store,
    journal: Option<&'a JournalFile>,
    told: T,
    halting: CancelToken,
    halt: Option<Halt>,
    unavailable_in_a_row: usize,
    /// A file is saved once for all: until then, nothing is done.
    unsaved: Vec<Carried>,
    carried: Vec<Carried>,
    progress: Progress,
}

impl<T: FnMut(&Carried)> Carrying<'_, T> {
    fn begin(&mut self, place: usize) {
        self.write(&JournalEntry::Begin { change: place });
    }

    fn report(&mut self, place: usize, report: Report) {
        let Report {
            change, outcome, ..
        } = report;
        self.watch(&outcome);
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

    /// Notices what would only fail again.
    fn watch(&mut self, outcome: &Outcome) {
        let kind = match outcome {
            Outcome::Failed(error) => Some(error.kind()),
            _ => None,
        };
        match kind {
            Some(ErrorKind::Unauthenticated) => self.halt(Halt::Refused),
            Some(ErrorKind::Unavailable | ErrorKind::TimedOut | ErrorKind::RateLimited) => {
                self.unavailable_in_a_row += 1;
                if self.unavailable_in_a_row >= UNAVAILABLE {
                    self.halt(Halt::Unavailable);
                }
            }
            // What was not tried says nothing of the service.
            None if matches!(outcome, Outcome::NotTried(_)) => {}
            _ => self.unavailable_in_a_row = 0,
        }
    }

    fn halt(&mut self, halt: Halt) {
        self.halt.get_or_insert(halt);
        self.halting.cancel();
    }

    /// Saves the file, if the store is one: then everything in it is done.
    fn save(&mut self) {
        let unsaved = std::mem::take(&mut self.unsaved);
        if unsaved.is_empty() {
            return;
        }
        let saved = self.store.save();
        for mut carried in unsaved {
            if let (Err(error), true) = (&saved, carried.outcome.is_accepted()) {
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
        self.progress.around(|| (self.told)(&carried));
        self.carried.push(carried);
        self.progress.at(self.carried.len());
    }

    fn write(&mut self, entry: &JournalEntry) {
        if let Some(journal) = self.journal
            && let Err(error) = journal.append(entry)
        {
            // No call without its line.
            self.halt(Halt::Journal(error.kind()));
        }
    }

    fn has_untried(&self) -> bool {
        let cancelled =
            |carried: &Carried| matches!(carried.outcome, Outcome::NotTried(StopReason::Cancelled));
        self.carried.iter().any(cancelled)
    }
}

/// After so many failures in a row the service counts as unavailable: more than are open at a time.
const UNAVAILABLE: usize = 20;
