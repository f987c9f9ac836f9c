//! A service on a loopback socket that does to each request what a script says, byte by byte.
//!
//! Behind it is a store in memory, asked through the server half of the protocol. So a test can lose
//! the answer to a change *after* the store has made it.

mod act;
mod connection;
mod request;

use std::{
    io,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
};

use access_groups_in_memory::BlockingInMemory;

pub use act::{Act, End, Say};
pub use request::Received;

/// The API key that the store accepts.
pub const KEY: &str = "seam_test_swordfish";

/// The service; it stops accepting when dropped. A connection lasts as long as its client keeps it:
/// [`finish`](Self::finish) waits for that.
#[derive(Debug)]
pub struct FaultServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

impl FaultServer {
    /// Serves the store to callers with [`KEY`]. The script sees every request, on whatever connection,
    /// in the order of their arrival.
    ///
    /// # Panics
    ///
    /// When no loopback socket is available.
    #[must_use]
    pub fn start(
        store: BlockingInMemory,
        script: impl Fn(&Received) -> Act + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let shared = Arc::new(Shared {
            store,
            script: Box::new(script),
            requests: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            open: Mutex::new(0),
            closed: Condvar::new(),
            is_stopping: AtomicBool::new(false),
        });
        let accepting = shared.clone();
        Self {
            address,
            shared,
            acceptor: Some(thread::spawn(move || accept(&listener, &accepting))),
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

    /// How many requests have arrived whole.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }

    /// How many connections have been accepted.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Accepts nothing more, and returns once no connection is open: what was sent has then been carried
    /// out or never will be.
    ///
    /// # Panics
    ///
    /// When the service has failed.
    pub fn finish(mut self) {
        // First: a connection that its client made and dropped may not have been accepted yet.
        self.stop_accepting();
        self.wait_until_idle();
    }

    /// Returns once none of the accepted connections is open.
    pub fn wait_until_idle(&self) {
        let open = self.shared.lock_open();
        let idle = self.shared.closed.wait_while(open, |open| *open > 0);
        drop(idle.unwrap_or_else(PoisonError::into_inner));
    }

    fn stop_accepting(&mut self) {
        let Some(acceptor) = self.acceptor.take() else {
            return;
        };
        self.shared.is_stopping.store(true, Ordering::SeqCst);
        // Accepting has no timeout: one more connection wakes it up.
        drop(TcpStream::connect(self.address));
        if acceptor.join().is_err() && !thread::panicking() {
            panic!("the fault server failed");
        }
    }
}

impl Drop for FaultServer {
    fn drop(&mut self) {
        self.stop_accepting();
    }
}

struct Shared {
    store: BlockingInMemory,
    script: Box<dyn Fn(&Received) -> Act + Send + Sync>,
    requests: AtomicUsize,
    connections: AtomicUsize,
    open: Mutex<usize>,
    closed: Condvar,
    is_stopping: AtomicBool,
}

impl Shared {
    fn lock_open(&self) -> std::sync::MutexGuard<'_, usize> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("requests", &self.requests)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.is_stopping.load(Ordering::SeqCst) {
            return;
        }
        // A client may have reset the connection before it was accepted.
        let Ok(stream) = stream else { continue };
        shared.connections.fetch_add(1, Ordering::SeqCst);
        *shared.lock_open() += 1;
        let shared = shared.clone();
        thread::spawn(move || {
            // The count must go down even if the script panics, or a test would wait for ever.
            let _open = Open(shared.clone());
            let served: io::Result<()> = connection::serve(stream, &shared);
            drop(served); // clients that hang up are what the tests are about
        });
    }
}

/// Counts a connection as open until dropped.
struct Open(Arc<Shared>);

impl Drop for Open {
    fn drop(&mut self) {
        *self.0.lock_open() -= 1;
        self.0.closed.notify_all();
    }
}
