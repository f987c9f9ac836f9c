//! A driver of the queue that keeps a journal, answers in any order, and may die at any moment.

use std::collections::{BTreeMap, BTreeSet};

use access_groups_core::{
    Context, MembershipChange, Operation, Reply, Ticket, Timestamp, prelude::*,
};
use access_groups_roster::{
    Change, ChangeQueue, ChangeStep, Journal, JournalEntry, JournalHeader, JournalOutcome, Limits,
    Plan, Survey,
};
use proptest::prelude::*;

use crate::site::{Memberships, Site};

/// What becomes of one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fate {
    /// Which of the open calls it is.
    which: usize,
    what: What,
    /// Another program makes this change of the plan just before.
    other: Option<usize>,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Answered,
    Refused,
    /// Carried out, and the answer is lost.
    AnswerLost,
    RequestLost,
    /// The answer is lost, and the request arrives later than everything else.
    Late,
}

pub(crate) fn fates(has_faults: bool, has_others: bool) -> impl Strategy<Value = Fate> {
    use What::{AnswerLost, Answered, Late, Refused, RequestLost};
    let mut what = vec![Answered; 6];
    if has_faults {
        what.extend([Refused, AnswerLost, RequestLost, Late]);
    }
    let is_met = (0..5).prop_map(move |number| has_others && number == 0);
    let parts = (
        any::<usize>(),
        prop::sample::select(what),
        is_met,
        any::<usize>(),
    );
    parts.prop_map(|(which, what, is_met, other)| Fate {
        which,
        what,
        other: is_met.then_some(other),
    })
}

impl Fate {
    /// Every call is answered, in the order of the calls.
    pub(crate) fn answered() -> impl Iterator<Item = Self> {
        std::iter::repeat(Self {
            which: 0,
            what: What::Answered,
            other: None,
        })
    }
}

/// Who has made a change of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Maker {
    This,
    Other,
}

/// One apply: the journal as the disk has it, and what has happened in truth.
pub(crate) struct Apply<'s> {
    site: &'s Site,
    pub(crate) changes: Vec<Change>,
    pub(crate) journal: Vec<u8>,
    /// Where its list of changes ends.
    pub(crate) list_end: usize,
    /// Up to where it survives everything.
    pub(crate) synced: usize,
    /// The changes of which a call has begun.
    pub(crate) begun: BTreeSet<usize>,
    /// Where the line of its last begin ends, unless the disk has lost it.
    pub(crate) begins: BTreeMap<usize, usize>,
    pub(crate) makers: BTreeMap<usize, Maker>,
    /// The memberships after each call.
    pub(crate) moments: Vec<Memberships>,
    late: Vec<(usize, Operation)>,
}

impl<'s> Apply<'s> {
    pub(crate) fn new(site: &'s Site, plan: &Plan, changes: Vec<Change>) -> Self {
        let header = JournalHeader::new("a test", Timestamp::UNIX_EPOCH, "memory", plan);
        let mut journal = JournalEntry::header(header).to_line();
        for change in &changes {
            journal += &JournalEntry::of_change(change).to_line();
        }
        Self {
            site,
            changes,
            list_end: journal.len(),
            journal: journal.into_bytes(),
            synced: 0,
            begun: BTreeSet::new(),
            begins: BTreeMap::new(),
            makers: BTreeMap::new(),
            moments: vec![site.memberships()],
            late: Vec::new(),
        }
    }

    /// All changes, with their places.
    pub(crate) fn all(&self) -> Vec<(usize, Change)> {
        self.changes.iter().copied().enumerate().collect()
    }

    /// Makes these changes until they are over, or until death comes before this step.
    pub(crate) fn run(
        &mut self,
        changes: &[(usize, Change)],
        limits: Limits,
        fates: &mut dyn Iterator<Item = Fate>,
        death: Option<usize>,
    ) {
        let mut queue = ChangeQueue::new(changes.iter().map(|(_, change)| *change), limits);
        let mut open: Vec<(Ticket, Option<usize>, Operation)> = Vec::new();
        let mut begins = None;
        for step in 0.. {
            if death == Some(step) {
                return self.die(open, fates);
            }
            match queue.step() {
                ChangeStep::Begin(index) => {
                    let change = changes[index].0;
                    self.write(&JournalEntry::Begin { change });
                    self.begun.insert(change);
                    self.begins.insert(change, self.journal.len());
                    begins = Some(change);
                }
                ChangeStep::Call(ticket, operation) => {
                    open.push((ticket, begins.take(), operation))
                }
                ChangeStep::Report(report) => {
                    let outcome = JournalOutcome::of(&report.outcome);
                    self.outcome(changes[report.index].0, outcome);
                }
                ChangeStep::AwaitAnswer => {
                    let fate = fates.next().expect("an endless iterator");
                    let (ticket, place, operation) = open.swap_remove(fate.which % open.len());
                    queue.answer(ticket, self.answer(place, operation, fate));
                }
                ChangeStep::Done => return self.write(&JournalEntry::End { at: NOW }),
            }
        }
    }

    /// Some of the open calls have arrived, some will, some never do.
    fn die(
        &mut self,
        open: Vec<(Ticket, Option<usize>, Operation)>,
        fates: &mut dyn Iterator<Item = Fate>,
    ) {
        for (_, place, operation) in open {
            let fate = fates.next().expect("an endless iterator");
            drop(self.answer(place, operation, fate));
        }
    }

    fn answer(
        &mut self,
        place: Option<usize>,
        operation: Operation,
        fate: Fate,
    ) -> Result<Reply, Error> {
        if let Some(place) = fate
            .other
            .and_then(|other| other.checked_rem(self.changes.len()))
        {
            let change = self.changes[place];
            let is_addition = change.kind == MembershipChange::Added;
            self.watch(place, Maker::Other, |site| {
                site.set(site.pair(&change), is_addition);
            });
        }
        if fate.which.is_multiple_of(4) {
            self.late_calls_arrive();
        }
        let Some(place) = place else {
            return match fate.what {
                What::Answered => self.site.store.call(operation, &Context::new()),
                _ => Err(Error::unavailable("away")),
            };
        };
        match fate.what {
            What::Answered => self.carry_out(place, operation),
            What::Refused => Err(Error::unavailable("away")),
            What::AnswerLost => {
                self.carry_out(place, operation)?;
                Err(lost())
            }
            What::RequestLost => Err(lost()),
            What::Late => {
                self.late.push((place, operation));
                Err(lost())
            }
        }
    }

    fn carry_out(&mut self, place: usize, operation: Operation) -> Result<Reply, Error> {
        self.watch(place, Maker::This, |site| {
            site.store.call(operation, &Context::new())
        })
    }

    /// Does it, and notes who has changed the membership. Nobody takes back what the plan wants, so each
    /// is changed once.
    fn watch<T>(&mut self, place: usize, maker: Maker, change: impl FnOnce(&Site) -> T) -> T {
        let result = change(self.site);
        let after = self.site.memberships();
        if self.moments.last() != Some(&after) {
            assert_eq!(self.makers.insert(place, maker), None, "changed back");
            self.moments.push(after);
        }
        result
    }

    /// The requests that were on their way arrive.
    pub(crate) fn late_calls_arrive(&mut self) {
        for (place, operation) in std::mem::take(&mut self.late) {
            self.carry_out(place, operation).expect("memory");
        }
    }

    /// Reads the journal and what the service shows, and returns what is left to do.
    pub(crate) fn resume(&mut self) -> Vec<(usize, Change)> {
        let journal = Journal::read(&self.journal).expect("only its end was lost");
        assert_eq!(journal.changes, self.changes);
        self.journal.truncate(journal.whole_bytes);
        self.synced = journal.whole_bytes;
        self.write(&JournalEntry::Resumed { at: NOW });
        let groups: BTreeSet<_> = journal.changes.iter().map(|change| change.group).collect();
        let observed = self.site.observe(Survey::of_groups(groups));
        let remaining = journal.remaining(&observed);
        for (place, outcome) in remaining.settled {
            self.outcome(place, outcome);
        }
        remaining.to_make
    }

    fn outcome(&mut self, change: usize, outcome: JournalOutcome) {
        let at = NOW;
        self.write(&JournalEntry::Outcome {
            change,
            outcome,
            at,
        });
    }

    fn write(&mut self, entry: &JournalEntry) {
        self.journal.extend_from_slice(entry.to_line().as_bytes());
    }

    pub(crate) fn read(&self) -> Journal {
        Journal::read(&self.journal).expect("a journal")
    }

    /// Makes the changes of a plan, with nothing in the way.
    pub(crate) fn plainly(site: &Site, plan: &Plan) {
        for change in plan.changes() {
            let done = match change.kind {
                MembershipChange::Added => site.store.add_user(change.user, change.group),
                MembershipChange::Removed => site.store.remove_user(change.user, change.group),
            };
            done.expect("memory");
        }
    }
}

fn lost() -> Error {
    Error::unavailable("lost").with_ambiguity(true)
}

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
