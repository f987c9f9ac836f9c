//! What a call waits for, for those who look on.

use std::{fmt, sync::Arc, time::Duration};

/// What a call waits for, from now on: for a display, or a log.
///
/// The [observer](crate::Settings::with_wait_observer) of a client gets one before each attempt and
/// before each wait. What it told last holds until the next one, or until the call returns.
///
/// # Examples
///
/// ```
/// use std::{sync::{Arc, Mutex}, time::Duration};
///
/// use access_groups_core::{Context, GetWorkspace};
/// use access_groups_protocol::{Settings, Step, WaitReason};
///
/// let seen = Arc::new(Mutex::new(Vec::new()));
/// let observer = Arc::clone(&seen);
/// let settings = Settings::new("seam_example").with_wait_observer(move |waiting| {
///     observer.lock().expect("no panic").push((waiting.attempt, waiting.reason));
/// });
///
/// let requester = settings.requester(1)?;
/// let mut call = requester.call(GetWorkspace::new().into(), &Context::new(), Duration::ZERO);
/// let Step::Send { .. } = call.step(Duration::ZERO) else { panic!("a request") };
/// call.finish_attempt(Ok(http::Response::builder().status(503).body(Vec::new().into())?));
/// let Step::Wait(_) = call.step(Duration::ZERO) else { panic!("a wait") };
///
/// let retry = WaitReason::Retry { status: Some(503) };
/// assert_eq!(*seen.lock().expect("no panic"), [(1, WaitReason::Answer), (2, retry)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waiting {
    /// The [name](access_groups_core::Operation::name) of the operation.
    pub operation: &'static str,
    /// The attempt that is answered or sent next, counted from 1.
    pub attempt: u32,
    /// Why.
    pub reason: WaitReason,
    /// How long it takes at most. For an answer, that is the timeout of the attempt; a pause may have
    /// become longer when it ends.
    pub time: Duration,
}

impl Waiting {
    /// Of this operation, before or after this attempt, for this reason and so long at most: for the
    /// tests of observers.
    #[must_use]
    pub fn new(operation: &'static str, attempt: u32, reason: WaitReason, time: Duration) -> Self {
        Self {
            operation,
            attempt,
            reason,
            time,
        }
    }
}

/// Why a call waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitReason {
    /// The attempt is sent: for its answer.
    Answer,
    /// The attempt before has failed: until it is made again, as [`RetryPolicy`](crate::RetryPolicy)
    /// and a `Retry-After` say.
    Retry {
        /// The status of the attempt before; `None` if there was no whole answer.
        status: Option<u16>,
    },
    /// The service has answered another call with 429: until the pause of all calls is over.
    Pause,
    /// Until the client's own [`RateLimit`](crate::RateLimit) has a turn for the attempt.
    RateLimit,
}

/// Who is told; clones share it.
#[derive(Clone)]
pub(crate) struct WaitObserver(Arc<dyn Fn(&Waiting) + Send + Sync>);

impl WaitObserver {
    pub(crate) fn new(observer: impl Fn(&Waiting) + Send + Sync + 'static) -> Self {
        Self(Arc::new(observer))
    }

    pub(super) fn tell(&self, waiting: &Waiting) {
        (self.0)(waiting);
    }
}

impl fmt::Debug for WaitObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WaitObserver")
    }
}
