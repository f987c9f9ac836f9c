//! The synchronous standby is away: a commit waits, and is no success before the standby has it.

use std::time::Duration;

use access_groups_core::prelude::*;
use access_groups_tests::cluster::{Cluster, sql};

use super::{RUNTIME, World, alone, settings, time};
use crate::run;

#[test]
fn waiting_commit_is_no_success() {
    let _alone = alone();
    let mut cluster = Cluster::durable().with_standby();
    let url = cluster.url("postgres");
    let world = World::on(&url);
    let node = world.node(&settings(&url).with_limit(LIMIT));
    let ada = RUNTIME
        .block_on(node.create_acs_user(world.user("Ada")))
        .expect("created")
        .acs_user_id;

    cluster.stop_receiver();
    let mut slowest = Duration::ZERO;
    let mut answers = Vec::new();
    // The second call waits for the row that the first one has locked, or finds it made.
    for _ in 0..3 {
        let (added, took) = time(|| RUNTIME.block_on(node.add_user(ada, world.group)));
        let error = added.expect_err("the standby does not have it");
        assert!(took >= LIMIT / 2, "after {took:?}: {error}");
        slowest = slowest.max(took);
        answers.push(error);
    }
    let first = &answers[0];
    assert_eq!(
        (first.kind(), first.is_ambiguous()),
        (ErrorKind::TimedOut, true),
        "{first}"
    );

    cluster.continue_receiver();
    RUNTIME
        .block_on(node.add_user(ada, world.group))
        .expect("now it has");
    assert_eq!(entries(&url, "add_user"), "1", "made once");
    run::report(
        "PostgreSQL, standby away",
        &format!(
            "3 calls, none answered as made; the slowest took {slowest:.2?} of {LIMIT:?}; the same call \
             afterwards: made once"
        ),
    );
    assert!(slowest <= LIMIT + SLACK, "{slowest:?}");
}

/// How many changes of this kind the history has.
fn entries(url: &str, operation: &str) -> String {
    sql(
        url,
        &format!("select count(*) from access_groups.history where operation = '{operation}'"),
    )
}

pub(super) const WAITING: &str =
    "select count(*) from pg_stat_activity where wait_event = 'SyncRep'";

/// How long a call may take here.
const LIMIT: Duration = Duration::from_secs(2);

/// For threads that wait for their turn on a busy machine.
const SLACK: Duration = Duration::from_millis(500);
