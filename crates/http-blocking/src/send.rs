//! One attempt: sends a request, and returns the complete response or the reason of failure.

use std::{fmt, io::Read, net::IpAddr, time::Duration};

use access_groups_protocol::{
    Payload, TransportError, TransportErrorKind, read_limit, tls_failure,
};
use http::{Request, Response, Uri};
use tracing::dispatcher::{self, Dispatch};
use ureq::{
    Body, Error,
    config::Config,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport, time},
    },
};

#[derive(Debug)]
pub(crate) struct Sender {
    http: ureq::Agent,
}

impl Sender {
    pub(crate) fn new(http: ureq::Agent) -> Self {
        Self { http }
    }

    pub(crate) fn send(
        &self,
        request: Request<Payload>,
        timeout: Duration,
        body_limit: usize,
    ) -> Result<Response<Payload>, TransportError> {
        // ureq traces every byte that it sends and receives, the credential and people among them.
        // Loggers that are not fed through `tracing` lose that level by the feature of `log`.
        let _silence = dispatcher::set_default(&Dispatch::none());
        let request = request.map(Payload::into_vec);
        // A timeout per request makes ureq set TLS up anew, so it is set only where it differs.
        let request = if self.http.config().timeouts().global == Some(timeout) {
            request
        } else {
            self.http
                .configure_request(request)
                .timeout_global(Some(timeout))
                .build()
        };
        let response = self
            .http
            .run(request)
            .map_err(|error| match of_head(&error) {
                Some(kind) => TransportError::new(kind).with_source(error),
                None => failed(error),
            })?;
        read(response, body_limit)
    }
}

fn read(response: Response<Body>, body_limit: usize) -> Result<Response<Payload>, TransportError> {
    let (parts, body) = response.into_parts();
    let mut bytes = Vec::new();
    if let Some(limit) = read_limit(parts.status, &parts.headers, body_limit) {
        // One byte beyond the limit says that there is more; ureq closes a connection that is
        // dropped with a rest.
        let beyond = u64::try_from(limit).map_or(u64::MAX, |limit| limit.saturating_add(1));
        let mut reader = body.into_reader().take(beyond);
        reader
            .read_to_end(&mut bytes)
            .map_err(|error| failed(error.into()))?;
    }
    Ok(Response::from_parts(parts, bytes.into()))
}

/// Why the head of the answer cannot be read. In a body, the same errors are a broken connection.
fn of_head(error: &Error) -> Option<TransportErrorKind> {
    use ureq_proto::Error::HttpParseTooManyHeaders;
    match error {
        Error::LargeResponseHeader(..) | Error::Protocol(HttpParseTooManyHeaders) => {
            Some(TransportErrorKind::HeadTooLarge)
        }
        Error::Protocol(_) => Some(TransportErrorKind::NotHttp),
        _ => None,
    }
}

fn failed(error: Error) -> TransportError {
    use TransportErrorKind::{Interrupted, NotConnected, TimedOut};
    let failure = match (NoConnection::find(&error), &error) {
        (Some(reason), _) => of_tls(reason).unwrap_or_else(|| TransportError::new(NotConnected)),
        (None, Error::Timeout(_)) => TransportError::new(TimedOut),
        (None, _) => TransportError::new(Interrupted),
    };
    let error = match error {
        Error::Other(inner) => inner,
        other => other.into(),
    };
    failure.with_source(error)
}

/// What a failed handshake says; ureq's errors have no sources to look into.
fn of_tls(error: &Error) -> Option<TransportError> {
    match error {
        Error::Rustls(error) => tls_failure(error),
        Error::Io(error) => tls_failure(error),
        _ => None,
    }
}

/// Marks a failure before the connection was made, when nothing of the request was sent: ureq's own
/// errors do not tell.
#[derive(Debug)]
struct NoConnection(Error);

impl NoConnection {
    /// The marked failure, if the error is one.
    fn find(error: &Error) -> Option<&Error> {
        match error {
            Error::Other(inner) => inner.downcast_ref().map(|Self(error)| error),
            _ => None,
        }
    }

    fn mark(error: Error) -> Error {
        Error::Other(Box::new(Self(error)))
    }
}

impl fmt::Display for NoConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for NoConnection {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// An agent that marks such failures, and is otherwise like ureq's own.
pub(crate) fn agent(config: Config) -> ureq::Agent {
    let (connector, resolver) = (DefaultConnector::default(), DefaultResolver::default());
    ureq::Agent::with_parts(config, Marking(connector), Marking(resolver))
}

#[derive(Debug)]
struct Marking<T>(T);

impl Connector<()> for Marking<DefaultConnector> {
    type Out = Box<dyn Transport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<()>,
    ) -> Result<Option<Self::Out>, Error> {
        self.0.connect(details, chained).map_err(NoConnection::mark)
    }
}

impl Resolver for Marking<DefaultResolver> {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        mut timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        if is_address(uri) {
            // Nothing to wait for: with a timeout, ureq would start a thread to resolve in.
            timeout.after = time::Duration::NotHappening;
        }
        self.0
            .resolve(uri, config, timeout)
            .map_err(NoConnection::mark)
    }
}

/// Whether the host is an IP address, which needs no name resolution.
fn is_address(uri: &Uri) -> bool {
    uri.host().is_some_and(|host| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host.parse::<IpAddr>().is_ok()
    })
}
