//! The client: one loop that drives the protocol's calls.

use std::{fmt, sync::Arc, time::Duration};

use access_groups_core::{
    AccessGroupId, BlockingAccessGroupPort, Context, Error, MembershipChange, Operation,
    Propagation, PropagationWait, Reply, UserRef, wait_until_propagated_blocking,
};
use access_groups_protocol::{
    BuildError, Credential, CredentialError, Requester, Settings, Step, attempt_span,
};

use crate::{Builder, builder::variable, send::Sender};

/// Access groups of Seam's API, blocking. A clone shares the connections.
///
#[doc = access_groups_core::calls!(blocking)]
///
/// What takes more than one operation, such as `check`, is in
/// [`BlockingAccessGroupPortExt`](access_groups_core::BlockingAccessGroupPortExt).
///
/// # Cancel safety
///
/// The [token](access_groups_core::CancelToken) of a context ends one call, and
/// [`shutdown`](Self::shutdown) ends all: during a wait within 20 ms, and during an attempt once the
/// attempt is over, which is after its timeout at the latest. The error is `Cancelled`;
/// [`is_ambiguous`](Error::is_ambiguous) says whether the change may have happened. An answer that
/// came is returned as if nothing had been cancelled.
///
/// # Examples
///
/// ```no_run
/// use access_groups_core::prelude::*;
/// use access_groups_http_blocking::Client;
///
/// # fn example(user: AcsUserId, group: AccessGroupId) -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::from_env()?; // SEAM_API_KEY
/// client.add_user(user, group)?;
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

    /// Ends every call of this client and its clones: see [Cancel safety](Self#cancel-safety). It
    /// stays closed: later calls fail with `Cancelled`, and send nothing. Returns at once, before the
    /// calls have ended.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::prelude::*;
    /// use access_groups_http_blocking::Client;
    ///
    /// let client = Client::builder("seam_example").endpoint("http://127.0.0.1:3030").build()?;
    /// let of_another_thread = client.clone();
    /// client.shutdown();
    ///
    /// let error = of_another_thread.workspace().unwrap_err();
    /// assert_eq!(error.to_string(), "workspace: the client is shut down");
    /// assert_eq!(error.kind(), ErrorKind::Cancelled);
    /// # Ok::<(), access_groups_http_blocking::BuildError>(())
    /// ```
    pub fn shutdown(&self) {
        self.0.requester.shut_down();
    }

    /// Waits until the addition of the user to the group, or their removal, has reached the
    /// access control system. End with [`run`](WaitUntilPropagated::run); see
    /// [`propagation`](access_groups_core::propagation).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use access_groups_core::{prelude::*, propagation::MembershipChange};
    ///
    /// # fn example(
    /// #     client: access_groups_http_blocking::Client, user: AcsUserId, group: AccessGroupId,
    /// # ) -> Result<(), Error> {
    /// client.remove_user(user, group)?;
    /// let propagation = client
    ///     .wait_until_propagated(user, group)
    ///     .after(MembershipChange::Removed)
    ///     .timeout(Duration::from_secs(30))
    ///     .run()?;
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

impl BlockingAccessGroupPort for Client {
    fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        let inner = &*self.0;
        let time = &inner.time;
        let name = operation.name();
        let mut call = inner.requester.call(operation, context, time.now());
        loop {
            match call.step(time.now()) {
                Step::Send {
                    request,
                    timeout,
                    body_limit,
                } => {
                    let span = attempt_span!(name, call, context);
                    let outcome = span.in_scope(|| inner.sender.send(request, timeout, body_limit));
                    call.finish_attempt(outcome);
                    if !span.is_disabled() {
                        span.record("status", call.status());
                        span.record("request_id", call.request_id());
                    }
                }
                Step::Wait(duration) => time.sleep_unless(duration, &|| call.is_cancelled()),
                Step::Done(result) => return result,
            }
        }
    }
}

/// A wait in the making, by the client's clock: [`run`](Self::run) it. Made by
/// [`Client::wait_until_propagated`].
#[derive(Debug)]
#[must_use = "nothing is waited for until it is run"]
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

    /// Waits on the calling thread.
    ///
    /// # Errors
    ///
    /// Those of reading the group and the user.
    pub fn run(self) -> Result<Propagation, Error> {
        let Self { client, wait } = self;
        let Inner {
            requester, time, ..
        } = &*client.0;
        // The next look of a client that is shut down fails.
        let sleep = |duration| time.sleep_unless(duration, &|| requester.is_shut_down());
        wait_until_propagated_blocking(&client, wait, || time.now(), sleep)
    }
}

/// A clock, and a sleep that keeps to it: a setting, so that tests need no real time.
pub trait Time: Send + Sync + fmt::Debug {
    /// The time since any fixed moment; it never goes back.
    fn now(&self) -> Duration;

    /// Returns after the duration.
    fn sleep(&self, duration: Duration);

    /// Returns after the duration, or soon after `is_over` has become true. By default it sleeps for
    /// the whole duration; [`SystemTime`] asks every 20 ms.
    fn sleep_unless(&self, duration: Duration, is_over: &dyn Fn() -> bool) {
        let _ = is_over;
        self.sleep(duration);
    }
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

    fn sleep_unless(&self, duration: Duration, is_over: &dyn Fn() -> bool) {
        // Slices, because a token has nothing to wake a thread with: it is a flag, and stays one.
        let until = self.now().saturating_add(duration);
        while !is_over() {
            let left = until.saturating_sub(self.now());
            if left.is_zero() {
                return;
            }
            self.sleep(left.min(SLICE));
        }
    }
}

/// How long a wait goes on at most after it is over.
const SLICE: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use access_groups_core::{
        AcsUserId, BlockingAccessGroups, BlockingDirectory, CancelToken, ErrorKind,
    };

    use super::*;

    /// A clock that only sleeping moves.
    #[derive(Debug, Clone, Default)]
    struct Clock(Arc<Mutex<Duration>>);

    impl Time for Clock {
        fn now(&self) -> Duration {
            *self.0.lock().expect("no panic")
        }

        fn sleep(&self, duration: Duration) {
            *self.0.lock().expect("no panic") += duration;
        }
    }

    /// Shuts the client down, or cancels the call, as soon as it waits.
    #[derive(Debug, Clone, Default)]
    struct Stopping {
        client: Arc<Mutex<Option<Client>>>,
        token: CancelToken,
        waits: Arc<Mutex<u32>>,
        clock: Clock,
    }

    impl Time for Stopping {
        fn now(&self) -> Duration {
            self.clock.now()
        }

        fn sleep(&self, duration: Duration) {
            self.clock.sleep(duration);
            *self.waits.lock().expect("no panic") += 1;
            match self.client.lock().expect("no panic").take() {
                Some(client) => client.shutdown(),
                None => self.token.cancel(),
            }
        }
    }

    fn client(time: &Stopping) -> Client {
        Client::builder("seam_example")
            .endpoint("http://127.0.0.1:1") // nobody listens
            .time(time.clone())
            .build()
            .expect("a client")
    }

    fn check(client: &Client, time: &Stopping, context: &Context, message: &str) {
        let operation = access_groups_core::GetWorkspace::new().into();
        let error = client.call(operation, context).expect_err("an end");
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        assert!(error.message().starts_with(message), "{error}");
        assert_eq!(*time.waits.lock().expect("no panic"), 1, "no second wait");
    }

    #[test]
    fn shutdown_ends_a_wait_and_stays() {
        let time = Stopping::default();
        let client = client(&time);
        *time.client.lock().expect("no panic") = Some(client.clone());
        check(&client, &time, &Context::new(), "the client is shut down");
        let (user, group) = (AcsUserId::from_u128(1), AccessGroupId::from_u128(2));
        let later = client.add_user(user, group).expect_err("it stays closed");
        assert_eq!(later.kind(), ErrorKind::Cancelled);
        assert!(!later.is_ambiguous());
        assert_eq!(
            *time.waits.lock().expect("no panic"),
            1,
            "nothing was tried"
        );
    }

    #[test]
    fn a_token_ends_one_call_only() {
        let time = Stopping::default();
        let client = client(&time);
        let context = Context::new().with_cancel(time.token.clone());
        check(&client, &time, &context, "the call was cancelled");
        let other = client.workspace().expect_err("nobody listens");
        assert_eq!(other.kind(), ErrorKind::Unavailable);
    }

    #[test]
    fn the_system_time_ends_a_wait_that_is_over() {
        let hour = Duration::from_secs(3600);
        SystemTime::default().sleep_unless(hour, &|| true);
    }

    #[test]
    fn a_wait_ends_by_the_clock_of_the_client() {
        let clock = Clock::default();
        let client = Client::builder("seam_example")
            .endpoint("http://127.0.0.1:1") // nobody listens
            .time(clock.clone())
            .build()
            .expect("a client");
        let wait = client
            .wait_until_propagated(AcsUserId::from_u128(1), AccessGroupId::from_u128(2))
            .timeout(Duration::from_secs(3600));
        let error = wait.run().expect_err("no connection");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(clock.now() >= Duration::from_secs(3600));
    }
}
