//! Resources by age: a page of a list starts where it starts, without a sort of everybody.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use access_groups_core::{AcsSystemId, AcsUser, Entrance, Page, Position, UserIdentity};

/// Positions in the order of lists: of everything, and of each system.
#[derive(Debug, Clone, Default)]
pub(super) struct ByAge {
    all: BTreeSet<Position>,
    of_system: BTreeMap<AcsSystemId, BTreeSet<Position>>,
}

impl ByAge {
    pub(super) fn insert(&mut self, system: Option<AcsSystemId>, position: Position) {
        self.all.insert(position);
        if let Some(system) = system {
            self.of_system.entry(system).or_default().insert(position);
        }
    }

    pub(super) fn remove(&mut self, system: Option<AcsSystemId>, position: Position) {
        self.all.remove(&position);
        if let Some(positions) = system.and_then(|system| self.of_system.get_mut(&system)) {
            positions.remove(&position);
        }
    }

    /// The same resource, of another age perhaps.
    pub(super) fn move_to(&mut self, system: Option<AcsSystemId>, old: Position, new: Position) {
        if old != new {
            self.remove(system, old);
            self.insert(system, new);
        }
    }

    /// The positions after `start`, of that system or of all; of an unknown system there are
    /// none.
    pub(super) fn after(
        &self,
        system: Option<AcsSystemId>,
        start: Option<Position>,
    ) -> impl Iterator<Item = Position> {
        let positions = match system {
            Some(system) => self.of_system.get(&system),
            None => Some(&self.all),
        };
        let start = start.map_or(Bound::Unbounded, Bound::Excluded);
        let after = positions.map(|positions| positions.range((start, Bound::Unbounded)));
        after.into_iter().flatten().copied()
    }
}

/// What has a place in a list that is sorted by age.
pub(super) trait Aged: Clone {
    fn position(&self) -> Position;
}

impl Aged for AcsUser {
    fn position(&self) -> Position {
        Position::new(self.created_at, self.acs_user_id)
    }
}

impl Aged for UserIdentity {
    fn position(&self) -> Position {
        Position::new(self.created_at, self.user_identity_id)
    }
}

impl Aged for Entrance {
    fn position(&self) -> Position {
        Position::new(self.created_at, self.acs_entrance_id)
    }
}

pub(super) fn age_of(resource: &impl Aged) -> Position {
    resource.position()
}

/// These resources after `start`, in the order of lists.
pub(super) fn in_order<'a, T: Aged + 'a>(
    resources: impl Iterator<Item = &'a T>,
    start: Option<Position>,
) -> impl Iterator<Item = &'a T> {
    let later = |resource: &&T| start.is_none_or(|start| resource.position() > start);
    let mut sorted: Vec<_> = resources.filter(later).collect();
    sorted.sort_unstable_by_key(|resource| resource.position());
    sorted.dedup_by_key(|resource| resource.position());
    sorted.into_iter()
}

/// The page with resources of its own.
pub(super) fn owned<T: Clone>(page: Page<&T>) -> Page<T> {
    Page {
        items: page.items.into_iter().cloned().collect(),
        next: page.next,
    }
}
