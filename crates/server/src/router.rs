//! Carries HTTP requests to the port of the caller's workspace, and the replies back.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use access_groups_core::{Context, Error, Reply};
use access_groups_protocol::{
    Action, BODY_LIMIT, Head, Payload, REQUEST_ID_HEADER, ReceivedHead, RequestLimits,
    allowed_methods, is_known_path, receive_head, respond, respond_too_large,
};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header},
};
use http_body_util::LengthLimitError;

use crate::{Credentials, HangUp, Health, credentials::Access};

/// The API over the ports that these credentials open, with `GET /health` and `GET /ready`: see
/// [`Health`]. Whatever answers `GET` answers `HEAD` as well, with the same status and headers.
///
/// The [`Context`] of a call names the request by its `seam-request-id` and the caller by the first
/// digits of the credential's digest.
///
/// The router needs no socket: call it as a `tower::Service` in a test, or hand it to
/// [`serve`](crate::serve). A request body may have 1 MiB.
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
pub fn router(credentials: Credentials) -> Router {
    router_with_health(credentials, Health::default())
}

/// The same, with a health that the caller keeps up to date.
pub fn router_with_health(credentials: Credentials, health: Health) -> Router {
    Router::new()
        .fallback(handle)
        .with_state(Arc::new(App::new(credentials, health)))
}

#[derive(Debug)]
struct App {
    credentials: Credentials,
    health: Health,
    request_ids: RequestIds,
    /// Built once: the long values would be validated again for each response.
    cors_headers: Vec<(HeaderName, HeaderValue)>,
}

impl App {
    fn new(credentials: Credentials, health: Health) -> Self {
        let cors_headers = CORS_HEADERS.iter().cloned();
        let cors_headers =
            cors_headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
        Self {
            credentials,
            health,
            request_ids: RequestIds::new(),
            cors_headers: cors_headers.collect(),
        }
    }

    fn add_headers(&self, headers: &mut HeaderMap, id: HeaderValue, origin: Option<HeaderValue>) {
        headers.reserve(HEADERS_ADDED);
        headers.insert(REQUEST_ID, id);
        let origin = origin.unwrap_or(const { HeaderValue::from_static("*") });
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        for (name, value) in &self.cors_headers {
            headers.insert(name, value.clone());
        }
    }
}

async fn handle(State(app): State<Arc<App>>, mut request: Request) -> Response<Body> {
    let id = app.request_ids.next();
    // RFC 9110, section 9.3.2: the answer to GET, without its content.
    let is_head = request.method() == Method::HEAD;
    if is_head {
        *request.method_mut() = Method::GET;
    }
    let origin = request.headers().get(header::ORIGIN).cloned();
    let uri = request.uri().clone();
    let mut response = answer(&app, request, &id).await;
    // Whatever is asked for beside the API may be anything: a key in a mistyped address, say.
    let path = match is_known_path(uri.path()) {
        true => uri.path(),
        false => "unknown",
    };
    tracing::debug!(path, status = response.status().as_u16(), request_id = ?id, "answered");
    app.add_headers(response.headers_mut(), id, origin);
    if response.status() == StatusCode::METHOD_NOT_ALLOWED
        && let Some(methods) = allowed_methods(uri.path())
        && let Ok(methods) = methods.try_into()
    {
        response.headers_mut().insert(header::ALLOW, methods);
    }
    if is_head {
        let length = response.body().len() as u64;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_LENGTH, length.into());
        return response.map(|_| Body::empty());
    }
    response.map(|body| body.into_vec().into())
}

async fn answer(app: &App, request: Request, id: &HeaderValue) -> Response<Payload> {
    if let Some(answer) = app.health.answer(request.uri().path(), request.method()) {
        return answer; // no credential, no port
    }
    let (parts, body) = request.into_parts();
    let head = match receive_head(&parts) {
        ReceivedHead::Call(head) => head,
        ReceivedHead::Answer(response) => return response,
    };
    let body = match read(body).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    let access = head
        .credential()
        .and_then(|credential| app.credentials.open(credential));
    let access = match access {
        Ok(access) => access,
        Err(error) => return head.refuse(Some(&body), &error),
    };
    let answer = call(access, &head, &body, id).await;
    let mut response = respond(&answer);
    // `serve` looks for it: a router alone has no connection to close.
    if answer.is_err_and(|error| HangUp::is_asked_by(&error)) {
        response.extensions_mut().insert(HangUp);
    }
    response
}

async fn call(
    Access { port, actor }: Access,
    head: &Head,
    body: &[u8],
    id: &HeaderValue,
) -> Result<Reply, Error> {
    let operation = match head.operation(body, &RequestLimits::default())? {
        Action::Call(operation) => operation,
        Action::Reply(reply) => return Ok(reply),
    };
    // Only now, after authentication and validation, is anything asked of the port.
    let id = id.to_str().unwrap_or_default();
    let context = Context::new().with_request_id(id).with_actor(actor);
    port.call(operation, &context).await
}

/// The whole body, or the response to one that is too large or incomplete.
async fn read(body: Body) -> Result<Bytes, Response<Payload>> {
    to_bytes(body, BODY_LIMIT).await.map_err(|error| {
        let is_late = is_timeout(&error);
        if error.into_inner().is::<LengthLimitError>() {
            return respond_too_large();
        }
        let (status, message) = match is_late {
            true => (StatusCode::REQUEST_TIMEOUT, "The body did not come in time"),
            false => (StatusCode::BAD_REQUEST, "The body could not be read"),
        };
        let mut response = Response::new(message.as_bytes().to_vec().into());
        *response.status_mut() = status;
        response
    })
}

/// Whether [`serve`](crate::serve) has ended the wait for a body.
fn is_timeout(error: &(dyn std::error::Error + 'static)) -> bool {
    let timed_out = |error: &io::Error| error.kind() == io::ErrorKind::TimedOut;
    std::iter::successors(Some(error), |error| error.source())
        .any(|error| error.downcast_ref().is_some_and(timed_out))
}

/// Makes the ids of requests: 64 random bits of the process, and 64 of the request.
#[derive(Debug)]
struct RequestIds {
    prefix: String,
    /// Counts requests where the system has no randomness to give: ids are then unique in this
    /// process only.
    next: AtomicU64,
}

impl RequestIds {
    fn new() -> Self {
        let process = getrandom::u64().unwrap_or_default();
        Self {
            prefix: format!("req_{process:016x}"),
            next: AtomicU64::new(1),
        }
    }

    /// Never a number that grows: one workspace would learn how many requests the others make.
    fn next(&self) -> HeaderValue {
        let request =
            getrandom::u64().unwrap_or_else(|_| self.next.fetch_add(1, Ordering::Relaxed));
        let text = format!("{}{request:016x}", self.prefix);
        HeaderValue::try_from(text).expect("hexadecimal digits make a header")
    }
}

const REQUEST_ID: HeaderName = HeaderName::from_static(REQUEST_ID_HEADER);

/// The CORS headers of every response, except the one with the allowed origin.
const CORS_HEADERS: &[(HeaderName, &str)] = &[
    (header::VARY, "origin"),
    (header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"),
    (
        header::ACCESS_CONTROL_ALLOW_METHODS,
        "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    ),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        "authorization, content-type, accept, seam-workspace, seam-lts-version, seam-sdk-name, \
         seam-sdk-version, seam-publishable-key, seam-client-session-token, \
         client-session-token, seam-api-key, seam-user-identifier-key",
    ),
];

/// How many headers are added to a response of the protocol, by this crate, axum and hyper: space
/// for all is reserved at once.
const HEADERS_ADDED: usize = 8;

#[cfg(test)]
mod tests {
    use access_groups_core::{
        AccessGroupPort, Call, ListAccessGroups, Operation, Workspace, WorkspaceId, async_trait,
    };
    use access_groups_in_memory::{InMemory, SiteBuilder};
    use access_groups_protocol::Secret;
    use tower::ServiceExt;

    use super::*;

    async fn send(request: axum::http::request::Builder, body: Body) -> Response<Body> {
        let port = Arc::new(InMemory::default());
        let credentials = Credentials::new().with_key(&Secret::new("seam_test"), port);
        let request = request.body(body).expect("a request");
        router(credentials)
            .oneshot(request)
            .await
            .expect("a response")
    }

    fn post(path: &str) -> axum::http::request::Builder {
        axum::http::Request::post(path).header("content-type", "application/json")
    }

    async fn text(response: Response<Body>) -> String {
        let body = to_bytes(response.into_body(), usize::MAX).await;
        String::from_utf8(body.expect("a body").into()).expect("text")
    }

    async fn check(path: &str, body: Body, status: u16, expected: &str) {
        let response = send(post(path), body).await;
        assert_eq!(response.status(), status, "{path}");
        assert!(response.headers().contains_key(REQUEST_ID_HEADER), "{path}");
        assert_eq!(text(response).await, expected, "{path}");
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_refused_before_authentication() {
        let path = "/acs/users/get";
        let json = |size: usize| Body::from(format!("{{\"a\":\"{}\"}}", "x".repeat(size - 8)));
        let too_large = "Body exceeded 1mb limit";
        check(path, json(BODY_LIMIT + 1), 413, too_large).await;
        let response = send(post(path), json(BODY_LIMIT)).await;
        assert_eq!(response.status(), 401);
        check("/nowhere", json(BODY_LIMIT + 1), 404, "404").await;
    }

    #[tokio::test]
    async fn every_answer_names_its_request_and_allows_its_origin() {
        let health = || axum::http::Request::get("/health");
        for request in [post("/nowhere"), post("/acs/users/get"), health()] {
            let request = request.header("origin", "https://a.example");
            let headers = send(request, Body::empty()).await.headers().clone();
            assert!(headers.contains_key(REQUEST_ID_HEADER));
            assert_eq!(headers["access-control-allow-origin"], "https://a.example");
            assert_eq!(headers["vary"], "origin");
            assert_eq!(headers["access-control-allow-credentials"], "true");
            let methods = "GET, POST, PUT, PATCH, DELETE, OPTIONS";
            assert_eq!(headers["access-control-allow-methods"], methods);
            assert_eq!(
                headers["access-control-allow-headers"],
                "authorization, content-type, accept, seam-workspace, seam-lts-version, \
                 seam-sdk-name, seam-sdk-version, seam-publishable-key, \
                 seam-client-session-token, client-session-token, seam-api-key, \
                 seam-user-identifier-key",
            );
        }
        let response = send(post("/nowhere"), Body::empty()).await;
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
    }

    #[tokio::test]
    async fn health_needs_no_credential() {
        let response = send(axum::http::Request::get("/health"), Body::empty()).await;
        assert_eq!(response.status(), 200);
    }

    #[tokio::test]
    async fn other_methods_of_health_are_refused() {
        for path in ["/health", "/ready"] {
            let posted = send(post(path), Body::empty()).await;
            assert_eq!(posted.status(), 405, "{path}");
            assert_eq!(posted.headers()["allow"], "GET, HEAD");
        }
    }

    #[tokio::test]
    async fn failing_saves_are_no_reason_to_restart() {
        let health = Health::default();
        let router = router_with_health(Credentials::new(), health.clone());
        let ask = async |path: &str| {
            let request = axum::http::Request::get(path).body(Body::empty());
            let response = router.clone().oneshot(request.expect("a request")).await;
            let response = response.expect("a response");
            (response.status().as_u16(), text(response).await)
        };
        let fine = || (200, r#"{"ok":true}"#.to_owned());
        assert_eq!(
            (ask("/health").await, ask("/ready").await),
            (fine(), fine())
        );
        health.saving_failed();
        let failing = r#"{"ok":true,"saving":"failing"}"#;
        assert_eq!(ask("/health").await, (200, failing.to_owned()));
        let failing = r#"{"ok":false,"saving":"failing"}"#;
        assert_eq!(ask("/ready").await, (503, failing.to_owned()));
        health.saving_recovered();
        assert_eq!(
            (ask("/health").await, ask("/ready").await),
            (fine(), fine())
        );
    }

    #[tokio::test]
    async fn head_is_get_without_content() {
        let key = ("authorization", "Bearer seam_test");
        for path in [
            "/health",
            "/ready",
            "/workspaces/get",
            "/acs/users/get",
            "/nowhere",
        ] {
            let ask = async |method: Method| {
                let request = axum::http::Request::builder().method(method).uri(path);
                send(request.header(key.0, key.1), Body::empty()).await
            };
            let (got, head) = (ask(Method::GET).await, ask(Method::HEAD).await);
            assert_eq!(head.status(), got.status(), "{path}");
            let kind = "content-type";
            assert_eq!(head.headers().get(kind), got.headers().get(kind), "{path}");
            let length = text(got).await.len().to_string();
            assert_eq!(head.headers()["content-length"], *length, "{path}");
            assert_eq!(text(head).await, "", "{path}");
        }
        // A path that does not take GET does not take HEAD.
        let request = axum::http::Request::head("/acs/users/create");
        let refused = send(request.header(key.0, key.1), Body::empty()).await;
        assert_eq!(refused.status(), 405);
        assert_eq!(refused.headers()["allow"], "POST");
        let request = axum::http::Request::delete("/acs/users/get");
        let refused = send(request.header(key.0, key.1), Body::empty()).await;
        assert_eq!(refused.status(), 405);
        assert_eq!(refused.headers()["allow"], "GET, POST, HEAD");
    }

    /// The name of the workspace that the token opens, or the refusal.
    async fn workspace(token: &str, workspace: &str) -> String {
        let named = |number, name: &str| {
            let id = WorkspaceId::from_u128(number);
            let site = SiteBuilder::in_workspace(Workspace::new(id, name));
            (id, Arc::new(site.build()))
        };
        let token_of_both = Secret::new("seam_at1_both");
        let ((north, of_north), (south, of_south)) = (named(1, "North"), named(2, "South"));
        let credentials = Credentials::new()
            .with_token(&token_of_both, north, of_north.clone())
            .with_token(&token_of_both, south, of_south)
            .with_token(&Secret::new("seam_at1_north"), north, of_north);
        let request = post("/workspaces/get")
            .header("authorization", format!("Bearer {token}"))
            .header("seam-workspace", workspace)
            .body(Body::empty())
            .expect("a request");
        let response = router(credentials).oneshot(request).await;
        let response = response.expect("a response");
        let (status, body) = (response.status(), text(response).await);
        let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        match status.as_u16() {
            200 => body["workspace"]["name"].to_string(),
            status => format!("{status} {body}"),
        }
    }

    #[tokio::test]
    async fn a_token_sees_the_workspace_of_the_header_if_it_opens_that_one() {
        let [north, south, nowhere] =
            [1, 2, 3].map(|number| WorkspaceId::from_u128(number).to_string());
        assert_eq!(workspace("seam_at1_both", &north).await, "\"North\"");
        assert_eq!(workspace("seam_at1_both", &south).await, "\"South\"");
        assert_eq!(workspace("seam_at1_north", &north).await, "\"North\"");
        let refused = workspace("seam_at1_none", &north).await;
        assert!(refused.starts_with("401 "), "{refused}");
        assert!(refused.contains("\"unauthorized\""), "{refused}");
        for foreign in [&south, &nowhere, "south"] {
            assert_eq!(workspace("seam_at1_north", foreign).await, refused);
        }
    }

    /// A port that lists groups only, and remembers the contexts of its calls.
    #[derive(Default)]
    struct ListsGroups(std::sync::Mutex<Vec<Context>>);

    #[async_trait]
    impl AccessGroupPort for ListsGroups {
        async fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
            self.0.lock().expect("no panic").push(context.clone());
            match operation {
                Operation::ListAccessGroups(_) => Ok(ListAccessGroups::answer(Vec::new())),
                other => Err(Error::unsupported_operation(&other)),
            }
        }
    }

    async fn ask(port: Arc<dyn AccessGroupPort>, path: &str, body: &'static str) -> Response<Body> {
        let credentials = Credentials::new().with_key(&Secret::new("seam_north"), port);
        let request = post(path).header("authorization", "Bearer seam_north");
        let request = request.body(Body::from(body)).expect("a request");
        let response = router(credentials).oneshot(request).await;
        response.expect("a response")
    }

    #[tokio::test]
    async fn an_unsupported_operation_is_501() {
        let status = async |path| {
            let response = ask(Arc::new(ListsGroups::default()), path, "{}").await;
            response.status().as_u16()
        };
        assert_eq!(status("/acs/access_groups/list").await, 200);
        assert_eq!(status("/acs/users/list").await, 501);
        assert_eq!(status("/acs/systems/list").await, 501);
        assert_eq!(status("/user_identities/list").await, 501);
    }

    #[tokio::test]
    async fn a_call_carries_request_id_and_caller() {
        let port = Arc::new(ListsGroups::default());
        let response = ask(port.clone(), "/acs/access_groups/list", "{}").await;
        let id = response.headers()[REQUEST_ID_HEADER].to_str();
        let expected = Context::new()
            .with_request_id(id.expect("text"))
            .with_actor("sha256:40fea43a");
        assert_eq!(*port.0.lock().expect("no panic"), [expected]);
    }

    #[tokio::test]
    async fn unmanaged_paths_are_answered_without_a_port() {
        const ID: &str = "00000000-0000-0000-0000-000000000001";
        let check = async |path, body: &'static str, status: u16, expected: &str| {
            let port = Arc::new(ListsGroups::default());
            let response = ask(port.clone(), path, body).await;
            assert_eq!(response.status(), status, "{path}");
            assert_eq!(text(response).await, expected, "{path}");
            assert!(port.0.lock().expect("no panic").is_empty(), "{path}");
        };
        let none = r#"{"acs_access_groups":[],"ok":true}"#;
        check("/acs/access_groups/unmanaged/list", "{}", 200, none).await;
        check(
            "/acs/users/unmanaged/list",
            "{}",
            200,
            r#"{"acs_users":[],"ok":true}"#,
        )
        .await;
        let unknown = |code: &str, noun: &str| {
            let message = format!("there is no {noun} {ID} in this workspace");
            format!(r#"{{"error":{{"message":"{message}","type":"{code}"}},"ok":false}}"#)
        };
        let (group, user) = (
            "/acs/access_groups/unmanaged/get",
            "/acs/users/unmanaged/get",
        );
        let named = r#"{"acs_access_group_id":"00000000-0000-0000-0000-000000000001","acs_user_id":"00000000-0000-0000-0000-000000000001"}"#;
        let no_group = unknown("acs_access_group_not_found", "access group");
        check(group, named, 404, &no_group).await;
        check(user, named, 404, &unknown("acs_user_not_found", "ACS user")).await;
        let wrong = r#"{"error":{"message":"Invalid uuid for \"acs_system_id\"","type":"invalid_input","validation_errors":{"_errors":[],"acs_system_id":{"_errors":["Invalid uuid"]}}},"ok":false}"#;
        check(
            "/acs/users/unmanaged/list",
            r#"{"acs_system_id":"x"}"#,
            400,
            wrong,
        )
        .await;
    }

    #[test]
    fn no_two_requests_have_one_id() {
        let (ids, others) = (RequestIds::new(), RequestIds::new());
        let first = ids.next();
        assert_ne!(first, ids.next());
        assert_ne!(first, others.next());
    }
}
