//! The primary is killed, and its synchronous standby takes over.

use std::time::{Duration, Instant};

use access_groups_core::prelude::*;
use access_groups_postgres::Postgres;
use access_groups_tests::cluster::{Cluster, until};

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
    let writers = Writers::start(&world, &nodes, 32, "Writer");
    let (kills, each) = if run::is_full() { (4, 5_000) } else { (1, 400) };
    let mut outage = Duration::ZERO;
    for kill in 0..kills {
        if kill > 0 {
            cluster.rejoin();
        }
        writers.await_more(each / 2);
        // Every other time the standby is behind, so that what nobody waited for is lost.
        let is_behind = kill % 2 == 0;
        outage = outage.max(take_over(&mut cluster, is_behind));
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

/// Kills the primary, and promotes the standby. How long that took.
fn take_over(cluster: &mut Cluster, is_behind: bool) -> Duration {
    let start = Instant::now();
    if is_behind {
        cluster.stop_receiver();
        until("commits wait", || cluster.sql("postgres", WAITING) != "0");
    }
    cluster.kill_primary();
    if is_behind {
        cluster.end_receiver();
    }
    cluster.promote();
    start.elapsed()
}

/// Behind a pgbouncer, which keeps the connections of its clients: one moment they can write, the next they
/// cannot.
#[test]
fn server_that_only_reads_is_left() {
    let _alone = alone();
    let cluster = Cluster::durable().with_standby();
    let bouncer = cluster.pgbouncer();
    let primary = cluster.url("postgres");
    let world = World::on(&primary);
    // Two ways to the primary, of which the first is preferred.
    let both = both_ways(&primary, &bouncer.url("postgres"));
    let node = world.node(&settings(&both));
    create_at_once(&world, &node, "Before").unwrap_or_else(|error| panic!("{error}"));
    cluster.turn_to_standby(&bouncer);
    let (created, took) = time(|| create_at_once(&world, &node, "After"));
    created.unwrap_or_else(|error| panic!("the way to the primary is found: {error}"));
    run::report(
        "PostgreSQL, server that only reads",
        &format!(
            "8 connections through pgbouncer, 8 of 8 changes made through others within {took:.2?}"
        ),
    );
    assert!(took <= Duration::from_secs(2), "{took:?}");
}

/// As above, but nobody writes, so that nothing fails.
#[test]
fn reads_leave_a_server_that_only_reads() {
    let _alone = alone();
    let cluster = Cluster::durable().with_standby();
    let bouncer = cluster.pgbouncer();
    let primary = cluster.url("postgres");
    let world = World::on(&primary);
    let both = both_ways(&primary, &bouncer.url("postgres"));
    let node = world.node(&settings(&both));
    create_at_once(&world, &node, "Before").unwrap_or_else(|error| panic!("{error}"));
    // The standby gets everything, and from now on shows nothing of it.
    cluster.sql_of_standby("postgres", "select pg_wal_replay_pause()");
    cluster.turn_to_standby(&bouncer);
    let other = world.node(&settings(&primary));
    let start = Instant::now();
    RUNTIME
        .block_on(other.create_acs_user(world.user("After")))
        .expect("created");
    let mut reads = 0;
    let count = || {
        let page = node.acs_users(AcsUserFilter::default(), PageRequest::default());
        RUNTIME.block_on(page).expect("it can be read").items.len()
    };
    while count() < 9 {
        reads += 1;
        assert!(
            start.elapsed() < Duration::from_secs(6),
            "{reads} reads of an old state"
        );
    }
    run::report(
        "PostgreSQL, reads of a server that only reads",
        &format!("{reads} saw an old state, for {:.2?}", start.elapsed()),
    );
}

/// As many as there are connections.
fn create_at_once(world: &World, node: &Postgres, name: &str) -> Result<(), Error> {
    let calls = (0..8).map(|number| {
        let (node, user) = (node.clone(), world.user(&format!("{name} {number}")));
        RUNTIME.spawn(async move { node.create_acs_user(user).await })
    });
    let calls: Vec<_> = calls.collect();
    calls.into_iter().try_for_each(|call| {
        let created = RUNTIME.block_on(call).expect("no panic");
        created.map(drop)
    })
}

/// One URL for two, of which the first is preferred.
pub(super) fn both_ways(url: &str, preferred: &str) -> String {
    url.replacen('@', &format!("@{},", host(preferred)), 1)
}

fn host(url: &str) -> &str {
    let (_, rest) = url.split_once('@').expect("a user");
    rest.split_once('/').expect("a database").0
}

const WAITING: &str = "select count(*) from pg_stat_activity where wait_event = 'SyncRep'";

/// Of both nodes.
const CONNECTIONS: usize = 16;
