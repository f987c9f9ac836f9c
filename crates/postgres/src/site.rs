//! A workspace from a site file, and as one.

use std::sync::Arc;

use access_groups_core::{AccessGroupFilter, Context, Error, Workspace};
use access_groups_in_memory::{Slice, State};
use access_groups_sql::{Event, IMPORT, instant::milliseconds, workspace_not_found};
use uuid::Uuid;

use crate::{
    change::{self, clock_of, nonce},
    commit::{commit, roll_back, settle},
    fault::{Fault, Result},
    find::Scope,
    history,
    link::{Link, Query, Sql},
    pool::{Lease, Pool},
    record::Record,
    rows::{Found, json},
    schema, statements as sql,
    value::Value,
};

/// Writes everything of a site into an empty workspace, whose site it is from then on, in one transaction,
/// with a line of the history.
pub(crate) async fn import(
    pool: Arc<Pool>,
    scope: Scope,
    mut site: State,
    context: Context,
) -> std::result::Result<(), Error> {
    let lease = pool.lease_to_change().await.map_err(Fault::into_error)?;
    let filled = fill(lease.link(), scope, &mut site, &context).await;
    if let Err(fault) = filled {
        return Err(failed(lease, fault).await);
    }
    let (stage, outcome) = commit(lease, None, Vec::new(), None).await;
    outcome.map_err(|fault| fault.at(stage))?;
    if site.acs_users().count() < MANY {
        return Ok(());
    }
    // The database does this by itself, about a minute later. Without the right to it, or without a
    // connection, that must do.
    let Ok(lease) = pool.lease().await else {
        return Ok(());
    };
    match lease.link().script(schema::STATISTICS).await {
        Ok(_) => lease.give_back(),
        Err(_) => roll_back(lease).await,
    }
    Ok(())
}

async fn failed(lease: Lease, fault: Fault) -> Error {
    settle(lease, Some(&fault)).await;
    fault.into_error()
}

async fn fill(link: &Link, scope: Scope, site: &mut State, context: &Context) -> Result<()> {
    link.take_warning();
    let clock = link.script(BEGIN).await?;
    let created = refuse_unless_empty(link, scope).await?;
    site.give_workspace(&created)?;
    if let Some(workspace) = site.workspace() {
        let filled = scope.query(sql::NAME_WORKSPACE, [Value::text(json(workspace))]);
        link.all(&[filled]).await?;
    }
    insert(link, scope, site.acs_systems().collect()).await?;
    insert(link, scope, site.user_identities().collect()).await?;
    insert(link, scope, site.acs_users().collect()).await?;
    insert(
        link,
        scope,
        site.access_groups(&AccessGroupFilter::new()).collect(),
    )
    .await?;
    insert(link, scope, site.entrances().collect()).await?;
    insert_pairs(link, scope, sql::JOIN_ALL, site.memberships().collect()).await?;
    insert_pairs(link, scope, sql::GRANT_ALL, site.grants().collect()).await?;
    insert_pairs(link, scope, sql::HOLD_ALL, site.group_entrances().collect()).await?;
    let key = change::key(milliseconds(clock_of(clock)?), nonce()?);
    let line = history::columns(&key, 0, IMPORT, context, &Event::Imported.line());
    link.all(&[scope.query(sql::NEW_LINE, line)]).await?;
    Ok(())
}

/// Everything else belongs to a system, so these two tell. Nobody creates one before the transaction ends.
/// The workspace as it was created, which is nothing in it.
async fn refuse_unless_empty(link: &Link, scope: Scope) -> Result<Workspace> {
    let some = [
        scope.query(sql::LOCK_WORKSPACE, []),
        scope.query(sql::WORKSPACE, []),
        scope.query(sql::SOME_SYSTEM, []),
        scope.query(sql::SOME_IDENTITY, []),
    ];
    let mut found = found(link, &some).await?;
    let created = found.workspace.take();
    let created = created.ok_or_else(|| workspace_not_found(scope.workspace()))?;
    // The store in memory says what it says of an import into a store with this in it.
    State::from_slice(found, 0).import(&State::new().to_site_json())?;
    Ok(created)
}

/// A chunk after the other, so that only one is in memory as rows. Sorted by the primary key: neighbours go to
/// the same page of the table.
async fn insert<T: Record + Sync>(link: &Link, scope: Scope, mut rows: Vec<&T>) -> Result<()> {
    rows.sort_unstable_by_key(|row| row.id());
    for chunk in rows.chunks(CHUNK) {
        link.all(&[scope.all_inserted(chunk)]).await?;
    }
    Ok(())
}

async fn insert_pairs<A, B>(
    link: &Link,
    scope: Scope,
    sql: Sql,
    mut pairs: Vec<(A, B)>,
) -> Result<()>
where
    A: Copy + Into<Uuid> + Ord,
    B: Copy + Into<Uuid> + Ord,
{
    pairs.sort_unstable();
    for chunk in pairs.chunks(CHUNK) {
        link.all(&[scope.all_pairs(sql, chunk)]).await?;
    }
    Ok(())
}

/// Everything in the workspace, as it is at one moment.
pub(crate) async fn export(pool: Arc<Pool>, scope: Scope) -> std::result::Result<Slice, Error> {
    let lease = pool.lease().await.map_err(Fault::into_error)?;
    let read = async {
        lease.link().script(BEGIN_EXPORT).await?;
        let all = [
            sql::WORKSPACE,
            sql::SYSTEMS,
            sql::IDENTITIES,
            sql::USERS,
            sql::GROUPS,
            sql::ENTRANCES,
            sql::MEMBERSHIPS,
            sql::GRANTS,
            sql::GROUP_ENTRANCES,
        ];
        let everything = found(lease.link(), &all.map(|sql| scope.query(sql, []))).await?;
        match everything.workspace {
            Some(_) => Ok(everything),
            None => Err(Fault::Refused(workspace_not_found(scope.workspace()))),
        }
    };
    match read.await {
        Ok(everything) => {
            roll_back(lease).await;
            Ok(everything)
        }
        Err(fault) => Err(failed(lease, fault).await),
    }
}

/// The site file.
pub(crate) fn print(everything: Slice) -> String {
    State::from_slice(everything, 0).to_site_json()
}

async fn found(link: &Link, queries: &[Query]) -> Result<Slice> {
    let mut found = Found::default();
    for (query, rows) in queries.iter().zip(link.all(queries).await?) {
        found.take(query.sql.kind, rows)?;
    }
    Ok(found.slice)
}

/// So many users that the plans of an empty table are bad ones.
const MANY: usize = 5_000;

/// How many rows are sent in one statement.
const CHUNK: usize = 1_000;

/// Without a limit of locks: who waits for another import of the workspace hears at its end that there is
/// something in it.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = 0; \
                     SET LOCAL statement_timeout = 0; \
                     SET LOCAL idle_in_transaction_session_timeout = '60s'; \
                     SET LOCAL synchronous_commit = 'on'; \
                     SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

const BEGIN_EXPORT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
                            SET LOCAL statement_timeout = 0";
