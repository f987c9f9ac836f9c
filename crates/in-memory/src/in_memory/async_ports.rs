//! The async ports: what the blocking ones answer, at the first poll.

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AccessGroupPort, AcsSystem, AcsSystemFilter,
    AcsSystemId, AcsUser, AcsUserFilter, AcsUserId, AcsUserPort, AcsUserSelector, AcsUserUpdate,
    BlockingAccessGroupPort, BlockingAcsUserPort, BlockingDirectoryPort, BlockingUserIdentityPort,
    DirectoryPort, Entrance, EntranceFilter, EntranceId, Error, NewAcsUser, NewUserIdentity, Page,
    PageRequest, UserIdentity, UserIdentityFilter, UserIdentityId, UserIdentityPort,
    UserIdentitySelector, UserIdentityUpdate, UserRef, Workspace,
};
use async_trait::async_trait;

use super::InMemory;

#[async_trait]
impl AccessGroupPort for InMemory {
    async fn add_user(&self, user: UserRef, group: AccessGroupId) -> Result<(), Error> {
        self.shared.add_user(user, group)
    }

    async fn remove_user(&self, user: UserRef, group: AccessGroupId) -> Result<(), Error> {
        self.shared.remove_user(user, group)
    }

    async fn access_group(&self, group: AccessGroupId) -> Result<AccessGroup, Error> {
        self.shared.access_group(group)
    }

    async fn access_groups(&self, filter: AccessGroupFilter) -> Result<Vec<AccessGroup>, Error> {
        self.shared.access_groups(filter)
    }

    async fn users_in_group(&self, group: AccessGroupId) -> Result<Vec<AcsUser>, Error> {
        self.shared.users_in_group(group)
    }

    async fn entrances_of_group(&self, group: AccessGroupId) -> Result<Vec<Entrance>, Error> {
        self.shared.entrances_of_group(group)
    }

    async fn delete_access_group(&self, group: AccessGroupId) -> Result<(), Error> {
        self.shared.delete_access_group(group)
    }
}

#[async_trait]
impl AcsUserPort for InMemory {
    async fn create_acs_user(&self, user: NewAcsUser) -> Result<AcsUser, Error> {
        self.shared.create_acs_user(user)
    }

    async fn acs_user(&self, user: AcsUserSelector) -> Result<AcsUser, Error> {
        self.shared.acs_user(user)
    }

    async fn acs_users(
        &self,
        filter: AcsUserFilter,
        page: PageRequest,
    ) -> Result<Page<AcsUser>, Error> {
        self.shared.acs_users(filter, page)
    }

    async fn update_acs_user(
        &self,
        user: AcsUserSelector,
        update: AcsUserUpdate,
    ) -> Result<(), Error> {
        self.shared.update_acs_user(user, update)
    }

    async fn delete_acs_user(&self, user: AcsUserSelector) -> Result<(), Error> {
        self.shared.delete_acs_user(user)
    }

    async fn suspend_acs_user(&self, user: AcsUserSelector) -> Result<(), Error> {
        self.shared.suspend_acs_user(user)
    }

    async fn unsuspend_acs_user(&self, user: AcsUserSelector) -> Result<(), Error> {
        self.shared.unsuspend_acs_user(user)
    }

    async fn entrances_of_user(&self, user: AcsUserSelector) -> Result<Vec<Entrance>, Error> {
        self.shared.entrances_of_user(user)
    }

    async fn revoke_access_to_all_entrances(&self, user: AcsUserSelector) -> Result<(), Error> {
        self.shared.revoke_access_to_all_entrances(user)
    }
}

#[async_trait]
impl DirectoryPort for InMemory {
    async fn workspace(&self) -> Result<Workspace, Error> {
        self.shared.workspace()
    }

    async fn acs_system(&self, system: AcsSystemId) -> Result<AcsSystem, Error> {
        self.shared.acs_system(system)
    }

    async fn acs_systems(&self, filter: AcsSystemFilter) -> Result<Vec<AcsSystem>, Error> {
        self.shared.acs_systems(filter)
    }

    async fn entrance(&self, entrance: EntranceId) -> Result<Entrance, Error> {
        self.shared.entrance(entrance)
    }

    async fn entrances(
        &self,
        filter: EntranceFilter,
        page: PageRequest,
    ) -> Result<Page<Entrance>, Error> {
        self.shared.entrances(filter, page)
    }

    async fn grant_access(&self, user: UserRef, entrance: EntranceId) -> Result<(), Error> {
        self.shared.grant_access(user, entrance)
    }
}

#[async_trait]
impl UserIdentityPort for InMemory {
    async fn create_user_identity(&self, identity: NewUserIdentity) -> Result<UserIdentity, Error> {
        self.shared.create_user_identity(identity)
    }

    async fn user_identity(&self, identity: UserIdentitySelector) -> Result<UserIdentity, Error> {
        self.shared.user_identity(identity)
    }

    async fn user_identities(
        &self,
        filter: UserIdentityFilter,
        page: PageRequest,
    ) -> Result<Page<UserIdentity>, Error> {
        self.shared.user_identities(filter, page)
    }

    async fn update_user_identity(
        &self,
        identity: UserIdentityId,
        update: UserIdentityUpdate,
    ) -> Result<(), Error> {
        self.shared.update_user_identity(identity, update)
    }

    async fn delete_user_identity(&self, identity: UserIdentityId) -> Result<(), Error> {
        self.shared.delete_user_identity(identity)
    }

    async fn link_acs_user(
        &self,
        user: AcsUserId,
        identity: UserIdentitySelector,
    ) -> Result<(), Error> {
        self.shared.link_acs_user(user, identity)
    }

    async fn unlink_acs_user(
        &self,
        user: AcsUserId,
        identity: UserIdentityId,
    ) -> Result<(), Error> {
        self.shared.unlink_acs_user(user, identity)
    }

    async fn users_of_identity(&self, identity: UserIdentityId) -> Result<Vec<AcsUser>, Error> {
        self.shared.users_of_identity(identity)
    }

    async fn systems_of_identity(&self, identity: UserIdentityId) -> Result<Vec<AcsSystem>, Error> {
        self.shared.systems_of_identity(identity)
    }

    async fn entrances_of_identity(
        &self,
        identity: UserIdentityId,
    ) -> Result<Vec<Entrance>, Error> {
        self.shared.entrances_of_identity(identity)
    }
}
