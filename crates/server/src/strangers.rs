//! Addresses that present wrong keys.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::connections::Peer;

/// How often each address has presented a wrong key in the last minute.
#[derive(Debug)]
pub(crate) struct Strangers {
    most: usize,
    failures: Mutex<HashMap<Peer, Failures>>,
}

#[derive(Debug)]
struct Failures {
    since: Instant,
    count: usize,
}

/// What a wrong key is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// 401, and a line in the log.
    Told,
    /// 429 after a [`PAUSE`], until the minute is over; the first one is logged as well.
    Paused { left: Duration, is_first: bool },
}

impl Strangers {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            failures: Mutex::default(),
        }
    }

    /// Counts a wrong key of this address.
    pub(crate) fn wrong_key(&self, peer: Peer, now: Instant) -> Verdict {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= REMEMBERED && !failures.contains_key(&peer) {
            failures.retain(|_, failures| failures.left(now).is_some());
            // So many addresses are one attacker's: a count for each would not stop it.
            if failures.len() >= REMEMBERED {
                failures.clear();
            }
        }
        let failures = failures.entry(peer).or_insert(Failures {
            since: now,
            count: 0,
        });
        let left = failures.left(now).unwrap_or_else(|| {
            *failures = Failures {
                since: now,
                count: 0,
            };
            WINDOW
        });
        failures.count = failures.count.saturating_add(1);
        match failures.count.checked_sub(self.most) {
            None | Some(0) => Verdict::Told,
            Some(over) => Verdict::Paused {
                left,
                is_first: over == 1,
            },
        }
    }
}

impl Failures {
    /// How long they are remembered yet.
    fn left(&self, now: Instant) -> Option<Duration> {
        let left = WINDOW.saturating_sub(now.saturating_duration_since(self.since));
        (!left.is_zero()).then_some(left)
    }
}

/// How long a wrong key counts.
const WINDOW: Duration = Duration::from_secs(60);

/// How long the answer to one wrong key too many waits.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);

/// The most addresses that are remembered at one time.
const REMEMBERED: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(last: u16) -> Peer {
        let [high, low] = last.to_be_bytes();
        Peer::of(([192, 0, high, low], 7).into())
    }

    fn paused(seconds: u64, is_first: bool) -> Verdict {
        Verdict::Paused {
            left: Duration::from_secs(seconds),
            is_first,
        }
    }

    #[test]
    fn one_wrong_key_too_many_is_paused() {
        let strangers = Strangers::new(2);
        let start = Instant::now();
        let at = |seconds| strangers.wrong_key(peer(1), start + Duration::from_secs(seconds));
        assert_eq!(at(0), Verdict::Told);
        assert_eq!(at(10), Verdict::Told);
        assert_eq!(at(20), paused(40, true));
        assert_eq!(at(59), paused(1, false));
        assert_eq!(
            strangers.wrong_key(peer(2), start),
            Verdict::Told,
            "another address"
        );
        assert_eq!(at(60), Verdict::Told, "a minute later, all is forgotten");
    }

    #[test]
    fn only_so_many_addresses_are_remembered() {
        let strangers = Strangers::new(1);
        let start = Instant::now();
        for last in 0..=u16::MAX {
            strangers.wrong_key(peer(last), start);
        }
        let remembered = strangers.failures.lock().expect("no panic").len();
        assert!(remembered <= REMEMBERED, "{remembered}");
    }
}
