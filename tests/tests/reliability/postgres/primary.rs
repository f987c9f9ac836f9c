//! The primary is killed, and its synchronous standby takes over.

use std::time::{Duration, Instant};

use access_groups_core::prelude::*;
use access_groups_tests::cluster::{Cluster, sql, until};

use super::{
    RUNTIME, World, alone, settings, time,
    writers::{Writers, judge, longest_gap},
};
use crate::run;

#[test]
fn promotion_loses_nothing() {
    let _alone = alone();
    let mut cluster = Cluster::durable().with_standby();
    let url = cluster.url_of_both("postgres");
    let world = World::on(&url);
    let nodes = [(); 2].map(|()| world.node(&settings(&url)));
    let writers = Writers::start(&world, &nodes, 32);
    let (kills, each) = if run::is_full() { (4, 5_000) } else { (1, 400) };
    let mut outage = Duration::ZERO;
    for kill in 0..kills {
        if kill > 0 {
            cluster.rejoin();
        }
        writers.await_more(each / 2);
        let start = Instant::now();
        cluster.kill_primary();
        cluster.promote();
        outage = outage.max(start.elapsed());
        writers.await_more(each / 2);
    }
    let told = writers.end();
    let tally = judge(&told, &world.export(&url)).unwrap_or_else(|why| panic!("{why}"));
    let gap = longest_gap(&told);
    run::report(
        "PostgreSQL, primary killed",
        &format!(
            "{kills} kills under 32 writers through 2 nodes, {} changes acknowledged, 0 lost, 0 doubled, \
             {} unknown ({} had happened), {} refused; kill and promotion {outage:.2?}, longest gap {gap:.2?}",
            tally.acknowledged, tally.unknown, tally.happened, tally.refused
        ),
    );
    assert!(tally.acknowledged >= kills * each);
    assert!(
        tally.unknown <= kills * CONNECTIONS,
        "one for each connection at most"
    );
    if run::is_full() {
        assert!(
            gap <= outage + Duration::from_secs(1),
            "{gap:?}, {outage:?}"
        );
    }
}

/// Through a pgbouncer, which keeps its clients' connections when its server goes.
#[test]
fn old_primary_that_only_reads_is_left() {
    let _alone = alone();
    let mut cluster = Cluster::durable().with_standby();
    let bouncer = cluster.pgbouncer().url("postgres");
    let url = cluster.url_of_both("postgres");
    let world = World::on(&url);
    // The pgbouncer before the old primary, then both.
    let hosts = url.replacen("@", &format!("@{},", host(&bouncer)), 1);
    let node = world.node(&settings(&hosts));
    // Connections enough to fill the pool.
    let names: Vec<_> = (0..8).map(|number| format!("Before {number}")).collect();
    RUNTIME.block_on(async {
        let calls = names.iter().map(|name| {
            let (node, user) = (node.clone(), world.user(name));
            tokio::spawn(async move { node.create_acs_user(user).await })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.expect("no panic").expect("created");
        }
    });
    cluster.kill_primary();
    cluster.promote();
    cluster.rejoin();
    let read_only = "select pg_is_in_recovery()";
    until("the pgbouncer leads to the standby", || {
        std::panic::catch_unwind(|| sql(&bouncer, read_only)).is_ok_and(|answer| answer == "t")
    });
    let (created, took) = time(|| RUNTIME.block_on(node.create_acs_user(world.user("After"))));
    created.expect("the new primary is found");
    for number in 0..8 {
        let user = world.user(&format!("After {number}"));
        RUNTIME
            .block_on(node.create_acs_user(user))
            .expect("nobody meets the old one again");
    }
    run::report(
        "PostgreSQL, old primary only reads",
        &format!(
            "8 connections through pgbouncer, 9 of 9 changes made, the first after {took:.2?}"
        ),
    );
    assert!(
        took <= Duration::from_secs(if run::is_full() { 2 } else { 5 }),
        "{took:?}"
    );
}

fn host(url: &str) -> &str {
    let (_, rest) = url.split_once('@').expect("a user");
    rest.split_once('/').expect("a database").0
}

/// Of both nodes.
const CONNECTIONS: usize = 16;
