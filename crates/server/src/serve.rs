//! Serves a router on a socket, with a graceful shutdown.

use std::{future::Future, io, time::Duration};

use axum::{Router, serve::ListenerExt};
use tokio::{net::TcpListener, sync::oneshot};

/// How long a shutdown waits for requests in flight: 30 seconds.
pub const SHUTDOWN_LIMIT: Duration = Duration::from_secs(30);

/// Serves until `shutdown` completes, then finishes the requests in flight, for at most
/// [`SHUTDOWN_LIMIT`].
///
/// # Errors
///
/// `TimedOut`: requests were still in flight at the limit; their connections are closed.
pub async fn serve<F>(listener: TcpListener, router: Router, shutdown: F) -> io::Result<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (stopping, stopped) = oneshot::channel::<()>();
    let shutdown = async move {
        shutdown.await;
        drop(stopping);
    };
    let listener = listener.tap_io(|stream| {
        // Answers are small and complete: waiting to fill a packet only delays them. A socket that
        // refuses the option works without it.
        let _ = stream.set_nodelay(true);
    });
    let serving = axum::serve(listener, router).with_graceful_shutdown(shutdown);
    let limit = async {
        let _ = stopped.await; // an error means that the sender was dropped: the signal
        tokio::time::sleep(SHUTDOWN_LIMIT).await;
    };
    tokio::select! {
        result = serving => result,
        () = limit => Err(io::Error::new(
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
        sync::Notify,
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
}
