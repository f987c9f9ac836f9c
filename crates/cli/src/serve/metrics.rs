//! `--metrics`: the counts of the server, at an address of their own.

use std::net::SocketAddr;

use access_groups_server::{Credentials, Limits, Metrics, Server};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::output;

/// Serves the counts until the task is aborted: also while the server stops.
pub(super) fn serve(listener: TcpListener, metrics: &Metrics) -> JoinHandle<()> {
    let limits = Limits::default()
        .with_connections(CONNECTIONS)
        .with_connections_per_peer(Some(CONNECTIONS));
    let server = Server::new(Credentials::new()).with_limits(limits);
    let router = metrics.router();
    tokio::spawn(async move {
        let served = server.serve_router(listener, router, std::future::pending());
        if let Err(error) = served.await {
            output::to_stderr(format_args!(
                "warning: metrics are not served any more: {error}"
            ));
        }
    })
}

pub(super) fn print_note(address: SocketAddr) {
    output::to_stderr(format_args!("metrics: http://{address}/metrics"));
    if !address.ip().is_loopback() {
        output::to_stderr(
            "warning: everybody who can reach the address of the metrics learns how much all \
             workspaces are used",
        );
    }
}

/// Few, since each is a file that a store may need; a new one replaces one that waits.
const CONNECTIONS: usize = 16;
