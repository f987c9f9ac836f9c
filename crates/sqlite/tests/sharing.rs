//! One file, opened several times, as several processes have it.

use std::{
    sync::Barrier,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
};

use access_groups_core::{
    AccessGroupFilter, BlockingAccessGroups, BlockingDirectory, BlockingStore, ErrorKind,
    Workspace, WorkspaceId,
};
use access_groups_in_memory::{SiteBuilder, State};
use access_groups_sqlite::{BlockingSqlite, Database};

const WORKSPACE: WorkspaceId = WorkspaceId::from_u128(1);

fn create(database: &Database, id: WorkspaceId) -> BlockingSqlite {
    database
        .create_workspace(&Workspace::new(id, "Lab"))
        .expect("created");
    database.workspace(id).expect("read").expect("created")
}

#[test]
fn a_busy_writer_lets_others_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("site.db");
    let mut site = SiteBuilder::new();
    let users: Vec<_> = (0..17)
        .map(|number| site.user(format!("User {number}")))
        .collect();
    let group = site.group("Gym");
    let one = Database::open(&path).expect("opened");
    let port = create(&one, WORKSPACE);
    port.import(&site.build_state().to_site_json())
        .expect("imported");
    let other = Database::open(&path).expect("opened");
    let other = other.workspace(WORKSPACE).expect("read").expect("created");
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for user in &users[1..] {
            let (port, is_over) = (&port, &is_over);
            // Without a pause: the queue of this opening is never empty.
            scope.spawn(move || {
                while !is_over.load(Relaxed) {
                    port.add_user(*user, group).expect("added");
                    port.remove_user(*user, group).expect("removed");
                }
            });
        }
        for _ in 0..20 {
            let changed = other.add_user(users[0], group);
            let changed = changed.and_then(|()| other.remove_user(users[0], group));
            if changed.is_err() {
                is_over.store(true, Relaxed);
            }
            changed.expect("it gets its turn");
        }
        is_over.store(true, Relaxed);
    });
    assert!(port.users_in_group(group).expect("read").is_empty());
}

#[test]
fn many_open_a_new_file_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    for number in 0..20 {
        let path = folder.path().join(format!("site{number}.db"));
        let start = Barrier::new(8);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    start.wait();
                    let database = Database::open(&path).expect("opened");
                    create(&database, WORKSPACE);
                });
            }
        });
    }
}

#[test]
fn workspaces_do_not_see_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::open(folder.path().join("site.db")).expect("opened");
    let mut site = SiteBuilder::new();
    let gym = site.group("Gym");
    let text = site.build_state().to_site_json();
    let north = create(&database, WORKSPACE);
    let south = WorkspaceId::from_u128(2);
    assert!(database.workspace(south).expect("read").is_none());
    let south = create(&database, south);
    north.import(&text).expect("imported");
    assert_eq!(
        south.access_groups(AccessGroupFilter::new()).expect("read"),
        []
    );
    // The same ids are free there.
    south.import(&text).expect("imported");
    south.delete_access_group(gym).expect("deleted");
    assert!(north.access_group(gym).is_ok());
}

/// A site with a member, and whether it names its workspace.
fn text(names_workspace: bool) -> String {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    site.members(gym, [ada]);
    let mut state = site.build_state();
    if names_workspace {
        let workspace = Workspace::new(WorkspaceId::from_u128(9), "Maple Court");
        state.set_workspace(workspace);
    }
    state.to_site_json()
}

#[test]
fn an_import_needs_an_empty_workspace() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::open(folder.path().join("site.db")).expect("opened");
    let port = create(&database, WORKSPACE);
    assert_eq!(
        port.import("{").expect_err("cut").kind(),
        ErrorKind::Invalid
    );
    port.import(&text(true)).expect("imported");
    assert_eq!(
        port.import(&text(true)).expect_err("not empty").kind(),
        ErrorKind::Conflict
    );
    let mut moved = State::from_site_json(&text(true)).expect("a site");
    let given = moved.give_workspace(&Workspace::new(WORKSPACE, "Lab"));
    given.expect("all of it is of one workspace");
    assert_eq!(port.export().expect("exported"), moved.to_site_json());
    let all = database.workspaces().expect("read");
    assert_eq!(all[0].id, WORKSPACE);
    assert_eq!(all[0].name.as_deref(), Some("Lab"));
}

#[test]
fn a_site_without_workspace_gets_the_created_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::open(folder.path().join("site.db")).expect("opened");
    let port = create(&database, WORKSPACE);
    port.import(&text(false)).expect("imported");
    assert_eq!(
        port.workspace().expect("read"),
        Workspace::new(WORKSPACE, "Lab")
    );
}
