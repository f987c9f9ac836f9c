use access_groups_core::{BlockingStore, BlockingUserIdentities, NewUserIdentity, Workspace};
use access_groups_in_memory::SiteBuilder;

use crate::Database;

use super::*;

/// What a check finds after these statements.
fn check(damage: &str, expected: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("site.db");
    let database = Database::open(&path).expect("opened");
    let workspace = Workspace::new(WorkspaceId::from_u128(1), "Lab");
    database.create_workspace(&workspace).expect("created");
    let port = database.workspace(workspace.workspace_id).expect("read");
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    site.members(gym, [ada]);
    site.identity("Eve", []);
    site.entrance("Door");
    let port = port.expect("created");
    port.import(&site.build_state().to_site_json())
        .expect("imported");
    let other = Connection::open(&path).expect("opened");
    other
        .pragma_update(None, "foreign_keys", false)
        .expect("set");
    other.execute_batch(damage).expect("damaged");
    let problems = database.check().expect("checked");
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for (problem, expected) in problems.iter().zip(expected) {
        assert!(problem.contains(expected), "{problem}");
    }
}

#[test]
fn a_sound_database_has_no_problems() {
    check("", &[]);
}

#[test]
fn a_text_that_cannot_be_read_is_told() {
    check(
        "UPDATE acs_user SET body = '{'",
        &["its AcsUser cannot be read"],
    );
    check(
        "UPDATE workspace SET body = '{'",
        &["its Workspace cannot be read"],
    );
}

#[test]
fn a_column_that_differs_is_told() {
    let differs = |column| format!("its {column} is not what its text says");
    for (table, set, column) in [
        ("acs_user", "email_key = 'ada@example.com'", "email_key"),
        ("acs_user", "created_s = created_s + 1", "created_s"),
        ("acs_user", "created_ns = 1", "created_ns"),
        ("acs_user", "identity = randomblob(16)", "identity"),
        ("user_identity", "key = 'eve'", "key"),
        ("user_identity", "id = randomblob(16)", "id"),
        ("entrance", "created_ns = 1", "created_ns"),
    ] {
        let damage = format!("UPDATE {table} SET {set}");
        check(&damage, &[&differs(column)]);
    }
}

#[test]
fn unreadable_rows_of_a_damaged_file_are_told() {
    // As if a disk had lost a page of the index.
    let damage = "
        PRAGMA writable_schema = ON;
        CREATE TEMP TABLE lost AS SELECT * FROM sqlite_schema WHERE name = 'acs_user_age';
        DELETE FROM sqlite_schema WHERE name = 'acs_user_age';
        PRAGMA writable_schema = RESET;
        UPDATE acs_user SET created_s = created_s + 1, body = '{';
        PRAGMA writable_schema = ON;
        INSERT INTO sqlite_schema SELECT * FROM lost;
        PRAGMA writable_schema = RESET;";
    check(
        damage,
        &[
            "row 1 missing from index acs_user_age",
            "its AcsUser cannot be read",
        ],
    );
}

#[test]
fn a_missing_row_is_told() {
    check(
        "DELETE FROM access_group",
        &["membership: a row refers to one of access_group that is missing"],
    );
}

#[test]
fn an_unreadable_line_is_told() {
    check(
        "INSERT INTO history SELECT workspace, 0, 0, 0, 'add_user', NULL, NULL, 'opened', \
            NULL, NULL, NULL, NULL, NULL FROM workspace",
        &["history of workspace 00000000-0000-0000-0000-000000000001: event: cannot be read"],
    );
}

#[test]
fn an_index_that_differs_is_told() {
    check("DELETE FROM acs_user_search", &["searches do not find it"]);
    check(
        "INSERT INTO user_identity_search (rowid, text) VALUES (99, 'nobody')",
        &["user_identity: searches find 1 rows that are not there"],
    );
    check(
        "INSERT OR REPLACE INTO acs_user_search (rowid, text) SELECT number, 'eve' FROM acs_user",
        &["searches find it by another text than its own"],
    );
    // No search uses it.
    check(
        "UPDATE workspace SET search_fold = 99; DELETE FROM acs_user_search",
        &[],
    );
}

#[test]
fn what_another_process_has_indexed_is_sound() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = || Database::open(folder.path().join("site.db")).expect("opened");
    let (database, other) = (open(), open());
    let workspace = Workspace::new(WorkspaceId::from_u128(1), "Lab");
    database.create_workspace(&workspace).expect("created");
    let port = other.workspace(workspace.workspace_id).expect("read");
    let port = port.expect("created");
    for _ in 0..40 {
        let identity = NewUserIdentity {
            full_name: Some("Ada".parse().expect("a name")),
            ..NewUserIdentity::default()
        };
        port.create_user_identity(identity).expect("created");
        assert_eq!(database.check().expect("checked"), Vec::<String>::new());
    }
}

#[test]
fn a_missing_table_is_told() {
    for table in ["history", "membership", "entrance_grant", "acs_user"] {
        let told = format!("the table {table} is missing");
        check(&format!("DROP TABLE {table}"), &[&told]);
    }
    let renamed = "ALTER TABLE credential RENAME COLUMN name TO called";
    check(renamed, &["what follows cannot be read: no such column"]);
    assert!(schema::tables().count() > 14);
}
