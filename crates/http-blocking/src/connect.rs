//! Marks what fails before a connection stands: nothing of the request was sent then.

use std::{fmt, net::IpAddr};

use ureq::{
    Error,
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{
            ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport, time::Duration,
        },
    },
};

/// A failure before the connection stood: no name, no route, nobody there, no trust.
#[derive(Debug)]
pub(crate) struct NotConnected(pub(crate) Error);

impl NotConnected {
    /// The marked failure, if the error is one.
    pub(crate) fn find(error: &Error) -> Option<&Error> {
        match error {
            Error::Other(inner) => inner.downcast_ref().map(|Self(error)| error),
            _ => None,
        }
    }

    fn mark(error: Error) -> Error {
        Error::Other(Box::new(Self(error)))
    }
}

impl fmt::Display for NotConnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for NotConnected {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// An agent like ureq's own, but for the mark.
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
        self.0.connect(details, chained).map_err(NotConnected::mark)
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
            // There is nothing to wait for; ureq would start a thread to wait in.
            timeout.after = Duration::NotHappening;
        }
        self.0
            .resolve(uri, config, timeout)
            .map_err(NotConnected::mark)
    }
}

/// Whether the host is an IP address, which no name service has to be asked for.
fn is_address(uri: &Uri) -> bool {
    uri.host().is_some_and(|host| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host.parse::<IpAddr>().is_ok()
    })
}
