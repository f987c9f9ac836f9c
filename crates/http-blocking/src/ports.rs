//! The ports: one line a method.

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

use crate::HttpBlocking;

impl BlockingAccessGroupPort for HttpBlocking {
    fn add_user(&self, user: UserRef, group: AccessGroupId) -> Result<(), Error> {
        self.call(AddUser { user, group })
    }

    fn remove_user(&self, user: UserRef, group: AccessGroupId) -> Result<(), Error> {
        self.call(RemoveUser { user, group })
    }

    fn access_group(&self, group: AccessGroupId) -> Result<AccessGroup, Error> {
        self.call(GetAccessGroup { group })
    }

    fn access_groups(&self, filter: AccessGroupFilter) -> Result<Vec<AccessGroup>, Error> {
        self.call(ListAccessGroups { filter })
    }

    fn users_in_group(&self, group: AccessGroupId) -> Result<Vec<AcsUser>, Error> {
        self.call(ListUsersInGroup { group })
    }

    fn entrances_of_group(&self, group: AccessGroupId) -> Result<Vec<Entrance>, Error> {
        self.call(ListEntrancesOfGroup { group })
    }

    fn delete_access_group(&self, group: AccessGroupId) -> Result<(), Error> {
        self.call(DeleteAccessGroup { group })
    }
}

impl BlockingAcsUserPort for HttpBlocking {
    fn create_acs_user(&self, user: NewAcsUser) -> Result<AcsUser, Error> {
        self.call(CreateAcsUser { user })
    }

    fn acs_user(&self, user: AcsUserSelector) -> Result<AcsUser, Error> {
        self.call(GetAcsUser { user })
    }

    fn acs_users(&self, filter: AcsUserFilter, page: PageRequest) -> Result<Page<AcsUser>, Error> {
        self.call(ListAcsUsers { filter, page })
    }

    fn update_acs_user(&self, user: AcsUserSelector, update: AcsUserUpdate) -> Result<(), Error> {
        self.call(UpdateAcsUser { user, update })
    }

    fn delete_acs_user(&self, user: AcsUserSelector) -> Result<(), Error> {
        self.call(DeleteAcsUser { user })
    }

    fn suspend_acs_user(&self, user: AcsUserSelector) -> Result<(), Error> {
        self.call(SuspendAcsUser { user })
    }

    fn unsuspend_acs_user(&self, user: AcsUserSelector) -> Result<(), Error> {
        self.call(UnsuspendAcsUser { user })
    }

    fn entrances_of_user(&self, user: AcsUserSelector) -> Result<Vec<Entrance>, Error> {
        self.call(ListEntrancesOfUser { user })
    }

    fn revoke_access_to_all_entrances(&self, user: AcsUserSelector) -> Result<(), Error> {
        self.call(RevokeAccessToAllEntrances { user })
    }
}

impl BlockingDirectoryPort for HttpBlocking {
    fn workspace(&self) -> Result<Workspace, Error> {
        self.call(GetWorkspace {})
    }

    fn acs_system(&self, system: AcsSystemId) -> Result<AcsSystem, Error> {
        self.call(GetAcsSystem { system })
    }

    fn acs_systems(&self, filter: AcsSystemFilter) -> Result<Vec<AcsSystem>, Error> {
        self.call(ListAcsSystems { filter })
    }

    fn entrance(&self, entrance: EntranceId) -> Result<Entrance, Error> {
        self.call(GetEntrance { entrance })
    }

    fn entrances(
        &self,
        filter: EntranceFilter,
        page: PageRequest,
    ) -> Result<Page<Entrance>, Error> {
        self.call(ListEntrances { filter, page })
    }

    fn grant_access(&self, user: UserRef, entrance: EntranceId) -> Result<(), Error> {
        self.call(GrantAccess { user, entrance })
    }
}

impl BlockingUserIdentityPort for HttpBlocking {
    fn create_user_identity(&self, identity: NewUserIdentity) -> Result<UserIdentity, Error> {
        self.call(CreateUserIdentity { identity })
    }

    fn user_identity(&self, identity: UserIdentitySelector) -> Result<UserIdentity, Error> {
        self.call(GetUserIdentity { identity })
    }

    fn user_identities(
        &self,
        filter: UserIdentityFilter,
        page: PageRequest,
    ) -> Result<Page<UserIdentity>, Error> {
        self.call(ListUserIdentities { filter, page })
    }

    fn update_user_identity(
        &self,
        identity: UserIdentityId,
        update: UserIdentityUpdate,
    ) -> Result<(), Error> {
        self.call(UpdateUserIdentity { identity, update })
    }

    fn delete_user_identity(&self, identity: UserIdentityId) -> Result<(), Error> {
        self.call(DeleteUserIdentity { identity })
    }

    fn link_acs_user(&self, user: AcsUserId, identity: UserIdentitySelector) -> Result<(), Error> {
        self.call(LinkAcsUser { user, identity })
    }

    fn unlink_acs_user(&self, user: AcsUserId, identity: UserIdentityId) -> Result<(), Error> {
        self.call(UnlinkAcsUser { user, identity })
    }

    fn users_of_identity(&self, identity: UserIdentityId) -> Result<Vec<AcsUser>, Error> {
        self.call(ListUsersOfIdentity { identity })
    }

    fn systems_of_identity(&self, identity: UserIdentityId) -> Result<Vec<AcsSystem>, Error> {
        self.call(ListSystemsOfIdentity { identity })
    }

    fn entrances_of_identity(&self, identity: UserIdentityId) -> Result<Vec<Entrance>, Error> {
        self.call(ListEntrancesOfIdentity { identity })
    }
}
