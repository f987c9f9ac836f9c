//! The database as a whole: workspaces, credentials and history, in both flavours.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use access_groups_conformance::block_on;
use access_groups_core::{
    AccessGroupId, AccessGroups, AcsUserFilter, AcsUserId, BlockingAccessGroupPortExt,
    BlockingAccessGroups, BlockingAcsUsers, BlockingStore, BlockingUserIdentities, Context,
    EntranceId, Error, ErrorKind, NewUserIdentity, PageRequest, Timestamp, Workspace, WorkspaceId,
};
use access_groups_in_memory::SiteBuilder;
use access_groups_sqlite::{
    BlockingSqlite, CredentialKind, Database, Entry, HistoryFilter, SqlStore, StoredCredential,
    StoredWorkspace,
};
use tempfile::TempDir;

const NORTH: WorkspaceId = WorkspaceId::from_u128(1);
const SOUTH: WorkspaceId = WorkspaceId::from_u128(2);

fn open() -> (TempDir, Database) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::open(folder.path().join("site.db")).expect("opened");
    (folder, database)
}

/// With two workspaces.
fn opened() -> (TempDir, Database) {
    let (folder, database) = open();
    for (id, name) in [(SOUTH, "South"), (NORTH, "North")] {
        let created = database.create_workspace(&Workspace::new(id, name));
        assert!(created.expect("created"));
    }
    (folder, database)
}

fn port(database: &Database) -> BlockingSqlite {
    database.workspace(NORTH).expect("read").expect("created")
}

#[test]
fn workspaces_are_created_and_listed() {
    let (_folder, database) = opened();
    let expected = [(NORTH, "North"), (SOUTH, "South")]
        .map(|(id, name)| StoredWorkspace::new(id, Some(name.to_owned())));
    assert_eq!(database.workspaces().expect("read"), expected);
    let again = database.create_workspace(&Workspace::new(NORTH, "Other"));
    assert!(!again.expect("no error"));
    assert_eq!(database.workspaces().expect("read"), expected);
    let store: &dyn SqlStore = &database;
    assert_eq!(block_on(store.workspaces()).expect("read"), expected);
}

#[test]
fn a_deleted_workspace_is_not_found() {
    let (_folder, database) = opened();
    let port = port(&database);
    assert!(database.delete_workspace(NORTH).expect("deleted"));
    let check = |outcome: Result<(), Error>| {
        let error = outcome.expect_err("there is no workspace");
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        assert_eq!(error.code(), Some("workspace_not_found"), "{error}");
    };
    let (ada, gym) = (AcsUserId::from_u128(1), AccessGroupId::from_u128(2));
    check(port.add_user(ada, gym));
    check(port.users_in_group(gym).map(drop));
    let page = port.acs_users(AcsUserFilter::new(), PageRequest::first());
    check(page.map(drop));
    let identity = NewUserIdentity::named("Ada".parse().expect("a name"));
    check(port.create_user_identity(identity).map(drop));
    check(port.export().map(drop));
    check(port.import(&SiteBuilder::new().build_state().to_site_json()));
    let port = port.asynchronous();
    check(block_on(port.add_user(ada, gym)));
    check(block_on(port.users_in_group(gym)).map(drop));
}

#[test]
fn a_deleted_workspace_leaves_nothing() {
    let (_folder, database) = opened();
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    site.members(gym, [ada]);
    let text = site.build_state().to_site_json();
    for id in [NORTH, SOUTH] {
        let port = database.workspace(id).expect("read").expect("created");
        port.import(&text).expect("imported");
        port.remove_user(ada, gym).expect("removed");
        let credential = credential(id.as_uuid().as_u128() as u8, CredentialKind::Key, id);
        assert!(database.add_credential(&credential).expect("added"));
    }
    assert!(database.delete_workspace(NORTH).expect("deleted"));
    assert!(!database.delete_workspace(NORTH).expect("no error"));
    assert!(database.workspace(NORTH).expect("read").is_none());
    assert_eq!(database.credentials(None).expect("read").len(), 1);
    let create = database.create_workspace(&Workspace::new(NORTH, "New"));
    assert!(create.expect("created"));
    let lines = database.history(NORTH, &HistoryFilter::default());
    assert_eq!(lines.expect("read"), []);
    port(&database).import(&text).expect("it is empty");
    let south = database.workspace(SOUTH).expect("read").expect("there");
    assert!(south.acs_user(ada).is_ok(), "another workspace stays");
    assert_eq!(database.check().expect("checked"), Vec::<String>::new());
}

fn credential(digest: u8, kind: CredentialKind, workspace: WorkspaceId) -> StoredCredential {
    let created = Timestamp::UNIX_EPOCH + Duration::new(digest.into(), 1);
    StoredCredential::new([digest; 32], kind, workspace, "a name", created)
}

#[test]
fn a_key_opens_one_workspace() {
    let (_folder, database) = opened();
    let key = credential(1, CredentialKind::Key, NORTH);
    assert!(database.add_credential(&key).expect("added"));
    let other = credential(1, CredentialKind::Key, SOUTH);
    assert!(!database.add_credential(&other).expect("no error"));
    let found = database.credential([1; 32], None);
    assert_eq!(found.expect("read"), Some(key));
    for token_for in [NORTH, SOUTH] {
        let found = database.credential([1; 32], Some(token_for));
        assert_eq!(found.expect("read"), None, "it is no token");
    }
    assert_eq!(database.credential([2; 32], None).expect("read"), None);
}

#[test]
fn a_token_opens_the_workspaces_it_is_for() {
    let (_folder, database) = opened();
    let north = credential(1, CredentialKind::Token, NORTH);
    let south = credential(1, CredentialKind::Token, SOUTH);
    assert!(database.add_credential(&north).expect("added"));
    let found = |token_for| database.credential([1; 32], token_for).expect("read");
    assert_eq!(found(Some(SOUTH)), None);
    assert!(database.add_credential(&south).expect("added"));
    assert!(!database.add_credential(&south).expect("no error"), "twice");
    assert_eq!(found(Some(NORTH)), Some(north));
    assert_eq!(found(Some(SOUTH)), Some(south));
    assert_eq!(found(None), None, "it is no key");
}

#[test]
fn credentials_need_their_workspace() {
    let (_folder, database) = open();
    let key = credential(1, CredentialKind::Key, NORTH);
    assert!(!database.add_credential(&key).expect("no error"));
    assert_eq!(database.credentials(None).expect("read"), []);
}

#[test]
fn credentials_are_listed_and_revoked() {
    let (_folder, database) = opened();
    let all = [
        credential(1, CredentialKind::Token, NORTH),
        credential(2, CredentialKind::Key, NORTH),
        credential(1, CredentialKind::Token, SOUTH),
        credential(3, CredentialKind::Token, SOUTH),
    ];
    for credential in all.iter().rev() {
        assert!(database.add_credential(credential).expect("added"));
    }
    assert_eq!(database.credentials(None).expect("read"), all);
    assert_eq!(database.credentials(Some(SOUTH)).expect("read"), all[2..]);
    let revoke = |digest, of| {
        database
            .revoke_credential([digest; 32], of)
            .expect("revoked")
    };
    assert_eq!(revoke(2, Some(SOUTH)), 0);
    assert_eq!(revoke(1, None), 2);
    assert_eq!(revoke(1, None), 0);
    assert_eq!(revoke(3, Some(SOUTH)), 1);
    assert_eq!(database.credentials(None).expect("read"), all[1..2]);
}

/// Changes of two people, one a second by a clock that begins with 1970.
struct Changes {
    _folder: TempDir,
    database: Database,
    ada: AcsUserId,
    gym: AccessGroupId,
    door: EntranceId,
}

impl Changes {
    fn new() -> Self {
        let (folder, database) = opened();
        let second = AtomicU32::new(0);
        let next = move || second.fetch_add(1, Ordering::Relaxed);
        let database = database.with_clock(move || Timestamp::from_unix_seconds(next()));
        let mut site = SiteBuilder::new();
        let (ada, bob) = (site.user("Ada"), site.user("Bob"));
        let (gym, door) = (site.group("Gym"), site.entrance("Door"));
        let port = port(&database);
        port.import(&site.build_state().to_site_json())
            .expect("imported");
        let night = Context::new()
            .with_actor("night shift")
            .with_request_id("r1");
        let night = port.with_context(night);
        night.add_user(ada, gym).expect("added");
        port.add_user(ada, gym).expect("nothing to do");
        port.add_user(bob, gym).expect("added");
        port.remove_user(ada, gym).expect("removed");
        port.grant_access(ada, door).expect("granted");
        port.remove_user(AcsUserId::from_u128(9), gym)
            .expect_err("no such user");
        port.delete_access_group(gym).expect("deleted");
        Self {
            _folder: folder,
            database,
            ada,
            gym,
            door,
        }
    }

    fn entries(&self, change: impl FnOnce(&mut HistoryFilter)) -> Vec<Entry> {
        let mut filter = HistoryFilter::default();
        change(&mut filter);
        self.database.history(NORTH, &filter).expect("read")
    }

    fn check(&self, change: impl FnOnce(&mut HistoryFilter), expected: &[&str]) {
        let shown = |entry: &Entry| {
            let second = entry.at.duration_since(Timestamp::UNIX_EPOCH).as_secs();
            format!("{second} {} {}", entry.operation, entry.line.event.name())
        };
        let found: Vec<_> = self.entries(change).iter().map(shown).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn changes_leave_history_newest_first() {
    let changes = Changes::new();
    let (ada, gym) = (changes.ada, changes.gym);
    let (ended, deleted) = (
        "7 delete_access_group left", // Bob's membership
        "7 delete_access_group deleted",
    );
    let granted = "5 grant_access granted";
    let left = "4 remove_user left";
    let (bob, first) = ("3 add_user joined", "1 add_user joined");
    let import = "0 import imported";
    let all = [ended, deleted, granted, left, bob, first, import];
    changes.check(|_| (), &all);
    changes.check(|filter| filter.limit = 2, &[ended, deleted]);
    changes.check(|filter| filter.user = Some(ada), &[granted, left, first]);
    let of_gym = [ended, deleted, left, bob, first];
    changes.check(|filter| filter.group = Some(gym), &of_gym);
    let of_door = |filter: &mut HistoryFilter| filter.entrance = Some(changes.door);
    changes.check(of_door, &[granted]);
    let of_night = |filter: &mut HistoryFilter| filter.actor = Some("night shift".into());
    changes.check(of_night, &[first]);
    let since = Some(Timestamp::from_unix_seconds(4));
    changes.check(
        |filter| filter.since = since,
        &[ended, deleted, granted, left],
    );
    let of_both = |filter: &mut HistoryFilter| (filter.user, filter.group) = (Some(ada), Some(gym));
    changes.check(of_both, &[left, first]);
}

#[test]
fn a_line_says_who_and_whom() {
    let changes = Changes::new();
    // After that of the import.
    let oldest = changes.entries(|_| ()).into_iter().nth_back(1);
    let oldest = oldest.expect("a line");
    assert_eq!(oldest.actor.as_deref(), Some("night shift"));
    assert_eq!(oldest.request_id.as_deref(), Some("r1"));
    let about = (oldest.line.user, oldest.line.group);
    assert_eq!(about, (Some(changes.ada), Some(changes.gym)));
    let elsewhere = changes.database.history(SOUTH, &HistoryFilter::default());
    assert_eq!(elsewhere.expect("read"), []);
}

#[test]
fn lines_of_one_millisecond_keep_their_order() {
    let (_folder, database) = opened();
    let database = database.with_clock(|| Timestamp::UNIX_EPOCH);
    let mut site = SiteBuilder::new();
    let users: Vec<_> = (0..5)
        .map(|number| site.user(format!("User {number}")))
        .collect();
    let gym = site.group("Gym");
    let port = port(&database);
    port.import(&site.build_state().to_site_json())
        .expect("imported");
    for user in &users {
        port.add_user(*user, gym).expect("added");
    }
    let lines = database
        .history(NORTH, &HistoryFilter::default())
        .expect("read");
    let found: Vec<_> = lines.iter().filter_map(|entry| entry.line.user).collect();
    let newest_first: Vec<_> = users.into_iter().rev().collect();
    assert_eq!(found, newest_first);
}

#[test]
fn old_history_is_forgotten() {
    let (_folder, database) = opened();
    let days = Arc::new(AtomicU32::new(0));
    let clock = days.clone();
    let day = 24 * 60 * 60;
    let database = database
        .with_clock(move || Timestamp::from_unix_seconds(clock.load(Ordering::Relaxed) * day));
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let text = site.build_state().to_site_json();
    for id in [NORTH, SOUTH] {
        let port = database.workspace(id).expect("read").expect("created");
        port.import(&text).expect("imported");
        for today in 0..10 {
            days.store(today, Ordering::Relaxed);
            port.add_user(ada, gym).expect("added");
            port.remove_user(ada, gym).expect("removed");
        }
    }
    let count = |id| {
        database
            .history(id, &HistoryFilter::default())
            .expect("read")
            .len()
    };
    assert_eq!(database.forget().expect("nothing to do"), 0);
    assert!(database.keep_history(NORTH, Some(7)).expect("set"));
    let listed = database.workspaces().expect("read");
    assert_eq!(
        (listed[0].history_days, listed[1].history_days),
        (Some(7), None)
    );
    // What is seven days old is not older.
    assert_eq!(database.forget().expect("forgotten"), 5);
    assert_eq!((count(NORTH), count(SOUTH)), (16, 21));
    assert!(database.keep_history(NORTH, None).expect("set"));
    days.store(1_000, Ordering::Relaxed);
    let store: &dyn SqlStore = &database;
    assert_eq!(block_on(store.forget()).expect("nothing to do"), 0);
    let unknown = WorkspaceId::from_u128(9);
    assert!(!database.keep_history(unknown, None).expect("no error"));
}

#[test]
fn servers_see_workspaces_as_ports() {
    let (_folder, database) = opened();
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let store: Arc<dyn SqlStore> = Arc::new(database.clone());
    block_on(async {
        store.ready().await.expect("ready");
        let port = store.workspace(NORTH).await.expect("read").expect("there");
        port.import(&site.build_state().to_site_json())
            .await
            .expect("imported");
        port.add_user(ada, gym).await.expect("added");
        let unknown = store.workspace(WorkspaceId::from_u128(9)).await;
        assert!(unknown.expect("read").is_none());
        let lines = store.history(NORTH, &HistoryFilter::default()).await;
        assert_eq!(lines.expect("read").len(), 2, "with that of the import");
        assert_eq!(store.check().await.expect("checked"), Vec::<String>::new());
    });
    assert_eq!(port(&database).users_in_group(gym).expect("read").len(), 1);
}
