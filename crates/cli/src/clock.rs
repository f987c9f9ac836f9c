//! The clock: the only place that reads the time or waits.

use std::{
    thread,
    time::{Duration, Instant},
};

pub(crate) use access_groups_in_memory::system_clock as now;

/// A clock that starts now at zero.
pub(crate) fn stopwatch() -> impl Fn() -> Duration {
    let start = Instant::now();
    move || start.elapsed()
}

/// Waits for this duration.
pub(crate) fn sleep(duration: Duration) {
    thread::sleep(duration);
}
