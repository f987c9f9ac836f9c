//! The settings of the client, and the connections made from them.

use std::sync::Arc;

use access_groups_protocol::{
    BuildError, Endpoint, HEAD_LIMIT, IDLE_TIMEOUT, Proxy, ProxyVars, Requester, Settings,
    trusted_roots,
};
use rustls::{crypto::aws_lc_rs, pki_types::CertificateDer};
use ureq::{
    ProxyProtocol,
    tls::{Certificate, RootCerts, TlsConfig},
};

use crate::{
    Client, SystemTime, Time,
    client::Inner,
    send::{self, Sender},
};

/// Settings on the way to a [`Client`].
///
/// | setting | default |
/// |---|---|
/// | endpoint | `https://connect.getseam.com` |
/// | attempts, timeouts, waits, and the quota of retries | see [`RetryPolicy`](access_groups_protocol::RetryPolicy) |
/// | requests per second | no limit: see [`RateLimit`](access_groups_protocol::RateLimit) |
/// | connect timeout | 5 s |
/// | response body limit | 256 MiB, and less by operation: see [`Settings::body_limit`] |
/// | response headers | 64 KiB, and 128 of them: no setting |
/// | trust | the platform's roots, plus those given |
/// | proxy | that of the environment: see [`ProxyVars`] |
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use access_groups_http_blocking::Client;
///
/// let client = Client::builder("seam_example")
///     .endpoint("http://127.0.0.1:3030")
///     .timeout(Duration::from_secs(10))
///     .build()?;
/// # Ok::<(), access_groups_http_blocking::BuildError>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct Builder {
    settings: Settings,
    roots: Vec<CertificateDer<'static>>,
    http: Option<ureq::Agent>,
    time: Arc<dyn Time>,
}

impl Builder {
    /// Starts with these settings. Where they set no proxy variables, those of the environment count.
    pub fn new(mut settings: Settings) -> Self {
        settings
            .proxy_vars
            .get_or_insert_with(|| ProxyVars::from_vars(variable));
        Self {
            settings,
            roots: Vec::new(),
            http: None,
            time: Arc::new(SystemTime::default()),
        }
    }

    access_groups_protocol::setting_setters!();

    access_groups_core::setters! {
        /// Uses this clock and sleep for deadlines and waits. One attempt is always timed by the real
        /// clock.
        time(time: impl Time + 'static) => time = Arc::new(time);
    }

    /// Uses this agent instead of one made from the settings. Its own connect timeout, trust, proxy,
    /// size of headers and redirect policy count; build it with redirects off, or a credential may
    /// follow one, and with statuses that are no errors.
    pub fn http_client(mut self, agent: ureq::Agent) -> Self {
        self.settings.proxy_vars = Some(ProxyVars::default());
        self.http = Some(agent);
        self
    }

    /// Trusts this root certificate, in addition to the platform's.
    pub fn root_certificate(mut self, certificate: CertificateDer<'static>) -> Self {
        self.roots.push(certificate);
        self
    }

    /// Builds the client; opens no connection.
    ///
    /// # Errors
    ///
    /// - [`BuildError::Credential`], [`BuildError::Endpoint`], [`BuildError::Timeout`],
    ///   [`BuildError::BodyLimit`], [`BuildError::RetryPolicy`], [`BuildError::RateLimit`]: the
    ///   setting is unacceptable.
    /// - [`BuildError::Proxy`]: the variable that names the proxy cannot be read.
    /// - [`BuildError::Tls`]: the platform's trust roots cannot be read, or a given root is no
    ///   certificate; an `http` endpoint loads none.
    pub fn build(self) -> Result<Client, BuildError> {
        let settings = self.settings;
        // Random, so that processes that failed together do not retry together.
        let requester = settings.requester(fastrand::u64(..))?;
        let http = match self.http {
            Some(agent) => agent,
            None => agent(&requester, self.roots)?,
        };
        let sender = Sender::new(http);
        Ok(Client(Arc::new(Inner {
            requester,
            sender,
            time: self.time,
        })))
    }
}

/// An agent that follows no redirect, retries nothing (ureq has no retries since version 3), and uses
/// no other proxy than that of the settings.
fn agent(
    requester: &Requester,
    roots: Vec<CertificateDer<'static>>,
) -> Result<ureq::Agent, BuildError> {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false) // the protocol reads the body of a refusal
        // A credential must not follow a redirect to another host.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(requester.connect_timeout()))
        .max_response_header_size(HEAD_LIMIT)
        .max_idle_age(IDLE_TIMEOUT)
        // The agent times attempts itself: a timeout per request would set TLS up anew for each.
        .timeout_global(Some(requester.attempt_timeout()))
        .tls_config(tls_config(requester.endpoint(), roots)?)
        // Even if there is none: ureq would read the environment in its own way.
        .proxy(requester.proxy().map(proxied).transpose()?);
    Ok(send::agent(config.build()))
}

fn proxied(proxy: &Proxy) -> Result<ureq::Proxy, BuildError> {
    let protocol = match proxy.is_https() {
        true => ProxyProtocol::Https,
        false => ProxyProtocol::Http,
    };
    let mut through = ureq::Proxy::builder(protocol)
        .host(proxy.host())
        .port(proxy.port());
    if let Some((user, password)) = proxy.user() {
        through = through.username(user).password(password);
    }
    through
        .build()
        .map_err(|source| BuildError::Client(source.into()))
}

/// A variable of the environment. One that is not UTF-8 is refused where it is used, not ignored.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// Trusts the platform's roots and those given. For an `http` endpoint nothing is loaded: reading
/// the platform's roots takes longer than a local call.
fn tls_config(
    endpoint: &Endpoint,
    given: Vec<CertificateDer<'static>>,
) -> Result<TlsConfig, BuildError> {
    let mut roots = Vec::new();
    if endpoint.is_https() {
        let found = rustls_native_certs::load_native_certs();
        let error = found.errors.into_iter().next().map(Into::into);
        roots = trusted_roots(given, found.certs, error)?;
    }
    let roots: RootCerts = roots
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned())
        .into();
    Ok(TlsConfig::builder()
        .root_certs(roots)
        // Explicit: a process-wide default may be absent, or another one.
        .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()))
        .build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_http_endpoint_looks_at_no_root() {
        let build = |endpoint: &str| {
            let garbage = CertificateDer::from(vec![1, 2, 3]);
            Client::builder("seam_example")
                .endpoint(endpoint)
                .root_certificate(garbage)
                .build()
        };
        assert!(build("http://127.0.0.1:1").is_ok());
        let refused = build("https://127.0.0.1:1").expect_err("no certificate");
        assert!(matches!(refused, BuildError::Tls { .. }), "{refused}");
    }
}
