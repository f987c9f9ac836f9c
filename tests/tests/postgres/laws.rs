//! The store keeps the contract of the port. The clone is another node: it has connections of its own.

use std::{sync::LazyLock, time::Duration};

use access_groups_conformance::{Fixture, ModelRun, Site, laws};
use access_groups_postgres::{Database, Settings};
use access_groups_tests::cluster::{Bouncer, Cluster};
use tokio::runtime::Runtime;

use super::opened;

laws!(
    mod direct,
    |site: &Site| fixture(&DIRECT, site),
    ModelRun::new().with_cases(100),
    ignored = "needs PostgreSQL: cargo xtask postgres",
);

laws!(
    mod through_pgbouncer,
    |site: &Site| fixture(&THROUGH_PGBOUNCER, site),
    few_cases(),
    ignored = "needs PostgreSQL: cargo xtask postgres",
);

laws!(
    mod serializable,
    |site: &Site| fixture(&SERIALIZABLE, site),
    few_cases(),
    ignored = "needs PostgreSQL: cargo xtask postgres",
);

/// What only runs the same on another way.
fn few_cases() -> ModelRun {
    ModelRun::new().with_cases(16)
}

/// Two nodes with one database.
struct Nodes {
    one: Database,
    other: Database,
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

static DIRECT: LazyLock<Nodes> =
    LazyLock::new(|| RUNTIME.block_on(async { Nodes::with(opened::settings().await).await }));

static SERIALIZABLE: LazyLock<Nodes> = LazyLock::new(|| {
    RUNTIME.block_on(async { Nodes::with(opened::settings().await.serializable()).await })
});

static THROUGH_PGBOUNCER: LazyLock<Nodes> = LazyLock::new(|| {
    static BOUNCER: LazyLock<Bouncer> = LazyLock::new(|| Cluster::shared().pgbouncer());
    let url = BOUNCER.url(&Cluster::shared().create_database());
    let settings = Settings::parse(&url).expect("a sound URL");
    RUNTIME.block_on(async {
        Database::migrate(&settings).await.expect("migrated");
        Nodes::with(settings).await
    })
});

impl Nodes {
    async fn with(settings: Settings) -> Self {
        // Laws make more calls at once than there are connections, on a machine that does more.
        let settings = settings
            .with_wait(Duration::from_secs(30))
            .with_limit(Duration::from_secs(30));
        let connect = || Database::connect(&settings);
        Self {
            one: connect().await.expect("connected"),
            other: connect().await.expect("connected"),
        }
    }
}

fn fixture(nodes: &Nodes, site: &Site) -> Fixture {
    let (one, other) = RUNTIME.block_on(async {
        let port = opened::filled(&nodes.one, &site.to_json()).await;
        let other = nodes.other.port(port.workspace_id()).await.expect("read");
        (port, other.expect("created through the first"))
    });
    let run = |call| RUNTIME.block_on(call);
    Fixture::asynchronous(one, run).with_clone(Fixture::asynchronous(other, run))
}
