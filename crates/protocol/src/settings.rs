//! The settings that every HTTP client has, whatever carries its requests.

use std::{convert::Infallible, error::Error as StdError, time::Duration};

use crate::{
    Credential, CredentialError, Endpoint, EndpointError, ProxyError, ProxyVars, RateLimit,
    Requester, RetryPolicy, Waiting, call::WaitObserver,
};

/// How long connecting may take by default: 5 seconds, TLS included. Part of the attempt's time.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the clients keep a connection that is not in use: 15 seconds. Most services close theirs
/// later, so that a request is seldom sent to a connection that is about to be closed.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// The largest response body that a driver reads by default: 256 MiB, room for a list of
/// 100,000 users. Most operations have a smaller limit: see [`Settings::body_limit`].
pub const RESPONSE_LIMIT: usize = 256 * 1024 * 1024;

/// The largest headers of a response, all together, that a driver accepts: 64 KiB. In the blocking
/// client, the status line counts as well.
pub const HEAD_LIMIT: usize = 64 * 1024;

/// How many headers of a response a driver accepts: 128.
pub const HEADERS_LIMIT: usize = 128;

/// The longest timeout of a client: 365 days. A longer one counts as this, since no clock can tell the
/// end of [`Duration::MAX`].
pub const MAX_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Credential, endpoint, timeouts and limits of an HTTP client.
///
/// | setting | default |
/// |---|---|
/// | endpoint | `https://connect.getseam.com` |
/// | attempts, timeouts, waits, and the quota of retries | see [`RetryPolicy`] |
/// | requests per second | no limit, see [`RateLimit`] |
/// | connect timeout | 5 s ([`CONNECT_TIMEOUT`]) |
/// | response body limit | 256 MiB ([`RESPONSE_LIMIT`]), and less by operation |
/// | response headers | 64 KiB ([`HEAD_LIMIT`]) and 128 of them ([`HEADERS_LIMIT`]): no setting |
/// | jitter seed | chosen by the client |
/// | proxy variables | those of the client's environment, see [`ProxyVars`] |
///
/// Credential and endpoint may be text; whether it is acceptable is reported when the client is
/// built. A timeout of more than 365 days ([`MAX_TIMEOUT`]) counts as 365 days.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use access_groups_protocol::{BuildError, Settings};
///
/// let settings = Settings::new("seam_example")
///     .with_endpoint("http://127.0.0.1:3030")
///     .with_timeout(Duration::from_secs(10));
/// assert!(settings.requester(1).is_ok());
///
/// let refused = Settings::new("hunter2").requester(1).unwrap_err();
/// assert!(matches!(refused, BuildError::Credential(_)));
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    // Kept as results so that setters return `Self`: an error is reported when building.
    credential: Result<Credential, CredentialError>,
    endpoint: Result<Endpoint, EndpointError>,
    /// How long and how often a call is tried.
    pub retry_policy: RetryPolicy,
    /// How many requests per second are sent at most; without one, as many as there are.
    pub rate_limit: Option<RateLimit>,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How many bytes of a response body are read at most; a larger success is an error. Of a failure
    /// 256 KiB are read: its status counts. What an operation cannot answer is not read either: a change
    /// may have 256 KiB, one resource 4 MiB, and a page 64 MiB; only a list that comes at once may
    /// have all of it.
    pub body_limit: usize,
    /// The seed of the jitter of the waits between attempts.
    pub jitter_seed: Option<u64>,
    /// The variables that decide on a proxy. Without any, [`requester`](Self::requester) uses none;
    /// a client sets those of its environment.
    pub proxy_vars: Option<ProxyVars>,
    pub(crate) wait_observer: Option<WaitObserver>,
}

impl Settings {
    /// The defaults, with this credential: an API key as text, or a [`Credential`].
    #[must_use]
    pub fn new<C>(credential: C) -> Self
    where
        C: TryInto<Credential, Error: Into<CredentialError>>,
    {
        Self::of(credential.try_into().map_err(Into::into))
    }

    /// The defaults, with the credential and the endpoint of the variables that Seam's SDKs
    /// read: see [`Credential::from_vars`] and [`Endpoint::from_vars`].
    #[must_use]
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let mut settings = Self::of(Credential::from_vars(&lookup));
        settings.endpoint = Endpoint::from_vars(&lookup);
        settings
    }

    fn of(credential: Result<Credential, CredentialError>) -> Self {
        Self {
            credential,
            endpoint: Ok(Endpoint::default()),
            retry_policy: RetryPolicy::default(),
            rate_limit: None,
            connect_timeout: CONNECT_TIMEOUT,
            body_limit: RESPONSE_LIMIT,
            jitter_seed: None,
            proxy_vars: None,
            wait_observer: None,
        }
    }

    /// Sets where the service is: an address as text, or an [`Endpoint`].
    #[must_use]
    pub fn with_endpoint<E>(mut self, endpoint: E) -> Self
    where
        E: TryInto<Endpoint, Error: Into<EndpointError>>,
    {
        self.endpoint = endpoint.try_into().map_err(Into::into);
        self
    }

    access_groups_core::setters! {
        /// Sets how long and how often a call is tried, its two timeouts, and the quota of retries.
        with_retry_policy(policy: RetryPolicy) => retry_policy = policy;

        /// Sets how long a whole call may take, waits and retries included.
        with_timeout(timeout: Duration) => retry_policy.call_timeout = timeout;

        /// Sets how long one attempt may take.
        with_attempt_timeout(timeout: Duration) => retry_policy.attempt_timeout = timeout;

        /// Sets how many requests per second are sent at most, by all clones of a client together.
        with_rate_limit(limit: RateLimit) => rate_limit = Some(limit);

        /// Sets how long connecting may take.
        with_connect_timeout(timeout: Duration) => connect_timeout = timeout;

        /// Sets how many bytes of a response body are read.
        with_body_limit(bytes: usize) => body_limit = bytes;

        /// Sets the seed of the jitter, which makes the waits between attempts predictable.
        with_jitter_seed(seed: u64) => jitter_seed = Some(seed);

        /// Sets the variables that decide on a proxy; the default of [`ProxyVars`] is none.
        with_proxy_vars(vars: ProxyVars) => proxy_vars = Some(vars);

        /// Sets who is told what calls wait for: see [`Waiting`]. It is called where the call is made,
        /// and holds the call up until it returns.
        with_wait_observer(observer: impl Fn(&Waiting) + Send + Sync + 'static) =>
            wait_observer = Some(WaitObserver::new(observer));
    }

    /// What makes calls with these settings; the seed is used unless one was set.
    ///
    /// # Errors
    ///
    /// - [`BuildError::Credential`]: there is no credential, or it cannot be one.
    /// - [`BuildError::Endpoint`]: the endpoint is no acceptable address.
    /// - [`BuildError::Timeout`]: a timeout is zero.
    /// - [`BuildError::BodyLimit`]: the limit of response bodies is zero.
    /// - [`BuildError::RetryPolicy`]: a wait or a cost is zero, or a cost is larger than the quota.
    /// - [`BuildError::RateLimit`]: the limit allows no request at all.
    /// - [`BuildError::Proxy`]: the variable that names the proxy for this endpoint cannot be read.
    pub fn requester(&self, seed: u64) -> Result<Requester, BuildError> {
        let (credential, endpoint) = (self.credential.clone()?, self.endpoint.clone()?);
        self.retry_policy.check()?;
        self.rate_limit.map_or(Ok(()), RateLimit::check)?;
        if self.connect_timeout.is_zero() {
            return Err(BuildError::Timeout { name: "connect" });
        }
        if self.body_limit == 0 {
            return Err(BuildError::BodyLimit);
        }
        let proxy = match &self.proxy_vars {
            Some(vars) => vars.proxy_for(&endpoint)?,
            None => None,
        };
        let seed = self.jitter_seed.unwrap_or(seed);
        Ok(Requester::new(endpoint, proxy, credential, self, seed))
    }
}

/// The setters of every client's builder, inside an `impl` block: each passes on to the one of the
/// field `settings`.
// So that no client has other settings, or other words for them. Not part of the API: the HTTP
// clients of this workspace use it.
#[doc(hidden)]
#[macro_export]
macro_rules! setting_setters {
    () => {
        /// Sets where the service is: an address as text, or an `Endpoint`.
        pub fn endpoint<E>(mut self, endpoint: E) -> Self
        where
            E: TryInto<$crate::Endpoint, Error: Into<$crate::EndpointError>>,
        {
            self.settings = self.settings.with_endpoint(endpoint);
            self
        }

        ::access_groups_core::setters! {
            /// Sets how long a whole call may take, waits and retries included.
            timeout(timeout: ::std::time::Duration) => settings.with_timeout();

            /// Sets how long one attempt may take.
            attempt_timeout(timeout: ::std::time::Duration) => settings.with_attempt_timeout();

            /// Sets how long connecting may take.
            connect_timeout(timeout: ::std::time::Duration) => settings.with_connect_timeout();

            /// Sets how long and how often a call is tried, and both timeouts of calls with it.
            retry_policy(policy: $crate::RetryPolicy) => settings.with_retry_policy();

            /// Sets how many requests per second are sent at most, by all clones of the client
            /// together.
            rate_limit(limit: $crate::RateLimit) => settings.with_rate_limit();

            /// Sets how many bytes of a response body are read at most; a larger one is an error.
            body_limit(bytes: usize) => settings.with_body_limit();

            /// Sets the seed of the jitter of the waits between attempts.
            jitter_seed(seed: u64) => settings.with_jitter_seed();

            /// Sets the variables that decide on a proxy: `ProxyVars::default()` uses none.
            proxy_vars(vars: $crate::ProxyVars) => settings.with_proxy_vars();

            /// Sets who is told what calls wait for: an answer, a retry, a pause or a turn. It is
            /// called where the call is made, and holds the call up until it returns.
            wait_observer(observer: impl Fn(&$crate::Waiting) + Send + Sync + 'static) =>
                settings.with_wait_observer();
        }
    };
}

/// What a setter accepts in place of a setting: its text, in the reading of the setting's own type, or
/// the setting itself. A row is the setting, its error and the reading.
macro_rules! from_text {
    ($($setting:ty, $error:ty = $read:expr;)*) => {$(
        impl TryFrom<&str> for $setting {
            type Error = $error;

            fn try_from(text: &str) -> Result<Self, $error> {
                $read(text)
            }
        }

        impl TryFrom<String> for $setting {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                $read(text) // moved: a copy of a secret would not be wiped
            }
        }

        /// The setting converts into itself without an error.
        impl From<Infallible> for $error {
            fn from(never: Infallible) -> Self {
                match never {}
            }
        }
    )*};
}

from_text! {
    Credential, CredentialError = Self::api_key;
    Endpoint, EndpointError = Self::from_text;
}

/// Why no client can be built with the settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// There is no credential, or it cannot be one.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The endpoint is no acceptable address.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The variable that names the proxy cannot be read.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// A timeout is zero: no call could succeed.
    #[error("the {name} timeout must not be zero")]
    Timeout {
        /// Which timeout: "call", "attempt" or "connect".
        name: &'static str,
    },
    /// The limit of response bodies is zero: no answer could be read.
    #[error("the body limit must be at least 1 byte")]
    BodyLimit,
    /// The retry policy could hurt the service, or contradicts itself.
    #[error("the retry policy cannot be used: {message}")]
    RetryPolicy {
        /// What is wrong with it.
        message: &'static str,
    },
    /// The rate limit allows no request at all.
    #[error("the rate limit must allow at least 1 request per second and at once")]
    RateLimit,
    /// The HTTP client refuses its settings, such as the proxy.
    #[error("the HTTP client cannot be made")]
    Client(#[source] Box<dyn StdError + Send + Sync>),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {message}")]
    Tls {
        /// What is missing.
        message: &'static str,
        /// Why.
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_table() {
        let settings = Settings::new("seam_example");
        let endpoint = settings.endpoint.expect("the default");
        assert_eq!(endpoint.to_string(), "https://connect.getseam.com");
        assert_eq!(settings.connect_timeout, Duration::from_secs(5));
        assert_eq!(settings.body_limit, 256 * 1024 * 1024);
        assert_eq!(settings.retry_policy, RetryPolicy::default());
    }

    #[test]
    fn a_refused_text_is_reported_when_building() {
        let endpoint = Settings::new("seam_example").with_endpoint("http://doors.example");
        let refused = endpoint.requester(1).expect_err("plain http");
        assert!(matches!(refused, BuildError::Endpoint(_)), "{refused}");
        let none = Settings::from_vars(|_| None)
            .requester(1)
            .expect_err("no credential");
        assert!(
            matches!(none, BuildError::Credential(CredentialError::Missing)),
            "{none}"
        );
    }

    #[test]
    fn a_proxy_that_cannot_be_read_is_reported() {
        let vars = |text: &'static str| {
            ProxyVars::from_vars(move |name| (name == "HTTPS_PROXY").then(|| text.to_owned()))
        };
        let settings = || Settings::new("seam_example");
        let refused = settings().with_proxy_vars(vars("not a url")).requester(1);
        assert!(matches!(refused, Err(BuildError::Proxy(_))), "{refused:?}");
        let requester = settings()
            .with_proxy_vars(vars("http://a.example:1"))
            .requester(1);
        let proxy = requester.expect("a proxy").proxy().map(ToString::to_string);
        assert_eq!(proxy.as_deref(), Some("http://a.example:1"));
        let direct = settings().requester(1).expect("no proxy");
        assert!(direct.proxy().is_none());
    }

    #[test]
    fn a_timeout_of_zero_is_refused() {
        let settings = || Settings::new("seam_example");
        for (settings, expected) in [
            (settings().with_timeout(Duration::ZERO), "call"),
            (settings().with_attempt_timeout(Duration::ZERO), "attempt"),
            (settings().with_connect_timeout(Duration::ZERO), "connect"),
        ] {
            let refused = settings.requester(1).expect_err(expected);
            assert!(refused.to_string().contains(expected), "{refused}");
        }
    }

    #[test]
    fn a_body_limit_of_zero_is_refused() {
        let refused = Settings::new("seam_example").with_body_limit(0);
        let refused = refused.requester(1).expect_err("nothing could be read");
        assert!(matches!(refused, BuildError::BodyLimit), "{refused}");
        let least = Settings::new("seam_example").with_body_limit(1);
        assert!(least.requester(1).is_ok());
    }

    #[test]
    fn a_timeout_ends_at_some_time() {
        let settings = Settings::new("seam_example")
            .with_timeout(Duration::MAX)
            .with_attempt_timeout(Duration::MAX)
            .with_connect_timeout(Duration::MAX);
        let requester = settings.requester(1).expect("a requester");
        assert_eq!(requester.attempt_timeout(), MAX_TIMEOUT);
        assert_eq!(requester.connect_timeout(), MAX_TIMEOUT);
        // As every clock does.
        assert!(std::time::Instant::now().checked_add(MAX_TIMEOUT).is_some());
    }

    #[test]
    fn settings_show_no_secret() {
        let settings = Settings::new("seam_swordfish");
        assert!(!format!("{settings:?}").contains("swordfish"));
    }
}
