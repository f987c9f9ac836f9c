//! A peer that falls silent, wherever it does: the call ends by its deadline, and nothing is left.
//!
//! By the wall clock, so in the full run only: `cargo xtask reliability --full`.

mod peer;

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use access_groups_core::prelude::*;
use access_groups_http_async as http_async;
use access_groups_http_blocking as http_blocking;
use access_groups_protocol::ProxyVars;
use access_groups_tests::{fault_server::KEY, scripted::Identity};
use tokio::runtime::Runtime;

use crate::{left::Left, run};
use peer::{Peer, Point};

#[test]
#[ignore = "by the wall clock, some 6 min: cargo xtask reliability --full"]
fn calls_to_silent_peers_end_in_time() {
    let _alone = run::SOCKETS.write().unwrap_or_else(PoisonError::into_inner);
    let runtime = Runtime::new().expect("a runtime");
    // Once before anything is counted: the libraries open some things once and for all.
    round(&runtime, &Arc::default());
    let before = Left::settled(Some(&runtime));
    let slowest = Arc::default();
    for _ in 0..ROUNDS {
        round(&runtime, &slowest);
        before.check(Some(&runtime));
    }
    let slowest: Duration = *slowest.lock().unwrap_or_else(PoisonError::into_inner);
    let counts = format!(
        "{ROUNDS} rounds x {} points x 2 adapters, the slowest call ended {} ms after its deadline of \
         {} ms, 0 sockets, threads and tasks left",
        Point::ALL.len(),
        slowest.saturating_sub(DEADLINE).as_millis(),
        DEADLINE.as_millis(),
    );
    run::report("silent peers", &counts);
}

/// A call to each peer through each adapter, all at once.
fn round(runtime: &Runtime, slowest: &Arc<Mutex<Duration>>) {
    let identity = Identity::new();
    thread::scope(|scope| {
        for (number, point) in Point::ALL.iter().copied().enumerate() {
            let (identity, slowest) = (&identity, slowest.clone());
            scope.spawn(move || {
                let peer = Peer::start(point, identity);
                // Every other peer ends three attempts, the others a single one that has all the time.
                let attempt = if number % 2 == 0 {
                    DEADLINE / 4
                } else {
                    2 * DEADLINE
                };
                let clients = Clients::new(&peer, identity, attempt);
                clients.call(runtime, point, &slowest);
            });
        }
    });
}

struct Clients {
    through_async: http_async::Client,
    through_blocking: http_blocking::Client,
}

/// The builders have the same methods, and no type in common.
macro_rules! build {
    ($adapter:ident, $peer:expr, $identity:expr, $attempt:expr) => {
        $adapter::Client::builder(KEY)
            .endpoint($peer.url())
            .root_certificate($identity.root())
            .proxy_vars(ProxyVars::default())
            .timeout(DEADLINE)
            .attempt_timeout($attempt)
            .build()
            .expect("a client")
    };
}

impl Clients {
    fn new(peer: &Peer, identity: &Identity, attempt: Duration) -> Self {
        Self {
            through_async: build!(http_async, peer, identity, attempt),
            through_blocking: build!(http_blocking, peer, identity, attempt),
        }
    }

    fn call(&self, runtime: &Runtime, point: Point, slowest: &Mutex<Duration>) {
        let (user, group) = (AcsUserId::from_u128(1), AccessGroupId::from_u128(2));
        if point == Point::Reuse {
            // The connection that is used again.
            runtime
                .block_on(self.through_async.workspace())
                .expect("answered");
            self.through_blocking.workspace().expect("answered");
        }
        thread::scope(|scope| {
            scope.spawn(|| {
                let start = Instant::now();
                let result = self.through_blocking.add_user(user, group);
                check("blocking", point, start, result, slowest);
            });
            scope.spawn(|| {
                let start = Instant::now();
                let result = runtime.block_on(self.through_async.add_user(user, group));
                check("async", point, start, result, slowest);
            });
        });
    }
}

fn check(
    adapter: &str,
    point: Point,
    start: Instant,
    result: Result<(), Error>,
    slowest: &Mutex<Duration>,
) {
    let took = start.elapsed();
    let error = result.expect_err("nobody answers");
    assert!(took <= DEADLINE + MARGIN, "{adapter}, {point:?}: {took:?}");
    assert!(error.is_retryable(), "{adapter}, {point:?}: {error:?}");
    // The other way round need not be: on a busy machine, the time may be over before a connection is
    // made.
    assert!(
        !error.is_ambiguous() || point.may_have_been_sent(),
        "{adapter}, {point:?}: {error:?}"
    );
    let mut slowest = slowest.lock().unwrap_or_else(PoisonError::into_inner);
    *slowest = took.max(*slowest);
}

const ROUNDS: usize = 1000;
const DEADLINE: Duration = Duration::from_millis(300);
const MARGIN: Duration = Duration::from_millis(250);
