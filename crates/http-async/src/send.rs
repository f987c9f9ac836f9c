//! One attempt: sends a request, and returns the complete response or the reason of failure.

use std::{error::Error as StdError, time::Duration};

use access_groups_protocol::{
    HEAD_LIMIT, Payload, Requester, TransportError, TransportErrorKind, read_limit, tls_failure,
};
use http::{HeaderMap, Request, Response, request::Parts};

use crate::body::SendOnce;

#[derive(Debug)]
pub(crate) struct Sender {
    http: reqwest::Client,
    /// The endpoint, parsed once instead of for every request. `None` if it is no URL, which an
    /// attempt then reports.
    base: Option<reqwest::Url>,
}

impl Sender {
    pub(crate) fn new(http: reqwest::Client, requester: &Requester) -> Self {
        Self {
            http,
            base: requester.endpoint().to_string().parse().ok(),
        }
    }

    pub(crate) async fn send(
        &self,
        request: Request<Payload>,
        timeout: Duration,
        body_limit: usize,
    ) -> Result<Response<Payload>, TransportError> {
        let (parts, body) = request.into_parts();
        let (body, fate) = SendOnce::new(body.into_vec());
        let mut request = self.address(parts, body).map_err(failed)?;
        *request.timeout_mut() = Some(timeout);
        let response = self.http.execute(request).await.map_err(|error| {
            // The timeout also runs while connecting.
            match error.is_timeout() && fate.withhold() {
                true => TransportError::new(TransportErrorKind::NotConnected)
                    .with_source(error.without_url()),
                false => failed(error),
            }
        })?;
        read(response, body_limit).await
    }

    fn address(&self, parts: Parts, body: SendOnce) -> reqwest::Result<reqwest::Request> {
        let body = reqwest::Body::wrap(body);
        let Some(base) = &self.base else {
            return Request::from_parts(parts, body).try_into();
        };
        let mut url = base.clone();
        url.set_path(parts.uri.path());
        url.set_query(parts.uri.query());
        let mut request = reqwest::Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        *request.body_mut() = Some(body);
        Ok(request)
    }
}

async fn read(
    mut response: reqwest::Response,
    body_limit: usize,
) -> Result<Response<Payload>, TransportError> {
    if head_size(response.headers()) > HEAD_LIMIT {
        return Err(TransportError::new(TransportErrorKind::HeadTooLarge));
    }
    let mut body = Vec::new();
    if let Some(limit) = read_limit(response.status(), response.headers(), body_limit) {
        // One chunk beyond the limit says that there is more; hyper closes a connection that is
        // dropped with a rest.
        while body.len() <= limit
            && let Some(chunk) = response.chunk().await.map_err(failed)?
        {
            body.extend_from_slice(&chunk);
        }
    }
    let mut complete = Response::new(body.into());
    *complete.status_mut() = response.status();
    *complete.headers_mut() = std::mem::take(response.headers_mut());
    Ok(complete)
}

/// How many bytes the headers have: hyper itself stops at about 400 KiB only, which is no setting of
/// reqwest.
fn head_size(headers: &HeaderMap) -> usize {
    let sizes = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    sizes.sum()
}

fn failed(error: reqwest::Error) -> TransportError {
    use TransportErrorKind::{Interrupted, NotConnected, TimedOut};
    // An error of the builder comes before anything is sent.
    let failure = if error.is_connect() || error.is_builder() {
        tls_failure(&error).unwrap_or_else(|| TransportError::new(NotConnected))
    } else if error.is_timeout() {
        TransportError::new(TimedOut)
    } else {
        TransportError::new(of_head(&error).unwrap_or(Interrupted))
    };
    // The message names the endpoint already; the path adds nothing to it.
    failure.with_source(error.without_url())
}

/// Why the head of the answer cannot be read: reqwest hides the reason in the chain of sources.
fn of_head(error: &(dyn StdError + 'static)) -> Option<TransportErrorKind> {
    match error.downcast_ref::<hyper::Error>() {
        Some(error) if error.is_parse_too_large() => Some(TransportErrorKind::HeadTooLarge),
        Some(error) => error.is_parse().then_some(TransportErrorKind::NotHttp),
        None => error.source().and_then(of_head),
    }
}
