//! Who is in which group: a set of pairs that can be asked from both sides.

mod numbers;
mod side;

use access_groups_core::{AccessGroupId, AcsUserId};

use numbers::{HashedSet, NumberSet, ShortList};
use side::Side;

/// A set of pairs (user, group), indexed in both directions.
///
/// Both directions always hold the same pairs, and neither holds an empty set. Each knows the
/// ids of the other by small numbers, so that a pair takes few bytes. A user has them in a
/// short list beside their id: whether a pair is in, a look at either side tells. A question
/// costs the size of its answer, not that of the index; a change costs the size of the user's
/// list, which is short unless somebody is in very many groups.
#[derive(Debug, Clone, Default)]
pub(crate) struct Membership {
    users: Side<AcsUserId, ShortList>,
    groups: Side<AccessGroupId, HashedSet>,
    len: usize,
}

impl Membership {
    /// Puts the pair in; false if it was in.
    pub(crate) fn insert(&mut self, user: AcsUserId, group: AccessGroupId) -> bool {
        // Who is new here has no pair yet, so nobody stays behind with an empty set.
        let (user, group) = (self.users.entry(user), self.groups.entry(group));
        let new = user.others.insert(group.number);
        if new {
            group.others.insert(user.number);
            self.len += 1;
        }
        new
    }

    /// Takes the pair out; false if it was not in.
    pub(crate) fn remove(&mut self, user: AcsUserId, group: AccessGroupId) -> bool {
        let Some(of_group) = self.groups.get(group) else {
            return false;
        };
        let Some(user_number) = self.users.cut(user, of_group.number) else {
            return false;
        };
        self.groups.cut(group, user_number);
        self.len -= 1;
        true
    }

    /// Takes out every pair of the user.
    pub(crate) fn drop_user(&mut self, user: AcsUserId) {
        if let Some(gone) = self.users.forget(user) {
            for group in gone.others.iter() {
                self.groups.cut(self.groups.id(group), gone.number);
                self.len -= 1;
            }
        }
    }

    /// Takes out every pair of the group.
    pub(crate) fn drop_group(&mut self, group: AccessGroupId) {
        if let Some(gone) = self.groups.forget(group) {
            for user in gone.others.iter() {
                self.users.cut(self.users.id(user), gone.number);
                self.len -= 1;
            }
        }
    }

    /// Whether the pair is in.
    pub(crate) fn contains(&self, user: AcsUserId, group: AccessGroupId) -> bool {
        match (self.users.get(user), self.groups.get(group)) {
            (Some(user), Some(group)) => user.others.contains(group.number),
            _ => false,
        }
    }

    /// The groups of the user, in no order.
    pub(crate) fn groups_of(&self, user: AcsUserId) -> impl Iterator<Item = AccessGroupId> {
        let numbers = self.users.get(user).map(|user| user.others.iter());
        numbers
            .into_iter()
            .flatten()
            .map(|group| self.groups.id(group))
    }

    /// The users of the group, in no order.
    pub(crate) fn members_of(&self, group: AccessGroupId) -> impl Iterator<Item = AcsUserId> {
        let numbers = self.groups.get(group).map(|group| group.others.iter());
        numbers
            .into_iter()
            .flatten()
            .map(|user| self.users.id(user))
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

/// Whether they hold the same pairs, however these came about.
impl PartialEq for Membership {
    fn eq(&self, other: &Self) -> bool {
        let mut pairs = self.pairs();
        self.len == other.len && pairs.all(|(user, group)| other.contains(user, group))
    }
}

impl Eq for Membership {}

/// The ids in their order.
pub(crate) fn sorted<T: Ord>(ids: impl Iterator<Item = T>) -> Vec<T> {
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    ids
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

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

    /// Every question has the oracle's answer; where there is an order, in the oracle's.
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
