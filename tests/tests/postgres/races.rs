//! What happens at once through two nodes, on a real server.

use std::sync::Arc;

use access_groups_core::{
    AccessGroups, AcsUserFilter, AcsUsers, Error, ErrorKind, NewUserIdentity, PageRequest, Patch,
    UserIdentities, UserIdentityFilter, UserIdentityKey, UserIdentityUpdate,
};
use access_groups_in_memory::SiteBuilder;
use access_groups_postgres::{Database, HistoryFilter, Postgres, Settings, SqlStore};
use access_groups_tests::cluster::Cluster;
use tokio::{sync::Barrier, task::JoinSet};

use super::opened;

/// The workspace through two nodes.
async fn two_nodes(site: SiteBuilder) -> [Postgres; 2] {
    let settings = opened::settings().await.with_connections(16);
    let nodes = [
        Database::connect(&settings).await.expect("connected"),
        Database::connect(&settings).await.expect("connected"),
    ];
    let one = opened::built(&nodes[0], site).await;
    let other = nodes[1].port(one.workspace_id()).await.expect("read");
    [one, other.expect("created through the first")]
}

/// Makes 32 calls at once, through both nodes in turn.
async fn at_once<F, T>(nodes: &[Postgres; 2], call: impl Fn(Postgres, usize) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let start = Arc::new(Barrier::new(32));
    let mut calls = JoinSet::new();
    for number in 0..32 {
        let (call, start) = (call(nodes[number % 2].clone(), number), start.clone());
        calls.spawn(async move {
            start.wait().await;
            call.await
        });
    }
    calls.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn an_identity_joins_as_one_user() {
    for _ in 0..5 {
        let mut site = SiteBuilder::new();
        let (ada, gym) = (site.identity("Ada", []), site.group("Gym"));
        let nodes = two_nodes(site).await;
        let added = at_once(&nodes, move |port, _| async move {
            port.add_user(ada, gym).await.expect("added");
        });
        assert_eq!(added.await.len(), 32);
        let page = PageRequest::first();
        let users = nodes[1]
            .acs_users(AcsUserFilter::new(), page)
            .await
            .expect("read");
        assert_eq!(users.items.len(), 1);
        assert_eq!(nodes[0].users_in_group(gym).await.expect("read").len(), 1);
    }
}

/// Who had given and taken the access would not be known otherwise.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn one_of_many_is_in_the_history() {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let nodes = two_nodes(site).await;
    for rounds in 1..=5 {
        at_once(&nodes, move |port, _| async move {
            port.add_user(ada, gym).await.expect("added");
        })
        .await;
        at_once(&nodes, move |port, _| async move {
            port.remove_user(ada, gym).await.expect("removed");
        })
        .await;
        let (port, all) = (&nodes[0], HistoryFilter::default());
        let history = port.database().history(port.workspace_id(), &all).await;
        // With that of the import.
        assert_eq!(history.expect("read").len(), 1 + 2 * rounds);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn an_address_belongs_to_one_identity() {
    for _ in 0..5 {
        let nodes = two_nodes(SiteBuilder::new()).await;
        let outcomes = at_once(&nodes, |port, number| async move {
            let name = format!("Ada {number}").parse().expect("a name");
            let address = "ada@example.com".parse().expect("an address");
            let new = NewUserIdentity {
                email_address: Some(address),
                ..NewUserIdentity::named(name)
            };
            port.create_user_identity(new).await
        });
        let outcomes = outcomes.await;
        let created = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(created, 1);
        for refused in outcomes.into_iter().filter_map(Result::err) {
            assert_eq!(refused.kind(), ErrorKind::Conflict, "{refused}");
        }
        let (filter, page) = (UserIdentityFilter::new(), PageRequest::first());
        let identities = nodes[0].user_identities(filter, page).await.expect("read");
        assert_eq!(identities.items.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn nobody_joins_a_deleted_group() {
    for _ in 0..5 {
        let mut site = SiteBuilder::new();
        let gym = site.group("Gym");
        let users: Vec<_> = (0..32)
            .map(|number| site.user(format!("User {number}")))
            .collect();
        let nodes = two_nodes(site).await;
        let outcomes = at_once(&nodes, move |port, number| {
            let user = users[number];
            async move {
                match number {
                    16 => port.delete_access_group(gym).await,
                    _ => port.add_user(user, gym).await,
                }
            }
        });
        for refused in outcomes.await.into_iter().filter_map(Result::err) {
            assert_eq!(refused.kind(), ErrorKind::NotFound, "{refused}");
        }
        let gone = nodes[0]
            .users_in_group(gym)
            .await
            .expect_err("it is deleted");
        assert_eq!(gone.kind(), ErrorKind::NotFound);
    }
}

// Every pair of calls locks the same two rows in opposite orders, if the order of locks did not hold.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn identities_change_beside_their_users() {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.identity("Ada", []), site.group("Gym"));
    let nodes = two_nodes(site).await;
    nodes[0].add_user(ada, gym).await.expect("added");
    let outcomes = at_once(&nodes, move |port: Postgres, number| async move {
        for round in 0..4 {
            let name = format!("Ada {number} {round}").parse().expect("a name");
            let update = UserIdentityUpdate {
                full_name: Patch::Set(name),
                ..UserIdentityUpdate::default()
            };
            port.update_user_identity(ada, update).await?;
            port.add_user(ada, gym).await?;
        }
        Ok::<_, Error>(())
    });
    for outcome in outcomes.await {
        outcome.expect("changed");
    }
}

/// Both lock the identity with the key, and the key, so that nobody else gets it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn keys_are_linked_beside_their_identity() {
    // A server of its own, whose log tells of nobody else.
    let cluster = Cluster::start();
    let settings = Settings::parse(&cluster.url("postgres")).expect("a sound URL");
    Database::migrate(&settings).await.expect("migrated");
    let database = Database::connect(&settings.with_connections(40)).await;
    let database = database.expect("connected");
    let mut site = SiteBuilder::new();
    let ada = site.identity("Ada", []);
    let users: Vec<_> = (0..32)
        .map(|number| site.user(format!("User {number}")))
        .collect();
    let port = opened::built(&database, site).await;
    let with_key = UserIdentityUpdate {
        key: Patch::Set("ada".parse().expect("a key")),
        ..UserIdentityUpdate::default()
    };
    port.update_user_identity(ada, with_key.clone())
        .await
        .expect("it has a key");
    let nodes = [port.clone(), port];
    let outcomes = at_once(&nodes, move |port, number| {
        let (user, update) = (users[number], with_key.clone());
        async move {
            match number % 2 {
                0 => port.update_user_identity(ada, update).await,
                _ => {
                    let key: UserIdentityKey = "ada".parse().expect("a key");
                    port.link_acs_user(user, key).await
                }
            }
        }
    });
    for refused in outcomes.await.into_iter().filter_map(Result::err) {
        assert_eq!(
            refused.kind(),
            ErrorKind::Conflict,
            "one user of a system: {refused}"
        );
    }
    let log = cluster.log();
    assert!(!log.contains("deadlock detected"), "{log}");
}
