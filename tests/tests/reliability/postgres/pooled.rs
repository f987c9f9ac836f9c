//! Many more clients than connections to the database: a pgbouncer shares eight among two hundred.

use std::time::{Duration, Instant};

use access_groups_postgres::Statements;
use access_groups_tests::cluster::Cluster;

use super::{
    World, alone, settings,
    writers::{Told, Writers, judge, slowest_call},
};
use crate::run;

#[test]
fn two_hundred_share_eight_connections() {
    let _alone = alone();
    let cluster = Cluster::durable();
    let url = cluster.url("postgres");
    let world = World::on(&url);
    let bouncer = cluster.pgbouncer();
    // One in eight is left for reads.
    let pooled = settings(&bouncer.url("postgres")).with_connections(229);
    let direct = settings(&url)
        .with_statements(Statements::Unnamed)
        .with_connections(9)
        .with_wait(Duration::from_secs(5));
    let (mut told, mut rates) = (Vec::new(), Vec::new());
    for (settings, names) in [(direct, "Direct"), (pooled, "Pooled")] {
        let writers = Writers::start(&world, &[world.node(&settings)], CLIENTS, names);
        writers.await_more(2 * CLIENTS);
        let (start, changes) = (Instant::now(), if run::is_full() { 20_000 } else { 2_000 });
        writers.await_more(changes);
        rates.push(changes as f64 / start.elapsed().as_secs_f64());
        told.extend(writers.end());
    }
    let sessions = "select count(*) from pg_stat_activity where application_name = 'access-groups'";
    let sessions: usize = cluster.sql("postgres", sessions).parse().expect("a number");
    let tally = judge(&told, &world.export(&url)).unwrap_or_else(|why| panic!("{why}"));
    let slowest = slowest_call(&told);
    run::report(
        "PostgreSQL, 200 clients through pgbouncer",
        &format!(
            "{} changes acknowledged through 8 connections, {} refused, {} unknown, the slowest took \
             {slowest:.2?}; {:.0} changes/s, {:.0} without it, {:.2} of that",
            tally.acknowledged,
            tally.refused,
            tally.unknown,
            rates[1],
            rates[0],
            rates[1] / rates[0]
        ),
    );
    let errors: Vec<_> = told.iter().flat_map(Told::errors).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert!(sessions <= 8 + 9, "{sessions}");
}

const CLIENTS: usize = 200;
