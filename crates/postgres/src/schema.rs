//! The tables, as steps that are carried out once and in their order.
//!
//! Every key, index and foreign key begins with the workspace; only an index of trigrams does not, which a
//! database has where it can. `body` is the resource as on the wire, as JSON in a text: `jsonb` would
//! refuse U+0000. What rows are found by is beside it. `revision` counts the writes of a row, so that one
//! is only written over as it was seen. An instant is two columns, seconds since 1970 and nanoseconds: its
//! order is exact.
//!
//! `folded` is what searches find a row by, and `fold` the version of the folding that has made it. The
//! indexes of rows with another version are empty as a rule. Where a new version comes, a next step makes
//! them anew.

use access_groups_sql::Step;

/// Everything that this version knows.
pub(crate) const STEPS: &[Step] = &[TABLES];

/// What must be there before the steps: where they are noted, and a row that whoever carries them out
/// locks. Advisory locks do not exist everywhere, and are the session's behind some pools.
pub(crate) const BEFORE: &str = "
CREATE SCHEMA IF NOT EXISTS access_groups;
CREATE TABLE IF NOT EXISTS access_groups.schema_step (
    number integer PRIMARY KEY,
    name text NOT NULL,
    digest bytea NOT NULL,
    reads_from integer NOT NULL,
    version text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS access_groups.migration_lock (
    one boolean PRIMARY KEY DEFAULT true CHECK (one)
);
INSERT INTO access_groups.migration_lock VALUES (true) ON CONFLICT DO NOTHING;
";

/// The names of all tables that these steps and what comes before them make.
pub(crate) fn tables(steps: &[Step]) -> impl Iterator<Item = &'static str> {
    let made = std::iter::once(BEFORE).chain(steps.iter().map(|step| step.sql));
    let after = made.flat_map(|sql| sql.split("CREATE TABLE ").skip(1));
    after.filter_map(|table| {
        let name = table.trim_start_matches("IF NOT EXISTS ");
        name.strip_prefix("access_groups.")?.split(' ').next()
    })
}

/// What indexes for searches need. It is no step: searches work without.
pub(crate) const TRIGRAMS: &str = "CREATE EXTENSION IF NOT EXISTS pg_trgm";

/// These indexes: how to make one while the table is used, whether its making was cut short (and nobody
/// is at it now), and how to make it anew then.
pub(crate) const SEARCHES: &[[&str; 3]] = &[
    [
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS acs_user_folded ON access_groups.acs_user \
            USING gin (folded gin_trgm_ops)",
        "SELECT 1 FROM pg_index WHERE NOT indisvalid \
            AND indexrelid = 'access_groups.acs_user_folded'::regclass \
            AND indexrelid NOT IN (SELECT index_relid FROM pg_stat_progress_create_index)",
        "REINDEX INDEX CONCURRENTLY access_groups.acs_user_folded",
    ],
    [
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS user_identity_folded \
            ON access_groups.user_identity USING gin (folded gin_trgm_ops)",
        "SELECT 1 FROM pg_index WHERE NOT indisvalid \
            AND indexrelid = 'access_groups.user_identity_folded'::regclass \
            AND indexrelid NOT IN (SELECT index_relid FROM pg_stat_progress_create_index)",
        "REINDEX INDEX CONCURRENTLY access_groups.user_identity_folded",
    ],
];

/// What the planner must know to take the right index. Without it, it takes each workspace for a small part of
/// a table, and does not look at trigrams.
pub(crate) const STATISTICS: &str = "BEGIN; SET LOCAL lock_timeout = '1s'; \
    SET LOCAL statement_timeout = '60s'; \
    ANALYZE access_groups.acs_user, access_groups.user_identity, access_groups.entrance, \
    access_groups.membership, access_groups.entrance_grant, access_groups.group_entrance; COMMIT";

// A link need not name an identity that exists, so there is no foreign key; an imported site may give
// one value to several identities and one identity several users of a system, so no index is unique.
// Changes lock the identity, and a `claim` on each value, instead. The history refers to nothing: what it
// tells of may be gone, and every change would lock the row of the workspace. Of texts, indexes have the first
// 200 characters: an entry has room for 2.7 kB.
const TABLES: Step = Step {
    name: "tables",
    reads_from: 1,
    sql: "
CREATE TABLE access_groups.workspace (
    workspace uuid PRIMARY KEY,
    history_days bigint,
    body text NOT NULL
);

CREATE TABLE access_groups.acs_system (
    workspace uuid NOT NULL REFERENCES access_groups.workspace,
    id uuid NOT NULL,
    revision bigint NOT NULL DEFAULT 0,
    body text NOT NULL,
    PRIMARY KEY (workspace, id)
);

CREATE TABLE access_groups.user_identity (
    workspace uuid NOT NULL REFERENCES access_groups.workspace,
    id uuid NOT NULL,
    revision bigint NOT NULL DEFAULT 0,
    created_s bigint NOT NULL,
    created_ns bigint NOT NULL,
    key text COLLATE \"C\",
    email_key text COLLATE \"C\",
    phone_key text COLLATE \"C\",
    folded text COLLATE \"C\" NOT NULL,
    fold integer NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (workspace, id)
);
CREATE INDEX user_identity_other_fold ON access_groups.user_identity (workspace, fold, id)
    WHERE fold <> 1;
CREATE INDEX user_identity_age
    ON access_groups.user_identity (workspace, created_s, created_ns, id);
CREATE INDEX user_identity_key
    ON access_groups.user_identity (workspace, left(key, 200), created_s, created_ns, id)
    WHERE key IS NOT NULL;
CREATE INDEX user_identity_email ON access_groups.user_identity (workspace, left(email_key, 200), id)
    WHERE email_key IS NOT NULL;
CREATE INDEX user_identity_phone ON access_groups.user_identity (workspace, left(phone_key, 200), id)
    WHERE phone_key IS NOT NULL;

CREATE TABLE access_groups.acs_user (
    workspace uuid NOT NULL,
    id uuid NOT NULL,
    system uuid NOT NULL,
    revision bigint NOT NULL DEFAULT 0,
    created_s bigint NOT NULL,
    created_ns bigint NOT NULL,
    identity uuid,
    email_key text COLLATE \"C\",
    phone_key text COLLATE \"C\",
    folded text COLLATE \"C\" NOT NULL,
    fold integer NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (workspace, id),
    FOREIGN KEY (workspace, system) REFERENCES access_groups.acs_system
);
CREATE INDEX acs_user_other_fold ON access_groups.acs_user (workspace, fold, id)
    WHERE fold <> 1;
CREATE INDEX acs_user_age ON access_groups.acs_user (workspace, created_s, created_ns, id);
CREATE INDEX acs_user_system
    ON access_groups.acs_user (workspace, system, created_s, created_ns, id);
CREATE INDEX acs_user_identity
    ON access_groups.acs_user (workspace, identity, created_s, created_ns, id)
    WHERE identity IS NOT NULL;
CREATE INDEX acs_user_email
    ON access_groups.acs_user (workspace, system, left(email_key, 200), created_s, created_ns, id)
    WHERE email_key IS NOT NULL;
CREATE INDEX acs_user_phone
    ON access_groups.acs_user (workspace, system, left(phone_key, 200), created_s, created_ns, id)
    WHERE phone_key IS NOT NULL;

CREATE TABLE access_groups.access_group (
    workspace uuid NOT NULL,
    id uuid NOT NULL,
    system uuid NOT NULL,
    revision bigint NOT NULL DEFAULT 0,
    body text NOT NULL,
    PRIMARY KEY (workspace, id),
    FOREIGN KEY (workspace, system) REFERENCES access_groups.acs_system
);
CREATE INDEX access_group_system ON access_groups.access_group (workspace, system, id);

CREATE TABLE access_groups.entrance (
    workspace uuid NOT NULL,
    id uuid NOT NULL,
    system uuid NOT NULL,
    revision bigint NOT NULL DEFAULT 0,
    created_s bigint NOT NULL,
    created_ns bigint NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (workspace, id),
    FOREIGN KEY (workspace, system) REFERENCES access_groups.acs_system
);
CREATE INDEX entrance_age ON access_groups.entrance (workspace, created_s, created_ns, id);
CREATE INDEX entrance_system
    ON access_groups.entrance (workspace, system, created_s, created_ns, id);

CREATE TABLE access_groups.membership (
    workspace uuid NOT NULL,
    acs_user uuid NOT NULL,
    access_group uuid NOT NULL,
    PRIMARY KEY (workspace, acs_user, access_group),
    FOREIGN KEY (workspace, acs_user) REFERENCES access_groups.acs_user ON DELETE CASCADE,
    FOREIGN KEY (workspace, access_group) REFERENCES access_groups.access_group ON DELETE CASCADE
);
CREATE INDEX membership_group ON access_groups.membership (workspace, access_group, acs_user);

CREATE TABLE access_groups.entrance_grant (
    workspace uuid NOT NULL,
    acs_user uuid NOT NULL,
    entrance uuid NOT NULL,
    PRIMARY KEY (workspace, acs_user, entrance),
    FOREIGN KEY (workspace, acs_user) REFERENCES access_groups.acs_user ON DELETE CASCADE,
    FOREIGN KEY (workspace, entrance) REFERENCES access_groups.entrance ON DELETE CASCADE
);
CREATE INDEX entrance_grant_entrance ON access_groups.entrance_grant (workspace, entrance, acs_user);

CREATE TABLE access_groups.group_entrance (
    workspace uuid NOT NULL,
    access_group uuid NOT NULL,
    entrance uuid NOT NULL,
    PRIMARY KEY (workspace, access_group, entrance),
    FOREIGN KEY (workspace, access_group) REFERENCES access_groups.access_group ON DELETE CASCADE,
    FOREIGN KEY (workspace, entrance) REFERENCES access_groups.entrance ON DELETE CASCADE
);
CREATE INDEX group_entrance_entrance
    ON access_groups.group_entrance (workspace, entrance, access_group);

CREATE TABLE access_groups.claim (
    workspace uuid NOT NULL REFERENCES access_groups.workspace ON DELETE CASCADE,
    slot integer NOT NULL,
    PRIMARY KEY (workspace, slot)
);

CREATE TABLE access_groups.history (
    workspace uuid NOT NULL,
    at_ms bigint NOT NULL,
    nonce bigint NOT NULL,
    line integer NOT NULL,
    operation text NOT NULL,
    actor text COLLATE \"C\",
    request_id text,
    event text NOT NULL,
    system uuid,
    identity uuid,
    acs_user uuid,
    access_group uuid,
    entrance uuid,
    PRIMARY KEY (workspace, at_ms, nonce, line)
);
CREATE INDEX history_user ON access_groups.history (workspace, acs_user, at_ms, nonce, line)
    WHERE acs_user IS NOT NULL;
CREATE INDEX history_group ON access_groups.history (workspace, access_group, at_ms, nonce, line)
    WHERE access_group IS NOT NULL;
CREATE INDEX history_entrance ON access_groups.history (workspace, entrance, at_ms, nonce, line)
    WHERE entrance IS NOT NULL;
CREATE INDEX history_actor
    ON access_groups.history (workspace, left(actor, 200), at_ms, nonce, line)
    WHERE actor IS NOT NULL;

CREATE TABLE access_groups.credential (
    workspace uuid NOT NULL REFERENCES access_groups.workspace ON DELETE CASCADE,
    digest bytea NOT NULL CHECK (length(digest) = 32),
    kind text NOT NULL CHECK (kind IN ('key', 'token')),
    name text NOT NULL,
    created_s bigint NOT NULL,
    created_ns bigint NOT NULL,
    PRIMARY KEY (workspace, digest)
);
CREATE INDEX credential_digest ON access_groups.credential (digest, workspace);
CREATE UNIQUE INDEX credential_key ON access_groups.credential (digest) WHERE kind = 'key';
",
};
