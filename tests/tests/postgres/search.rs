//! Searches through an index, and without one.

use access_groups_core::{
    AcsUserFilter, AcsUserId, AcsUsers, PageRequest, Store, UserIdentities, UserIdentityFilter,
    Workspace, WorkspaceId,
};
use access_groups_in_memory::SiteBuilder;
use access_groups_postgres::{Database, Postgres, Settings, SqlStore};
use access_groups_tests::cluster::{Cluster, sql, until};
use tokio_postgres::NoTls;

/// A database of its own, where it is, and its only workspace with this in it.
async fn filled(site: SiteBuilder) -> (String, Settings, Postgres) {
    let shared = Cluster::shared();
    let url = shared.url(&shared.create_database());
    let settings = Settings::parse(&url).expect("a sound URL");
    Database::migrate(&settings).await.expect("migrated");
    let database = Database::connect(&settings).await.expect("connected");
    let id = WorkspaceId::from_u128(1);
    let created = database
        .create_workspace(&Workspace::new(id, "North"))
        .await;
    assert!(created.expect("created"));
    let port = database.port(id).await.expect("read").expect("created");
    let site = site.build_state().to_site_json();
    port.import(&site).await.expect("imported");
    (url, settings, port)
}

/// The users that a search finds, on one page.
async fn found(port: &Postgres, text: &str) -> Vec<AcsUserId> {
    let filter = AcsUserFilter::new().matching(text.parse().expect("a search"));
    let page = port.acs_users(filter, PageRequest::first()).await;
    let users = page.expect("read").items;
    users.iter().map(|user| user.acs_user_id).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn texts_of_another_fold_are_found() {
    let mut site = SiteBuilder::new();
    let users: Vec<_> = (0..2_500)
        .map(|number| site.user(format!("User {number}")))
        .collect();
    let linked = site.user("Somebody");
    let eve = site.identity("Eve Lovelace", [linked]);
    let (url, settings, port) = filled(site).await;
    let count = "select count(*) from access_groups.acs_user where folded = 'old'";
    let find_all = async || {
        assert_eq!(found(&port, "user 2499").await, users[2_499..]);
        assert_eq!(found(&port, "lovelace").await, [linked]);
        let filter = UserIdentityFilter::new().matching("LOVE".parse().expect("a search"));
        let page = port.user_identities(filter, PageRequest::first()).await;
        let items = page.expect("read").items;
        assert_eq!(
            items
                .iter()
                .map(|row| row.user_identity_id)
                .collect::<Vec<_>>(),
            [eve]
        );
    };
    find_all().await;
    for table in ["acs_user", "user_identity"] {
        sql(
            &url,
            &format!("update access_groups.{table} set folded = 'old', fold = 7"),
        );
    }
    find_all().await;
    let problems = port.database().check().await.expect("checked");
    assert_eq!(problems, Vec::<String>::new(), "another fold is no problem");
    assert_eq!(Database::migrate(&settings).await.expect("migrated"), 0);
    assert_eq!(sql(&url, count), "0");
    find_all().await;
    // What the index says counts again.
    sql(&url, "update access_groups.acs_user set folded = 'nobody'");
    assert_eq!(found(&port, "user 2499").await, []);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn texts_made_anew_are_always_found() {
    let mut site = SiteBuilder::new();
    let ada = site.user("Ada Lovelace");
    let (url, _, port) = filled(site).await;
    let text = sql(&url, "select folded from access_groups.acs_user");
    let (client, connection) = tokio_postgres::connect(&url, NoTls)
        .await
        .expect("connected");
    tokio::spawn(connection);
    // As programs of two versions write it in turn.
    let writing = tokio::spawn(async move {
        let set = |text: &str, fold: i32| {
            format!("update access_groups.acs_user set folded = '{text}', fold = {fold}")
        };
        let turns = [set("old", 7), set(&text, 1)];
        for turn in turns.iter().cycle() {
            client.batch_execute(turn).await.expect("written");
        }
    });
    for search in 0..1_000 {
        assert_eq!(found(&port, "lovelace").await, [ada], "search {search}");
    }
    writing.abort();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn searches_of_many_use_the_index() {
    let mut site = SiteBuilder::new();
    let users: Vec<_> = (0..50_000)
        .map(|number| site.user(format!("User {number}")))
        .collect();
    let (url, _, port) = filled(site).await;
    for _ in 0..8 {
        assert_eq!(found(&port, "er 49999").await, users[49_999..]);
    }
    // Sessions tell what they have done when they end.
    drop(port);
    let used = |index: &str| {
        let scans =
            "select coalesce(sum(idx_scan), 0) from pg_stat_user_indexes where indexrelname";
        sql(&url, &format!("{scans} = '{index}'"))
    };
    until("the index was used", || used("acs_user_folded") == "8");
}
