//! What a transaction writes, piece by piece, with what foreign keys do.

use std::{collections::VecDeque, rc::Rc};

use access_groups_core::{AcsSystemId, Reply};
use access_groups_in_memory::State;
use access_groups_sql::{Decision, Lock, Row, Write};

use crate::{
    database::{Duty, Key, View, Waits, of},
    table::Table,
    transaction::Stepped,
};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Writing {
    pub(crate) reply: Reply,
    left: VecDeque<Piece>,
    /// What others see after the commit.
    written: Vec<Write>,
}

/// A part of a write that waits for one lock at most.
#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Row(Write),
    /// A foreign key: this must be there.
    Exists(Key),
    /// The same from the other end: nothing may be in the system.
    Empty(AcsSystemId),
    Add(Key),
    Take(Key),
    /// A pair that goes with its row.
    Cascade(Key),
}

impl Writing {
    pub(crate) fn of(decision: Decision) -> Self {
        Self {
            reply: decision.reply,
            left: decision.writes.into_iter().flat_map(pieces).collect(),
            written: Vec::new(),
        }
    }

    pub(crate) fn digest(&self) -> usize {
        1 + (self.left.len() << 8) + self.written.len()
    }

    pub(crate) fn doing(&self) -> String {
        let next = self.left.front();
        next.map_or_else(|| "commits".into(), |piece| format!("writes {piece:?}"))
    }

    /// Writes the next piece, or commits.
    pub(crate) fn step(&mut self, view: &View<'_>, locks: &mut Vec<(Key, Lock)>) -> Stepped {
        let Some(piece) = self.left.front().cloned() else {
            return Stepped::Committed(Rc::new(self.written_to(view)));
        };
        let done = match &piece {
            Piece::Row(write) => self.write(view, locks, write),
            Piece::Exists(key) => self.refer(view, locks, key),
            Piece::Empty(system) => Ok(!view.is_full(*system)),
            Piece::Add(pair) => self.add(view, locks, pair),
            Piece::Take(pair) => self.take(view, locks, pair),
            Piece::Cascade(pair) => match view.has(pair) {
                true => view.lock(locks, pair, Lock::Remove).map(|()| true),
                false => Ok(true),
            },
        };
        match done {
            Err(Waits) => Stepped::Waits,
            Ok(false) => Stepped::Overlap,
            Ok(true) => {
                self.left.pop_front();
                Stepped::On
            }
        }
    }

    /// False if the row is not as it was seen.
    fn write(
        &mut self,
        view: &View<'_>,
        locks: &mut Vec<(Key, Lock)>,
        write: &Write,
    ) -> Result<bool, Waits> {
        // Before and after waiting: what is not found is not waited for.
        if !view.is_as_seen(write) {
            return Ok(false);
        }
        let (key, system, what) = row(write);
        let lock = match what {
            Kind::Put => Lock::Change,
            Kind::New | Kind::Drop => Lock::Remove,
        };
        view.lock(locks, &key, lock)?;
        self.written.push(write.clone());
        let has_keys = view.store.systems_are_keys;
        match (what, &key) {
            (Kind::New, _) if has_keys => self.follow(system.map(Piece::Exists)),
            (Kind::Drop, Key::System(id)) if has_keys => self.follow([Piece::Empty(*id)]),
            (Kind::Drop, _) => self.follow(view.pairs_of(&key).into_iter().map(Piece::Cascade)),
            _ => {}
        }
        Ok(true)
    }

    fn refer(
        &self,
        view: &View<'_>,
        locks: &mut Vec<(Key, Lock)>,
        key: &Key,
    ) -> Result<bool, Waits> {
        let is_own = |write: &Write| is_row(write) && row(write).0 == *key;
        if self.written.iter().any(is_own) {
            return Ok(true);
        }
        if !view.has(key) {
            return Ok(false);
        }
        view.lock(locks, key, Lock::Refer).map(|()| true)
    }

    fn add(
        &mut self,
        view: &View<'_>,
        locks: &mut Vec<(Key, Lock)>,
        pair: &Key,
    ) -> Result<bool, Waits> {
        let held = locks.len();
        view.lock(locks, pair, Lock::Remove)?;
        if view.has(pair) {
            // Nothing is inserted, and nothing locked.
            locks.truncate(held);
            return Ok(true);
        }
        self.written.push(added(pair));
        if view.store.lacks != Some(Duty::Keys) {
            self.follow(pair.parents().into_iter().map(Piece::Exists));
        }
        Ok(true)
    }

    fn take(
        &mut self,
        view: &View<'_>,
        locks: &mut Vec<(Key, Lock)>,
        pair: &Key,
    ) -> Result<bool, Waits> {
        if view.has(pair) {
            view.lock(locks, pair, Lock::Remove)?;
            self.written.push(taken(pair));
        }
        Ok(true)
    }

    /// Comes after the piece that is being written, which still is the first.
    fn follow(&mut self, pieces: impl IntoIterator<Item = Piece>) {
        let rest = self.left.split_off(1);
        self.left.extend(pieces.into_iter().chain(rest));
    }

    fn written_to(&self, view: &View<'_>) -> State {
        let mut table = Table::of(view.site);
        for write in &self.written {
            let done = table.write(write);
            // Without guards, it is written all the same.
            let is_as_seen = done.is_ok() || view.store.lacks == Some(Duty::Guards);
            assert!(is_as_seen, "the locks keep everything as it was: {done:?}");
        }
        State::from_slice(table.slice(), 0)
    }
}

fn pieces(write: Write) -> Vec<Piece> {
    match write {
        Write::System(_)
        | Write::Identity(_)
        | Write::User(_)
        | Write::Group(_)
        | Write::Entrance(_) => vec![Piece::Row(write)],
        Write::Leave(pairs) => each(pairs, Key::Member, Piece::Take),
        Write::Join(pairs) => each(pairs, Key::Member, Piece::Add),
        Write::Ungrant(pairs) => each(pairs, Key::Granted, Piece::Take),
        Write::Grant(pairs) => each(pairs, Key::Granted, Piece::Add),
        Write::Release(pairs) => each(pairs, Key::Held, Piece::Take),
        Write::Hold(pairs) => each(pairs, Key::Held, Piece::Add),
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

#[derive(Debug, Clone, Copy)]
enum Kind {
    New,
    Put,
    Drop,
}

/// Of a write of one row: its key, that of its system, and what is done to it.
fn row(write: &Write) -> (Key, Option<Key>, Kind) {
    let system = |id| Some(Key::System(id));
    match write {
        Write::System(row) => (Key::System(of(row).acs_system_id), None, kind(row)),
        Write::Identity(row) => (Key::Identity(of(row).user_identity_id), None, kind(row)),
        Write::User(row) => {
            let (key, of_system) = (Key::User(of(row).acs_user_id), of(row).acs_system_id);
            (key, system(of_system), kind(row))
        }
        Write::Group(row) => {
            let key = Key::Group(of(row).acs_access_group_id);
            (key, system(of(row).acs_system_id), kind(row))
        }
        Write::Entrance(row) => {
            let key = Key::Entrance(of(row).acs_entrance_id);
            (key, system(of(row).acs_system_id), kind(row))
        }
        pairs => unreachable!("no row: {pairs:?}"),
    }
}

fn kind<T>(row: &Row<T>) -> Kind {
    match row {
        Row::New(_) => Kind::New,
        Row::Put { .. } => Kind::Put,
        Row::Drop(_) => Kind::Drop,
    }
}

fn is_row(write: &Write) -> bool {
    matches!(
        write,
        Write::System(_)
            | Write::Identity(_)
            | Write::User(_)
            | Write::Group(_)
            | Write::Entrance(_)
    )
}
