//! One workspace of a database as a port.

use std::{fmt, future::Future};

use access_groups_core::{
    AccessGroupPort, Context, Error, Operation, Reply, Store, WorkspaceId, async_trait,
};
use access_groups_sql::Read;

use crate::{Database, change::Changing, find::Scope, read, site};

/// A workspace of a [`Database`].
///
#[doc = access_groups_core::calls!(async)]
///
/// Clones and other handles see the same workspace. A change returns when it is committed, and every call
/// that begins after that sees it, through any server.
///
/// # Cancel safety
///
/// A change whose future is dropped is made completely or not at all. Its connection is clean afterwards,
/// or closed.
///
/// See the [crate](crate) for an example.
#[derive(Clone)]
pub struct Postgres {
    database: Database,
    workspace: WorkspaceId,
}

impl Postgres {
    pub(crate) fn new(database: Database, workspace: WorkspaceId) -> Self {
        Self {
            database,
            workspace,
        }
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The id of the workspace, which an import leaves as it is.
    #[must_use]
    pub fn workspace_id(&self) -> WorkspaceId {
        self.workspace
    }

    fn scope(&self) -> Scope {
        Scope::new(self.workspace)
    }
}

#[async_trait]
impl AccessGroupPort for Postgres {
    async fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        let name = operation.name();
        let (pool, context) = (self.database.pool().clone(), context.clone());
        let scope = self.scope();
        let outcome = match Read::new(operation) {
            Ok(read) => apart(read::answer(pool, scope, read, context)).await,
            Err(operation) => {
                let change = Changing::new(pool, scope, operation, context)?;
                apart(change.carry_out()).await
            }
        };
        outcome.map_err(|error| match error.operation() {
            Some(_) => error,
            None => error.with_operation(name),
        })
    }
}

#[async_trait]
impl Store for Postgres {
    async fn import_with(&self, site: &str, context: &Context) -> Result<(), Error> {
        // Before the transaction: nobody else waits while a large file is read.
        let state = access_groups_sql::settled(site)?;
        apart(site::import(
            self.database.pool().clone(),
            self.scope(),
            state,
            context.clone(),
        ))
        .await
    }

    async fn export(&self) -> Result<String, Error> {
        let pool = self.database.pool().clone();
        let everything = apart(site::export(pool, self.scope())).await?;
        Ok(site::print(everything))
    }
}

/// Runs the call as a task of its own: whoever waits for it may stop waiting at any time.
pub(crate) async fn apart<T: Send + 'static>(
    call: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    match tokio::spawn(call).await {
        Ok(outcome) => outcome,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shut down.
            Err(_) => Err(Error::cancelled("the program ends").with_ambiguity(true)),
        },
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres")
            .field("database", &self.database)
            .field("workspace", &self.workspace)
            .finish_non_exhaustive()
    }
}
