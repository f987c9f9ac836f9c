//! What one caller takes is not taken from the others.

use std::{
    pin::Pin,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    task::{self, Poll},
    thread::{self, ThreadId},
    time::Duration,
};

use access_groups_core::{AccessGroupId, AcsSystemId};
use axum::body::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::{sync::Notify, time::Instant};

use super::*;
use crate::{Access, CredentialDigest, Limits};

/// A port whose calls wait until they are let go.
#[derive(Default)]
struct Gate {
    begun: AtomicUsize,
    begins: Notify,
    go_on: Notify,
}

#[async_trait]
impl AccessGroupPort for Gate {
    async fn call(&self, operation: Operation, _: &Context) -> Result<Reply, Error> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.begins.notify_one();
        self.go_on.notified().await;
        Err(Error::unsupported_operation(&operation))
    }
}

/// A router where `seam_north` opens the gate, and `seam_south` a store.
fn gated(gate: &Arc<Gate>, limits: Limits) -> Router {
    let credentials = Credentials::new()
        .with_key(&Secret::new("seam_north"), gate.clone())
        .with_key(&Secret::new("seam_south"), Arc::new(InMemory::default()));
    Server::new(credentials).with_limits(limits).router()
}

/// A call with this key, whose answer is waited for on the runtime of the test.
async fn call(router: &Router, key: &str, path: &str, body: Body) -> Response<Body> {
    let request = post(path).header("authorization", format!("Bearer {key}"));
    let request = request.body(body).expect("a request");
    let response = router.clone().oneshot(request).await;
    response.expect("a response")
}

const SMALL: &str = "/workspaces/get";
const LIST: &str = "/acs/access_groups/list";

#[tokio::test(start_paused = true)]
async fn a_key_has_so_many_calls() {
    let gate = Arc::new(Gate::default());
    let router = gated(&gate, Limits::default().with_calls_per_key(1));
    let in_flight = tokio::spawn({
        let router = router.clone();
        async move { call(&router, "seam_north", SMALL, Body::empty()).await }
    });
    gate.begins.notified().await;
    let refusing = call(&router, "seam_north", SMALL, Body::empty());
    let refused = tokio::select! {
        refused = refusing => refused,
        () = gate.begins.notified() => panic!("one call too many has begun"),
    };
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "1");
    let other = call(&router, "seam_south", SMALL, Body::empty()).await;
    assert_eq!(other.status(), 200);
    gate.go_on.notify_one();
    assert_eq!(in_flight.await.expect("no panic").status(), 501);
    gate.go_on.notify_one();
    let again = call(&router, "seam_north", SMALL, Body::empty()).await;
    assert_eq!(again.status(), 501, "its place is free again");
}

#[tokio::test]
async fn lists_of_a_key_wait_for_each_other() {
    let gate = Arc::new(Gate::default());
    let router = gated(&gate, Limits::default().with_heavy_calls_per_port(1));
    gate.go_on.notify_one();
    let first = call(&router, "seam_north", LIST, Body::empty()).await;
    assert_eq!(first.status(), 501);
    // The first has been made and is not taken yet: it keeps its place.
    let second = tokio::spawn({
        let router = router.clone();
        async move { call(&router, "seam_north", LIST, Body::empty()).await }
    });
    tokio::task::yield_now().await;
    let other = call(&router, "seam_south", LIST, Body::empty()).await;
    assert_eq!(other.status(), 200);
    let small = call(&router, "seam_south", SMALL, Body::empty()).await;
    assert_eq!(small.status(), 200);
    assert_eq!(gate.begun.load(Ordering::SeqCst), 1);
    drop(text(first).await);
    gate.go_on.notify_one();
    assert_eq!(second.await.expect("no panic").status(), 501);
}

/// A body of this length that never comes.
struct Announced(usize);

impl HttpBody for Announced {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Poll::Pending
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0 as u64)
    }
}

#[tokio::test(start_paused = true)]
async fn bodies_of_a_key_wait_for_room() {
    let gate = Arc::new(Gate::default());
    let limits = Limits::default().with_body_bytes(crate::Bytes(4 * BODY_LIMIT as u64));
    let router = gated(&gate, limits);
    let _first = tokio::spawn({
        let router = router.clone();
        let announced = Body::new(Announced(BODY_LIMIT));
        async move { call(&router, "seam_north", SMALL, announced).await }
    });
    tokio::task::yield_now().await;
    let body = |length: usize| Body::from(format!("{{{}}}", " ".repeat(length - 2)));
    let other = call(&router, "seam_south", SMALL, body(BODY_LIMIT)).await;
    assert_eq!(other.status(), 200);
    gate.go_on.notify_one();
    let small = call(&router, "seam_north", SMALL, body(4 * 1024)).await;
    assert_eq!(small.status(), 501, "small bodies need no room");
    gate.go_on.notify_one(); // should the next one come through, it fails the test
    let refused = call(&router, "seam_north", SMALL, body(4 * 1024 + 1)).await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "1");
}

/// A port that blocks its thread in lists until it is told to go on, and remembers the threads.
struct Blocks {
    go_on: Mutex<mpsc::Receiver<()>>,
    threads: Mutex<Vec<ThreadId>>,
}

impl Blocks {
    fn new() -> (Arc<Self>, mpsc::Sender<()>) {
        let (go_on, told) = mpsc::channel();
        let port = Self {
            go_on: Mutex::new(told),
            threads: Mutex::default(),
        };
        (Arc::new(port), go_on)
    }
}

#[async_trait]
impl AccessGroupPort for Blocks {
    async fn call(&self, operation: Operation, _: &Context) -> Result<Reply, Error> {
        let here = thread::current().id();
        self.threads.lock().expect("no panic").push(here);
        if !operation.is_list() {
            return Err(Error::unsupported_operation(&operation));
        }
        let go_on = self.go_on.lock().expect("no panic");
        // Whoever should tell may be kept from it by this thread: then the test has failed.
        go_on
            .recv_timeout(Duration::from_secs(10))
            .map_err(|_| Error::internal("nobody could tell"))?;
        Ok(ListAccessGroups::answer(Vec::new()))
    }
}

#[tokio::test]
async fn a_list_keeps_no_small_call_waiting() {
    let (port, go_on) = Blocks::new();
    let router = router(Credentials::new().with_key(&Secret::new("seam_north"), port));
    let list = tokio::spawn({
        let router = router.clone();
        async move { call(&router, "seam_north", LIST, Body::empty()).await }
    });
    tokio::task::yield_now().await;
    let small = call(&router, "seam_north", SMALL, Body::empty()).await;
    assert_eq!(small.status(), 501);
    go_on.send(()).expect("the list waits");
    assert_eq!(list.await.expect("no panic").status(), 200);
}

/// As many lists of one tenant as it may have keep their threads; that of another one has its own.
#[tokio::test(start_paused = true)]
async fn a_list_waits_for_no_other_tenant() {
    let (port, go_on) = Blocks::new();
    let credentials = Credentials::new()
        .with_key(&Secret::new("seam_north"), port)
        .with_key(&Secret::new("seam_south"), Arc::new(InMemory::default()));
    let router = router(credentials);
    let count = Limits::default().heavy_calls_per_port;
    let lists: Vec<_> = (0..count)
        .map(|_| {
            let router = router.clone();
            tokio::spawn(async move { call(&router, "seam_north", LIST, Body::empty()).await })
        })
        .collect();
    tokio::task::yield_now().await;
    let other = call(&router, "seam_south", LIST, Body::empty()).await;
    assert_eq!(other.status(), 200);
    let start = Instant::now();
    let late = call(&router, "seam_north", LIST, Body::empty()).await;
    assert_eq!(start.elapsed(), Duration::from_secs(5), "as documented");
    assert_eq!(late.status(), 503, "it has waited for a place");
    lists
        .iter()
        .for_each(|_| go_on.send(()).expect("a list waits"));
    for list in lists {
        assert_eq!(list.await.expect("no panic").status(), 200);
    }
}

/// It still has its thread.
#[tokio::test(start_paused = true)]
async fn a_list_without_a_reader_keeps_its_place() {
    let (port, go_on) = Blocks::new();
    let credentials = Credentials::new().with_key(&Secret::new("seam_north"), port.clone());
    let limits = Limits::default().with_heavy_calls_per_port(1);
    let router = Server::new(credentials).with_limits(limits).router();
    let list = tokio::spawn({
        let router = router.clone();
        async move { call(&router, "seam_north", LIST, Body::empty()).await }
    });
    while port.threads.lock().expect("no panic").is_empty() {
        tokio::task::yield_now().await;
    }
    list.abort();
    let next = call(&router, "seam_north", LIST, Body::empty()).await;
    assert_eq!(next.status(), 503);
    go_on.send(()).expect("the list waits");
    go_on.send(()).expect("the list waits");
    // The clock does not wait for the thread.
    while call(&router, "seam_north", LIST, Body::empty())
        .await
        .status()
        == 503
    {}
}

#[tokio::test]
async fn large_bodies_are_read_on_other_threads() {
    let (port, _) = Blocks::new();
    let router = router(Credentials::new().with_key(&Secret::new("seam_north"), port.clone()));
    for length in [2, 32 * 1024, 32 * 1024 + 1] {
        let body = Body::from(format!("{{{}}}", " ".repeat(length - 2)));
        let answer = call(&router, "seam_north", SMALL, body).await;
        assert_eq!(answer.status(), 501);
    }
    let here = thread::current().id();
    let threads = port.threads.lock().expect("no panic");
    let is_here: Vec<_> = threads.iter().map(|thread| *thread == here).collect();
    assert_eq!(is_here, [true, true, false]);
}

/// A port with a bug.
struct Panics;

#[async_trait]
impl AccessGroupPort for Panics {
    async fn call(&self, _: Operation, _: &Context) -> Result<Reply, Error> {
        panic!("a bug")
    }
}

#[tokio::test]
async fn a_list_that_panics_is_500() {
    let port = Arc::new(Panics);
    let router = router(Credentials::new().with_key(&Secret::new("seam_north"), port));
    let answer = call(&router, "seam_north", LIST, Body::empty()).await;
    assert_eq!(answer.status(), 500);
}

#[tokio::test]
async fn a_list_of_ids_has_its_limit() {
    let gate = Arc::new(Gate::default());
    let router = gated(&gate, Limits::default().with_ids(2));
    let status = async |count: u128| {
        let ids = (1..=count).map(|id| AccessGroupId::from_u128(id).to_string());
        let body = serde_json::json!({
            "acs_system_id": AcsSystemId::from_u128(1),
            "full_name": "Ada",
            "acs_access_group_ids": ids.collect::<Vec<_>>(),
        });
        let body = Body::from(body.to_string());
        let path = "/acs/users/create";
        let answer = call(&router, "seam_south", path, body).await;
        answer.status().as_u16()
    };
    assert_eq!((status(2).await, status(3).await), (404, 400));
}

/// Credentials in a database that is down.
struct Down;

#[async_trait]
impl CredentialStore for Down {
    async fn find(&self, _: &CredentialDigest) -> Result<Option<Access>, Error> {
        Err(Error::unavailable("the database is down"))
    }
}

#[tokio::test]
async fn a_failed_lookup_is_no_wrong_key() {
    let metrics = Metrics::default();
    let server = Server::new(Down).with_metrics(metrics.clone());
    let answer = call(&server.router(), "seam_north", SMALL, Body::empty()).await;
    assert_eq!(answer.status(), 503);
    assert!(!answer.headers().contains_key("www-authenticate"));
    assert!(!metrics.to_string().contains("wrong_key"), "{metrics}");
}

#[tokio::test]
async fn answers_are_counted_by_operation_and_status() {
    let metrics = Metrics::default();
    let credentials =
        Credentials::new().with_key(&Secret::new("seam_south"), Arc::new(InMemory::default()));
    let router = Server::new(credentials)
        .with_metrics(metrics.clone())
        .router();
    for (key, path, body) in [
        ("seam_south", SMALL, ""),
        ("seam_south", SMALL, ""),
        ("seam_south", LIST, ""),
        ("seam_south", SMALL, "{"),
        ("seam_south", "/acs/users/get", "{}"),
        ("seam_wrong", LIST, ""),
        ("seam_south", "/acs/users/unmanaged/list", ""),
        ("seam_south", "/nowhere", ""),
        ("", "/health", ""),
    ] {
        call(&router, key, path, Body::from(body)).await;
    }
    let text = metrics.to_string();
    let mut counted: Vec<_> = (text.lines())
        .filter_map(|line| line.strip_prefix("access_groups_requests_total"))
        .collect();
    counted.sort_unstable();
    assert_eq!(
        counted,
        [
            r#"{operation="access_groups",status="200"} 1"#,
            r#"{operation="health",status="405"} 1"#,
            r#"{operation="refused",status="400"} 2"#,
            r#"{operation="refused",status="401"} 1"#,
            r#"{operation="unknown",status="404"} 1"#,
            r#"{operation="unmanaged",status="200"} 1"#,
            r#"{operation="workspace",status="200"} 2"#,
        ]
    );
    assert!(
        text.contains("access_groups_requests_in_flight 0\n"),
        "{text}"
    );
    assert!(
        text.contains(r#"refusals_total{reason="wrong_key"} 1"#),
        "{text}"
    );
}
