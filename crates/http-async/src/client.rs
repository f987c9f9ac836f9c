//! The client: one loop that drives the protocol's calls.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use access_groups_core::{
    AccessGroupId, AccessGroupPort, Context, Error, MembershipChange, Operation, Propagation,
    PropagationWait, Reply, UserRef, wait_until_propagated,
};
use access_groups_protocol::{
    BuildError, Credential, CredentialError, Requester, Settings, Step, attempt_span,
};
use async_trait::async_trait;
use tracing::Instrument;

use crate::{
    Builder,
    builder::variable,
    send::{Attempt, Sender},
};

/// Access groups of Seam's API, async. A clone shares the connections.
///
#[doc = access_groups_core::calls!(async)]
///
/// What takes more than one operation, such as `check`, is in
/// [`AccessGroupPortExt`](access_groups_core::AccessGroupPortExt).
///
/// # Cancel safety
///
/// Dropping the future of a call closes its connection; the change may have happened. The
/// [token](access_groups_core::CancelToken) of a context ends the call with `Cancelled` instead:
/// during a wait within 20 ms, and during an attempt once the attempt is over. Then
/// [`is_ambiguous`](Error::is_ambiguous) says whether the change may have happened, and an answer
/// that came is returned.
///
/// # Examples
///
/// ```no_run
/// use access_groups_core::prelude::*;
/// use access_groups_http_async::Client;
///
/// # async fn example(user: AcsUserId, group: AccessGroupId) -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::from_env()?; // SEAM_API_KEY
/// client.add_user(user, group).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Client(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) requester: Requester,
    pub(crate) sender: Sender,
    pub(crate) time: Arc<dyn Time>,
}

impl Client {
    /// A client with the credential and the endpoint of the environment: see
    /// [`Credential::from_vars`] and
    /// [`Endpoint::from_vars`](access_groups_protocol::Endpoint::from_vars).
    ///
    /// # Errors
    ///
    /// A variable is missing or unacceptable, or TLS cannot be set up.
    pub fn from_env() -> Result<Self, BuildError> {
        Builder::new(Settings::from_vars(variable)).build()
    }

    /// Starts with this credential, an API key as text or a [`Credential`], and every other
    /// setting at its default.
    pub fn builder<C>(credential: C) -> Builder
    where
        C: TryInto<Credential, Error: Into<CredentialError>>,
    {
        Builder::new(Settings::new(credential))
    }

    /// Waits until the addition of the user to the group, or their removal, has reached the
    /// access control system. Await the result; see
    /// [`propagation`](access_groups_core::propagation).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use access_groups_core::{prelude::*, propagation::MembershipChange};
    ///
    /// # async fn example(
    /// #     client: access_groups_http_async::Client, user: AcsUserId, group: AccessGroupId,
    /// # ) -> Result<(), Error> {
    /// client.remove_user(user, group).await?;
    /// let propagation = client
    ///     .wait_until_propagated(user, group)
    ///     .after(MembershipChange::Removed)
    ///     .timeout(Duration::from_secs(30))
    ///     .await?;
    /// println!("{}", propagation.status);
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until_propagated(
        &self,
        user: impl Into<UserRef>,
        group: AccessGroupId,
    ) -> WaitUntilPropagated {
        WaitUntilPropagated {
            client: self.clone(),
            wait: PropagationWait::new(user, group),
        }
    }
}

#[async_trait]
impl AccessGroupPort for Client {
    async fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        let inner = &*self.0;
        let (sender, time) = (&inner.sender, &inner.time);
        let name = operation.name();
        let mut now = time.now();
        let mut call = inner.requester.call(operation, context, now);
        loop {
            // Awaited below: a step is large, and would be part of this future until then.
            let next = match call.step(now) {
                Step::Send {
                    request,
                    timeout,
                    body_limit,
                } => Next::Attempt(sender.send(request, timeout, body_limit)),
                Step::Wait(duration) => Next::Wait(duration),
                Step::Done(result) => return result,
            };
            match next {
                Next::Attempt(attempt) => {
                    let span = attempt_span!(name, call, context);
                    let outcome = attempt.instrument(span.clone()).await;
                    call.finish_attempt(outcome);
                    if !span.is_disabled() {
                        span.record("status", call.status());
                        span.record("request_id", call.request_id());
                    }
                }
                // Without a token nothing ends the wait early, so nothing has to be asked meanwhile.
                Next::Wait(duration) if context.cancel.is_none() => time.sleep(duration).await,
                Next::Wait(duration) => {
                    time.sleep_unless(duration, &|| call.is_cancelled()).await;
                }
            }
            now = time.now();
        }
    }
}

/// What a call waits for.
enum Next {
    Attempt(Attempt),
    Wait(Duration),
}

/// A wait in the making, by the client's clock: await it. Made by
/// [`Client::wait_until_propagated`].
#[derive(Debug)]
#[must_use = "nothing is waited for until it is awaited"]
pub struct WaitUntilPropagated {
    client: Client,
    wait: PropagationWait,
}

impl WaitUntilPropagated {
    access_groups_core::setters! {
        /// Sets which change is waited for; the default is an addition.
        after(change: MembershipChange) => wait.after();

        /// Sets how long the wait may take; the default is 2 minutes.
        timeout(timeout: Duration) => wait.with_timeout();

        /// Sets the pause after the first look; the default is 500 ms.
        first_wait(wait: Duration) => wait.with_first_wait();
    }
}

impl IntoFuture for WaitUntilPropagated {
    type Output = Result<Propagation, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { client, wait } = self;
        Box::pin(async move {
            let time = &client.0.time;
            let sleep = |duration| time.sleep(duration);
            wait_until_propagated(&client, wait, || time.now(), sleep).await
        })
    }
}

/// A clock, and a sleep that keeps to it: a setting, so that tests need no real time.
#[async_trait]
pub trait Time: Send + Sync + fmt::Debug {
    /// The time since any fixed moment; it never goes back.
    fn now(&self) -> Duration;

    /// Completes after the duration.
    async fn sleep(&self, duration: Duration);

    /// Completes after the duration, or soon after `is_over` has become true. By default it sleeps for
    /// the whole duration; [`SystemTime`] asks every 20 ms.
    async fn sleep_unless(&self, duration: Duration, is_over: &(dyn Fn() -> bool + Sync)) {
        let _ = is_over;
        self.sleep(duration).await;
    }
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

    async fn sleep_unless(&self, duration: Duration, is_over: &(dyn Fn() -> bool + Sync)) {
        // Slices, because a token has nothing to wake a task with: it is a flag, and stays one.
        let until = self.now().saturating_add(duration);
        while !is_over() {
            let left = until.saturating_sub(self.now());
            if left.is_zero() {
                return;
            }
            self.sleep(left.min(SLICE)).await;
        }
    }
}

/// How long a wait goes on at most after it is over.
const SLICE: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use access_groups_core::{AcsUserId, ErrorKind};

    use super::*;

    /// A clock that only sleeping moves.
    #[derive(Debug, Clone, Default)]
    struct Clock(Arc<Mutex<Duration>>);

    #[async_trait]
    impl Time for Clock {
        fn now(&self) -> Duration {
            *self.0.lock().expect("no panic")
        }

        async fn sleep(&self, duration: Duration) {
            *self.0.lock().expect("no panic") += duration;
        }
    }

    #[tokio::test]
    async fn a_wait_ends_by_the_clock_of_the_client() {
        let clock = Clock::default();
        let client = Client::builder("seam_example")
            .endpoint("http://127.0.0.1:1") // nobody listens
            .time(clock.clone())
            .build()
            .expect("a client");
        let wait = client
            .wait_until_propagated(AcsUserId::from_u128(1), AccessGroupId::from_u128(2))
            .timeout(Duration::from_secs(3600));
        let error = wait.await.expect_err("no connection");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(clock.now() >= Duration::from_secs(3600));
    }
}
