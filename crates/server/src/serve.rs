//! Serves a router on a socket, within limits, with a graceful shutdown.

use std::{future::Future, io, net::SocketAddr, pin::pin, time::Duration};

use axum::Router;
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

use crate::{Limits, Metrics, connections::Connections, metrics::Refusal};

/// Serves until `shutdown` completes, then finishes the requests in flight, within the limits.
pub(crate) async fn run<F>(
    limits: Limits,
    metrics: Metrics,
    listener: TcpListener,
    router: Router,
    shutdown: F,
) -> io::Result<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let limit = limits.shutdown;
    let mut connections = Connections::new(router, limits, metrics.clone());
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = async {
            let accepted = loop {
                let accepted = accept(&listener, &mut connections, &metrics).await;
                if connections.admits(accepted.1) {
                    break accepted;
                }
            };
            connections.make_room().await;
            accepted
        };
        let (stream, address) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut shutdown => break,
        };
        connections.add(stream, address);
    }
    drop(listener); // from now on, connections are refused
    timeout(limit, connections.finish()).await.map_err(|_| {
        let message = format!("requests were still in flight after {} s", limit.as_secs());
        io::Error::new(io::ErrorKind::TimedOut, message)
    })
}

/// The next connection. Failures are logged, once in a row, and survived.
async fn accept(
    listener: &TcpListener,
    connections: &mut Connections,
    metrics: &Metrics,
) -> (TcpStream, SocketAddr) {
    let mut is_logged = false;
    loop {
        let error = match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => error,
        };
        metrics.refused(Refusal::NotAccepted);
        if is_of_one_peer(&error) {
            continue;
        }
        if !is_logged {
            tracing::error!(%error, "no connection can be accepted; it is tried again");
            is_logged = true;
        }
        // Most likely, there are too many open files: a connection less makes room.
        connections.free_one().await;
        sleep(ACCEPT_PAUSE).await;
    }
}

/// Whether the peer has gone before its connection was accepted.
fn is_of_one_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

/// How long a failed accept waits before the next one.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests;
