//! Replies in the bodies of successes.

use access_groups_core::{Operation, Reply};

use crate::envelope;

/// Reads the reply of an operation from the body of a success.
pub(crate) fn read_reply(operation: &Operation, body: &[u8]) -> serde_json::Result<Reply> {
    use Operation as O;
    match operation {
        O::GetAccessGroup(_) | O::GetUnmanagedAccessGroup(_) => {
            envelope::read(ONE_GROUP, body).map(Reply::AccessGroup)
        }
        O::ListAccessGroups(_) | O::ListUnmanagedAccessGroups(_) => {
            envelope::read(GROUPS, body).map(Reply::AccessGroups)
        }
        O::CreateAcsUser(_) | O::GetAcsUser(_) | O::GetUnmanagedAcsUser(_) => {
            envelope::read(ONE_USER, body).map(Reply::AcsUser)
        }
        O::ListUsersInGroup(_) | O::ListUsersOfIdentity(_) | O::ListUnmanagedAcsUsers(_) => {
            envelope::read(USERS, body).map(Reply::AcsUsers)
        }
        O::ListAcsUsers(_) => envelope::read_page(USERS, body).map(Reply::AcsUserPage),
        O::GetEntrance(_) => envelope::read(ONE_ENTRANCE, body).map(Reply::Entrance),
        O::ListEntrancesOfGroup(_) | O::ListEntrancesOfUser(_) | O::ListEntrancesOfIdentity(_) => {
            envelope::read(ENTRANCES, body).map(Reply::Entrances)
        }
        O::ListEntrances(_) => envelope::read_page(ENTRANCES, body).map(Reply::EntrancePage),
        O::GetAcsSystem(_) => envelope::read(ONE_SYSTEM, body).map(Reply::AcsSystem),
        O::ListAcsSystems(_) | O::ListSystemsOfIdentity(_) => {
            envelope::read(SYSTEMS, body).map(Reply::AcsSystems)
        }
        O::CreateUserIdentity(_) | O::GetUserIdentity(_) => {
            envelope::read(ONE_IDENTITY, body).map(Reply::UserIdentity)
        }
        O::ListUserIdentities(_) => {
            envelope::read_page(IDENTITIES, body).map(Reply::UserIdentityPage)
        }
        O::GetWorkspace(_) => envelope::read(WORKSPACE, body).map(Reply::Workspace),
        O::AddUser(_)
        | O::RemoveUser(_)
        | O::DeleteAccessGroup(_)
        | O::UpdateAcsUser(_)
        | O::DeleteAcsUser(_)
        | O::SuspendAcsUser(_)
        | O::UnsuspendAcsUser(_)
        | O::RevokeAccessToAllEntrances(_)
        | O::GrantAccess(_)
        | O::UpdateUserIdentity(_)
        | O::DeleteUserIdentity(_)
        | O::LinkAcsUser(_)
        | O::UnlinkAcsUser(_) => envelope::read_ok(body).map(Reply::Done),
    }
}

/// Writes the body of a success.
pub(crate) fn write_reply(reply: &Reply) -> serde_json::Result<Vec<u8>> {
    match reply {
        Reply::AccessGroup(group) => envelope::success(ONE_GROUP, group),
        Reply::AccessGroups(groups) => envelope::success(GROUPS, groups),
        Reply::AcsUser(user) => envelope::success(ONE_USER, user),
        Reply::AcsUsers(users) => envelope::success(USERS, users),
        Reply::AcsUserPage(page) => envelope::success_page(USERS, page),
        Reply::Entrance(entrance) => envelope::success(ONE_ENTRANCE, entrance),
        Reply::Entrances(entrances) => envelope::success(ENTRANCES, entrances),
        Reply::EntrancePage(page) => envelope::success_page(ENTRANCES, page),
        Reply::AcsSystem(system) => envelope::success(ONE_SYSTEM, system),
        Reply::AcsSystems(systems) => envelope::success(SYSTEMS, systems),
        Reply::UserIdentity(identity) => envelope::success(ONE_IDENTITY, identity),
        Reply::UserIdentityPage(page) => envelope::success_page(IDENTITIES, page),
        Reply::Workspace(workspace) => envelope::success(WORKSPACE, workspace),
        Reply::Done(()) => Ok(envelope::OK.to_vec()),
    }
}

const ONE_GROUP: &str = "acs_access_group";
const GROUPS: &str = "acs_access_groups";
const ONE_USER: &str = "acs_user";
const USERS: &str = "acs_users";
const ONE_ENTRANCE: &str = "acs_entrance";
const ENTRANCES: &str = "acs_entrances";
const ONE_SYSTEM: &str = "acs_system";
const SYSTEMS: &str = "acs_systems";
const ONE_IDENTITY: &str = "user_identity";
const IDENTITIES: &str = "user_identities";
const WORKSPACE: &str = "workspace";
