//! What all calls of a client share, and how a call begins.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use access_groups_core::{CancelToken, Context, Error, Operation};
use http::{HeaderMap, Request, Uri};

use crate::{
    Credential, Endpoint, MAX_TIMEOUT, Payload, Proxy, RequestStyle, RetryPolicy, RouteInfo,
    Settings,
    pace::{self, Pace, Reserved},
    request, routes,
};

use super::{CallMachine, LastResponse, State, WaitObserver, WaitReason};

/// Makes calls with the credential, endpoint and [`RetryPolicy`] of some
/// [`Settings`](crate::Settings), without the socket.
///
/// # Examples
///
/// A driver is one loop. This one simulates a service that is unavailable once and then answers:
///
/// ```
/// use std::time::Duration;
///
/// use access_groups_core::{AccessGroupId, AcsUserId, AddUser, Call, Context};
/// use access_groups_protocol::{Settings, Step};
///
/// let requester = Settings::new("seam_example").requester(42)?;
/// let operation = AddUser::new(AcsUserId::from_u128(1), AccessGroupId::from_u128(2));
///
/// let mut now = Duration::ZERO; // since any fixed moment
/// let mut statuses = [503, 200].into_iter();
/// let mut call = requester.call(operation.into(), &Context::new(), now);
/// let result = loop {
///     match call.step(now) {
///         Step::Send { request, .. } => {
///             assert_eq!(request.uri().path(), "/acs/users/add_to_access_group");
///             let status = statuses.next().expect("at most two attempts");
///             let response = http::Response::builder().status(status);
///             call.finish_attempt(Ok(response.body(br#"{"ok":true}"#.to_vec().into())?));
///         }
///         Step::Wait(duration) => now += duration,
///         Step::Done(result) => break result,
///     }
/// };
/// AddUser::reply(result?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Requester {
    pub(super) endpoint: Endpoint,
    proxy: Option<Proxy>,
    /// For messages: the endpoint, and the proxy on the way with the variable that names it.
    pub(super) destination: String,
    pub(super) credential: Credential,
    /// Of every request: they hold the credential, and are marked for it.
    headers: HeaderMap,
    /// Where each path is.
    addresses: BTreeMap<&'static str, Uri>,
    pub(super) policy: RetryPolicy,
    connect_timeout: Duration,
    pub(super) body_limit: usize,
    pace: Mutex<Pace>,
    next_seed: AtomicU64,
    shutdown: CancelToken,
    pub(super) wait_observer: Option<WaitObserver>,
}

impl Requester {
    pub(crate) fn new(
        endpoint: Endpoint,
        proxy: Option<Proxy>,
        credential: Credential,
        settings: &Settings,
        seed: u64,
    ) -> Self {
        let destination = match &proxy {
            Some(proxy) => format!("{endpoint} through {proxy} ({})", proxy.variable()),
            None => endpoint.to_string(),
        };
        let mut policy = settings.retry_policy;
        policy.attempt_timeout = policy.attempt_timeout.min(MAX_TIMEOUT);
        policy.call_timeout = policy.call_timeout.min(MAX_TIMEOUT);
        let addresses = routes().map(|RouteInfo { path, .. }| (path, endpoint.uri(path)));
        Self {
            addresses: addresses.collect(),
            endpoint,
            proxy,
            destination,
            headers: request::headers(&credential, RequestStyle::default().location),
            credential,
            policy,
            connect_timeout: settings.connect_timeout.min(MAX_TIMEOUT),
            body_limit: settings.body_limit,
            pace: Mutex::new(Pace::new(policy, settings.rate_limit)),
            next_seed: AtomicU64::new(seed),
            shutdown: CancelToken::new(),
            wait_observer: settings.wait_observer.clone(),
        }
    }

    /// Where the service is.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Every address to which requests go; no request has a query.
    pub fn addresses(&self) -> impl Iterator<Item = &Uri> {
        self.addresses.values()
    }

    /// The proxy through which the driver reaches the endpoint, and no other.
    #[must_use]
    pub fn proxy(&self) -> Option<&Proxy> {
        self.proxy.as_ref()
    }

    /// How long one attempt may take: that of the settings, and [`MAX_TIMEOUT`] at most.
    #[must_use]
    pub fn attempt_timeout(&self) -> Duration {
        self.policy.attempt_timeout
    }

    /// How long connecting may take: that of the settings, and [`MAX_TIMEOUT`] at most.
    #[must_use]
    pub fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    /// Ends every call at its next wait or before its next attempt, and refuses those that begin later:
    /// with [`Cancelled`](access_groups_core::ErrorKind::Cancelled), and without sending anything.
    pub fn shut_down(&self) {
        self.shutdown.cancel();
    }

    /// Whether [`shut_down`](Self::shut_down) was called.
    #[must_use]
    pub fn is_shut_down(&self) -> bool {
        self.shutdown.is_cancelled()
    }

    /// Begins a call. `now` is the time since any fixed moment, the same one for all calls of this
    /// requester and for their steps.
    ///
    /// A timeout of the context that is shorter than that of the policy ends the call sooner.
    #[must_use]
    pub fn call(&self, operation: Operation, context: &Context, now: Duration) -> CallMachine<'_> {
        let limit = self.policy.call_timeout;
        let limit = context.timeout.map_or(limit, |timeout| timeout.min(limit));
        // One seed per call: concurrent calls that fail together do not repeat together.
        let seed = self.next_seed.fetch_add(1, Ordering::Relaxed);
        CallMachine {
            operation,
            requester: self,
            deadline: now.saturating_add(limit),
            random: fastrand::Rng::with_seed(seed),
            attempts: 0,
            cancel: context.cancel.clone(),
            ambiguous: false,
            doubt: None,
            taken: None,
            reserved: Reserved::nothing(&self.pace),
            last: LastResponse::default(),
            state: State::Waiting {
                until: now,
                error: None,
                reason: WaitReason::Answer, // none: it is over at once
            },
        }
    }

    /// The request of an operation.
    pub(super) fn request(&self, operation: &Operation) -> Result<Request<Payload>, Error> {
        let style = RequestStyle::default();
        request::write(operation, self.headers.clone(), &style, |target| {
            let known = self.addresses.get(target).cloned();
            known.unwrap_or_else(|| self.endpoint.uri(target))
        })
    }

    pub(super) fn pace(&self) -> MutexGuard<'_, Pace> {
        pace::lock(&self.pace)
    }
}
