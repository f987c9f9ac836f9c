//! Resources by id: found without a search, listed in order.

use std::{collections::HashMap, hash::Hash};

use access_groups_core::AcsSystemId;
use rapidhash::fast::RandomState;

/// A map from ids to resources of a system, whose listing is sorted by id when it is asked for.
///
/// The system stands beside the id, and the resource apart: every change of a membership asks
/// whether its user and its group belong together, and need not look at either for that.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table<Id: Eq + Hash, T>(HashMap<Id, Row<T>, RandomState>);

#[derive(Debug, Clone, PartialEq)]
struct Row<T> {
    system: AcsSystemId,
    resource: Box<T>,
}

impl<Id: Copy + Ord + Hash, T> Table<Id, T> {
    pub(super) fn system_of(&self, id: Id) -> Option<AcsSystemId> {
        self.0.get(&id).map(|row| row.system)
    }

    pub(super) fn get(&self, id: Id) -> Option<&T> {
        self.0.get(&id).map(|row| &*row.resource)
    }

    /// The resource, whose system must stay.
    pub(super) fn get_mut(&mut self, id: Id) -> Option<&mut T> {
        self.0.get_mut(&id).map(|row| &mut *row.resource)
    }

    pub(super) fn contains(&self, id: Id) -> bool {
        self.0.contains_key(&id)
    }

    /// Puts the resource in, in place of one with that id.
    pub(super) fn insert(&mut self, id: Id, system: AcsSystemId, resource: T) {
        let resource = Box::new(resource);
        self.0.insert(id, Row { system, resource });
    }

    pub(super) fn remove(&mut self, id: Id) -> Option<T> {
        self.0.remove(&id).map(|row| *row.resource)
    }

    /// All resources, sorted by id.
    pub(super) fn sorted(&self) -> impl Iterator<Item = &T> {
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_unstable_by_key(|(id, _)| **id);
        all.into_iter().map(|(_, row)| &*row.resource)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl<Id: Eq + Hash, T> Default for Table<Id, T> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}
