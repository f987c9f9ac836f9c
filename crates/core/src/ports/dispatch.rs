//! Carries operations to the ports they belong to.

use super::{BlockingPorts, Ports};
use crate::{Error, Operation, Reply, Subject};

/// Carries out an operation on the port it belongs to.
///
/// # Errors
///
/// Those of the port's method; `Unsupported` where the port is missing.
pub async fn dispatch(ports: &Ports, operation: Operation) -> Result<Reply, Error> {
    let name = operation.name();
    let named = |error: Error| error.with_operation(name);
    let groups = ports.access_groups();
    let users = || ports.acs_users().map_err(named);
    let directory = || ports.directory().map_err(named);
    let identities = || ports.user_identities().map_err(named);
    Ok(match operation {
        Operation::AddUser(op) => groups.add_user(op.user, op.group).await?.into(),
        Operation::RemoveUser(op) => groups.remove_user(op.user, op.group).await?.into(),
        Operation::GetAccessGroup(op) => groups.access_group(op.group).await?.into(),
        Operation::ListAccessGroups(op) => groups.access_groups(op.filter).await?.into(),
        Operation::ListUsersInGroup(op) => groups.users_in_group(op.group).await?.into(),
        Operation::ListEntrancesOfGroup(op) => groups.entrances_of_group(op.group).await?.into(),
        Operation::DeleteAccessGroup(op) => groups.delete_access_group(op.group).await?.into(),
        Operation::CreateAcsUser(op) => users()?.create_acs_user(op.user).await?.into(),
        Operation::GetAcsUser(op) => users()?.acs_user(op.user).await?.into(),
        Operation::ListAcsUsers(op) => users()?.acs_users(op.filter, op.page).await?.into(),
        Operation::UpdateAcsUser(op) => users()?.update_acs_user(op.user, op.update).await?.into(),
        Operation::DeleteAcsUser(op) => users()?.delete_acs_user(op.user).await?.into(),
        Operation::SuspendAcsUser(op) => users()?.suspend_acs_user(op.user).await?.into(),
        Operation::UnsuspendAcsUser(op) => users()?.unsuspend_acs_user(op.user).await?.into(),
        Operation::ListEntrancesOfUser(op) => users()?.entrances_of_user(op.user).await?.into(),
        Operation::RevokeAccessToAllEntrances(op) => users()?
            .revoke_access_to_all_entrances(op.user)
            .await?
            .into(),
        Operation::GetWorkspace(_) => directory()?.workspace().await?.into(),
        Operation::GetAcsSystem(op) => directory()?.acs_system(op.system).await?.into(),
        Operation::ListAcsSystems(op) => directory()?.acs_systems(op.filter).await?.into(),
        Operation::GetEntrance(op) => directory()?.entrance(op.entrance).await?.into(),
        Operation::ListEntrances(op) => directory()?.entrances(op.filter, op.page).await?.into(),
        Operation::GrantAccess(op) => directory()?
            .grant_access(op.user, op.entrance)
            .await?
            .into(),
        Operation::CreateUserIdentity(op) => identities()?
            .create_user_identity(op.identity)
            .await?
            .into(),
        Operation::GetUserIdentity(op) => identities()?.user_identity(op.identity).await?.into(),
        Operation::ListUserIdentities(op) => identities()?
            .user_identities(op.filter, op.page)
            .await?
            .into(),
        Operation::UpdateUserIdentity(op) => identities()?
            .update_user_identity(op.identity, op.update)
            .await?
            .into(),
        Operation::DeleteUserIdentity(op) => identities()?
            .delete_user_identity(op.identity)
            .await?
            .into(),
        Operation::LinkAcsUser(op) => identities()?
            .link_acs_user(op.user, op.identity)
            .await?
            .into(),
        Operation::UnlinkAcsUser(op) => identities()?
            .unlink_acs_user(op.user, op.identity)
            .await?
            .into(),
        Operation::ListUsersOfIdentity(op) => {
            identities()?.users_of_identity(op.identity).await?.into()
        }
        Operation::ListSystemsOfIdentity(op) => {
            identities()?.systems_of_identity(op.identity).await?.into()
        }
        Operation::ListEntrancesOfIdentity(op) => identities()?
            .entrances_of_identity(op.identity)
            .await?
            .into(),
        // Nothing that this project serves is unmanaged: there is no port to ask.
        Operation::GetUnmanagedAccessGroup(op) => return Err(unmanaged(op.group, name)),
        Operation::GetUnmanagedAcsUser(op) => return Err(unmanaged(op.user, name)),
        Operation::ListUnmanagedAccessGroups(_) => Reply::AccessGroups(Vec::new()),
        Operation::ListUnmanagedAcsUsers(_) => Reply::AcsUsers(Vec::new()),
    })
}

/// The blocking twin of [`dispatch`].
///
/// # Errors
///
/// The same.
pub fn dispatch_blocking(ports: &BlockingPorts, operation: Operation) -> Result<Reply, Error> {
    let name = operation.name();
    let named = |error: Error| error.with_operation(name);
    let groups = ports.access_groups();
    let users = || ports.acs_users().map_err(named);
    let directory = || ports.directory().map_err(named);
    let identities = || ports.user_identities().map_err(named);
    Ok(match operation {
        Operation::AddUser(op) => groups.add_user(op.user, op.group)?.into(),
        Operation::RemoveUser(op) => groups.remove_user(op.user, op.group)?.into(),
        Operation::GetAccessGroup(op) => groups.access_group(op.group)?.into(),
        Operation::ListAccessGroups(op) => groups.access_groups(op.filter)?.into(),
        Operation::ListUsersInGroup(op) => groups.users_in_group(op.group)?.into(),
        Operation::ListEntrancesOfGroup(op) => groups.entrances_of_group(op.group)?.into(),
        Operation::DeleteAccessGroup(op) => groups.delete_access_group(op.group)?.into(),
        Operation::CreateAcsUser(op) => users()?.create_acs_user(op.user)?.into(),
        Operation::GetAcsUser(op) => users()?.acs_user(op.user)?.into(),
        Operation::ListAcsUsers(op) => users()?.acs_users(op.filter, op.page)?.into(),
        Operation::UpdateAcsUser(op) => users()?.update_acs_user(op.user, op.update)?.into(),
        Operation::DeleteAcsUser(op) => users()?.delete_acs_user(op.user)?.into(),
        Operation::SuspendAcsUser(op) => users()?.suspend_acs_user(op.user)?.into(),
        Operation::UnsuspendAcsUser(op) => users()?.unsuspend_acs_user(op.user)?.into(),
        Operation::ListEntrancesOfUser(op) => users()?.entrances_of_user(op.user)?.into(),
        Operation::RevokeAccessToAllEntrances(op) => {
            users()?.revoke_access_to_all_entrances(op.user)?.into()
        }
        Operation::GetWorkspace(_) => directory()?.workspace()?.into(),
        Operation::GetAcsSystem(op) => directory()?.acs_system(op.system)?.into(),
        Operation::ListAcsSystems(op) => directory()?.acs_systems(op.filter)?.into(),
        Operation::GetEntrance(op) => directory()?.entrance(op.entrance)?.into(),
        Operation::ListEntrances(op) => directory()?.entrances(op.filter, op.page)?.into(),
        Operation::GrantAccess(op) => directory()?.grant_access(op.user, op.entrance)?.into(),
        Operation::CreateUserIdentity(op) => {
            identities()?.create_user_identity(op.identity)?.into()
        }
        Operation::GetUserIdentity(op) => identities()?.user_identity(op.identity)?.into(),
        Operation::ListUserIdentities(op) => {
            identities()?.user_identities(op.filter, op.page)?.into()
        }
        Operation::UpdateUserIdentity(op) => identities()?
            .update_user_identity(op.identity, op.update)?
            .into(),
        Operation::DeleteUserIdentity(op) => {
            identities()?.delete_user_identity(op.identity)?.into()
        }
        Operation::LinkAcsUser(op) => identities()?.link_acs_user(op.user, op.identity)?.into(),
        Operation::UnlinkAcsUser(op) => identities()?.unlink_acs_user(op.user, op.identity)?.into(),
        Operation::ListUsersOfIdentity(op) => identities()?.users_of_identity(op.identity)?.into(),
        Operation::ListSystemsOfIdentity(op) => {
            identities()?.systems_of_identity(op.identity)?.into()
        }
        Operation::ListEntrancesOfIdentity(op) => {
            identities()?.entrances_of_identity(op.identity)?.into()
        }
        // Nothing that this project serves is unmanaged: there is no port to ask.
        Operation::GetUnmanagedAccessGroup(op) => return Err(unmanaged(op.group, name)),
        Operation::GetUnmanagedAcsUser(op) => return Err(unmanaged(op.user, name)),
        Operation::ListUnmanagedAccessGroups(_) => Reply::AccessGroups(Vec::new()),
        Operation::ListUnmanagedAcsUsers(_) => Reply::AcsUsers(Vec::new()),
    })
}

fn unmanaged(subject: impl Into<Subject>, operation: &'static str) -> Error {
    Error::unknown(subject).with_operation(operation)
}
