//! What a server does for its database now and then.

use std::{sync::Arc, time::Duration};

use access_groups_core::Error;
use access_groups_server::Health;
use access_groups_sql::SqlStore;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::{failure::Failure, output};

/// Asks once a second whether the database can be written to, for `/ready`.
pub(super) async fn readiness(store: Arc<dyn SqlStore>, health: Health) {
    loop {
        let answer = timeout(READY_WITHIN, store.ready()).await;
        let answer = answer.unwrap_or_else(|_| Err(Error::timed_out("no answer in time")));
        if health.set_store(answer.is_ok()) {
            match answer {
                Ok(()) => output::to_stderr("the database is back: /ready answers 200"),
                Err(error) => output::to_stderr(format_args!(
                    "warning: the database is away, or saves no change: {}; /ready answers 503 until it is \
                     back",
                    Failure::from(error).in_one_line()
                )),
            }
        }
        sleep(READY_PAUSE).await;
    }
}

/// Deletes history that is older than it is kept, once an hour.
pub(super) async fn forget(store: Arc<dyn SqlStore>) {
    let mut hours = interval(FORGET_PAUSE);
    hours.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        hours.tick().await;
        match store.forget().await {
            Ok(0) => {}
            Ok(lines) => output::to_stderr(format_args!(
                "deleted {lines} lines of history that were older than they are kept"
            )),
            Err(error) => output::to_stderr(format_args!(
                "warning: old history was not deleted: {}",
                Failure::from(error).in_one_line()
            )),
        }
    }
}

/// How long an answer may take.
const READY_WITHIN: Duration = Duration::from_secs(2);

/// The time between two questions.
const READY_PAUSE: Duration = Duration::from_secs(1);

const FORGET_PAUSE: Duration = Duration::from_secs(60 * 60);
