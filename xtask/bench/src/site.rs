//! The site that is measured: users, groups of very different sizes, and memberships.

use std::collections::HashSet;

use access_groups_core::{AccessGroup, AccessGroupId, AcsSystem, AcsSystemId, AcsUser, AcsUserId};
use access_groups_in_memory::State;
use fastrand::Rng;

/// A user and a group.
pub(crate) type Pair = (AcsUserId, AccessGroupId);

/// Ids and memberships, made ahead of every measurement, the same in every run.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) users: Vec<AcsUserId>,
    pub(crate) groups: Vec<AccessGroupId>,
    /// Distinct, in random order.
    pub(crate) memberships: Vec<Pair>,
}

impl Site {
    /// Ten memberships for each user, a thousand for each group.
    pub(crate) fn of_memberships(count: usize) -> Self {
        Self::new(count / 10, count / 1000, count)
    }

    /// Four memberships for each user, and never fewer than ten groups.
    pub(crate) fn of_users(count: usize) -> Self {
        let groups = (count / 100).max(10);
        Self::new(count, groups, count * 4)
    }

    /// Ids are 1, 2, 3 and so on, for a yardstick that has to compute them. No memberships.
    pub(crate) fn numbered(users: usize) -> Self {
        let ids = |count: usize| 1..=count as u128;
        Self {
            users: ids(users).map(AcsUserId::from_u128).collect(),
            groups: ids(users / 100).map(AccessGroupId::from_u128).collect(),
            memberships: Vec::new(),
        }
    }

    fn new(users: usize, groups: usize, memberships: usize) -> Self {
        let mut random = Rng::with_seed(1);
        let mut site = Self {
            users: ids(users, &mut random).map(AcsUserId::from_u128).collect(),
            groups: ids(groups, &mut random)
                .map(AccessGroupId::from_u128)
                .collect(),
            memberships: Vec::new(),
        };
        site.memberships = site.distinct_pairs(memberships, &mut random);
        site
    }

    /// This many different pairs, in random order. Groups are drawn by the square of a uniform
    /// number: the largest has a share of about one over the root of their number.
    pub(crate) fn distinct_pairs(&self, count: usize, random: &mut Rng) -> Vec<Pair> {
        let mut seen = HashSet::with_capacity(count);
        let mut pairs = Vec::with_capacity(count);
        while pairs.len() < count {
            let pair = self.any_pair(random);
            if seen.insert(pair) {
                pairs.push(pair);
            }
        }
        pairs
    }

    /// Any user and any group, large ones more often.
    pub(crate) fn any_pair(&self, random: &mut Rng) -> Pair {
        let user = self.users[random.usize(..self.users.len())];
        let share = random.f64();
        let place = (share * share * self.groups.len() as f64) as usize;
        (user, self.groups[place])
    }

    /// A state with the users and the groups, but no memberships.
    pub(crate) fn state(&self) -> State {
        let mut state = State::new();
        let system = AcsSystemId::from_u128(1);
        let main = AcsSystem::new(system, "Main");
        state.insert_system(main).expect(DISTINCT);
        for id in &self.groups {
            let group = AccessGroup::new(*id, system, "Group");
            state.insert_group(group).expect(DISTINCT);
        }
        for id in &self.users {
            let user = AcsUser::new(*id, system, "User");
            state.insert_user(user).expect(DISTINCT);
        }
        state
    }

    /// The state with all memberships.
    pub(crate) fn full_state(&self) -> State {
        let mut state = self.state();
        for (user, group) in &self.memberships {
            state.add_user(*user, *group).expect(DISTINCT);
        }
        state
    }
}

fn ids(count: usize, random: &mut Rng) -> impl Iterator<Item = u128> {
    (0..count).map(|_| random.u128(..))
}

const DISTINCT: &str = "the ids of a site are distinct and of one system";
