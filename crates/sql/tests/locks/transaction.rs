//! One change on its way through its transactions, step by step.

use std::{
    collections::{BTreeSet, VecDeque},
    rc::Rc,
};

use access_groups_core::{Error, Operation, Reply, Timestamp};
use access_groups_in_memory::State;
use access_groups_sql::{Change, Lock, Row, Slice, UniqueValue, Want, Write};

use crate::{
    database::{Key, View, Waits, of},
    law::{described, kind},
    source::answer,
    table::Table,
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
    Committed(State),
    /// It is rolled back and answers with its error.
    Refused,
}

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
    decided: Option<Rc<Reply>>,
    left: VecDeque<Piece>,
    written: Vec<Write>,
    pub(crate) locks: Vec<(Key, Lock)>,
    pub(crate) began: bool,
    pub(crate) outcome: Option<Result<Reply, Error>>,
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

/// A want that is answered in part.
#[derive(Debug, Clone)]
struct Reading {
    left: VecDeque<Key>,
    found: Slice,
}

/// A part of a write that waits for nobody, or for one lock.
#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Row(Write),
    /// A foreign key.
    Exists(Key),
    /// The other end of one.
    Empty(access_groups_core::AcsSystemId),
    Add(Key),
    Take(Key),
    /// A pair that goes with its row.
    Cascade(Key),
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
            decided: None,
            left: VecDeque::new(),
            written: Vec::new(),
            locks: Vec::new(),
            began: false,
            outcome: None,
        }
    }

    /// As at the beginning, with nonce and time as they were.
    pub(crate) fn restarted(&self) -> Self {
        Self {
            began: true,
            ..Self::new(Rc::clone(&self.call), self.weak)
        }
    }

    pub(crate) fn step(&mut self, view: &View<'_>) -> Stepped {
        self.began = true;
        if self.decided.is_some() {
            return self.write(view);
        }
        let want = self.want();
        if self.ask(view, &want).is_err() {
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
        match (&self.decided, self.left.front()) {
            (None, _) => format!("asks {:?}", self.want()),
            (Some(_), Some(piece)) => format!("writes {piece:?}"),
            (Some(_), None) => "commits".into(),
        }
    }

    /// What can be told of it at a glance: equal ones have equal numbers.
    pub(crate) fn digest(&self) -> [usize; 6] {
        let reading = self
            .reading
            .as_ref()
            .map_or(99, |reading| reading.left.len());
        let flags = [self.began, self.decided.is_some(), self.outcome.is_some()];
        let flags = flags
            .into_iter()
            .fold(0, |sum, flag| sum * 2 + usize::from(flag));
        let place = self.round * 16 + self.answered;
        let locks = self.locks.len();
        [
            place,
            reading,
            self.left.len(),
            self.written.len(),
            locks,
            flags,
        ]
    }

    /// Whether the two go on alike.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let reading = |one: &Self| {
            one.reading
                .as_ref()
                .map(|r| (r.left.clone(), r.found.clone()))
        };
        self.digest() == other.digest()
            && self.seen == other.seen
            && self.found == other.found
            && self.locks == other.locks
            && self.left == other.left
            && self.written == other.written
            && reading(self) == reading(other)
            && self.answer() == other.answer()
    }

    /// The outcome as a caller sees it.
    pub(crate) fn answer(&self) -> Option<Result<Reply, String>> {
        let outcome = self.outcome.as_ref()?;
        Some(outcome.as_ref().map(Clone::clone).map_err(described))
    }

    fn want(&self) -> Want {
        self.change.wants()[self.answered].clone()
    }

    fn lock_of(&self, want: &Want) -> Lock {
        let lock = lock_of(want);
        let name = self.call.operation.name();
        match self.weak {
            Some(weak)
                if weak.of
                    == (Place {
                        operation: name,
                        want: kind(want),
                        lock,
                    }) =>
            {
                weak.instead
            }
            _ => lock,
        }
    }

    fn ask(&mut self, view: &View<'_>, want: &Want) -> Result<(), Waits> {
        let lock = self.lock_of(want);
        if lock == Lock::None {
            self.found.append(answer(view.site, [want]));
            return Ok(());
        }
        let reading = self.reading.get_or_insert_with(|| Reading {
            left: match want {
                Want::Holders(values) => claims(values),
                _ => view.candidates(want).into(),
            },
            found: Slice::default(),
        });
        while let Some(key) = reading.left.front() {
            view.lock(&mut self.locks, key, lock)?;
            reading.found.append(view.read_again(want, key));
            reading.left.pop_front();
        }
        let mut found = std::mem::take(&mut reading.found);
        // One identity is wanted, the first one.
        found.identities.truncate(1);
        if let Want::Holders(_) = want {
            // Another statement, which sees what the locks have waited for.
            found = answer(view.site, [want]);
        }
        self.reading = None;
        self.found.append(found);
        Ok(())
    }

    fn decide(&mut self) -> Stepped {
        match self.change.decide(self.call.now) {
            Err(error) => {
                self.outcome = Some(Err(error));
                Stepped::Refused
            }
            Ok(decision) => {
                self.decided = Some(Rc::new(decision.reply));
                self.left = decision.writes.into_iter().flat_map(pieces).collect();
                Stepped::On
            }
        }
    }

    fn write(&mut self, view: &View<'_>) -> Stepped {
        let Some(piece) = self.left.front().cloned() else {
            return self.commit(view);
        };
        let done = match &piece {
            Piece::Row(write) => self.write_row(view, write),
            Piece::Exists(key) => self.refer(view, key),
            Piece::Empty(system) => match view.is_full(*system) {
                true => Stepped::Overlap,
                false => Stepped::On,
            },
            Piece::Add(pair) => self.add(view, pair),
            Piece::Take(pair) => self.take(view, pair),
            Piece::Cascade(pair) => match view.has(pair) {
                true => stepped(view.lock(&mut self.locks, pair, Lock::Remove)),
                false => Stepped::On,
            },
        };
        if let Stepped::On = done {
            self.left.pop_front();
        }
        done
    }

    fn write_row(&mut self, view: &View<'_>, write: &Write) -> Stepped {
        // Before and after waiting: what is not found is not waited for.
        if !view.is_as_seen(write) {
            return Stepped::Overlap;
        }
        let (key, system, lock) = row(write);
        if view.lock(&mut self.locks, &key, lock).is_err() {
            return Stepped::Waits;
        }
        self.written.push(write.clone());
        let systems = view.store.systems_are_keys;
        let mut follow: Vec<_> = match (write, lock) {
            (Write::System(Row::Drop(dropped)), _) if systems => {
                vec![Piece::Empty(dropped.acs_system_id)]
            }
            _ if is_drop(write) => view
                .pairs_of(&key)
                .into_iter()
                .map(Piece::Cascade)
                .collect(),
            _ => Vec::new(),
        };
        if is_new(write) && systems {
            follow.extend(system.map(Piece::Exists));
        }
        // Behind the write itself, which is taken away.
        for piece in follow.into_iter().rev() {
            self.left.insert(1, piece);
        }
        Stepped::On
    }

    fn refer(&mut self, view: &View<'_>, key: &Key) -> Stepped {
        let is_own = self
            .written
            .iter()
            .any(|write| is_new(write) && row(write).0 == *key);
        if is_own {
            return Stepped::On;
        }
        if !view.has(key) {
            return Stepped::Overlap;
        }
        stepped(view.lock(&mut self.locks, key, Lock::Refer))
    }

    fn add(&mut self, view: &View<'_>, pair: &Key) -> Stepped {
        let held = self.locks.len();
        if view.lock(&mut self.locks, pair, Lock::Remove).is_err() {
            return Stepped::Waits;
        }
        if view.has(pair) {
            // Nothing is inserted, and nothing locked.
            self.locks.truncate(held);
            return Stepped::On;
        }
        self.written.push(added(pair));
        for key in pair.parents().into_iter().rev() {
            self.left.insert(1, Piece::Exists(key));
        }
        Stepped::On
    }

    fn take(&mut self, view: &View<'_>, pair: &Key) -> Stepped {
        if !view.has(pair) {
            return Stepped::On;
        }
        if view.lock(&mut self.locks, pair, Lock::Remove).is_err() {
            return Stepped::Waits;
        }
        self.written.push(taken(pair));
        Stepped::On
    }

    fn commit(&mut self, view: &View<'_>) -> Stepped {
        let reply = self.decided.take().expect("it is decided");
        self.outcome = Some(Ok(Rc::unwrap_or_clone(reply)));
        let mut table = Table::of(view.site);
        for write in &self.written {
            table
                .write(write)
                .expect("the locks keep it as it was seen");
        }
        Stepped::Committed(State::from_slice(table.slice(), 0))
    }
}

/// The lock that a want has, if it is one that a weaker one may take the place of.
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

fn stepped(locked: Result<(), Waits>) -> Stepped {
    match locked {
        Ok(()) => Stepped::On,
        Err(Waits) => Stepped::Waits,
    }
}

fn pieces(write: Write) -> Vec<Piece> {
    match write {
        Write::Leave(pairs) => each(pairs, Key::Member, Piece::Take),
        Write::Join(pairs) => each(pairs, Key::Member, Piece::Add),
        Write::Ungrant(pairs) => each(pairs, Key::Granted, Piece::Take),
        Write::Grant(pairs) => each(pairs, Key::Granted, Piece::Add),
        Write::Release(pairs) => each(pairs, Key::Held, Piece::Take),
        Write::Hold(pairs) => each(pairs, Key::Held, Piece::Add),
        row => vec![Piece::Row(row)],
    }
}

fn each<A, B>(pairs: Vec<(A, B)>, key: fn(A, B) -> Key, piece: fn(Key) -> Piece) -> Vec<Piece> {
    let pairs = pairs.into_iter();
    pairs.map(|(one, other)| piece(key(one, other))).collect()
}

fn added(pair: &Key) -> Write {
    match pair {
        Key::Member(user, group) => Write::Join(vec![(*user, *group)]),
        Key::Granted(user, door) => Write::Grant(vec![(*user, *door)]),
        Key::Held(group, door) => Write::Hold(vec![(*group, *door)]),
        other => unreachable!("no pair: {other:?}"),
    }
}

fn taken(pair: &Key) -> Write {
    match pair {
        Key::Member(user, group) => Write::Leave(vec![(*user, *group)]),
        Key::Granted(user, door) => Write::Ungrant(vec![(*user, *door)]),
        Key::Held(group, door) => Write::Release(vec![(*group, *door)]),
        other => unreachable!("no pair: {other:?}"),
    }
}

/// Of a write of one row: its key, that of its system, and how it is locked.
fn row(write: &Write) -> (Key, Option<Key>, Lock) {
    fn lock<T>(row: &Row<T>) -> Lock {
        match row {
            Row::Put { .. } => Lock::Change,
            Row::New(_) | Row::Drop(_) => Lock::Remove,
        }
    }
    match write {
        Write::System(row) => (Key::System(of(row).acs_system_id), None, lock(row)),
        Write::Identity(row) => (Key::Identity(of(row).user_identity_id), None, lock(row)),
        Write::User(row) => {
            let system = Key::System(of(row).acs_system_id);
            (Key::User(of(row).acs_user_id), Some(system), lock(row))
        }
        Write::Group(row) => {
            let system = Key::System(of(row).acs_system_id);
            (
                Key::Group(of(row).acs_access_group_id),
                Some(system),
                lock(row),
            )
        }
        Write::Entrance(row) => {
            let system = Key::System(of(row).acs_system_id);
            (
                Key::Entrance(of(row).acs_entrance_id),
                Some(system),
                lock(row),
            )
        }
        pairs => unreachable!("no row: {pairs:?}"),
    }
}

fn is_new(write: &Write) -> bool {
    matches!(
        write,
        Write::System(Row::New(_))
            | Write::Identity(Row::New(_))
            | Write::User(Row::New(_))
            | Write::Group(Row::New(_))
            | Write::Entrance(Row::New(_))
    )
}

fn is_drop(write: &Write) -> bool {
    matches!(
        write,
        Write::System(Row::Drop(_))
            | Write::Identity(Row::Drop(_))
            | Write::User(Row::Drop(_))
            | Write::Group(Row::Drop(_))
            | Write::Entrance(Row::Drop(_))
    )
}
