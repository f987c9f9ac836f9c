//! What all calls of a client share: tokens for retries, the pause after a 429, and the slots of a
//! rate limit.
//!
//! Pure, like the law: `now` is an argument, the time since the one moment that all calls of the
//! client count from.

#[cfg(test)]
mod tests;

use std::time::Duration;

use access_groups_core::Error;

use crate::{BuildError, RetryPolicy};

/// How many requests per second a client sends at most.
///
/// All calls of a client and its clones share the limit, and every attempt counts. After a time
/// without requests, as many as the burst may follow each other at once; then they come evenly. A
/// call waits for its turn within its own timeout, or ends at once if its turn comes too late.
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
/// let settings = Settings::new("seam_example").with_rate_limit(RateLimit::per_second(5).with_burst(10));
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
    /// When an even stream of all requests so far would send the next one: the theoretical arrival
    /// time of the generic cell rate algorithm.
    next: Duration,
}

impl Pace {
    pub(crate) fn new(policy: RetryPolicy, limit: Option<RateLimit>) -> Self {
        Self {
            policy,
            limit,
            tokens: policy.quota,
            paused_until: Duration::ZERO,
            next: Duration::ZERO,
        }
    }

    /// Takes the cost of a retry, unless there are too few tokens.
    pub(crate) fn take(&mut self, cost: u32) -> bool {
        let rest = self.tokens.checked_sub(cost);
        self.tokens = rest.unwrap_or(self.tokens);
        rest.is_some()
    }

    /// Returns tokens after a success.
    pub(crate) fn give_back(&mut self, tokens: u32) {
        self.tokens = self.tokens.saturating_add(tokens).min(self.policy.quota);
    }

    /// Holds every request back for this time.
    pub(crate) fn pause(&mut self, now: Duration, time: Duration) {
        let until = now.saturating_add(time.min(MAX_PAUSE));
        self.paused_until = self.paused_until.max(until);
    }

    /// When a request may be sent, which reserves that moment; a moment reserved before counts,
    /// unless a pause has begun since.
    pub(crate) fn slot(
        &mut self,
        now: Duration,
        deadline: Duration,
        reserved: Option<Duration>,
        random: &mut fastrand::Rng,
    ) -> Result<Duration, Held> {
        if let Some(slot) = reserved.filter(|slot| *slot >= self.paused_until) {
            return Ok(slot);
        }
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
        let ahead = limit.interval() * (limit.burst - 1);
        let slot = earliest.max(self.next.saturating_sub(ahead));
        if slot >= deadline {
            return Err(Held::Limited(slot - now, limit.per_second));
        }
        self.next = self.next.max(slot).saturating_add(limit.interval());
        Ok(slot)
    }
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

/// The longest pause that one answer can impose on other calls: a strange one should not stop a
/// client for a day.
const MAX_PAUSE: Duration = Duration::from_secs(300);
