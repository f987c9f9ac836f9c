//! One attempt: a request goes out, a complete response or a reason comes back.

use std::time::Duration;

use access_groups_protocol::{TransportError, TransportErrorKind};
use http::{Request, Response};

use crate::tls;

#[derive(Debug)]
pub(crate) struct Sender {
    http: reqwest::Client,
    /// The endpoint, for messages.
    place: String,
    /// The same, parsed once: every request would do so again. `None` if it is no URL, which
    /// an attempt then reports.
    base: Option<reqwest::Url>,
    body_limit: usize,
}

impl Sender {
    pub(crate) fn new(http: reqwest::Client, place: String, body_limit: usize) -> Self {
        Self {
            http,
            base: place.parse().ok(),
            place,
            body_limit,
        }
    }

    pub(crate) async fn send(
        &self,
        request: Request<Vec<u8>>,
        timeout: Duration,
    ) -> Result<Response<Vec<u8>>, TransportError> {
        let mut request = self.address(request).map_err(|error| self.failed(error))?;
        *request.timeout_mut() = Some(timeout);
        let response = self
            .http
            .execute(request)
            .await
            .map_err(|error| self.failed(error))?;
        self.read(response).await
    }

    fn address(&self, request: Request<Vec<u8>>) -> reqwest::Result<reqwest::Request> {
        let Some(base) = &self.base else {
            return request.try_into();
        };
        let (parts, body) = request.into_parts();
        let mut url = base.clone();
        url.set_path(parts.uri.path());
        url.set_query(parts.uri.query());
        let mut request = reqwest::Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        *request.body_mut() = Some(body.into());
        Ok(request)
    }

    async fn read(
        &self,
        mut response: reqwest::Response,
    ) -> Result<Response<Vec<u8>>, TransportError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(error))? {
            if body.len() + chunk.len() > self.body_limit {
                return Err(self.too_large());
            }
            body.extend_from_slice(&chunk);
        }
        let mut complete = Response::new(body);
        *complete.status_mut() = response.status();
        *complete.headers_mut() = std::mem::take(response.headers_mut());
        Ok(complete)
    }

    fn failed(&self, error: reqwest::Error) -> TransportError {
        use TransportErrorKind::{Interrupted, NotConnected, NotTrusted, TimedOut};
        let place = &self.place;
        let (kind, message) = if tls::is_distrust(&error) {
            (
                NotTrusted,
                format!("the certificate of {place} is not trusted"),
            )
        } else if error.is_connect() || error.is_builder() {
            (NotConnected, format!("no connection to {place}"))
        } else if error.is_timeout() {
            (TimedOut, format!("no complete answer from {place} in time"))
        } else {
            (Interrupted, format!("the connection to {place} broke"))
        };
        TransportError::new(kind, message).with_source(error.without_url())
    }

    fn too_large(&self) -> TransportError {
        let message = format!("the answer has more than {} bytes", self.body_limit);
        TransportError::new(TransportErrorKind::TooLarge, message)
    }
}
