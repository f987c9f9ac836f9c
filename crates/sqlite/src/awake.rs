//! Polling for what comes soon, before a thread sleeps.
//!
//! To fall asleep and to be woken takes a third of the time of a small change. A thread that waits alone polls
//! for its answer for a short time before it sleeps, and yields to other threads between two polls. Several
//! threads that poll would only be in the way of the one that works for them.

#[cfg(test)]
mod tests;

use std::{
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, RecvError, TryRecvError},
    },
    thread,
    time::{Duration, Instant},
};

/// The threads that wait for the ends of their changes.
#[derive(Debug, Default)]
pub(crate) struct Waiting(AtomicUsize);

impl Waiting {
    /// Waits for the end of a change: polls first if nobody else waits.
    pub(crate) fn wait<T>(&self, end: &Receiver<T>) -> Result<T, RecvError> {
        // Only a hint: whoever reads an old number sleeps too early or too late.
        self.0.fetch_add(1, Ordering::Relaxed);
        let is_alone = || self.0.load(Ordering::Relaxed) == 1;
        let outcome = soon(end, POLL_FOR_END, is_alone).map_or_else(|| end.recv(), Ok);
        self.0.fetch_sub(1, Ordering::Relaxed);
        outcome
    }
}

/// Longer than a change takes on a fast disk; on a slow one, a small part of its time.
const POLL_FOR_END: Duration = Duration::from_micros(400);

/// Polls for so long, and while it is worth it, without sleep. What has come.
pub(crate) fn soon<T>(
    source: &Receiver<T>,
    within: Duration,
    is_worth_it: impl Fn() -> bool,
) -> Option<T> {
    let since = Instant::now();
    while is_worth_it() && since.elapsed() < within {
        match source.try_recv() {
            Ok(found) => return Some(found),
            Err(TryRecvError::Empty) => thread::yield_now(),
            Err(TryRecvError::Disconnected) => return None,
        }
    }
    None
}
