//! The database: connected to once, with a handle for each workspace.

use std::{fmt, sync::Arc};

use access_groups_core::{Error, WorkspaceId};
use access_groups_sql::Step;
use tokio::time::timeout;
use tokio_postgres::Row;

use crate::{
    Postgres, Settings,
    commit::{self, settle},
    everywhere,
    fault::{Fault, Result as Found},
    find::Scope,
    link::Query,
    migrate,
    pool::Pool,
    postgres::apart,
    schema, statements as sql,
};

/// A PostgreSQL database that holds any number of workspaces.
///
/// Clones share the connections. Any number of programs may use the database at the same time.
#[derive(Clone)]
pub struct Database {
    pool: Arc<Pool>,
    steps: &'static [Step],
}

impl Database {
    /// Connects to a database that [`migrate`](Self::migrate) has prepared.
    ///
    /// # Errors
    ///
    /// - `Unsupported`, code `store_empty`: there are no tables yet.
    /// - `Unsupported`, code `store_older`: steps of the schema are missing: `access-groups migrate` makes
    ///   them.
    /// - `Unsupported`, code `store_newer`: a newer version has made it unreadable for this one.
    /// - `Unsupported`, code `store_differs`: another build made a step of the schema with other statements.
    /// - `Unsupported`, code `store_encoding`: the database is not encoded in UTF-8.
    /// - `Unsupported`, code `store_settings`: no certificate can be verified.
    /// - Those of [every call](crate#errors).
    pub async fn connect(settings: &Settings) -> Result<Self, Error> {
        Self::connect_knowing(settings, schema::STEPS).await
    }

    /// Carries out the steps of the schema that the database lacks. How many there were. Programs that are
    /// serving meanwhile go on, and several of these at once wait for each other.
    ///
    /// Texts that searches find people by, and that another version has folded, are made anew.
    ///
    /// # Errors
    ///
    /// - `Unsupported`, codes `store_newer`, `store_differs` and `store_encoding`: as for
    ///   [`connect`](Self::connect). Nothing is made in such a database.
    /// - Those of [every call](crate#errors).
    pub async fn migrate(settings: &Settings) -> Result<u32, Error> {
        Self::migrate_to(settings, schema::STEPS).await
    }

    /// Like [`connect`](Self::connect), as a build with these steps.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect).
    #[doc(hidden)]
    pub async fn connect_knowing(
        settings: &Settings,
        steps: &'static [Step],
    ) -> Result<Self, Error> {
        let pool = Arc::new(Pool::new(settings.clone())?);
        let database = Self { pool, steps };
        database.check_encoding().await?;
        database.check_schema().await?;
        Ok(database)
    }

    /// Like [`migrate`](Self::migrate), as a build with these steps.
    ///
    /// # Errors
    ///
    /// Those of [`migrate`](Self::migrate).
    #[doc(hidden)]
    pub async fn migrate_to(settings: &Settings, steps: &'static [Step]) -> Result<u32, Error> {
        let pool = Arc::new(Pool::new(settings.clone())?);
        let database = Self { pool, steps };
        database.check_encoding().await?;
        let pool = database.pool;
        apart(async move { migrate::carry_out(&pool, steps).await }).await
    }

    /// Refuses a database that cannot hold every text.
    async fn check_encoding(&self) -> Result<(), Error> {
        let rows = self.ask(everywhere::encoding()).await?;
        let encoding = rows.first().map(|row| row.try_get::<_, String>(0));
        let encoding = encoding
            .transpose()
            .map_err(|error| Fault::from(error).into_error())?;
        match encoding.as_deref() {
            Some("UTF8") | None => Ok(()),
            Some(other) => {
                let message = format!(
                    "the database is encoded in {other}, which cannot hold every text: create another one with \
                     `CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8'`"
                );
                Err(Error::unsupported(message).with_code("store_encoding"))
            }
        }
    }

    /// The steps of this build.
    #[doc(hidden)]
    #[must_use]
    pub fn steps() -> &'static [Step] {
        schema::STEPS
    }

    /// A handle for the workspace; `None` if there is none with this id.
    ///
    /// # Errors
    ///
    /// Those of [every call](crate#errors).
    pub async fn port(&self, workspace: WorkspaceId) -> Result<Option<Postgres>, Error> {
        let found = Scope::new(workspace).query(sql::HAS_WORKSPACE, []);
        let rows = self.ask(found).await?;
        Ok((!rows.is_empty()).then(|| Postgres::new(self.clone(), workspace)))
    }

    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    pub(crate) async fn check_schema(&self) -> Result<(), Error> {
        let (pool, steps) = (self.pool.clone(), self.steps);
        apart(async move { migrate::check(&pool, steps).await }).await
    }

    /// Runs one statement that changes something in the workspace, as a transaction. What it has returned.
    // With a lock before it, of which a statement that finds nothing to do has none: see `Changing::confirmed`.
    pub(crate) async fn write(&self, scope: Scope, query: Query) -> Result<Vec<Row>, Error> {
        let pool = self.pool.clone();
        let queries = vec![scope.query(sql::REFER_TO_WORKSPACE, []), query];
        let rows = apart(async move { commit::write(&pool, queries).await }).await?;
        Ok(rows.into_iter().next_back().unwrap_or_default())
    }

    /// Runs one statement that only reads.
    pub(crate) async fn ask(&self, query: Query) -> Result<Vec<Row>, Error> {
        let pool = self.pool.clone();
        apart(async move { ask(&pool, query).await }).await
    }
}

/// Runs one statement within the limit of calls.
async fn ask(pool: &Arc<Pool>, query: Query) -> Result<Vec<Row>, Error> {
    let outcome = timeout(pool.settings().limit(), async {
        let lease = pool.lease().await?;
        let rows = lease.link().all(std::slice::from_ref(&query)).await;
        settle(lease, rows.as_ref().err()).await;
        Found::Ok(rows?.into_iter().flatten().collect())
    });
    let outcome = outcome.await.unwrap_or(Err(Fault::Slow));
    outcome.map_err(Fault::into_error)
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("settings", self.pool.settings())
            .finish_non_exhaustive()
    }
}
