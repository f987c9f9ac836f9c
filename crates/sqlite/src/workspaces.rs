//! The workspaces of a database.

use access_groups_core::{Workspace, WorkspaceId};
use access_groups_sql::{StoredWorkspace, workspace_not_found};
use uuid::Uuid;

use crate::{
    fault::{Fault, Result},
    session::{Scope, Session, body_in, id, json},
    statements as sql,
};

/// All of them, sorted by id.
pub(crate) fn list(session: &Session<'_>) -> Result<Vec<StoredWorkspace>> {
    session.across(sql::WORKSPACES, &[], |row| {
        let shown: Workspace = body_in(row, 1)?;
        let mut workspace = StoredWorkspace::new(id(row, 0)?, Some(shown.name));
        let days: Option<i64> = row.get(2)?;
        let days = days.map(u32::try_from).transpose();
        workspace.history_days = days.map_err(|_| Fault::Unreadable("number of days"))?;
        Ok(workspace)
    })
}

pub(crate) fn exists(session: &Session<'_>, workspace: WorkspaceId) -> Result<bool> {
    session.scope(workspace).exists(sql::HAS_WORKSPACE, &[])
}

/// Refuses a call on a workspace that was deleted after the port of the call was made.
pub(crate) fn must_exist(scope: Scope<'_, '_>) -> Result<()> {
    if scope.exists(sql::HAS_WORKSPACE, &[])? {
        return Ok(());
    }
    let id = Uuid::from_bytes(scope.workspace());
    Err(Fault::Refused(workspace_not_found(id.into())))
}

/// False if there is one with this id.
pub(crate) fn create(session: &Session<'_>, workspace: &Workspace) -> Result<bool> {
    let scope = session.scope(workspace.workspace_id);
    Ok(scope.execute(sql::NEW_WORKSPACE, &[&json(workspace)])? == 1)
}

/// False if there is any.
pub(crate) fn create_first(session: &Session<'_>, workspace: &Workspace) -> Result<bool> {
    // Nobody else writes meanwhile.
    Ok(list(session)?.is_empty() && create(session, workspace)?)
}

/// Deletes it with everything in it. False if there is none.
pub(crate) fn delete(session: &Session<'_>, workspace: WorkspaceId) -> Result<bool> {
    let scope = session.scope(workspace);
    session.together(|| {
        // What refers to a row goes before it, so that nothing cascades row by row.
        for everything in [
            sql::DROP_CREDENTIALS,
            sql::DROP_HISTORY,
            sql::DROP_MEMBERSHIPS,
            sql::DROP_GRANTS,
            sql::DROP_GROUP_ENTRANCES,
            sql::DROP_USERS,
            sql::DROP_GROUPS,
            sql::DROP_ENTRANCES,
            sql::DROP_IDENTITIES,
            sql::DROP_SYSTEMS,
        ] {
            scope.execute(everything, &[])?;
        }
        Ok(scope.execute(sql::DROP_WORKSPACE, &[])? == 1)
    })
}

/// Deletes it if nothing is in it. False if something is, or if there is none.
pub(crate) fn delete_empty(session: &Session<'_>, workspace: WorkspaceId) -> Result<bool> {
    let scope = session.scope(workspace);
    Ok(scope.execute(sql::DROP_EMPTY_WORKSPACE, &[])? == 1)
}
