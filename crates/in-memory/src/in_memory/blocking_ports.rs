//! The blocking ports: one question or one change of the state each.

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsSystem, AcsSystemFilter, AcsSystemId,
    AcsUser, AcsUserFilter, AcsUserId, AcsUserSelector, AcsUserUpdate, AddUser,
    BlockingAccessGroupPort, BlockingAcsUserPort, BlockingDirectoryPort, BlockingUserIdentityPort,
    CreateAcsUser, CreateUserIdentity, DeleteAccessGroup, DeleteAcsUser, DeleteUserIdentity,
    Entrance, EntranceFilter, EntranceId, Error, GetAccessGroup, GetAcsSystem, GetAcsUser,
    GetEntrance, GetUserIdentity, GrantAccess, LinkAcsUser, ListAcsUsers, ListEntrances,
    ListEntrancesOfGroup, ListEntrancesOfIdentity, ListEntrancesOfUser, ListSystemsOfIdentity,
    ListUserIdentities, ListUsersInGroup, ListUsersOfIdentity, NewAcsUser, NewUserIdentity, Page,
    PageRequest, RemoveUser, RevokeAccessToAllEntrances, SuspendAcsUser, UnlinkAcsUser,
    UnsuspendAcsUser, UpdateAcsUser, UpdateUserIdentity, UserIdentity, UserIdentityFilter,
    UserIdentityId, UserIdentitySelector, UserIdentityUpdate, UserRef, Workspace,
};

use super::BlockingInMemory;

impl BlockingAccessGroupPort for BlockingInMemory {
    fn add_user(&self, user: UserRef, group: AccessGroupId) -> Result<(), Error> {
        self.change::<AddUser, _>(|state, now| state.join(user, group, now).map(drop))
    }

    fn remove_user(&self, user: UserRef, group: AccessGroupId) -> Result<(), Error> {
        self.change::<RemoveUser, _>(|state, _| state.leave(user, group).map(drop))
    }

    fn access_group(&self, group: AccessGroupId) -> Result<AccessGroup, Error> {
        self.ask::<GetAccessGroup, _>(|state| state.access_group(group).cloned())
    }

    fn access_groups(&self, filter: AccessGroupFilter) -> Result<Vec<AccessGroup>, Error> {
        Ok(self.read(|state| all(state.access_groups(&filter))))
    }

    fn users_in_group(&self, group: AccessGroupId) -> Result<Vec<AcsUser>, Error> {
        self.ask::<ListUsersInGroup, _>(|state| state.users_in_group(group).map(all))
    }

    fn entrances_of_group(&self, group: AccessGroupId) -> Result<Vec<Entrance>, Error> {
        self.ask::<ListEntrancesOfGroup, _>(|state| state.entrances_of_group(group).map(all))
    }

    fn delete_access_group(&self, group: AccessGroupId) -> Result<(), Error> {
        self.change::<DeleteAccessGroup, _>(|state, _| state.delete_group(group))
    }
}

impl BlockingAcsUserPort for BlockingInMemory {
    fn create_acs_user(&self, user: NewAcsUser) -> Result<AcsUser, Error> {
        self.change::<CreateAcsUser, _>(|state, now| state.create_acs_user(user, now))
    }

    fn acs_user(&self, user: AcsUserSelector) -> Result<AcsUser, Error> {
        self.ask::<GetAcsUser, _>(|state| state.acs_user(user).cloned())
    }

    fn acs_users(&self, filter: AcsUserFilter, page: PageRequest) -> Result<Page<AcsUser>, Error> {
        self.ask::<ListAcsUsers, _>(|state| state.acs_users_page(&filter, &page))
    }

    fn update_acs_user(&self, user: AcsUserSelector, update: AcsUserUpdate) -> Result<(), Error> {
        self.change::<UpdateAcsUser, _>(|state, now| {
            state.update_acs_user(user, update, now).map(drop)
        })
    }

    fn delete_acs_user(&self, user: AcsUserSelector) -> Result<(), Error> {
        self.change::<DeleteAcsUser, _>(|state, _| state.delete_user(user))
    }

    fn suspend_acs_user(&self, user: AcsUserSelector) -> Result<(), Error> {
        self.change::<SuspendAcsUser, _>(|state, _| state.suspend_acs_user(user).map(drop))
    }

    fn unsuspend_acs_user(&self, user: AcsUserSelector) -> Result<(), Error> {
        self.change::<UnsuspendAcsUser, _>(|state, _| state.unsuspend_acs_user(user).map(drop))
    }

    fn entrances_of_user(&self, user: AcsUserSelector) -> Result<Vec<Entrance>, Error> {
        self.ask::<ListEntrancesOfUser, _>(|state| state.entrances_of_user(user).map(all))
    }

    fn revoke_access_to_all_entrances(&self, user: AcsUserSelector) -> Result<(), Error> {
        self.change::<RevokeAccessToAllEntrances, _>(|state, _| {
            state.revoke_access_to_all_entrances(user).map(drop)
        })
    }
}

impl BlockingDirectoryPort for BlockingInMemory {
    fn workspace(&self) -> Result<Workspace, Error> {
        Ok(self.read(|state| state.workspace_or_default()))
    }

    fn acs_system(&self, system: AcsSystemId) -> Result<AcsSystem, Error> {
        self.ask::<GetAcsSystem, _>(|state| state.acs_system(system).cloned())
    }

    fn acs_systems(&self, filter: AcsSystemFilter) -> Result<Vec<AcsSystem>, Error> {
        Ok(self.read(|state| all(state.acs_systems_matching(&filter))))
    }

    fn entrance(&self, entrance: EntranceId) -> Result<Entrance, Error> {
        self.ask::<GetEntrance, _>(|state| state.entrance(entrance).cloned())
    }

    fn entrances(
        &self,
        filter: EntranceFilter,
        page: PageRequest,
    ) -> Result<Page<Entrance>, Error> {
        self.ask::<ListEntrances, _>(|state| state.entrances_page(&filter, &page))
    }

    fn grant_access(&self, user: UserRef, entrance: EntranceId) -> Result<(), Error> {
        self.change::<GrantAccess, _>(|state, now| state.grant(user, entrance, now).map(drop))
    }
}

impl BlockingUserIdentityPort for BlockingInMemory {
    fn create_user_identity(&self, identity: NewUserIdentity) -> Result<UserIdentity, Error> {
        self.change::<CreateUserIdentity, _>(|state, now| state.create_user_identity(identity, now))
    }

    fn user_identity(&self, identity: UserIdentitySelector) -> Result<UserIdentity, Error> {
        self.ask::<GetUserIdentity, _>(|state| state.user_identity(identity).cloned())
    }

    fn user_identities(
        &self,
        filter: UserIdentityFilter,
        page: PageRequest,
    ) -> Result<Page<UserIdentity>, Error> {
        self.ask::<ListUserIdentities, _>(|state| state.user_identities_page(&filter, &page))
    }

    fn update_user_identity(
        &self,
        identity: UserIdentityId,
        update: UserIdentityUpdate,
    ) -> Result<(), Error> {
        self.change::<UpdateUserIdentity, _>(|state, _| {
            state.update_user_identity(identity, update).map(drop)
        })
    }

    fn delete_user_identity(&self, identity: UserIdentityId) -> Result<(), Error> {
        self.change::<DeleteUserIdentity, _>(|state, _| state.delete_user_identity(identity))
    }

    fn link_acs_user(&self, user: AcsUserId, identity: UserIdentitySelector) -> Result<(), Error> {
        self.change::<LinkAcsUser, _>(|state, now| {
            state.link_acs_user(user, identity, now).map(drop)
        })
    }

    fn unlink_acs_user(&self, user: AcsUserId, identity: UserIdentityId) -> Result<(), Error> {
        self.change::<UnlinkAcsUser, _>(|state, _| state.unlink_acs_user(user, identity).map(drop))
    }

    fn users_of_identity(&self, identity: UserIdentityId) -> Result<Vec<AcsUser>, Error> {
        self.ask::<ListUsersOfIdentity, _>(|state| state.acs_users_of_identity(identity).map(all))
    }

    fn systems_of_identity(&self, identity: UserIdentityId) -> Result<Vec<AcsSystem>, Error> {
        self.ask::<ListSystemsOfIdentity, _>(|state| state.systems_of_identity(identity).map(all))
    }

    fn entrances_of_identity(&self, identity: UserIdentityId) -> Result<Vec<Entrance>, Error> {
        self.ask::<ListEntrancesOfIdentity, _>(|state| {
            state.entrances_of_identity(identity).map(all)
        })
    }
}

fn all<'a, T: Clone + 'a>(resources: impl Iterator<Item = &'a T>) -> Vec<T> {
    resources.cloned().collect()
}
