//! The same on a SQLite file with both workspaces in it.

use std::sync::Arc;

use access_groups_sqlite::OpenOptions;

use crate::{laws, service::Service, world::NOW};

#[test]
fn foreign_resources_look_nonexistent() {
    // Where fsync takes no time, if the system has such a place.
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
    let folder = folder.expect("a folder");
    let database = OpenOptions::new().without_fsync();
    let database = database
        .open(folder.path().join("site.db"))
        .expect("opened");
    let service = Service::over(Arc::new(database.with_clock(|| NOW)));
    laws::foreign_resources_look_nonexistent(&service, "SQLite");
    laws::unique_values_are_unique_per_workspace(&service);
}
