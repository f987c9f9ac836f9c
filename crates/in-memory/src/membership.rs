//! Who is in which group: a set of pairs that can be asked from both sides.

use std::collections::{BTreeMap, BTreeSet};

use access_groups_core::{AccessGroupId, AcsUserId};

/// A set of pairs (user, group), indexed in both directions.
///
/// Both directions always hold the same pairs, and neither holds an empty set: two indexes
/// with the same pairs are equal, however they came about. Every question costs the size
/// of its answer, not that of the index. Iteration is sorted by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Membership {
    groups_of: BTreeMap<AcsUserId, BTreeSet<AccessGroupId>>,
    members_of: BTreeMap<AccessGroupId, BTreeSet<AcsUserId>>,
    len: usize,
}

impl Membership {
    /// Puts the pair in; false if it was in.
    pub(crate) fn insert(&mut self, user: AcsUserId, group: AccessGroupId) -> bool {
        let new = self.groups_of.entry(user).or_default().insert(group);
        if new {
            self.members_of.entry(group).or_default().insert(user);
            self.len += 1;
        }
        new
    }

    /// Takes the pair out; false if it was not in.
    pub(crate) fn remove(&mut self, user: AcsUserId, group: AccessGroupId) -> bool {
        let was_in = remove_from(&mut self.groups_of, user, group);
        if was_in {
            remove_from(&mut self.members_of, group, user);
            self.len -= 1;
        }
        was_in
    }

    /// Takes out every pair of the user.
    pub(crate) fn drop_user(&mut self, user: AcsUserId) {
        for group in self.groups_of.remove(&user).unwrap_or_default() {
            remove_from(&mut self.members_of, group, user);
            self.len -= 1;
        }
    }

    /// Takes out every pair of the group.
    pub(crate) fn drop_group(&mut self, group: AccessGroupId) {
        for user in self.members_of.remove(&group).unwrap_or_default() {
            remove_from(&mut self.groups_of, user, group);
            self.len -= 1;
        }
    }

    /// Whether the pair is in.
    pub(crate) fn contains(&self, user: AcsUserId, group: AccessGroupId) -> bool {
        self.groups_of
            .get(&user)
            .is_some_and(|groups| groups.contains(&group))
    }

    /// The groups of the user.
    pub(crate) fn groups_of(&self, user: AcsUserId) -> impl Iterator<Item = AccessGroupId> {
        self.groups_of.get(&user).into_iter().flatten().copied()
    }

    /// The users of the group.
    pub(crate) fn members_of(&self, group: AccessGroupId) -> impl Iterator<Item = AcsUserId> {
        self.members_of.get(&group).into_iter().flatten().copied()
    }

    /// Every pair, group by group.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (AcsUserId, AccessGroupId)> {
        self.members_of
            .iter()
            .flat_map(|(group, users)| users.iter().map(|user| (*user, *group)))
    }

    /// How many pairs there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

/// Takes `value` out of the set at `key`, and the set with its last value.
fn remove_from<K: Ord + Copy, V: Ord>(
    index: &mut BTreeMap<K, BTreeSet<V>>,
    key: K,
    value: V,
) -> bool {
    let Some(values) = index.get_mut(&key) else {
        return false;
    };
    let was_in = values.remove(&value);
    if values.is_empty() {
        index.remove(&key);
    }
    was_in
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The plainest thing that can say who is in which group.
    type Oracle = BTreeSet<(AcsUserId, AccessGroupId)>;

    #[derive(Debug, Clone, Copy)]
    enum Step {
        Insert(AcsUserId, AccessGroupId),
        Remove(AcsUserId, AccessGroupId),
        DropUser(AcsUserId),
        DropGroup(AccessGroupId),
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
            1 => user().prop_map(Step::DropUser),
            1 => group().prop_map(Step::DropGroup),
        ]
    }

    /// Does the step on both; they must agree on whether it changed anything.
    fn take(step: Step, index: &mut Membership, oracle: &mut Oracle) {
        match step {
            Step::Insert(user, group) => {
                assert_eq!(index.insert(user, group), oracle.insert((user, group)));
            }
            Step::Remove(user, group) => {
                assert_eq!(index.remove(user, group), oracle.remove(&(user, group)));
            }
            Step::DropUser(user) => {
                index.drop_user(user);
                oracle.retain(|pair| pair.0 != user);
            }
            Step::DropGroup(group) => {
                index.drop_group(group);
                oracle.retain(|pair| pair.1 != group);
            }
        }
    }

    /// Every question has the oracle's answer, in the oracle's order.
    fn check(index: &Membership, oracle: &Oracle) {
        assert_eq!(index.len(), oracle.len());
        for user in (0..4).map(AcsUserId::from_u128) {
            let groups = oracle.iter().filter(|pair| pair.0 == user);
            assert!(index.groups_of(user).eq(groups.map(|pair| pair.1)));
            for group in (0..4).map(AccessGroupId::from_u128) {
                let users = oracle.iter().filter(|pair| pair.1 == group);
                assert!(index.members_of(group).eq(users.map(|pair| pair.0)));
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
        fn it_agrees_with_a_plain_set_of_pairs(steps in prop::collection::vec(step(), 0..60)) {
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
}
