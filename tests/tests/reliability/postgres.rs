//! What servers on one PostgreSQL database survive: a primary that is killed, a standby or a network that
//! is away, a full disk, a node that stands still. Whatever was acknowledged is there afterwards, once.
//!
//! The servers are real ones, started by the test; a node is what a server of ours has inside, a
//! [`Database`].

mod builds;
mod disk;
mod dropped;
mod frozen;
mod growing;
mod link;
mod pooled;
mod primary;
mod removals;
mod skew;
mod standby;
mod waiting;
mod writers;

use std::{
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use access_groups_core::{
    AccessGroupId, AcsSystemId, EntranceId, NewAcsUser, Store, Workspace, WorkspaceId,
};
use access_groups_in_memory::SiteBuilder;
use access_groups_postgres::{Database, Postgres, Settings, SqlStore};
use tokio::runtime::Runtime;

/// A workspace that nodes serve, with one group and one entrance.
#[derive(Clone)]
struct World {
    id: WorkspaceId,
    system: AcsSystemId,
    group: AccessGroupId,
    door: EntranceId,
}

impl World {
    /// Makes the tables of a database, and the workspace.
    fn on(url: &str) -> Self {
        let (world, site) = Self::built();
        let site = site.build_state().to_site_json();
        RUNTIME.block_on(async {
            let settings = settings(url);
            Database::migrate(&settings)
                .await
                .expect("an empty database");
            let database = Database::connect(&settings).await.expect("all tables");
            let workspace = Workspace::new(world.id, "Drill");
            let created = database.create_workspace(&workspace).await;
            assert!(created.expect("created"), "it is new");
            let port = database
                .port(world.id)
                .await
                .expect("read")
                .expect("created");
            port.import(&site).await.expect("a sound site");
        });
        world
    }

    /// The same, made by another process.
    fn standing() -> Self {
        Self::built().0
    }

    fn built() -> (Self, SiteBuilder) {
        let mut site = SiteBuilder::new();
        let world = Self {
            id: WorkspaceId::from_u128(1),
            system: site.system(),
            group: site.group("Gym"),
            door: site.entrance("Door"),
        };
        (world, site)
    }

    /// The workspace, through a node of its own.
    fn node(&self, settings: &Settings) -> Postgres {
        let database = RUNTIME.block_on(Database::connect(settings));
        self.port(&database.expect("all tables"))
    }

    fn port(&self, database: &Database) -> Postgres {
        let port = RUNTIME.block_on(database.port(self.id));
        port.expect("it can be read")
            .expect("the workspace is there")
    }

    /// A new user with this name.
    fn user(&self, name: &str) -> NewAcsUser {
        NewAcsUser::new(self.system, name.parse().expect("a name"))
    }

    /// Everything in the workspace, read through a new node.
    fn export(&self, url: &str) -> String {
        let node = self.node(&settings(url));
        RUNTIME.block_on(node.export()).expect("it can be read")
    }
}

fn settings(url: &str) -> Settings {
    Settings::parse(url).expect("sound settings")
}

/// One test at a time: each measures how long something takes.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long this takes.
fn time<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));
