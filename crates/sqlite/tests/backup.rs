//! Copies of a database that is in use.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
};

use access_groups_core::{
    BlockingAccessGroups, BlockingStore, CancelToken, ErrorKind, Workspace, WorkspaceId,
};
use access_groups_in_memory::SiteBuilder;
use access_groups_sql::Event;
use access_groups_sqlite::{BlockingSqlite, Database, HistoryFilter};

const WORKSPACE: WorkspaceId = WorkspaceId::from_u128(1);

fn port(database: &Database) -> BlockingSqlite {
    database.workspace(WORKSPACE).expect("read").expect("there")
}

#[test]
fn a_backup_holds_what_was_acknowledged() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, copy) = (folder.path().join("site.db"), folder.path().join("copy.db"));
    let database = Database::open(&path).expect("opened");
    database
        .create_workspace(&Workspace::new(WORKSPACE, "Lab"))
        .expect("created");
    let mut site = SiteBuilder::new();
    let users: Vec<_> = (0..50)
        .map(|number| site.user(format!("User {number}")))
        .collect();
    let group = site.group("Gym");
    let writer = port(&database);
    writer
        .import(&site.build_state().to_site_json())
        .expect("imported");
    writer.add_user(users[0], group).expect("added");
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let busy = scope.spawn(|| {
            for user in users[1..].iter().cycle() {
                writer.add_user(*user, group).expect("added");
                writer.remove_user(*user, group).expect("removed");
                if is_over.load(Relaxed) {
                    return;
                }
            }
        });
        let outcome = database.backup(&copy);
        is_over.store(true, Relaxed);
        busy.join().expect("no panic");
        outcome.expect("copied");
    });
    let copied = Database::open(&copy).expect("opened");
    assert_eq!(copied.check().expect("checked"), Vec::<String>::new());
    let members = port(&copied).users_in_group(group).expect("read");
    assert!(members.iter().any(|member| member.acs_user_id == users[0]));
    // One instant: who is a member has joined, and has not left.
    let lines = copied
        .history(WORKSPACE, &HistoryFilter::default())
        .expect("read");
    let count = |event| {
        lines
            .iter()
            .filter(|entry| entry.line.event == event)
            .count()
    };
    assert_eq!(count(Event::Left), count(Event::Joined) - members.len());
    let beside = fs::read_dir(folder.path()).expect("a folder").count();
    // Each file with its WAL and its index.
    assert_eq!(beside, 6, "nothing else is left");
}

#[test]
fn a_backup_replaces_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::open(folder.path().join("site.db")).expect("opened");
    let taken = folder.path().join("taken");
    fs::write(&taken, "").expect("written");
    let error = database.backup(&taken).expect_err("it is there");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(error.code(), Some("backup_exists"));
    assert_eq!(fs::read(&taken).expect("there"), b"");
    let error = database.backup(database.path()).expect_err("it is there");
    assert_eq!(error.code(), Some("backup_exists"));
}

#[cfg(unix)]
#[test]
fn what_a_killed_backup_has_left_is_cleared_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::open(folder.path().join("site.db")).expect("opened");
    let left = [
        ".access-groups-killed.part",
        ".access-groups-killed.part-journal",
    ];
    for name in left {
        fs::write(folder.path().join(name), "everybody").expect("written");
    }
    let running = folder.path().join(".access-groups-running.part");
    let lock = fs::File::create(&running).expect("created");
    lock.lock().expect("locked");
    database
        .backup(folder.path().join("copy.db"))
        .expect("copied");
    for name in left {
        assert!(!folder.path().join(name).exists(), "{name}");
    }
    assert!(running.exists(), "somebody is at it");
}

#[test]
fn nothing_is_left_of_a_cancelled_backup() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::open(folder.path().join("site.db")).expect("opened");
    database
        .create_workspace(&Workspace::new(WORKSPACE, "Lab"))
        .expect("created");
    let mut site = SiteBuilder::new();
    for number in 0..20_000 {
        site.user(format!("User {number}"));
    }
    port(&database)
        .import(&site.build_state().to_site_json())
        .expect("imported");
    let copies = folder.path().join("copies");
    fs::create_dir(&copies).expect("created");
    let cancel = CancelToken::new();
    cancel.cancel();
    let error = database
        .backup_unless(copies.join("copy.db"), &cancel)
        .expect_err("cancelled");
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error:?}");
    assert_eq!(fs::read_dir(copies).expect("a folder").count(), 0);
}

#[test]
fn a_backup_needs_its_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::open(folder.path().join("site.db")).expect("opened");
    let error = database.backup(folder.path().join("none/copy.db"));
    let error = error.expect_err("no folder");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.code(), Some("backup_failed"));
}
