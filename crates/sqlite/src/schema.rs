//! The tables, and how a file tells that it is ours.
//!
//! Every key, index and foreign key begins with the workspace, but for the one index that a caller's key
//! is looked up by, which says the workspace. Ids are blobs of 16 bytes, whose order is
//! that of ids. `body` is the resource as on the wire, as JSON; what rows are found by is beside it. An
//! instant is two columns, seconds since 1970 and nanoseconds: its order is exact. Instants of the history
//! are whole milliseconds, in one column; `number` counts the lines of one millisecond.
//!
//! Pairs of ids are in the tree of their key (`WITHOUT ROWID`). Resources are not: a tree of such large
//! rows is deep, and an insertion into 200,000 of them takes ten times as long.
//!
//! What is searched has a `number` as well, given in the order of insertion, by which the
//! [index of trigrams](crate::search) names it, and the workspace knows how old the rows of each block
//! of numbers are. The index itself is the only one that does not begin with the workspace.

use access_groups_sql::Step;

/// "acgs": tools such as `file` can tell the database by it.
pub(crate) const APPLICATION_ID: i32 = 0x6163_6773;

/// The steps that made the tables, in their order. A step that was released never changes: the next one
/// does.
pub(crate) const STEPS: &[Step] = &[Step {
    name: "tables",
    sql: TABLES,
    reads_from: 1,
}];

/// The names of all tables that the ledger and the steps make.
pub(crate) fn tables() -> impl Iterator<Item = &'static str> {
    let made = std::iter::once(LEDGER).chain(STEPS.iter().map(|step| step.sql));
    let after = made.flat_map(|sql| sql.split("CREATE ").skip(1));
    after.filter_map(|made| {
        let made = made.trim_start_matches("VIRTUAL ");
        made.strip_prefix("TABLE ")?.split(' ').next()
    })
}

/// Which steps a file has, from which version of the program, and since when.
pub(crate) const LEDGER: &str = "
CREATE TABLE schema_step (
    number INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    reads_from INTEGER NOT NULL,
    version TEXT NOT NULL,
    applied_at TEXT NOT NULL
) STRICT;
";

pub(crate) const APPLIED: &str =
    "SELECT digest, reads_from, version FROM schema_step ORDER BY number";

pub(crate) const NEW_STEP: &str = "INSERT INTO schema_step \
    (number, name, digest, reads_from, version, applied_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

// A link need not name an identity that exists, so there is no foreign key; an imported site may give
// one value to several identities, so these indexes are not unique.
pub(crate) const TABLES: &str = "
CREATE TABLE workspace (
    workspace BLOB NOT NULL PRIMARY KEY CHECK (length(workspace) = 16),
    body TEXT NOT NULL,
    history_days INTEGER,
    search_fold INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE credential (
    workspace BLOB NOT NULL REFERENCES workspace,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    kind TEXT NOT NULL CHECK (kind IN ('key', 'token')),
    name TEXT NOT NULL,
    created_s INTEGER NOT NULL,
    created_ns INTEGER NOT NULL,
    PRIMARY KEY (workspace, digest)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX credential_key ON credential (digest) WHERE kind = 'key';

CREATE TABLE acs_system (
    workspace BLOB NOT NULL REFERENCES workspace,
    id BLOB NOT NULL CHECK (length(id) = 16),
    body TEXT NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT;

CREATE TABLE user_identity (
    number INTEGER PRIMARY KEY,
    workspace BLOB NOT NULL REFERENCES workspace,
    id BLOB NOT NULL CHECK (length(id) = 16),
    created_s INTEGER NOT NULL,
    created_ns INTEGER NOT NULL,
    key TEXT,
    email_key TEXT,
    phone_key TEXT,
    body TEXT NOT NULL,
    UNIQUE (workspace, id)
) STRICT;
CREATE INDEX user_identity_age ON user_identity (workspace, created_s, created_ns, id);
CREATE INDEX user_identity_key ON user_identity (workspace, key, created_s, created_ns, id)
    WHERE key IS NOT NULL;
CREATE INDEX user_identity_email ON user_identity (workspace, email_key, id)
    WHERE email_key IS NOT NULL;
CREATE INDEX user_identity_phone ON user_identity (workspace, phone_key, id)
    WHERE phone_key IS NOT NULL;

CREATE TABLE acs_user (
    number INTEGER PRIMARY KEY,
    workspace BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    system BLOB NOT NULL,
    created_s INTEGER NOT NULL,
    created_ns INTEGER NOT NULL,
    identity BLOB,
    email_key TEXT,
    phone_key TEXT,
    body TEXT NOT NULL,
    UNIQUE (workspace, id),
    FOREIGN KEY (workspace, system) REFERENCES acs_system
) STRICT;
CREATE INDEX acs_user_age ON acs_user (workspace, created_s, created_ns, id);
CREATE INDEX acs_user_system ON acs_user (workspace, system, created_s, created_ns, id);
CREATE INDEX acs_user_identity ON acs_user (workspace, identity, created_s, created_ns, id)
    WHERE identity IS NOT NULL;
CREATE INDEX acs_user_email ON acs_user (workspace, system, email_key, created_s, created_ns, id)
    WHERE email_key IS NOT NULL;
CREATE INDEX acs_user_phone ON acs_user (workspace, system, phone_key, created_s, created_ns, id)
    WHERE phone_key IS NOT NULL;

CREATE TABLE access_group (
    workspace BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    system BLOB NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (workspace, id),
    FOREIGN KEY (workspace, system) REFERENCES acs_system
) STRICT;
CREATE INDEX access_group_system ON access_group (workspace, system, id);

CREATE TABLE entrance (
    workspace BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    system BLOB NOT NULL,
    created_s INTEGER NOT NULL,
    created_ns INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (workspace, id),
    FOREIGN KEY (workspace, system) REFERENCES acs_system
) STRICT;
CREATE INDEX entrance_age ON entrance (workspace, created_s, created_ns, id);
CREATE INDEX entrance_system ON entrance (workspace, system, created_s, created_ns, id);

CREATE TABLE membership (
    workspace BLOB NOT NULL,
    acs_user BLOB NOT NULL,
    access_group BLOB NOT NULL,
    PRIMARY KEY (workspace, acs_user, access_group),
    FOREIGN KEY (workspace, acs_user) REFERENCES acs_user (workspace, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace, access_group) REFERENCES access_group ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX membership_group ON membership (workspace, access_group, acs_user);

CREATE TABLE entrance_grant (
    workspace BLOB NOT NULL,
    acs_user BLOB NOT NULL,
    entrance BLOB NOT NULL,
    PRIMARY KEY (workspace, acs_user, entrance),
    FOREIGN KEY (workspace, acs_user) REFERENCES acs_user (workspace, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace, entrance) REFERENCES entrance ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX entrance_grant_entrance ON entrance_grant (workspace, entrance, acs_user);

CREATE TABLE group_entrance (
    workspace BLOB NOT NULL,
    access_group BLOB NOT NULL,
    entrance BLOB NOT NULL,
    PRIMARY KEY (workspace, access_group, entrance),
    FOREIGN KEY (workspace, access_group) REFERENCES access_group ON DELETE CASCADE,
    FOREIGN KEY (workspace, entrance) REFERENCES entrance ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX group_entrance_entrance ON group_entrance (workspace, entrance, access_group);

CREATE TABLE history (
    workspace BLOB NOT NULL REFERENCES workspace,
    at_ms INTEGER NOT NULL,
    number INTEGER NOT NULL,
    nonce INTEGER NOT NULL,
    operation TEXT NOT NULL,
    actor TEXT,
    request_id TEXT,
    event TEXT NOT NULL,
    system BLOB,
    identity BLOB,
    acs_user BLOB,
    access_group BLOB,
    entrance BLOB,
    PRIMARY KEY (workspace, at_ms, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX history_user ON history (workspace, acs_user, at_ms, number)
    WHERE acs_user IS NOT NULL;
CREATE INDEX history_group ON history (workspace, access_group, at_ms, number)
    WHERE access_group IS NOT NULL;
CREATE INDEX history_entrance ON history (workspace, entrance, at_ms, number)
    WHERE entrance IS NOT NULL;
CREATE INDEX history_actor ON history (workspace, actor, at_ms, number) WHERE actor IS NOT NULL;

CREATE VIRTUAL TABLE user_identity_search USING fts5 (
    text, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1'
);
CREATE TRIGGER user_identity_dropped AFTER DELETE ON user_identity BEGIN
    DELETE FROM user_identity_search WHERE rowid = old.number;
END;
CREATE TABLE user_identity_block (
    workspace BLOB NOT NULL REFERENCES workspace ON DELETE CASCADE,
    block INTEGER NOT NULL,
    oldest_s INTEGER NOT NULL,
    newest_s INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    PRIMARY KEY (workspace, block)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE acs_user_search USING fts5 (
    text, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1'
);
CREATE TRIGGER acs_user_dropped AFTER DELETE ON acs_user BEGIN
    DELETE FROM acs_user_search WHERE rowid = old.number;
END;
CREATE TABLE acs_user_block (
    workspace BLOB NOT NULL REFERENCES workspace ON DELETE CASCADE,
    block INTEGER NOT NULL,
    oldest_s INTEGER NOT NULL,
    newest_s INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    PRIMARY KEY (workspace, block)
) STRICT, WITHOUT ROWID;
";
