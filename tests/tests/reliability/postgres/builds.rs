//! Two builds of the server at once, of which one knows a further step of the schema.

use std::sync::LazyLock;

use access_groups_core::{ErrorKind, Store};
use access_groups_postgres::Database;
use access_groups_sql::Step;
use access_groups_tests::cluster::Cluster;

use super::{
    RUNTIME, World, alone, settings, time,
    writers::{Writers, judge},
};
use crate::run;

#[test]
fn older_build_serves_through_a_migration() {
    let _alone = alone();
    let cluster = Cluster::durable();
    let url = cluster.url("postgres");
    let world = World::on(&url);
    let old = world.node(&settings(&url));
    let writers = Writers::start(&world, &[old], 8, "Old");
    writers.await_more(100);
    let settings = settings(&url);
    let (made, took) = time(|| RUNTIME.block_on(Database::migrate_to(&settings, &EXPANDED)));
    assert_eq!(made.expect("the step is made"), 1);
    let new = RUNTIME.block_on(Database::connect_knowing(&settings, &EXPANDED));
    let new = world.port(&new.expect("all its steps are there"));
    let newer = Writers::start(&world, &[new], 8, "New");
    newer.await_more(100);
    writers.await_more(100);
    // An older one that begins now, too.
    RUNTIME
        .block_on(Database::connect(&settings))
        .expect("it still can");
    let told = [writers.end(), newer.end()].concat();
    let refused: Vec<_> = told.iter().flat_map(|told| &told.refused).collect();
    assert!(refused.is_empty(), "{refused:?}");

    RUNTIME
        .block_on(Database::migrate_to(&settings, &CONTRACTED))
        .expect("the step is made");
    let error = RUNTIME
        .block_on(Database::connect(&settings))
        .expect_err("it must not");
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Unsupported, Some("store_newer")),
        "{error}"
    );
    let site = RUNTIME.block_on(async {
        let database = Database::connect_knowing(&settings, &CONTRACTED)
            .await
            .expect("it knows");
        let port = database.port(world.id).await.expect("read").expect("there");
        port.export().await.expect("it can be read")
    });
    let tally = judge(&told, &site).unwrap_or_else(|why| panic!("{why}"));
    run::report(
        "PostgreSQL, two builds",
        &format!(
            "{} changes acknowledged by both, 0 lost, 0 refused while a step was made in {took:.2?}; after a \
             step that it cannot read, the older one does not start",
            tally.acknowledged
        ),
    );
}

/// With a column that older builds do not know, and need not.
pub(super) static EXPANDED: LazyLock<Vec<Step>> = LazyLock::new(|| {
    let known = u32::try_from(Database::steps().len()).expect("few");
    let mut steps = Database::steps().to_vec();
    steps.push(Step {
        name: "a column that older builds need not know",
        reads_from: known,
        sql: "ALTER TABLE access_groups.acs_user ADD COLUMN badge text",
    });
    steps
});

/// With a step after which older builds must not work.
static CONTRACTED: LazyLock<Vec<Step>> = LazyLock::new(|| {
    let mut steps = EXPANDED.clone();
    steps.push(Step {
        name: "a step that older builds must know",
        reads_from: u32::try_from(steps.len() + 1).expect("few"),
        sql: "ALTER TABLE access_groups.acs_user ALTER COLUMN badge SET DEFAULT ''",
    });
    steps
});
