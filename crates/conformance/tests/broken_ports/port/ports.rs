//! The ports of the broken port: each method is its operation.

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsSystem, AcsSystemFilter, AcsSystemId,
    AcsUser, AcsUserFilter, AcsUserId, AcsUserSelector, AcsUserUpdate, AddUser,
    BlockingAccessGroupPort, BlockingAcsUserPort, BlockingDirectoryPort, BlockingUserIdentityPort,
    CreateAcsUser, CreateUserIdentity, DeleteAccessGroup, DeleteAcsUser, DeleteUserIdentity,
    Entrance, EntranceFilter, EntranceId, Error, GetAccessGroup, GetAcsSystem, GetAcsUser,
    GetEntrance, GetUserIdentity, GetWorkspace, GrantAccess, LinkAcsUser, ListAccessGroups,
    ListAcsSystems, ListAcsUsers, ListEntrances, ListEntrancesOfGroup, ListEntrancesOfIdentity,
    ListEntrancesOfUser, ListSystemsOfIdentity, ListUserIdentities, ListUsersInGroup,
    ListUsersOfIdentity, NewAcsUser, NewUserIdentity, Page, PageRequest, RemoveUser,
    RevokeAccessToAllEntrances, SuspendAcsUser, UnlinkAcsUser, UnsuspendAcsUser, UpdateAcsUser,
    UpdateUserIdentity, UserIdentity, UserIdentityFilter, UserIdentityId, UserIdentitySelector,
    UserIdentityUpdate, UserRef, Workspace,
};

use super::Broken;

/// One table of methods per port.
macro_rules! each_method_is_its_operation {
    ($($port:ident {
        $($method:ident($($argument:ident: $type:ty),*) -> $reply:ty = $operation:ident;)*
    })*) => {$(
        impl $port for Broken {
            $(fn $method(&self, $($argument: $type),*) -> Result<$reply, Error> {
                self.call($operation { $($argument),* })
            })*
        }
    )*};
}

each_method_is_its_operation! {
    BlockingAccessGroupPort {
        add_user(user: UserRef, group: AccessGroupId) -> () = AddUser;
        remove_user(user: UserRef, group: AccessGroupId) -> () = RemoveUser;
        access_group(group: AccessGroupId) -> AccessGroup = GetAccessGroup;
        access_groups(filter: AccessGroupFilter) -> Vec<AccessGroup> = ListAccessGroups;
        users_in_group(group: AccessGroupId) -> Vec<AcsUser> = ListUsersInGroup;
        entrances_of_group(group: AccessGroupId) -> Vec<Entrance> = ListEntrancesOfGroup;
        delete_access_group(group: AccessGroupId) -> () = DeleteAccessGroup;
    }
    BlockingAcsUserPort {
        create_acs_user(user: NewAcsUser) -> AcsUser = CreateAcsUser;
        acs_user(user: AcsUserSelector) -> AcsUser = GetAcsUser;
        acs_users(filter: AcsUserFilter, page: PageRequest) -> Page<AcsUser> = ListAcsUsers;
        update_acs_user(user: AcsUserSelector, update: AcsUserUpdate) -> () = UpdateAcsUser;
        delete_acs_user(user: AcsUserSelector) -> () = DeleteAcsUser;
        suspend_acs_user(user: AcsUserSelector) -> () = SuspendAcsUser;
        unsuspend_acs_user(user: AcsUserSelector) -> () = UnsuspendAcsUser;
        entrances_of_user(user: AcsUserSelector) -> Vec<Entrance> = ListEntrancesOfUser;
        revoke_access_to_all_entrances(user: AcsUserSelector) -> () = RevokeAccessToAllEntrances;
    }
    BlockingDirectoryPort {
        workspace() -> Workspace = GetWorkspace;
        acs_system(system: AcsSystemId) -> AcsSystem = GetAcsSystem;
        acs_systems(filter: AcsSystemFilter) -> Vec<AcsSystem> = ListAcsSystems;
        entrance(entrance: EntranceId) -> Entrance = GetEntrance;
        entrances(filter: EntranceFilter, page: PageRequest) -> Page<Entrance> = ListEntrances;
        grant_access(user: UserRef, entrance: EntranceId) -> () = GrantAccess;
    }
    BlockingUserIdentityPort {
        create_user_identity(identity: NewUserIdentity) -> UserIdentity = CreateUserIdentity;
        user_identity(identity: UserIdentitySelector) -> UserIdentity = GetUserIdentity;
        user_identities(filter: UserIdentityFilter, page: PageRequest) -> Page<UserIdentity>
            = ListUserIdentities;
        update_user_identity(identity: UserIdentityId, update: UserIdentityUpdate) -> ()
            = UpdateUserIdentity;
        delete_user_identity(identity: UserIdentityId) -> () = DeleteUserIdentity;
        link_acs_user(user: AcsUserId, identity: UserIdentitySelector) -> () = LinkAcsUser;
        unlink_acs_user(user: AcsUserId, identity: UserIdentityId) -> () = UnlinkAcsUser;
        users_of_identity(identity: UserIdentityId) -> Vec<AcsUser> = ListUsersOfIdentity;
        systems_of_identity(identity: UserIdentityId) -> Vec<AcsSystem> = ListSystemsOfIdentity;
        entrances_of_identity(identity: UserIdentityId) -> Vec<Entrance>
            = ListEntrancesOfIdentity;
    }
}
