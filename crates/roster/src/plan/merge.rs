//! Sorts and compares pairs of groups and people by their numbers, in linear time.

use std::cmp::Ordering;

/// A pair of a group and a person, by their numbers, with something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair<T> {
    pub(super) group: u32,
    pub(super) person: u32,
    pub(super) about: T,
}

/// What two sorted lists say of one pair.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said<A, B> {
    Left(A),
    Right(B),
    Both(A, B),
}

/// Sorts by group, then by person, and keeps the first of equal pairs; the order of these is that of
/// the list. Compares nothing: it counts, because a million rows have few groups.
pub(super) fn sorted<T: Copy>(pairs: Vec<Pair<T>>, groups: usize, people: usize) -> Vec<Pair<T>> {
    let pairs = counted(&pairs, people, |pair| pair.person);
    let mut pairs = counted(&pairs, groups, |pair| pair.group);
    pairs.dedup_by_key(|pair| (pair.group, pair.person));
    pairs
}

/// A stable counting sort by a number below `count`.
fn counted<T: Copy>(
    pairs: &[Pair<T>],
    count: usize,
    number: impl Fn(&Pair<T>) -> u32,
) -> Vec<Pair<T>> {
    let Some(first) = pairs.first() else {
        return Vec::new();
    };
    let mut places = vec![0; count + 1];
    for pair in pairs {
        places[number(pair) as usize + 1] += 1;
    }
    for at in 1..places.len() {
        places[at] += places[at - 1];
    }
    let mut sorted = vec![*first; pairs.len()];
    for pair in pairs {
        let place = &mut places[number(pair) as usize];
        sorted[*place] = *pair;
        *place += 1;
    }
    sorted
}

/// Walks over two sorted lists at once. Each comparison takes one pair, so there are at most as many
/// as pairs.
pub(super) fn merge<A: Copy, B: Copy>(
    left: &[Pair<A>],
    right: &[Pair<B>],
    mut compare: impl FnMut(&Pair<A>, &Pair<B>) -> Ordering,
    mut take: impl FnMut(Said<&Pair<A>, &Pair<B>>),
) {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    loop {
        let order = match (left.peek(), right.peek()) {
            (Some(left), Some(right)) => compare(left, right),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return,
        };
        let next = match order {
            Ordering::Less => (left.next(), None),
            Ordering::Greater => (None, right.next()),
            Ordering::Equal => (left.next(), right.next()),
        };
        match next {
            (Some(left), Some(right)) => take(Said::Both(left, right)),
            (Some(left), None) => take(Said::Left(left)),
            (None, Some(right)) => take(Said::Right(right)),
            (None, None) => return,
        }
    }
}

/// By group, then by person.
pub(super) fn by_numbers<A, B>(left: &Pair<A>, right: &Pair<B>) -> Ordering {
    (left.group, left.person).cmp(&(right.group, right.person))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn pair((group, person): (u32, u32)) -> Pair<()> {
        Pair {
            group,
            person,
            about: (),
        }
    }

    proptest! {
        #[test]
        fn the_merge_is_the_difference_of_sets(
            left in vec((0_u32..5, 0_u32..9), 0..30),
            right in vec((0_u32..5, 0_u32..9), 0..30),
        ) {
            let sets = [&left, &right].map(|list| list.iter().copied().collect::<BTreeSet<_>>());
            let [left, right] = [left, right]
                .map(|list| sorted(list.into_iter().map(pair).collect(), 5, 9));
            let mut found = [BTreeSet::new(), BTreeSet::new(), BTreeSet::new()];
            let numbers = |pair: &Pair<()>| (pair.group, pair.person);
            merge(&left, &right, by_numbers, |both| {
                let (place, pair) = match both {
                    Said::Left(left) => (0, left),
                    Said::Right(right) => (1, right),
                    Said::Both(left, _) => (2, left),
                };
                assert!(found[place].insert(numbers(pair)), "twice");
            });
            let [left, right] = sets;
            prop_assert_eq!(&found[0], &(&left - &right));
            prop_assert_eq!(&found[1], &(&right - &left));
            prop_assert_eq!(&found[2], &(&left & &right));
        }
    }

    /// The comparisons for so many people in each of ten groups, a third of whom is new and a third of
    /// whom leaves.
    fn comparisons(people: u32) -> usize {
        let some = |out: u32| {
            let pairs = (0..people * 10).filter(|number| number % 3 != out);
            let pairs = pairs.map(|number| pair((number % 10, number / 10)));
            sorted(pairs.collect(), 10, people as usize)
        };
        let mut comparisons = 0;
        let counting = |left: &Pair<()>, right: &Pair<()>| {
            comparisons += 1;
            by_numbers(left, right)
        };
        merge(&some(1), &some(2), counting, |_| ());
        comparisons
    }

    #[test]
    fn ten_times_the_pairs_take_ten_times_the_comparisons() {
        let [once, ten_times] = [300, 3000].map(comparisons);
        // 3,000 pairs of which each is in one list or in both, less what is left when one list ends.
        assert!((2_990..=3_000).contains(&once), "{once}");
        assert!((29_990..=30_000).contains(&ten_times), "{ten_times}");
    }
}
