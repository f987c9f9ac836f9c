//! The names of what a history is about, as far as it is still there.

use std::collections::{BTreeMap, BTreeSet};

use access_groups_core::{AcsSystemId, UserIdentityId, prelude::*};
use access_groups_sql::Entry;

use crate::resolve::Resource;

/// Names by id.
#[derive(Debug, Default)]
pub(super) struct Names {
    users: BTreeMap<AcsUserId, String>,
    groups: BTreeMap<AccessGroupId, String>,
    entrances: BTreeMap<EntranceId, String>,
    systems: BTreeMap<AcsSystemId, String>,
    identities: BTreeMap<UserIdentityId, String>,
}

impl Names {
    /// Reads each resource once. What is gone, or cannot be read, has no name.
    pub(super) fn of(entries: &[Entry], port: &dyn BlockingAccessGroupPort) -> Self {
        let lines = || entries.iter().map(|entry| &entry.line);
        Self {
            users: read::<AcsUser>(lines().filter_map(|line| line.user), port),
            groups: read::<AccessGroup>(lines().filter_map(|line| line.group), port),
            entrances: read::<Entrance>(lines().filter_map(|line| line.entrance), port),
            systems: read::<AcsSystem>(lines().filter_map(|line| line.system), port),
            identities: identities(lines().filter_map(|line| line.identity), port),
        }
    }

    pub(super) fn user(&self, id: AcsUserId) -> Option<String> {
        self.users.get(&id).cloned()
    }

    pub(super) fn group(&self, id: AccessGroupId) -> Option<String> {
        self.groups.get(&id).cloned()
    }

    pub(super) fn entrance(&self, id: EntranceId) -> Option<String> {
        self.entrances.get(&id).cloned()
    }

    pub(super) fn system(&self, id: AcsSystemId) -> Option<String> {
        self.systems.get(&id).cloned()
    }

    pub(super) fn identity(&self, id: UserIdentityId) -> Option<String> {
        self.identities.get(&id).cloned()
    }
}

fn read<T: Resource>(
    ids: impl Iterator<Item = T::Id>,
    port: &dyn BlockingAccessGroupPort,
) -> BTreeMap<T::Id, String> {
    of_each(ids, |id| Some(T::read(id, port).ok()?.displayed_name()))
}

fn identities(
    ids: impl Iterator<Item = UserIdentityId>,
    port: &dyn BlockingAccessGroupPort,
) -> BTreeMap<UserIdentityId, String> {
    of_each(ids, |id| Some(port.user_identity(id).ok()?.display_name))
}

/// Each id once.
fn of_each<Id: Copy + Ord>(
    ids: impl Iterator<Item = Id>,
    name: impl Fn(Id) -> Option<String>,
) -> BTreeMap<Id, String> {
    let ids: BTreeSet<_> = ids.collect();
    let named = ids.into_iter().filter_map(|id| Some((id, name(id)?)));
    named.collect()
}
