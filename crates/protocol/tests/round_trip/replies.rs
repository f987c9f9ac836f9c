//! What each operation may answer.

use access_groups_core::*;

/// An answer to the operation, with things of this id and name, so many of them in a list.
pub(crate) fn reply_to(operation: &Operation, id: u128, name: &str, count: usize) -> Reply {
    use Operation as O;
    let system = AcsSystemId::from_u128(id);
    let group = AccessGroup::new(AccessGroupId::from_u128(id), system, name);
    let user = AcsUser::new(AcsUserId::from_u128(id), system, name);
    let entrance = Entrance::new(EntranceId::from_u128(id), system, name);
    let identity = UserIdentity::new(UserIdentityId::from_u128(id), name);
    let next = (count % 2 == 1).then(|| PageCursor::new(name));
    match operation {
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
        | O::UnlinkAcsUser(_) => ().into(),
        O::GetAccessGroup(_) | O::GetUnmanagedAccessGroup(_) => group.into(),
        O::ListAccessGroups(_) | O::ListUnmanagedAccessGroups(_) => vec![group; count].into(),
        O::CreateAcsUser(_) | O::GetAcsUser(_) | O::GetUnmanagedAcsUser(_) => user.into(),
        O::ListUsersInGroup(_) | O::ListUsersOfIdentity(_) | O::ListUnmanagedAcsUsers(_) => {
            vec![user; count].into()
        }
        O::ListAcsUsers(_) => Page {
            items: vec![user; count],
            next,
        }
        .into(),
        O::GetEntrance(_) => entrance.into(),
        O::ListEntrancesOfGroup(_) | O::ListEntrancesOfUser(_) | O::ListEntrancesOfIdentity(_) => {
            vec![entrance; count].into()
        }
        O::ListEntrances(_) => Page {
            items: vec![entrance; count],
            next,
        }
        .into(),
        O::GetAcsSystem(_) => AcsSystem::new(system, name).into(),
        O::ListAcsSystems(_) | O::ListSystemsOfIdentity(_) => {
            vec![AcsSystem::new(system, name); count].into()
        }
        O::CreateUserIdentity(_) | O::GetUserIdentity(_) => identity.into(),
        O::ListUserIdentities(_) => Page {
            items: vec![identity; count],
            next,
        }
        .into(),
        O::GetWorkspace(_) => Workspace::new(WorkspaceId::from_u128(id), name).into(),
    }
}
