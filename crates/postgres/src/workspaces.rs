//! Whether a workspace is there, and its end with everything in it.

use std::sync::Arc;

use access_groups_core::{Error, Workspace};
use access_groups_sql::workspace_not_found;

use crate::{
    commit::{commit, settle},
    everywhere,
    fault::{Fault, Result},
    find::Scope,
    link::{Link, Query},
    pool::{Lease, Pool},
    rows::json,
    statements as sql,
    value::Value,
};

/// Refuses a call on a workspace that was deleted after the port of the call was made.
pub(crate) async fn must_exist(link: &Link, scope: Scope) -> Result<()> {
    let rows = link.all(&[scope.query(sql::HAS_WORKSPACE, [])]).await?;
    match rows.iter().all(Vec::is_empty) {
        true => Err(Fault::Refused(workspace_not_found(scope.workspace()))),
        false => Ok(()),
    }
}

/// Creates it if it is the first one. False if there is any.
pub(crate) async fn create_first(
    pool: &Arc<Pool>,
    workspace: &Workspace,
) -> std::result::Result<bool, Error> {
    let lease = pool.lease_to_change().await.map_err(Fault::into_error)?;
    let is_first = has_none(lease.link()).await;
    let scope = Scope::new(workspace.workspace_id);
    let last = scope.query(sql::NEW_WORKSPACE, [Value::text(json(workspace))]);
    let created = end(lease, is_first, last).await?;
    Ok(created.is_some_and(|rows| rows > 0))
}

/// Deletes it with everything in it. False if there is none.
pub(crate) async fn delete(pool: &Arc<Pool>, scope: Scope) -> std::result::Result<bool, Error> {
    let lease = pool.lease_to_change().await.map_err(Fault::into_error)?;
    let is_there = drop_all(lease.link(), scope).await;
    let last = scope.query(sql::DROP_WORKSPACE, []);
    Ok(end(lease, is_there, last).await?.is_some())
}

/// Deletes it if nothing is in it. False if something is, or if there is none.
pub(crate) async fn delete_empty(
    pool: &Arc<Pool>,
    scope: Scope,
) -> std::result::Result<bool, Error> {
    let lease = pool.lease_to_change().await.map_err(Fault::into_error)?;
    let is_there = lock(lease.link(), scope).await;
    let last = scope.query(sql::DROP_EMPTY_WORKSPACE, []);
    let deleted = end(lease, is_there, last).await?;
    Ok(deleted.is_some_and(|rows| rows > 0))
}

/// Commits with the last statement, if it is wanted. How many rows that has returned.
async fn end(
    lease: Lease,
    is_wanted: Result<bool>,
    last: Query,
) -> std::result::Result<Option<usize>, Error> {
    let (is_wanted, last) = match is_wanted {
        Ok(true) => (true, last),
        // What was seen may be so on this server only, until the standby has it.
        Ok(false) => (false, everywhere::lock_for_standby()),
        Err(fault) => {
            settle(lease, Some(&fault)).await;
            return Err(fault.into_error());
        }
    };
    // However long it takes: nobody knows how much there is.
    let (stage, outcome) = commit(lease, None, vec![last], None).await;
    match outcome {
        Ok(rows) => Ok(is_wanted.then(|| rows.iter().map(Vec::len).sum())),
        Err(fault) => Err(fault.at(stage)),
    }
}

/// Locks the workspace, and deletes what is in it. False if there is none.
async fn drop_all(link: &Link, scope: Scope) -> Result<bool> {
    if !lock(link, scope).await? {
        return Ok(false);
    }
    // What refers to a row goes before it; pairs go with users and groups, and the rest with the workspace,
    // which is the last to go.
    let all = [
        sql::DROP_USERS,
        sql::DROP_GROUPS,
        sql::DROP_ENTRANCES,
        sql::DROP_IDENTITIES,
        sql::DROP_SYSTEMS,
        // After what changes lock, so that none leaves another line.
        sql::DROP_HISTORY,
    ];
    let all = all.map(|sql| scope.query(sql, []));
    link.all(&all).await?;
    Ok(true)
}

/// Begins a transaction with the workspace locked. False if there is none.
async fn lock(link: &Link, scope: Scope) -> Result<bool> {
    begin(link, scope.query(sql::LOCK_WORKSPACE, [])).await
}

/// Begins a transaction in which nobody else creates a first workspace. False if there is one.
async fn has_none(link: &Link) -> Result<bool> {
    begin(link, everywhere::lock_for_first_workspace()).await?;
    let all = link.all(&[everywhere::workspaces()]).await?;
    Ok(all.iter().all(Vec::is_empty))
}

/// Begins a transaction with this lock. False if there is no such row.
async fn begin(link: &Link, lock: Query) -> Result<bool> {
    let lock = [lock];
    link.prepare(&lock).await?;
    link.take_warning();
    let locked = link.enclosed(Some(BEGIN), &lock, None).await;
    locked.before?;
    Ok(!locked.rows?.iter().all(Vec::is_empty))
}

const BEGIN: &str = "BEGIN; SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = 0; \
                     SET LOCAL idle_in_transaction_session_timeout = '60s'; \
                     SET LOCAL synchronous_commit = 'on'";
