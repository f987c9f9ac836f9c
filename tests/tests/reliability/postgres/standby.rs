//! The synchronous standby is away: a commit waits, and is no success before the standby has it.

use std::time::Duration;

use access_groups_core::prelude::*;
use access_groups_tests::cluster::{Cluster, sql, until};

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

/// The administrator ends the session whose commit waits. It is committed then, but only here.
#[test]
fn ended_wait_is_no_success() {
    let _alone = alone();
    let mut cluster = Cluster::durable().with_standby();
    let url = cluster.url("postgres");
    let world = World::on(&url);
    let node = world.node(&settings(&url).with_limit(LIMIT));
    let ada = RUNTIME
        .block_on(node.create_acs_user(world.user("Ada")))
        .expect("created")
        .acs_user_id;
    for (how, is_answered) in [("pg_terminate_backend", false), ("pg_cancel_backend", true)] {
        RUNTIME
            .block_on(node.remove_user(ada, world.group))
            .expect("removed");
        cluster.stop_receiver();
        let call = {
            let (node, group) = (node.clone(), world.group);
            RUNTIME.spawn(async move { node.add_user(ada, group).await })
        };
        until("the commit waits", || sql(&url, WAITING) == "1");
        sql(
            &url,
            &format!("select {how}(pid) from pg_stat_activity where wait_event = 'SyncRep'"),
        );
        let error = RUNTIME
            .block_on(call)
            .expect("no panic")
            .expect_err("the standby does not have it");
        assert!(error.is_ambiguous(), "{how}: {error}");
        if is_answered {
            assert_eq!(error.code(), Some("store_not_replicated"), "{how}: {error}");
        }
        // What is committed here only is no success for the next one either.
        let again = RUNTIME.block_on(node.add_user(ada, world.group));
        again.expect_err("the standby still does not have it");
        cluster.continue_receiver();
        RUNTIME
            .block_on(node.add_user(ada, world.group))
            .expect("now it has");
    }
    run::report(
        "PostgreSQL, wait for the standby ended",
        "2 ways, 4 calls, none answered as made before the standby has it",
    );
}

/// How many changes of this kind the history has.
fn entries(url: &str, operation: &str) -> String {
    sql(
        url,
        &format!("select count(*) from access_groups.history where operation = '{operation}'"),
    )
}

const WAITING: &str = "select count(*) from pg_stat_activity where wait_event = 'SyncRep'";

/// How long a call may take here.
const LIMIT: Duration = Duration::from_secs(2);

/// For threads that wait for their turn on a busy machine.
const SLACK: Duration = Duration::from_millis(500);
