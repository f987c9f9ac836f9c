//! The database as a whole, blocking.

use access_groups_core::{Error, Workspace, WorkspaceId};
use access_groups_sql::{Digest, Entry, HistoryFilter, StoredCredential, StoredWorkspace};

use crate::{BlockingSqlite, Database, check, credentials, history, waiting::Patience, workspaces};

/// # Workspaces, credentials and history
///
/// Each method is that of [`SqlStore`](access_groups_sql::SqlStore) with the same name, and fails as
/// [every call](crate#errors) does.
impl Database {
    /// All workspaces, sorted by id.
    ///
    /// # Errors
    ///
    /// Those of [every call](crate#errors).
    pub fn workspaces(&self) -> Result<Vec<StoredWorkspace>, Error> {
        self.read(Patience::default(), workspaces::list)
    }

    /// The port of a workspace; `None` if there is none with this id.
    ///
    /// # Errors
    ///
    /// Those of [every call](crate#errors).
    pub fn workspace(&self, id: WorkspaceId) -> Result<Option<BlockingSqlite>, Error> {
        let exists = self.read(Patience::default(), move |session| {
            workspaces::exists(session, id)
        })?;
        Ok(exists.then(|| BlockingSqlite::new(self.clone(), id)))
    }

    /// Creates an empty workspace with this id and name. False, and nothing has changed, if there is one
    /// with this id. An [import](access_groups_core::BlockingStore::import) leaves both as they are, whatever
    /// the site names.
    ///
    /// # Errors
    ///
    /// Those of [every call](crate#errors).
    pub fn create_workspace(&self, workspace: &Workspace) -> Result<bool, Error> {
        let workspace = workspace.clone();
        self.commit(Patience::default(), move |session| {
            workspaces::create(session, &workspace)
        })
    }

    /// Like [`create_workspace`](Self::create_workspace), if the database has no workspace at all: of
    /// several who do this at once, one creates its own. False, and nothing has changed, if there is one.
    ///
    /// # Errors
    ///
    /// Those of [every call](crate#errors).
    pub fn create_first_workspace(&self, workspace: &Workspace) -> Result<bool, Error> {
        let workspace = workspace.clone();
        self.commit(Patience::default(), move |session| {
            workspaces::create_first(session, &workspace)
        })
    }

    /// Deletes a workspace with everything in it, its credentials and its history. False if there is
    /// none with this id. Other changes wait until it ends.
    ///
    /// # Errors
    ///
    /// Those of [every call](crate#errors).
    pub fn delete_workspace(&self, id: WorkspaceId) -> Result<bool, Error> {
        self.commit(Patience::default(), move |session| {
            workspaces::delete(session, id)
        })
    }

    /// Deletes a workspace that nothing is in: no resource, credential or line of history. False, and
    /// nothing has changed, if there is something in it, or no workspace with this id.
    ///
    /// # Errors
    ///
    /// Those of [every call](crate#errors).
    pub fn delete_empty_workspace(&self, id: WorkspaceId) -> Result<bool, Error> {
        self.commit(Patience::default(), move |session| {
            workspaces::delete_empty(session, id)
        })
    }

    /// The credentials of one workspace or of all, by workspace and creation.
    ///
    /// # Errors
    ///
    /// Those of [every call](crate#errors).
    pub fn credentials(
        &self,
        workspace: Option<WorkspaceId>,
    ) -> Result<Vec<StoredCredential>, Error> {
        self.read(Patience::default(), move |session| {
            credentials::list(session, workspace)
        })
    }

    /// The credential with this digest: a key, or a token for this workspace.
    ///
    /// # Errors
    ///
    /// Those of [every call](crate#errors).
    pub fn credential(
        &self,
        digest: Digest,
        token_for: Option<WorkspaceId>,
    ) -> Result<Option<StoredCredential>, Error> {
        self.read(Patience::default(), move |session| {
            credentials::find(session, &digest, token_for)
        })
    }

    /// Stores a credential. False, and nothing has changed, if there is no such workspace, or if it opens
    /// one already: a key any workspace, a token this one.
    ///
    /// # Errors
    ///
    /// Those of [every call](crate#errors).
    pub fn add_credential(&self, credential: &StoredCredential) -> Result<bool, Error> {
        let credential = credential.clone();
        self.commit(Patience::default(), move |session| {
            credentials::add(session, &credential)
        })
    }

    /// Revokes the credential with this digest, in this workspace or in all. Returns how many
    /// were revoked.
    ///
    /// # Errors
    ///
    /// Those of [every call](crate#errors).
    pub fn revoke_credential(
        &self,
        digest: Digest,
        workspace: Option<WorkspaceId>,
    ) -> Result<u64, Error> {
        self.commit(Patience::default(), move |session| {
            credentials::revoke(session, &digest, workspace)
        })
    }

    /// The newest changes of the workspace that match the filter, newest first.
    ///
    /// # Errors
    ///
    /// Those of [every call](crate#errors).
    pub fn history(
        &self,
        workspace: WorkspaceId,
        filter: &HistoryFilter,
    ) -> Result<Vec<Entry>, Error> {
        let filter = filter.clone();
        self.read(Patience::default(), move |session| {
            history::read(session, workspace, &filter)
        })
    }

    /// From now on, the history of the workspace is kept for so many days; `None`: for ever, which is the
    /// default. False if there is no such workspace.
    ///
    /// # Errors
    ///
    /// Those of [every call](crate#errors).
    pub fn keep_history(&self, workspace: WorkspaceId, days: Option<u32>) -> Result<bool, Error> {
        self.commit(Patience::default(), move |session| {
            history::keep(session, workspace, days)
        })
    }

    /// Deletes history that is older than its workspace keeps it, a thousand lines at a time, so that no
    /// change waits long. Returns how many lines were deleted.
    ///
    /// # Errors
    ///
    /// Those of [every call](crate#errors).
    pub fn forget(&self) -> Result<u64, Error> {
        let (now, mut all) = (self.now(), 0);
        loop {
            let some = self.commit(Patience::default(), move |session| {
                history::forget_some(session, now)
            });
            match some? {
                0 => return Ok(all),
                some => all += some,
            }
        }
    }

    /// Compares everything stored with what it is found by. The problems, one sentence each; none if all
    /// is well. It reads the whole file.
    ///
    /// # Errors
    ///
    /// Those of [every call](crate#errors).
    pub fn check(&self) -> Result<Vec<String>, Error> {
        let source = self.source().clone();
        self.read(Patience::default(), move |_| check::problems(&source))
    }

    /// Whether changes can be saved at the moment. The first time, and after a change that the disk refused, it
    /// writes something to find out; else it takes the lock of writers, and writes nothing.
    ///
    /// # Errors
    ///
    /// Those of [every call](crate#errors), if it cannot.
    pub fn ready(&self) -> Result<(), Error> {
        let outcome = self.commit(Patience::default(), self.proof());
        self.proved(outcome)
    }
}
