//! What time it is, and how it passes: the one place that asks.

use std::{
    thread,
    time::{Duration, Instant, SystemTime},
};

use access_groups_core::Timestamp;

/// Now; 1970 where the clock is beyond the year 9999.
pub(crate) fn now() -> Timestamp {
    Timestamp::try_from(SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A clock that starts now at nothing.
pub(crate) fn stopwatch() -> impl Fn() -> Duration {
    let start = Instant::now();
    move || start.elapsed()
}

/// Waits so long.
pub(crate) fn sleep(duration: Duration) {
    thread::sleep(duration);
}
