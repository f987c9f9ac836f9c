//! The settings of the adapter.

use std::{error::Error as StdError, sync::Arc, time::Duration};

use access_groups_protocol::{
    CONNECT_TIMEOUT, Client, Credential, CredentialError, Endpoint, EndpointError, RESPONSE_LIMIT,
    RetryPolicy,
};
use rustls::pki_types::CertificateDer;

use crate::{HttpBlocking, SystemTime, Time, connect, send::Sender, tls};

/// Settings on the way to an [`HttpBlocking`].
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
/// use access_groups_http_blocking::HttpBlocking;
/// use access_groups_protocol::Credential;
///
/// let key = Credential::api_key("seam_example")?;
/// let local = HttpBlocking::builder(key).endpoint("http://127.0.0.1:3030".parse()?).build()?;
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
    http: Option<ureq::Agent>,
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

    /// Uses this agent instead of one made from the settings above. Its connect timeout,
    /// trust, proxy and redirect policy count; build it with redirects off, or a credential
    /// may follow one, and with statuses that are no errors.
    pub fn http_client(mut self, agent: ureq::Agent) -> Self {
        self.http = Some(agent);
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
    pub fn build(mut self) -> Result<HttpBlocking, BuildError> {
        let http = match self.http.take() {
            Some(agent) => agent,
            None => self.agent()?,
        };
        let sender = Sender::new(http, self.endpoint.to_string(), self.body_limit);
        let client = Client::new(self.endpoint, self.credential).with_policy(self.policy);
        Ok(HttpBlocking::new(client, sender, self.time, self.seed))
    }

    /// An agent that follows no redirect, and sends nothing in the clear through a proxy.
    ///
    /// It times an attempt by itself, as long as the policy allows: a setting per request
    /// would set TLS up anew for each.
    fn agent(&mut self) -> Result<ureq::Agent, BuildError> {
        let roots = std::mem::take(&mut self.roots);
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(self.connect_timeout))
            .timeout_global(Some(self.policy.attempt_timeout))
            .tls_config(tls::config(&self.endpoint, roots)?);
        let config = if self.endpoint.is_https() {
            config
        } else {
            config.proxy(None)
        };
        Ok(connect::agent(config.build()))
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
