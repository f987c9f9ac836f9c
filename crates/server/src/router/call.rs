//! Carries out the calls of known callers, each within its share and on a thread where it stops nobody.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{self, Poll},
};

use access_groups_core::{AccessGroupPort, Context, Error, Reply};
use access_groups_protocol::{Action, BODY_BEFORE_KEY, BODY_LIMIT, Head, RequestLimits, respond};
use axum::{
    body::{Body, Bytes, HttpBody},
    http::HeaderValue,
};
use hyper::body::{Frame, SizeHint};

use super::{
    App,
    answer::{Answered, REFUSED, Refused, UNKNOWN, read},
};
use crate::{
    Access, HangUp,
    busy::BusyPorts,
    metrics::Refusal,
    shares::{Place, Share},
    threads::in_turns,
};

/// Carries out a call, or refuses it for what its caller takes already.
pub(super) async fn call(
    app: &App,
    access: Access,
    head: Head,
    body: Body,
    id: &HeaderValue,
) -> Answered {
    let path = head.path();
    let answered = admit(app, access, head, body, id).await;
    answered.unwrap_or_else(|refused| Answered::refused(path, refused.count(app)))
}

async fn admit(
    app: &App,
    access: Access,
    head: Head,
    body: Body,
    id: &HeaderValue,
) -> Result<Answered, Refused> {
    let share = app.shares.of(&access);
    let _call = share.call().await.ok_or_else(|| {
        let message = "this credential has as many calls in flight as it may";
        Refused::busy(Refusal::KeyCalls, Error::rate_limited(message))
    })?;
    let _room = room(app, &share, length(&body)).await?;
    let body = read(body).await?;
    let job = Job {
        access,
        head,
        id: id.clone(),
        limits: app.request_limits,
        busy: Arc::clone(&app.busy),
    };
    carry_out(app, &share, job, body).await
}

/// Chooses the thread: lists and large bodies take long, and other calls of their port may wait for
/// them.
// What is rare is boxed: as a part of every call's future, it would be moved with each of them.
async fn carry_out(app: &App, share: &Share, job: Job, body: Bytes) -> Result<Answered, Refused> {
    if body.len() > LARGE_BODY {
        let port = Arc::clone(&job.access.port);
        let work = Box::pin(async move {
            let action = job.read(&body);
            job.answer(action).await
        });
        return Box::pin(heavily(app, share, &port, work)).await;
    }
    Ok(match job.read(&body) {
        Ok(Action::Call(operation)) if operation.is_list() => {
            let port = Arc::clone(&job.access.port);
            let work = Box::pin(async move { job.answer(Ok(Action::Call(operation))).await });
            Box::pin(heavily(app, share, &port, work)).await?
        }
        // It may wait for a list: not on a thread that serves others.
        action if app.busy.contain(&job.access.port) => {
            let place = share.small_call().await;
            // The place is the thread's, also if nobody waits for the answer any more.
            let work = Box::pin(async move {
                let _place = place;
                job.answer(action).await
            });
            let answered = Box::pin(app.small.run(work)).await;
            answered.unwrap_or_else(panicked)
        }
        action => job.answer(action).await,
    })
}

/// The most bytes that the body may have.
fn length(body: &Body) -> usize {
    let length = body.size_hint().upper().unwrap_or(u64::MAX);
    usize::try_from(length)
        .unwrap_or(usize::MAX)
        .min(BODY_LIMIT)
}

/// Room for a body that is not small.
async fn room(app: &App, share: &Share, length: usize) -> Result<Option<Place>, Refused> {
    if length <= BODY_BEFORE_KEY {
        return Ok(None);
    }
    let room = app.shares.body(share, length).await;
    room.map(Some).ok_or_else(|| {
        let message = "too many bytes of requests are being read";
        Refused::busy(Refusal::BodyBytes, Error::unavailable(message))
    })
}

/// Does work that takes long on threads for such; its answer keeps its place until it is taken.
async fn heavily(
    app: &App,
    share: &Share,
    port: &Arc<dyn AccessGroupPort>,
    work: Pin<Box<dyn Future<Output = Answered> + Send>>,
) -> Result<Answered, Refused> {
    let place = app.shares.heavy(share).await;
    let place = place.ok_or_else(|| {
        let message = "too many lists and large bodies are being read, made or taken";
        Refused::busy(Refusal::HeavyCalls, Error::unavailable(message))
    })?;
    // Before there is a thread, since allocators keep memory for each.
    let turn = share.turn().await;
    let busy = app.busy.occupy(port);
    // All of them are the work's, also if nobody waits for the answer any more.
    let work = async move {
        let answered = in_turns(turn, work).await;
        drop(busy);
        answered.holding(place)
    };
    let answered = app.heavy.run(work).await;
    Ok(answered.unwrap_or_else(panicked))
}

/// The answer in place of one whose port has panicked.
fn panicked() -> Answered {
    let error = Error::internal("the call has failed: see the log of the server");
    Answered::refused(UNKNOWN, respond(&Err(error)))
}

/// A call whose caller is known.
struct Job {
    access: Access,
    head: Head,
    id: HeaderValue,
    limits: RequestLimits,
    busy: Arc<BusyPorts>,
}

impl Job {
    fn read(&self, body: &[u8]) -> Result<Action, Error> {
        self.head.operation(body, &self.limits)
    }

    async fn answer(&self, action: Result<Action, Error>) -> Answered {
        let (operation, result) = match action {
            Ok(Action::Call(operation)) => {
                let name = operation.name();
                // Only now, after authentication and validation, is anything asked of the port.
                let context = Context::new()
                    .with_request_id(self.id.to_str().unwrap_or_default())
                    .with_actor(Arc::clone(&self.access.label));
                let port = &self.access.port;
                (name, self.busy.watch(port, operation, &context).await)
            }
            Ok(Action::Reply(reply)) => ("unmanaged", Ok(reply)),
            Err(error) => (REFUSED, Err(error)),
        };
        self.written(operation, &result)
    }

    fn written(&self, operation: &'static str, result: &Result<Reply, Error>) -> Answered {
        let mut answered = Answered::new(self.head.path(), operation, respond(result));
        // `serve` looks for it: a router alone has no connection to close.
        if result.as_ref().is_err_and(HangUp::is_asked_by) {
            answered.response.extensions_mut().insert(HangUp);
        }
        answered
    }
}

/// A body in pieces, which keeps a place until the last of them is asked for: when the peer has taken
/// nearly all of the others.
pub(super) struct Held {
    rest: Bytes,
    _place: Place,
}

impl Held {
    pub(super) fn new(rest: Bytes, place: Place) -> Self {
        Self {
            rest,
            _place: place,
        }
    }
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = PIECE.min(self.rest.len());
        Poll::Ready(match piece {
            0 => None,
            _ => Some(Ok(Frame::data(self.rest.split_to(piece)))),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

/// How much of a long answer is handed over at one time.
const PIECE: usize = 16 * 1024;

/// A larger body takes long to read as JSON: 32 KiB.
const LARGE_BODY: usize = 32 * 1024;
