//! The same on a PostgreSQL database with both workspaces in it.

use std::sync::Arc;

use access_groups_postgres::{Database, Settings};
use access_groups_tests::cluster::Cluster;

use crate::{
    laws,
    service::{RUNTIME, Service},
};

#[test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
fn foreign_resources_look_nonexistent() {
    let shared = Cluster::shared();
    let url = shared.url(&shared.create_database());
    let settings = Settings::parse(&url).expect("a sound URL");
    let database = RUNTIME.block_on(async {
        Database::migrate(&settings).await.expect("migrated");
        Database::connect(&settings).await.expect("connected")
    });
    let service = Service::over(Arc::new(database));
    laws::foreign_resources_look_nonexistent(&service, "PostgreSQL");
    laws::unique_values_are_unique_per_workspace(&service);
}
