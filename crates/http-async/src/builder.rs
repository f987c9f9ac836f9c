//! The settings of the adapter.

use std::{error::Error as StdError, sync::Arc, time::Duration};

use access_groups_protocol::{
    CONNECT_TIMEOUT, Client, Credential, CredentialError, Endpoint, EndpointError, RESPONSE_LIMIT,
    RetryPolicy,
};
use rustls::pki_types::CertificateDer;

use crate::{HttpAsync, SystemTime, Time, send::Sender, tls};

/// Settings on the way to an [`HttpAsync`].
///
/// | setting | default |
/// |---|---|
/// | endpoint | `https://connect.getseam.com` |
/// | connect timeout | 5 s ([`CONNECT_TIMEOUT`]) |
/// | attempts and their timeouts | see [`RetryPolicy`] |
/// | response body limit | 256 MiB ([`RESPONSE_LIMIT`]) |
/// | trust | the platform's roots, plus those given |
/// | proxy | from the environment for `https`, none for `http` |
///
/// # Examples
///
/// ```
/// use access_groups_http_async::HttpAsync;
/// use access_groups_protocol::Credential;
///
/// let key = Credential::api_key("seam_example")?;
/// let local = HttpAsync::builder(key).endpoint("http://127.0.0.1:3030".parse()?).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct Builder {
    credential: Credential,
    endpoint: Endpoint,
    policy: RetryPolicy,
    connect_timeout: Duration,
    body_limit: usize,
    roots: Vec<CertificateDer<'static>>,
    http: Option<reqwest::Client>,
    time: Arc<dyn Time>,
    seed: u64,
}

impl Builder {
    pub(crate) fn new(credential: Credential) -> Self {
        Self {
            credential,
            endpoint: Endpoint::default(),
            policy: RetryPolicy::default(),
            connect_timeout: CONNECT_TIMEOUT,
            body_limit: RESPONSE_LIMIT,
            roots: Vec::new(),
            http: None,
            time: Arc::new(SystemTime::default()),
            seed: fastrand::u64(..),
        }
    }

    /// Where the service is.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = endpoint;
        self
    }

    /// How long and how often a call tries.
    pub fn policy(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// How long connecting may take.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How many bytes of a response body are read; a larger one is an error.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Trusts this root certificate, beside the platform's.
    pub fn root_certificate(mut self, certificate: CertificateDer<'static>) -> Self {
        self.roots.push(certificate);
        self
    }

    /// Uses this client instead of one made from the settings above. Its connect timeout,
    /// trust, proxy and redirect policy count; build it with redirects off, or a credential
    /// may follow one.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// Uses this clock and sleep for deadlines and waits. One attempt is always timed by
    /// the real clock.
    pub fn time(mut self, time: impl Time + 'static) -> Self {
        self.time = Arc::new(time);
        self
    }

    /// Fixes the jitter of the waits between attempts.
    pub fn jitter_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The adapter. Opens no connection.
    ///
    /// # Errors
    ///
    /// [`BuildError::Tls`] when the platform's trust roots cannot be read or a given root is
    /// no certificate; an `http` endpoint loads none.
    pub fn build(self) -> Result<HttpAsync, BuildError> {
        let http = match self.http {
            Some(client) => client,
            None => http_client(&self.endpoint, self.connect_timeout, self.roots)?,
        };
        let sender = Sender::new(http, self.endpoint.to_string(), self.body_limit);
        let client = Client::new(self.endpoint, self.credential).with_policy(self.policy);
        Ok(HttpAsync::new(client, sender, self.time, self.seed))
    }
}

/// Settings that make no adapter.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The credential was refused.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The endpoint was refused.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {message}")]
    Tls {
        /// What is missing.
        message: &'static str,
        /// Why.
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
}

/// A client that follows no redirect, and sends nothing in the clear through a proxy.
fn http_client(
    endpoint: &Endpoint,
    connect_timeout: Duration,
    roots: Vec<CertificateDer<'static>>,
) -> Result<reqwest::Client, BuildError> {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(connect_timeout)
        .tcp_nodelay(true)
        .tls_backend_preconfigured(tls::config(endpoint, roots)?);
    let client = if endpoint.is_https() {
        client
    } else {
        client.no_proxy()
    };
    client.build().map_err(|source| BuildError::Tls {
        message: "the client refuses its settings",
        source: Some(source.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_table() {
        let key = Credential::api_key("seam_example").expect("a key");
        let builder = Builder::new(key);
        assert_eq!(builder.endpoint.to_string(), "https://connect.getseam.com");
        assert_eq!(builder.connect_timeout, Duration::from_secs(5));
        assert_eq!(builder.body_limit, 256 * 1024 * 1024);
        assert_eq!(builder.policy.attempts.get(), 3);
        assert_eq!(builder.policy.attempt_timeout, Duration::from_secs(30));
        assert_eq!(builder.policy.call_timeout, Duration::from_secs(120));
    }

    #[test]
    fn an_http_endpoint_looks_at_no_root() {
        let build = |endpoint: &str| {
            let key = Credential::api_key("seam_example").expect("a key");
            let garbage = CertificateDer::from(vec![1, 2, 3]);
            let endpoint = endpoint.parse().expect("an endpoint");
            Builder::new(key)
                .endpoint(endpoint)
                .root_certificate(garbage)
                .build()
        };
        assert!(build("http://127.0.0.1:1").is_ok());
        let refused = build("https://127.0.0.1:1").expect_err("no certificate");
        assert!(matches!(refused, BuildError::Tls { .. }), "{refused}");
    }
}
