//! The credentials that open the workspaces of a database: digests only.

use access_groups_core::WorkspaceId;
use access_groups_sql::{CredentialKind, Digest, StoredCredential};
use rusqlite::Row;

use crate::{
    fault::{Fault, Result},
    instant,
    session::{Session, id},
    statements as sql, workspaces,
};

/// Those of one workspace or of all, by workspace and creation.
pub(crate) fn list(
    session: &Session<'_>,
    workspace: Option<WorkspaceId>,
) -> Result<Vec<StoredCredential>> {
    let mut found = Vec::new();
    for workspace in of(session, workspace)? {
        let scope = session.scope(workspace);
        let rows = scope.each(sql::CREDENTIALS, &[], credential, |rows| rows.collect())?;
        let rows: Vec<_> = rows;
        found.extend(rows);
    }
    Ok(found)
}

/// The key with this digest, or the token with it for this workspace.
pub(crate) fn find(
    session: &Session<'_>,
    digest: &Digest,
    token_for: Option<WorkspaceId>,
) -> Result<Option<StoredCredential>> {
    match token_for {
        Some(workspace) => {
            let scope = session.scope(workspace);
            scope.each(sql::TOKEN, &[digest], credential, |rows| rows.next())
        }
        None => Ok(session.across(sql::KEY, &[digest], credential)?.pop()),
    }
}

/// False if there is no such workspace, or if it opens one already.
pub(crate) fn add(session: &Session<'_>, credential: &StoredCredential) -> Result<bool> {
    if !workspaces::exists(session, credential.workspace)? {
        return Ok(false);
    }
    let scope = session.scope(credential.workspace);
    let [seconds, nanoseconds] = instant::columns(credential.created_at);
    let added = scope.execute(
        sql::NEW_CREDENTIAL,
        &[
            &credential.digest,
            &credential.kind.name(),
            &credential.name,
            &seconds,
            &nanoseconds,
        ],
    )?;
    Ok(added == 1)
}

/// Deletes those with this digest, in one workspace or in all. Returns how many were deleted.
pub(crate) fn revoke(
    session: &Session<'_>,
    digest: &Digest,
    workspace: Option<WorkspaceId>,
) -> Result<u64> {
    let mut revoked = 0;
    for workspace in of(session, workspace)? {
        let scope = session.scope(workspace);
        revoked += scope.execute(sql::DROP_CREDENTIAL, &[digest])? as u64;
    }
    Ok(revoked)
}

/// The workspace, or all of them.
fn of(session: &Session<'_>, workspace: Option<WorkspaceId>) -> Result<Vec<WorkspaceId>> {
    match workspace {
        Some(workspace) => Ok(vec![workspace]),
        None => {
            let all = workspaces::list(session)?;
            Ok(all.into_iter().map(|workspace| workspace.id).collect())
        }
    }
}

fn credential(row: &Row<'_>) -> Result<StoredCredential> {
    let kind: String = row.get(2)?;
    let kind = CredentialKind::of_name(&kind).ok_or(Fault::Unreadable("kind of credential"))?;
    let (digest, name): (Digest, String) = (row.get(1)?, row.get(3)?);
    let created_at = instant::read(row, 4)?;
    Ok(StoredCredential::new(
        digest,
        kind,
        id(row, 0)?,
        name,
        created_at,
    ))
}
