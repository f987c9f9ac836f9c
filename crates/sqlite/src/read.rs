//! Answers that change nothing: SQL narrows in order, `core` decides.
//!
//! What does not exist is said by the store in memory, which is shown the rows that it may be about.

mod groups;
mod pages;

use access_groups_core::*;
use access_groups_in_memory::State;
use access_groups_sql::{Lock, Want};

use crate::{
    fault::{Fault, Result},
    find,
    session::{Scope, key},
    statements as sql, workspaces,
};

/// Answers an operation that reads; `None` if it is a change.
pub(crate) fn answer(scope: Scope<'_, '_>, operation: &Operation) -> Result<Option<Reply>> {
    scope.session().take_has_found();
    let outcome = read(scope, operation);
    // One that finds something needs no look at the workspace.
    if !scope.session().take_has_found() {
        workspaces::must_exist(scope)?;
    }
    outcome.map_err(|fault| match fault {
        Fault::Refused(error) => Fault::Refused(error.with_operation(operation.name())),
        other => other,
    })
}

fn read(scope: Scope<'_, '_>, operation: &Operation) -> Result<Option<Reply>> {
    use Operation as O;
    Ok(Some(match operation {
        O::GetAccessGroup(op) => {
            let seen = see(scope, [group(op.group)])?;
            GetAccessGroup::answer(seen.access_group(op.group)?.clone())
        }
        O::ListAccessGroups(op) => ListAccessGroups::answer(groups::matching(scope, &op.filter)?),
        O::ListUsersInGroup(op) => ListUsersInGroup::answer(groups::members(scope, op.group)?),
        O::ListEntrancesOfGroup(op) => {
            see(scope, [group(op.group)])?.access_group(op.group)?;
            let entrances = scope.all(sql::ENTRANCES_OF_GROUP, &[&key(op.group)])?;
            ListEntrancesOfGroup::answer(entrances)
        }
        O::GetAcsUser(op) => {
            let seen = see(scope, user(op.user))?;
            GetAcsUser::answer(seen.acs_user(op.user)?.clone())
        }
        O::ListAcsUsers(op) => ListAcsUsers::answer(pages::users(scope, &op.filter, &op.page)?),
        O::ListEntrancesOfUser(op) => {
            let id = see(scope, user(op.user))?.acs_user(op.user)?.acs_user_id;
            let entrances = scope.all(sql::ENTRANCES_OF_USER, &[&key(id)])?;
            ListEntrancesOfUser::answer(entrances)
        }
        O::GetWorkspace(_) => {
            let seen = see(scope, [Want::Workspace])?;
            GetWorkspace::answer(seen.workspace_or_default())
        }
        O::GetAcsSystem(op) => {
            let seen = see(scope, [Want::Systems(vec![op.system], Lock::None)])?;
            GetAcsSystem::answer(seen.acs_system(op.system)?.clone())
        }
        O::ListAcsSystems(op) => {
            let mut systems: Vec<AcsSystem> = scope.all(sql::SYSTEMS, &[])?;
            systems.retain(|system| op.filter.fits(system));
            ListAcsSystems::answer(systems)
        }
        O::GetEntrance(op) => {
            let seen = see(scope, [Want::Entrances(vec![op.entrance], Lock::None)])?;
            GetEntrance::answer(seen.entrance(op.entrance)?.clone())
        }
        O::ListEntrances(op) => {
            ListEntrances::answer(pages::entrances(scope, &op.filter, &op.page)?)
        }
        O::GetUserIdentity(op) => {
            let seen = see(scope, [identity(op.identity.clone())])?;
            GetUserIdentity::answer(seen.user_identity(op.identity.clone())?.clone())
        }
        O::ListUserIdentities(op) => {
            ListUserIdentities::answer(pages::identities(scope, &op.filter, &op.page)?)
        }
        O::ListUsersOfIdentity(op) => {
            see(scope, [identity(op.identity)])?.user_identity(op.identity)?;
            let mut users: Vec<AcsUser> =
                scope.all(sql::USERS_OF_IDENTITY, &[&key(op.identity)])?;
            users.sort_unstable_by_key(|user| user.acs_user_id);
            ListUsersOfIdentity::answer(users)
        }
        O::ListSystemsOfIdentity(op) => {
            see(scope, [identity(op.identity)])?.user_identity(op.identity)?;
            let systems = scope.all(sql::SYSTEMS_OF_IDENTITY, &[&key(op.identity)])?;
            ListSystemsOfIdentity::answer(systems)
        }
        O::ListEntrancesOfIdentity(op) => {
            see(scope, [identity(op.identity)])?.user_identity(op.identity)?;
            let entrances = scope.all(sql::ENTRANCES_OF_IDENTITY, &[&key(op.identity)])?;
            ListEntrancesOfIdentity::answer(entrances)
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
        | O::DeleteEntrance(_) => return Ok(None),
    }))
}

/// The rows as a state, which tells whether what is asked for exists.
fn see(scope: Scope<'_, '_>, wants: impl IntoIterator<Item = Want>) -> Result<State> {
    let wants: Vec<_> = wants.into_iter().collect();
    Ok(State::from_slice(find::answer(scope, &wants)?, 0))
}

fn group(group: AccessGroupId) -> Want {
    Want::Groups(vec![group], Lock::None)
}

fn identity(identity: impl Into<UserIdentitySelector>) -> Want {
    Want::Identity(identity.into(), Lock::None)
}

fn user(user: AcsUserSelector) -> Vec<Want> {
    match user {
        AcsUserSelector::Id(user) => vec![Want::User(user, Lock::None)],
        AcsUserSelector::Identity {
            identity: id,
            system,
        } => vec![
            identity(id),
            Want::Systems(vec![system], Lock::None),
            Want::UsersOf {
                identity: id,
                system: Some(system),
                lock: Lock::None,
            },
        ],
    }
}
