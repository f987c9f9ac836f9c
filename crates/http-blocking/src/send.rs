//! One attempt: a request goes out, a complete response or a reason comes back.

use std::time::Duration;

use access_groups_protocol::{TransportError, TransportErrorKind};
use http::{Request, Response};
use ureq::Body;

use crate::{connect, tls};

#[derive(Debug)]
pub(crate) struct Sender {
    http: ureq::Agent,
    /// The endpoint, for messages.
    place: String,
    body_limit: usize,
}

impl Sender {
    pub(crate) fn new(http: ureq::Agent, place: String, body_limit: usize) -> Self {
        Self {
            http,
            place,
            body_limit,
        }
    }

    pub(crate) fn send(
        &self,
        request: Request<Vec<u8>>,
        timeout: Duration,
    ) -> Result<Response<Vec<u8>>, TransportError> {
        // Only where the agent's own timeout is another one: see `Builder::agent`.
        let request = if self.http.config().timeouts().global == Some(timeout) {
            request
        } else {
            self.http
                .configure_request(request)
                .timeout_global(Some(timeout))
                .build()
        };
        let response = self.http.run(request).map_err(|error| self.failed(error))?;
        self.read(response)
    }

    fn read(&self, response: Response<Body>) -> Result<Response<Vec<u8>>, TransportError> {
        let (parts, mut body) = response.into_parts();
        let limit = u64::try_from(self.body_limit).unwrap_or(u64::MAX);
        let body = body
            .with_config()
            .limit(limit)
            .read_to_vec()
            .map_err(|error| self.failed(error))?;
        Ok(Response::from_parts(parts, body))
    }

    fn failed(&self, error: ureq::Error) -> TransportError {
        use TransportErrorKind::{Interrupted, NotConnected, NotTrusted, TimedOut, TooLarge};
        let place = &self.place;
        let (kind, message) = match (connect::NotConnected::find(&error), &error) {
            (Some(reason), _) if tls::is_distrust(reason) => (
                NotTrusted,
                format!("the certificate of {place} is not trusted"),
            ),
            (Some(_), _) => (NotConnected, format!("no connection to {place}")),
            (None, ureq::Error::Timeout(_)) => {
                (TimedOut, format!("no complete answer from {place} in time"))
            }
            (None, ureq::Error::BodyExceedsLimit(_)) => (
                TooLarge,
                format!("the answer has more than {} bytes", self.body_limit),
            ),
            (None, _) => (Interrupted, format!("the connection to {place} broke")),
        };
        let error = match error {
            ureq::Error::Other(inner) => inner,
            other => other.into(),
        };
        TransportError::new(kind, message).with_source(error)
    }
}
