//! A clock that only sleeping moves.

use std::{
    fmt,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use async_trait::async_trait;

/// A clock for both HTTP adapters, whose sleeps take no time; clones share it.
#[derive(Clone, Default)]
pub struct VirtualTime {
    now: Arc<Mutex<Duration>>,
    observer: Option<Arc<Observer>>,
}

type Observer = dyn Fn(Duration) + Send + Sync;

impl VirtualTime {
    /// A clock that tells of every sleep.
    #[must_use]
    pub fn observed(observer: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        Self {
            now: Arc::default(),
            observer: Some(Arc::new(observer)),
        }
    }

    /// How long has been slept in all.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        *self.lock()
    }

    fn advance(&self, duration: Duration) {
        *self.lock() += duration;
        if let Some(observer) = &self.observer {
            observer(duration);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Duration> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for VirtualTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VirtualTime").field(&self.elapsed()).finish()
    }
}

impl access_groups_http_blocking::Time for VirtualTime {
    fn now(&self) -> Duration {
        self.elapsed()
    }

    fn sleep(&self, duration: Duration) {
        self.advance(duration);
    }
}

#[async_trait]
impl access_groups_http_async::Time for VirtualTime {
    fn now(&self) -> Duration {
        self.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        self.advance(duration);
        // A wait is an await point, at which a call can be dropped.
        let mut is_over = false;
        poll_fn(|context| {
            if std::mem::replace(&mut is_over, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}
