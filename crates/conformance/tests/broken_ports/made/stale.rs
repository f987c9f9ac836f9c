//! A cache in front of one read that one change does not invalidate.

use std::collections::HashMap;

use access_groups_core::*;

use super::{Class, Layer, Made, Store, made};

pub(super) fn table() -> Vec<Made> {
    let pairs = STALE
        .iter()
        .flat_map(|(read, changes)| changes.iter().map(|change| (*read, *change)));
    pairs.map(|(read, change)| keeps(read, change)).collect()
}

/// Reads, and the changes that may change their answer.
const STALE: &[(&str, &[&str])] = &[
    (
        GetAccessGroup::NAME,
        &[DeleteAccessGroup::NAME, UpdateAccessGroup::NAME],
    ),
    (
        ListAccessGroups::NAME,
        &[
            AddUser::NAME,
            RemoveUser::NAME,
            DeleteAccessGroup::NAME,
            CreateAccessGroup::NAME,
            UpdateAccessGroup::NAME,
            CreateAcsUser::NAME,
            DeleteAcsUser::NAME,
            RevokeAccessToAllEntrances::NAME,
            LinkAcsUser::NAME,
            UnlinkAcsUser::NAME,
            DeleteUserIdentity::NAME,
        ],
    ),
    (
        ListUsersInGroup::NAME,
        &[
            AddUser::NAME,
            RemoveUser::NAME,
            CreateAcsUser::NAME,
            UpdateAcsUser::NAME,
            DeleteAcsUser::NAME,
            SuspendAcsUser::NAME,
            UnsuspendAcsUser::NAME,
            RevokeAccessToAllEntrances::NAME,
            UpdateUserIdentity::NAME,
            LinkAcsUser::NAME,
            UnlinkAcsUser::NAME,
            DeleteUserIdentity::NAME,
            DeleteAccessGroup::NAME,
        ],
    ),
    (
        ListEntrancesOfGroup::NAME,
        &[
            UpdateAccessGroup::NAME,
            DeleteEntrance::NAME,
            UpdateEntrance::NAME,
        ],
    ),
    (
        GetAcsUser::NAME,
        &[
            UpdateAcsUser::NAME,
            DeleteAcsUser::NAME,
            SuspendAcsUser::NAME,
            UnsuspendAcsUser::NAME,
            LinkAcsUser::NAME,
            UnlinkAcsUser::NAME,
            UpdateUserIdentity::NAME,
            DeleteUserIdentity::NAME,
            AddUser::NAME,
            GrantAccess::NAME,
            CreateUserIdentity::NAME,
        ],
    ),
    (
        ListAcsUsers::NAME,
        &[
            CreateAcsUser::NAME,
            UpdateAcsUser::NAME,
            DeleteAcsUser::NAME,
            SuspendAcsUser::NAME,
            UnsuspendAcsUser::NAME,
            LinkAcsUser::NAME,
            UnlinkAcsUser::NAME,
            CreateUserIdentity::NAME,
            UpdateUserIdentity::NAME,
            DeleteUserIdentity::NAME,
            AddUser::NAME,
            GrantAccess::NAME,
        ],
    ),
    (
        ListEntrancesOfUser::NAME,
        &[
            AddUser::NAME,
            RemoveUser::NAME,
            GrantAccess::NAME,
            RevokeAccess::NAME,
            RevokeAccessToAllEntrances::NAME,
            DeleteAccessGroup::NAME,
            UpdateAccessGroup::NAME,
            UpdateEntrance::NAME,
            DeleteEntrance::NAME,
            DeleteAcsUser::NAME,
            UnlinkAcsUser::NAME,
        ],
    ),
    (
        GetAcsSystem::NAME,
        &[UpdateAcsSystem::NAME, DeleteAcsSystem::NAME],
    ),
    (
        ListAcsSystems::NAME,
        &[
            CreateAcsSystem::NAME,
            UpdateAcsSystem::NAME,
            DeleteAcsSystem::NAME,
        ],
    ),
    (
        GetEntrance::NAME,
        &[UpdateEntrance::NAME, DeleteEntrance::NAME],
    ),
    (
        ListEntrances::NAME,
        &[
            CreateEntrance::NAME,
            UpdateEntrance::NAME,
            DeleteEntrance::NAME,
        ],
    ),
    (
        GetUserIdentity::NAME,
        &[
            UpdateUserIdentity::NAME,
            DeleteUserIdentity::NAME,
            LinkAcsUser::NAME,
            UnlinkAcsUser::NAME,
            DeleteAcsUser::NAME,
            CreateAcsUser::NAME,
            AddUser::NAME,
            GrantAccess::NAME,
        ],
    ),
    (
        ListUserIdentities::NAME,
        &[
            CreateUserIdentity::NAME,
            UpdateUserIdentity::NAME,
            DeleteUserIdentity::NAME,
            LinkAcsUser::NAME,
            UnlinkAcsUser::NAME,
            DeleteAcsUser::NAME,
            CreateAcsUser::NAME,
            AddUser::NAME,
            GrantAccess::NAME,
        ],
    ),
    (
        ListUsersOfIdentity::NAME,
        &[
            LinkAcsUser::NAME,
            UnlinkAcsUser::NAME,
            DeleteAcsUser::NAME,
            CreateAcsUser::NAME,
            UpdateAcsUser::NAME,
            SuspendAcsUser::NAME,
            UnsuspendAcsUser::NAME,
            UpdateUserIdentity::NAME,
            DeleteUserIdentity::NAME,
            AddUser::NAME,
            GrantAccess::NAME,
        ],
    ),
    (
        ListSystemsOfIdentity::NAME,
        &[
            LinkAcsUser::NAME,
            UnlinkAcsUser::NAME,
            DeleteAcsUser::NAME,
            CreateAcsUser::NAME,
            DeleteUserIdentity::NAME,
            UpdateAcsSystem::NAME,
            AddUser::NAME,
            GrantAccess::NAME,
        ],
    ),
    (
        ListEntrancesOfIdentity::NAME,
        &[
            AddUser::NAME,
            RemoveUser::NAME,
            GrantAccess::NAME,
            RevokeAccess::NAME,
            RevokeAccessToAllEntrances::NAME,
            LinkAcsUser::NAME,
            UnlinkAcsUser::NAME,
            DeleteAccessGroup::NAME,
            UpdateAccessGroup::NAME,
            UpdateEntrance::NAME,
            DeleteEntrance::NAME,
            DeleteAcsUser::NAME,
            CreateAcsUser::NAME,
            DeleteUserIdentity::NAME,
        ],
    ),
];

fn keeps(read: &'static str, change: &'static str) -> Made {
    let name = format!("{read} is stale after {change}");
    let answers = HashMap::new();
    made(
        Class::Gone,
        name,
        Cache {
            read,
            change,
            answers,
        },
    )
}

#[derive(Clone)]
struct Cache {
    read: &'static str,
    change: &'static str,
    answers: HashMap<Operation, Reply>,
}

impl Layer for Cache {
    fn call(&mut self, store: &mut Store<'_>, operation: &Operation) -> Result<Reply, Error> {
        if operation.name() == self.read {
            if let Some(known) = self.answers.get(operation) {
                return Ok(known.clone());
            }
            let reply = store.call(operation)?;
            self.answers.insert(operation.clone(), reply.clone());
            return Ok(reply);
        }
        let reply = store.call(operation)?;
        if !operation.effect().is_safe() && operation.name() != self.change {
            self.answers.clear();
        }
        Ok(reply)
    }
}
