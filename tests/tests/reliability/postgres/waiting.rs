//! The synchronous standby is away for a while, under many writers: commits wait at the server, which would be
//! full of them soon.

use std::time::{Duration, Instant};

use access_groups_core::prelude::*;
use access_groups_tests::cluster::{Cluster, until};

use super::{
    RUNTIME, World, alone, settings,
    standby::WAITING,
    writers::{Writers, judge},
};
use crate::run;

#[test]
fn waiting_commits_leave_room() {
    let _alone = alone();
    let mut cluster = Cluster::durable().with_standby();
    let url = cluster.url("postgres");
    let world = World::on(&url);
    // So that many more of them would come than there are connections.
    let node = world.node(&settings(&url).with_limit(Duration::from_secs(1)));
    let writers = Writers::start(&world, std::slice::from_ref(&node), 32, "Writer");
    writers.await_more(100);
    cluster.stop_receiver();
    until("commits wait", || cluster.sql("postgres", WAITING) != "0");
    let away = Duration::from_secs(if run::is_full() { 60 } else { 10 });
    let start = Instant::now();
    let (mut most, mut reads, mut slowest) = (0, 0, Duration::ZERO);
    while start.elapsed() < away {
        let sessions = cluster.sql("postgres", SESSIONS);
        most = most.max(sessions.parse().expect("a number"));
        let began = Instant::now();
        let members = RUNTIME.block_on(node.users_in_group(world.group));
        members.unwrap_or_else(|error| panic!("reads go on: {error}"));
        (reads, slowest) = (reads + 1, slowest.max(began.elapsed()));
    }
    cluster.continue_receiver();
    writers.await_more(100);
    let told = writers.end();
    let tally = judge(&told, &world.export(&url)).unwrap_or_else(|why| panic!("{why}"));
    run::report(
        "PostgreSQL, writers while the standby is away",
        &format!(
            "away for {away:?} under 32 writers, {most} sessions at most, {reads} of {reads} reads answered within \
             {slowest:.2?}; {} changes acknowledged, 0 lost, {} refused, {} unknown ({} had happened)",
            tally.acknowledged, tally.refused, tally.unknown, tally.happened
        ),
    );
    assert!(most <= CONNECTIONS, "{most} sessions");
    assert!(tally.unknown > 0, "commits have waited");
}

/// Those of nodes.
const SESSIONS: &str =
    "select count(*) from pg_stat_activity where application_name = 'access-groups'";

/// Of the node.
const CONNECTIONS: usize = 8;
