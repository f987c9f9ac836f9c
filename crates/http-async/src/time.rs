//! The clock and the sleep of the adapter: settings, so that tests need no real time.

use std::{fmt, time::Duration};

use async_trait::async_trait;

/// A clock, and a sleep that keeps to it.
#[async_trait]
pub trait Time: Send + Sync + fmt::Debug {
    /// The time since any fixed moment; it never goes back.
    fn now(&self) -> Duration;

    /// Completes after the duration.
    async fn sleep(&self, duration: Duration);
}

/// The system's monotonic clock, and tokio's sleep.
#[derive(Debug, Clone, Copy)]
pub struct SystemTime(std::time::Instant);

impl Default for SystemTime {
    fn default() -> Self {
        Self(std::time::Instant::now())
    }
}

#[async_trait]
impl Time for SystemTime {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
