//! Statements on the database as a whole, for servers and operators: the only ones that look beyond one
//! workspace, or that the workspace is not the first value of.

use crate::{link::Sql, rows::Kind::*};

pub(crate) const STEPS: Sql = Sql::new(
    Columns,
    "SELECT digest, reads_from FROM access_groups.schema_step ORDER BY number",
);
pub(crate) const WORKSPACES: Sql = Sql::new(
    Columns,
    "SELECT workspace, name, history_days, body FROM access_groups.workspace ORDER BY workspace",
);
pub(crate) const HAS_WORKSPACE: Sql = Sql::new(
    Flag,
    "SELECT 1 FROM access_groups.workspace WHERE workspace = $1",
);
pub(crate) const NEW_WORKSPACE: Sql = Sql::new(
    Flag,
    "INSERT INTO access_groups.workspace (workspace, name, body) VALUES ($1, $2, $3) \
     ON CONFLICT DO NOTHING RETURNING 1",
);
/// In this order: what refers to others goes first. The workspace takes the rest with it.
pub(crate) const DROP_WORKSPACE: [Sql; 7] = [
    Sql::new(
        Flag,
        "SELECT 1 FROM access_groups.workspace WHERE workspace = $1 FOR UPDATE",
    ),
    Sql::new(
        Nothing,
        "DELETE FROM access_groups.acs_user WHERE workspace = $1",
    ),
    Sql::new(
        Nothing,
        "DELETE FROM access_groups.access_group WHERE workspace = $1",
    ),
    Sql::new(
        Nothing,
        "DELETE FROM access_groups.entrance WHERE workspace = $1",
    ),
    Sql::new(
        Nothing,
        "DELETE FROM access_groups.user_identity WHERE workspace = $1",
    ),
    Sql::new(
        Nothing,
        "DELETE FROM access_groups.acs_system WHERE workspace = $1",
    ),
    Sql::new(
        Nothing,
        "DELETE FROM access_groups.workspace WHERE workspace = $1",
    ),
];
pub(crate) const CREDENTIALS: Sql = Sql::new(
    Columns,
    "SELECT workspace, digest, kind, name, created_ms FROM access_groups.credential \
     WHERE $1::uuid IS NULL OR workspace = $1 ORDER BY workspace, created_ms, digest",
);
pub(crate) const KEY: Sql = Sql::new(
    Columns,
    "SELECT workspace, digest, kind, name, created_ms FROM access_groups.credential \
     WHERE digest = $1 AND kind = 'key'",
);
pub(crate) const TOKEN: Sql = Sql::new(
    Columns,
    "SELECT workspace, digest, kind, name, created_ms FROM access_groups.credential \
     WHERE digest = $1 AND workspace = $2 AND kind = 'token'",
);
pub(crate) const NEW_CREDENTIAL: Sql = Sql::new(
    Flag,
    "INSERT INTO access_groups.credential (workspace, digest, kind, name, created_ms) \
     SELECT workspace, $2, $3, $4, $5 FROM access_groups.workspace WHERE workspace = $1 \
     ON CONFLICT DO NOTHING RETURNING 1",
);
pub(crate) const DROP_CREDENTIAL: Sql = Sql::new(
    Flag,
    "DELETE FROM access_groups.credential \
     WHERE digest = $1 AND ($2::uuid IS NULL OR workspace = $2) RETURNING 1",
);
pub(crate) const HISTORY: Sql = Sql::new(
    Columns,
    "SELECT at_ms, operation, actor, request_id, event, system, identity, acs_user, access_group, \
     entrance FROM access_groups.history WHERE workspace = $1 \
     AND ($2::uuid IS NULL OR acs_user = $2) AND ($3::uuid IS NULL OR access_group = $3) \
     AND ($4::uuid IS NULL OR entrance = $4) AND ($5::text IS NULL OR actor = $5) \
     AND at_ms >= $6 ORDER BY at_ms DESC, nonce DESC, line DESC LIMIT $7",
);
pub(crate) const KEEP_HISTORY: Sql = Sql::new(
    Flag,
    "UPDATE access_groups.workspace SET history_days = $2 WHERE workspace = $1 RETURNING 1",
);
/// A few thousand lines that are too old, of the workspaces that say so.
pub(crate) const FORGET: Sql = Sql::new(
    Flag,
    "WITH old AS (SELECT h.workspace, h.at_ms, h.nonce, h.line FROM access_groups.workspace AS w \
     JOIN access_groups.history AS h ON h.workspace = w.workspace AND h.at_ms < \
     floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint - w.history_days * 86400000::bigint \
     WHERE w.history_days IS NOT NULL LIMIT 5000) \
     DELETE FROM access_groups.history AS h USING old WHERE h.workspace = old.workspace \
     AND h.at_ms = old.at_ms AND h.nonce = old.nonce AND h.line = old.line RETURNING 1",
);
