//! The store keeps the contract of the port: alone, behind pgbouncer, and through two nodes.

use std::sync::{
    LazyLock,
    atomic::{AtomicU64, Ordering},
};

use access_groups_conformance::{Fixture, ModelRun, Site, laws};
use access_groups_core::{Store, WorkspaceId};
use access_groups_postgres::{Database, Postgres, Settings};
use access_groups_tests::cluster::{self, Cluster};
use tokio::runtime::Runtime;

laws!(
    mod direct,
    |site: &Site| {
        let port = hold(&DIRECT[0], site);
        fixture(port.clone()).with_clone(fixture(port))
    },
    few_cases(),
    ignored = "needs PostgreSQL: cargo xtask postgres"
);

// The clone is another node: connections of its own, and nothing in common but the database.
laws!(
    mod two_nodes,
    |site: &Site| two_nodes(&DIRECT, site),
    few_cases(),
    ignored = "needs PostgreSQL: cargo xtask postgres"
);

laws!(
    mod pgbouncer,
    |site: &Site| two_nodes(&THROUGH_PGBOUNCER, site),
    few_cases(),
    ignored = "needs PostgreSQL: cargo xtask postgres"
);

// In the full run only: this level repeats changes that do not meet.
laws!(
    mod serializable,
    |site: &Site| two_nodes(&SERIALIZABLE, site),
    few_cases(),
    ignored = "needs PostgreSQL: cargo xtask postgres --full"
);

fn two_nodes(nodes: &[Database; 2], site: &Site) -> Fixture {
    let port = hold(&nodes[0], site);
    let other = RUNTIME.block_on(nodes[1].port(port.workspace_id()));
    let other = other.expect("read").expect("created through the first");
    fixture(port).with_clone(fixture(other))
}

fn fixture(port: Postgres) -> Fixture {
    Fixture::asynchronous(port, |call| RUNTIME.block_on(call))
}

/// A workspace of its own with this site in it.
fn hold(database: &Database, site: &Site) -> Postgres {
    // Of this process: a database of others may have workspaces of earlier runs.
    static NEXT: LazyLock<AtomicU64> = LazyLock::new(|| AtomicU64::new(fastrand::u64(..)));
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    RUNTIME.block_on(async {
        let port = database.create_port(WorkspaceId::from_u128(number.into()));
        let port = port.await.expect("created");
        port.import(&site.to_json())
            .await
            .expect("the kit's sites are sound");
        port
    })
}

/// Two nodes on a database that has all tables.
fn nodes(settings: &Settings) -> [Database; 2] {
    RUNTIME.block_on(async {
        Database::migrate(settings)
            .await
            .expect("a database for tests");
        let node = || async { Database::connect(settings).await.expect("all tables") };
        [node().await, node().await]
    })
}

fn settings(url: &str) -> Settings {
    let settings = Settings::parse(url).expect("sound settings");
    // On a busy machine, calls of many laws wait for each other.
    settings.with_wait(LONG).with_limit(LONG)
}

/// On a busy machine, a slow disk or both.
const LONG: std::time::Duration = std::time::Duration::from_secs(60);

/// The rules are those of the store in memory, which has its own full run.
fn few_cases() -> ModelRun {
    ModelRun::new().with_cases(16)
}

static DIRECT: LazyLock<[Database; 2]> = LazyLock::new(|| nodes(&settings(cluster::url())));

static THROUGH_PGBOUNCER: LazyLock<[Database; 2]> = LazyLock::new(|| {
    let cluster = Cluster::shared();
    let url = cluster.pgbouncer().url(&cluster.create_database());
    nodes(&settings(&url))
});

static SERIALIZABLE: LazyLock<[Database; 2]> =
    LazyLock::new(|| nodes(&settings(cluster::url()).serializable()));

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));
