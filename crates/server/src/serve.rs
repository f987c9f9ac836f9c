//! Serves a router on a socket, within limits, with a graceful shutdown.

use std::{future::Future, io, pin::pin, time::Duration};

use axum::{Router, serve::Listener};
use tokio::net::TcpListener;

use crate::connections::Connections;

/// How long a shutdown waits for requests in flight: 30 seconds.
pub const SHUTDOWN_LIMIT: Duration = Duration::from_secs(30);

/// How long a peer may keep a connection waiting, and how many connections there may be.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use access_groups_server::Limits;
///
/// let limits = Limits::default();
/// assert_eq!(limits.patience, Duration::from_secs(30));
/// let limits = limits.with_patience(Duration::from_secs(5)).with_connections(100);
/// assert_eq!(limits.connections, 100);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// How long the header of a request may take, then its body, and how long a peer may take none
    /// of its answer. An idle connection is closed after that time too. Default: 30 seconds.
    pub patience: Duration,
    /// The most connections at one time; at least one. Default: three quarters of the files that
    /// the process may open, and at most 10,000.
    pub connections: usize,
}

impl Limits {
    /// Sets how long a peer may keep a connection waiting.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Sets the most connections at one time.
    #[must_use]
    pub fn with_connections(self, connections: usize) -> Self {
        Self {
            connections,
            ..self
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(30),
            connections: connections_beside_files(open_files()),
        }
    }
}

/// Leaves a quarter for whatever else the process opens: stores above all.
fn connections_beside_files(open_files: Option<u64>) -> usize {
    let connections = open_files.map_or(MOST_CONNECTIONS, |limit| limit - limit.div_ceil(4));
    usize::try_from(connections.clamp(1, MOST_CONNECTIONS)).unwrap_or(1)
}

/// How many files and sockets this process may open at one time; `None` if there is no limit.
#[cfg(unix)]
fn open_files() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

#[cfg(not(unix))]
fn open_files() -> Option<u64> {
    None
}

/// Bounds the memory of a process that may open any number of files.
const MOST_CONNECTIONS: u64 = 10_000;

/// Serves within the default [`Limits`] until `shutdown` completes, then finishes the requests in
/// flight, for at most [`SHUTDOWN_LIMIT`].
///
/// # Errors
///
/// `TimedOut`: requests were still in flight at the limit; their connections are closed.
pub async fn serve<F>(listener: TcpListener, router: Router, shutdown: F) -> io::Result<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    serve_within(Limits::default(), listener, router, shutdown).await
}

/// Serves like [`serve`], within these limits.
///
/// A request whose body does not come in time is answered 408. When there are as many connections
/// as there may be, a new one replaces the oldest that waits for its peer; one that answers a
/// request is never replaced. If all of them do, the new one waits.
///
/// # Errors
///
/// `TimedOut`: requests were still in flight at the limit; their connections are closed.
pub async fn serve_within<F>(
    limits: Limits,
    mut listener: TcpListener,
    router: Router,
    shutdown: F,
) -> io::Result<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = Connections::new(router, limits);
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = async {
            // Failures of a single connection, and of too many open files, are dealt with there.
            let (stream, _) = Listener::accept(&mut listener).await;
            connections.make_room().await;
            stream
        };
        let stream = tokio::select! {
            stream = accepted => stream,
            () = &mut shutdown => break,
        };
        connections.add(stream);
    }
    drop(listener); // from now on, connections are refused
    match tokio::time::timeout(SHUTDOWN_LIMIT, connections.finish()).await {
        Ok(()) => Ok(()),
        Err(_) => Err(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("requests were still in flight {SHUTDOWN_LIMIT:?} after the shutdown began"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use axum::routing;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
        sync::{Notify, oneshot},
        task::JoinHandle,
        time::Instant,
    };

    use super::*;

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
        let server = tokio::spawn(serve(listener, router, async {
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
        let stopping = tokio::time::timeout(2 * SHUTDOWN_LIMIT, server)
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
        let server = tokio::spawn(serve(listener, router, async {
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

    const PATIENCE: Duration = Duration::from_secs(30);

    /// A server with the API without keys and some routes more; `/call` needs `go_on`, and `/long`
    /// has 64 MiB.
    struct Server {
        address: std::net::SocketAddr,
        task: JoinHandle<io::Result<()>>,
        started: std::sync::Arc<Notify>,
        go_on: std::sync::Arc<Notify>,
    }

    impl Server {
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
                .with_patience(PATIENCE)
                .with_connections(connections);
            let serving = serve_within(limits, listener, router, std::future::pending());
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

    impl Drop for Server {
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
        let server = Server::start(9).await;
        let start = Instant::now();
        for begun in ["", "POST /acs/systems/list HTTP/1.1\r\nHost: x\r\nAu"] {
            let answer = rest(server.send(begun).await).await;
            assert_eq!(answer, b"", "{begun}");
        }
        let waited = start.elapsed();
        assert!(
            waited >= 2 * PATIENCE && waited < 3 * PATIENCE,
            "{waited:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn half_a_body_is_answered_408() {
        let server = Server::start(9).await;
        let start = Instant::now();
        let request = "POST /acs/users/get HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{";
        let answer = rest(server.send(request).await).await;
        let answer = String::from_utf8(answer).expect("text");
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        let waited = start.elapsed();
        assert!(waited >= PATIENCE && waited < 2 * PATIENCE, "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_in_drops_is_late() {
        let server = Server::start(9).await;
        let start = Instant::now();
        let head = "POST /acs/users/get HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n";
        let (answers, mut body) = server.send(head).await.into_split();
        tokio::spawn(async move {
            // Each drop comes in time, and all of them take far longer.
            while body.write_all(b" ").await.is_ok() {
                tokio::time::sleep(PATIENCE / 3).await;
            }
        });
        let mut answer = String::new();
        let mut answers = answers;
        answers.read_to_string(&mut answer).await.expect("text");
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        let waited = start.elapsed();
        assert!(waited >= PATIENCE && waited < 2 * PATIENCE, "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_nobody_takes_ends() {
        let server = Server::start(9).await;
        let client = server.send("GET /long HTTP/1.1\r\nhost: x\r\n\r\n").await;
        tokio::time::sleep(2 * PATIENCE).await;
        let taken = rest(client).await.len();
        assert!(taken < LONG, "{taken} bytes");
    }

    const HEALTH: &str = "GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

    #[tokio::test(start_paused = true)]
    async fn a_full_server_replaces_the_oldest_waiter() {
        let server = Server::start(2).await;
        let start = Instant::now();
        let oldest = server.send("GET /health HTTP/1.1\r\n").await;
        let mut other = server.send("GET /health HTTP/1.1\r\n").await;
        let answer = rest(server.send(HEALTH).await).await;
        assert!(answer.starts_with(b"HTTP/1.1 200 "));
        assert_eq!(rest(oldest).await, b"");
        let remainder = "host: x\r\nconnection: close\r\n\r\n";
        other.write_all(remainder.as_bytes()).await.expect("open");
        assert!(rest(other).await.starts_with(b"HTTP/1.1 200 "));
        assert!(start.elapsed() < PATIENCE, "nobody has waited");
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_in_flight_is_never_replaced() {
        let server = Server::start(1).await;
        let call = "GET /call HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        let first = server.send(call).await;
        server.started.notified().await;
        let second = server.send(HEALTH).await;
        // Time for the server to accept the second, which it must not serve yet.
        tokio::time::sleep(2 * PATIENCE).await;
        server.go_on.notify_one();
        assert!(rest(first).await.ends_with(b"called"));
        assert!(rest(second).await.starts_with(b"HTTP/1.1 200 "));
    }

    #[test]
    fn files_have_room_beside_connections() {
        for (files, connections) in [
            (Some(0), 1),
            (Some(1), 1),
            (Some(256), 192),
            (Some(1_024), 768),
            (Some(u64::MAX), 10_000),
            (None, 10_000),
        ] {
            assert_eq!(connections_beside_files(files), connections, "{files:?}");
        }
    }
}
