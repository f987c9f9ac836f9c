mod limits;

use access_groups_core::{
    AccessGroupPort, Call, Context, Error, ListAccessGroups, Operation, Reply, Workspace,
    WorkspaceId, async_trait,
};
use access_groups_in_memory::{InMemory, SiteBuilder};
use access_groups_protocol::{BODY_LIMIT, Secret};
use axum::body::to_bytes;
use tower::ServiceExt;

use super::*;
use crate::Credentials;

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
        assert_eq!(headers["access-control-allow-origin"], "*");
    }
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
    let router = Server::new(Credentials::new())
        .with_health(health.clone())
        .router();
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
    assert!(health.set_store(false));
    assert!(!health.set_store(false), "nothing has changed");
    let away = r#"{"ok":true,"store":"away"}"#;
    assert_eq!(ask("/health").await, (200, away.to_owned()));
    let away = r#"{"ok":false,"store":"away"}"#;
    assert_eq!(ask("/ready").await, (503, away.to_owned()));
    assert!(health.set_store(true));
    assert_eq!(ask("/ready").await, fine());
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
