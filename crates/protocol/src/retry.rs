//! The retry law: which wait comes before which attempt, and what a retry costs.
//!
//! Pure: attempts are numbers, randomness is an argument, and nothing here looks at a clock.

#[cfg(test)]
mod tests;

use std::{num::NonZeroU32, time::Duration};

use crate::BuildError;

/// How long and how often a call is tried, and how many retries all calls of a client may make.
///
/// The numbers are those of the AWS SDKs' [standard mode](https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html)
/// as revised in 2026; the two timeouts and the pause are ours.
///
/// | setting | default | unit |
/// |---|---|---|
/// | `attempts` | 3 | attempts of one call, the first included |
/// | `attempt_timeout` | 30 s | one attempt, from before connecting to the last byte |
/// | `call_timeout` | 120 s | the whole call, waits included |
/// | `transient_base` | 50 ms | the longest wait before the second attempt after a transient fault |
/// | `throttled_base` | 1 s | the same after a 429 |
/// | `max_wait` | 20 s | the longest wait before any attempt, unless the service asks for more |
/// | `max_pause` | 300 s | the longest pause of all calls after one 429 |
/// | `quota` | 500 | tokens, shared by all calls of a client and its clones |
/// | `transient_cost` | 14 | tokens for a retry after a transient fault |
/// | `throttled_cost` | 5 | tokens for a retry after a 429 |
///
/// # What is retried
///
/// - Throttled: status 429.
/// - Transient: connections that failed or broke, timeouts, and the statuses 408 and 5xx. A 503 is
///   transient even with a `Retry-After`, as in the standard mode.
/// - Never: other statuses, among them 501, 511 and every redirect; an answer that cannot be read,
///   as of a sign-in page, one that is too large or no HTTP at all; a certificate that is not trusted.
/// - A [non-idempotent](access_groups_core::Effect::NonIdempotent) operation is retried only if no
///   connection was made: otherwise it might be carried out twice.
///
/// # The wait
///
/// Full jitter: the wait before attempt *n* + 1 is uniformly random between zero and
/// `min(max_wait, base × 2ⁿ⁻¹)`. Clients that failed together do not return together.
///
/// A `Retry-After` of the service makes it at least as long, and never shorter: seconds, with or
/// without a fraction, or a date, at most a day. A date counts by the `Date` of the same answer, and
/// not at all without one: the clock of this machine may be wrong. What is negative or unreadable is
/// ignored. A wait that would reach the end of the call ends it at once, and the error has the
/// [`retry_after`](access_groups_core::Error::retry_after).
///
/// # The pause
///
/// A 429 is for the whole client: until the wait after it is over, for `max_pause` at most, no other
/// call of the client sends anything. They then go on at random moments within `throttled_base`. A
/// call that would have to wait longer than it may take ends at once with `RateLimited`, and nothing
/// was sent. With a `max_pause` of zero, each call waits after its own 429 only.
///
/// # The quota
///
/// A retry takes its cost from the tokens that all calls of a client share; if there are too few
/// left, the call ends with the error of its attempt. A successful call returns what its last retry
/// took, or one token if it made none. So an outage is not amplified: once the quota is used up,
/// each call makes one attempt. A retry that is not sent, because the call is cancelled, dropped or
/// out of time before its wait is over, returns what it took; what was sent stays paid.
///
/// # Examples
///
/// ```
/// use access_groups_protocol::RetryPolicy;
/// use std::{num::NonZeroU32, time::Duration};
///
/// let policy = RetryPolicy::default()
///     .with_attempts(NonZeroU32::MIN) // never retry
///     .with_call_timeout(Duration::from_secs(10));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// How often a call is tried at most.
    pub attempts: NonZeroU32,
    /// How long one attempt may take.
    pub attempt_timeout: Duration,
    /// How long the whole call may take, waits included.
    pub call_timeout: Duration,
    /// The longest wait before the second attempt after a transient fault.
    pub transient_base: Duration,
    /// The longest wait before the second attempt after a 429.
    pub throttled_base: Duration,
    /// The longest wait before any attempt, unless the service asks for more.
    pub max_wait: Duration,
    /// The longest pause of all calls after one 429, whatever its `Retry-After` asks for: one strange
    /// answer must not stop a client for a day.
    pub max_pause: Duration,
    /// How many tokens for retries there are at most.
    pub quota: u32,
    /// How many tokens a retry after a transient fault takes.
    pub transient_cost: u32,
    /// How many tokens a retry after a 429 takes.
    pub throttled_cost: u32,
}

impl RetryPolicy {
    access_groups_core::setters! {
        /// Sets how often a call is tried at most.
        with_attempts(attempts: NonZeroU32) => attempts = attempts;

        /// Sets how long one attempt may take.
        with_attempt_timeout(timeout: Duration) => attempt_timeout = timeout;

        /// Sets how long the whole call may take, waits included.
        with_call_timeout(timeout: Duration) => call_timeout = timeout;

        /// Sets the longest wait before the second attempt after a transient fault.
        with_transient_base(wait: Duration) => transient_base = wait;

        /// Sets the longest wait before the second attempt after a 429.
        with_throttled_base(wait: Duration) => throttled_base = wait;

        /// Sets the longest wait before any attempt, unless the service asks for more.
        with_max_wait(wait: Duration) => max_wait = wait;

        /// Sets the longest pause of all calls after one 429.
        with_max_pause(pause: Duration) => max_pause = pause;

        /// Sets how many tokens for retries there are at most.
        with_quota(tokens: u32) => quota = tokens;

        /// Sets how many tokens a retry after a transient fault takes.
        with_transient_cost(tokens: u32) => transient_cost = tokens;

        /// Sets how many tokens a retry after a 429 takes.
        with_throttled_cost(tokens: u32) => throttled_cost = tokens;
    }

    /// Refuses what no client should do.
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        let timeouts = [
            ("call", self.call_timeout),
            ("attempt", self.attempt_timeout),
        ];
        if let Some((name, _)) = timeouts.iter().find(|(_, timeout)| timeout.is_zero()) {
            return Err(BuildError::Timeout { name });
        }
        let waits = [self.transient_base, self.throttled_base, self.max_wait];
        let costs = [self.transient_cost, self.throttled_cost];
        let message = if waits.iter().any(Duration::is_zero) {
            "a wait of zero would repeat calls at once"
        } else if costs.contains(&0) {
            "a retry that costs nothing is outside the quota"
        } else if costs.iter().any(|cost| *cost > self.quota) {
            "a retry costs more than the quota: to make none, set one attempt"
        } else {
            return Ok(());
        };
        Err(BuildError::RetryPolicy { message })
    }

    /// The wait after this many attempts.
    pub(crate) fn wait(
        &self,
        fault: Fault,
        attempts: u32,
        asked: Option<Duration>,
        random: &mut fastrand::Rng,
    ) -> Duration {
        let drawn = self.longest_wait(fault, attempts).mul_f64(random.f64());
        drawn.max(asked.unwrap_or_default())
    }

    /// The end of the range from which the wait after this many attempts is drawn.
    pub(crate) fn longest_wait(&self, fault: Fault, attempts: u32) -> Duration {
        let base = match fault {
            Fault::Transient => self.transient_base,
            Fault::Throttled => self.throttled_base,
        };
        let doublings = attempts.saturating_sub(1).min(31); // the shift must not overflow
        base.saturating_mul(1 << doublings).min(self.max_wait)
    }

    /// What a retry takes from the quota.
    pub(crate) fn cost(&self, fault: Fault) -> u32 {
        match fault {
            Fault::Transient => self.transient_cost,
            Fault::Throttled => self.throttled_cost,
        }
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: NonZeroU32::new(3).expect("three is not zero"),
            attempt_timeout: Duration::from_secs(30),
            call_timeout: Duration::from_secs(120),
            transient_base: Duration::from_millis(50),
            throttled_base: Duration::from_secs(1),
            max_wait: Duration::from_secs(20),
            max_pause: Duration::from_secs(300),
            quota: 500,
            transient_cost: 14,
            throttled_cost: 5,
        }
    }
}

/// A failure that may pass, in the two kinds that the law tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The service or the way to it has failed.
    Transient,
    /// The service works, and asks for fewer calls.
    Throttled,
}
