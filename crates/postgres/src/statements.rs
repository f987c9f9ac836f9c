//! Every statement on rows of a workspace. The workspace is `$1` in all of them.

use access_groups_sql::Lock;

use crate::{link::Sql, rows::Kind::*};

/// How this version folds texts, as it stands in statements: the indexes of rows that were folded in
/// another way are only found with the number itself.
macro_rules! fold {
    () => {
        "1"
    };
}

/// The newest lines of a history that meet a condition, which has an index, and all that are set. The key
/// in reverse: lines of one change stay together.
macro_rules! history {
    ($condition:literal) => {
        concat!(
            "SELECT at_ms, operation, actor, request_id, event, system, identity, acs_user, \
             access_group, entrance FROM access_groups.history WHERE workspace = $1 ",
            $condition,
            " AND ($2::uuid IS NULL OR acs_user = $2) AND ($3::uuid IS NULL OR access_group = $3) \
             AND ($4::uuid IS NULL OR entrance = $4) AND ($5::text IS NULL OR actor = $5 \
             OR (actor >= $5 || ' (sha256:' AND actor < $5 || ' (sha256;')) \
             AND at_ms >= $6 ORDER BY at_ms DESC, nonce DESC, line DESC LIMIT $7"
        )
    };
}

/// Locks a row that is to be dropped, as it was seen: from now on, nobody else makes or ends anything that
/// goes with it.
macro_rules! lock {
    ($table:literal) => {
        concat!(
            "WITH row AS (SELECT 1 FROM access_groups.",
            $table,
            " WHERE workspace = $1 AND id = $2 AND revision = $3 FOR UPDATE) \
             SELECT 1 / count(*) FROM row"
        )
    };
}

/// Ends the pairs with a row that is locked, and notes each in the history after the lines that the change
/// has there. In one statement: who ends one of them at the same time notes that one.
macro_rules! end {
    ($table:literal, $of:literal, $one:literal, $other:literal) => {
        concat!(
            "WITH gone AS (DELETE FROM access_groups.",
            $table,
            " WHERE workspace = $1 AND ",
            $of,
            " = $2 RETURNING ",
            $one,
            ", ",
            $other,
            "), last AS (SELECT max(line) AS line FROM access_groups.history \
             WHERE workspace = $1 AND at_ms = $3::bigint AND nonce = $4::bigint) \
             INSERT INTO access_groups.history (workspace, at_ms, nonce, line, operation, actor, \
             request_id, event, ",
            $one,
            ", ",
            $other,
            ") SELECT $1, $3::bigint, $4::bigint, \
             last.line + row_number() OVER (ORDER BY gone.",
            $one,
            ", gone.",
            $other,
            "), $5::text, $6::text, $7::text, $8::text, gone.",
            $one,
            ", gone.",
            $other,
            " FROM gone, last"
        )
    };
}

/// The statements: each row is a name, what its rows are, and its text.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident: $kind:ident = $($text:expr),+;)*) => {
        $($(#[$doc])* pub(crate) const $name: Sql = Sql::new($kind, concat!($($text),+));)*

        #[cfg(test)]
        pub(super) const ALL: &[(&str, Sql)] = &[$((stringify!($name), $name)),*];
    };
}

/// Statements that lock the rows that they find.
macro_rules! locking {
    ($($name:ident: $kind:ident = $text:literal;)*) => {
        $(pub(crate) const $name: Locking = Locking {
            none: Sql::new($kind, $text),
            refer: Sql::new($kind, concat!($text, " FOR KEY SHARE")),
            change: Sql::new($kind, concat!($text, " FOR NO KEY UPDATE")),
            remove: Sql::new($kind, concat!($text, " FOR UPDATE")),
        };)*

        #[cfg(test)]
        const LOCKING: &[(&str, Locking)] = &[$((stringify!($name), $name)),*];
    };
}

mod walks;

#[cfg(test)]
mod tests;

pub(crate) use walks::*;

/// A statement with each lock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Locking {
    none: Sql,
    refer: Sql,
    change: Sql,
    remove: Sql,
}

impl Locking {
    pub(crate) fn with(self, lock: Lock) -> Sql {
        match lock {
            Lock::None => self.none,
            Lock::Refer => self.refer,
            Lock::Change => self.change,
            Lock::Remove => self.remove,
        }
    }
}

// Texts are looked up by their beginnings: an index has no room for long ones.
//
// In the order of ids, which is the order of locks. Never with a limit: a statement that waits for the
// first row, and finds it gone, must see the next one.
locking! {
    SYSTEMS_WITH_IDS: System = "SELECT body, revision FROM access_groups.acs_system \
        WHERE workspace = $1 AND id = ANY($2) ORDER BY id";
    IDENTITY: Identity = "SELECT body, revision FROM access_groups.user_identity \
        WHERE workspace = $1 AND id = $2";
    IDENTITY_WITH_KEY: Identity = "SELECT body, revision FROM access_groups.user_identity \
        WHERE workspace = $1 AND left(key, 200) = left($2, 200) AND key = $2 \
        ORDER BY created_s, created_ns, id";
    USER: User = "SELECT body, revision FROM access_groups.acs_user \
        WHERE workspace = $1 AND id = $2";
    USERS_OF_IDENTITY: User = "SELECT body, revision FROM access_groups.acs_user \
        WHERE workspace = $1 AND identity = $2 ORDER BY id";
    USERS_OF_IDENTITY_IN: User = "SELECT body, revision FROM access_groups.acs_user \
        WHERE workspace = $1 AND identity = $2 AND system = $3 ORDER BY id";
    GROUPS_WITH_IDS: Group = "SELECT body, revision FROM access_groups.access_group \
        WHERE workspace = $1 AND id = ANY($2) ORDER BY id";
    ENTRANCES_WITH_IDS: Entrance = "SELECT body, revision FROM access_groups.entrance \
        WHERE workspace = $1 AND id = ANY($2) ORDER BY id";
}

statements! {
    WORKSPACE: Workspace = "SELECT body FROM access_groups.workspace WHERE workspace = $1";
    HAS_WORKSPACE: Flag = "SELECT 1 FROM access_groups.workspace WHERE workspace = $1";
    NEW_WORKSPACE: Flag = "INSERT INTO access_groups.workspace (workspace, body) VALUES ($1, $2) \
        ON CONFLICT DO NOTHING RETURNING 1";
    /// Waits for those who create a system or an identity, and keeps others from it.
    LOCK_WORKSPACE: Flag = "SELECT 1 FROM access_groups.workspace WHERE workspace = $1 FOR UPDATE";
    /// Something to commit, which waits for the standby, and which a server that only reads refuses.
    REFER_TO_WORKSPACE: Flag = "SELECT 1 FROM access_groups.workspace \
        WHERE workspace = $1 FOR KEY SHARE";
    NAME_WORKSPACE: Nothing = "UPDATE access_groups.workspace SET body = $2 WHERE workspace = $1";
    KEEP_HISTORY: Flag = "UPDATE access_groups.workspace SET history_days = $2 \
        WHERE workspace = $1 RETURNING 1";
    DROP_USERS: Nothing = "DELETE FROM access_groups.acs_user WHERE workspace = $1";
    DROP_GROUPS: Nothing = "DELETE FROM access_groups.access_group WHERE workspace = $1";
    DROP_ENTRANCES: Nothing = "DELETE FROM access_groups.entrance WHERE workspace = $1";
    DROP_IDENTITIES: Nothing = "DELETE FROM access_groups.user_identity WHERE workspace = $1";
    DROP_SYSTEMS: Nothing = "DELETE FROM access_groups.acs_system WHERE workspace = $1";
    DROP_HISTORY: Nothing = "DELETE FROM access_groups.history WHERE workspace = $1";
    /// With its credentials and its claims.
    DROP_WORKSPACE: Nothing = "DELETE FROM access_groups.workspace WHERE workspace = $1";
    /// While it is locked, nobody puts anything into it.
    DROP_EMPTY_WORKSPACE: Flag = "DELETE FROM access_groups.workspace WHERE workspace = $1 \
        AND NOT EXISTS (SELECT 1 FROM access_groups.acs_system WHERE workspace = $1) \
        AND NOT EXISTS (SELECT 1 FROM access_groups.user_identity WHERE workspace = $1) \
        AND NOT EXISTS (SELECT 1 FROM access_groups.credential WHERE workspace = $1) \
        AND NOT EXISTS (SELECT 1 FROM access_groups.history WHERE workspace = $1) RETURNING 1";

    CREDENTIALS: Columns = "SELECT workspace, digest, kind, name, created_s, created_ns \
        FROM access_groups.credential WHERE workspace = $1 ORDER BY created_s, created_ns, digest";
    TOKEN: Columns = "SELECT workspace, digest, kind, name, created_s, created_ns \
        FROM access_groups.credential WHERE workspace = $1 AND digest = $2 AND kind = 'token'";
    NEW_CREDENTIAL: Flag = "INSERT INTO access_groups.credential \
        (workspace, digest, kind, name, created_s, created_ns) \
        SELECT $1, $2, $3, $4, $5, $6 FROM access_groups.workspace WHERE workspace = $1 \
        ON CONFLICT DO NOTHING RETURNING 1";
    DROP_CREDENTIAL: Flag = "DELETE FROM access_groups.credential \
        WHERE workspace = $1 AND digest = $2 RETURNING 1";

    SOME_SYSTEM: System = "SELECT body, revision FROM access_groups.acs_system \
        WHERE workspace = $1 LIMIT 1";
    SYSTEMS: System = "SELECT body, revision FROM access_groups.acs_system WHERE workspace = $1";
    SYSTEMS_OF_IDENTITY: System = "SELECT body, revision FROM access_groups.acs_system \
        WHERE workspace = $1 AND id IN (SELECT system FROM access_groups.acs_user \
        WHERE workspace = $1 AND identity = $2)";
    NEW_SYSTEM: Nothing = "INSERT INTO access_groups.acs_system (workspace, id, body) \
        VALUES ($1, $2, $3)";
    NEW_SYSTEMS: Nothing = "INSERT INTO access_groups.acs_system (workspace, id, body) \
        SELECT $1, t.* FROM unnest($2::uuid[], $3::text[]) AS t";
    PUT_SYSTEM: Guarded = "WITH row AS (UPDATE access_groups.acs_system \
        SET revision = revision + 1, body = $4 \
        WHERE workspace = $1 AND id = $2 AND revision = $3 RETURNING 1) \
        SELECT 1 / count(*) FROM row";
    LOCK_SYSTEM: Guarded = lock!("acs_system");
    DROP_SYSTEM: Nothing = "DELETE FROM access_groups.acs_system WHERE workspace = $1 AND id = $2";

    IDENTITIES: Identity = "SELECT body, revision FROM access_groups.user_identity \
        WHERE workspace = $1";
    SOME_IDENTITY: Identity = "SELECT body, revision FROM access_groups.user_identity \
        WHERE workspace = $1 LIMIT 1";
    IDENTITIES_WITH_IDS: Identity = "SELECT body, revision FROM access_groups.user_identity \
        WHERE workspace = $1 AND id = ANY($2)";
    HOLDER_OF_KEY: Identity = "SELECT body, revision FROM access_groups.user_identity \
        WHERE workspace = $1 AND left(key, 200) = left($2, 200) AND key = $2 \
        ORDER BY id LIMIT 1";
    HOLDER_OF_EMAIL: Identity = "SELECT body, revision FROM access_groups.user_identity \
        WHERE workspace = $1 AND left(email_key, 200) = left($2, 200) AND email_key = $2 \
        ORDER BY id LIMIT 1";
    HOLDER_OF_PHONE: Identity = "SELECT body, revision FROM access_groups.user_identity \
        WHERE workspace = $1 AND left(phone_key, 200) = left($2, 200) AND phone_key = $2 \
        ORDER BY id LIMIT 1";
    NEW_IDENTITY: Nothing = "INSERT INTO access_groups.user_identity (workspace, id, created_s, \
        created_ns, key, email_key, phone_key, folded, body, fold) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, ", fold!(), ")";
    NEW_IDENTITIES: Nothing = "INSERT INTO access_groups.user_identity (workspace, id, created_s, \
        created_ns, key, email_key, phone_key, folded, body, fold) SELECT $1, t.*, ", fold!(),
        " FROM unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], \
        $8::text[], $9::text[]) AS t";
    PUT_IDENTITY: Guarded = "WITH row AS (UPDATE access_groups.user_identity \
        SET revision = revision + 1, key = $4, email_key = $5, phone_key = $6, folded = $7, body = $8, \
        fold = ", fold!(), " WHERE workspace = $1 AND id = $2 AND revision = $3 RETURNING 1) \
        SELECT 1 / count(*) FROM row";
    LOCK_IDENTITY: Guarded = lock!("user_identity");
    DROP_IDENTITY: Nothing = "DELETE FROM access_groups.user_identity WHERE workspace = $1 AND id = $2";
    /// Makes the slots that are missing, and waits for whoever makes one of them now.
    CLAIM: Nothing = "INSERT INTO access_groups.claim (workspace, slot) \
        SELECT $1, slot FROM unnest($2::integer[]) AS slot ORDER BY slot ON CONFLICT DO NOTHING";
    LOCK_CLAIMS: Flag = "SELECT slot FROM access_groups.claim \
        WHERE workspace = $1 AND slot = ANY($2) ORDER BY slot FOR UPDATE";

    USERS: User = "SELECT body, revision FROM access_groups.acs_user WHERE workspace = $1";
    UNLINKED_WITH_EMAIL: User = "SELECT body, revision FROM access_groups.acs_user \
        WHERE workspace = $1 AND system = $2 AND left(email_key, 200) = left($3, 200) \
        AND email_key = $3 \
        ORDER BY created_s, created_ns, id LIMIT 1";
    UNLINKED_WITH_PHONE: User = "SELECT body, revision FROM access_groups.acs_user \
        WHERE workspace = $1 AND system = $2 AND left(phone_key, 200) = left($3, 200) \
        AND phone_key = $3 \
        ORDER BY created_s, created_ns, id LIMIT 1";
    USER_OF_SYSTEM: User = "SELECT body, revision FROM access_groups.acs_user \
        WHERE workspace = $1 AND system = $2 LIMIT 1";
    MEMBERS: User = "SELECT u.body, u.revision FROM access_groups.membership AS m \
        JOIN access_groups.acs_user AS u ON u.workspace = m.workspace AND u.id = m.acs_user \
        WHERE m.workspace = $1 AND m.access_group = $2";
    NEW_USER: Nothing = "INSERT INTO access_groups.acs_user (workspace, id, system, created_s, \
        created_ns, identity, email_key, phone_key, folded, body, fold) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, ", fold!(), ")";
    NEW_USERS: Nothing = "INSERT INTO access_groups.acs_user (workspace, id, system, created_s, \
        created_ns, identity, email_key, phone_key, folded, body, fold) SELECT $1, t.*, ", fold!(),
        " FROM unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::uuid[], $7::text[], \
        $8::text[], $9::text[], $10::text[]) AS t";
    PUT_USER: Guarded = "WITH row AS (UPDATE access_groups.acs_user \
        SET revision = revision + 1, identity = $4, email_key = $5, phone_key = $6, folded = $7, \
        body = $8, fold = ", fold!(), " WHERE workspace = $1 AND id = $2 AND revision = $3 RETURNING 1) \
        SELECT 1 / count(*) FROM row";
    LOCK_USER: Guarded = lock!("acs_user");
    DROP_USER: Nothing = "DELETE FROM access_groups.acs_user WHERE workspace = $1 AND id = $2";

    GROUPS: Group = "SELECT body, revision FROM access_groups.access_group WHERE workspace = $1";
    GROUPS_OF_SYSTEM: Group = "SELECT body, revision FROM access_groups.access_group \
        WHERE workspace = $1 AND system = $2";
    GROUP_OF_SYSTEM: Group = "SELECT body, revision FROM access_groups.access_group \
        WHERE workspace = $1 AND system = $2 LIMIT 1";
    GROUPS_OF_USER: Group = "SELECT body, revision FROM access_groups.access_group \
        WHERE workspace = $1 AND id IN (SELECT access_group FROM access_groups.membership \
        WHERE workspace = $1 AND acs_user = $2)";
    GROUPS_OF_IDENTITY: Group = "SELECT body, revision FROM access_groups.access_group \
        WHERE workspace = $1 AND id IN (SELECT m.access_group FROM access_groups.acs_user AS u \
        JOIN access_groups.membership AS m ON m.workspace = u.workspace AND m.acs_user = u.id \
        WHERE u.workspace = $1 AND u.identity = $2)";
    GROUPS_OF_USER_AND_IDENTITY: Group = "SELECT body, revision FROM access_groups.access_group \
        WHERE workspace = $1 AND id IN (SELECT access_group FROM access_groups.membership \
        WHERE workspace = $1 AND acs_user = $2) \
        AND id IN (SELECT m.access_group FROM access_groups.acs_user AS u \
        JOIN access_groups.membership AS m ON m.workspace = u.workspace AND m.acs_user = u.id \
        WHERE u.workspace = $1 AND u.identity = $3)";
    NEW_GROUP: Nothing = "INSERT INTO access_groups.access_group (workspace, id, system, body) \
        VALUES ($1, $2, $3, $4)";
    NEW_GROUPS: Nothing = "INSERT INTO access_groups.access_group (workspace, id, system, body) \
        SELECT $1, t.* FROM unnest($2::uuid[], $3::uuid[], $4::text[]) AS t";
    PUT_GROUP: Guarded = "WITH row AS (UPDATE access_groups.access_group \
        SET revision = revision + 1, body = $4 \
        WHERE workspace = $1 AND id = $2 AND revision = $3 RETURNING 1) \
        SELECT 1 / count(*) FROM row";
    LOCK_GROUP: Guarded = lock!("access_group");
    DROP_GROUP: Nothing = "DELETE FROM access_groups.access_group WHERE workspace = $1 AND id = $2";

    ENTRANCES: Entrance = "SELECT body, revision FROM access_groups.entrance WHERE workspace = $1";
    ENTRANCE_OF_SYSTEM: Entrance = "SELECT body, revision FROM access_groups.entrance \
        WHERE workspace = $1 AND system = $2 LIMIT 1";
    ENTRANCES_OF_GROUP: Entrance = "SELECT body, revision FROM access_groups.entrance \
        WHERE workspace = $1 AND id IN (SELECT entrance FROM access_groups.group_entrance \
        WHERE workspace = $1 AND access_group = $2)";
    /// Those that the user can open, through groups and directly.
    ENTRANCES_OF_USER: Entrance = "SELECT body, revision FROM access_groups.entrance \
        WHERE workspace = $1 AND id IN (SELECT h.entrance FROM access_groups.membership AS m \
        JOIN access_groups.group_entrance AS h \
        ON h.workspace = m.workspace AND h.access_group = m.access_group \
        WHERE m.workspace = $1 AND m.acs_user = $2 \
        UNION SELECT entrance FROM access_groups.entrance_grant \
        WHERE workspace = $1 AND acs_user = $2)";
    /// Those that any user of the identity can open.
    ENTRANCES_OF_IDENTITY: Entrance = "SELECT body, revision FROM access_groups.entrance \
        WHERE workspace = $1 AND id IN (SELECT h.entrance FROM access_groups.acs_user AS u \
        JOIN access_groups.membership AS m ON m.workspace = u.workspace AND m.acs_user = u.id \
        JOIN access_groups.group_entrance AS h \
        ON h.workspace = m.workspace AND h.access_group = m.access_group \
        WHERE u.workspace = $1 AND u.identity = $2 \
        UNION SELECT d.entrance FROM access_groups.acs_user AS u \
        JOIN access_groups.entrance_grant AS d \
        ON d.workspace = u.workspace AND d.acs_user = u.id \
        WHERE u.workspace = $1 AND u.identity = $2)";
    NEW_ENTRANCE: Nothing = "INSERT INTO access_groups.entrance \
        (workspace, id, system, created_s, created_ns, body) VALUES ($1, $2, $3, $4, $5, $6)";
    NEW_ENTRANCES: Nothing = "INSERT INTO access_groups.entrance \
        (workspace, id, system, created_s, created_ns, body) SELECT $1, t.* \
        FROM unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::text[]) AS t";
    PUT_ENTRANCE: Guarded = "WITH row AS (UPDATE access_groups.entrance \
        SET revision = revision + 1, body = $4 \
        WHERE workspace = $1 AND id = $2 AND revision = $3 RETURNING 1) \
        SELECT 1 / count(*) FROM row";
    LOCK_ENTRANCE: Guarded = lock!("entrance");
    DROP_ENTRANCE: Nothing = "DELETE FROM access_groups.entrance WHERE workspace = $1 AND id = $2";

    MEMBERSHIPS: Membership = "SELECT acs_user, access_group FROM access_groups.membership \
        WHERE workspace = $1";
    MEMBERSHIPS_IN: Membership = "SELECT acs_user, access_group FROM access_groups.membership \
        WHERE workspace = $1 AND acs_user = ANY($2) AND access_group = $3";
    MEMBERSHIPS_OF: Membership = "SELECT acs_user, access_group FROM access_groups.membership \
        WHERE workspace = $1 AND acs_user = ANY($2)";
    JOIN: Nothing = "INSERT INTO access_groups.membership (workspace, acs_user, access_group) \
        VALUES ($1, $2, $3)";
    JOIN_ALL: Nothing = "INSERT INTO access_groups.membership (workspace, acs_user, access_group) \
        SELECT $1, t.* FROM unnest($2::uuid[], $3::uuid[]) AS t";
    LEAVE: Guarded = "WITH row AS (DELETE FROM access_groups.membership \
        WHERE workspace = $1 AND acs_user = $2 AND access_group = $3 RETURNING 1) \
        SELECT 1 / count(*) FROM row";

    GRANTS: Grant = "SELECT acs_user, entrance FROM access_groups.entrance_grant \
        WHERE workspace = $1";
    GRANTS_TO: Grant = "SELECT acs_user, entrance FROM access_groups.entrance_grant \
        WHERE workspace = $1 AND acs_user = ANY($2) AND entrance = $3";
    GRANTS_OF: Grant = "SELECT acs_user, entrance FROM access_groups.entrance_grant \
        WHERE workspace = $1 AND acs_user = ANY($2)";
    GRANT: Nothing = "INSERT INTO access_groups.entrance_grant (workspace, acs_user, entrance) \
        VALUES ($1, $2, $3)";
    GRANT_ALL: Nothing = "INSERT INTO access_groups.entrance_grant (workspace, acs_user, entrance) \
        SELECT $1, t.* FROM unnest($2::uuid[], $3::uuid[]) AS t";
    UNGRANT: Guarded = "WITH row AS (DELETE FROM access_groups.entrance_grant \
        WHERE workspace = $1 AND acs_user = $2 AND entrance = $3 RETURNING 1) \
        SELECT 1 / count(*) FROM row";

    GROUP_ENTRANCES: Held = "SELECT access_group, entrance FROM access_groups.group_entrance \
        WHERE workspace = $1";
    GROUP_ENTRANCES_AMONG: Held = "SELECT access_group, entrance FROM access_groups.group_entrance \
        WHERE workspace = $1 AND access_group = $2 AND entrance = ANY($3)";
    HOLD: Nothing = "INSERT INTO access_groups.group_entrance (workspace, access_group, entrance) \
        VALUES ($1, $2, $3)";
    HOLD_ALL: Nothing = "INSERT INTO access_groups.group_entrance (workspace, access_group, entrance) \
        SELECT $1, t.* FROM unnest($2::uuid[], $3::uuid[]) AS t";
    RELEASE: Guarded = "WITH row AS (DELETE FROM access_groups.group_entrance \
        WHERE workspace = $1 AND access_group = $2 AND entrance = $3 RETURNING 1) \
        SELECT 1 / count(*) FROM row";

    /// With a lock, so that there is something to commit, which waits for the standby.
    HAS_CHANGE: Flag = "SELECT 1 FROM access_groups.history \
        WHERE workspace = $1 AND at_ms = $2 AND nonce = $3 AND line = 0 FOR KEY SHARE";
    // One for each index: of one statement for all, a plan would be kept that fits no condition.
    HISTORY: Columns = history!("");
    HISTORY_OF_USER: Columns = history!("AND acs_user = $2");
    HISTORY_OF_GROUP: Columns = history!("AND access_group = $3");
    HISTORY_OF_ENTRANCE: Columns = history!("AND entrance = $4");
    /// Or of a key with this name, whose fingerprint follows: what is behind it begins like this, before the
    /// next letter after the colon.
    HISTORY_OF_ACTOR: Columns = history!("AND (left(actor, 200) = left($5, 200) \
        OR (left(actor, 200) >= left($5 || ' (sha256:', 200) \
        AND left(actor, 200) <= left($5 || ' (sha256;', 200)))");
    /// Some of the lines from before the instant.
    FORGET: Flag = "WITH old AS (SELECT at_ms, nonce, line FROM access_groups.history \
        WHERE workspace = $1 AND at_ms < $2 ORDER BY at_ms, nonce, line LIMIT $3) \
        DELETE FROM access_groups.history AS h USING old WHERE h.workspace = $1 \
        AND h.at_ms = old.at_ms AND h.nonce = old.nonce AND h.line = old.line RETURNING 1";
    END_GROUPS_OF_USER: Nothing = end!("membership", "acs_user", "acs_user", "access_group");
    END_MEMBERS_OF_GROUP: Nothing = end!("membership", "access_group", "acs_user", "access_group");
    END_GRANTS_OF_USER: Nothing = end!("entrance_grant", "acs_user", "acs_user", "entrance");
    END_GRANTS_OF_ENTRANCE: Nothing = end!("entrance_grant", "entrance", "acs_user", "entrance");
    END_ENTRANCES_OF_GROUP: Nothing =
        end!("group_entrance", "access_group", "access_group", "entrance");
    END_HOLDERS_OF_ENTRANCE: Nothing =
        end!("group_entrance", "entrance", "access_group", "entrance");
    NEW_LINE: Nothing = "INSERT INTO access_groups.history (workspace, at_ms, nonce, line, \
        operation, actor, request_id, event, system, identity, acs_user, access_group, entrance) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    /// The line of a pair, and the pair itself, with the values of the line.
    JOIN_WITH_LINE: Nothing = "WITH pair AS (INSERT INTO access_groups.membership \
        (workspace, acs_user, access_group) VALUES ($1, $11, $12)) \
        INSERT INTO access_groups.history (workspace, at_ms, nonce, line, \
        operation, actor, request_id, event, system, identity, acs_user, access_group, entrance) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
}
