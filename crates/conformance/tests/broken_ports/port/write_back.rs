//! Lost updates with the smallest window there is: what will be changed is read under the lock, and
//! all of it is written back under the lock that is taken next. Nothing waits in between, so that a
//! single caller sees no fault.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use access_groups_conformance::{Fixture, Open};
use access_groups_core::*;
use access_groups_in_memory::State;

use super::{execute, state_of};

/// What a port writes back, and in which operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WriteBack {
    /// Everything, in this operation only.
    Everything(&'static str),
    /// The groups of a user, in `AddUser` and `RemoveUser`.
    GroupsOfUser,
    /// The members of a group, in `AddUser` and `RemoveUser`.
    MembersOfGroup,
    /// The grants of a user, in `GrantAccess` and `RevokeAccess`.
    GrantsOfUser,
    /// The users of an identity, in `LinkAcsUser` and `UnlinkAcsUser`.
    UsersOfIdentity,
    /// The entrances of a group, when it is updated.
    EntrancesOfGroup,
    /// The row of a user, when it is updated.
    UpdatedUser,
    /// The row of a user, when it is suspended and when the suspension ends.
    SuspendedUser,
    /// The row of an identity, when it is updated.
    UpdatedIdentity,
    /// The row of a group, when it is updated.
    UpdatedGroup,
    /// The row of a system, when it is updated.
    UpdatedSystem,
    /// The rows of all users, when one is updated.
    AllUsers,
}

/// Every one of them.
pub(crate) fn write_backs() -> Vec<WriteBack> {
    let mut all: Vec<_> = CHANGES.iter().copied().map(WriteBack::Everything).collect();
    all.extend([
        WriteBack::GroupsOfUser,
        WriteBack::MembersOfGroup,
        WriteBack::GrantsOfUser,
        WriteBack::UsersOfIdentity,
        WriteBack::EntrancesOfGroup,
        WriteBack::UpdatedUser,
        WriteBack::SuspendedUser,
        WriteBack::UpdatedIdentity,
        WriteBack::UpdatedGroup,
        WriteBack::UpdatedSystem,
        WriteBack::AllUsers,
    ]);
    all
}

/// The operations that change something and can take the effect of another one with them.
const CHANGES: [&str; 24] = [
    "add_user",
    "remove_user",
    "delete_access_group",
    "create_access_group",
    "update_access_group",
    "create_acs_user",
    "update_acs_user",
    "delete_acs_user",
    "suspend_acs_user",
    "unsuspend_acs_user",
    "grant_access",
    "revoke_access",
    "create_acs_system",
    "update_acs_system",
    "delete_acs_system",
    "create_entrance",
    "update_entrance",
    "delete_entrance",
    "create_user_identity",
    "update_user_identity",
    "delete_user_identity",
    "link_acs_user",
    "unlink_acs_user",
    "revoke_access_to_all_entrances",
];

/// Opens ports that write this back.
pub(crate) fn writing_back(what: WriteBack) -> Box<Open<'static>> {
    Box::new(move |site| {
        let state = state_of(site).expect("the kit's sites are sound");
        let port = Port {
            state: Arc::new(Mutex::new(state)),
            what,
        };
        Fixture::blocking(port.clone()).with_clone(Fixture::blocking(port))
    })
}

#[derive(Clone)]
struct Port {
    state: Arc<Mutex<State>>,
    what: WriteBack,
}

impl BlockingAccessGroupPort for Port {
    fn call(&self, operation: Operation, _: &Context) -> Result<Reply, Error> {
        let answer = self.instead(&operation);
        answer.unwrap_or_else(|| execute(&mut self.state(), operation))
    }
}

impl Port {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn instead(&self, operation: &Operation) -> Option<Result<Reply, Error>> {
        let answer = match (self.what, operation) {
            (WriteBack::Everything(name), _) if name == operation.name() => {
                self.everything(operation)
            }
            (WriteBack::GroupsOfUser, Operation::AddUser(op)) => {
                self.groups(operation, op.user, op.group)?
            }
            (WriteBack::GroupsOfUser, Operation::RemoveUser(op)) => {
                self.groups(operation, op.user, op.group)?
            }
            (WriteBack::MembersOfGroup, Operation::AddUser(op)) => {
                self.members(operation, op.user, op.group)?
            }
            (WriteBack::MembersOfGroup, Operation::RemoveUser(op)) => {
                self.members(operation, op.user, op.group)?
            }
            (WriteBack::GrantsOfUser, Operation::GrantAccess(op)) => {
                self.grants(operation, op.user, op.entrance)?
            }
            (WriteBack::GrantsOfUser, Operation::RevokeAccess(op)) => {
                self.grants(operation, op.user, op.entrance)?
            }
            (WriteBack::UsersOfIdentity, Operation::LinkAcsUser(op)) => match op.identity {
                UserIdentitySelector::Id(identity) => self.links(operation, op.user, identity),
                UserIdentitySelector::Key(_) => return None,
            },
            (WriteBack::UsersOfIdentity, Operation::UnlinkAcsUser(op)) => {
                self.links(operation, op.user, op.identity)
            }
            (WriteBack::EntrancesOfGroup, Operation::UpdateAccessGroup(op)) => {
                self.entrances(operation, op.group)
            }
            (WriteBack::UpdatedUser, Operation::UpdateAcsUser(op)) => self.user(operation, op.user),
            (WriteBack::SuspendedUser, Operation::SuspendAcsUser(op)) => {
                self.user(operation, op.user)
            }
            (WriteBack::SuspendedUser, Operation::UnsuspendAcsUser(op)) => {
                self.user(operation, op.user)
            }
            (WriteBack::UpdatedIdentity, Operation::UpdateUserIdentity(op)) => self.identity(op),
            (WriteBack::UpdatedGroup, Operation::UpdateAccessGroup(op)) => {
                self.group(operation, op.group)
            }
            (WriteBack::UpdatedSystem, Operation::UpdateAcsSystem(op)) => self.system(op),
            (WriteBack::AllUsers, Operation::UpdateAcsUser(_)) => self.all_users(operation),
            _ => return None,
        };
        Some(answer)
    }

    fn everything(&self, operation: &Operation) -> Result<Reply, Error> {
        let mut seen = self.state().clone();
        let reply = execute(&mut seen, operation.clone())?;
        *self.state() = seen;
        Ok(reply)
    }

    /// Makes the call, then makes this list what it was when it was read, but for the entry that
    /// the call is about.
    fn list<T: Ord + Copy>(
        &self,
        operation: &Operation,
        read: impl Fn(&State) -> BTreeSet<T>,
        changed: Option<T>,
        insert: impl Fn(&mut State, T) -> Result<(), Error>,
        remove: impl Fn(&mut State, T) -> Result<(), Error>,
    ) -> Result<Reply, Error> {
        let seen = read(&self.state());
        let mut state = self.state();
        let reply = execute(&mut state, operation.clone())?;
        let now = read(&state);
        let others = |one: &&T| Some(**one) != changed;
        let mut extra = now.difference(&seen).filter(others);
        extra.try_for_each(|one| remove(&mut state, *one))?;
        let mut lost = seen.difference(&now).filter(others);
        lost.try_for_each(|one| insert(&mut state, *one))?;
        Ok(reply)
    }

    fn groups(
        &self,
        operation: &Operation,
        user: UserRef,
        group: AccessGroupId,
    ) -> Option<Result<Reply, Error>> {
        let user = acs_user(user)?;
        Some(self.list(
            operation,
            |state| state.groups_of(user).collect(),
            Some(group),
            |state, group| state.add_user(user, group).map(drop),
            |state, group| state.remove_user(user, group).map(drop),
        ))
    }

    fn members(
        &self,
        operation: &Operation,
        user: UserRef,
        group: AccessGroupId,
    ) -> Option<Result<Reply, Error>> {
        let user = acs_user(user)?;
        Some(self.list(
            operation,
            |state| state.members_of(group).collect(),
            Some(user),
            |state, user| state.add_user(user, group).map(drop),
            |state, user| state.remove_user(user, group).map(drop),
        ))
    }

    fn grants(
        &self,
        operation: &Operation,
        user: UserRef,
        entrance: EntranceId,
    ) -> Option<Result<Reply, Error>> {
        let user = acs_user(user)?;
        let granted = |state: &State| {
            let grants = state.grants().filter(|(granted, _)| *granted == user);
            grants.map(|(_, entrance)| entrance).collect()
        };
        Some(self.list(
            operation,
            granted,
            Some(entrance),
            |state, entrance| state.insert_entrance_grant(user, entrance),
            |state, entrance| state.revoke_access(user, entrance).map(drop),
        ))
    }

    fn links(
        &self,
        operation: &Operation,
        user: AcsUserId,
        identity: UserIdentityId,
    ) -> Result<Reply, Error> {
        self.list(
            operation,
            |state| state.users_of_identity(identity).collect(),
            Some(user),
            |state, user| state.link_acs_user(user, identity, super::NOW).map(drop),
            |state, user| state.unlink_acs_user(user, identity).map(drop),
        )
    }

    fn entrances(&self, operation: &Operation, group: AccessGroupId) -> Result<Reply, Error> {
        let named = operation.ids().into_iter().find_map(|id| match id {
            Subject::Entrance(entrance) => Some(entrance),
            _ => None,
        });
        let held = |state: &State| {
            let held = state
                .group_entrances()
                .filter(|(holder, _)| *holder == group);
            held.map(|(_, entrance)| entrance).collect()
        };
        let removing = |entrance| {
            let mut update = AccessGroupUpdate::default();
            update.remove_entrances.push(entrance);
            UpdateAccessGroup::new(group, update).into()
        };
        self.list(
            operation,
            held,
            named,
            |state, entrance| state.insert_group_entrance(group, entrance),
            |state, entrance| execute(state, removing(entrance)).map(drop),
        )
    }

    fn user(&self, operation: &Operation, user: AcsUserSelector) -> Result<Reply, Error> {
        let mut seen = self.state().clone();
        let reply = execute(&mut seen, operation.clone())?;
        let row = seen.acs_user(user)?.clone();
        self.state().replace_user(row)?;
        Ok(reply)
    }

    fn all_users(&self, operation: &Operation) -> Result<Reply, Error> {
        let mut seen = self.state().clone();
        let reply = execute(&mut seen, operation.clone())?;
        let mut state = self.state();
        for row in seen.acs_users() {
            // Whoever is deleted by now stays deleted.
            let _gone = state.replace_user(row.clone());
        }
        Ok(reply)
    }

    fn group(&self, operation: &Operation, group: AccessGroupId) -> Result<Reply, Error> {
        let seen = self.state().access_group(group)?.clone();
        let mut state = self.state();
        let before = state.access_group(group)?.clone();
        let reply = execute(&mut state, operation.clone())?;
        let mut row = state.access_group(group)?.clone();
        if row.name == before.name {
            row.name = seen.name;
        }
        if row.access_schedule == before.access_schedule {
            row.access_schedule = seen.access_schedule;
        }
        state.replace_group(row)?;
        Ok(reply)
    }

    fn identity(&self, op: &UpdateUserIdentity) -> Result<Reply, Error> {
        let mut seen = self.state().clone();
        execute(&mut seen, op.clone().into())?;
        let row = seen.user_identity(op.identity)?;
        let mut update = UserIdentityUpdate::default();
        let parsed = "a text of the store is valid";
        let key = row.user_identity_key.as_ref();
        update.key = Patch::set_or_clear(key.map(|key| key.parse().expect(parsed)));
        let number = row.phone_number.as_ref();
        update.phone_number = Patch::set_or_clear(number.map(|text| text.parse().expect(parsed)));
        let address = row.email_address.as_ref();
        update.email_address = Patch::set_or_clear(address.map(|text| text.parse().expect(parsed)));
        let written = UpdateUserIdentity::new(op.identity, update);
        execute(&mut self.state(), written.into())
    }

    fn system(&self, op: &UpdateAcsSystem) -> Result<Reply, Error> {
        let row = self.state().acs_system(op.system)?.clone();
        let parsed = "a text of the store is valid";
        let mut update = op.update.clone();
        let name = || row.name.parse().expect(parsed);
        update.name = Some(update.name.unwrap_or_else(name));
        if update.time_zone.is_keep() {
            let zone = row.location.time_zone.as_ref();
            update.time_zone = Patch::set_or_clear(zone.map(|zone| zone.parse().expect(parsed)));
        }
        let written = UpdateAcsSystem::new(op.system, update);
        execute(&mut self.state(), written.into())
    }
}

fn acs_user(user: UserRef) -> Option<AcsUserId> {
    match user {
        UserRef::AcsUser(user) => Some(user),
        UserRef::Identity(_) => None,
    }
}
