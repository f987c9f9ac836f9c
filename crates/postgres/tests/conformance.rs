//! The store keeps the contract of the port.

use std::sync::{
    LazyLock,
    atomic::{AtomicU64, Ordering},
};

use access_groups_conformance::{Fixture, Site, laws};
use access_groups_core::{Store, WorkspaceId};
use access_groups_postgres::{Database, Postgres, Settings};
use tokio::runtime::Runtime;

laws!(mod direct, |site: &Site| fixture(&DIRECT, site));

struct Opened {
    one: Database,
    other: Database,
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));
static DIRECT: LazyLock<Opened> = LazyLock::new(|| Opened::new(settings()));
static RUN: LazyLock<u128> = LazyLock::new(|| u128::from(getrandom::u64().expect("random")));
static WORKSPACES: AtomicU64 = AtomicU64::new(0);

fn settings() -> Settings {
    let url = std::env::var("ACCESS_GROUPS_TEST_POSTGRES").expect("the URL of a database");
    Settings::parse(&url).expect("sound settings")
}

impl Opened {
    fn new(settings: Settings) -> Self {
        RUNTIME.block_on(async {
            Database::migrate(&settings).await.expect("migrated");
            let settings = settings.with_wait(std::time::Duration::from_secs(4));
            Self {
                one: Database::connect(&settings).await.expect("connected"),
                other: Database::connect(&settings).await.expect("connected"),
            }
        })
    }
}

/// A workspace of its own with this site in it; the clone is another node.
fn fixture(opened: &Opened, site: &Site) -> Fixture {
    let number = WORKSPACES.fetch_add(1, Ordering::Relaxed);
    // Runs on one database do not meet.
    let workspace = WorkspaceId::from_u128((*RUN << 64) | u128::from(number));
    let (one, other): (Postgres, Postgres) = RUNTIME.block_on(async {
        let port = opened.one.create_port(workspace).await.expect("created");
        port.import(&site.to_json())
            .await
            .expect("the kit's sites are sound");
        let other = opened.other.port(workspace).await.expect("read");
        (port, other.expect("created through the first"))
    });
    let run = |call| RUNTIME.block_on(call);
    Fixture::asynchronous(one, run).with_clone(Fixture::asynchronous(other, run))
}
