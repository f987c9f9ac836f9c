//! Statements that look beyond one workspace: the only ones, each with the reason why it must.

use crate::{
    link::{Query, Sql},
    rows::Kind::Columns,
    value::Value,
};

/// The steps of the schema, which is that of all workspaces.
pub(crate) fn steps() -> Query {
    let text = "SELECT digest, reads_from, version FROM access_groups.schema_step ORDER BY number";
    across(text, vec![])
}

/// It lists what there is to name.
pub(crate) fn workspaces() -> Query {
    let text = "SELECT workspace, history_days, body FROM access_groups.workspace \
                ORDER BY workspace";
    across(text, vec![])
}

/// The names of the tables that are there, whoever may read them.
pub(crate) fn tables() -> Query {
    let text = "SELECT c.relname::text FROM pg_catalog.pg_class AS c \
                JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
                WHERE n.nspname = 'access_groups' AND c.relkind IN ('r', 'p')";
    across(text, vec![])
}

/// The credential that is a key with this digest. A caller with a key names no workspace: which one it is
/// follows from the key.
pub(crate) fn key(digest: [u8; 32]) -> Query {
    let text = "SELECT workspace, digest, kind, name, created_s, created_ns \
                FROM access_groups.credential WHERE digest = $1 AND kind = 'key'";
    across(text, vec![Value::Bytes(digest.into())])
}

/// How the database encodes texts.
pub(crate) fn encoding() -> Query {
    across("SELECT current_setting('server_encoding')", vec![])
}

/// The time, in milliseconds since 1970.
pub(crate) fn clock() -> Query {
    across(
        "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint",
        vec![],
    )
}

/// Something to commit, where nothing of a workspace is left that could be locked.
pub(crate) fn lock_for_standby() -> Query {
    across(
        "SELECT one FROM access_groups.migration_lock FOR KEY SHARE",
        vec![],
    )
}

/// Whoever creates the first workspace waits for others who do, and for nobody else.
pub(crate) fn lock_for_first_workspace() -> Query {
    across(
        "SELECT one FROM access_groups.migration_lock FOR NO KEY UPDATE",
        vec![],
    )
}

fn across(text: &'static str, values: Vec<Value>) -> Query {
    let sql = Sql::new(Columns, text);
    Query { sql, values }
}
