//! Every statement on rows. The workspace is `?1` in all but those at the end.

#[cfg(test)]
mod costs;
#[cfg(test)]
mod tests;

use crate::session::{Across, Sql};

/// The statements: each row is a name and its text.
macro_rules! statements {
    ($($(#[$attribute:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$attribute])* pub(crate) const $name: Sql = Sql($text);)*

        #[cfg(test)]
        const ALL: &[(&str, Sql)] = &[$((stringify!($name), $name)),*];
    };
}

statements! {
    WORKSPACE = "SELECT body FROM workspace WHERE workspace = ?1";
    HAS_WORKSPACE = "SELECT 1 FROM workspace WHERE workspace = ?1";
    NEW_WORKSPACE = "INSERT INTO workspace (workspace, body) VALUES (?1, ?2) \
        ON CONFLICT DO NOTHING";
    NAME_WORKSPACE = "UPDATE workspace SET body = ?2 WHERE workspace = ?1";
    KEEP_HISTORY = "UPDATE workspace SET history_days = ?2 WHERE workspace = ?1";
    DROP_WORKSPACE = "DELETE FROM workspace WHERE workspace = ?1";
    DROP_EMPTY_WORKSPACE = "DELETE FROM workspace WHERE workspace = ?1 \
        AND NOT EXISTS (SELECT 1 FROM acs_system WHERE workspace = ?1) \
        AND NOT EXISTS (SELECT 1 FROM user_identity WHERE workspace = ?1) \
        AND NOT EXISTS (SELECT 1 FROM credential WHERE workspace = ?1) \
        AND NOT EXISTS (SELECT 1 FROM history WHERE workspace = ?1)";
    DROP_CREDENTIALS = "DELETE FROM credential WHERE workspace = ?1";
    DROP_HISTORY = "DELETE FROM history WHERE workspace = ?1";
    DROP_MEMBERSHIPS = "DELETE FROM membership WHERE workspace = ?1";
    DROP_GRANTS = "DELETE FROM entrance_grant WHERE workspace = ?1";
    DROP_GROUP_ENTRANCES = "DELETE FROM group_entrance WHERE workspace = ?1";
    DROP_USERS = "DELETE FROM acs_user WHERE workspace = ?1";
    DROP_GROUPS = "DELETE FROM access_group WHERE workspace = ?1";
    DROP_ENTRANCES = "DELETE FROM entrance WHERE workspace = ?1";
    DROP_IDENTITIES = "DELETE FROM user_identity WHERE workspace = ?1";
    DROP_SYSTEMS = "DELETE FROM acs_system WHERE workspace = ?1";

    CREDENTIALS = "SELECT workspace, digest, kind, name, created_s, created_ns FROM credential \
        WHERE workspace = ?1 ORDER BY created_s, created_ns, digest";
    TOKEN = "SELECT workspace, digest, kind, name, created_s, created_ns FROM credential \
        WHERE workspace = ?1 AND digest = ?2 AND kind = 'token'";
    NEW_CREDENTIAL = "INSERT INTO credential \
        (workspace, digest, kind, name, created_s, created_ns) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
        ON CONFLICT DO NOTHING";
    DROP_CREDENTIAL = "DELETE FROM credential WHERE workspace = ?1 AND digest = ?2";

    /// A line after those of the same millisecond.
    NEW_LINE = "INSERT INTO history (workspace, at_ms, number, nonce, operation, actor, request_id, \
        event, system, identity, acs_user, access_group, entrance) VALUES (?1, ?2, \
        ifnull((SELECT number FROM history WHERE workspace = ?1 AND at_ms = ?2 \
        ORDER BY number DESC LIMIT 1) + 1, 0), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    /// The columns of every list of lines are the same.
    HISTORY = "SELECT at_ms, operation, actor, request_id, event, system, identity, acs_user, \
        access_group, entrance FROM history WHERE workspace = ?1 AND at_ms >= ?2 \
        ORDER BY at_ms DESC, number DESC";
    HISTORY_OF_USER = "SELECT at_ms, operation, actor, request_id, event, system, identity, \
        acs_user, access_group, entrance FROM history \
        WHERE workspace = ?1 AND at_ms >= ?2 AND acs_user = ?3 \
        ORDER BY at_ms DESC, number DESC";
    HISTORY_OF_GROUP = "SELECT at_ms, operation, actor, request_id, event, system, identity, \
        acs_user, access_group, entrance FROM history \
        WHERE workspace = ?1 AND at_ms >= ?2 AND access_group = ?3 \
        ORDER BY at_ms DESC, number DESC";
    HISTORY_OF_ENTRANCE = "SELECT at_ms, operation, actor, request_id, event, system, identity, \
        acs_user, access_group, entrance FROM history \
        WHERE workspace = ?1 AND at_ms >= ?2 AND entrance = ?3 \
        ORDER BY at_ms DESC, number DESC";
    /// Or of a key with this name, whose fingerprint follows: what is behind it begins like this, before the
    /// next letter after the colon.
    HISTORY_OF_ACTOR = "SELECT at_ms, operation, actor, request_id, event, system, identity, \
        acs_user, access_group, entrance FROM history \
        WHERE workspace = ?1 AND at_ms >= ?2 \
        AND (actor = ?3 OR (actor >= ?3 || ' (sha256:' AND actor < ?3 || ' (sha256;')) \
        ORDER BY at_ms DESC, number DESC";
    /// The oldest lines before an instant, some at a time.
    FORGET = "DELETE FROM history WHERE workspace = ?1 AND (at_ms, number) IN \
        (SELECT at_ms, number FROM history WHERE workspace = ?1 AND at_ms < ?2 \
        ORDER BY at_ms, number LIMIT ?3)";

    SYSTEM = "SELECT body FROM acs_system WHERE workspace = ?1 AND id = ?2";
    SYSTEMS = "SELECT body FROM acs_system WHERE workspace = ?1 ORDER BY id";
    FIRST_SYSTEM = "SELECT body FROM acs_system WHERE workspace = ?1 ORDER BY id LIMIT 1";
    SYSTEMS_OF_IDENTITY = "SELECT body FROM acs_system WHERE workspace = ?1 AND id IN \
        (SELECT system FROM acs_user WHERE workspace = ?1 AND identity = ?2)";
    FOURTH_SYSTEM = "SELECT 1 FROM acs_system WHERE workspace = ?1 LIMIT 1 OFFSET 3";
    NEW_SYSTEM = "INSERT INTO acs_system (workspace, id, body) VALUES (?1, ?2, ?3) \
        ON CONFLICT DO NOTHING";
    PUT_SYSTEM = "UPDATE acs_system SET body = ?3 WHERE workspace = ?1 AND id = ?2";
    DROP_SYSTEM = "DELETE FROM acs_system WHERE workspace = ?1 AND id = ?2";
    CHECK_SYSTEM = "SELECT id, body FROM acs_system WHERE workspace = ?1";

    IDENTITY = "SELECT body FROM user_identity WHERE workspace = ?1 AND id = ?2";
    IDENTITIES = "SELECT body FROM user_identity WHERE workspace = ?1 ORDER BY id";
    IDENTITY_WITH_KEY = "SELECT body FROM user_identity WHERE workspace = ?1 AND key = ?2 \
        ORDER BY created_s, created_ns, id LIMIT 1";
    HOLDER_OF_KEY = "SELECT body FROM user_identity WHERE workspace = ?1 AND key = ?2 \
        ORDER BY id LIMIT 1";
    HOLDER_OF_EMAIL = "SELECT body FROM user_identity WHERE workspace = ?1 AND email_key = ?2 \
        ORDER BY id LIMIT 1";
    HOLDER_OF_PHONE = "SELECT body FROM user_identity WHERE workspace = ?1 AND phone_key = ?2 \
        ORDER BY id LIMIT 1";
    IDENTITIES_BY_AGE = "SELECT body FROM user_identity WHERE workspace = ?1 \
        AND (created_s, created_ns, id) > (?2, ?3, ?4) ORDER BY created_s, created_ns, id";
    NEW_IDENTITY = "INSERT INTO user_identity \
        (workspace, id, created_s, created_ns, key, email_key, phone_key, body) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING";
    PUT_IDENTITY = "UPDATE user_identity SET key = ?5, \
        email_key = ?6, phone_key = ?7, body = ?8 WHERE workspace = ?1 AND id = ?2";
    DROP_IDENTITY = "DELETE FROM user_identity WHERE workspace = ?1 AND id = ?2";
    CHECK_IDENTITY = "SELECT id, created_s, created_ns, key, email_key, phone_key, body \
        FROM user_identity WHERE workspace = ?1";

    USER = "SELECT body FROM acs_user WHERE workspace = ?1 AND id = ?2";
    USERS = "SELECT body FROM acs_user WHERE workspace = ?1 ORDER BY id";
    USERS_OF_IDENTITY = "SELECT body FROM acs_user WHERE workspace = ?1 AND identity = ?2";
    USERS_OF_IDENTITY_IN = "SELECT body FROM acs_user WHERE workspace = ?1 AND identity = ?2 \
        AND system = ?3";
    UNLINKED_WITH_EMAIL = "SELECT body FROM acs_user WHERE workspace = ?1 AND system = ?2 \
        AND email_key = ?3 ORDER BY created_s, created_ns, id LIMIT 1";
    UNLINKED_WITH_PHONE = "SELECT body FROM acs_user WHERE workspace = ?1 AND system = ?2 \
        AND phone_key = ?3 ORDER BY created_s, created_ns, id LIMIT 1";
    USER_OF_SYSTEM = "SELECT body FROM acs_user WHERE workspace = ?1 AND system = ?2 LIMIT 1";
    USERS_BY_AGE = "SELECT body FROM acs_user WHERE workspace = ?1 \
        AND (created_s, created_ns, id) > (?2, ?3, ?4) ORDER BY created_s, created_ns, id";
    USERS_OF_SYSTEM_BY_AGE = "SELECT body FROM acs_user WHERE workspace = ?1 AND system = ?5 \
        AND (created_s, created_ns, id) > (?2, ?3, ?4) ORDER BY created_s, created_ns, id";
    USERS_OF_IDENTITY_BY_AGE = "SELECT body FROM acs_user WHERE workspace = ?1 AND identity = ?5 \
        AND (created_s, created_ns, id) > (?2, ?3, ?4) ORDER BY created_s, created_ns, id";
    USERS_OF_EMAIL_BY_AGE = "SELECT u.body FROM user_identity AS i JOIN acs_user AS u \
        ON u.workspace = i.workspace AND u.identity = i.id \
        WHERE i.workspace = ?1 AND i.email_key = ?5 \
        AND (u.created_s, u.created_ns, u.id) > (?2, ?3, ?4) \
        ORDER BY u.created_s, u.created_ns, u.id";
    USERS_OF_PHONE_BY_AGE = "SELECT u.body FROM user_identity AS i JOIN acs_user AS u \
        ON u.workspace = i.workspace AND u.identity = i.id \
        WHERE i.workspace = ?1 AND i.phone_key = ?5 \
        AND (u.created_s, u.created_ns, u.id) > (?2, ?3, ?4) \
        ORDER BY u.created_s, u.created_ns, u.id";
    MEMBERS = "SELECT u.body FROM membership AS m \
        JOIN acs_user AS u ON u.workspace = m.workspace AND u.id = m.acs_user \
        WHERE m.workspace = ?1 AND m.access_group = ?2 ORDER BY m.acs_user";
    NEW_USER = "INSERT INTO acs_user \
        (workspace, id, system, created_s, created_ns, identity, email_key, phone_key, body) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING";
    PUT_USER = "UPDATE acs_user SET identity = ?6, \
        email_key = ?7, phone_key = ?8, body = ?9 \
        WHERE workspace = ?1 AND id = ?2 AND system = ?3";
    DROP_USER = "DELETE FROM acs_user WHERE workspace = ?1 AND id = ?2";
    CHECK_USER = "SELECT id, system, created_s, created_ns, identity, email_key, phone_key, body \
        FROM acs_user WHERE workspace = ?1";

    GROUP = "SELECT body FROM access_group WHERE workspace = ?1 AND id = ?2";
    GROUPS = "SELECT body FROM access_group WHERE workspace = ?1 ORDER BY id";
    GROUPS_OF_SYSTEM = "SELECT body FROM access_group WHERE workspace = ?1 AND system = ?2 \
        ORDER BY id";
    GROUP_OF_SYSTEM = "SELECT body FROM access_group WHERE workspace = ?1 AND system = ?2 LIMIT 1";
    GROUPS_OF_USER = "SELECT body FROM access_group WHERE workspace = ?1 AND id IN \
        (SELECT access_group FROM membership WHERE workspace = ?1 AND acs_user = ?2) ORDER BY id";
    GROUPS_OF_IDENTITY = "SELECT body FROM access_group WHERE workspace = ?1 AND id IN \
        (SELECT m.access_group FROM acs_user AS u JOIN membership AS m \
        ON m.workspace = u.workspace AND m.acs_user = u.id \
        WHERE u.workspace = ?1 AND u.identity = ?2) ORDER BY id";
    GROUPS_OF_USER_AND_IDENTITY = "SELECT body FROM access_group WHERE workspace = ?1 \
        AND id IN (SELECT access_group FROM membership WHERE workspace = ?1 AND acs_user = ?2) \
        AND id IN (SELECT m.access_group FROM acs_user AS u JOIN membership AS m \
        ON m.workspace = u.workspace AND m.acs_user = u.id \
        WHERE u.workspace = ?1 AND u.identity = ?3) ORDER BY id";
    NEW_GROUP = "INSERT INTO access_group (workspace, id, system, body) VALUES (?1, ?2, ?3, ?4) \
        ON CONFLICT DO NOTHING";
    PUT_GROUP = "UPDATE access_group SET body = ?4 \
        WHERE workspace = ?1 AND id = ?2 AND system = ?3";
    DROP_GROUP = "DELETE FROM access_group WHERE workspace = ?1 AND id = ?2";
    CHECK_GROUP = "SELECT id, system, body FROM access_group WHERE workspace = ?1";

    ENTRANCE = "SELECT body FROM entrance WHERE workspace = ?1 AND id = ?2";
    ENTRANCES = "SELECT body FROM entrance WHERE workspace = ?1 ORDER BY id";
    ENTRANCE_OF_SYSTEM = "SELECT body FROM entrance WHERE workspace = ?1 AND system = ?2 LIMIT 1";
    ENTRANCES_BY_AGE = "SELECT body FROM entrance WHERE workspace = ?1 \
        AND (created_s, created_ns, id) > (?2, ?3, ?4) ORDER BY created_s, created_ns, id";
    ENTRANCES_OF_SYSTEM_BY_AGE = "SELECT body FROM entrance WHERE workspace = ?1 AND system = ?5 \
        AND (created_s, created_ns, id) > (?2, ?3, ?4) ORDER BY created_s, created_ns, id";
    ENTRANCES_OF_GROUP = "SELECT body FROM entrance WHERE workspace = ?1 AND id IN \
        (SELECT entrance FROM group_entrance WHERE workspace = ?1 AND access_group = ?2) \
        ORDER BY id";
    /// Those that the user can open, through groups and directly.
    ENTRANCES_OF_USER = "SELECT body FROM entrance WHERE workspace = ?1 AND id IN \
        (SELECT h.entrance FROM membership AS m JOIN group_entrance AS h \
        ON h.workspace = m.workspace AND h.access_group = m.access_group \
        WHERE m.workspace = ?1 AND m.acs_user = ?2 \
        UNION SELECT entrance FROM entrance_grant WHERE workspace = ?1 AND acs_user = ?2) \
        ORDER BY id";
    /// Those that any user of the identity can open.
    ENTRANCES_OF_IDENTITY = "SELECT body FROM entrance WHERE workspace = ?1 AND id IN \
        (SELECT h.entrance FROM acs_user AS u JOIN membership AS m \
        ON m.workspace = u.workspace AND m.acs_user = u.id JOIN group_entrance AS h \
        ON h.workspace = m.workspace AND h.access_group = m.access_group \
        WHERE u.workspace = ?1 AND u.identity = ?2 \
        UNION SELECT d.entrance FROM acs_user AS u JOIN entrance_grant AS d \
        ON d.workspace = u.workspace AND d.acs_user = u.id \
        WHERE u.workspace = ?1 AND u.identity = ?2) ORDER BY id";
    NEW_ENTRANCE = "INSERT INTO entrance (workspace, id, system, created_s, created_ns, body) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
    PUT_ENTRANCE = "UPDATE entrance SET body = ?6 \
        WHERE workspace = ?1 AND id = ?2 AND system = ?3";
    DROP_ENTRANCE = "DELETE FROM entrance WHERE workspace = ?1 AND id = ?2";
    CHECK_ENTRANCE = "SELECT id, system, created_s, created_ns, body FROM entrance \
        WHERE workspace = ?1";

    MEMBERSHIP = "SELECT acs_user, access_group FROM membership \
        WHERE workspace = ?1 AND acs_user = ?2 AND access_group = ?3";
    MEMBERSHIPS_OF_USER = "SELECT acs_user, access_group FROM membership \
        WHERE workspace = ?1 AND acs_user = ?2";
    MEMBERSHIPS_OF_GROUP = "SELECT acs_user, access_group FROM membership \
        WHERE workspace = ?1 AND access_group = ?2";
    MEMBERSHIPS = "SELECT acs_user, access_group FROM membership WHERE workspace = ?1";
    JOIN = "INSERT INTO membership (workspace, acs_user, access_group) VALUES (?1, ?2, ?3) \
        ON CONFLICT DO NOTHING";
    LEAVE = "DELETE FROM membership WHERE workspace = ?1 AND acs_user = ?2 AND access_group = ?3";

    GRANT_OF = "SELECT acs_user, entrance FROM entrance_grant \
        WHERE workspace = ?1 AND acs_user = ?2 AND entrance = ?3";
    GRANTS_OF_USER = "SELECT acs_user, entrance FROM entrance_grant \
        WHERE workspace = ?1 AND acs_user = ?2";
    GRANTS_OF_ENTRANCE = "SELECT acs_user, entrance FROM entrance_grant \
        WHERE workspace = ?1 AND entrance = ?2";
    GRANTS = "SELECT acs_user, entrance FROM entrance_grant WHERE workspace = ?1";
    GRANT = "INSERT INTO entrance_grant (workspace, acs_user, entrance) VALUES (?1, ?2, ?3) \
        ON CONFLICT DO NOTHING";
    UNGRANT = "DELETE FROM entrance_grant WHERE workspace = ?1 AND acs_user = ?2 AND entrance = ?3";

    HELD_BY_GROUP = "SELECT access_group, entrance FROM group_entrance \
        WHERE workspace = ?1 AND access_group = ?2 AND entrance = ?3";
    HELD_BY = "SELECT access_group, entrance FROM group_entrance \
        WHERE workspace = ?1 AND access_group = ?2";
    HOLDERS_OF = "SELECT access_group, entrance FROM group_entrance \
        WHERE workspace = ?1 AND entrance = ?2";
    GROUP_ENTRANCES = "SELECT access_group, entrance FROM group_entrance WHERE workspace = ?1";
    HOLD = "INSERT INTO group_entrance (workspace, access_group, entrance) VALUES (?1, ?2, ?3) \
        ON CONFLICT DO NOTHING";
    RELEASE = "DELETE FROM group_entrance \
        WHERE workspace = ?1 AND access_group = ?2 AND entrance = ?3";

    // One row of VALUES, here and below: before what may write several rows, FTS5 writes all that it
    // has gathered to the disk, and an import would take three times as long.
    INDEX_IDENTITY = "INSERT OR REPLACE INTO user_identity_search (rowid, text) \
        VALUES ((SELECT number FROM user_identity WHERE workspace = ?1 AND id = ?2), ?3)";
    COUNT_IDENTITY = "INSERT INTO user_identity_block (workspace, block, oldest_s, newest_s, rows) \
        VALUES (?1, (SELECT number >> 10 FROM user_identity WHERE workspace = ?1 AND id = ?2), ?3, ?3, 1) \
        ON CONFLICT DO UPDATE SET oldest_s = min(oldest_s, excluded.oldest_s), \
        newest_s = max(newest_s, excluded.newest_s), rows = rows + 1";
    BLOCKS_OF_IDENTITIES = "SELECT block, oldest_s, newest_s, rows FROM user_identity_block WHERE workspace = ?1 \
        ORDER BY block";
    FOUND_IDENTITIES = "SELECT r.body, r.number, r.created_s, r.created_ns, r.id, NULL \
        FROM user_identity_search AS s CROSS JOIN user_identity AS r ON r.number = s.rowid \
        WHERE r.workspace = ?1 AND s.user_identity_search MATCH ?2 \
        AND s.rowid >= ?3 AND s.rowid < ?4 ORDER BY s.rowid";
    NUMBERED_IDENTITIES = "SELECT number, body FROM user_identity WHERE workspace = ?1";
    INDEX_USER = "INSERT OR REPLACE INTO acs_user_search (rowid, text) \
        VALUES ((SELECT number FROM acs_user WHERE workspace = ?1 AND id = ?2), ?3)";
    COUNT_USER = "INSERT INTO acs_user_block (workspace, block, oldest_s, newest_s, rows) \
        VALUES (?1, (SELECT number >> 10 FROM acs_user WHERE workspace = ?1 AND id = ?2), ?3, ?3, 1) \
        ON CONFLICT DO UPDATE SET oldest_s = min(oldest_s, excluded.oldest_s), \
        newest_s = max(newest_s, excluded.newest_s), rows = rows + 1";
    BLOCKS_OF_USERS = "SELECT block, oldest_s, newest_s, rows FROM acs_user_block WHERE workspace = ?1 \
        ORDER BY block";
    FOUND_USERS = "SELECT r.body, r.number, r.created_s, r.created_ns, r.id, r.system \
        FROM acs_user_search AS s CROSS JOIN acs_user AS r ON r.number = s.rowid \
        WHERE r.workspace = ?1 AND s.acs_user_search MATCH ?2 \
        AND s.rowid >= ?3 AND s.rowid < ?4 ORDER BY s.rowid";
    NUMBERED_USERS = "SELECT number, body FROM acs_user WHERE workspace = ?1";
    /// Whether all texts of the workspace are folded in this way.
    IS_FOLDED = "SELECT 1 FROM workspace WHERE workspace = ?1 AND search_fold = ?2";
    /// Whether some are not, or may not be. A workspace without texts has none.
    IS_FOLDED_OTHERWISE = "SELECT 1 FROM workspace WHERE workspace = ?1 AND search_fold <> ?2";
    /// Before a text is written: of two ways of folding, none holds for all texts.
    NOTE_FOLD = "UPDATE workspace SET search_fold = iif(search_fold IS NULL, ?2, 0) \
        WHERE workspace = ?1 AND search_fold IS NOT ?2";
    SET_FOLD = "UPDATE workspace SET search_fold = ?2 WHERE workspace = ?1";
}

/// All workspaces: this is the list of what there is to name.
pub(crate) const WORKSPACES: Across =
    Across("SELECT workspace, body, history_days FROM workspace ORDER BY workspace");

/// The credential that is a key with this digest. A caller with a key names no workspace: which one it is
/// follows from the key.
pub(crate) const KEY: Across = Across(
    "SELECT workspace, digest, kind, name, created_s, created_ns FROM credential \
     WHERE digest = ?1 AND kind = 'key'",
);

/// Each with the reason why it cannot name a workspace.
#[cfg(test)]
const EXEMPT: &[(Across, &str)] = &[
    (WORKSPACES, "it lists what there is to name"),
    (KEY, "a caller with a key names no workspace"),
];
