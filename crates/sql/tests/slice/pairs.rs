//! The pairs of a site, as they are and as the history tells of them.

use std::collections::BTreeSet;

use access_groups_core::{AccessGroupId, AcsUserId, EntranceId};
use access_groups_in_memory::State;
use access_groups_sql::{Ending, Event, Line, Write};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pairs {
    memberships: BTreeSet<(AcsUserId, AccessGroupId)>,
    grants: BTreeSet<(AcsUserId, EntranceId)>,
    held: BTreeSet<(AccessGroupId, EntranceId)>,
}

impl Pairs {
    pub(crate) fn of(site: &State) -> Self {
        Self {
            memberships: site.memberships().collect(),
            grants: site.grants().collect(),
            held: site.group_entrances().collect(),
        }
    }

    /// Those that are left after what a store notes of these writes: each line makes or ends one.
    pub(crate) fn after(&self, writes: &[Write]) -> Result<Self, String> {
        let mut pairs = self.clone();
        for line in writes.iter().flat_map(Write::lines) {
            pairs.take(&line)?;
        }
        for ending in writes.iter().flat_map(Write::endings) {
            for line in pairs.ended(ending).lines() {
                pairs.take(&line)?;
            }
        }
        Ok(pairs)
    }

    fn take(&mut self, line: &Line) -> Result<(), String> {
        let (user, group, entrance) = (line.user, line.group, line.entrance);
        let is_told = match line.event {
            Event::Joined => self.memberships.insert(pair(user, group)),
            Event::Left => self.memberships.remove(&pair(user, group)),
            Event::Granted => self.grants.insert(pair(user, entrance)),
            Event::Revoked => self.grants.remove(&pair(user, entrance)),
            Event::Added => self.held.insert(pair(group, entrance)),
            Event::Removed => self.held.remove(&pair(group, entrance)),
            _ => true,
        };
        match is_told {
            true => Ok(()),
            false => Err(format!("a line tells of no change: {line:?}")),
        }
    }

    fn ended(&self, ending: Ending) -> Write {
        fn only<P: Copy>(set: &BTreeSet<P>, is_meant: impl Fn(&P) -> bool) -> Vec<P> {
            set.iter().filter(|pair| is_meant(pair)).copied().collect()
        }
        match ending {
            Ending::GroupsOf(id) => Write::Leave(only(&self.memberships, |pair| pair.0 == id)),
            Ending::MembersOf(id) => Write::Leave(only(&self.memberships, |pair| pair.1 == id)),
            Ending::GrantsOf(id) => Write::Ungrant(only(&self.grants, |pair| pair.0 == id)),
            Ending::GrantsTo(id) => Write::Ungrant(only(&self.grants, |pair| pair.1 == id)),
            Ending::EntrancesOf(id) => Write::Release(only(&self.held, |pair| pair.0 == id)),
            Ending::HoldersOf(id) => Write::Release(only(&self.held, |pair| pair.1 == id)),
        }
    }
}

fn pair<A, B>(one: Option<A>, other: Option<B>) -> (A, B) {
    (one.expect("of a pair"), other.expect("of a pair"))
}
