//! A node stands still in the middle of a change, with its locks.

use std::{
    env,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use access_groups_core::prelude::*;
use access_groups_tests::cluster::{Cluster, sql, until};
use rustix::process::{Pid, Signal, kill_process};

use super::{RUNTIME, World, alone, settings};
use crate::run;

#[test]
fn frozen_node_holds_nobody_for_long() {
    if let Ok(url) = env::var(TO_BE_FROZEN) {
        return rename_for_ever(&url);
    }
    let _alone = alone();
    let cluster = Cluster::durable();
    let url = cluster.url("postgres");
    let world = World::on(&url);
    let node = world.node(&settings(&url));
    let ada = RUNTIME.block_on(node.create_acs_user(world.user("Ada")));
    let ada = ada.expect("created").acs_user_id;
    let frozen = Frozen::start(&url);
    let (start, mut calls) = (Instant::now(), 0);
    let waited = loop {
        calls += 1;
        match RUNTIME.block_on(node.update_acs_user(ada, renamed("Thawed"))) {
            Ok(()) => break start.elapsed(),
            Err(error) => {
                let kind = (error.kind(), error.is_ambiguous());
                assert_eq!(kind, (ErrorKind::TimedOut, false), "{error}");
            }
        }
    };
    let user = RUNTIME
        .block_on(node.acs_user(ada))
        .expect("it can be read");
    assert_eq!(
        user.full_name.as_deref(),
        Some("Thawed"),
        "nothing of the frozen change"
    );
    drop(frozen);
    run::report(
        "PostgreSQL, frozen node",
        &format!("its lock was free after {waited:.2?}, in call {calls} of another node"),
    );
    assert!(
        waited >= Duration::from_secs(1),
        "there was a lock: {waited:?}"
    );
    assert!(waited <= Duration::from_millis(5_200), "{waited:?}");
}

/// A process with a node that stands still within a transaction.
struct Frozen(Child);

impl Frozen {
    fn start(url: &str) -> Self {
        let mut child = Command::new(env::current_exe().expect("this test"));
        child
            .args([
                "--exact",
                "postgres::frozen::frozen_node_holds_nobody_for_long",
            ])
            .env(TO_BE_FROZEN, format!("{url}?application_name=frozen"))
            .stdout(Stdio::null());
        let frozen = Self(child.spawn().expect("it runs"));
        // What it had sent is answered after that time.
        let holds = "select count(*) from pg_stat_activity where application_name = 'frozen' and \
                     state = 'idle in transaction' and state_change < clock_timestamp() - interval '50 ms'";
        until("it holds a lock and stands still", || {
            frozen.signal(Signal::STOP);
            let is_held = sql(url, &format!("select pg_sleep(0.1); {holds}")).trim() == "1";
            if !is_held {
                frozen.signal(Signal::CONT);
            }
            is_held
        });
        frozen
    }

    fn signal(&self, signal: Signal) {
        let process = Pid::from_child(&self.0);
        kill_process(process, signal).expect("it is there");
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// In the other process.
fn rename_for_ever(url: &str) {
    let world = World::standing();
    let node = world.node(&settings(url));
    RUNTIME.block_on(async {
        let users = node
            .acs_users(AcsUserFilter::new(), PageRequest::default())
            .await;
        let ada = users.expect("it can be read").items[0].acs_user_id;
        loop {
            node.update_acs_user(ada, renamed("Frozen"))
                .await
                .expect("renamed");
        }
    })
}

fn renamed(name: &str) -> AcsUserUpdate {
    AcsUserUpdate {
        full_name: Some(name.parse().expect("a name")),
        ..AcsUserUpdate::default()
    }
}

/// Tells the test that it is the process to be frozen, and where the database is.
const TO_BE_FROZEN: &str = "ACCESS_GROUPS_TO_BE_FROZEN";
