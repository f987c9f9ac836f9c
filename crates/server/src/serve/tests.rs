use axum::routing;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
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

/// A server with the API without keys and some routes more; `/call` needs `go_on`, and `/long`
/// has 64 MiB.
struct Served {
    address: std::net::SocketAddr,
    task: JoinHandle<io::Result<()>>,
    started: std::sync::Arc<Notify>,
    go_on: std::sync::Arc<Notify>,
}

impl Served {
    async fn start(connections: usize) -> Self {
        let (started, go_on) = <(std::sync::Arc<Notify>, std::sync::Arc<Notify>)>::default();
        let notes = (started.clone(), go_on.clone());
        let call = async move || {
            notes.0.notify_one();
            notes.1.notified().await;
            "called"
        };
        let router = crate::router(crate::Credentials::new())
            .route("/call", routing::get(call))
            .route("/long", routing::get(async || vec![b'x'; LONG]));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let address = listener.local_addr().expect("an address");
        let limits = Limits::default()
            .with_connections(connections)
            .with_connections_per_peer(Some(connections));
        let server = plain().with_limits(limits);
        let serving = server.serve_router(listener, router, std::future::pending());
        Self {
            address,
            task: tokio::spawn(serving),
            started,
            go_on,
        }
    }

    async fn send(&self, request: &str) -> TcpStream {
        let client = TcpStream::connect(self.address).await;
        let mut client = client.expect("a connection");
        client.write_all(request.as_bytes()).await.expect("sent");
        client
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

const LONG: usize = 64 << 20;

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
