//! The database as a whole, for servers and operators.

use std::{sync::Arc, time::Duration};

use access_groups_core::{Error, Store, Timestamp, Workspace, WorkspaceId, async_trait};
use access_groups_sql::instant::{milliseconds, of_milliseconds};
use access_groups_sql::{
    Digest, Entry, HistoryFilter, SqlStore, StoredCredential, StoredWorkspace, workspace_not_found,
};
use tokio::time::timeout;
use tokio_postgres::Row;

use crate::{
    Database, check, credentials, everywhere,
    fault::{Fault, Result as Found},
    find::Scope,
    history,
    postgres::apart,
    rows::{body, json},
    statements as sql,
    value::Value,
    workspaces,
};

#[async_trait]
impl SqlStore for Database {
    async fn workspaces(&self) -> Result<Vec<StoredWorkspace>, Error> {
        let rows = self.ask(everywhere::workspaces()).await?;
        read(&rows, workspace)
    }

    async fn workspace(&self, id: WorkspaceId) -> Result<Option<Arc<dyn Store>>, Error> {
        let port = self.port(id).await?;
        Ok(port.map(|port| -> Arc<dyn Store> { Arc::new(port) }))
    }

    async fn create_workspace(&self, workspace: &Workspace) -> Result<bool, Error> {
        let scope = Scope::new(workspace.workspace_id);
        let values = [Value::text(json(workspace))];
        let created = scope.query(sql::NEW_WORKSPACE, values);
        let rows = self.write(scope, created).await?;
        Ok(!rows.is_empty())
    }

    async fn create_first_workspace(&self, workspace: &Workspace) -> Result<bool, Error> {
        let (pool, workspace) = (self.pool().clone(), workspace.clone());
        apart(async move { workspaces::create_first(&pool, &workspace).await }).await
    }

    async fn delete_workspace(&self, id: WorkspaceId) -> Result<bool, Error> {
        let pool = self.pool().clone();
        apart(async move { workspaces::delete(&pool, Scope::new(id)).await }).await
    }

    async fn delete_empty_workspace(&self, id: WorkspaceId) -> Result<bool, Error> {
        let pool = self.pool().clone();
        apart(async move { workspaces::delete_empty(&pool, Scope::new(id)).await }).await
    }

    async fn credentials(
        &self,
        workspace: Option<WorkspaceId>,
    ) -> Result<Vec<StoredCredential>, Error> {
        let mut found = Vec::new();
        for id in self.of(workspace).await? {
            let rows = self.ask(Scope::new(id).query(sql::CREDENTIALS, [])).await?;
            found.extend(read(&rows, credentials::read)?);
        }
        Ok(found)
    }

    async fn credential(
        &self,
        digest: Digest,
        token_for: Option<WorkspaceId>,
    ) -> Result<Option<StoredCredential>, Error> {
        let query = match token_for {
            Some(id) => Scope::new(id).query(sql::TOKEN, [Value::Bytes(digest.into())]),
            None => everywhere::key(digest),
        };
        let rows = self.ask(query).await?;
        Ok(read(&rows, credentials::read)?.pop())
    }

    async fn add_credential(&self, credential: &StoredCredential) -> Result<bool, Error> {
        let scope = Scope::new(credential.workspace);
        let added = scope.query(sql::NEW_CREDENTIAL, credentials::columns(credential));
        Ok(!self.write(scope, added).await?.is_empty())
    }

    async fn revoke_credential(
        &self,
        digest: Digest,
        workspace: Option<WorkspaceId>,
    ) -> Result<u64, Error> {
        let mut revoked = 0;
        for id in self.of(workspace).await? {
            let scope = Scope::new(id);
            let dropped = scope.query(sql::DROP_CREDENTIAL, [Value::Bytes(digest.into())]);
            revoked += self.write(scope, dropped).await?.len() as u64;
        }
        Ok(revoked)
    }

    async fn history(
        &self,
        workspace: WorkspaceId,
        filter: &HistoryFilter,
    ) -> Result<Vec<Entry>, Error> {
        let (newest, values) = history::newest(filter);
        let rows = self
            .ask(Scope::new(workspace).query(newest, values))
            .await?;
        if rows.is_empty() && self.port(workspace).await?.is_none() {
            return Err(workspace_not_found(workspace));
        }
        let mut entries = read(&rows, history::entry)?;
        // It knows parts of a millisecond.
        entries.retain(|entry| filter.fits(entry));
        Ok(entries)
    }

    async fn keep_history(&self, workspace: WorkspaceId, days: Option<u32>) -> Result<bool, Error> {
        let scope = Scope::new(workspace);
        let kept = scope.query(sql::KEEP_HISTORY, [Value::SomeLong(days.map(i64::from))]);
        Ok(!self.write(scope, kept).await?.is_empty())
    }

    async fn forget(&self) -> Result<u64, Error> {
        let mut forgotten = 0;
        let now = self.now().await?;
        for workspace in self.workspaces().await? {
            let days = workspace.history_days;
            let Some(end) = days.and_then(|days| now.checked_sub(DAY * days)) else {
                continue;
            };
            let values = [Value::Long(milliseconds(end)), Value::Long(AT_A_TIME)];
            let scope = Scope::new(workspace.id);
            let some = scope.query(sql::FORGET, values);
            loop {
                // Each takes effect alone: changes that wait come in between.
                match self.write(scope, some.clone()).await?.len() as u64 {
                    0 => break,
                    lines => forgotten += lines,
                }
            }
        }
        Ok(forgotten)
    }

    async fn check(&self) -> Result<Vec<String>, Error> {
        let missing = check::missing_tables(self).await?;
        if !missing.is_empty() {
            // Rows are not looked for where there is no table.
            return Ok(missing);
        }
        let pool = self.pool().clone();
        let ids = self.of(None).await?;
        apart(async move { check::problems(&pool, ids).await }).await
    }

    async fn ready(&self) -> Result<(), Error> {
        self.check_schema().await?;
        let pool = self.pool().clone();
        apart(async move {
            let limit = pool.settings().limit();
            let asked = timeout(limit, async {
                let lease = pool.lease().await?;
                lease.link().script(WRITES).await?;
                lease.give_back();
                Found::Ok(())
            });
            asked
                .await
                .unwrap_or(Err(Fault::Slow))
                .map_err(Fault::into_error)
        })
        .await
    }
}

impl Database {
    /// The workspace, or all of them.
    async fn of(&self, workspace: Option<WorkspaceId>) -> Result<Vec<WorkspaceId>, Error> {
        match workspace {
            Some(id) => Ok(vec![id]),
            None => {
                let all = self.workspaces().await?;
                Ok(all.into_iter().map(|workspace| workspace.id).collect())
            }
        }
    }

    /// The time of the database.
    async fn now(&self) -> Result<Timestamp, Error> {
        let rows = self.ask(everywhere::clock()).await?;
        let times = read(&rows, |row| Ok(of_milliseconds(row.try_get(0)?)))?;
        let now = times.into_iter().next().flatten();
        now.ok_or_else(|| Fault::Unreadable("time").into_error())
    }
}

fn workspace(row: &Row) -> Found<StoredWorkspace> {
    let shown: Workspace = body(row, 2)?;
    let id: uuid::Uuid = row.try_get(0)?;
    let mut workspace = StoredWorkspace::new(id.into(), Some(shown.name));
    let days: Option<i64> = row.try_get(1)?;
    let days = days.map(u32::try_from).transpose();
    workspace.history_days = days.map_err(|_| Fault::Unreadable("number of days"))?;
    Ok(workspace)
}

fn read<T>(rows: &[Row], read: impl Fn(&Row) -> Found<T>) -> Result<Vec<T>, Error> {
    let items: Found<Vec<_>> = rows.iter().map(read).collect();
    items.map_err(Fault::into_error)
}

/// A transaction that may write, in a database that has our tables: a lock is a write, and whoever migrates
/// is not waited for.
const WRITES: &str = "BEGIN; SELECT one FROM access_groups.migration_lock \
                      FOR KEY SHARE SKIP LOCKED; ROLLBACK";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Few enough that nobody waits for these lines to go.
const AT_A_TIME: i64 = 5_000;
