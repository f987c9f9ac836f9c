//! Rows that are written as a store would: each write must find what the decision was made on.

use std::collections::{BTreeMap, BTreeSet};

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsSystem, AcsSystemId, AcsUser, AcsUserId,
    Entrance, EntranceId, UserIdentity, UserIdentityId, Workspace,
};
use access_groups_in_memory::State;
use access_groups_sql::{Row, Slice, Write};

#[derive(Debug, Clone)]
pub(crate) struct Table {
    workspace: Option<Workspace>,
    systems: BTreeMap<AcsSystemId, AcsSystem>,
    identities: BTreeMap<UserIdentityId, UserIdentity>,
    users: BTreeMap<AcsUserId, AcsUser>,
    groups: BTreeMap<AccessGroupId, AccessGroup>,
    entrances: BTreeMap<EntranceId, Entrance>,
    memberships: BTreeSet<(AcsUserId, AccessGroupId)>,
    grants: BTreeSet<(AcsUserId, EntranceId)>,
    group_entrances: BTreeSet<(AccessGroupId, EntranceId)>,
}

impl Table {
    pub(crate) fn of(site: &State) -> Self {
        let systems = site.acs_systems();
        let identities = site.user_identities();
        let users = site.acs_users();
        let entrances = site.entrances();
        let all = AccessGroupFilter::new();
        let groups = site.access_groups(&all);
        Self {
            workspace: site.workspace().cloned(),
            systems: by_id(systems, |row| row.acs_system_id),
            identities: by_id(identities, |row| row.user_identity_id),
            users: by_id(users, |row| row.acs_user_id),
            groups: by_id(groups, |row| row.acs_access_group_id),
            entrances: by_id(entrances, |row| row.acs_entrance_id),
            memberships: site.memberships().collect(),
            grants: site.grants().collect(),
            group_entrances: site.group_entrances().collect(),
        }
    }

    pub(crate) fn slice(self) -> Slice {
        Slice {
            workspace: self.workspace,
            systems: self.systems.into_values().collect(),
            identities: self.identities.into_values().collect(),
            users: self.users.into_values().collect(),
            groups: self.groups.into_values().collect(),
            entrances: self.entrances.into_values().collect(),
            memberships: self.memberships.into_iter().collect(),
            grants: self.grants.into_iter().collect(),
            group_entrances: self.group_entrances.into_iter().collect(),
        }
    }

    /// Writes, with what a foreign key cascades to. A write that finds another row than the decision
    /// saw, or has nothing to change, is an error.
    pub(crate) fn write(&mut self, write: &Write) -> Result<(), String> {
        let done = match write {
            Write::System(row) => put(&mut self.systems, row, |row| row.acs_system_id),
            Write::Identity(row) => put(&mut self.identities, row, |row| row.user_identity_id),
            Write::User(row) => {
                if let Row::Drop(user) = row {
                    let id = user.acs_user_id;
                    self.memberships.retain(|(user, _)| *user != id);
                    self.grants.retain(|(user, _)| *user != id);
                }
                put(&mut self.users, row, |row| row.acs_user_id)
            }
            Write::Group(row) => {
                if let Row::Drop(group) = row {
                    let id = group.acs_access_group_id;
                    self.memberships.retain(|(_, group)| *group != id);
                    self.group_entrances.retain(|(group, _)| *group != id);
                }
                put(&mut self.groups, row, |row| row.acs_access_group_id)
            }
            Write::Entrance(row) => {
                if let Row::Drop(entrance) = row {
                    let id = entrance.acs_entrance_id;
                    self.grants.retain(|(_, entrance)| *entrance != id);
                    self.group_entrances.retain(|(_, entrance)| *entrance != id);
                }
                put(&mut self.entrances, row, |row| row.acs_entrance_id)
            }
            Write::Leave(pairs) => take(&mut self.memberships, pairs),
            Write::Join(pairs) => add(&mut self.memberships, pairs),
            Write::Ungrant(pairs) => take(&mut self.grants, pairs),
            Write::Grant(pairs) => add(&mut self.grants, pairs),
            Write::Release(pairs) => take(&mut self.group_entrances, pairs),
            Write::Hold(pairs) => add(&mut self.group_entrances, pairs),
        };
        match done {
            true => Ok(()),
            false => Err(format!("a write met another row: {write:#?}")),
        }
    }
}

fn by_id<'a, Id: Ord, T: Clone + 'a>(
    rows: impl Iterator<Item = &'a T>,
    id: impl Fn(&T) -> Id,
) -> BTreeMap<Id, T> {
    rows.map(|row| (id(row), row.clone())).collect()
}

fn put<Id: Ord, T: Clone + PartialEq>(
    rows: &mut BTreeMap<Id, T>,
    row: &Row<T>,
    id: impl Fn(&T) -> Id,
) -> bool {
    match row {
        Row::New(new) => rows.insert(id(new), (**new).clone()).is_none(),
        Row::Put { before, after } => {
            let old = rows.insert(id(after), (**after).clone());
            before != after && old.as_ref() == Some(&**before)
        }
        Row::Drop(before) => rows.remove(&id(before)).as_ref() == Some(&**before),
    }
}

fn add<Pair: Copy + Ord>(set: &mut BTreeSet<Pair>, pairs: &[Pair]) -> bool {
    !pairs.is_empty() && pairs.iter().all(|pair| set.insert(*pair))
}

fn take<Pair: Ord>(set: &mut BTreeSet<Pair>, pairs: &[Pair]) -> bool {
    !pairs.is_empty() && pairs.iter().all(|pair| set.remove(pair))
}
