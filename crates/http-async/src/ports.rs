//! The ports: one line a method.

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AccessGroupPort, AcsSystem, AcsSystemFilter,
    AcsSystemId, AcsUser, AcsUserFilter, AcsUserId, AcsUserPort, AcsUserSelector, AcsUserUpdate,
    AddUser, CreateAcsUser, CreateUserIdentity, DeleteAccessGroup, DeleteAcsUser,
    DeleteUserIdentity, DirectoryPort, Entrance, EntranceFilter, EntranceId, Error, GetAccessGroup,
    GetAcsSystem, GetAcsUser, GetEntrance, GetUserIdentity, GetWorkspace, GrantAccess, LinkAcsUser,
    ListAccessGroups, ListAcsSystems, ListAcsUsers, ListEntrances, ListEntrancesOfGroup,
    ListEntrancesOfIdentity, ListEntrancesOfUser, ListSystemsOfIdentity, ListUserIdentities,
    ListUsersInGroup, ListUsersOfIdentity, NewAcsUser, NewUserIdentity, Page, PageRequest,
    RemoveUser, RevokeAccessToAllEntrances, SuspendAcsUser, UnlinkAcsUser, UnsuspendAcsUser,
    UpdateAcsUser, UpdateUserIdentity, UserIdentity, UserIdentityFilter, UserIdentityId,
    UserIdentityPort, UserIdentitySelector, UserIdentityUpdate, UserRef, Workspace,
};
use async_trait::async_trait;

use crate::HttpAsync;

#[async_trait]
impl AccessGroupPort for HttpAsync {
    async fn add_user(&self, user: UserRef, group: AccessGroupId) -> Result<(), Error> {
        self.call(AddUser { user, group }).await
    }

    async fn remove_user(&self, user: UserRef, group: AccessGroupId) -> Result<(), Error> {
        self.call(RemoveUser { user, group }).await
    }

    async fn access_group(&self, group: AccessGroupId) -> Result<AccessGroup, Error> {
        self.call(GetAccessGroup { group }).await
    }

    async fn access_groups(&self, filter: AccessGroupFilter) -> Result<Vec<AccessGroup>, Error> {
        self.call(ListAccessGroups { filter }).await
    }

    async fn users_in_group(&self, group: AccessGroupId) -> Result<Vec<AcsUser>, Error> {
        self.call(ListUsersInGroup { group }).await
    }

    async fn entrances_of_group(&self, group: AccessGroupId) -> Result<Vec<Entrance>, Error> {
        self.call(ListEntrancesOfGroup { group }).await
    }

    async fn delete_access_group(&self, group: AccessGroupId) -> Result<(), Error> {
        self.call(DeleteAccessGroup { group }).await
    }
}

#[async_trait]
impl AcsUserPort for HttpAsync {
    async fn create_acs_user(&self, user: NewAcsUser) -> Result<AcsUser, Error> {
        self.call(CreateAcsUser { user }).await
    }

    async fn acs_user(&self, user: AcsUserSelector) -> Result<AcsUser, Error> {
        self.call(GetAcsUser { user }).await
    }

    async fn acs_users(
        &self,
        filter: AcsUserFilter,
        page: PageRequest,
    ) -> Result<Page<AcsUser>, Error> {
        self.call(ListAcsUsers { filter, page }).await
    }

    async fn update_acs_user(
        &self,
        user: AcsUserSelector,
        update: AcsUserUpdate,
    ) -> Result<(), Error> {
        self.call(UpdateAcsUser { user, update }).await
    }

    async fn delete_acs_user(&self, user: AcsUserSelector) -> Result<(), Error> {
        self.call(DeleteAcsUser { user }).await
    }

    async fn suspend_acs_user(&self, user: AcsUserSelector) -> Result<(), Error> {
        self.call(SuspendAcsUser { user }).await
    }

    async fn unsuspend_acs_user(&self, user: AcsUserSelector) -> Result<(), Error> {
        self.call(UnsuspendAcsUser { user }).await
    }

    async fn entrances_of_user(&self, user: AcsUserSelector) -> Result<Vec<Entrance>, Error> {
        self.call(ListEntrancesOfUser { user }).await
    }

    async fn revoke_access_to_all_entrances(&self, user: AcsUserSelector) -> Result<(), Error> {
        self.call(RevokeAccessToAllEntrances { user }).await
    }
}

#[async_trait]
impl DirectoryPort for HttpAsync {
    async fn workspace(&self) -> Result<Workspace, Error> {
        self.call(GetWorkspace {}).await
    }

    async fn acs_system(&self, system: AcsSystemId) -> Result<AcsSystem, Error> {
        self.call(GetAcsSystem { system }).await
    }

    async fn acs_systems(&self, filter: AcsSystemFilter) -> Result<Vec<AcsSystem>, Error> {
        self.call(ListAcsSystems { filter }).await
    }

    async fn entrance(&self, entrance: EntranceId) -> Result<Entrance, Error> {
        self.call(GetEntrance { entrance }).await
    }

    async fn entrances(
        &self,
        filter: EntranceFilter,
        page: PageRequest,
    ) -> Result<Page<Entrance>, Error> {
        self.call(ListEntrances { filter, page }).await
    }

    async fn grant_access(&self, user: UserRef, entrance: EntranceId) -> Result<(), Error> {
        self.call(GrantAccess { user, entrance }).await
    }
}

#[async_trait]
impl UserIdentityPort for HttpAsync {
    async fn create_user_identity(&self, identity: NewUserIdentity) -> Result<UserIdentity, Error> {
        self.call(CreateUserIdentity { identity }).await
    }

    async fn user_identity(&self, identity: UserIdentitySelector) -> Result<UserIdentity, Error> {
        self.call(GetUserIdentity { identity }).await
    }

    async fn user_identities(
        &self,
        filter: UserIdentityFilter,
        page: PageRequest,
    ) -> Result<Page<UserIdentity>, Error> {
        self.call(ListUserIdentities { filter, page }).await
    }

    async fn update_user_identity(
        &self,
        identity: UserIdentityId,
        update: UserIdentityUpdate,
    ) -> Result<(), Error> {
        self.call(UpdateUserIdentity { identity, update }).await
    }

    async fn delete_user_identity(&self, identity: UserIdentityId) -> Result<(), Error> {
        self.call(DeleteUserIdentity { identity }).await
    }

    async fn link_acs_user(
        &self,
        user: AcsUserId,
        identity: UserIdentitySelector,
    ) -> Result<(), Error> {
        self.call(LinkAcsUser { user, identity }).await
    }

    async fn unlink_acs_user(
        &self,
        user: AcsUserId,
        identity: UserIdentityId,
    ) -> Result<(), Error> {
        self.call(UnlinkAcsUser { user, identity }).await
    }

    async fn users_of_identity(&self, identity: UserIdentityId) -> Result<Vec<AcsUser>, Error> {
        self.call(ListUsersOfIdentity { identity }).await
    }

    async fn systems_of_identity(&self, identity: UserIdentityId) -> Result<Vec<AcsSystem>, Error> {
        self.call(ListSystemsOfIdentity { identity }).await
    }

    async fn entrances_of_identity(
        &self,
        identity: UserIdentityId,
    ) -> Result<Vec<Entrance>, Error> {
        self.call(ListEntrancesOfIdentity { identity }).await
    }
}
