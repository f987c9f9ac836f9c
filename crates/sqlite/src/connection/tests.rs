use std::{fs, path::Path};

use access_groups_core::ErrorKind;
use tempfile::TempDir;

use super::*;
use crate::{Database, schema};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn check_refused(path: &Path, kind: ErrorKind, code: &str) {
    let before = fs::read(path).expect("there");
    let error = Database::open(path).expect_err("refused");
    assert_eq!((error.kind(), error.code()), (kind, Some(code)), "{error}");
    assert_eq!(fs::read(path).expect("there"), before, "left as it was");
}

#[test]
fn the_database_of_another_program_is_refused() {
    let folder = folder();
    let path = folder.path().join("site.db");
    let other = Connection::open(&path).expect("opened");
    other
        .execute_batch("CREATE TABLE songs (title TEXT)")
        .expect("created");
    drop(other);
    check_refused(&path, ErrorKind::Unsupported, "store_foreign");
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = folder();
    let path = folder.path().join("site.json");
    fs::write(&path, "{}".repeat(1000)).expect("written");
    check_refused(&path, ErrorKind::Unsupported, "store_text");
    fs::write(&path, "Grüße, Ada: this is no database.").expect("written");
    check_refused(&path, ErrorKind::Unsupported, "store_text");
    fs::write(&path, [7; 5000]).expect("written");
    check_refused(&path, ErrorKind::Internal, "store_corrupt");
}

#[test]
fn an_empty_file_is_made_a_database() {
    let folder = folder();
    let path = folder.path().join("site.db");
    fs::write(&path, "").expect("written");
    Database::open(&path).expect("opened");
    let again = Connection::open(&path).expect("opened");
    let owner = again.pragma_query_value(None, "application_id", |row| row.get::<_, i32>(0));
    assert_eq!(owner, Ok(schema::APPLICATION_ID));
}

#[test]
fn a_missing_folder_is_unavailable() {
    let folder = folder();
    let error = Database::open(folder.path().join("none/site.db")).expect_err("no folder");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.code(), Some("store_no_file"));
    assert!(error.message().contains("none does not exist"), "{error}");
    let error = Database::open(folder.path()).expect_err("a folder");
    assert_eq!(error.code(), Some("store_no_file"));
    assert!(error.message().contains("it is a folder"), "{error}");
}

#[test]
fn an_opening_waits_for_no_writer() {
    let folder = folder();
    let path = folder.path().join("site.db");
    let database = Database::open(&path).expect("created");
    let busy = Connection::open(&path).expect("opened");
    busy.execute_batch("BEGIN IMMEDIATE").expect("begun");
    let hasty = OpenOptions::new().with_busy_timeout(Duration::ZERO);
    let other = hasty.open(&path).expect("opened");
    assert_eq!(other.workspaces().expect("read"), []);
    other.backup(folder.path().join("copy.db")).expect("copied");
    assert_eq!(other.check().expect("checked"), Vec::<String>::new());
    drop(database);
}

#[test]
fn a_path_is_never_a_uri() {
    let path = place::whole(Path::new("file:site.db?mode=memory")).expect("a path");
    assert!(path.is_absolute() && path.ends_with("file:site.db?mode=memory"));
    let folder = folder();
    let path = folder.path().join("a?mode=ro#b%20.db");
    Database::open(&path).expect("created");
    assert!(path.exists());
}

#[test]
fn an_old_engine_is_refused() {
    check_engine(rusqlite::version_number()).expect("the one that is compiled in");
    check_engine(3_051_003).expect("the first sound one");
    let Err(Fault::Refused(error)) = check_engine(3_051_002) else {
        panic!("not refused");
    };
    assert_eq!(error.code(), Some("sqlite_too_old"));
    assert!(error.message().contains("SQLite 3.51.2 "), "{error}");
}

#[test]
fn commits_wait_for_the_disk() {
    let folder = folder();
    let path = folder.path().join("site.db");
    let options = OpenOptions::new();
    let source = Source { path, options };
    let (writer, reader) = (
        writer(&source).expect("opened"),
        reader(&source).expect("opened"),
    );
    let text = |connection: &Connection, name| {
        let value = connection.pragma_query_value(None, name, |row| {
            row.get_ref(0).map(|value| format!("{value:?}"))
        });
        value.expect("a value")
    };
    assert_eq!(text(&writer, "synchronous"), "Integer(2)");
    assert_eq!(text(&writer, "foreign_keys"), "Integer(1)");
    assert_eq!(text(&writer, "cache_size"), "Integer(-16384)");
    assert_eq!(text(&writer, "wal_autocheckpoint"), "Integer(8000)");
    let mode = writer.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0));
    assert_eq!(mode.as_deref(), Ok("wal"));
    assert_eq!(text(&reader, "query_only"), "Integer(1)");
    reader
        .execute_batch(schema::TABLES)
        .expect_err("readers change nothing");
}
