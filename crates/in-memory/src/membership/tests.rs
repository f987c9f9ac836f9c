use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// A plain set of pairs that the index must agree with.
type Oracle = BTreeSet<(AcsUserId, AccessGroupId)>;

#[derive(Debug, Clone, Copy)]
enum Step {
    Insert(AcsUserId, AccessGroupId),
    Remove(AcsUserId, AccessGroupId),
    RemoveUser(AcsUserId),
    RemoveGroup(AccessGroupId),
}

fn user() -> impl Strategy<Value = AcsUserId> {
    (0..4_u128).prop_map(AcsUserId::from_u128)
}

fn group() -> impl Strategy<Value = AccessGroupId> {
    (0..4_u128).prop_map(AccessGroupId::from_u128)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (user(), group()).prop_map(|(user, group)| Step::Insert(user, group)),
        3 => (user(), group()).prop_map(|(user, group)| Step::Remove(user, group)),
        1 => user().prop_map(Step::RemoveUser),
        1 => group().prop_map(Step::RemoveGroup),
    ]
}

/// Applies the step to both; they must agree on whether it changed anything.
fn take(step: Step, index: &mut Membership, oracle: &mut Oracle) {
    match step {
        Step::Insert(user, group) => {
            assert_eq!(index.insert(user, group), oracle.insert((user, group)));
        }
        Step::Remove(user, group) => {
            assert_eq!(index.remove(user, group), oracle.remove(&(user, group)));
        }
        Step::RemoveUser(user) => {
            index.remove_user(user);
            oracle.retain(|pair| pair.0 != user);
        }
        Step::RemoveGroup(group) => {
            index.remove_group(group);
            oracle.retain(|pair| pair.1 != group);
        }
    }
}

/// Every query returns what the oracle says, in the oracle's order if it promises one.
fn check(index: &Membership, oracle: &Oracle) {
    assert_eq!(index.len(), oracle.len());
    for user in (0..4).map(AcsUserId::from_u128) {
        let groups = oracle.iter().filter(|pair| pair.0 == user);
        let groups: Vec<_> = groups.map(|pair| pair.1).collect();
        assert_eq!(sorted(index.groups_of(user)), groups);
        for group in (0..4).map(AccessGroupId::from_u128) {
            let users = oracle.iter().filter(|pair| pair.1 == group);
            let users: Vec<_> = users.map(|pair| pair.0).collect();
            assert_eq!(sorted(index.members_of(group)), users);
            let is_in = oracle.contains(&(user, group));
            assert_eq!(index.contains(user, group), is_in);
        }
    }
    let mut pairs: Vec<_> = oracle.iter().copied().collect();
    pairs.sort_by_key(|pair| (pair.1, pair.0));
    assert!(index.pairs().eq(pairs));
}

proptest! {
    #[test]
    fn the_index_agrees_with_a_plain_set_of_pairs(steps in prop::collection::vec(step(), 0..60)) {
        let (mut index, mut oracle) = (Membership::default(), Oracle::new());
        for step in steps {
            take(step, &mut index, &mut oracle);
            check(&index, &oracle);
        }
        let mut rebuilt = Membership::default();
        for (user, group) in oracle {
            rebuilt.insert(user, group);
        }
        prop_assert_eq!(index, rebuilt);
    }
}

/// Inserts (`true`) and removes (`false`) numbers; a plain set must agree after each step.
fn check_set(mut set: impl NumberSet, steps: &[(bool, u32)]) {
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
    // Up to forty numbers: more than are stored in place.
    #[test]
    fn both_kinds_are_sets(
        steps in prop::collection::vec((prop::bool::weighted(0.7), 0..40_u32), 0..100)
    ) {
        check_set(ShortList::default(), &steps);
        check_set(HashedSet::default(), &steps);
    }

    #[test]
    fn a_hashed_set_shrinks_when_numbers_are_removed(left in 0..100_u32) {
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
