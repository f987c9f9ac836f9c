//! One attempt: sends a request, and returns the complete response or the reason of failure.

use std::{
    collections::BTreeMap, error::Error as StdError, future::Future, pin::Pin, time::Duration,
};

use access_groups_protocol::{
    HEAD_LIMIT, Payload, Requester, TransportError, TransportErrorKind, read_limit, tls_failure,
};
use http::{HeaderMap, Request, Response, request::Parts};

use crate::body::SendOnce;

#[derive(Debug)]
pub(crate) struct Sender {
    http: reqwest::Client,
    /// The address of each path, parsed once instead of for every request.
    addresses: BTreeMap<String, reqwest::Url>,
    /// The timeout that the HTTP client has by itself: it takes what another one costs.
    timeout: Option<Duration>,
}

/// One attempt, to be awaited. In a box, as is the call that holds it: two of some hundred bytes are
/// cheaper to allocate than one beyond 1 KiB.
pub(crate) type Attempt =
    Pin<Box<dyn Future<Output = Result<Response<Payload>, TransportError>> + Send>>;

impl Sender {
    pub(crate) fn new(
        http: reqwest::Client,
        requester: &Requester,
        timeout: Option<Duration>,
    ) -> Self {
        Self {
            http,
            timeout,
            addresses: addresses(requester).collect(),
        }
    }

    /// Makes an attempt, when it is awaited.
    // No `async fn`: the future would hold the request twice, for as long as the answer takes.
    pub(crate) fn send(
        &self,
        request: Request<Payload>,
        timeout: Duration,
        body_limit: usize,
    ) -> Attempt {
        let (parts, body) = request.into_parts();
        let (body, fate) = SendOnce::new(body.into_vec());
        let pending = self.address(parts, body).map(|mut request| {
            if self.timeout != Some(timeout) {
                *request.timeout_mut() = Some(timeout);
            }
            self.http.execute(request)
        });
        Box::pin(async move {
            let response = pending.map_err(failed)?.await.map_err(|error| {
                // The timeout also runs while connecting.
                match error.is_timeout() && fate.withhold() {
                    true => TransportError::new(TransportErrorKind::NotConnected)
                        .with_source(error.without_url()),
                    false => failed(error),
                }
            })?;
            read(response, body_limit).await
        })
    }

    fn address(&self, parts: Parts, body: SendOnce) -> reqwest::Result<reqwest::Request> {
        let body = reqwest::Body::wrap(body);
        let Some(url) = self.addresses.get(parts.uri.path()) else {
            return Request::from_parts(parts, body).try_into();
        };
        let mut request = reqwest::Request::new(parts.method, url.clone());
        *request.headers_mut() = parts.headers;
        *request.body_mut() = Some(body);
        Ok(request)
    }
}

/// Every address of the service, by its path.
fn addresses(requester: &Requester) -> impl Iterator<Item = (String, reqwest::Url)> {
    requester.addresses().filter_map(|uri| {
        let url = uri.to_string().parse().ok()?;
        Some((uri.path().to_owned(), url))
    })
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
