//! What each operation asks first, and what follows.

use std::collections::BTreeSet;

use access_groups_core::{
    AccessGroupId, AcsUserId, AcsUserSelector, Operation, UserIdentityId, UserIdentitySelector,
};
use access_groups_in_memory::State;

use super::{Ask, List, page};
use crate::{Lock, Slice, Want};

/// What the operation asks first; `None` if it changes something.
// A list before what it belongs to: see `Read`.
pub(super) fn first(operation: &Operation) -> Option<Vec<Ask>> {
    use Operation as O;
    Some(match operation {
        O::GetAccessGroup(op) => vec![group(op.group)],
        O::ListAccessGroups(op) => vec![Ask::All(List::Groups {
            system: op.filter.system,
            user: op.filter.user,
            identity: op.filter.identity,
        })],
        O::ListUsersInGroup(op) => vec![Ask::All(List::Members(op.group)), group(op.group)],
        O::ListEntrancesOfGroup(op) => {
            vec![Ask::All(List::EntrancesOfGroup(op.group)), group(op.group)]
        }
        O::GetAcsUser(op) => user(op.user),
        O::ListAcsUsers(op) => page::first_users(op).map(Ask::Next).into_iter().collect(),
        O::ListEntrancesOfUser(op) => match op.user {
            AcsUserSelector::Id(id) => entrances_of(id, op.user),
            AcsUserSelector::Identity { .. } => user(op.user),
        },
        O::GetWorkspace(_) => vec![Ask::Rows(Want::Workspace)],
        O::GetAcsSystem(op) => vec![Ask::Rows(Want::Systems(vec![op.system], Lock::None))],
        O::ListAcsSystems(_) => vec![Ask::All(List::Systems)],
        O::GetEntrance(op) => vec![Ask::Rows(Want::Entrances(vec![op.entrance], Lock::None))],
        O::ListEntrances(op) => match &op.filter.entrances {
            Some(ids) => named(ids)
                .map(List::Entrances)
                .map(Ask::All)
                .into_iter()
                .collect(),
            None => page::first_entrances(op)
                .map(Ask::Next)
                .into_iter()
                .collect(),
        },
        O::GetUserIdentity(op) => vec![identity(op.identity.clone())],
        O::ListUserIdentities(op) => match &op.filter.identities {
            Some(ids) => named(ids)
                .map(List::Identities)
                .map(Ask::All)
                .into_iter()
                .collect(),
            None => page::first_identities(op)
                .map(Ask::Next)
                .into_iter()
                .collect(),
        },
        O::ListUsersOfIdentity(op) => listed(List::UsersOfIdentity(op.identity), op.identity),
        O::ListSystemsOfIdentity(op) => listed(List::SystemsOf(op.identity), op.identity),
        O::ListEntrancesOfIdentity(op) => {
            listed(List::EntrancesOfIdentity(op.identity), op.identity)
        }
        O::AddUser(_)
        | O::RemoveUser(_)
        | O::DeleteAccessGroup(_)
        | O::CreateAcsUser(_)
        | O::UpdateAcsUser(_)
        | O::DeleteAcsUser(_)
        | O::SuspendAcsUser(_)
        | O::UnsuspendAcsUser(_)
        | O::GrantAccess(_)
        | O::RevokeAccessToAllEntrances(_)
        | O::CreateUserIdentity(_)
        | O::UpdateUserIdentity(_)
        | O::DeleteUserIdentity(_)
        | O::LinkAcsUser(_)
        | O::UnlinkAcsUser(_)
        | O::CreateAccessGroup(_)
        | O::UpdateAccessGroup(_)
        | O::RevokeAccess(_)
        | O::CreateAcsSystem(_)
        | O::UpdateAcsSystem(_)
        | O::DeleteAcsSystem(_)
        | O::CreateEntrance(_)
        | O::UpdateEntrance(_)
        | O::DeleteEntrance(_) => return None,
    })
}

/// What follows once it is known who is asked about; nothing for most operations.
pub(super) fn second(operation: &Operation, seen: &Slice) -> Vec<Ask> {
    let Operation::ListEntrancesOfUser(op) = operation else {
        return Vec::new();
    };
    let seen = State::from_slice(seen.clone(), 0);
    let user = seen.acs_user(op.user);
    user.map_or_else(
        |_| Vec::new(),
        |user| entrances_of(user.acs_user_id, op.user),
    )
}

fn entrances_of(user_id: AcsUserId, selector: AcsUserSelector) -> Vec<Ask> {
    let list = [Ask::All(List::EntrancesOfUser(user_id))];
    list.into_iter().chain(user(selector)).collect()
}

fn listed(list: List, of: UserIdentityId) -> Vec<Ask> {
    vec![Ask::All(list), identity(of)]
}

fn group(group: AccessGroupId) -> Ask {
    Ask::Rows(Want::Groups(vec![group], Lock::None))
}

fn identity(identity: impl Into<UserIdentitySelector>) -> Ask {
    Ask::Rows(Want::Identity(identity.into(), Lock::None))
}

fn user(user: AcsUserSelector) -> Vec<Ask> {
    match user {
        AcsUserSelector::Id(user) => vec![Ask::Rows(Want::User(user, Lock::None))],
        AcsUserSelector::Identity {
            identity: id,
            system,
        } => vec![
            identity(id),
            Ask::Rows(Want::Systems(vec![system], Lock::None)),
            Ask::Rows(Want::UsersOf {
                identity: id,
                system: Some(system),
                lock: Lock::None,
            }),
        ],
    }
}

/// The ids, sorted and each once, if there are any.
fn named<Id: Copy + Ord>(ids: &[Id]) -> Option<Vec<Id>> {
    let ids: BTreeSet<_> = ids.iter().copied().collect();
    (!ids.is_empty()).then(|| ids.into_iter().collect())
}
