//! The ports that this adapter has for reading only: what they would change is refused.

use access_groups_core::{
    AcsSystem, AcsSystemFilter, AcsSystemId, AcsUser, AcsUserFilter, AcsUserSelector,
    AcsUserUpdate, BlockingAcsUserPort, BlockingDirectoryPort, Entrance, EntranceFilter,
    EntranceId, Error, NewAcsUser, Page, PageRequest, UserRef, Workspace,
};

use crate::Journal;

impl BlockingAcsUserPort for Journal {
    fn acs_user(&self, user: AcsUserSelector) -> Result<AcsUser, Error> {
        self.read(|state| state.selected(user).cloned())
    }

    fn acs_users(&self, filter: AcsUserFilter, page: PageRequest) -> Result<Page<AcsUser>, Error> {
        self.read(|state| state.page_of_users(&filter, &page))
    }

    fn entrances_of_user(&self, user: AcsUserSelector) -> Result<Vec<Entrance>, Error> {
        self.read(|state| Ok(state.opened_by(user)?.cloned().collect()))
    }

    fn create_acs_user(&self, _: NewAcsUser) -> Result<AcsUser, Error> {
        Err(reads_only())
    }

    fn update_acs_user(&self, _: AcsUserSelector, _: AcsUserUpdate) -> Result<(), Error> {
        Err(reads_only())
    }

    fn delete_acs_user(&self, _: AcsUserSelector) -> Result<(), Error> {
        Err(reads_only())
    }

    fn suspend_acs_user(&self, _: AcsUserSelector) -> Result<(), Error> {
        Err(reads_only())
    }

    fn unsuspend_acs_user(&self, _: AcsUserSelector) -> Result<(), Error> {
        Err(reads_only())
    }

    fn revoke_access_to_all_entrances(&self, _: AcsUserSelector) -> Result<(), Error> {
        Err(reads_only())
    }
}

impl BlockingDirectoryPort for Journal {
    fn acs_system(&self, system: AcsSystemId) -> Result<AcsSystem, Error> {
        self.read(|state| state.system(system).cloned())
    }

    fn acs_systems(&self, filter: AcsSystemFilter) -> Result<Vec<AcsSystem>, Error> {
        Ok(self.read(|state| state.systems(&filter).cloned().collect()))
    }

    fn entrance(&self, entrance: EntranceId) -> Result<Entrance, Error> {
        self.read(|state| state.entrance(entrance).cloned())
    }

    fn entrances(
        &self,
        filter: EntranceFilter,
        page: PageRequest,
    ) -> Result<Page<Entrance>, Error> {
        self.read(|state| state.page_of_entrances(&filter, &page))
    }

    fn workspace(&self) -> Result<Workspace, Error> {
        Err(Error::unsupported(
            "a journal is of one building and knows no workspace",
        ))
    }

    fn grant_access(&self, _: UserRef, _: EntranceId) -> Result<(), Error> {
        Err(Error::unsupported("a journal knows memberships only"))
    }
}

fn reads_only() -> Error {
    Error::unsupported("a journal takes its people as they are given at opening")
}
