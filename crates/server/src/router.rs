//! Carries HTTP requests to the port of the caller's workspace, and the replies back.

mod answer;
mod call;
mod request_ids;

use std::sync::Arc;

use access_groups_protocol::{REQUEST_ID_HEADER, RequestLimits, allowed_methods};
use axum::{
    Router,
    body::{Body, HttpBody},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header},
};

use crate::{
    CredentialStore, Health, Metrics, Origins, Server, busy::BusyPorts, shares::Shares,
    strangers::Strangers, threads::Threads,
};
use request_ids::RequestIds;

/// The API over the ports that these credentials open, with `GET /health` and `GET /ready`: see
/// [`Health`]. Whatever answers `GET` answers `HEAD` as well, with the same status and headers.
///
/// The [`Context`](access_groups_core::Context) of a call names the request by its `seam-request-id`
/// and the caller by the first digits of the credential's digest.
///
/// The router needs no socket: call it as a `tower::Service` in a test. [`Server`] sets what may be
/// set, and serves it. A request body may have 1 MiB. A call that waits for others of its caller needs
/// tokio's clock: a runtime with `enable_time` or `enable_all`.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use access_groups_in_memory::InMemory;
/// use access_groups_protocol::Secret;
/// use access_groups_server::{Credentials, axum, router};
/// use tower::ServiceExt;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let store = Arc::new(InMemory::default());
/// let credentials = Credentials::new().with_key(&Secret::new("seam_test"), store);
///
/// let request = axum::http::Request::post("/acs/access_groups/list")
///     .header("authorization", "Bearer seam_test")
///     .body(axum::body::Body::empty())?;
/// let response = router(credentials).oneshot(request).await?;
/// assert_eq!(response.status(), 200);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn router(credentials: impl CredentialStore) -> Router {
    Server::new(credentials).router()
}

/// The router of this server.
pub(crate) fn of(server: Server) -> Router {
    Router::new()
        .fallback(handle)
        .with_state(Arc::new(App::new(server)))
}

/// What all requests share.
struct App {
    credentials: Arc<dyn CredentialStore>,
    /// The most ids in a list.
    request_limits: RequestLimits,
    health: Health,
    metrics: Metrics,
    origins: Origins,
    shares: Shares,
    strangers: Strangers,
    /// For lists and large bodies.
    heavy: Threads,
    /// For small calls that may wait for a list.
    small: Threads,
    busy: Arc<BusyPorts>,
    request_ids: RequestIds,
}

impl App {
    fn new(server: Server) -> Self {
        let limits = &server.limits;
        Self {
            shares: Shares::new(limits),
            strangers: Strangers::new(limits.wrong_keys),
            request_limits: RequestLimits::default().with_ids(limits.ids),
            credentials: server.credentials,
            health: server.health,
            metrics: server.metrics,
            origins: server.origins,
            heavy: Threads::giving_way(),
            small: Threads::default(),
            busy: Arc::default(),
            request_ids: RequestIds::new(),
        }
    }

    /// Adds the headers of every answer.
    fn add_headers(&self, headers: &mut HeaderMap, id: HeaderValue, origin: Option<&HeaderValue>) {
        headers.reserve(match origin {
            None => HEADERS_ADDED,
            Some(_) => HEADERS_ADDED + HEADERS_OF_BROWSERS,
        });
        headers.insert(REQUEST_ID, id);
        self.origins.allow(origin, headers);
    }
}

async fn handle(State(app): State<Arc<App>>, mut request: Request) -> Response<Body> {
    let in_flight = app.metrics.begin();
    let id = app.request_ids.next();
    // RFC 9110, section 9.3.2: the answer to GET, without its content.
    let is_head = request.method() == Method::HEAD;
    if is_head {
        *request.method_mut() = Method::GET;
    }
    let origin = request.headers().get(header::ORIGIN).cloned();
    let answered = answer::answer(&app, request, &id).await;
    let (path, operation) = (answered.path, answered.operation);
    let mut response = answered.into_response();
    let status = response.status();
    tracing::debug!(
        path,
        status = status.as_u16(),
        request_id = id.to_str().unwrap_or_default(),
        "answered"
    );
    in_flight.done(operation, status);
    let headers = response.headers_mut();
    app.add_headers(headers, id, origin.as_ref());
    if status == StatusCode::METHOD_NOT_ALLOWED
        && let Some(methods) = allowed_methods(path)
        && let Ok(methods) = methods.try_into()
    {
        headers.insert(header::ALLOW, methods);
    }
    match is_head {
        true => without_content(response),
        false => response,
    }
}

/// RFC 9110, section 9.3.2: the headers of the answer, its length among them, and nothing else.
fn without_content(response: Response<Body>) -> Response<Body> {
    let length = response.body().size_hint().exact().unwrap_or_default();
    let mut response = response.map(|_| Body::empty());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, length.into());
    response
}

const REQUEST_ID: HeaderName = HeaderName::from_static(REQUEST_ID_HEADER);

/// How many headers are added to a response of the protocol, by this crate, axum and hyper: space
/// for all is reserved at once.
const HEADERS_ADDED: usize = 4;

/// How many more are added for a page in a browser.
const HEADERS_OF_BROWSERS: usize = 5;

#[cfg(test)]
mod tests;
