//! A peer that falls silent, wherever it does: the call ends by its deadline, the error does not deny
//! what the peer has received, and nothing is left.
//!
//! By the wall clock, so in the full run only: `cargo xtask reliability --full`.

mod peer;

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
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
    round(&runtime, &Counts::default());
    let before = Left::settled(Some(&runtime));
    let counts = Counts::default();
    for _ in 0..ROUNDS {
        round(&runtime, &counts);
        before.check(Some(&runtime));
    }
    let slowest: Duration = *counts
        .slowest
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let received = counts.received.into_inner();
    assert!(received > 0, "no request has arrived");
    let counts = format!(
        "{ROUNDS} rounds x {} points x 2 adapters, {received} requests received whole and none of them \
         denied, the slowest call ended {} ms after its deadline of {} ms, 0 sockets, threads and tasks \
         left",
        Point::ALL.len(),
        slowest.saturating_sub(DEADLINE).as_millis(),
        DEADLINE.as_millis(),
    );
    run::report("silent peers", &counts);
}

#[derive(Debug, Default)]
struct Counts {
    slowest: Mutex<Duration>,
    /// Calls of which the peer has received a request whole.
    received: AtomicUsize,
}

/// A call to each peer through each adapter, all at once.
fn round(runtime: &Runtime, counts: &Counts) {
    let identity = Identity::new();
    thread::scope(|scope| {
        for (number, point) in Point::ALL.iter().copied().enumerate() {
            let identity = &identity;
            scope.spawn(move || {
                let peer = Peer::start(point, identity);
                // Every other peer ends three attempts, the others a single one that has all the time.
                let attempt = if number % 2 == 0 {
                    DEADLINE / 4
                } else {
                    2 * DEADLINE
                };
                let clients = Clients::new(&peer, identity, attempt);
                let errors = clients.call(runtime, point, &counts.slowest);
                drop(clients);
                let received = peer.received();
                for (user, error) in errors {
                    must_not_deny(point, user, &received, &error);
                    counts
                        .received
                        .fetch_add(usize::from(has(&received, user)), Ordering::Relaxed);
                }
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

    /// Adds a user through each adapter: each its own, by whom the peer tells them apart.
    fn call(
        &self,
        runtime: &Runtime,
        point: Point,
        slowest: &Mutex<Duration>,
    ) -> [(AcsUserId, Error); 2] {
        let [one, other] = [0xaaaa, 0xbbbb].map(AcsUserId::from_u128);
        let group = AccessGroupId::from_u128(2);
        if point == Point::Reuse {
            // The connection that is used again.
            runtime
                .block_on(self.through_async.workspace())
                .expect("answered");
            self.through_blocking.workspace().expect("answered");
        }
        thread::scope(|scope| {
            let blocking = scope.spawn(|| {
                let start = Instant::now();
                let result = self.through_blocking.add_user(one, group);
                check("blocking", point, start, result, slowest)
            });
            let start = Instant::now();
            let result = runtime.block_on(self.through_async.add_user(other, group));
            let through_async = check("async", point, start, result, slowest);
            let through_blocking = blocking.join().expect("no violation");
            [(one, through_blocking), (other, through_async)]
        })
    }
}

fn check(
    adapter: &str,
    point: Point,
    start: Instant,
    result: Result<(), Error>,
    slowest: &Mutex<Duration>,
) -> Error {
    let took = start.elapsed();
    let error = result.expect_err("nobody answers");
    assert!(took <= DEADLINE + MARGIN, "{adapter}, {point:?}: {took:?}");
    assert!(error.is_retryable(), "{adapter}, {point:?}: {error:?}");
    let mut slowest = slowest.lock().unwrap_or_else(PoisonError::into_inner);
    *slowest = took.max(*slowest);
    error
}

/// Whoever has received the request whole may carry it out, so the error must leave that open. It must
/// not where nothing can have been sent.
fn must_not_deny(point: Point, user: AcsUserId, received: &[String], error: &Error) {
    let may_be_told = match has(received, user) {
        true => error.is_ambiguous(),
        // A request that has left may not have arrived: on a busy machine, the time may be over before.
        false => !error.is_ambiguous() || point.may_have_been_sent(),
    };
    assert!(
        may_be_told,
        "{point:?}: {error:?}, but received was {received:?}"
    );
}

/// Whether a request on this user is among them, up to the end of its body.
fn has(received: &[String], user: AcsUserId) -> bool {
    let user = user.to_string();
    let is_whole = |request: &String| request.contains(&user) && request.ends_with('}');
    received.iter().any(is_whole)
}

const ROUNDS: usize = 1000;
const DEADLINE: Duration = Duration::from_millis(300);
const MARGIN: Duration = Duration::from_millis(250);
