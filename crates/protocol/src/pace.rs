//! What all calls of a client share: tokens for retries, the pause after a 429, and the slots of a
//! rate limit.
//!
//! Pure, like the law: `now` is an argument, the time since the one moment that all calls of the
//! client count from.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use access_groups_core::Error;

use crate::{BuildError, RetryPolicy, WaitReason};

/// How many requests per second a client sends on average at most.
///
/// All calls of a client and its clones share the limit, and every attempt counts. After a time
/// without requests, as many as the burst may follow each other at once; then they come evenly: no
/// second has more than rate and burst together.
///
/// A call waits for its turn within its own timeout, or ends at once if its turn comes too late. One
/// that is dropped or ends while it waits leaves its turn to others. A pause after a 429 delays every
/// turn by as long as it lasts.
///
/// There is none by default: a service says itself when it gets too many calls, and a client then
/// pauses (see [`RetryPolicy`]). Set one where other programs share the limit of the workspace.
///
/// # Examples
///
/// ```
/// use access_groups_protocol::{RateLimit, Settings};
///
/// // Ten at once, and then one each 200 ms.
/// let limit = RateLimit::per_second(5).with_burst(10);
/// let settings = Settings::new("seam_example").with_rate_limit(limit);
/// assert!(settings.requester(1).is_ok());
///
/// let none = Settings::new("seam_example").with_rate_limit(RateLimit::per_second(0));
/// assert!(none.requester(1).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    per_second: u32,
    burst: u32,
}

impl RateLimit {
    /// So many requests per second, and as many at once. Zero is refused when the client is built.
    #[must_use]
    pub const fn per_second(requests: u32) -> Self {
        Self {
            per_second: requests,
            burst: requests,
        }
    }

    access_groups_core::setters! {
        /// Sets how many requests may follow each other at once; one spaces all of them evenly.
        with_burst(requests: u32) => burst = requests;
    }

    pub(crate) fn check(self) -> Result<(), BuildError> {
        match self.per_second == 0 || self.burst == 0 {
            true => Err(BuildError::RateLimit),
            false => Ok(()),
        }
    }

    /// The time between two requests of an even stream.
    fn interval(self) -> Duration {
        Duration::from_secs(1) / self.per_second
    }
}

/// The state behind the lock of a [`Requester`](crate::Requester).
#[derive(Debug)]
pub(crate) struct Pace {
    policy: RetryPolicy,
    limit: Option<RateLimit>,
    tokens: u32,
    paused_until: Duration,
    /// The length of all pauses so far. Turns count in time without pauses, so that a pause delays
    /// all of them alike and changes no order.
    paused: Duration,
    /// When an even stream of all requests so far would send the next one: the theoretical arrival
    /// time of the generic cell rate algorithm.
    next: Duration,
    /// The moments of the even stream that were given back before their requests were sent.
    free: BTreeSet<Duration>,
}

/// A request's place under the rate limit, in time without pauses. No two requests have one place in
/// the stream, and none is sent after it or earlier than the burst allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    at: Duration,
    place: Duration,
}

impl Pace {
    pub(crate) fn new(policy: RetryPolicy, limit: Option<RateLimit>) -> Self {
        Self {
            policy,
            limit,
            tokens: policy.quota,
            paused_until: Duration::ZERO,
            paused: Duration::ZERO,
            next: Duration::ZERO,
            free: BTreeSet::new(),
        }
    }

    /// Takes the cost of a retry, unless there are too few tokens.
    fn take(&mut self, cost: u32) -> bool {
        let rest = self.tokens.checked_sub(cost);
        self.tokens = rest.unwrap_or(self.tokens);
        rest.is_some()
    }

    /// Returns tokens: after a success, or those of a retry that is not sent.
    pub(crate) fn give_back(&mut self, tokens: u32) {
        self.tokens = self.tokens.saturating_add(tokens).min(self.policy.quota);
    }

    /// Holds every request back for this time.
    pub(crate) fn pause(&mut self, now: Duration, time: Duration) {
        let until = now.saturating_add(time.min(self.policy.max_pause));
        let began = self.paused_until.max(now);
        self.paused += until.saturating_sub(began);
        self.paused_until = self.paused_until.max(until);
    }

    /// When a request may be sent. A later moment than now is the caller's turn, to be passed in
    /// again then, or [returned](Self::return_turn).
    pub(crate) fn slot(
        &mut self,
        now: Duration,
        deadline: Duration,
        turn: &mut Option<Turn>,
        random: &mut fastrand::Rng,
    ) -> Result<Duration, Held> {
        let mut earliest = now;
        if now < self.paused_until {
            if self.paused_until >= deadline {
                return Err(Held::Paused(self.paused_until - now));
            }
            // Spread, or all calls that were held back would be sent together.
            let jitter = self.policy.throttled_base.mul_f64(random.f64());
            let spread = self.paused_until.saturating_add(jitter);
            earliest = if spread < deadline {
                spread
            } else {
                self.paused_until
            };
        }
        let Some(limit) = self.limit else {
            return Ok(earliest);
        };
        let missed = self.paused_until.saturating_sub(self.paused);
        if let Some(late) = turn.take_if(|turn| now < self.paused_until && turn.at < missed) {
            // Otherwise all that are late would be sent together when the pause ends.
            self.return_turn(late);
        }
        let own = turn.unwrap_or_else(|| self.next_turn(limit, now, earliest));
        let slot = own.at.saturating_add(self.paused);
        if slot >= deadline {
            return Err(Held::Limited(slot - now, limit.per_second));
        }
        if turn.replace(own).is_none() {
            self.reserve(limit, own);
        }
        Ok(slot)
    }

    /// The first turn that nobody has.
    fn next_turn(&mut self, limit: RateLimit, now: Duration, earliest: Duration) -> Turn {
        let now = now.max(self.paused_until).saturating_sub(self.paused);
        let earliest = earliest.saturating_sub(self.paused);
        while self.free.first().is_some_and(|place| *place < now) {
            self.free.pop_first();
        }
        let ahead = limit.interval() * (limit.burst - 1);
        let place = match self.free.range(earliest..).next() {
            Some(place) => *place,
            None => self.next.max(earliest),
        };
        Turn {
            at: earliest.max(place.saturating_sub(ahead)),
            place,
        }
    }

    fn reserve(&mut self, limit: RateLimit, turn: Turn) {
        if !self.free.remove(&turn.place) {
            self.next = turn.place.saturating_add(limit.interval());
        }
    }

    /// Leaves a turn, whose request is not sent, to others.
    pub(crate) fn return_turn(&mut self, turn: Turn) {
        let interval = self.limit.map(RateLimit::interval).unwrap_or_default();
        self.free.insert(turn.place);
        // At the end of the stream there is nobody after it, so that it need not be remembered.
        while let Some(last) = self.free.last().copied()
            && last.saturating_add(interval) == self.next
        {
            self.free.pop_last();
            self.next = last;
        }
    }
}

/// What a call has reserved for its next request: a turn under the rate limit, and the tokens of a
/// retry. Dropping it leaves both to other calls.
#[derive(Debug)]
pub(crate) struct Reserved<'a> {
    pace: &'a Mutex<Pace>,
    turn: Option<Turn>,
    tokens: u32,
}

impl<'a> Reserved<'a> {
    pub(crate) fn nothing(pace: &'a Mutex<Pace>) -> Self {
        Self {
            pace,
            turn: None,
            tokens: 0,
        }
    }

    /// Takes the cost of a retry, unless there are too few tokens: before the wait, so that nobody
    /// waits for a retry that the quota then refuses.
    pub(crate) fn take(&mut self, cost: u32) -> bool {
        let is_taken = lock(self.pace).take(cost);
        if is_taken {
            self.tokens = cost;
        }
        is_taken
    }

    /// When the request may be sent, and why not before; from now on, that moment is reserved.
    pub(crate) fn slot(
        &mut self,
        now: Duration,
        deadline: Duration,
        random: &mut fastrand::Rng,
    ) -> Result<(Duration, WaitReason), Held> {
        let mut pace = lock(self.pace);
        let slot = pace.slot(now, deadline, &mut self.turn, random)?;
        let reason = match now < pace.paused_until {
            true => WaitReason::Pause,
            false => WaitReason::RateLimit,
        };
        Ok((slot, reason))
    }

    /// The request is sent.
    pub(crate) fn use_up(&mut self) {
        self.turn = None;
        self.tokens = 0;
    }

    /// No request is sent.
    pub(crate) fn release(&mut self) {
        let (turn, tokens) = (self.turn.take(), std::mem::take(&mut self.tokens));
        if turn.is_none() && tokens == 0 {
            return; // the usual end of a call, without a lock
        }
        let mut pace = lock(self.pace);
        pace.give_back(tokens);
        if let Some(turn) = turn {
            pace.return_turn(turn);
        }
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        self.release();
    }
}

pub(crate) fn lock(pace: &Mutex<Pace>) -> MutexGuard<'_, Pace> {
    // Nothing panics while it is held; if it did, the numbers would still be numbers.
    pace.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why a call ends before its request is sent, and after which time it could have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// The service asked for a pause.
    Paused(Duration),
    /// The client's own limit of requests per second.
    Limited(Duration, u32),
}

impl Held {
    /// The error of the call, whose last attempt may have failed.
    pub(crate) fn into_error(self, failed: Option<Error>) -> Error {
        let (Self::Paused(left) | Self::Limited(left, _)) = self;
        let error = failed.unwrap_or_else(|| {
            Error::rate_limited(match self {
                Self::Paused(_) => format!(
                    "nothing was sent: the service has answered another call with 429, and the \
                     pause of {left:.0?} that is left is longer than this call may take"
                ),
                Self::Limited(_, per_second) => format!(
                    "nothing was sent: the client's own limit of {per_second} requests per second \
                     has no room for {left:.0?}, which is longer than this call may take"
                ),
            })
        });
        let asked = error.retry_after().unwrap_or_default();
        error.with_retry_after(left.max(asked))
    }
}
