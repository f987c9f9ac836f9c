//! Whether a workspace is there, and its end with everything in it.

use std::sync::Arc;

use access_groups_core::Error;
use access_groups_sql::workspace_not_found;

use crate::{
    change::roll_back,
    fault::{Fault, Result},
    find::Scope,
    link::Link,
    pool::Pool,
    statements as sql,
};

/// Refuses a call on a workspace that was deleted after the port of the call was made.
pub(crate) async fn must_exist(link: &Link, scope: Scope) -> Result<()> {
    let rows = link.all(&[scope.query(sql::HAS_WORKSPACE, [])]).await?;
    match rows.iter().all(Vec::is_empty) {
        true => Err(Fault::Refused(workspace_not_found(scope.workspace()))),
        false => Ok(()),
    }
}

/// Deletes it with everything in it. False if there is none.
pub(crate) async fn delete(pool: &Arc<Pool>, scope: Scope) -> std::result::Result<bool, Error> {
    let lease = pool.lease().await.map_err(Fault::into_error)?;
    match drop_all(lease.link(), scope).await {
        Ok(true) => {
            lease.give_back();
            Ok(true)
        }
        Ok(false) => {
            roll_back(lease).await;
            Ok(false)
        }
        Err(fault) => {
            // Without an answer, it may be gone.
            let is_known = fault.is_answered();
            if is_known {
                roll_back(lease).await;
            }
            Err(fault.into_error().with_ambiguity(!is_known))
        }
    }
}

async fn drop_all(link: &Link, scope: Scope) -> Result<bool> {
    let lock = [scope.query(sql::LOCK_WORKSPACE, [])];
    link.prepare(&lock).await?;
    let locked = link.enclosed(Some(BEGIN), &lock, None).await;
    locked.before?;
    if locked.rows?.iter().all(Vec::is_empty) {
        return Ok(false);
    }
    // What refers to a row goes before it; pairs go with users and groups, and the rest with the workspace.
    let all = [
        sql::DROP_USERS,
        sql::DROP_GROUPS,
        sql::DROP_ENTRANCES,
        sql::DROP_IDENTITIES,
        sql::DROP_SYSTEMS,
        // After what changes lock, so that none leaves another line.
        sql::DROP_HISTORY,
        sql::DROP_WORKSPACE,
    ];
    let all = all.map(|sql| scope.query(sql, []));
    link.all(&all).await?;
    link.script("COMMIT").await?;
    Ok(true)
}

const BEGIN: &str = "BEGIN; SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = 0; \
                     SET LOCAL idle_in_transaction_session_timeout = '60s'";
