//! The disk of the database is full, and is freed.

use std::time::Duration;

use access_groups_core::prelude::*;
use access_groups_postgres::SqlStore;
use access_groups_tests::cluster::Cluster;

use super::{
    RUNTIME, World, alone, settings, time,
    writers::{Told, judge},
};
use crate::run;

#[test]
fn full_disk_refuses_changes_only() {
    let _alone = alone();
    let cluster = match Cluster::with_small_disk(32 << 20) {
        Ok(cluster) => cluster,
        Err(why) => return run::report("PostgreSQL, disk full", &format!("NOT RUN: {why}")),
    };
    let url = cluster.url("small");
    let world = World::on(&url);
    let node = world.node(&settings(&url));
    let create = |name: &str| RUNTIME.block_on(node.create_acs_user(world.user(name)));
    let mut told = Told::default();
    cluster.fill_disk();
    // Pages that were begun have room.
    while told.refused.len() < 50 {
        let name = format!("User {}", told.created.len() + told.refused.len());
        match create(&name) {
            Ok(user) => told.created.push(user.acs_user_id),
            Err(error) => {
                let kind = (error.kind(), error.code(), error.is_ambiguous());
                assert_eq!(
                    kind,
                    (ErrorKind::Unavailable, Some("store_full"), false),
                    "{error}"
                );
                told.refused.insert(name, error.to_string());
            }
        }
        let members = RUNTIME.block_on(node.users_in_group(world.group));
        members.expect("reads go on");
    }
    cluster.free_disk();
    let (freed, took) = time(|| create("Freed"));
    told.created
        .push(freed.expect("there is room again").acs_user_id);
    let tally = judge(&[told], &world.export(&url)).unwrap_or_else(|why| panic!("{why}"));
    let problems = RUNTIME.block_on(node.database().check());
    let problems = problems.expect("it can be read");
    assert!(problems.is_empty(), "{problems:?}");
    run::report(
        "PostgreSQL, disk full",
        &format!(
            "{} changes acknowledged, 0 lost, {} refused, none in doubt; the first one {took:.2?} after space",
            tally.acknowledged, tally.refused
        ),
    );
    assert!(took <= Duration::from_secs(1), "{took:?}");
}
