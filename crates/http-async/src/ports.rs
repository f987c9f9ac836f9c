//! The ports: one line a method.

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AccessGroupPort, AcsUser, AcsUserId,
    AcsUserPort, AddUser, DeleteAccessGroup, DirectoryPort, Entrance, EntranceId, Error,
    GetAccessGroup, GetAcsUser, GetEntrance, ListAccessGroups, ListEntrancesOfGroup,
    ListUsersInGroup, RemoveUser, UserRef,
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
    async fn acs_user(&self, user: AcsUserId) -> Result<AcsUser, Error> {
        self.call(GetAcsUser { user }).await
    }
}

#[async_trait]
impl DirectoryPort for HttpAsync {
    async fn entrance(&self, entrance: EntranceId) -> Result<Entrance, Error> {
        self.call(GetEntrance { entrance }).await
    }
}
