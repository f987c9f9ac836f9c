//! The connections of a server: none is kept for a peer that has stopped talking.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    BoxError, Router,
    body::{Body, Bytes, HttpBody},
    http::Request,
};
use hyper::{
    body::{Frame, Incoming, SizeHint},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::TcpStream,
    task::{AbortHandle, JoinSet},
    time::{Sleep, sleep},
};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;

use crate::{HangUp, Limits};

/// The open connections, each a task that ends with this value.
pub(crate) struct Connections {
    router: Router,
    limits: Limits,
    tasks: JoinSet<()>,
    /// The oldest first; those that have ended are removed now and then.
    open: Vec<Connection>,
    graceful: GracefulShutdown,
}

struct Connection {
    task: AbortHandle,
    is_answering: IsAnswering,
}

impl Connections {
    pub(crate) fn new(router: Router, limits: Limits) -> Self {
        Self {
            router,
            limits,
            tasks: JoinSet::new(),
            open: Vec::new(),
            graceful: GracefulShutdown::new(),
        }
    }

    /// Waits until there may be one more: closes the oldest connection that waits for its peer, or
    /// waits for an answer to end.
    pub(crate) async fn make_room(&mut self) {
        while self.tasks.try_join_next().is_some() {}
        while self.tasks.len() >= self.limits.connections.max(1) {
            self.forget_ended();
            let waiting = self.open.iter().find(|open| !open.is_answering.get());
            if let Some(connection) = waiting {
                connection.task.abort();
            }
            self.tasks.join_next().await;
        }
    }

    pub(crate) fn add(&mut self, stream: TcpStream) {
        // Answers are small and complete: waiting to fill a packet only delays them. A socket that
        // refuses the option works without it.
        let _ = stream.set_nodelay(true);
        let patience = self.limits.patience;
        let mut stream = Box::pin(TimeoutStream::new(stream));
        stream.as_mut().set_write_timeout_pinned(Some(patience));

        let is_answering = IsAnswering::default();
        let (router, answering) = (self.router.clone(), is_answering.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let (router, answering) = (router.clone(), answering.clone());
            async move {
                let request =
                    request.map(|body| Body::new(TimedBody::new(body, patience, &answering)));
                let Ok(response) = router.oneshot(request).await;
                // hyper closes the connection of a service that fails, and writes nothing.
                match response.extensions().get::<HangUp>() {
                    Some(HangUp) => Err(HangUp),
                    None => Ok(response.map(|body| Answer { body, answering })),
                }
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(patience) // idle connections wait for a header too
            .serve_connection(TokioIo::new(stream), service);
        let connection = self.graceful.watch(connection);
        let task = self.tasks.spawn(async {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
        if self.open.len() > self.tasks.len() * 2 {
            self.forget_ended();
        }
        self.open.push(Connection { task, is_answering });
    }

    /// Completes when the requests in flight are answered; if it is dropped, they are cut off.
    pub(crate) async fn finish(self) {
        let Self {
            graceful, tasks, ..
        } = self;
        graceful.shutdown().await;
        drop(tasks);
    }

    fn forget_ended(&mut self) {
        self.open
            .retain(|connection| !connection.task.is_finished());
    }
}

/// Whether a request is complete, and its answer is being made.
#[derive(Clone, Default)]
struct IsAnswering(Arc<AtomicBool>);

impl IsAnswering {
    fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, is_answering: bool) {
        self.0.store(is_answering, Ordering::Relaxed);
    }
}

/// The body of an answer: until it is written, the connection is not waiting for its peer.
struct Answer {
    body: Body,
    answering: IsAnswering,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.answering.set(false);
    }
}

/// A body that must be complete in time.
struct TimedBody {
    body: Incoming,
    patience: Duration,
    /// Set at the first wait: most bodies come with their header.
    deadline: Option<Pin<Box<Sleep>>>,
    is_answering: IsAnswering,
}

impl TimedBody {
    fn new(body: Incoming, patience: Duration, is_answering: &IsAnswering) -> Self {
        is_answering.set(body.is_end_stream());
        Self {
            body,
            patience,
            deadline: None,
            is_answering: is_answering.clone(),
        }
    }
}

impl HttpBody for TimedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            // A chunked body ends with no frame.
            this.is_answering
                .set(frame.is_none() || this.body.is_end_stream());
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let deadline = this
            .deadline
            .get_or_insert_with(|| Box::pin(sleep(this.patience)));
        ready!(deadline.as_mut().poll(context));
        let error = io::Error::new(io::ErrorKind::TimedOut, "the body did not come in time");
        Poll::Ready(Some(Err(error.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
