//! Who is in which group: a set of pairs with an index in each direction.

#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet, hash_map},
    hash::Hash,
};

use access_groups_core::{AccessGroupId, AcsUserId};
use rapidhash::fast::RandomState;
use smallvec::SmallVec;

/// A set of pairs (user, group), indexed in both directions.
///
/// Both indexes always hold the same pairs, and neither holds an empty set. Each names the ids of
/// the other by small numbers, so that a pair takes few bytes. A user's numbers are a short list
/// beside the user's id, so that a lookup of a pair reads each index once. A lookup costs the size
/// of its answer, not that of the index; a change costs the size of the user's list, which is
/// short unless the user is in very many groups.
#[derive(Debug, Clone, Default)]
pub(crate) struct Membership {
    users: Index<AcsUserId, ShortList>,
    groups: Index<AccessGroupId, HashedSet>,
    len: usize,
}

impl Membership {
    /// Adds the pair; `false` if it was in the set.
    pub(crate) fn insert(&mut self, user: AcsUserId, group: AccessGroupId) -> bool {
        // An id that is new here has no pair yet, so the insertion cannot leave an empty set.
        let (user, group) = (self.users.entry(user), self.groups.entry(group));
        let is_new = user.others.insert(group.number);
        if is_new {
            group.others.insert(user.number);
            self.len += 1;
        }
        is_new
    }

    /// Removes the pair; `false` if it was not in the set.
    pub(crate) fn remove(&mut self, user: AcsUserId, group: AccessGroupId) -> bool {
        let Some(of_group) = self.groups.get(group) else {
            return false;
        };
        let Some(user_number) = self.users.remove_pair(user, of_group.number) else {
            return false;
        };
        self.groups.remove_pair(group, user_number);
        self.len -= 1;
        true
    }

    /// Removes every pair of the user.
    pub(crate) fn remove_user(&mut self, user: AcsUserId) {
        if let Some(removed) = self.users.remove(user) {
            for group in removed.others.iter() {
                self.groups
                    .remove_pair(self.groups.id(group), removed.number);
                self.len -= 1;
            }
        }
    }

    /// Removes every pair of the group.
    pub(crate) fn remove_group(&mut self, group: AccessGroupId) {
        if let Some(removed) = self.groups.remove(group) {
            for user in removed.others.iter() {
                self.users.remove_pair(self.users.id(user), removed.number);
                self.len -= 1;
            }
        }
    }

    /// Whether the pair is in the set.
    pub(crate) fn contains(&self, user: AcsUserId, group: AccessGroupId) -> bool {
        match (self.users.get(user), self.groups.get(group)) {
            (Some(user), Some(group)) => user.others.contains(group.number),
            _ => false,
        }
    }

    /// The groups of the user, in no order.
    pub(crate) fn groups_of(&self, user: AcsUserId) -> impl Iterator<Item = AccessGroupId> {
        let numbers = self.users.get(user).map(|entry| entry.others.iter());
        let numbers = numbers.into_iter().flatten();
        numbers.map(|group| self.groups.id(group))
    }

    /// The users of the group, in no order.
    pub(crate) fn members_of(&self, group: AccessGroupId) -> impl Iterator<Item = AcsUserId> {
        let numbers = self.groups.get(group).map(|entry| entry.others.iter());
        let numbers = numbers.into_iter().flatten();
        numbers.map(|user| self.users.id(user))
    }

    /// Every pair, group by group, sorted by id.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (AcsUserId, AccessGroupId)> {
        let groups = sorted(self.groups.ids());
        groups.into_iter().flat_map(|group| {
            let users = sorted(self.members_of(group));
            users.into_iter().map(move |user| (user, group))
        })
    }

    /// How many pairs there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

// The numbers depend on the order of insertion, so they cannot be compared.
impl PartialEq for Membership {
    fn eq(&self, other: &Self) -> bool {
        let mut pairs = self.pairs();
        self.len == other.len && pairs.all(|(user, group)| other.contains(user, group))
    }
}

impl Eq for Membership {}

/// The ids, sorted.
pub(crate) fn sorted<T: Ord>(ids: impl Iterator<Item = T>) -> Vec<T> {
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    ids
}

/// One direction: ids of one kind, each with a number of its own and with the numbers of others.
///
/// A number names the same id as long as the id is here; later it may name another.
#[derive(Debug, Clone)]
struct Index<Id, Numbers> {
    entries: HashMap<Id, Entry<Numbers>, RandomState>,
    /// The id of each number; the ids of free numbers are stale.
    ids: Vec<Id>,
    free: Vec<u32>,
}

#[derive(Debug, Clone)]
struct Entry<Numbers> {
    number: u32,
    others: Numbers,
}

impl<Id: Copy + Eq + Hash, Numbers: NumberSet> Index<Id, Numbers> {
    fn get(&self, id: Id) -> Option<&Entry<Numbers>> {
        self.entries.get(&id)
    }

    /// The entry of the id, empty if the id is new.
    fn entry(&mut self, id: Id) -> &mut Entry<Numbers> {
        self.entries.entry(id).or_insert_with(|| Entry {
            number: assign_number(id, &mut self.ids, &mut self.free),
            others: Numbers::default(),
        })
    }

    /// Removes the other number from those of the id, and the id with its last one; returns the
    /// number of the id if the other was among them.
    fn remove_pair(&mut self, id: Id, other: u32) -> Option<u32> {
        let hash_map::Entry::Occupied(mut entry) = self.entries.entry(id) else {
            return None;
        };
        if !entry.get_mut().others.remove(other) {
            return None;
        }
        let number = entry.get().number;
        if entry.get().others.is_empty() {
            entry.remove();
            self.free.push(number);
        }
        Some(number)
    }

    fn remove(&mut self, id: Id) -> Option<Entry<Numbers>> {
        let removed = self.entries.remove(&id)?;
        self.free.push(removed.number);
        Some(removed)
    }

    /// The id with the number.
    fn id(&self, number: u32) -> Id {
        self.ids[number as usize]
    }

    /// All ids, in no order.
    fn ids(&self) -> impl Iterator<Item = Id> {
        self.entries.keys().copied()
    }
}

impl<Id, Numbers> Default for Index<Id, Numbers> {
    fn default() -> Self {
        Self {
            entries: HashMap::default(),
            ids: Vec::new(),
            free: Vec::new(),
        }
    }
}

/// Assigns a number that no id has.
// No method of `Index`: the entry that gets the number borrows the map meanwhile.
fn assign_number<Id>(id: Id, ids: &mut Vec<Id>, free: &mut Vec<u32>) -> u32 {
    if let Some(number) = free.pop() {
        ids[number as usize] = id;
        return number;
    }
    let number = u32::try_from(ids.len()).expect("memory ends before the numbers do");
    ids.push(id);
    number
}

/// A set of numbers that stand for ids.
trait NumberSet: Default {
    /// Adds the number; `false` if it was in the set.
    fn insert(&mut self, number: u32) -> bool;
    /// Removes the number; `false` if it was not in the set.
    fn remove(&mut self, number: u32) -> bool;
    fn is_empty(&self) -> bool;
    fn iter(&self) -> impl Iterator<Item = u32>;
}

/// A sorted list, for the few groups of a user.
// Twelve numbers are stored in place: reading the entry of a user loads them too.
#[derive(Debug, Clone, Default)]
struct ShortList(SmallVec<[u32; 12]>);

impl ShortList {
    fn contains(&self, number: u32) -> bool {
        self.0.binary_search(&number).is_ok()
    }
}

impl NumberSet for ShortList {
    fn insert(&mut self, number: u32) -> bool {
        let position = self.0.binary_search(&number);
        if let Err(position) = position {
            self.0.insert(position, number);
        }
        position.is_err()
    }

    fn remove(&mut self, number: u32) -> bool {
        let position = self.0.binary_search(&number);
        if let Ok(position) = position {
            self.0.remove(position);
        }
        position.is_ok()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().copied()
    }
}

/// A set of any size, for the many users of a group: its size slows down neither a change nor a
/// lookup.
#[derive(Debug, Clone, Default)]
struct HashedSet(HashSet<u32, RandomState>);

impl NumberSet for HashedSet {
    fn insert(&mut self, number: u32) -> bool {
        self.0.insert(number)
    }

    fn remove(&mut self, number: u32) -> bool {
        let was_in = self.0.remove(&number);
        // Iteration visits the whole capacity: it must not cost what the set once held.
        if self.0.len() < self.0.capacity() / 8 {
            self.0.shrink_to(2 * self.0.len());
        }
        was_in
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().copied()
    }
}
