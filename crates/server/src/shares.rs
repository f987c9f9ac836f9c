//! What the calls of each caller take at present, and what they may.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError, Weak},
    thread,
    time::Duration,
};

use access_groups_core::AccessGroupPort;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit},
    time::sleep,
};

use crate::{Access, Limits, busy::identity, threads::acquired};

/// The budgets of all callers, and of each.
pub(crate) struct Shares {
    limits: Limits,
    bodies: Arc<Semaphore>,
    heavy: Arc<Semaphore>,
    callers: Mutex<Callers>,
}

struct Callers {
    /// By label and port: labels are short, so that two callers may have the same.
    shares: HashMap<(Arc<str>, usize), Arc<Share>>,
    ports: HashMap<usize, Weak<OfPort>>,
    /// Above so many, those without a call are forgotten.
    tidy_at: usize,
}

impl Callers {
    fn tidy(&mut self) {
        self.shares.retain(|_, share| Arc::strong_count(share) > 1);
        self.ports.retain(|_, share| share.strong_count() > 0);
        self.tidy_at = TIDY_AT.max(self.shares.len() * 2);
    }
}

/// The budgets of one caller.
pub(crate) struct Share {
    calls: Arc<Semaphore>,
    of_port: Arc<OfPort>,
}

/// The budgets of all callers of one port: a tenant with many keys has one share.
struct OfPort {
    /// Keeps the address of the port, by which it is known, from being that of another one.
    _port: Weak<dyn AccessGroupPort>,
    bodies: Arc<Semaphore>,
    heavy: Arc<Semaphore>,
    small: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

impl OfPort {
    fn new(port: &Arc<dyn AccessGroupPort>, limits: &Limits) -> Self {
        Self {
            _port: Arc::downgrade(port),
            bodies: semaphore(own_blocks(limits)),
            heavy: semaphore(limits.heavy_calls_per_port),
            small: semaphore(SMALL),
            turns: semaphore(half(thread::available_parallelism().map_or(1, Into::into))),
        }
    }
}

/// A place in two budgets, that of the caller and that of all; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _own: OwnedSemaphorePermit,
    _common: OwnedSemaphorePermit,
}

impl Shares {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            bodies: semaphore(blocks(limits.body_bytes.0)),
            heavy: semaphore(limits.heavy_calls),
            callers: Mutex::new(Callers {
                shares: HashMap::new(),
                ports: HashMap::new(),
                tidy_at: TIDY_AT,
            }),
        }
    }

    /// The budgets of this caller.
    pub(crate) fn of(&self, access: &Access) -> Arc<Share> {
        let port = identity(&access.port);
        let caller = (Arc::clone(&access.label), port);
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = callers.shares.get(&caller) {
            return Arc::clone(share);
        }
        if callers.shares.len() >= callers.tidy_at {
            callers.tidy();
        }
        let of_port = callers.ports.get(&port).and_then(Weak::upgrade);
        let of_port = of_port.unwrap_or_else(|| Arc::new(OfPort::new(&access.port, &self.limits)));
        callers.ports.insert(port, Arc::downgrade(&of_port));
        let calls = semaphore(self.limits.calls_per_key);
        let share = Arc::new(Share { calls, of_port });
        callers.shares.insert(caller, Arc::clone(&share));
        share
    }

    /// Room for a body of so many bytes; `None` if there is none within [`BODY_WAIT`].
    pub(crate) async fn body(&self, share: &Share, bytes: usize) -> Option<Place> {
        // A body of the full size is read even if the budget is smaller: then alone.
        let count = blocks(bytes as u64).min(own_blocks(&self.limits));
        place(&share.of_port.bodies, &self.bodies, count, BODY_WAIT).await
    }

    /// A place for a call that takes long or answers much; `None` if there is none within
    /// [`HEAVY_WAIT`].
    pub(crate) async fn heavy(&self, share: &Share) -> Option<Place> {
        place(&share.of_port.heavy, &self.heavy, 1, HEAVY_WAIT).await
    }
}

impl Share {
    /// A place for one call; `None` if there is none within [`CALL_WAIT`]: an answer at once would be
    /// followed by the next call at once.
    pub(crate) async fn call(&self) -> Option<SemaphorePermit<'_>> {
        within(CALL_WAIT, async { self.calls.acquire().await.ok() }).await
    }

    /// A place for a small call that may wait for a list of the same port, on a thread of its own.
    pub(crate) async fn small_call(&self) -> OwnedSemaphorePermit {
        acquired(&self.of_port.small).await
    }

    /// A turn to compute what takes long: one tenant gets half of the processors, so that a call of
    /// another one finds a processor.
    pub(crate) async fn turn(&self) -> OwnedSemaphorePermit {
        acquired(&self.of_port.turns).await
    }
}

/// The caller's own place first: who waits for it keeps nobody else waiting.
async fn place(
    own: &Arc<Semaphore>,
    common: &Arc<Semaphore>,
    count: usize,
    wait: Duration,
) -> Option<Place> {
    let count = u32::try_from(count).ok()?;
    within(wait, async {
        Some(Place {
            _own: Arc::clone(own).acquire_many_owned(count).await.ok()?,
            _common: Arc::clone(common).acquire_many_owned(count).await.ok()?,
        })
    })
    .await
}

/// Mostly there is room at once: then no clock is needed, which not every runtime has.
async fn within<T>(wait: Duration, place: impl Future<Output = Option<T>>) -> Option<T> {
    tokio::select! {
        biased;
        place = place => place,
        () = async { sleep(wait).await } => None,
    }
}

fn semaphore(places: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(places.clamp(1, Semaphore::MAX_PERMITS)))
}

/// A caller's part of the blocks for bodies.
fn own_blocks(limits: &Limits) -> usize {
    blocks(limits.body_bytes.0 / 4).max(1)
}

/// Half of the processors, and one at least.
fn half(processors: usize) -> usize {
    (processors / 2).max(1)
}

/// How many blocks of 1 KiB so many bytes take.
fn blocks(bytes: u64) -> usize {
    usize::try_from(bytes.div_ceil(1024)).unwrap_or(usize::MAX)
}

/// How long a body waits for room.
const BODY_WAIT: Duration = Duration::from_secs(2);

/// How long a call waits for others of its caller to end.
const CALL_WAIT: Duration = Duration::from_secs(1);

/// How long a call that takes long waits for a place.
const HEAVY_WAIT: Duration = Duration::from_secs(5);

/// So many small calls of one port wait on threads: one tenant cannot use up all that there may be.
const SMALL: usize = 32;

/// Below so many callers, it is not worth the while to forget any.
const TIDY_AT: usize = 1_000;

#[cfg(test)]
mod tests {
    use access_groups_in_memory::InMemory;
    use tokio::time::{Instant, timeout};

    use super::*;

    /// A caller with this label, of a port of its own.
    fn caller(text: &str) -> Access {
        Access::new(Arc::new(InMemory::default()), text)
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_has_so_many_calls() {
        let shares = Shares::new(&Limits::default().with_calls_per_key(2));
        let known = caller("north");
        let north = shares.of(&known);
        let calls = (north.call().await, north.call().await);
        assert!(calls.0.is_some() && calls.1.is_some());
        let start = Instant::now();
        assert!(shares.of(&known).call().await.is_none(), "the same share");
        assert_eq!(start.elapsed(), Duration::from_secs(1), "as documented");
        assert!(shares.of(&caller("south")).call().await.is_some());
        let namesake = caller("north");
        assert!(shares.of(&namesake).call().await.is_some());
        assert!(Arc::ptr_eq(&north, &shares.of(&known)));
        drop(calls);
        assert!(north.call().await.is_some());
    }

    #[test]
    fn callers_without_a_call_are_forgotten() {
        let shares = Shares::new(&Limits::default());
        let known = caller("kept");
        let kept = shares.of(&known);
        for number in 0..3 * TIDY_AT {
            shares.of(&caller(&number.to_string()));
        }
        let callers = shares.callers.lock().expect("no panic");
        let counts = (callers.shares.len(), callers.ports.len());
        drop(callers);
        assert!(counts.0 <= TIDY_AT && counts.1 <= TIDY_AT, "{counts:?}");
        assert!(Arc::ptr_eq(&kept, &shares.of(&known)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_tenant_with_two_keys_has_one_share() {
        let limits = Limits::default()
            .with_calls_per_key(1)
            .with_heavy_calls_per_port(1);
        let shares = Shares::new(&limits);
        let one = caller("one");
        let other = Access::new(Arc::clone(&one.port), "other");
        let (one, other) = (shares.of(&one), shares.of(&other));
        let calls = (one.call().await, other.call().await);
        assert!(calls.0.is_some() && calls.1.is_some(), "calls are of a key");
        let first = shares.heavy(&one).await;
        assert!(timeout(BODY_WAIT, shares.heavy(&other)).await.is_err());
        drop(first);
        assert!(timeout(BODY_WAIT, shares.heavy(&other)).await.is_ok());
    }

    #[test]
    fn a_caller_computes_on_half_of_the_processors() {
        let check = |processors, expected| assert_eq!(half(processors), expected, "{processors}");
        check(1, 1);
        check(2, 1);
        check(3, 1);
        check(8, 4);
        let share = Shares::new(&Limits::default()).of(&caller("north"));
        let all = thread::available_parallelism().map_or(1, Into::into);
        assert_eq!(share.of_port.turns.available_permits(), half(all));
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_has_so_many_lists() {
        let limits = Limits::default()
            .with_heavy_calls(2)
            .with_heavy_calls_per_port(1);
        let shares = Shares::new(&limits);
        let [north, south, west] = ["north", "south", "west"].map(|name| shares.of(&caller(name)));
        let waits = async |share: &Share| timeout(BODY_WAIT, shares.heavy(share)).await.is_err();
        let first = shares.heavy(&north).await;
        assert!(waits(&north).await);
        let second = shares.heavy(&south).await;
        assert!(waits(&west).await, "two are all there may be");
        drop(first);
        assert!(!waits(&north).await && !waits(&west).await);
        drop(second);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_waits_for_room_within_its_time() {
        let limits = Limits::default().with_body_bytes(crate::Bytes(8 * 1024 * 1024));
        let shares = Shares::new(&limits);
        let (north, south) = (shares.of(&caller("north")), shares.of(&caller("south")));
        let first = shares.body(&north, 2 * 1024 * 1024).await;
        assert!(first.is_some());
        let start = Instant::now();
        assert!(
            shares.body(&north, 1).await.is_none(),
            "a quarter is one caller's"
        );
        assert_eq!(start.elapsed(), Duration::from_secs(2), "as documented");
        assert!(shares.body(&south, 1).await.is_some());
        drop(first);
        assert!(shares.body(&north, 1).await.is_some());
    }
}
