//! What the calls of each caller take at present, and what they may.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::Limits;

/// The budgets of all callers, and of each.
#[derive(Debug)]
pub(crate) struct Shares {
    limits: Limits,
    bodies: Arc<Semaphore>,
    heavy: Arc<Semaphore>,
    callers: Mutex<Callers>,
}

#[derive(Debug)]
struct Callers {
    shares: HashMap<Arc<str>, Arc<Share>>,
    /// Above so many, those without a call are forgotten.
    tidy_at: usize,
}

/// The budgets of one caller.
#[derive(Debug)]
pub(crate) struct Share {
    calls: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
    heavy: Arc<Semaphore>,
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
                tidy_at: TIDY_AT,
            }),
        }
    }

    /// The budgets of the caller with this label.
    pub(crate) fn of(&self, label: &Arc<str>) -> Arc<Share> {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = callers.shares.get(label) {
            return Arc::clone(share);
        }
        if callers.shares.len() >= callers.tidy_at {
            callers
                .shares
                .retain(|_, share| Arc::strong_count(share) > 1);
            callers.tidy_at = TIDY_AT.max(callers.shares.len() * 2);
        }
        let share = Arc::new(Share::new(&self.limits));
        callers.shares.insert(Arc::clone(label), Arc::clone(&share));
        share
    }

    /// Room for a body of so many bytes; `None` if there is none within the time for a body.
    pub(crate) async fn body(&self, share: &Share, bytes: usize) -> Option<Place> {
        // A body of the full size is read even if the budget is smaller: then alone.
        let count = blocks(bytes as u64).min(own_blocks(&self.limits));
        timeout(self.limits.body, place(&share.bodies, &self.bodies, count))
            .await
            .ok()
            .flatten()
    }

    /// A place for a call that takes long or answers much, as soon as there is one.
    pub(crate) async fn heavy(&self, share: &Share) -> Option<Place> {
        place(&share.heavy, &self.heavy, 1).await
    }
}

impl Share {
    fn new(limits: &Limits) -> Self {
        Self {
            calls: semaphore(limits.calls_per_key),
            bodies: semaphore(own_blocks(limits)),
            heavy: semaphore(limits.heavy_calls_per_key),
        }
    }

    /// A place for one call; `None` if the caller has as many as it may.
    pub(crate) fn call(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.calls).try_acquire_owned().ok()
    }
}

/// The caller's own place first: who waits for it keeps nobody else waiting.
async fn place(own: &Arc<Semaphore>, common: &Arc<Semaphore>, count: usize) -> Option<Place> {
    let count = u32::try_from(count).ok()?;
    Some(Place {
        _own: Arc::clone(own).acquire_many_owned(count).await.ok()?,
        _common: Arc::clone(common).acquire_many_owned(count).await.ok()?,
    })
}

fn semaphore(places: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(places.clamp(1, Semaphore::MAX_PERMITS)))
}

/// A caller's part of the blocks for bodies.
fn own_blocks(limits: &Limits) -> usize {
    blocks(limits.body_bytes.0 / 4).max(1)
}

/// How many blocks of 1 KiB so many bytes take.
fn blocks(bytes: u64) -> usize {
    usize::try_from(bytes.div_ceil(1024)).unwrap_or(usize::MAX)
}

/// Below so many callers, it is not worth the while to forget any.
const TIDY_AT: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn label(text: &str) -> Arc<str> {
        text.into()
    }

    #[test]
    fn a_caller_has_so_many_calls() {
        let shares = Shares::new(&Limits::default().with_calls_per_key(2));
        let north = shares.of(&label("north"));
        let calls = (north.call(), north.call());
        assert!(calls.0.is_some() && calls.1.is_some());
        assert!(
            shares.of(&label("north")).call().is_none(),
            "the same share"
        );
        assert!(shares.of(&label("south")).call().is_some());
        drop(calls);
        assert!(north.call().is_some());
    }

    #[test]
    fn callers_without_a_call_are_forgotten() {
        let shares = Shares::new(&Limits::default());
        let kept = shares.of(&label("kept"));
        for number in 0..10 * TIDY_AT {
            shares.of(&label(&number.to_string()));
        }
        let callers = shares.callers.lock().expect("no panic").shares.len();
        assert!(callers <= TIDY_AT, "{callers}");
        assert!(Arc::ptr_eq(&kept, &shares.of(&label("kept"))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_has_so_many_lists() {
        let limits = Limits::default()
            .with_heavy_calls(2)
            .with_heavy_calls_per_key(1);
        let shares = Shares::new(&limits);
        let [north, south, west] = ["north", "south", "west"].map(|name| shares.of(&label(name)));
        let waits = async |share: &Share| {
            let a_while = std::time::Duration::from_secs(1);
            timeout(a_while, shares.heavy(share)).await.is_err()
        };
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
        let (north, south) = (shares.of(&label("north")), shares.of(&label("south")));
        let first = shares.body(&north, 2 * 1024 * 1024).await;
        assert!(first.is_some());
        let start = tokio::time::Instant::now();
        assert!(
            shares.body(&north, 1).await.is_none(),
            "a quarter is one caller's"
        );
        assert_eq!(start.elapsed(), limits.body);
        assert!(shares.body(&south, 1).await.is_some());
        drop(first);
        assert!(shares.body(&north, 1).await.is_some());
    }
}
