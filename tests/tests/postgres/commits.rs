//! Changes whose `COMMIT` was not answered, or was answered too well.

use std::{future::Future, time::Duration};

use access_groups_core::{
    AccessGroups, AcsUserFilter, AcsUsers, Error, ErrorKind, NewAcsUser, PageRequest, Timestamp,
    Workspace, WorkspaceId,
};
use access_groups_in_memory::SiteBuilder;
use access_groups_postgres::{
    CredentialKind, Database, HistoryFilter, Settings, SqlStore, StoredCredential,
};
use access_groups_tests::cluster::{Cluster, until};

use super::{
    opened,
    proxy::{Breaks, Proxy},
};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn lost_commits_are_made_once() {
    for breaks in [Breaks::BeforeCommit, Breaks::AfterCommit] {
        check(breaks).await;
    }
}

async fn check(breaks: Breaks) {
    opened::settings().await;
    let proxy = Proxy::start();
    let settings = Settings::parse(&proxy.url()).expect("a sound URL");
    let database = Database::connect(&settings).await.expect("connected");
    let mut site = SiteBuilder::new();
    let (system, gym) = (site.system(), site.group("Gym"));
    let (ada, pool) = (site.user("Ada"), site.group("Pool"));
    site.members(pool, [ada]);
    let port = opened::built(&database, site).await;
    let lost = || proxy.break_once(breaks);

    lost();
    let new = NewAcsUser::new(system, "Bob".parse().expect("a name"));
    let bob = port.create_acs_user(new).await.expect("created");
    assert!(proxy.has_broken());
    let (filter, page) = (AcsUserFilter::new(), PageRequest::first());
    let users = port.acs_users(filter, page).await.expect("read").items;
    assert_eq!(users.len(), 2, "{breaks:?}");
    assert!(users.contains(&bob));

    lost();
    port.add_user(bob.acs_user_id, gym).await.expect("added");
    lost();
    port.remove_user(ada, pool).await.expect("removed");
    lost();
    // A repetition alone would find no such group.
    port.delete_access_group(gym).await.expect("deleted");
    assert!(proxy.has_broken());
    let lines = database
        .history(port.workspace_id(), &HistoryFilter::default())
        .await;
    // With those of the import, and of the membership that ended with the group.
    assert_eq!(lines.expect("read").len(), 6, "{breaks:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn unconfirmed_commits_are_ambiguous() {
    let cluster = Cluster::durable().with_standby();
    let name = cluster.create_database();
    let settings = Settings::parse(&cluster.url(&name)).expect("a sound URL");
    Database::migrate(&settings).await.expect("migrated");
    let database = Database::connect(&settings).await.expect("connected");
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let port = opened::built(&database, site).await;

    let adding = {
        let port = port.clone();
        async move { port.add_user(ada, gym).await }
    };
    let (mut cluster, added) = cut_short(cluster, adding).await;
    let error = added.expect_err("not replicated");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.code(), Some("store_not_replicated"));
    assert!(error.is_ambiguous());
    // It is made all the same, and can be repeated.
    cluster.continue_receiver();
    port.add_user(ada, gym).await.expect("added");
    assert_eq!(port.users_in_group(gym).await.expect("read").len(), 1);
}

/// Makes the call, whose wait for the standby somebody cancels: the server then reports success, and only
/// warns.
async fn cut_short<T: Send + 'static>(
    mut cluster: Cluster,
    call: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> (Cluster, Result<T, Error>) {
    cluster.stop_receiver();
    let calling = tokio::spawn(call);
    let cancelled = tokio::task::spawn_blocking(move || {
        until("COMMIT waits for the standby", || {
            let cancel = "select count(pg_cancel_backend(pid)) from pg_stat_activity \
                          where wait_event = 'SyncRep'";
            cluster.sql("postgres", cancel) == "1"
        });
        cluster
    });
    let cluster = cancelled.await.expect("no panic");
    (cluster, calling.await.expect("no panic"))
}

/// A key that was revoked would open the workspace again.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn unconfirmed_keys_and_workspaces_are_ambiguous() {
    let cluster = Cluster::durable().with_standby();
    let name = cluster.create_database();
    let settings = Settings::parse(&cluster.url(&name)).expect("a sound URL");
    Database::migrate(&settings).await.expect("migrated");
    let settings = settings.with_limit(Duration::from_secs(1));
    let database = Database::connect(&settings).await.expect("connected");
    let (id, key) = (WorkspaceId::from_u128(1), [7; 32]);
    let credential = StoredCredential::new(
        key,
        CredentialKind::Key,
        id,
        "desk".to_owned(),
        Timestamp::UNIX_EPOCH,
    );
    let made = |error: Error| {
        let what = (error.code(), error.is_ambiguous());
        assert_eq!(what, (Some("store_not_replicated"), true), "{error}");
    };
    let new = move || Workspace::new(id, "North");

    let db = database.clone();
    let call = async move { db.create_workspace(&new()).await };
    let (mut cluster, created) = cut_short(cluster, call).await;
    made(created.expect_err("not replicated"));
    let again = database.create_workspace(&new()).await;
    again.expect_err("the standby still does not have it");
    cluster.continue_receiver();
    assert!(
        !database
            .create_workspace(&new())
            .await
            .expect("it is there")
    );

    let (db, added) = (database.clone(), credential.clone());
    let call = async move { db.add_credential(&added).await };
    let (mut cluster, added) = cut_short(cluster, call).await;
    made(added.expect_err("not replicated"));
    cluster.continue_receiver();
    assert!(
        !database
            .add_credential(&credential)
            .await
            .expect("it is there")
    );

    let db = database.clone();
    let call = async move { db.revoke_credential(key, Some(id)).await };
    let (mut cluster, revoked) = cut_short(cluster, call).await;
    made(revoked.expect_err("not replicated"));
    let again = database.revoke_credential(key, Some(id)).await;
    again.expect_err("the standby still does not have it");
    cluster.continue_receiver();
    assert_eq!(
        database
            .revoke_credential(key, Some(id))
            .await
            .expect("gone"),
        0
    );

    let db = database.clone();
    let call = async move { db.delete_workspace(id).await };
    let (mut cluster, deleted) = cut_short(cluster, call).await;
    made(deleted.expect_err("not replicated"));
    cluster.continue_receiver();
    assert!(!database.delete_workspace(id).await.expect("gone"));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_commit_that_waits_too_long_is_ambiguous() {
    let mut cluster = Cluster::durable().with_standby();
    let name = cluster.create_database();
    let settings = Settings::parse(&cluster.url(&name)).expect("a sound URL");
    Database::migrate(&settings).await.expect("migrated");
    let settings = settings.with_limit(Duration::from_secs(1));
    let database = Database::connect(&settings).await.expect("connected");
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let port = opened::built(&database, site).await;

    cluster.stop_receiver();
    let error = port
        .add_user(ada, gym)
        .await
        .expect_err("nobody confirms it");
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(error.is_ambiguous());
    cluster.continue_receiver();
    port.add_user(ada, gym).await.expect("added");
    assert_eq!(port.users_in_group(gym).await.expect("read").len(), 1);
}
