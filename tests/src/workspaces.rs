//! One server for all tests of a program; each port is a workspace of its own in it, under a key of
//! its own.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicU64, Ordering},
};

use access_groups_http_async as http_async;
use access_groups_http_blocking as http_blocking;
use access_groups_in_memory::{InMemory, State};
use access_groups_protocol::Secret;
use access_groups_server::Credentials;

use crate::server::TestServer;

/// A workspace of the server, until it is dropped.
#[derive(Debug)]
pub struct Workspace {
    key: String,
}

impl Workspace {
    /// A workspace that holds this state.
    ///
    /// # Panics
    ///
    /// When no loopback socket is available.
    #[must_use]
    pub fn holding(state: State) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let key = format!("seam_workspace_{number}");
        let store = Arc::new(InMemory::new(state));
        SERVER.credentials.insert_key(&Secret::new(&key), store);
        Self { key }
    }

    /// An async client of this workspace.
    ///
    /// # Panics
    ///
    /// Never: its key is one.
    #[must_use]
    pub fn client(&self) -> http_async::Client {
        SERVER.server.client(&self.key)
    }

    /// A blocking client of this workspace.
    ///
    /// # Panics
    ///
    /// Never: its key is one.
    #[must_use]
    pub fn blocking_client(&self) -> http_blocking::Client {
        SERVER.server.blocking_client(&self.key)
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        SERVER.credentials.remove(&Secret::new(&self.key));
    }
}

struct Serving {
    credentials: Credentials,
    server: TestServer,
}

static SERVER: LazyLock<Serving> = LazyLock::new(|| {
    let credentials = Credentials::new();
    Serving {
        server: TestServer::start(credentials.clone()),
        credentials,
    }
});
