//! Calls that wait, that are given up, and that find no connection.

use std::{error::Error as _, future::Future, pin::pin, task::Poll, time::Duration};

use access_groups_core::{
    AccessGroupId, AccessGroupPortExt, AccessGroups, AcsUserId, CancelToken, Context, Error,
    ErrorKind, NewUserIdentity, UserIdentities,
};
use access_groups_in_memory::SiteBuilder;
use access_groups_postgres::{Database, Postgres, Settings, SqlStore, Statements};
use access_groups_tests::cluster;
use tokio::time::timeout;
use tokio_postgres::NoTls;

use super::{
    opened,
    proxy::{Breaks, Proxy},
};

/// A workspace with a user and a group, through connections like these.
async fn site(settings: Settings) -> (Postgres, AcsUserId, AccessGroupId) {
    let database = Database::connect(&settings).await.expect("connected");
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    (opened::built(&database, site).await, ada, gym)
}

/// Somebody else's transaction, which holds the user for itself.
async fn hold(port: &Postgres, user: AcsUserId) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(cluster::url(), NoTls)
        .await
        .expect("connected");
    tokio::spawn(connection);
    let lock = format!(
        "BEGIN; SELECT id FROM access_groups.acs_user WHERE workspace = '{}' AND id = '{user}' \
         FOR UPDATE",
        port.workspace_id()
    );
    client.batch_execute(&lock).await.expect("locked");
    client
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_lock_is_waited_for_two_seconds() {
    let (port, ada, gym) = site(opened::settings().await).await;
    let held = hold(&port, ada).await;
    let error = port.add_user(ada, gym).await.expect_err("locked");
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(error.code(), Some("store_slow"));
    assert!(!error.is_ambiguous());
    assert!(said(&error).contains("lock timeout"), "{error:?}");
    held.batch_execute("ROLLBACK").await.expect("released");
    port.add_user(ada, gym).await.expect("added");
}

/// What the database has said.
fn said(error: &Error) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_timeout_ends_the_call() {
    let (port, ada, gym) = site(opened::settings().await).await;
    let _held = hold(&port, ada).await;
    let context = Context::new().with_timeout(Duration::from_millis(100));
    let error = port
        .with_context(context)
        .add_user(ada, gym)
        .await
        .expect_err("locked");
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(!error.is_ambiguous());
    assert_eq!(said(&error), "", "before the database ended the wait");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_cancelled_call_is_not_begun() {
    let (port, ada, gym) = site(opened::settings().await).await;
    let token = CancelToken::new();
    token.cancel();
    let context = Context::new().with_cancel(token);
    let error = port
        .with_context(context)
        .add_user(ada, gym)
        .await
        .expect_err("cancelled");
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(port.users_in_group(gym).await.expect("read").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_cancelled_wait_for_a_lock_ends() {
    let (port, ada, gym) = site(opened::settings().await).await;
    let held = hold(&port, ada).await;
    let token = CancelToken::new();
    let context = Context::new().with_cancel(token.clone());
    let adding = tokio::spawn({
        let port = port.clone();
        async move { port.with_context(context).add_user(ada, gym).await }
    });
    await_wait_for(&held).await;
    token.cancel();
    let error = adding.await.expect("no panic").expect_err("cancelled");
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(!error.is_ambiguous());
    held.batch_execute("ROLLBACK").await.expect("released");
    assert!(port.users_in_group(gym).await.expect("read").is_empty());
    port.add_user(ada, gym).await.expect("added");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_read_ends_when_it_is_told() {
    // A server of its own: a table is locked.
    let cluster = cluster::Cluster::start();
    let url = cluster.url("postgres");
    let settings = Settings::parse(&url).expect("a sound URL");
    Database::migrate(&settings).await.expect("migrated");
    let (port, _, gym) = site(settings.with_limit(Duration::from_secs(600))).await;
    let (held, connection) = tokio_postgres::connect(&url, NoTls)
        .await
        .expect("connected");
    tokio::spawn(connection);
    let lock = "BEGIN; LOCK TABLE access_groups.membership";
    held.batch_execute(lock).await.expect("locked");
    let token = CancelToken::new();
    let context = Context::new().with_cancel(token.clone());
    let reading = tokio::spawn({
        let port = port.clone();
        async move { port.with_context(context).users_in_group(gym).await }
    });
    await_wait_for(&held).await;
    token.cancel();
    let error = timeout(LONG, reading).await.expect("it ends");
    let error = error.expect("no panic").expect_err("cancelled");
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(!error.is_ambiguous());
    let brief = Context::new().with_timeout(Duration::from_millis(100));
    let reading = port.with_context(brief);
    // Nobody else would end it.
    let error = timeout(LONG, reading.users_in_group(gym)).await;
    let error = error.expect("it ends").expect_err("locked");
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    held.batch_execute("ROLLBACK").await.expect("released");
    port.users_in_group(gym).await.expect("read");
}

/// Until somebody waits for a lock of this transaction.
async fn await_wait_for(held: &tokio_postgres::Client) {
    let waiting = "SELECT 1 FROM pg_locks \
                   WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))";
    while held.query(waiting, &[]).await.expect("read").is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_connection_is_waited_for_briefly() {
    let settings = opened::settings().await.with_connections(1);
    let (port, ada, gym) = site(settings.with_wait(Duration::from_millis(50))).await;
    let held = hold(&port, ada).await;
    let adding = tokio::spawn({
        let port = port.clone();
        async move { port.add_user(ada, gym).await }
    });
    let error = loop {
        // Until the other call has the one connection, which it keeps until the lock is free.
        assert!(!adding.is_finished());
        if let Err(error) = port.access_group(gym).await {
            break error;
        }
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.code(), Some("store_busy"));
    assert!(error.retry_after().is_some());
    held.batch_execute("ROLLBACK").await.expect("released");
    adding.await.expect("no panic").expect("added");
    port.access_group(gym).await.expect("read");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_call_that_is_given_up_leaves_nothing_open() {
    // A server of its own, whose log tells of nobody else.
    let cluster = cluster::Cluster::start();
    let settings = Settings::parse(&cluster.url("postgres")).expect("a sound URL");
    Database::migrate(&settings).await.expect("migrated");
    let settings = settings.with_connections(1);
    let (port, ada, gym) = site(settings.with_wait(Duration::from_secs(10))).await;
    // All statements are prepared, so that a call begins its transaction when it is polled first.
    port.add_user(ada, gym).await.expect("added");
    for polls in 0..40 {
        {
            let mut adding = pin!(port.add_user(ada, gym));
            poll(adding.as_mut(), polls).await;
        }
        {
            let mut reading = pin!(port.users_in_group(gym));
            poll(reading.as_mut(), polls).await;
        }
        // The same connection, of which there is one. What was given up may still be made, after this.
        port.remove_user(ada, gym).await.expect("removed");
        port.users_in_group(gym).await.expect("read");
    }
    let open = "select count(*) from pg_stat_activity where state like 'idle in transaction%'";
    cluster::until("what was given up is made", || {
        cluster.sql("postgres", open) == "0"
    });
    let log = cluster.log();
    assert!(!log.contains("already a transaction"), "{log}");
}

/// Polls the future so often, while others make progress, and gives it up then.
async fn poll<F: Future>(mut future: std::pin::Pin<&mut F>, polls: usize) {
    for _ in 0..polls {
        let polled = std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context)));
        if polled.await.is_ready() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_broken_connection_is_replaced() {
    // A server of its own: the connections of other tests are no business of this one.
    let cluster = cluster::Cluster::start();
    let url = cluster.url("postgres");
    let settings = Settings::parse(&url).expect("a sound URL");
    Database::migrate(&settings).await.expect("migrated");
    let (port, ada, gym) = site(settings.with_connections(2)).await;
    let (client, connection) = tokio_postgres::connect(&url, NoTls)
        .await
        .expect("connected");
    tokio::spawn(connection);
    for _ in 0..5 {
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                    WHERE application_name = 'access-groups' AND datname = current_database()";
        client.batch_execute(kill).await.expect("ended");
        port.add_user(ada, gym).await.expect("added");
        client.batch_execute(kill).await.expect("ended");
        assert_eq!(port.users_in_group(gym).await.expect("read").len(), 1);
        port.remove_user(ada, gym).await.expect("removed");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_database_that_is_away_is_unavailable() {
    let mut cluster = cluster::Cluster::start();
    let settings = Settings::parse(&cluster.url("postgres")).expect("a sound URL");
    Database::migrate(&settings).await.expect("migrated");
    let settings = settings.with_limit(Duration::from_millis(300));
    let (port, ada, gym) = site(settings).await;
    cluster.kill_primary();
    let error = port.add_user(ada, gym).await.expect_err("it is away");
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(!error.is_ambiguous());
    assert!(port.users_in_group(gym).await.is_err());
    cluster.restart_primary();
    port.add_user(ada, gym).await.expect("added");
}

/// What is no answer is none: a connection that breaks so early is not one through a pool of other sessions.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_look_that_fails_decides_nothing() {
    opened::settings().await;
    let proxy = Proxy::start();
    let settings = Settings::parse(&proxy.url()).expect("a sound URL");
    let (port, ada, gym) = site(settings.with_connections(1)).await;
    proxy.break_once(Breaks::BeforeCommit);
    proxy.break_once(Breaks::BeforeLook);
    for _ in 0..2 {
        port.add_user(ada, gym).await.expect("added");
        port.remove_user(ada, gym).await.expect("removed");
    }
    assert!(proxy.has_broken());
    proxy.take_names();
    port.add_user(ada, gym).await.expect("added");
    assert_eq!(proxy.take_names(), 0, "statements are prepared");
}

/// What a row refers to is gone, and nobody answers whether that is the workspace.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_look_for_the_workspace_has_limits() {
    let settings = opened::settings().await;
    let proxy = Proxy::start();
    let through = Settings::parse(&proxy.url()).expect("a sound URL");
    let through = through.with_statements(Statements::Unnamed);
    let (port, ..) = site(through.clone().with_limit(Duration::from_millis(300))).await;
    let patient = Database::connect(&through.with_limit(Duration::from_secs(600))).await;
    let patient = patient.expect("connected").port(port.workspace_id()).await;
    let patient = patient.expect("read").expect("it is there");
    let database = Database::connect(&settings).await.expect("connected");
    let deleted = database.delete_workspace(port.workspace_id()).await;
    assert!(deleted.expect("deleted"));

    proxy.break_once(Breaks::SilentAtWorkspace);
    // On a busy machine, it may be over before it comes so far.
    while !proxy.has_broken() {
        let error = timeout(LONG, port.create_user_identity(keyed())).await;
        let error = error.expect("it ends").expect_err("nobody answers");
        assert_eq!(error.code(), Some("store_slow"), "{error:?}");
        assert!(!error.is_ambiguous());
    }

    proxy.break_once(Breaks::SilentAtWorkspace);
    let token = CancelToken::new();
    let context = Context::new().with_cancel(token.clone());
    let creating = tokio::spawn(async move {
        let patient = patient.with_context(context);
        patient.create_user_identity(keyed()).await
    });
    while !proxy.has_broken() {
        assert!(!creating.is_finished());
        tokio::task::yield_now().await;
    }
    token.cancel();
    let error = timeout(LONG, creating).await.expect("it ends");
    let error = error.expect("no panic").expect_err("cancelled");
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error:?}");
}

/// An identity whose key is claimed before anything is read.
fn keyed() -> NewUserIdentity {
    NewUserIdentity {
        key: Some("ada".parse().expect("a key")),
        ..NewUserIdentity::named("Ada".parse().expect("a name"))
    }
}

/// Whoever asks gives up first, and asks again: what is left of each question must not keep its connection.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_look_at_the_schema_ends() {
    // A server of its own: a table is locked.
    let cluster = cluster::Cluster::start();
    let url = cluster.url("postgres");
    let settings = Settings::parse(&url).expect("a sound URL");
    Database::migrate(&settings).await.expect("migrated");
    let settings = settings.with_limit(Duration::from_secs(2));
    let settings = settings.with_wait(LONG).with_connections(1);
    let (port, _, gym) = site(settings).await;
    let (held, connection) = tokio_postgres::connect(&url, NoTls)
        .await
        .expect("connected");
    tokio::spawn(connection);
    let lock = "BEGIN; LOCK TABLE access_groups.schema_step";
    held.batch_execute(lock).await.expect("locked");
    let asking = tokio::spawn({
        let database = port.database().clone();
        async move { database.ready().await }
    });
    await_wait_for(&held).await;
    asking.abort();
    let error = timeout(LONG, port.database().ready()).await;
    let error = error.expect("it ends").expect_err("locked");
    assert_eq!(error.code(), Some("store_slow"), "{error:?}");
    // The one connection is free.
    port.access_group(gym).await.expect("read");
    held.batch_execute("ROLLBACK").await.expect("released");
    port.database().ready().await.expect("ready");
}

/// Longer than anything here takes on any machine.
const LONG: Duration = Duration::from_secs(60);
