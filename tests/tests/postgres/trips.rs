//! How often each call waits for the database, and what it reads there.

use access_groups_core::{
    AccessGroupFilter, AccessGroups, AcsUserFilter, AcsUsers, NewAcsUser, PageRequest,
};
use access_groups_in_memory::SiteBuilder;
use access_groups_postgres::{Database, Settings, Statements};
use access_groups_tests::cluster::{sql, until};

use super::{opened, proxy::Proxy, store};

// On one thread, so that what is sent together is written together.
#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn calls_wait_as_often_as_promised() {
    for statements in [Statements::Prepared, Statements::Unnamed] {
        check(statements).await;
    }
}

async fn check(statements: Statements) {
    opened::settings().await;
    let proxy = Proxy::start();
    let settings = Settings::parse(&proxy.url()).expect("a sound URL");
    let settings = settings.with_connections(1).with_statements(statements);
    let database = Database::connect(&settings).await.expect("connected");
    let mut site = SiteBuilder::new();
    let system = site.system();
    let (ada, bob) = (site.user("Ada"), site.user("Bob"));
    let identities = [site.identity("Eve", []), site.identity("Mallory", [])];
    let (gym, pool) = (site.group("Gym"), site.group("Pool"));
    let port = opened::built(&database, site).await;
    // Twice: the first time, statements are prepared.
    for (round, (user, identity)) in [ada, bob].into_iter().zip(identities).enumerate() {
        let is_counted = round == 1;
        let count = |name: &str, expected: usize| {
            let trips = proxy.take_trips();
            assert!(
                !is_counted || trips == expected,
                "{name}: {trips} ({statements:?})"
            );
        };
        count("before", proxy.take_trips());
        port.add_user(user, gym).await.expect("added");
        count("add by ids", 2);
        port.add_user(identity, gym).await.expect("added");
        count("add by identity, with a new user", 3);
        port.add_user(identity, pool).await.expect("added");
        count("add by identity, whose user exists", 3);
        port.users_in_group(gym).await.expect("read");
        count("members", 1);
        port.access_groups(AccessGroupFilter::new())
            .await
            .expect("read");
        count("groups", 1);
        port.acs_user(user).await.expect("read");
        count("user", 1);
        let (filter, page) = (AcsUserFilter::new(), PageRequest::first());
        port.acs_users(filter, page).await.expect("read");
        count("a page of users", 1);
        port.entrances_of_user(user).await.expect("read");
        count("entrances of a user", 1);
        port.remove_user(user, gym).await.expect("removed");
        count("remove by ids", 2);
        port.remove_user(user, gym).await.expect("removed");
        count("remove what is gone", 2);
        let name = "New".parse().expect("a name");
        port.create_acs_user(NewAcsUser::new(system, name))
            .await
            .expect("created");
        count("new user", 2);
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn an_import_waits_once_a_chunk() {
    opened::settings().await;
    let proxy = Proxy::start();
    let settings = Settings::parse(&proxy.url()).expect("a sound URL");
    let database = Database::connect(&settings.with_connections(1)).await;
    let database = database.expect("connected");
    let mut site = SiteBuilder::new();
    let users: Vec<_> = (0..2_000)
        .map(|number| site.user(format!("User {number}")))
        .collect();
    for number in 0..4 {
        let group = site.group(format!("Group {number}"));
        site.members(group, users.iter().copied());
    }
    proxy.take_trips();
    opened::built(&database, site).await;
    // 2 chunks of users and 8 of memberships, and what is done once.
    let trips = proxy.take_trips();
    assert!((10..40).contains(&trips), "{trips}");
}

// A connection keeps its plans, also those of the time when the table was known to be empty.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn changes_read_no_whole_table() {
    let (url, database) = store::empty().await;
    let mut site = SiteBuilder::new();
    let users: Vec<_> = (0..10)
        .map(|number| site.user(format!("User {number}")))
        .collect();
    let gym = site.group("Gym");
    let port = opened::built(&database, site).await;
    sql(&url, "analyze access_groups.membership");
    for user in users {
        port.add_user(user, gym).await.expect("added");
    }
    drop((port, database));
    // Each tells what it has read when it ends, at the latest.
    until("the connections have ended", || {
        let others = "select count(*) from pg_stat_activity where datname = current_database() \
                      and backend_type = 'client backend' and pid <> pg_backend_pid()";
        sql(&url, others) == "0"
    });
    let read = "select seq_tup_read from pg_stat_user_tables where relname = 'membership'";
    assert_eq!(sql(&url, read), "0");
}
