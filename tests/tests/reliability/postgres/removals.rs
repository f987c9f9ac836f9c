//! What is to be gone is gone where it counts: a removal that finds nothing to do may have looked at a server
//! that is not the one that changes are made on, or not any more.

use std::time::{Duration, Instant};

use access_groups_core::prelude::*;
use access_groups_postgres::Postgres;
use access_groups_tests::cluster::{Cluster, sql, until};

use super::{RUNTIME, World, alone, primary::both_ways, settings, standby::WAITING};
use crate::run;

/// A change between a user and something, and whether it gives or takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pair {
    Add,
    Remove,
    Grant,
    Revoke,
}

impl Pair {
    const ALL: [Self; 4] = [Self::Add, Self::Remove, Self::Grant, Self::Revoke];

    /// What brings about that this changes something.
    fn undone(self) -> Self {
        match self {
            Self::Add => Self::Remove,
            Self::Remove => Self::Add,
            Self::Grant => Self::Revoke,
            Self::Revoke => Self::Grant,
        }
    }

    async fn make(self, node: &Postgres, world: &World, user: AcsUserId) -> Result<(), Error> {
        match self {
            Self::Add => node.add_user(user, world.group).await,
            Self::Remove => node.remove_user(user, world.group).await,
            Self::Grant => node.grant_access(user, world.door).await,
            Self::Revoke => node.revoke_access(user, world.door).await,
        }
    }
}

/// The administrator ends the session whose commit waits. It is committed then, but only here.
#[test]
fn ended_wait_is_no_success() {
    let _alone = alone();
    let mut cluster = Cluster::durable().with_standby();
    let url = cluster.url("postgres");
    let world = World::on(&url);
    let node = world.node(&settings(&url).with_limit(LIMIT));
    let ada = create(&world, &node, "Ada");
    let make = |pair: Pair| RUNTIME.block_on(pair.make(&node, &world, ada));
    let mut calls = 0;
    for pair in Pair::ALL {
        for (how, is_answered) in [("pg_terminate_backend", false), ("pg_cancel_backend", true)] {
            make(pair.undone()).expect("undone");
            cluster.stop_receiver();
            let call = {
                let (node, world) = (node.clone(), world.clone());
                RUNTIME.spawn(async move { pair.make(&node, &world, ada).await })
            };
            until("the commit waits", || sql(&url, WAITING) == "1");
            let end = "from pg_stat_activity where wait_event = 'SyncRep'";
            sql(&url, &format!("select {how}(pid) {end}"));
            let error = RUNTIME
                .block_on(call)
                .expect("no panic")
                .expect_err("the standby does not have it");
            assert!(error.is_ambiguous(), "{pair:?}, {how}: {error}");
            if is_answered {
                let code = error.code();
                assert_eq!(code, Some("store_not_replicated"), "{pair:?}: {error}");
            }
            // What is committed here only is no success for the next one either.
            let again = make(pair);
            assert!(again.is_err(), "{pair:?}, {how}: not on the standby");
            cluster.continue_receiver();
            make(pair).expect("now it has");
            calls += 2;
        }
    }
    run::report(
        "PostgreSQL, wait for the standby ended",
        &format!(
            "4 kinds of changes, 2 ways, {calls} calls, none answered as made before the standby has it"
        ),
    );
}

/// The old primary is cut off together with a node, and goes on; its standby is the new one.
#[test]
fn cut_off_primary_removes_nothing() {
    let _alone = alone();
    let mut cluster = Cluster::durable().with_standby();
    let old = cluster.url("postgres");
    let world = World::on(&old);
    let cut_off = world.node(&settings(&old).with_limit(LIMIT));
    let ada = create(&world, &cut_off, "Ada");
    cluster.promote();
    let new = cluster.url("postgres");
    let node = world.node(&settings(&new));
    let mut refused = 0;
    for pair in [Pair::Add, Pair::Grant] {
        let make = |pair: Pair, node: &Postgres| RUNTIME.block_on(pair.make(node, &world, ada));
        make(pair, &node).expect("the new primary has no standby");
        let error = make(pair.undone(), &cut_off).expect_err("the access stays");
        assert!(error.is_ambiguous(), "{pair:?}: {error}");
        refused += 1;
    }
    run::report(
        "PostgreSQL, removal on a primary that is cut off",
        &format!("{refused} removals of what it has not seen, none answered as made"),
    );
}

/// A pgbouncer leads to the standby from one moment to the next, which is behind.
#[test]
fn standby_behind_removes_nothing() {
    let _alone = alone();
    let cluster = Cluster::durable().with_standby();
    let primary = cluster.url("postgres");
    let world = World::on(&primary);
    let other = world.node(&settings(&primary));
    let ada = create(&world, &other, "Ada");
    let all = cluster.sql("postgres", "select pg_current_wal_lsn()");
    until("the standby shows everything", || {
        let shows = format!("select pg_last_wal_replay_lsn() >= '{all}'");
        cluster.sql_of_standby("postgres", &shows) == "t"
    });
    cluster.sql_of_standby("postgres", "select pg_wal_replay_pause()");
    let (mut gone, mut believed) = (0, Duration::ZERO);
    for pair in [Pair::Remove, Pair::Revoke] {
        let bouncer = cluster.pgbouncer();
        // Two ways to the primary, of which the first is preferred, and believed for a while.
        let node = world.node(&settings(&both_ways(&primary, &bouncer.url("postgres"))));
        let start = Instant::now();
        RUNTIME
            .block_on(pair.undone().make(&other, &world, ada))
            .expect("given");

        cluster.turn_to_standby(&bouncer);
        believed = believed.max(start.elapsed());

        RUNTIME
            .block_on(pair.make(&node, &world, ada))
            .expect("there is a way to the primary");
        gone += 1;
    }
    let site = world.export(&primary);
    let site: serde_json::Value = serde_json::from_str(&site).expect("a site file");
    for pairs in ["memberships", "grants"] {
        let left = site.get(pairs).and_then(|pairs| pairs.as_array());
        assert!(left.is_none_or(Vec::is_empty), "{pairs}: {left:?}");
    }
    run::report(
        "PostgreSQL, removal on a standby that is behind",
        &format!(
            "{gone} removals of what it has not seen, {believed:.2?} after the connection at most, all made on \
             the primary"
        ),
    );
}

fn create(world: &World, node: &Postgres, name: &str) -> AcsUserId {
    let created = RUNTIME.block_on(node.create_acs_user(world.user(name)));
    created.expect("created").acs_user_id
}

/// How long a call may take here.
const LIMIT: Duration = Duration::from_secs(2);
