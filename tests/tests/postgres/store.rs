//! The database as a whole: workspaces, credentials and history.

use std::time::Duration;

use access_groups_core::{
    AccessGroupId, AccessGroupPortExt, AccessGroups, AcsUserFilter, AcsUserId, AcsUsers, Context,
    Directory, EntranceId, ErrorKind, PageRequest, Store, Timestamp, UserIdentities,
    UserIdentityFilter, Workspace, WorkspaceId,
};
use access_groups_in_memory::SiteBuilder;
use access_groups_postgres::{
    CredentialKind, Database, Entry, HistoryFilter, Postgres, Settings, SqlStore, StoredCredential,
    StoredWorkspace,
};
use access_groups_tests::cluster::{Cluster, sql};

pub(super) const NORTH: WorkspaceId = WorkspaceId::from_u128(1);
const SOUTH: WorkspaceId = WorkspaceId::from_u128(2);

/// A database of its own, and where it is.
pub(super) async fn empty() -> (String, Database) {
    let shared = Cluster::shared();
    let url = shared.url(&shared.create_database());
    let settings = Settings::parse(&url).expect("a sound URL");
    Database::migrate(&settings).await.expect("migrated");
    (url, Database::connect(&settings).await.expect("connected"))
}

/// With two workspaces.
async fn opened() -> Database {
    let (_, database) = empty().await;
    for (id, name) in [(SOUTH, "South"), (NORTH, "North")] {
        let created = database.create_workspace(&Workspace::new(id, name)).await;
        assert!(created.expect("created"));
    }
    database
}

async fn port(database: &Database, id: WorkspaceId) -> Postgres {
    database.port(id).await.expect("read").expect("created")
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn workspaces_are_created_and_listed() {
    let database = opened().await;
    let expected = [(NORTH, "North"), (SOUTH, "South")]
        .map(|(id, name)| StoredWorkspace::new(id, Some(name.to_owned())));
    assert_eq!(database.workspaces().await.expect("read"), expected);
    let again = database
        .create_workspace(&Workspace::new(NORTH, "Other"))
        .await;
    assert!(!again.expect("no error"));
    assert_eq!(database.workspaces().await.expect("read"), expected);
    let unknown = SqlStore::workspace(&database, WorkspaceId::from_u128(9)).await;
    assert!(unknown.expect("read").is_none());
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_deleted_workspace_leaves_nothing() {
    let database = opened().await;
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let door = site.entrance("Door");
    site.members(gym, [ada]).opens(gym, [door]);
    site.identity("Ada", [ada]);
    let text = site.build_state().to_site_json();
    for id in [NORTH, SOUTH] {
        let port = port(&database, id).await;
        port.import(&text).await.expect("imported");
        port.remove_user(ada, gym).await.expect("removed");
        let credential = credential(id.as_uuid().as_u128() as u8, CredentialKind::Key, id);
        assert!(database.add_credential(&credential).await.expect("added"));
    }
    assert!(database.delete_workspace(NORTH).await.expect("deleted"));
    assert!(!database.delete_workspace(NORTH).await.expect("no error"));
    assert!(database.port(NORTH).await.expect("read").is_none());
    assert_eq!(database.credentials(None).await.expect("read").len(), 1);
    let create = database
        .create_workspace(&Workspace::new(NORTH, "New"))
        .await;
    assert!(create.expect("created"));
    let lines = database.history(NORTH, &HistoryFilter::default()).await;
    assert_eq!(lines.expect("read"), []);
    port(&database, NORTH)
        .await
        .import(&text)
        .await
        .expect("it is empty");
    let south = port(&database, SOUTH).await;
    assert!(south.acs_user(ada).await.is_ok(), "another workspace stays");
    assert_eq!(
        database.check().await.expect("checked"),
        Vec::<String>::new()
    );
}

fn credential(digest: u8, kind: CredentialKind, workspace: WorkspaceId) -> StoredCredential {
    let created = Timestamp::UNIX_EPOCH + Duration::new(digest.into(), 1);
    StoredCredential::new([digest; 32], kind, workspace, "a name", created)
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_key_opens_one_workspace() {
    let database = opened().await;
    let key = credential(1, CredentialKind::Key, NORTH);
    assert!(database.add_credential(&key).await.expect("added"));
    for id in [NORTH, SOUTH] {
        let other = credential(1, CredentialKind::Key, id);
        assert!(!database.add_credential(&other).await.expect("no error"));
        let found = database.credential([1; 32], Some(id)).await;
        assert_eq!(found.expect("read"), None, "it is no token");
    }
    let found = database.credential([1; 32], None).await;
    assert_eq!(found.expect("read"), Some(key));
    assert_eq!(
        database.credential([2; 32], None).await.expect("read"),
        None
    );
    let unknown = credential(3, CredentialKind::Key, WorkspaceId::from_u128(9));
    assert!(!database.add_credential(&unknown).await.expect("no error"));
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_token_opens_the_workspaces_it_is_for() {
    let database = opened().await;
    let north = credential(1, CredentialKind::Token, NORTH);
    let south = credential(1, CredentialKind::Token, SOUTH);
    assert!(database.add_credential(&north).await.expect("added"));
    let found = async |token_for| database.credential([1; 32], token_for).await.expect("read");
    assert_eq!(found(Some(SOUTH)).await, None);
    assert!(database.add_credential(&south).await.expect("added"));
    assert!(
        !database.add_credential(&south).await.expect("no error"),
        "twice"
    );
    assert_eq!(found(Some(NORTH)).await, Some(north));
    assert_eq!(found(Some(SOUTH)).await, Some(south));
    assert_eq!(found(None).await, None, "it is no key");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn credentials_are_listed_and_revoked() {
    let database = opened().await;
    let all = [
        credential(1, CredentialKind::Token, NORTH),
        credential(2, CredentialKind::Key, NORTH),
        credential(1, CredentialKind::Token, SOUTH),
        credential(3, CredentialKind::Token, SOUTH),
    ];
    for credential in all.iter().rev() {
        assert!(database.add_credential(credential).await.expect("added"));
    }
    assert_eq!(database.credentials(None).await.expect("read"), all);
    assert_eq!(
        database.credentials(Some(SOUTH)).await.expect("read"),
        all[2..]
    );
    let revoke = async |digest, of| {
        let revoked = database.revoke_credential([digest; 32], of).await;
        revoked.expect("revoked")
    };
    assert_eq!(revoke(2, Some(SOUTH)).await, 0);
    assert_eq!(revoke(1, None).await, 2);
    assert_eq!(revoke(1, None).await, 0);
    assert_eq!(revoke(3, Some(SOUTH)).await, 1);
    assert_eq!(database.credentials(None).await.expect("read"), all[1..2]);
}

/// Changes of two people, a moment apart.
struct Changes {
    database: Database,
    ada: AcsUserId,
    gym: AccessGroupId,
    door: EntranceId,
}

impl Changes {
    async fn new() -> Self {
        let database = opened().await;
        let mut site = SiteBuilder::new();
        let (ada, bob) = (site.user("Ada"), site.user("Bob"));
        let (gym, door) = (site.group("Gym"), site.entrance("Door"));
        let port = port(&database, NORTH).await;
        port.import(&site.build_state().to_site_json())
            .await
            .expect("imported");
        pass_time().await;
        let night = Context::new()
            .with_actor("night\0shift")
            .with_request_id("r1");
        let night = port.with_context(night);
        night.add_user(ada, gym).await.expect("added");
        pass_time().await;
        port.add_user(ada, gym).await.expect("nothing to do");
        port.add_user(bob, gym).await.expect("added");
        pass_time().await;
        port.remove_user(ada, gym).await.expect("removed");
        pass_time().await;
        port.grant_access(ada, door).await.expect("granted");
        let unknown = port.remove_user(AcsUserId::from_u128(9), gym).await;
        unknown.expect_err("no such user");
        pass_time().await;
        port.delete_access_group(gym).await.expect("deleted");
        Self {
            database,
            ada,
            gym,
            door,
        }
    }

    async fn entries(&self, change: impl FnOnce(&mut HistoryFilter)) -> Vec<Entry> {
        let mut filter = HistoryFilter::default();
        change(&mut filter);
        self.database.history(NORTH, &filter).await.expect("read")
    }

    async fn check(&self, change: impl FnOnce(&mut HistoryFilter), expected: &[&str]) {
        let entries = self.entries(change).await;
        let shown = |entry: &Entry| format!("{} {}", entry.operation, entry.line.event.name());
        assert_eq!(entries.iter().map(shown).collect::<Vec<_>>(), expected);
    }
}

/// Until the database's clock shows another millisecond: those of one are not in the order of their commits.
async fn pass_time() {
    let start = std::time::Instant::now();
    while start.elapsed() < Duration::from_millis(2) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn changes_leave_history_newest_first() {
    let changes = Changes::new().await;
    let (ada, gym) = (changes.ada, changes.gym);
    let (deleted, granted) = ("delete_access_group deleted", "grant_access granted");
    let (left, joined) = ("remove_user left", "add_user joined");
    let ended = "delete_access_group left"; // Bob's membership
    let import = "import imported";
    let all = [ended, deleted, granted, left, joined, joined, import];
    changes.check(|_| (), &all).await;
    changes.check(|filter| filter.limit = 2, &all[..2]).await;
    let of_ada = |filter: &mut HistoryFilter| filter.user = Some(ada);
    changes.check(of_ada, &[granted, left, joined]).await;
    let of_gym = |filter: &mut HistoryFilter| filter.group = Some(gym);
    changes
        .check(of_gym, &[ended, deleted, left, joined, joined])
        .await;
    let of_door = |filter: &mut HistoryFilter| filter.entrance = Some(changes.door);
    changes.check(of_door, &[granted]).await;
    let since = Some(changes.entries(|_| ()).await[3].at);
    changes
        .check(|filter| filter.since = since, &all[..4])
        .await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_line_says_who_and_whom() {
    let changes = Changes::new().await;
    // After that of the import.
    let oldest = changes.entries(|_| ()).await.into_iter().nth_back(1);
    let oldest = oldest.expect("a line");
    assert_eq!(oldest.actor.as_deref(), Some("night\u{FFFD}shift"));
    assert_eq!(oldest.request_id.as_deref(), Some("r1"));
    let about = (oldest.line.user, oldest.line.group);
    assert_eq!(about, (Some(changes.ada), Some(changes.gym)));
    let of_night = |filter: &mut HistoryFilter| filter.actor = oldest.actor.clone();
    changes.check(of_night, &["add_user joined"]).await;
    let all = HistoryFilter::default();
    let elsewhere = changes.database.history(SOUTH, &all).await;
    assert_eq!(elsewhere.expect("read"), []);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn old_history_is_forgotten() {
    let (url, database) = empty().await;
    for id in [NORTH, SOUTH] {
        let created = database.create_workspace(&Workspace::new(id, "Some")).await;
        assert!(created.expect("created"));
        for days in [6, 8, 9] {
            // Nothing else makes history that is old.
            let line = format!(
                "insert into access_groups.history (workspace, at_ms, nonce, line, operation, event) \
                 values ('{id}', floor(extract(epoch from now()) * 1000) - {days} * 86400000::bigint, \
                 1, 0, 'add_user', 'joined')"
            );
            sql(&url, &line);
        }
    }
    let count = async |id| {
        let lines = database.history(id, &HistoryFilter::default()).await;
        lines.expect("read").len()
    };
    assert_eq!(database.forget().await.expect("nothing to do"), 0);
    assert!(database.keep_history(NORTH, Some(7)).await.expect("set"));
    let listed = database.workspaces().await.expect("read");
    assert_eq!(
        (listed[0].history_days, listed[1].history_days),
        (Some(7), None)
    );
    assert_eq!(database.forget().await.expect("forgotten"), 2);
    assert_eq!((count(NORTH).await, count(SOUTH).await), (1, 3));
    assert!(database.keep_history(NORTH, None).await.expect("set"));
    let unknown = WorkspaceId::from_u128(9);
    assert!(
        !database
            .keep_history(unknown, None)
            .await
            .expect("no error")
    );
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_wrong_key_is_found() {
    let (url, database) = empty().await;
    let created = database
        .create_workspace(&Workspace::new(NORTH, "North"))
        .await;
    assert!(created.expect("created"));
    let mut site = SiteBuilder::new();
    site.user("Ada");
    let port = port(&database, NORTH).await;
    port.import(&site.build_state().to_site_json())
        .await
        .expect("imported");
    assert_eq!(
        database.check().await.expect("checked"),
        Vec::<String>::new()
    );
    sql(&url, "update access_groups.acs_user set folded = 'eve'");
    let problems = database.check().await.expect("checked");
    assert!(
        problems.len() == 1 && problems[0].contains("folded"),
        "{problems:?}"
    );
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_missing_table_is_found() {
    let (url, database) = empty().await;
    let listed = "select relname from pg_class where relkind = 'r' \
                  and relnamespace = 'access_groups'::regnamespace";
    let tables = sql(&url, listed);
    assert!(tables.lines().count() > 10, "{tables}");
    for table in tables.lines() {
        let rename = |from: &str, to: &str| {
            let rename = format!("alter table access_groups.{from} rename to {to}");
            sql(&url, &rename);
        };
        rename(table, "gone");
        let problems = database.check().await.expect("checked");
        let expected = format!("the table access_groups.{table} is missing");
        assert_eq!(problems, [expected]);
        rename("gone", table);
    }
    let problems = database.check().await.expect("checked");
    assert_eq!(problems, Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn an_import_needs_an_empty_workspace() {
    let database = opened().await;
    let port = port(&database, NORTH).await;
    let mut site = SiteBuilder::in_workspace(Workspace::new(WorkspaceId::from_u128(7), "Site"));
    let users: Vec<_> = (0..2_500)
        .map(|number| site.user(format!("User {number}")))
        .collect();
    let gym = site.group("Gym");
    site.members(gym, users);
    let mut site = site.build_state();
    let text = site.to_site_json();
    let own = port.workspace().await.expect("read");
    assert_eq!(
        port.import("{").await.expect_err("cut").kind(),
        ErrorKind::Invalid
    );
    port.import(&text).await.expect("imported");
    let again = port.import(&text).await.expect_err("not empty");
    assert_eq!(again.kind(), ErrorKind::Conflict);
    site.give_workspace(&own).expect("all of it is of one");
    assert_eq!(port.export().await.expect("exported"), site.to_site_json());
    assert_eq!(port.users_in_group(gym).await.expect("read").len(), 2_500);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn searches_find_parts_of_names() {
    let database = opened().await;
    let port = port(&database, NORTH).await;
    let mut site = SiteBuilder::new();
    let users: Vec<_> = (0..1_500)
        .map(|number| site.user(format!("User {number}")))
        .collect();
    let straße = site.user("Jürgen 50%_Straße");
    let linked = site.user("Somebody");
    let eve = site.identity("Eve Lovelace", [linked]);
    port.import(&site.build_state().to_site_json())
        .await
        .expect("imported");
    let found = async |text: &str| {
        let filter = AcsUserFilter::new().matching(text.parse().expect("a search"));
        let page = port
            .acs_users(filter, PageRequest::first())
            .await
            .expect("read");
        page.items
            .iter()
            .map(|user| user.acs_user_id)
            .collect::<Vec<_>>()
    };
    assert_eq!(found("user 1499").await, users[1499..]);
    assert_eq!(found("STRASSE").await, [straße]);
    assert_eq!(found("50%_").await, [straße]);
    assert_eq!(found("lovelace").await, [linked]);
    assert_eq!(found("0%5").await, []);
    let filter = UserIdentityFilter::new().matching("LOVE".parse().expect("a search"));
    let page = port
        .user_identities(filter, PageRequest::first())
        .await
        .expect("read");
    assert_eq!(
        page.items
            .iter()
            .map(|row| row.user_identity_id)
            .collect::<Vec<_>>(),
        [eve]
    );
}
