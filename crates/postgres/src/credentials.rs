//! The credentials that open the workspaces of a database: digests only.

use access_groups_sql::instant::of_columns;
use access_groups_sql::{CredentialKind, StoredCredential};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{
    fault::{Fault, Result},
    record::instant,
    value::Value,
};

/// The columns of a credential after its workspace.
pub(crate) fn columns(credential: &StoredCredential) -> [Value; 5] {
    let [seconds, nanoseconds] = instant(credential.created_at);
    [
        Value::Bytes(credential.digest.into()),
        Value::text(credential.kind.name()),
        Value::text(&credential.name),
        seconds,
        nanoseconds,
    ]
}

pub(crate) fn read(row: &Row) -> Result<StoredCredential> {
    let (workspace, digest): (Uuid, &[u8]) = (row.try_get(0)?, row.try_get(1)?);
    let digest = digest.try_into().map_err(|_| Fault::Unreadable("digest"))?;
    let (kind, name): (&str, String) = (row.try_get(2)?, row.try_get(3)?);
    let kind = CredentialKind::of_name(kind).ok_or(Fault::Unreadable("kind of credential"))?;
    let created_at = of_columns([row.try_get(4)?, row.try_get(5)?]);
    let created_at = created_at.ok_or(Fault::Unreadable("instant"))?;
    Ok(StoredCredential::new(
        digest,
        kind,
        workspace.into(),
        name,
        created_at,
    ))
}
