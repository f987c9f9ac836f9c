//! A clock that only sleeping moves, and a record of the sleeps.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;

/// Time for both HTTP adapters; clones share it.
#[derive(Debug, Clone, Default)]
pub struct FakeTime(Arc<Mutex<Vec<Duration>>>);

impl FakeTime {
    /// Every sleep so far.
    #[must_use]
    pub fn sleeps(&self) -> Vec<Duration> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn record(&self, duration: Duration) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(duration);
    }
}

impl access_groups_http_blocking::Time for FakeTime {
    fn now(&self) -> Duration {
        self.sleeps().iter().sum()
    }

    fn sleep(&self, duration: Duration) {
        self.record(duration);
    }
}

#[async_trait]
impl access_groups_http_async::Time for FakeTime {
    fn now(&self) -> Duration {
        self.sleeps().iter().sum()
    }

    async fn sleep(&self, duration: Duration) {
        self.record(duration);
    }
}
