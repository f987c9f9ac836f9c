//! The adapter: each call is decided on the state, and a change is one line of the file.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use access_groups_core::{
    AddUser, BlockingAccessGroupPort, Call, Context, DeleteAccessGroup, Error, GetAccessGroup,
    GetAcsSystem, GetAcsUser, GetEntrance, ListAccessGroups, ListAcsSystems, ListAcsUsers,
    ListEntrances, ListEntrancesOfGroup, ListEntrancesOfUser, ListUsersInGroup, Operation,
    RemoveUser, Reply,
};

use crate::{Building, OpenError, change::Change, file::JournalFile, state::State};

/// Access groups kept in a journal: a file with one line of JSON for each change.
///
/// Dropping it closes the file; every change that succeeded is in it by then.
///
/// # Errors
///
/// Beside those of the operations: `Unavailable` if the file cannot be written (a full disk). The
/// change is not visible then, but may be after a crash, so the error
/// [is ambiguous](Error::is_ambiguous).
#[derive(Debug)]
pub struct Journal(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    state: State,
    file: JournalFile,
}

impl Journal {
    /// Opens the journal of this building; a file that does not exist is created.
    ///
    /// The changes in the file are replayed; an incomplete last line is cut off.
    ///
    /// # Errors
    ///
    /// - [`OpenError::Io`]: the file cannot be opened, or another `Journal` has it open.
    /// - [`OpenError::Malformed`]: a line is not a change of this building; nothing is cut off.
    pub fn open(path: impl AsRef<Path>, building: Building) -> Result<Self, OpenError> {
        let mut state = State::from(building);
        let file = JournalFile::open(path.as_ref(), &mut state)?;
        Ok(Self(Mutex::new(Inner { state, file })))
    }

    // A panic elsewhere leaves nothing half done: a change is applied after it was written.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Writes before it applies: only what is in the file has happened.
    fn record(&mut self, change: Option<Change>) -> Result<(), Error> {
        let Some(change) = change else {
            return Ok(());
        };
        self.file.append(&change).map_err(|cause| {
            Error::unavailable("the journal could not be written")
                .with_ambiguity(true)
                .with_source(cause)
        })?;
        self.state.apply(change);
        Ok(())
    }
}

impl BlockingAccessGroupPort for Journal {
    fn call(&self, operation: Operation, _: &Context) -> Result<Reply, Error> {
        // One lock around looking and writing: two callers must not decide on the same old state.
        let mut inner = self.lock();
        let Inner { state, .. } = &*inner;
        Ok(match operation {
            Operation::AddUser(op) => {
                let change = state.adding(op.user, op.group)?;
                AddUser::answer(inner.record(change)?)
            }
            Operation::RemoveUser(op) => {
                let change = state.removing(op.user, op.group)?;
                RemoveUser::answer(inner.record(change)?)
            }
            Operation::DeleteAccessGroup(op) => {
                let group = state.group(op.group)?.acs_access_group_id;
                DeleteAccessGroup::answer(inner.record(Some(Change::Deleted { group }))?)
            }
            Operation::GetAccessGroup(op) => GetAccessGroup::answer(state.group(op.group)?.clone()),
            Operation::ListAccessGroups(op) => ListAccessGroups::answer(state.groups(&op.filter)),
            Operation::ListUsersInGroup(op) => ListUsersInGroup::answer(state.members(op.group)?),
            Operation::ListEntrancesOfGroup(op) => {
                ListEntrancesOfGroup::answer(state.entrances_of_group(op.group)?)
            }
            Operation::GetAcsUser(op) => GetAcsUser::answer(state.selected(op.user)?.clone()),
            Operation::ListAcsUsers(op) => {
                ListAcsUsers::answer(state.page_of_users(&op.filter, &op.page)?)
            }
            Operation::ListEntrancesOfUser(op) => {
                ListEntrancesOfUser::answer(state.entrances_of_user(op.user)?)
            }
            Operation::GetAcsSystem(op) => GetAcsSystem::answer(state.system(op.system)?.clone()),
            Operation::ListAcsSystems(op) => ListAcsSystems::answer(state.systems(&op.filter)),
            Operation::GetEntrance(op) => GetEntrance::answer(state.entrance(op.entrance)?.clone()),
            Operation::ListEntrances(op) => {
                ListEntrances::answer(state.page_of_entrances(&op.filter, &op.page)?)
            }
            // The people of a building are given at opening, and nothing here changes them.
            other => return Err(Error::unsupported_operation(&other)),
        })
    }
}
