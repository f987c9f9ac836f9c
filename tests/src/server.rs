//! A server for the length of a test, clients of it, and HTTP/1.1 byte by byte.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    thread::{self, JoinHandle},
};

use access_groups_core::AccessGroupPort;
use access_groups_http_async as http_async;
use access_groups_http_blocking as http_blocking;
use access_groups_protocol::Secret;
use access_groups_server::{Credentials, Limits, Server};
use tokio::{net::TcpListener, runtime::Runtime, sync::oneshot};

/// A server on a free loopback port, in a thread of its own; stops when dropped.
#[derive(Debug)]
pub struct TestServer {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl TestServer {
    /// Serves this port to callers with this key.
    ///
    /// # Panics
    ///
    /// When no loopback socket is available.
    #[must_use]
    pub fn over(key: &str, port: impl AccessGroupPort + 'static) -> Self {
        Self::start(Credentials::new().with_key(&Secret::new(key), Arc::new(port)))
    }

    /// Serves these credentials.
    ///
    /// # Panics
    ///
    /// When no loopback socket is available.
    #[must_use]
    pub fn start(credentials: Credentials) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let listener = runtime
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .expect("a socket");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            let _ = stopped.await; // either way, the test is over
        };
        // Tests present many wrong keys, all from one address.
        let limits = Limits::default().with_wrong_keys(usize::MAX);
        let server = Server::new(credentials).with_limits(limits);
        let thread = thread::spawn(move || {
            runtime
                .block_on(server.serve(listener, stopped))
                .expect("a clean stop");
        });
        Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, as an endpoint.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// An async client with this key.
    ///
    /// # Panics
    ///
    /// When the text is not a key.
    #[must_use]
    pub fn client(&self, key: &str) -> http_async::Client {
        let builder = http_async::Client::builder(key).endpoint(self.url());
        builder.build().expect("a client")
    }

    /// A blocking client with this key.
    ///
    /// # Panics
    ///
    /// When the text is not a key.
    #[must_use]
    pub fn blocking_client(&self, key: &str) -> http_blocking::Client {
        let builder = http_blocking::Client::builder(key).endpoint(self.url());
        builder.build().expect("a client")
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !thread::panicking()
        {
            panic!("the server failed");
        }
    }
}

/// A response as it came off the socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawResponse {
    /// The status code.
    pub status: u16,
    /// Names in lower case, values as sent.
    pub headers: Vec<(String, String)>,
    /// Everything after the headers.
    pub body: String,
}

impl RawResponse {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Sends one request on a connection of its own and reads until the server closes it.
///
/// # Panics
///
/// When the server is unreachable, or its answer is not HTTP.
#[must_use]
pub fn send(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> RawResponse {
    let mut request =
        format!("{method} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        request.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    // What a test sends is exactly what it says: no HTTP library adds or mends anything.
    let mut stream = TcpStream::connect(address).expect("the server listens");
    write!(stream, "{request}\r\n{body}").expect("the server reads");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .expect("the server answers with text");
    parse(&answer)
}

fn parse(answer: &str) -> RawResponse {
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .expect("headers end with an empty line");
    let mut lines = head.lines();
    let status_line = lines.next().expect("a status line");
    let status = status_line
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok());
    let headers = lines.map(|line| line.split_once(": ").expect("a header has a value"));
    RawResponse {
        status: status.expect("a status code"),
        headers: headers
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect(),
        body: body.to_owned(),
    }
}
