//! A database with our tables, and workspaces in it.

use std::sync::{
    LazyLock,
    atomic::{AtomicU64, Ordering},
};

use access_groups_core::{Store, Workspace, WorkspaceId};
use access_groups_in_memory::SiteBuilder;
use access_groups_postgres::{Database, Postgres, Settings, SqlStore};
use access_groups_tests::cluster;

/// Settings for the database that tests share, with our tables in it.
pub(crate) async fn settings() -> Settings {
    let settings = Settings::parse(cluster::url()).expect("a sound URL");
    Database::migrate(&settings).await.expect("migrated");
    settings
}

/// A workspace of its own with this site in it.
pub(crate) async fn filled(database: &Database, site: &str) -> Postgres {
    let workspace = new_workspace();
    let created = database
        .create_workspace(&Workspace::new(workspace, "Test"))
        .await;
    assert!(created.expect("created"), "its id is new");
    let port = database
        .port(workspace)
        .await
        .expect("read")
        .expect("created");
    port.import(site).await.expect("a sound site");
    port
}

/// The same with what the builder holds.
pub(crate) async fn built(database: &Database, site: SiteBuilder) -> Postgres {
    filled(database, &site.build_state().to_site_json()).await
}

/// An id that no other test has, nor another run on the same database.
pub(crate) fn new_workspace() -> WorkspaceId {
    static RUN: LazyLock<u128> = LazyLock::new(|| u128::from(fastrand::u64(1..)) << 64);
    static LAST: AtomicU64 = AtomicU64::new(0);
    let number = LAST.fetch_add(1, Ordering::Relaxed);
    WorkspaceId::from_u128(*RUN | u128::from(number))
}
