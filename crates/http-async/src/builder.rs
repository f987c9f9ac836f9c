//! The settings of the client, and the connections made from them.

use std::sync::Arc;

use access_groups_protocol::{
    BuildError, Endpoint, HEADERS_LIMIT, IDLE_TIMEOUT, Proxy, ProxyVars, Requester, Settings,
    trusted_roots,
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::CertificateDer,
};

use crate::{Client, SystemTime, Time, client::Inner, send::Sender};

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
/// use access_groups_http_async::Client;
///
/// let client = Client::builder("seam_example")
///     .endpoint("http://127.0.0.1:3030")
///     .timeout(Duration::from_secs(10))
///     .build()?;
/// # Ok::<(), access_groups_http_async::BuildError>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct Builder {
    settings: Settings,
    roots: Vec<CertificateDer<'static>>,
    http: Option<reqwest::Client>,
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

    /// Uses this HTTP client instead of one made from the settings. Its own connect timeout, trust,
    /// proxy, number of headers, redirect and retry policy count. Build it with redirects off, or a
    /// credential may follow one, and with `retry(reqwest::retry::never())`, or reqwest sends some
    /// requests again by itself, outside the limits, the waits and the quota of the client.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.settings.proxy_vars = Some(ProxyVars::default());
        self.http = Some(client);
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
        let sender = match self.http {
            Some(client) => Sender::new(client, &requester, None),
            None => {
                let client = http_client(&requester, self.roots)?;
                Sender::new(client, &requester, Some(requester.attempt_timeout()))
            }
        };
        Ok(Client(Arc::new(Inner {
            requester,
            sender,
            time: self.time,
        })))
    }
}

/// A client that follows no redirect, and uses no other proxy than that of the settings.
fn http_client(
    requester: &Requester,
    roots: Vec<CertificateDer<'static>>,
) -> Result<reqwest::Client, BuildError> {
    let refused = |source: reqwest::Error| BuildError::Client(source.into());
    let mut client = reqwest::Client::builder()
        // A credential must not follow a redirect to another host.
        .redirect(reqwest::redirect::Policy::none())
        // The machine retries, and nobody else: reqwest would repeat what the other side refuses to
        // begin. hyper still writes a request to a new connection if a kept one turns out to be
        // closed before the first byte: that is no second attempt, and cannot be turned off.
        .retry(reqwest::retry::never())
        .connect_timeout(requester.connect_timeout())
        .timeout(requester.attempt_timeout())
        .http1_max_headers(HEADERS_LIMIT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .tcp_nodelay(true) // requests are small and complete: waiting to fill a packet delays them
        .tls_backend_preconfigured(tls_config(requester.endpoint(), roots)?)
        .no_proxy(); // reqwest would read the environment in its own way
    if let Some(proxy) = requester.proxy() {
        client = client.proxy(proxied(proxy).map_err(refused)?);
    }
    client.build().map_err(refused)
}

fn proxied(proxy: &Proxy) -> reqwest::Result<reqwest::Proxy> {
    let through = reqwest::Proxy::https(proxy.to_string())?;
    Ok(match proxy.authorization() {
        Some(authorization) => through.custom_http_auth(authorization),
        None => through,
    })
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
) -> Result<ClientConfig, BuildError> {
    let mut roots = RootCertStore::empty();
    if endpoint.is_https() {
        let found = rustls_native_certs::load_native_certs();
        let error = found.errors.into_iter().next().map(Into::into);
        roots.add_parsable_certificates(trusted_roots(given, found.certs, error)?);
    }
    // Explicit: a process-wide default may be absent, or another one.
    let provider: Arc<CryptoProvider> = aws_lc_rs::default_provider().into();
    let versions = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|source| BuildError::Tls {
            message: "the provider lacks a protocol version",
            source: Some(source.into()),
        })?;
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
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
