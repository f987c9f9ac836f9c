use std::path::PathBuf;

use access_groups_core::{
    BlockingUserIdentities, ErrorKind, NewUserIdentity, Workspace, WorkspaceId,
};
use tempfile::TempDir;

use crate::{Database, Migrated, OpenOptions};

use super::*;

const NICKNAMES: Step = Step {
    name: "nicknames",
    sql: "ALTER TABLE acs_user ADD COLUMN nickname TEXT",
    reads_from: 1,
};

/// An older version would write people without it.
const BADGES: Step = Step {
    name: "badges",
    sql: "CREATE TABLE badge (workspace BLOB NOT NULL PRIMARY KEY) STRICT",
    reads_from: 3,
};

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("site.db");
    (folder, path)
}

/// A build that has these steps beside those of this one.
fn build(more: &[Step]) -> OpenOptions {
    OpenOptions::new().with_steps([schema::STEPS, more].concat())
}

fn create(database: &Database, id: u128) -> std::result::Result<bool, Error> {
    database.create_workspace(&Workspace::new(WorkspaceId::from_u128(id), "Lab"))
}

fn check_refused<T>(outcome: std::result::Result<T, Error>, code: &str, says: &str) {
    let Err(error) = outcome else {
        panic!("not refused: {code}");
    };
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(error.code(), Some(code), "{error}");
    assert!(error.message().contains(says), "{error}");
}

#[test]
fn a_new_file_gets_all_steps() {
    let (_folder, path) = folder();
    build(&[NICKNAMES]).open(&path).expect("opened");
    let connection = Connection::open(&path).expect("opened");
    let steps = "SELECT group_concat(number || ' ' || name, ', ') FROM schema_step";
    let steps: String = connection
        .query_row(steps, [], |row| row.get(0))
        .expect("read");
    assert_eq!(steps, "1 tables, 2 nicknames");
    connection
        .prepare("SELECT nickname FROM acs_user")
        .expect("it has the column");
}

#[test]
fn an_older_file_is_refused_until_it_is_migrated() {
    let (_folder, path) = folder();
    drop(Database::open(&path).expect("created"));
    let newer = build(&[NICKNAMES, BADGES]);
    check_refused(
        newer.open(&path),
        "store_older",
        "run `access-groups migrate`",
    );
    check_refused(
        newer.open(&path),
        "store_older",
        "step 2 of the schema (nicknames)",
    );
    let done = newer.migrate(&path).expect("migrated");
    assert_eq!(done.steps, [(2, "nicknames"), (3, "badges")]);
    let again = newer.migrate(&path).expect("nothing to do");
    assert_eq!(again, Migrated::default());
    create(&newer.open(&path).expect("opened"), 1).expect("created");
}

#[test]
fn a_step_that_fails_changes_nothing() {
    let (_folder, path) = folder();
    drop(Database::open(&path).expect("created"));
    let broken = Step {
        name: "broken",
        sql: "CREATE TABLE half (id INTEGER) STRICT; CREATE TABLE workspace (id INTEGER) STRICT",
        reads_from: 1,
    };
    build(&[NICKNAMES, broken])
        .migrate(&path)
        .expect_err("broken");
    let connection = Connection::open(&path).expect("opened");
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'half'";
    let half: i64 = connection
        .query_row(tables, [], |row| row.get(0))
        .expect("read");
    assert_eq!(half, 0);
    // The step before it stays.
    build(&[NICKNAMES]).open(&path).expect("opened");
}

#[test]
fn what_is_not_there_is_not_migrated() {
    let (_folder, path) = folder();
    let error = Database::migrate(&path).expect_err("no file");
    assert_eq!(error.code(), Some("store_io"));
    assert!(!path.exists());
}

#[test]
fn two_builds_work_with_one_file() {
    let (_folder, path) = folder();
    let old = Database::open(&path).expect("created");
    let newer = build(&[NICKNAMES]);
    newer.migrate(&path).expect("migrated");
    let new = newer.open(&path).expect("opened");
    assert!(create(&old, 1).expect("created"));
    assert!(create(&new, 2).expect("created"));
    assert_eq!(old.workspaces().expect("read").len(), 2);
    Database::open(&path).expect("it may still begin");
}

#[test]
fn a_build_that_would_misread_a_file_stops() {
    let (_folder, path) = folder();
    let old = Database::open(&path).expect("created");
    assert!(create(&old, 1).expect("created"));
    old.ready().expect("ready");
    build(&[NICKNAMES, BADGES])
        .migrate(&path)
        .expect("migrated");
    // It was serving all the time.
    check_refused(
        create(&old, 2),
        "store_newer",
        "use that version or a newer one",
    );
    check_refused(
        old.workspaces(),
        "store_newer",
        "use that version or a newer one",
    );
    check_refused(
        old.ready(),
        "store_newer",
        "use that version or a newer one",
    );
    check_refused(
        Database::open(&path),
        "store_newer",
        "use that version or a newer one",
    );
}

#[test]
fn a_newer_file_is_refused_by_name() {
    let (_folder, path) = folder();
    build(&[NICKNAMES, BADGES]).open(&path).expect("created");
    let connection = Connection::open(&path).expect("opened");
    let made_by = "UPDATE schema_step SET version = '7.1.0' WHERE number = 3";
    connection.execute(made_by, []).expect("done");
    let message = Database::open(&path).expect_err("too new").to_string();
    assert!(
        message.contains("site.db: access-groups 7.1.0 has"),
        "{message}"
    );
}

#[test]
fn user_version_counts_the_steps() {
    let (_folder, path) = folder();
    let version = || -> u32 {
        let connection = Connection::open(&path).expect("opened");
        let version = connection.pragma_query_value(None, "user_version", |row| row.get(0));
        version.expect("read")
    };
    drop(Database::open(&path).expect("created"));
    assert_eq!(version(), 1);
    build(&[NICKNAMES, BADGES])
        .migrate(&path)
        .expect("migrated");
    assert_eq!(version(), 3);
}

#[test]
fn another_builds_step_is_refused() {
    let (_folder, path) = folder();
    build(&[NICKNAMES]).open(&path).expect("created");
    let other = Step {
        sql: "ALTER TABLE acs_user ADD COLUMN nickname TEXT DEFAULT ''",
        ..NICKNAMES
    };
    let opened = build(&[other]).open(&path);
    check_refused(opened, "store_differs", "another build");
}

#[test]
fn tables_without_steps_are_another_programs() {
    let (_folder, path) = folder();
    let other = Connection::open(&path).expect("opened");
    other
        .execute_batch("CREATE TABLE songs (title TEXT)")
        .expect("created");
    other
        .pragma_update(None, "application_id", schema::APPLICATION_ID)
        .expect("set");
    drop(other);
    check_refused(Database::open(&path), "store_foreign", "another program");
}

#[test]
fn a_migration_renews_searches_of_another_fold() {
    let (_folder, path) = folder();
    let database = Database::open(&path).expect("created");
    for id in 1..=3 {
        create(&database, id).expect("created");
    }
    // The third one stays empty.
    for id in 1..=2 {
        let port = database.workspace(WorkspaceId::from_u128(id));
        let port = port.expect("read").expect("created");
        let ada = NewUserIdentity::named("Ada Lovelace".parse().expect("a name"));
        port.create_user_identity(ada).expect("created");
    }
    drop(database);
    let connection = Connection::open(&path).expect("opened");
    let other_fold = "DELETE FROM user_identity_search WHERE rowid = 1;
        UPDATE workspace SET search_fold = 99 WHERE hex(workspace) LIKE '%1'";
    connection.execute_batch(other_fold).expect("done");
    let done = Database::migrate(&path).expect("migrated");
    assert_eq!(done.searches, [WorkspaceId::from_u128(1)]);
    let found = "SELECT count(*) FROM user_identity_search('\"ove\"')";
    let found = connection.query_row(found, [], |row| row.get::<_, i64>(0));
    assert_eq!(found, Ok(2));
    let again = Database::migrate(&path).expect("migrated");
    assert_eq!(again, Migrated::default());
}
