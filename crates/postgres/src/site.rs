//! A workspace from a site file, and as one.

use std::sync::Arc;

use access_groups_core::{AccessGroupFilter, Error, Timestamp, Workspace};
use access_groups_in_memory::{Slice, State};

use crate::{
    change::roll_back,
    fault::{Fault, Result},
    find::Scope,
    link::{Link, Query},
    pool::{Lease, Pool},
    record::Record,
    rows::{Found, json},
    statements as sql,
    value::Value,
};

/// Reads the file. What it shows as pending has propagated: the tables hold nothing pending.
pub(crate) fn parse(site: &str) -> std::result::Result<State, Error> {
    let mut state = State::new();
    state.import(site)?;
    // At the end of time, no schedule is waited for.
    state.advance_to(Timestamp::MAX);
    state.propagate_all();
    Ok(state)
}

/// Writes everything of a site into an empty workspace, in one transaction. A site that names no workspace
/// gets the one that was created.
pub(crate) async fn import(
    pool: Arc<Pool>,
    scope: Scope,
    mut site: State,
) -> std::result::Result<(), Error> {
    let lease = pool.lease().await.map_err(Fault::into_error)?;
    let filled = fill(lease.link(), scope, &mut site).await;
    if let Err(fault) = filled {
        return Err(failed(lease, fault).await);
    }
    if let Err(fault) = lease.link().script("COMMIT").await {
        let is_known = fault.is_answered();
        return Err(failed(lease, fault).await.with_ambiguity(!is_known));
    }
    lease.give_back();
    Ok(())
}

async fn failed(lease: Lease, fault: Fault) -> Error {
    if fault.is_answered() {
        roll_back(lease).await;
    }
    fault.into_error()
}

async fn fill(link: &Link, scope: Scope, site: &mut State) -> Result<()> {
    link.script(BEGIN).await?;
    let created = refuse_unless_empty(link, scope).await?;
    if let (None, Some(created)) = (site.workspace(), created) {
        site.set_workspace(created);
    }
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
    // Sorted by the primary key: neighbours go to the same page of the table.
    let mut memberships: Vec<_> = site.memberships().collect();
    memberships.sort_unstable();
    for pairs in memberships.chunks(CHUNK) {
        link.all(&scope.pairs(sql::JOIN, pairs)).await?;
    }
    let grants: Vec<_> = site.grants().collect();
    for pairs in grants.chunks(CHUNK) {
        link.all(&scope.pairs(sql::GRANT, pairs)).await?;
    }
    let held: Vec<_> = site.group_entrances().collect();
    for pairs in held.chunks(CHUNK) {
        link.all(&scope.pairs(sql::HOLD, pairs)).await?;
    }
    Ok(())
}

/// Everything else belongs to a system, so these two tell. Nobody creates one before the transaction ends.
/// The workspace as it was created, which is nothing in it.
async fn refuse_unless_empty(link: &Link, scope: Scope) -> Result<Option<Workspace>> {
    let some = [
        scope.query(sql::LOCK_WORKSPACE, []),
        scope.query(sql::WORKSPACE, []),
        scope.query(sql::SOME_SYSTEM, []),
        scope.query(sql::SOME_IDENTITY, []),
    ];
    let mut found = found(link, &some).await?;
    let created = found.workspace.take();
    // The store in memory says what it says of an import into a store with this in it.
    State::from_slice(found, 0).import(&State::new().to_site_json())?;
    Ok(created)
}

async fn insert<T: Record + Sync>(link: &Link, scope: Scope, resources: Vec<&T>) -> Result<()> {
    for chunk in resources.chunks(CHUNK) {
        let queries: Vec<_> = chunk.iter().map(|row| scope.inserted(*row)).collect();
        link.all(&queries).await?;
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
        found(lease.link(), &all.map(|sql| scope.query(sql, []))).await
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

/// How many rows are sent in one round trip.
const CHUNK: usize = 1_000;

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '5s'; \
                     SET LOCAL statement_timeout = 0; \
                     SET LOCAL idle_in_transaction_session_timeout = '60s'; \
                     SET LOCAL synchronous_commit = 'on'";

const BEGIN_EXPORT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
                            SET LOCAL statement_timeout = 0";
