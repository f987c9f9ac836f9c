//! The clock and the sleep of the adapter: settings, so that tests need no real time.

use std::{fmt, time::Duration};

/// A clock, and a sleep that keeps to it.
pub trait Time: Send + Sync + fmt::Debug {
    /// The time since any fixed moment; it never goes back.
    fn now(&self) -> Duration;

    /// Returns after the duration.
    fn sleep(&self, duration: Duration);
}

/// The system's monotonic clock, and the thread's sleep.
#[derive(Debug, Clone, Copy)]
pub struct SystemTime(std::time::Instant);

impl Default for SystemTime {
    fn default() -> Self {
        Self(std::time::Instant::now())
    }
}

impl Time for SystemTime {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}
