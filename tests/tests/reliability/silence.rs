//! A peer that falls silent, wherever it does: the call ends by its deadline, the error does not deny
//! what the peer has received, and nothing is left.
//!
//! By the wall clock, so in the full run only: `cargo xtask reliability --full`.

mod peer;

use std::{
    fmt, slice,
    sync::{
        PoisonError,
        atomic::{AtomicBool, Ordering},
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

use crate::{client::Adapter, left::Left, run};
use peer::{Peer, Point};

#[test]
#[ignore = "by the wall clock, some 8 min: cargo xtask reliability --full"]
fn calls_to_silent_peers_end_in_time() {
    let _alone = run::SOCKETS.write().unwrap_or_else(PoisonError::into_inner);
    let runtime = Runtime::new().expect("a runtime");
    // Once before anything is counted: the libraries open some things once and for all.
    round(&runtime);
    let before = Left::settled(Some(&runtime));
    let mut counts = Counts::default();
    while counts.rounds < ROUNDS {
        let (ended, stall) = with_stall(|| round(&runtime));
        before.check(Some(&runtime));
        let judged = counts.judge(&ended, stall);
        assert_eq!(judged, Ok(()));
    }
    run::report("silent peers", &counts.to_string());
}

#[derive(Debug, Default)]
struct Counts {
    rounds: usize,
    /// Rounds without a verdict on time, because the machine itself stood still.
    stalled: usize,
    /// Calls of which the peer has received a request whole.
    received: usize,
    slowest: Duration,
}

impl Counts {
    fn judge(&mut self, ended: &[Ended], stall: Duration) -> Result<(), String> {
        self.received += ended.iter().filter(|call| call.is_received).count();
        let slowest = ended.iter().max_by_key(|call| call.took);
        let slowest = slowest.expect("there are calls");
        if slowest.took <= DEADLINE + MARGIN {
            self.rounds += 1;
            self.slowest = self.slowest.max(slowest.took);
            return Ok(());
        }
        // A thread that only sleeps is woken first: if even that was late, nobody could be in time.
        if stall <= STALL {
            return Err(format!("{slowest:?}, and the machine was {stall:?} late"));
        }
        self.stalled += 1;
        match self.stalled <= ROUNDS / 10 {
            true => Ok(()),
            false => Err("the machine is too busy".to_owned()),
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} rounds x {} points x 2 adapters, {} requests received whole and none of them denied, \
             the slowest call ended {} ms after its deadline of {} ms, 0 sockets, threads and tasks \
             left; {} more rounds in which the machine stood still",
            self.rounds,
            Point::ALL.len(),
            self.received,
            self.slowest.saturating_sub(DEADLINE).as_millis(),
            DEADLINE.as_millis(),
            self.stalled,
        )
    }
}

/// How much later than asked a thread that sleeps was woken meanwhile, at worst.
fn with_stall<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut worst = Duration::ZERO;
            while !is_over.load(Ordering::Relaxed) {
                let start = Instant::now();
                thread::sleep(TICK);
                worst = worst.max(start.elapsed().saturating_sub(TICK));
            }
            worst
        });
        let done = work();
        is_over.store(true, Ordering::Relaxed);
        (done, watch.join().expect("it only sleeps"))
    })
}

/// A call that has ended.
#[derive(Debug)]
struct Ended {
    adapter: Adapter,
    point: Point,
    took: Duration,
    error: Error,
    is_received: bool,
}

/// A call to each peer through each adapter, all at once.
fn round(runtime: &Runtime) -> Vec<Ended> {
    let identity = Identity::new();
    thread::scope(|scope| {
        let calls = Point::ALL.iter().enumerate().map(|(number, point)| {
            let identity = &identity;
            scope.spawn(move || {
                let peer = Peer::start(*point, identity);
                // Every other peer ends three attempts, the others a single one that has all the time.
                let attempt = if number % 2 == 0 {
                    DEADLINE / 4
                } else {
                    2 * DEADLINE
                };
                let clients = Clients::new(&peer, identity, attempt);
                let mut ended = clients.call(runtime, *point);
                drop(clients);
                let received = peer.received();
                ended.iter_mut().for_each(|call| call.compare(&received));
                ended
            })
        });
        // All are started before the first is waited for.
        let calls: Vec<_> = calls.collect();
        let ended = calls.into_iter();
        ended
            .flat_map(|call| call.join().expect("no violation"))
            .collect()
    })
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

    /// Adds a user through each adapter.
    fn call(&self, runtime: &Runtime, point: Point) -> [Ended; 2] {
        let group = AccessGroupId::from_u128(2);
        if point == Point::Reuse {
            // The connection that is used again.
            answered(|| runtime.block_on(self.through_async.workspace()));
            answered(|| self.through_blocking.workspace());
        }
        thread::scope(|scope| {
            let blocking = scope.spawn(|| {
                let call = || {
                    self.through_blocking
                        .add_user(Adapter::Blocking.user(), group)
                };
                Ended::of(Adapter::Blocking, point, call)
            });
            let call = || {
                let call = self.through_async.add_user(Adapter::Async.user(), group);
                runtime.block_on(call)
            };
            let through_async = Ended::of(Adapter::Async, point, call);
            [blocking.join().expect("no violation"), through_async]
        })
    }
}

/// Repeats a read until it is answered: a machine that stands still lets it time out.
fn answered<T>(read: impl Fn() -> Result<T, Error>) {
    while let Err(error) = read() {
        assert!(error.is_retryable(), "{error:?}");
    }
}

impl Adapter {
    /// The user that is added through it: by whom the peer tells the two apart.
    fn user(self) -> AcsUserId {
        AcsUserId::from_u128(match self {
            Self::Async => 0xaaaa,
            Self::Blocking => 0xbbbb,
        })
    }
}

impl Ended {
    fn of(adapter: Adapter, point: Point, call: impl FnOnce() -> Result<(), Error>) -> Self {
        let start = Instant::now();
        let result = call();
        let took = start.elapsed();
        let error = result.expect_err("nobody answers");
        assert!(error.is_retryable(), "{adapter:?}, {point:?}: {error:?}");
        Self {
            adapter,
            point,
            took,
            error,
            is_received: false,
        }
    }

    /// Whoever has received the request whole may carry it out, so the error must leave that open. It
    /// must not where nothing can have been sent.
    fn compare(&mut self, received: &[String]) {
        let user = self.adapter.user().to_string();
        let is_whole = |request: &String| request.contains(&user) && request.ends_with('}');
        self.is_received = received.iter().any(is_whole);
        let may_be_told = match self.is_received {
            true => self.error.is_ambiguous(),
            // A request that has left may not have arrived, or the time was over before it could leave.
            false => !self.error.is_ambiguous() || self.point.may_have_been_sent(),
        };
        assert!(may_be_told, "{self:?}, but received was {received:?}");
    }
}

#[test]
fn a_late_call_fails_the_run() {
    let call = || Err(Error::timed_out("nobody answers"));
    let mut late = Ended::of(Adapter::Async, Point::Body, call);
    late.took = DEADLINE + MARGIN + TICK;
    let mut counts = Counts::default();
    assert!(counts.judge(slice::from_ref(&late), STALL).is_err());
    // Unless the machine stood still; then the round does not count.
    assert_eq!(counts.judge(&[late], STALL + TICK), Ok(()));
    assert_eq!((counts.rounds, counts.stalled), (0, 1));
}

const ROUNDS: usize = 1000;
const DEADLINE: Duration = Duration::from_millis(300);
const MARGIN: Duration = Duration::from_millis(250);
const TICK: Duration = Duration::from_millis(5);
/// A machine that wakes a sleeper this late does not tell who is late.
const STALL: Duration = Duration::from_millis(100);
