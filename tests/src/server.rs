//! A server for the length of a test.

use std::{
    net::SocketAddr,
    thread::{self, JoinHandle},
};

use access_groups_protocol::Endpoint;
use access_groups_server::{Credentials, router, serve};
use tokio::{net::TcpListener, runtime::Runtime, sync::oneshot};

/// A server on a free loopback port, in a thread of its own; stops when dropped.
#[derive(Debug)]
pub struct TestServer {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl TestServer {
    /// Serves these keys.
    ///
    /// # Panics
    ///
    /// When there is no loopback socket to be had.
    #[must_use]
    pub fn start(keys: Credentials) -> Self {
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
        let thread = thread::spawn(move || {
            runtime
                .block_on(serve(listener, router(keys), stopped))
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

    /// The same as an endpoint.
    ///
    /// # Panics
    ///
    /// Never: a loopback address is an endpoint.
    #[must_use]
    pub fn endpoint(&self) -> Endpoint {
        let text = format!("http://{}", self.address);
        text.parse().expect("a loopback address is an endpoint")
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
