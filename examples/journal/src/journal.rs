//! The adapter: every call decides on the state and, for a change, writes one line, all under
//! one lock.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsUser, BlockingAccessGroupPort, Entrance,
    Error, UserRef,
};

use crate::{
    Building, OpenError,
    file::JournalFile,
    state::{Change, State},
};

/// Access groups kept in a journal: a file with one line of JSON for each change.
///
/// Dropping it closes the file; every change that succeeded is in it by then.
///
/// # Errors
///
/// Beside those of the ports: `Unavailable` when the file cannot be written (a full disk). The
/// change is not seen then, but may be after a crash, so the error
/// [is ambiguous](Error::is_ambiguous).
#[derive(Debug)]
pub struct Journal(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    state: State,
    file: JournalFile,
}

impl Journal {
    /// Opens the journal of that building, and makes the file if there is none.
    ///
    /// What happened until now is replayed; a last line that was only half written is cut off.
    ///
    /// # Errors
    ///
    /// - [`OpenError::Io`]: the file cannot be opened, or another `Journal` has it open.
    /// - [`OpenError::Malformed`]: a line is no change of this building; nothing is cut off.
    pub fn open(path: impl AsRef<Path>, building: Building) -> Result<Self, OpenError> {
        let mut state = State::from(building);
        let file = JournalFile::open(path.as_ref(), &mut state)?;
        Ok(Self(Mutex::new(Inner { state, file })))
    }

    /// Asks the state; no change happens meanwhile.
    pub(crate) fn read<R>(&self, question: impl FnOnce(&State) -> R) -> R {
        question(&self.lock().state)
    }

    // A panic elsewhere leaves nothing half done: a change is applied after it was written.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Writes the change down first: only what is in the file has happened.
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
    fn add_user(&self, user: UserRef, group: AccessGroupId) -> Result<(), Error> {
        let mut inner = self.lock();
        let change = inner.state.adding(user, group)?;
        inner.record(change)
    }

    fn remove_user(&self, user: UserRef, group: AccessGroupId) -> Result<(), Error> {
        let mut inner = self.lock();
        let change = inner.state.removing(user, group)?;
        inner.record(change)
    }

    fn access_group(&self, group: AccessGroupId) -> Result<AccessGroup, Error> {
        self.lock().state.group(group).cloned()
    }

    fn access_groups(&self, filter: AccessGroupFilter) -> Result<Vec<AccessGroup>, Error> {
        Ok(self.lock().state.groups(&filter).cloned().collect())
    }

    fn users_in_group(&self, group: AccessGroupId) -> Result<Vec<AcsUser>, Error> {
        Ok(self.lock().state.members(group)?.cloned().collect())
    }

    fn entrances_of_group(&self, group: AccessGroupId) -> Result<Vec<Entrance>, Error> {
        Ok(self.lock().state.entrances(group)?.cloned().collect())
    }

    fn delete_access_group(&self, group: AccessGroupId) -> Result<(), Error> {
        let mut inner = self.lock();
        inner.state.group(group)?;
        inner.record(Some(Change::Deleted { group }))
    }
}
