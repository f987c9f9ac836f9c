//! One workspace of a database as a port, in both flavours.

use std::fmt;

use access_groups_core::{
    AccessGroupPort, BlockingAccessGroupPort, BlockingStore, Context, Error, Operation, Reply,
    Store, WorkspaceId, async_trait,
};

use crate::{
    Database,
    change::{self, Origin},
    fault::{Fault, Result as Found},
    read,
    session::Session,
    site,
    waiting::{Outcome, Patience},
};

/// A workspace of a [`Database`], async.
///
#[doc = access_groups_core::calls!(async)]
///
/// Clones and other handles see the same workspace, and so does [`blocking`](Self::blocking). A change
/// returns when it is on the disk, and every call that begins after that sees it, in this process and
/// in others.
///
/// Calls are made on threads of the database. They run on any executor or none, and block nobody.
///
/// # Cancel safety
///
/// A change whose future is dropped is made completely or not at all. While it waits in the queue, it is
/// not made any more.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessGroups, Error, Store};
/// use access_groups_in_memory::SiteBuilder;
/// use access_groups_sqlite::Sqlite;
///
/// async fn fill(port: &Sqlite) -> Result<(), Error> {
///     let mut site = SiteBuilder::new();
///     let (ada, gym) = (site.user("Ada"), site.group("Gym"));
///     port.import(&site.build_state().to_site_json()).await?;
///     port.add_user(ada, gym).await
/// }
/// ```
#[derive(Clone)]
pub struct Sqlite {
    shared: BlockingSqlite,
}

impl Sqlite {
    /// The blocking port of the same workspace.
    #[must_use]
    pub fn blocking(&self) -> BlockingSqlite {
        self.shared.clone()
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> &Database {
        self.shared.database()
    }

    /// The id of the workspace, which an import leaves as it is.
    #[must_use]
    pub fn workspace_id(&self) -> WorkspaceId {
        self.shared.workspace_id()
    }
}

#[async_trait]
impl AccessGroupPort for Sqlite {
    async fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        let (this, patience) = (&self.shared, Patience::of(context));
        let name = operation.name();
        let outcome = if operation.effect().is_safe() {
            let read = this.reading(operation);
            this.database.read_soon(patience, read).await
        } else {
            let change = this.changing(operation, context)?;
            this.database.commit_soon(patience, change).await
        };
        named(outcome, name)
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn import_with(&self, site: &str, context: &Context) -> Result<(), Error> {
        let (database, text) = (self.database(), site.to_owned());
        // Outside the transaction: nobody else waits while a large file is read.
        let parse = move || Ok(access_groups_sql::settled(&text)?);
        let mut state = database.work_soon(parse).await?;
        let (workspace, origin) = (self.workspace_id(), self.shared.origin(context)?);
        let import = move |session: &Session<'_>| {
            site::import(session.scope(workspace), &mut state, &origin())
        };
        database.commit_soon(Patience::default(), import).await
    }

    async fn export(&self) -> Result<String, Error> {
        let (database, workspace) = (self.database(), self.workspace_id());
        let export = move |session: &Session<'_>| site::export(session.scope(workspace));
        let slice = database.read_soon(Patience::default(), export).await?;
        // The view of the database has ended: a long one would let the WAL grow.
        database.work_soon(move || Ok(site::print(slice))).await
    }
}

/// A workspace of a [`Database`], blocking.
///
#[doc = access_groups_core::calls!(blocking)]
///
/// Clones and other handles see the same workspace, and so does [`asynchronous`](Self::asynchronous). A
/// change returns when it is on the disk, and every call that begins after that sees it, in this process
/// and in others.
///
/// See the [crate](crate) for an example.
#[derive(Clone)]
pub struct BlockingSqlite {
    database: Database,
    workspace: WorkspaceId,
}

impl BlockingSqlite {
    pub(crate) fn new(database: Database, workspace: WorkspaceId) -> Self {
        Self {
            database,
            workspace,
        }
    }

    /// The async port of the same workspace.
    #[must_use]
    pub fn asynchronous(&self) -> Sqlite {
        Sqlite {
            shared: self.clone(),
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

    fn reading(
        &self,
        operation: Operation,
    ) -> impl FnOnce(&Session<'_>) -> Found<Reply> + Send + 'static {
        let workspace = self.workspace;
        move |session| {
            let answer = read::answer(session.scope(workspace), &operation)?;
            answer.ok_or_else(|| Fault::Refused(Error::unsupported_operation(&operation)))
        }
    }

    fn changing(
        &self,
        operation: Operation,
        context: &Context,
    ) -> Result<impl FnMut(&Session<'_>) -> Found<Reply> + Send + 'static, Error> {
        let (workspace, origin) = (self.workspace, self.origin(context)?);
        // One instant for all attempts.
        let mut first = None;
        Ok(move |session: &Session<'_>| {
            let origin = first.get_or_insert_with(&origin);
            change::carry_out(session.scope(workspace), &operation, origin)
        })
    }

    /// What a change comes with, by the time when that is asked for.
    fn origin(&self, context: &Context) -> Result<impl Fn() -> Origin + Send + use<>, Error> {
        let clock = self.database.clock();
        let nonce = getrandom::u64().map_err(|error| {
            let told = Error::internal("the system has no random numbers");
            told.with_source(error)
        })?;
        let (actor, request_id) = (context.actor.clone(), context.request_id.clone());
        Ok(move || Origin {
            nonce,
            now: clock().whole_milliseconds(),
            actor: actor.clone(),
            request_id: request_id.clone(),
        })
    }
}

impl BlockingAccessGroupPort for BlockingSqlite {
    fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        let patience = Patience::of(context);
        let name = operation.name();
        let outcome = if operation.effect().is_safe() {
            self.database.read(patience, self.reading(operation))
        } else {
            self.database
                .commit(patience, self.changing(operation, context)?)
        };
        named(outcome, name)
    }
}

impl BlockingStore for BlockingSqlite {
    fn import_with(&self, site: &str, context: &Context) -> Result<(), Error> {
        // Outside the transaction: nobody else waits while a large file is read.
        let mut state = access_groups_sql::settled(site)?;
        let (workspace, origin) = (self.workspace, self.origin(context)?);
        let import = move |session: &Session<'_>| {
            site::import(session.scope(workspace), &mut state, &origin())
        };
        self.database.commit(Patience::default(), import)
    }

    fn export(&self) -> Result<String, Error> {
        let workspace = self.workspace;
        let export = move |session: &Session<'_>| site::export(session.scope(workspace));
        let slice = self.database.read(Patience::default(), export)?;
        Ok(site::print(slice))
    }
}

/// The outcome, whose error names the operation.
fn named(outcome: Outcome<Reply>, operation: &'static str) -> Outcome<Reply> {
    outcome.map_err(|error| match error.operation() {
        Some(_) => error,
        None => error.with_operation(operation),
    })
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.describe("Sqlite", f)
    }
}

impl fmt::Debug for BlockingSqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe("BlockingSqlite", f)
    }
}

impl BlockingSqlite {
    fn describe(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name)
            .field("database", &self.database)
            .field("workspace", &self.workspace)
            .finish_non_exhaustive()
    }
}
