mod peers;
mod requests;
mod stopping;
mod unread;

use std::sync::Arc;

use access_groups_in_memory::InMemory;
use access_groups_protocol::Secret;
use axum::routing;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    sync::{Notify, oneshot},
    task::JoinHandle,
    time::Instant,
};

use super::*;
use crate::{Credentials, Server};

fn plain() -> Server {
    Server::new(Credentials::new())
}

#[tokio::test(start_paused = true)]
async fn a_request_that_never_ends_does_not_keep_the_server_for_ever() {
    static STARTED: Notify = Notify::const_new();
    let hang = async || {
        STARTED.notify_one();
        std::future::pending::<()>().await;
    };
    let router = Router::new().route("/hang", routing::get(hang));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(plain().serve_router(listener, router, async {
        let _ = stopped.await;
    }));
    let mut client = TcpStream::connect(address).await.expect("a connection");
    client
        .write_all(b"GET /hang HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .expect("sent");
    STARTED.notified().await;
    drop(stop);
    // The clock is paused: this takes no time, and a server that stays fails the test.
    let stopping = tokio::time::timeout(2 * Limits::default().shutdown, server)
        .await
        .expect("it stops")
        .expect("no panic")
        .expect_err("cut off");
    assert_eq!(stopping.kind(), io::ErrorKind::TimedOut);
}

#[tokio::test]
async fn a_request_in_flight_is_finished_before_the_server_stops() {
    static STARTED: Notify = Notify::const_new();
    static GO_ON: Notify = Notify::const_new();
    let router = Router::new().route(
        "/slow",
        routing::get(async || {
            STARTED.notify_one();
            GO_ON.notified().await;
            "done"
        }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(plain().serve_router(listener, router, async {
        let _ = stopped.await;
    }));

    let mut client = TcpStream::connect(address).await.expect("a connection");
    client
        .write_all(b"GET /slow HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .expect("sent");
    STARTED.notified().await;
    drop(stop);
    GO_ON.notify_one();

    let mut answer = String::new();
    client.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.ends_with("done"), "{answer}");
    server.await.expect("no panic").expect("a clean stop");
}

/// The limits of a header, of a body, and of an answer that nobody takes.
const HEADER: Duration = Duration::from_secs(10);
const BODY: Duration = Duration::from_secs(30);
const UNREAD: Duration = Duration::from_secs(30);

/// A server with the API for one key and some routes more; `/call` needs `go_on`, and `/long`
/// has 64 MiB.
struct Served {
    address: SocketAddr,
    metrics: Metrics,
    task: JoinHandle<io::Result<()>>,
    started: Arc<Notify>,
    go_on: Arc<Notify>,
    stop: Option<oneshot::Sender<()>>,
}

impl Served {
    /// With at most so many connections, which may all be of one peer.
    async fn start(connections: usize) -> Self {
        Self::within(
            Limits::default()
                .with_connections(connections)
                .with_connections_per_peer(Some(connections)),
        )
        .await
    }

    async fn within(limits: Limits) -> Self {
        let (started, go_on) = <(Arc<Notify>, Arc<Notify>)>::default();
        let notes = (started.clone(), go_on.clone());
        let call = async move || {
            notes.0.notify_one();
            notes.1.notified().await;
            "called"
        };
        let port = Arc::new(InMemory::default());
        let credentials = Credentials::new().with_key(&Secret::new("seam_test"), port);
        let metrics = Metrics::default();
        let server = Server::new(credentials)
            .with_limits(limits)
            .with_metrics(metrics.clone());
        let router = (server.router())
            .route("/call", routing::get(call))
            .route("/long", routing::get(async || vec![b'x'; LONG]));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = server.serve_router(listener, router, async {
            let _ = stopped.await;
        });
        Self {
            address,
            metrics,
            task: tokio::spawn(serving),
            started,
            go_on,
            stop: Some(stop),
        }
    }

    /// A new connection that has sent this.
    async fn send(&self, request: &str) -> TcpStream {
        self.send_from(1, request).await
    }

    /// The same from 127.0.0.x: another peer.
    async fn send_from(&self, last: u8, request: &str) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        if last != 1 {
            let address = SocketAddr::from(([127, 0, 0, last], 0));
            socket.bind(address).expect("Linux has all of 127.0.0.0/8");
        }
        let client = socket.connect(self.address).await;
        let mut client = client.expect("a connection");
        client.write_all(request.as_bytes()).await.expect("sent");
        client
    }

    /// How many refusals were counted for this reason.
    fn refused(&self, reason: &str) -> usize {
        let name = format!("access_groups_refusals_total{{reason=\"{reason}\"}} ");
        let text = self.metrics.to_string();
        let count = text.lines().find_map(|line| line.strip_prefix(&name));
        count.map_or(0, |count| count.parse().expect("a number"))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

const LONG: usize = 64 << 20;

/// A whole request with the key.
fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer seam_test\r\n\r\n")
}

/// The header and the body of the next answer; its length must be told.
async fn next_answer(client: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&answer);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut headers = head.lines().skip(1);
            let length = headers.find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().expect("a number"));
            if body.len() >= length {
                return text.into_owned();
            }
        }
        let read = client.read_buf(&mut answer).await.expect("an answer");
        assert!(
            read > 0,
            "only this came: {text}",
            text = String::from_utf8_lossy(&answer)
        );
    }
}

/// What comes until the server closes the connection, in good order or not.
async fn rest(mut client: TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    let _ = client.read_to_end(&mut answer).await;
    answer
}

// The clock is paused in these tests: it moves when nothing else can happen.

#[tokio::test(start_paused = true)]
async fn half_a_header_is_waited_for_shortly() {
    let server = Served::start(9).await;
    let start = Instant::now();
    for begun in ["", "POST /acs/systems/list HTTP/1.1\r\nHost: x\r\nAu"] {
        let answer = rest(server.send(begun).await).await;
        assert_eq!(answer, b"", "{begun}");
    }
    let waited = start.elapsed();
    assert!(waited >= 2 * HEADER && waited < 3 * HEADER, "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn half_a_body_is_answered_408() {
    let server = Served::start(9).await;
    let start = Instant::now();
    let request = "POST /acs/users/get HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{";
    let answer = rest(server.send(request).await).await;
    let answer = String::from_utf8(answer).expect("text");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let waited = start.elapsed();
    assert!(waited >= BODY && waited < 2 * BODY, "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_body_in_drops_is_late() {
    let server = Served::start(9).await;
    let start = Instant::now();
    let head = "POST /acs/users/get HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n";
    let (answers, mut body) = server.send(head).await.into_split();
    tokio::spawn(async move {
        // Each drop comes in time, and all of them take far longer.
        while body.write_all(b" ").await.is_ok() {
            tokio::time::sleep(BODY / 3).await;
        }
    });
    let mut answer = String::new();
    let mut answers = answers;
    answers.read_to_string(&mut answer).await.expect("text");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let waited = start.elapsed();
    assert!(waited >= BODY && waited < 2 * BODY, "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_takes_ends() {
    let server = Served::start(9).await;
    let client = server.send("GET /long HTTP/1.1\r\nhost: x\r\n\r\n").await;
    tokio::time::sleep(2 * UNREAD).await;
    let taken = rest(client).await.len();
    assert!(taken < LONG, "{taken} bytes");
}

const HEALTH: &str = "GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

#[tokio::test(start_paused = true)]
async fn a_full_server_replaces_the_oldest_waiter() {
    let server = Served::start(2).await;
    let start = Instant::now();
    let oldest = server.send("GET /health HTTP/1.1\r\n").await;
    let mut other = server.send("GET /health HTTP/1.1\r\n").await;
    let answer = rest(server.send(HEALTH).await).await;
    assert!(answer.starts_with(b"HTTP/1.1 200 "));
    assert_eq!(rest(oldest).await, b"");
    let remainder = "host: x\r\nconnection: close\r\n\r\n";
    other.write_all(remainder.as_bytes()).await.expect("open");
    assert!(rest(other).await.starts_with(b"HTTP/1.1 200 "));
    assert!(start.elapsed() < UNREAD, "nobody has waited");
}

#[tokio::test(start_paused = true)]
async fn a_request_in_flight_is_never_replaced() {
    let server = Served::start(1).await;
    let call = "GET /call HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let first = server.send(call).await;
    server.started.notified().await;
    let second = server.send(HEALTH).await;
    // Time for the server to accept the second, which it must not serve yet.
    tokio::time::sleep(2 * UNREAD).await;
    server.go_on.notify_one();
    assert!(rest(first).await.ends_with(b"called"));
    assert!(rest(second).await.starts_with(b"HTTP/1.1 200 "));
}
