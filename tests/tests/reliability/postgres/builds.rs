//! Two builds of the server at once, of which one knows a further step of the schema: the older one is the
//! program as it is built today, in processes of its own; the newer one is in the process of the test.

use std::sync::LazyLock;

use access_groups_core::Store;
use access_groups_http_async::Client;
use access_groups_postgres::{Database, Postgres};
use access_groups_protocol::{ProxyVars, RetryPolicy};
use access_groups_sql::Step;
use access_groups_tests::cluster::Cluster;

use super::{
    RUNTIME, World, alone, settings, time,
    writers::{Writers, judge},
};
use crate::{
    losses::server::{KEY, Server, operate},
    run,
};

#[test]
fn older_build_serves_through_a_migration() {
    let _alone = alone();
    let cluster = Cluster::durable();
    let url = cluster.url("postgres");
    let world = World::on(&url);
    let old = Server::on_database(&url);
    let writers = Writers::start(&world, &[client(&old)], 8, "Old");
    writers.await_more(100);
    let settings = settings(&url);
    let (made, took) = time(|| RUNTIME.block_on(Database::migrate_to(&settings, &EXPANDED)));
    assert_eq!(made.expect("the step is made"), 1);
    let newer = Writers::start(&world, &[node(&world, &url, &EXPANDED)], 8, "New");
    newer.await_more(100);
    writers.await_more(100);
    // An older one that begins now, too.
    assert_eq!(Server::on_database(&url).health(), [200, 200]);
    let told = [writers.end(), newer.end()].concat();
    for told in &told {
        let open = (&told.refused, &told.unknown);
        assert!(open.0.is_empty() && open.1.is_empty(), "{open:?}");
    }

    RUNTIME
        .block_on(Database::migrate_to(&settings, &CONTRACTED))
        .expect("the step is made");
    check_stopped(old, &url);
    let site = RUNTIME.block_on(node(&world, &url, &CONTRACTED).export());
    let tally = judge(&told, &site.expect("read")).unwrap_or_else(|why| panic!("{why}"));
    run::report(
        "PostgreSQL, two builds",
        &format!(
            "{} changes acknowledged by both, in processes of their own, 0 lost, 0 refused while a step was \
             made in {took:.2?}; after a step that it cannot read, the older one is not ready and does not start",
            tally.acknowledged
        ),
    );
}

/// It serves no more, and says which one is newer; so do those that begin.
fn check_stopped(mut old: Server, url: &str) {
    old.line(NEWER);
    assert_eq!(old.health(), [503, 200]);
    let known = Database::steps().len();
    let found = format!("schema {}", CONTRACTED.len());
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["migrate"]] {
        let words = operate(url, command).expect_err("it must not");
        let says = [NEWER, &found, &format!("knows {known}")];
        assert!(says.iter().all(|text| words.contains(text)), "{words}");
    }
}

/// A client that tries once: what it is told is what the server has answered.
fn client(server: &Server) -> Client {
    let once = RetryPolicy::default().with_attempts(std::num::NonZeroU32::MIN);
    let client = Client::builder(KEY).endpoint(&*server.url);
    let client = client.retry_policy(once).proxy_vars(ProxyVars::default());
    client.build().expect("a client")
}

/// A node of a build with these steps.
fn node(world: &World, url: &str, steps: &'static [Step]) -> Postgres {
    let database = RUNTIME.block_on(Database::connect_knowing(&settings(url), steps));
    world.port(&database.expect("all its steps are there"))
}

/// How an older build says which one is newer.
const NEWER: &str = "use that version or a newer one";

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
