//! What migrates a large database holds nobody up who uses it.

use std::{sync::Arc, time::Duration};

use access_groups_core::prelude::*;
use access_groups_postgres::{Database, Postgres};
use access_groups_tests::cluster::Cluster;
use tokio::{
    runtime::Handle,
    sync::oneshot,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
};

use super::{RUNTIME, World, alone, builds::EXPANDED, settings, time};
use crate::run;

#[test]
fn migration_of_many_rows_holds_up_nobody() {
    let _alone = alone();
    let cluster = Cluster::start();
    let url = cluster.url("postgres");
    let world = World::on(&url);
    let user = RUNTIME.block_on(
        world
            .node(&settings(&url))
            .create_acs_user(world.user("Ada")),
    );
    let user = user.expect("created").acs_user_id;
    let people = if run::is_full() { 1_000_000 } else { 20_000 };
    for statement in [
        copies(people),
        // As another version folds, so that each text must be made anew.
        "UPDATE access_groups.acs_user SET fold = 0".to_owned(),
        "DROP INDEX access_groups.acs_user_folded".to_owned(),
        "VACUUM ANALYZE access_groups.acs_user".to_owned(),
    ] {
        cluster.sql("postgres", &statement);
    }

    let calls = Calls {
        node: world.node(&settings(&url)),
        user,
        group: world.group,
    };
    let calm = Load::start(&calls);
    RUNTIME.block_on(async { tokio::time::sleep(CALM).await });
    let calm = calm.end();
    let load = Load::start(&calls);
    let (made, took) = time(|| RUNTIME.block_on(Database::migrate_to(&settings(&url), &EXPANDED)));
    let load = load.end();
    assert_eq!(made.expect("the step is made"), 1);

    let folds = "SELECT count(*) FROM access_groups.acs_user WHERE fold = 0";
    assert_eq!(
        cluster.sql("postgres", folds),
        "0",
        "each text is made anew"
    );
    let index = "SELECT indisvalid FROM pg_index \
                 WHERE indexrelid = 'access_groups.acs_user_folded'::regclass";
    assert_eq!(
        cluster.sql("postgres", index),
        "t",
        "the index is made anew"
    );
    assert_eq!(load.refused, [""; 0], "while it migrated");
    assert_eq!(calm.refused, [""; 0], "before");
    for (answers, least) in [(&calm, CALLS_BEFORE), (&load, calls_meanwhile())] {
        let count = answers.took.len();
        assert!(count >= least, "{count} calls, where {least} were to be");
    }
    let slowest = load.slowest();
    assert!(slowest < HELD_UP, "one call took {slowest:?}");
    let (usual, meanwhile) = (calm.of_hundred(99), load.of_hundred(99));
    // A small run shares its machine with other tests.
    if run::is_full() {
        assert!(
            meanwhile <= 3 * usual,
            "99 of 100 within {meanwhile:?}, before it {usual:?}"
        );
    }
    run::report(
        "PostgreSQL, migration of many rows",
        &format!(
            "{people} users in {took:.2?}: {} calls meanwhile, 0 refused; 99 of 100 within \
             {meanwhile:.2?}, before it {usual:.2?}; the slowest took {slowest:.2?}",
            load.took.len(),
        ),
    );
}

/// The only user, so many times more, each with an id and a name of its own.
fn copies(people: u32) -> String {
    format!(
        "INSERT INTO access_groups.acs_user SELECT copy.* FROM access_groups.acs_user AS one, \
         LATERAL (SELECT gen_random_uuid() AS id FROM generate_series(1, {people})) AS new, \
         LATERAL (SELECT md5(new.id::text) AS name) AS named, \
         LATERAL jsonb_populate_record(one, jsonb_build_object('id', new.id, \
             'folded', named.name, 'body', replace(replace(one.body, one.id::text, new.id::text), \
             '\"Ada\"', '\"' || named.name || '\"'))) AS copy"
    )
}

/// What is called, in turns: changes of a membership and of the user, a read, and the changes back.
#[derive(Clone)]
struct Calls {
    node: Postgres,
    user: AcsUserId,
    group: AccessGroupId,
}

impl Calls {
    async fn make(&self, number: usize) -> Result<(), Error> {
        let (user, group) = (self.user, self.group);
        match number % 5 {
            0 => self.node.add_user(user, group).await,
            1 => self.node.suspend_acs_user(user).await,
            2 => self.node.acs_user(user).await.map(drop),
            3 => self.node.unsuspend_acs_user(user).await,
            _ => self.node.remove_user(user, group).await,
        }
    }
}

/// A hundred calls a second, whether those before are answered or not.
struct Load {
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<Answers>,
}

impl Load {
    fn start(calls: &Calls) -> Self {
        let (stop, mut stopped) = oneshot::channel();
        let calls = Arc::new(calls.clone());
        let task = RUNTIME.spawn(async move {
            let mut ticks = interval(Duration::from_millis(10));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut answers = JoinSet::new();
            for number in 0.. {
                tokio::select! {
                    _ = &mut stopped => break,
                    _ = ticks.tick() => {}
                }
                let calls = calls.clone();
                answers.spawn_on(
                    async move {
                        let start = Instant::now();
                        (calls.make(number).await, start.elapsed())
                    },
                    &Handle::current(),
                );
            }
            Answers::of(answers.join_all().await)
        });
        Self { stop, task }
    }

    fn end(self) -> Answers {
        drop(self.stop);
        RUNTIME.block_on(self.task).expect("no panic")
    }
}

/// What came of the calls.
struct Answers {
    refused: Vec<String>,
    /// In order.
    took: Vec<Duration>,
}

impl Answers {
    fn of(answers: Vec<(Result<(), Error>, Duration)>) -> Self {
        let mut took: Vec<_> = answers.iter().map(|(_, took)| *took).collect();
        took.sort_unstable();
        let refused = answers.into_iter().filter_map(|(answer, _)| answer.err());
        Self {
            refused: refused.map(|error| error.to_string()).collect(),
            took,
        }
    }

    /// What so many of a hundred did not exceed.
    fn of_hundred(&self, count: usize) -> Duration {
        let last = self.took.len().saturating_sub(1);
        self.took
            .get(last * count / 100)
            .copied()
            .unwrap_or_default()
    }

    fn slowest(&self) -> Duration {
        self.of_hundred(100)
    }
}

/// How many calls there are at least before anything is migrated: a third of what the clock asks for.
const CALLS_BEFORE: usize = 100;

/// How many there are at least while it migrates. The full run takes minutes, the other one a second.
fn calls_meanwhile() -> usize {
    if run::is_full() { 1_000 } else { 10 }
}

/// How long calls are timed before anything is migrated.
const CALM: Duration = Duration::from_secs(3);

/// A step waits for a table for no longer, and everybody else behind it.
const HELD_UP: Duration = Duration::from_secs(3);
