//! The file: opened once, with a handle for each workspace.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use access_groups_core::{Error, WorkspaceId};

use crate::{
    Sqlite, committer::Committer, connection, fault::Result as Found, readers::Readers,
    session::Session, statements as sql,
};

/// A SQLite database that holds any number of workspaces.
///
/// Clones share the connections: one that writes, and up to four that read. The last clone or
/// [handle](Sqlite) that is dropped closes the file. Other processes may use it at the same time.
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    // First the readers: whoever closes the file last clears the WAL away, and only a writer can.
    readers: Readers,
    committer: Committer,
}

impl Database {
    /// Opens the file. If there is none, or an empty one, the tables are created.
    ///
    /// # Errors
    ///
    /// - `Unsupported`, code `store_newer`: a newer version of this crate made the tables.
    /// - `Unsupported`, code `store_foreign`: it is the database of another program.
    /// - `Unsupported`, code `sqlite_too_old`: see the [crate](crate#the-engine).
    /// - Those of [every call](crate#errors).
    /// - `TimedOut`, code `store_busy`: see [`BUSY_TIMEOUT`](Self::BUSY_TIMEOUT).
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::open_within(path, Self::BUSY_TIMEOUT)
    }

    /// Like [`open`](Self::open); changes wait so long for other processes that write.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open).
    pub fn open_within(path: impl AsRef<Path>, busy_timeout: Duration) -> Result<Self, Error> {
        let path = path.as_ref().to_owned();
        let connection = connection::writer(&path, busy_timeout);
        let connection = connection.map_err(|fault| fault.into_error())?;
        let committer = Committer::start(connection, path.clone(), busy_timeout);
        let committer = committer.map_err(|error| {
            let told = Error::unavailable("no thread can be started for the database");
            told.with_source(error)
        })?;
        let readers = Readers::new(path.clone());
        let shared = Arc::new(Shared {
            path,
            readers,
            committer,
        });
        Ok(Self { shared })
    }

    /// How long a change waits for other processes that write: 5 seconds. Then it fails with
    /// `TimedOut`, code `store_busy`, and nothing has changed.
    pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// A handle for the workspace; `None` if there is none with this id.
    ///
    /// # Errors
    ///
    /// Those of [every call](crate#errors).
    pub fn workspace(&self, workspace: WorkspaceId) -> Result<Option<Sqlite>, Error> {
        let is_known =
            self.read(move |session| session.scope(workspace).exists(sql::HAS_WORKSPACE, &[]))?;
        Ok(is_known.then(|| Sqlite::new(self.clone(), workspace)))
    }

    /// A handle for the workspace, which is created if there is none with this id. A new one is empty
    /// and has no name: see [`import`](access_groups_core::BlockingStore::import).
    ///
    /// # Errors
    ///
    /// Those of [every call](crate#errors).
    pub fn create_workspace(&self, workspace: WorkspaceId) -> Result<Sqlite, Error> {
        self.commit(move |session| session.scope(workspace).execute(sql::NEW_WORKSPACE, &[]))?;
        Ok(Sqlite::new(self.clone(), workspace))
    }

    pub(crate) fn read<T>(&self, read: impl FnOnce(&Session<'_>) -> Found<T>) -> Result<T, Error> {
        let outcome = self.shared.readers.read(read);
        outcome.map_err(|fault| fault.into_error())
    }

    pub(crate) fn commit<T: Send + 'static>(
        &self,
        work: impl FnMut(&Session<'_>) -> Found<T> + Send + 'static,
    ) -> Result<T, Error> {
        self.shared.committer.commit(work)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("path", &self.shared.path)
            .finish_non_exhaustive()
    }
}
