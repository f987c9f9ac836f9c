//! The bodies of a connection: of a request, which has a limit in time, and of an answer.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    BoxError,
    body::{Body, Bytes, HttpBody},
};
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

use super::progress::{Phase, Progress};

/// A body that must be complete in time.
pub(super) struct TimedBody {
    body: Incoming,
    limit: Duration,
    /// Set at the first wait: most bodies come with their header.
    deadline: Option<Pin<Box<Sleep>>>,
    progress: Progress,
}

impl TimedBody {
    pub(super) fn new(body: Incoming, limit: Duration, progress: &Progress) -> Self {
        progress.enter(match body.is_end_stream() {
            true => Phase::Answering,
            false => Phase::Body,
        });
        Self {
            body,
            limit,
            deadline: None,
            progress: progress.clone(),
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
            if frame.is_none() || this.body.is_end_stream() {
                this.progress.enter(Phase::Answering);
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let deadline = this
            .deadline
            .get_or_insert_with(|| Box::pin(sleep(this.limit)));
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

/// The body of an answer: until hyper has all of it, the connection does not wait for its peer.
pub(super) struct Answer {
    body: Body,
    progress: Progress,
}

impl Answer {
    pub(super) fn new(body: Body, progress: Progress) -> Self {
        Self { body, progress }
    }
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
        self.progress.enter(Phase::Idle);
    }
}
