//! A server in the process of the test, over any port.

use std::{future, sync::Arc};

use access_groups_core::AccessGroupPort;
use access_groups_protocol::Secret;
use access_groups_server::{Credentials, Server};
use tokio::{net::TcpListener, runtime::Runtime};

use crate::harness::KEY;

/// It ends with its test.
pub(crate) struct InProcess {
    pub(crate) address: String,
    _runtime: Runtime,
}

impl InProcess {
    /// Serves this port for the key that `run` uses.
    pub(crate) fn serve(port: impl AccessGroupPort + 'static) -> Self {
        Self::serve_for(KEY, port)
    }

    /// Serves this port for this key.
    pub(crate) fn serve_for(key: &str, port: impl AccessGroupPort + 'static) -> Self {
        let keys = Credentials::new().with_key(&Secret::new(key), Arc::new(port));
        let runtime = Runtime::new().expect("threads");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
        let listener = listener.expect("a socket");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        runtime.spawn(Server::new(keys).serve(listener, future::pending()));
        Self {
            address,
            _runtime: runtime,
        }
    }
}
