//! The network between node and database is cut: packets vanish, and nobody is told.

use std::time::{Duration, Instant};

use access_groups_tests::cluster::Cluster;

use super::{
    World, alone, settings,
    writers::{Writers, judge, slowest_call},
};
use crate::run;

#[test]
fn cut_network_holds_nobody() {
    let _alone = alone();
    let cluster = match Cluster::behind_link() {
        Ok(cluster) => cluster,
        Err(why) => return run::report("PostgreSQL, network cut", &format!("NOT RUN: {why}")),
    };
    let url = format!("{}?sslmode=disable", cluster.url("postgres"));
    let world = World::on(&url);
    let (limit, cuts): (_, &[u64]) = match run::is_full() {
        true => (Duration::from_secs(5), &[10, 60]),
        false => (Duration::from_secs(2), &[6]),
    };
    let node = world.node(&settings(&url).with_limit(limit));
    let writers = Writers::start(&world, &[node], 16, "Writer");
    let recovery = cuts.iter().map(|seconds| cut(&cluster, *seconds, &writers));
    let recovery = recovery.max().expect("a cut");
    let told = writers.end();
    // A session that says nothing in a transaction ends after 5 s.
    let old = "select count(*) from pg_stat_activity where xact_start < now() - interval '6 seconds' \
               and backend_type = 'client backend'";
    assert_eq!(cluster.sql("postgres", old), "0", "no lock is left");
    let tally = judge(&told, &world.export(&url)).unwrap_or_else(|why| panic!("{why}"));
    let slowest = slowest_call(&told);
    run::report(
        "PostgreSQL, network cut",
        &format!(
            "cut for {cuts:?} s under 16 writers, {} changes acknowledged, 0 lost, {} refused, {} unknown ({} \
             had happened); the slowest call took {slowest:.2?}, the first success came {recovery:.2?} after \
             the link",
            tally.acknowledged, tally.refused, tally.unknown, tally.happened
        ),
    );
    assert!(tally.refused > 0, "the cut was noticed");
    // Threads of a busy machine wait for their turn; that they wait for the link is another matter.
    let slack = if run::is_full() { 500 } else { 2_000 };
    assert!(
        slowest <= limit + Duration::from_millis(slack),
        "{slowest:?}"
    );
    if run::is_full() {
        assert!(recovery <= Duration::from_secs(2), "{recovery:?}");
    }
}

/// Cuts the link for so many seconds. How long afterwards nobody was answered.
fn cut(cluster: &Cluster, seconds: u64, writers: &Writers) -> Duration {
    writers.await_more(100);
    cluster.cut_link();
    std::thread::sleep(Duration::from_secs(seconds));
    cluster.mend_link();
    let mended = Instant::now();
    writers.await_more(1);
    let recovery = mended.elapsed();
    writers.await_more(100);
    recovery
}
