//! What has ended or was otherwise before: values and pairs that a store may not have let go.

use std::collections::BTreeMap;

use super::*;
use crate::answer::{EntranceSeen, GroupSeen, IdentitySeen, SystemSeen, UserSeen};

/// Resources as they were before they were changed or deleted, and pairs that have ended; the
/// latest last.
#[derive(Debug, Clone, Default)]
pub(crate) struct Past {
    pub(super) users: Vec<UserSeen>,
    pub(super) identities: Vec<IdentitySeen>,
    pub(super) groups: Vec<GroupSeen>,
    pub(super) systems: Vec<SystemSeen>,
    pub(super) entrances: Vec<EntranceSeen>,
    pub(super) members: Vec<(AcsUserId, AccessGroupId)>,
    pub(super) grants: Vec<(AcsUserId, EntranceId)>,
    pub(super) holds: Vec<(AccessGroupId, EntranceId)>,
}

impl Past {
    /// Notes what a call has ended or changed.
    pub(super) fn note(&mut self, before: &Oracle, after: &Oracle) {
        self.users.extend(otherwise(&before.users, &after.users));
        let identities = otherwise(&before.identities, &after.identities);
        self.identities.extend(identities);
        self.groups.extend(otherwise(&before.groups, &after.groups));
        self.systems
            .extend(otherwise(&before.systems, &after.systems));
        self.entrances
            .extend(otherwise(&before.entrances, &after.entrances));
        self.members
            .extend(before.members.difference(&after.members));
        self.grants.extend(before.grants.difference(&after.grants));
        self.holds.extend(before.holds.difference(&after.holds));
    }
}

/// What is no longer as it was.
fn otherwise<I: Ord, T: Clone + PartialEq>(
    before: &BTreeMap<I, T>,
    after: &BTreeMap<I, T>,
) -> Vec<T> {
    let changed = before.iter().filter(|(id, was)| after.get(id) != Some(was));
    changed.map(|(_, was)| was.clone()).collect()
}
