//! Statements that walk over the rows of a workspace: pages, searches, and all of them for checks and for
//! texts that are folded anew.

use crate::{link::Sql, rows::Kind::*};

statements! {
    USERS_BY_AGE: User = "SELECT body, revision FROM access_groups.acs_user WHERE workspace = $1 \
        AND (created_s, created_ns, id) > ($2, $3, $4) \
        ORDER BY created_s, created_ns, id LIMIT $5";
    USERS_OF_SYSTEM_BY_AGE: User = "SELECT body, revision FROM access_groups.acs_user \
        WHERE workspace = $1 AND (created_s, created_ns, id) > ($2, $3, $4) AND system = $6 \
        ORDER BY created_s, created_ns, id LIMIT $5";
    USERS_OF_IDENTITY_BY_AGE: User = "SELECT body, revision FROM access_groups.acs_user \
        WHERE workspace = $1 AND (created_s, created_ns, id) > ($2, $3, $4) AND identity = $6 \
        ORDER BY created_s, created_ns, id LIMIT $5";
    IDENTITIES_BY_AGE: Identity = "SELECT body, revision FROM access_groups.user_identity \
        WHERE workspace = $1 AND (created_s, created_ns, id) > ($2, $3, $4) \
        ORDER BY created_s, created_ns, id LIMIT $5";
    IDENTITIES_FOUND: Identity = "SELECT body, revision FROM access_groups.user_identity \
        WHERE workspace = $1 AND (created_s, created_ns, id) > ($2, $3, $4) \
        AND (folded LIKE $6 OR fold <> ", fold!(), ") ORDER BY created_s, created_ns, id LIMIT $5";
    ENTRANCES_BY_AGE: Entrance = "SELECT body, revision FROM access_groups.entrance \
        WHERE workspace = $1 AND (created_s, created_ns, id) > ($2, $3, $4) \
        ORDER BY created_s, created_ns, id LIMIT $5";
    ENTRANCES_OF_SYSTEM_BY_AGE: Entrance = "SELECT body, revision FROM access_groups.entrance \
        WHERE workspace = $1 AND (created_s, created_ns, id) > ($2, $3, $4) AND system = $6 \
        ORDER BY created_s, created_ns, id LIMIT $5";

    /// Rows whose text was folded in another way. In the order of the index of these, so that no other one is
    /// taken, whatever the database believes of them.
    OTHER_FOLD_IDENTITIES: Columns = "SELECT id, revision, body FROM access_groups.user_identity \
        WHERE workspace = $1 AND fold <> ", fold!(), " ORDER BY fold, id LIMIT $2";
    OTHER_FOLD_USERS: Columns = "SELECT id, revision, body FROM access_groups.acs_user \
        WHERE workspace = $1 AND fold <> ", fold!(), " ORDER BY fold, id LIMIT $2";
    /// Only where the row is as it was read; no write of the row, since nothing is decided on this text.
    FOLD_IDENTITIES: Nothing = "UPDATE access_groups.user_identity AS r SET folded = t.folded, \
        fold = ", fold!(), " FROM unnest($2::uuid[], $3::bigint[], $4::text[]) \
        AS t (id, revision, folded) WHERE r.workspace = $1 AND r.id = t.id AND r.revision = t.revision";
    FOLD_USERS: Nothing = "UPDATE access_groups.acs_user AS r SET folded = t.folded, \
        fold = ", fold!(), " FROM unnest($2::uuid[], $3::bigint[], $4::text[]) \
        AS t (id, revision, folded) WHERE r.workspace = $1 AND r.id = t.id AND r.revision = t.revision";

    STORED_SYSTEMS: Columns = "SELECT id, body FROM access_groups.acs_system \
        WHERE workspace = $1 AND id > $2 ORDER BY id LIMIT $3";
    STORED_IDENTITIES: Columns = "SELECT id, created_s, created_ns, key, email_key, phone_key, \
        CASE fold WHEN ", fold!(), " THEN folded END AS folded, body \
        FROM access_groups.user_identity WHERE workspace = $1 AND id > $2 ORDER BY id LIMIT $3";
    STORED_USERS: Columns = "SELECT id, system, created_s, created_ns, identity, email_key, \
        phone_key, CASE fold WHEN ", fold!(), " THEN folded END AS folded, body \
        FROM access_groups.acs_user WHERE workspace = $1 AND id > $2 ORDER BY id LIMIT $3";
    STORED_GROUPS: Columns = "SELECT id, system, body FROM access_groups.access_group \
        WHERE workspace = $1 AND id > $2 ORDER BY id LIMIT $3";
    STORED_ENTRANCES: Columns = "SELECT id, system, created_s, created_ns, body \
        FROM access_groups.entrance WHERE workspace = $1 AND id > $2 ORDER BY id LIMIT $3";

    /// Users whose text, or whose identity's, contains the part, up to a number; before them a row without an
    /// id if a text was folded in another way.
    SEARCHED: Columns = "SELECT NULL::uuid FROM (SELECT id FROM access_groups.acs_user \
        WHERE workspace = $1 AND fold <> ", fold!(), " ORDER BY fold, id LIMIT 1) AS other_user \
        UNION ALL SELECT NULL FROM (SELECT id FROM access_groups.user_identity \
        WHERE workspace = $1 AND fold <> ", fold!(), " ORDER BY fold, id LIMIT 1) AS other_identity \
        UNION ALL (SELECT id FROM access_groups.acs_user \
        WHERE workspace = $1 AND folded LIKE $2 UNION SELECT u.id \
        FROM access_groups.user_identity AS i JOIN access_groups.acs_user AS u \
        ON u.workspace = i.workspace AND u.identity = i.id \
        WHERE i.workspace = $1 AND i.folded LIKE $2 LIMIT $3)";
    LINKED_AMONG: Linked = "SELECT u.body, u.revision, i.body FROM access_groups.acs_user AS u \
        LEFT JOIN access_groups.user_identity AS i \
        ON i.workspace = u.workspace AND i.id = u.identity \
        WHERE u.workspace = $1 AND (u.created_s, u.created_ns, u.id) > ($2, $3, $4) \
        AND u.id = ANY($6) ORDER BY u.created_s, u.created_ns, u.id LIMIT $5";
    LINKED_BY_AGE: Linked = "SELECT u.body, u.revision, i.body FROM access_groups.acs_user AS u \
        LEFT JOIN access_groups.user_identity AS i \
        ON i.workspace = u.workspace AND i.id = u.identity \
        WHERE u.workspace = $1 AND (u.created_s, u.created_ns, u.id) > ($2, $3, $4) \
        AND ($6::text IS NULL OR u.folded LIKE $6 OR i.folded LIKE $6 \
        OR u.fold <> ", fold!(), " OR i.fold <> ", fold!(), ") \
        ORDER BY u.created_s, u.created_ns, u.id LIMIT $5";
    LINKED_OF_SYSTEM_BY_AGE: Linked = "SELECT u.body, u.revision, i.body \
        FROM access_groups.acs_user AS u LEFT JOIN access_groups.user_identity AS i \
        ON i.workspace = u.workspace AND i.id = u.identity \
        WHERE u.workspace = $1 AND (u.created_s, u.created_ns, u.id) > ($2, $3, $4) \
        AND u.system = $7 AND ($6::text IS NULL OR u.folded LIKE $6 OR i.folded LIKE $6 \
        OR u.fold <> ", fold!(), " OR i.fold <> ", fold!(), ") \
        ORDER BY u.created_s, u.created_ns, u.id LIMIT $5";
    LINKED_OF_IDENTITY_BY_AGE: Linked = "SELECT u.body, u.revision, i.body \
        FROM access_groups.acs_user AS u LEFT JOIN access_groups.user_identity AS i \
        ON i.workspace = u.workspace AND i.id = u.identity \
        WHERE u.workspace = $1 AND (u.created_s, u.created_ns, u.id) > ($2, $3, $4) \
        AND u.identity = $7 AND ($6::text IS NULL OR u.folded LIKE $6 OR i.folded LIKE $6 \
        OR u.fold <> ", fold!(), " OR i.fold <> ", fold!(), ") \
        ORDER BY u.created_s, u.created_ns, u.id LIMIT $5";
    LINKED_OF_EMAIL_BY_AGE: Linked = "SELECT u.body, u.revision, i.body \
        FROM access_groups.user_identity AS i JOIN access_groups.acs_user AS u \
        ON u.workspace = i.workspace AND u.identity = i.id \
        WHERE i.workspace = $1 AND (u.created_s, u.created_ns, u.id) > ($2, $3, $4) \
        AND left(i.email_key, 200) = left($7, 200) AND i.email_key = $7 \
        AND ($6::text IS NULL OR u.folded LIKE $6 OR i.folded LIKE $6 \
        OR u.fold <> ", fold!(), " OR i.fold <> ", fold!(), ") \
        ORDER BY u.created_s, u.created_ns, u.id LIMIT $5";
    LINKED_OF_PHONE_BY_AGE: Linked = "SELECT u.body, u.revision, i.body \
        FROM access_groups.user_identity AS i JOIN access_groups.acs_user AS u \
        ON u.workspace = i.workspace AND u.identity = i.id \
        WHERE i.workspace = $1 AND (u.created_s, u.created_ns, u.id) > ($2, $3, $4) \
        AND left(i.phone_key, 200) = left($7, 200) AND i.phone_key = $7 \
        AND ($6::text IS NULL OR u.folded LIKE $6 OR i.folded LIKE $6 \
        OR u.fold <> ", fold!(), " OR i.fold <> ", fold!(), ") \
        ORDER BY u.created_s, u.created_ns, u.id LIMIT $5";
}
