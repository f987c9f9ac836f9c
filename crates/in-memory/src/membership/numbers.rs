//! Sets of small numbers: a short list for the few groups of a user, a hashed set for the many
//! users of a group.

use std::collections::HashSet;

use rapidhash::fast::RandomState;
use smallvec::SmallVec;

/// A set of numbers that stand for ids.
pub(super) trait NumberSet: Default {
    /// Puts the number in; false if it was in.
    fn insert(&mut self, number: u32) -> bool;
    /// Takes the number out; false if it was not in.
    fn remove(&mut self, number: u32) -> bool;
    fn is_empty(&self) -> bool;
    fn iter(&self) -> impl Iterator<Item = u32>;
}

/// A sorted list. The first twelve numbers lie beside their owner, so that a look at the owner
/// shows them as well.
#[derive(Debug, Clone, Default)]
pub(super) struct ShortList(SmallVec<[u32; 12]>);

impl ShortList {
    pub(super) fn contains(&self, number: u32) -> bool {
        self.0.binary_search(&number).is_ok()
    }
}

impl NumberSet for ShortList {
    fn insert(&mut self, number: u32) -> bool {
        let place = self.0.binary_search(&number);
        if let Err(place) = place {
            self.0.insert(place, number);
        }
        place.is_err()
    }

    fn remove(&mut self, number: u32) -> bool {
        let place = self.0.binary_search(&number);
        if let Ok(place) = place {
            self.0.remove(place);
        }
        place.is_ok()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().copied()
    }
}

/// A set of any size, in which neither a change nor a look slows down as it grows.
#[derive(Debug, Clone, Default)]
pub(super) struct HashedSet(HashSet<u32, RandomState>);

impl NumberSet for HashedSet {
    fn insert(&mut self, number: u32) -> bool {
        self.0.insert(number)
    }

    fn remove(&mut self, number: u32) -> bool {
        let was_in = self.0.remove(&number);
        if self.0.len() < self.0.capacity() / 8 {
            self.0.shrink_to(2 * self.0.len()); // or a walk would cost what it once held
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Puts numbers in (true) and takes them out (false); a plain set must agree at each step.
    fn check(mut set: impl NumberSet, steps: &[(bool, u32)]) {
        let mut plain = BTreeSet::new();
        for (put, number) in steps {
            if *put {
                assert_eq!(set.insert(*number), plain.insert(*number));
            } else {
                assert_eq!(set.remove(*number), plain.remove(number));
            }
            assert_eq!(set.is_empty(), plain.is_empty());
            assert_eq!(set.iter().collect::<BTreeSet<_>>(), plain);
            assert_eq!(set.iter().count(), plain.len());
        }
    }

    proptest! {
        // Up to forty numbers: more than lie beside their owner.
        #[test]
        fn both_kinds_are_sets(
            steps in prop::collection::vec((prop::bool::weighted(0.7), 0..40_u32), 0..100)
        ) {
            check(ShortList::default(), &steps);
            check(HashedSet::default(), &steps);
        }

        #[test]
        fn a_hashed_set_does_not_keep_the_room_of_what_is_gone(left in 0..100_u32) {
            let mut set = HashedSet::default();
            for number in 0..10_000 {
                set.insert(number);
            }
            for number in left..10_000 {
                set.remove(number);
            }
            prop_assert!(set.0.capacity() <= 16 * (left as usize + 4));
        }

        #[test]
        fn a_short_list_finds_what_is_in_it(numbers in prop::collection::btree_set(0..60_u32, 0..40)) {
            let mut list = ShortList::default();
            for number in &numbers {
                list.insert(*number);
            }
            for number in 0..60 {
                prop_assert_eq!(list.contains(number), numbers.contains(&number));
            }
        }
    }
}
