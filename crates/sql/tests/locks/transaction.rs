//! One change on its way through a transaction, step by step.

use std::{
    collections::{BTreeSet, VecDeque},
    rc::Rc,
};

use access_groups_core::{Operation, Reply, Timestamp};
use access_groups_in_memory::State;
use access_groups_sql::{Change, Lock, Slice, UniqueValue, Want};

use crate::{
    database::{Key, View, Waits},
    law::{described, kind},
    source::answer,
    writing::Writing,
};

/// A changing operation, with what is random in it.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) operation: Operation,
    pub(crate) nonce: u64,
    pub(crate) now: Timestamp,
}

impl Call {
    pub(crate) fn change(&self) -> Change {
        Change::new(self.operation.clone(), self.nonce).expect("it changes something")
    }
}

/// A lock that an operation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) operation: &'static str,
    pub(crate) want: &'static str,
    pub(crate) lock: Lock,
}

/// A lock that is taken more weakly than the crate says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weak {
    pub(crate) of: Place,
    pub(crate) instead: Lock,
}

/// What comes of a step.
#[derive(Debug)]
pub(crate) enum Stepped {
    /// It is done; others may come.
    On,
    /// Nothing happened: somebody has a lock.
    Waits,
    /// Something was not as it was seen: the whole change starts again.
    Overlap,
    /// It is committed, with this site after.
    Committed(Rc<State>),
    /// It is rolled back, and answers with its error.
    Refused,
}

/// An attempt at a change.
#[derive(Debug, Clone)]
pub(crate) struct Transaction {
    call: Rc<Call>,
    weak: Option<Weak>,
    change: Change,
    seen: Slice,
    round: usize,
    /// How many wants of this round are answered.
    answered: usize,
    found: Slice,
    reading: Option<Reading>,
    writing: Option<Writing>,
    pub(crate) locks: Vec<(Key, Lock)>,
    /// As a caller sees it.
    pub(crate) outcome: Option<Result<Reply, String>>,
}

/// A want that is answered in part, because it waits for a lock.
#[derive(Debug, Clone, PartialEq)]
struct Reading {
    left: VecDeque<Key>,
    found: Slice,
}

impl Transaction {
    pub(crate) fn new(call: Rc<Call>, weak: Option<Weak>) -> Self {
        Self {
            change: call.change(),
            call,
            weak,
            seen: Slice::default(),
            round: 0,
            answered: 0,
            found: Slice::default(),
            reading: None,
            writing: None,
            locks: Vec::new(),
            outcome: None,
        }
    }

    /// As at the beginning, with nonce and time as they were.
    pub(crate) fn restarted(&self) -> Self {
        Self::new(Rc::clone(&self.call), self.weak)
    }

    /// Answers a want or writes a piece, or ends.
    pub(crate) fn step(&mut self, view: &View<'_>) -> Stepped {
        if let Some(writing) = &mut self.writing {
            let done = writing.step(view, &mut self.locks);
            if let Stepped::Committed(_) = &done {
                self.outcome = self.writing.take().map(|writing| Ok(writing.reply));
            }
            return done;
        }
        if self.ask(view).is_err() {
            return Stepped::Waits;
        }
        self.answered += 1;
        if self.answered < self.change.wants().len() {
            return Stepped::On;
        }
        let found = std::mem::take(&mut self.found);
        self.seen.append(found.clone());
        self.change.found(found);
        (self.round, self.answered) = (self.round + 1, 0);
        match self.change.wants().is_empty() {
            true => self.decide(),
            false => Stepped::On,
        }
    }

    /// What it does next, in words.
    pub(crate) fn doing(&self) -> String {
        match &self.writing {
            None => format!("asks for {:?}", self.want()),
            Some(writing) => writing.doing(),
        }
    }

    /// What can be told of it at a glance: equal ones have equal numbers.
    pub(crate) fn digest(&self) -> [usize; 5] {
        let reading = self.reading.as_ref();
        let reading = reading.map_or(0, |reading| 1 + reading.left.len());
        let writing = self.writing.as_ref().map_or(0, Writing::digest);
        let has_ended = usize::from(self.outcome.is_some());
        let place = (self.round << 8) + self.answered;
        [place, reading, writing, self.locks.len(), has_ended]
    }

    /// Whether the two go on alike.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.digest() == other.digest()
            && self.seen == other.seen
            && self.found == other.found
            && self.locks == other.locks
            && self.reading == other.reading
            && self.writing == other.writing
            && self.outcome == other.outcome
    }

    fn want(&self) -> &Want {
        &self.change.wants()[self.answered]
    }

    fn ask(&mut self, view: &View<'_>) -> Result<(), Waits> {
        let want = self.want().clone();
        let lock = self.lock_of(&want);
        if lock == Lock::None {
            self.found.append(answer(view.site, [&want]));
            return Ok(());
        }
        let reading = self.reading.get_or_insert_with(|| Reading {
            left: match &want {
                Want::Holders(values) => claims(values),
                _ => view.candidates(&want).into(),
            },
            found: Slice::default(),
        });
        while let Some(key) = reading.left.front() {
            view.lock(&mut self.locks, key, lock)?;
            reading.found.append(view.read_again(&want, key));
            reading.left.pop_front();
        }
        let mut found = std::mem::take(&mut reading.found);
        // One identity is wanted, the first one.
        found.identities.truncate(1);
        if let Want::Holders(_) = &want {
            // Another statement, which sees what the claims have waited for.
            found = answer(view.site, [&want]);
        }
        self.reading = None;
        self.found.append(found);
        Ok(())
    }

    fn lock_of(&self, want: &Want) -> Lock {
        let place = Place {
            operation: self.call.operation.name(),
            want: kind(want),
            lock: lock_of(want),
        };
        match self.weak {
            Some(weak) if weak.of == place => weak.instead,
            _ => place.lock,
        }
    }

    fn decide(&mut self) -> Stepped {
        match self.change.decide(self.call.now) {
            Err(error) => {
                self.outcome = Some(Err(described(&error)));
                Stepped::Refused
            }
            Ok(decision) => {
                self.writing = Some(Writing::of(decision));
                Stepped::On
            }
        }
    }
}

/// The lock that the want has.
pub(crate) fn lock_of(want: &Want) -> Lock {
    match want {
        Want::Systems(_, lock)
        | Want::Identity(_, lock)
        | Want::User(_, lock)
        | Want::UsersOf { lock, .. }
        | Want::Groups(_, lock)
        | Want::Entrances(_, lock) => *lock,
        // The claim on a value keeps everybody else from it.
        Want::Holders(_) => Lock::Remove,
        Want::Workspace
        | Want::SomeOf(_)
        | Want::Unlinked(..)
        | Want::Memberships { .. }
        | Want::MembershipsOf(_)
        | Want::Grants { .. }
        | Want::GrantsOf(_)
        | Want::GroupEntrances { .. } => Lock::None,
    }
}

fn claims(values: &[UniqueValue]) -> VecDeque<Key> {
    let values: BTreeSet<_> = values.iter().cloned().collect();
    values.into_iter().map(Key::Value).collect()
}
