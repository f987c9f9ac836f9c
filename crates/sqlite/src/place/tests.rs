use std::{fs, path::Path};

use access_groups_core::{ErrorKind, Workspace, WorkspaceId};
use tempfile::TempDir;

use crate::Database;

fn opened() -> (TempDir, Database) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::open(folder.path().join("site.db")).expect("created");
    create(&database, 1).expect("created");
    (folder, database)
}

fn create(database: &Database, id: u128) -> Result<bool, access_groups_core::Error> {
    database.create_workspace(&Workspace::new(WorkspaceId::from_u128(id), "Lab"))
}

/// After this was done to the file, nothing is accepted.
#[cfg(unix)]
fn check_moved(take_away: impl FnOnce(&Path)) -> (TempDir, Database) {
    let (folder, database) = opened();
    take_away(database.path());
    let outcomes = [
        create(&database, 2).map(drop),
        database.ready(),
        database.workspaces().map(drop),
        database.backup(folder.path().join("backup.db")),
    ];
    for outcome in outcomes {
        let error = outcome.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        assert_eq!(error.code(), Some("store_moved"), "{error:?}");
        assert!(!error.is_ambiguous());
    }
    (folder, database)
}

#[cfg(unix)]
#[test]
fn changes_without_their_wal_are_refused() {
    let (_folder, changed) = opened();
    check_without_wal(&changed);
    let folder = tempfile::tempdir().expect("a folder");
    let unchanged = Database::open(folder.path().join("site.db")).expect("created");
    check_without_wal(&unchanged);
}

#[cfg(unix)]
fn check_without_wal(database: &Database) {
    let wal = database.path().with_file_name("site.db-wal");
    fs::remove_file(&wal).expect("it is open");
    for outcome in [create(database, 2).map(drop), database.ready()] {
        let error = outcome.expect_err("refused");
        assert_eq!(error.code(), Some("store_moved"), "{error:?}");
        assert!(!error.is_ambiguous());
    }
}

#[cfg(unix)]
#[test]
fn changes_through_a_link_are_made() {
    let (folder, database) = opened();
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(database.path(), &link).expect("linked");
    let linked = Database::open(&link).expect("opened");
    create(&linked, 2).expect("created");
    linked.ready().expect("ready");
    assert_eq!(database.workspaces().expect("read").len(), 2);
}

#[cfg(unix)]
#[test]
fn changes_beside_another_wal_are_refused() {
    let (_folder, database) = opened();
    let wal = database.path().with_file_name("site.db-wal");
    fs::remove_file(&wal).expect("it is open");
    fs::write(&wal, "").expect("written");
    for _ in 0..2 {
        let error = create(&database, 2).expect_err("refused");
        assert_eq!(error.code(), Some("store_moved"), "{error:?}");
    }
}

#[test]
fn nothing_is_created_beside_the_changes_of_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("site.db");
    let wal = path.with_file_name("site.db-wal");
    fs::write(&wal, "changes").expect("written");
    let error = Database::open(&path).expect_err("refused");
    assert_eq!(error.code(), Some("store_leftover"), "{error:?}");
    assert!(!path.exists(), "nothing was created");
    fs::write(&wal, "").expect("emptied");
    Database::open(&path).expect("created");
}

#[cfg(unix)]
#[test]
fn changes_of_a_replaced_file_are_refused() {
    let (folder, database) = check_moved(|path| {
        let copy = path.with_file_name("copy.db");
        drop(Database::open(&copy).expect("created"));
        fs::rename(path, path.with_file_name("old.db")).expect("renamed");
        fs::rename(copy, path).expect("replaced");
    });
    // It is back: nothing was lost meanwhile.
    fs::rename(folder.path().join("old.db"), database.path()).expect("renamed");
    create(&database, 3).expect("created");
    database.ready().expect("ready");
    assert_eq!(database.workspaces().expect("read").len(), 2);
}

#[cfg(unix)]
#[test]
fn changes_of_a_deleted_file_are_refused() {
    check_moved(|path| fs::remove_file(path).expect("deleted"));
}

#[cfg(unix)]
#[test]
fn a_new_file_is_for_its_owner() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, _database) = opened();
    for name in ["site.db", "site.db-wal", "site.db-shm"] {
        let found = fs::metadata(folder.path().join(name)).expect("there");
        assert_eq!(found.permissions().mode() & 0o777, 0o600, "{name}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 3);
}

#[cfg(unix)]
#[test]
fn a_uri_names_exactly_its_path() {
    let uri = super::immutable_uri(Path::new("/a b/ü?x=1#%.db"));
    assert_eq!(uri, "file:/a%20b/%C3%BC%3Fx%3D1%23%25.db?immutable=1");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ü?x=1#%.db");
    let written = rusqlite::Connection::open(&path).expect("created");
    written
        .execute_batch("CREATE TABLE songs (title)")
        .expect("written");
    drop(written);
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_URI;
    let read = rusqlite::Connection::open_with_flags(super::immutable_uri(&path), flags);
    let titles = read
        .expect("opened")
        .prepare("SELECT title FROM songs")
        .map(drop);
    titles.expect("the same file");
}

#[test]
fn a_failed_call_names_its_file() {
    let (_folder, database) = opened();
    let other = rusqlite::Connection::open(database.path()).expect("opened");
    other
        .execute_batch("DROP TABLE credential")
        .expect("dropped");
    let error = database.credentials(None).expect_err("no table");
    assert_eq!(error.message(), "the database failed");
    let cause = std::error::Error::source(&error)
        .expect("a cause")
        .to_string();
    assert!(cause.contains("site.db: "), "{cause}");
    assert!(cause.contains("credential"), "{cause}");
}
