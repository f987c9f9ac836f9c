//! One workspace of a database as a port.

use std::{fmt, sync::Arc};

use access_groups_core::{
    BlockingAccessGroupPort, BlockingStore, Context, Error, Operation, Reply, Timestamp,
    WorkspaceId,
};
use access_groups_in_memory::system_clock;

use crate::{Database, change, fault::Fault, read, site};

/// A workspace of a [`Database`].
///
#[doc = access_groups_core::calls!(blocking)]
///
/// Clones and other handles see the same workspace. A change returns when it is on the disk, and
/// every call that begins after that sees it, in this process and in others.
///
/// See the [crate](crate) for an example.
#[derive(Clone)]
pub struct Sqlite {
    database: Database,
    workspace: WorkspaceId,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Sqlite {
    pub(crate) fn new(database: Database, workspace: WorkspaceId) -> Self {
        Self {
            database,
            workspace,
            clock: Arc::new(system_clock),
        }
    }

    /// Takes the time from this clock; the default is the system's clock. Instants are cut to whole
    /// milliseconds.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The id that the database knows the workspace by. An imported site may show another one.
    #[must_use]
    pub fn workspace_id(&self) -> WorkspaceId {
        self.workspace
    }

    fn change(&self, operation: Operation) -> Result<Reply, Error> {
        let (workspace, clock) = (self.workspace, self.clock.clone());
        let nonce = getrandom::u64().map_err(|error| {
            let told = Error::internal("the system has no random numbers");
            told.with_source(error)
        })?;
        let name = operation.name();
        // One instant for all attempts.
        let mut now = None;
        let changed = self.database.commit(move |session| {
            let now = *now.get_or_insert_with(|| clock().whole_milliseconds());
            change::carry_out(session, workspace, &operation, nonce, now)
        });
        changed.map_err(|error| match error.operation() {
            Some(_) => error,
            None => error.with_operation(name),
        })
    }
}

impl BlockingAccessGroupPort for Sqlite {
    fn call(&self, operation: Operation, _: &Context) -> Result<Reply, Error> {
        if !operation.effect().is_safe() {
            return self.change(operation);
        }
        let answer = self.database.read(|session| {
            let answer = read::answer(session.scope(self.workspace), &operation)?;
            answer.ok_or_else(|| Fault::Refused(Error::unsupported_operation(&operation)))
        });
        answer.map_err(|error| match error.operation() {
            Some(_) => error,
            None => error.with_operation(operation.name()),
        })
    }
}

impl BlockingStore for Sqlite {
    fn import(&self, site: &str) -> Result<(), Error> {
        // Outside the transaction: nobody else waits while a large file is read.
        let state = site::parse(site)?;
        let workspace = self.workspace;
        self.database
            .commit(move |session| site::import(session.scope(workspace), &state))
    }

    fn export(&self) -> Result<String, Error> {
        let workspace = self.workspace;
        let slice = self
            .database
            .read(|session| site::export(session.scope(workspace)))?;
        Ok(site::print(slice))
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite")
            .field("database", &self.database)
            .field("workspace", &self.workspace)
            .finish_non_exhaustive()
    }
}
