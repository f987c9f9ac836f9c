//! The clock: the only place that reads the time or waits.

use std::{
    thread,
    time::{Duration, Instant, SystemTime},
};

use access_groups_core::Timestamp;

/// The current time; 1970 if the clock is beyond the year 9999.
pub(crate) fn now() -> Timestamp {
    Timestamp::try_from(SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A clock that starts now at zero.
pub(crate) fn stopwatch() -> impl Fn() -> Duration {
    let start = Instant::now();
    move || start.elapsed()
}

/// Waits for this duration.
pub(crate) fn sleep(duration: Duration) {
    thread::sleep(duration);
}
