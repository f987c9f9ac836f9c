//! The caller is gone in mid-call: the change is made whole or not at all, and the connection is clean or
//! closed.

use access_groups_core::prelude::*;
use access_groups_tests::cluster::Cluster;

use super::{
    RUNTIME, World, alone, settings, time,
    writers::{Told, judge},
};
use crate::run;

#[test]
fn dropped_call_leaves_a_sound_pool() {
    let _alone = alone();
    let cluster = Cluster::durable();
    let url = cluster.url("postgres");
    let world = World::on(&url);
    // Time to wait for a dropped change, which goes on by itself.
    let settings = settings(&url).with_connections(1);
    let node = world.node(&settings);
    let create = |name: &str| {
        let user = world.user(name).in_group(world.group);
        node.create_acs_user(user)
    };
    let usual = (0..10).map(|number| {
        let (warm, took) = time(|| RUNTIME.block_on(create(&format!("Warm {number}"))));
        warm.expect("created");
        took
    });
    let usual = usual.min().expect("ten calls");
    let mut random = fastrand::Rng::with_seed(run::seed());
    let rounds = if run::is_full() { 2_000 } else { 200 };
    let mut told = Told::default();
    for round in 0..rounds {
        let name = format!("Dropped {round}");
        let patience = usual.mul_f64(1.5 * random.f64());
        let answer =
            RUNTIME.block_on(async { tokio::time::timeout(patience, create(&name)).await });
        match answer {
            Err(_) => told.unknown.push(name),
            Ok(created) => told.created.push(created.expect("created").acs_user_id),
        }
        let next = RUNTIME.block_on(create(&format!("Next {round}")));
        let next = next.unwrap_or_else(|error| panic!("after round {round}: {error}"));
        told.created.push(next.acs_user_id);
    }
    // Whole: each user that is there is in the group, too.
    told.joined.clone_from(&told.created);
    let dropped = told.unknown.len();
    let site = world.export(&url);
    let tally = judge(&[told], &site).unwrap_or_else(|why| panic!("{why}"));
    check_left(&cluster);
    run::report(
        "PostgreSQL, caller gone in mid-call",
        &format!(
            "{rounds} calls, {dropped} dropped after up to {:.2?} ({} had happened), a pool of 1, {rounds} of \
             {rounds} next calls answered",
            usual.mul_f64(1.5),
            tally.happened
        ),
    );
    assert!(dropped > rounds / 10 && dropped < rounds, "{dropped}");
    assert!(tally.happened > 0, "what was dropped is made by itself");
}

/// No transaction is open, none was begun within another, and no change is half made.
fn check_left(cluster: &Cluster) {
    let open = "select count(*) from pg_stat_activity where state like 'idle in transaction%'";
    assert_eq!(cluster.sql("postgres", open), "0");
    let log = cluster.log();
    let is_clean = !log.contains("already a transaction");
    assert!(is_clean, "clean or closed: {log}");
    let half = "select count(*) from access_groups.acs_user u where not exists (select from \
                access_groups.membership m where m.workspace = u.workspace and m.acs_user = u.id)";
    let half = cluster.sql("postgres", half);
    assert_eq!(half, "0", "made whole or not at all");
}
