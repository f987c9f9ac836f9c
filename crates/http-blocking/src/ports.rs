//! The ports: one line a method.

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsUser, AcsUserId, AddUser,
    BlockingAccessGroupPort, BlockingAcsUserPort, BlockingDirectoryPort, DeleteAccessGroup,
    Entrance, EntranceId, Error, GetAccessGroup, GetAcsUser, GetEntrance, ListAccessGroups,
    ListEntrancesOfGroup, ListUsersInGroup, RemoveUser, UserRef,
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
    fn acs_user(&self, user: AcsUserId) -> Result<AcsUser, Error> {
        self.call(GetAcsUser { user })
    }
}

impl BlockingDirectoryPort for HttpBlocking {
    fn entrance(&self, entrance: EntranceId) -> Result<Entrance, Error> {
        self.call(GetEntrance { entrance })
    }
}
