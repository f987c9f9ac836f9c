//! One direction of the index.

use std::{
    collections::{HashMap, hash_map},
    hash::Hash,
};

use rapidhash::fast::RandomState;

use super::numbers::NumberSet;

/// Ids of one kind, each with a number of its own and with the numbers of others.
///
/// A number names the same id as long as the id is here; later it may name another.
#[derive(Debug, Clone)]
pub(super) struct Side<Id, Numbers> {
    entries: HashMap<Id, Entry<Numbers>, RandomState>,
    /// The id of each number; what free numbers had is left behind.
    ids: Vec<Id>,
    free: Vec<u32>,
}

/// What is known of one id.
#[derive(Debug, Clone)]
pub(super) struct Entry<Numbers> {
    pub(super) number: u32,
    pub(super) others: Numbers,
}

impl<Id: Copy + Eq + Hash, Numbers: NumberSet> Side<Id, Numbers> {
    pub(super) fn get(&self, id: Id) -> Option<&Entry<Numbers>> {
        self.entries.get(&id)
    }

    /// The entry of the id, which is empty if the id is new.
    pub(super) fn entry(&mut self, id: Id) -> &mut Entry<Numbers> {
        self.entries.entry(id).or_insert_with(|| Entry {
            number: number_for(id, &mut self.ids, &mut self.free),
            others: Numbers::default(),
        })
    }

    /// Takes the other out of the numbers of the id, and the id out with its last one; gives
    /// the number of the id if the other was in.
    pub(super) fn cut(&mut self, id: Id, other: u32) -> Option<u32> {
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

    /// Takes the id out.
    pub(super) fn forget(&mut self, id: Id) -> Option<Entry<Numbers>> {
        let gone = self.entries.remove(&id)?;
        self.free.push(gone.number);
        Some(gone)
    }

    /// The id with the number.
    pub(super) fn id(&self, number: u32) -> Id {
        self.ids[number as usize]
    }

    /// All ids, in no order.
    pub(super) fn ids(&self) -> impl Iterator<Item = Id> {
        self.entries.keys().copied()
    }
}

impl<Id, Numbers> Default for Side<Id, Numbers> {
    fn default() -> Self {
        Self {
            entries: HashMap::default(),
            ids: Vec::new(),
            free: Vec::new(),
        }
    }
}

/// A number that names nobody, and from now on the id.
fn number_for<Id>(id: Id, ids: &mut Vec<Id>, free: &mut Vec<u32>) -> u32 {
    if let Some(number) = free.pop() {
        ids[number as usize] = id;
        return number;
    }
    let number = u32::try_from(ids.len()).expect("memory ends before the numbers do");
    ids.push(id);
    number
}
