//! What a request is answered: who may ask is found out before anything is read or done.

use std::{
    io,
    ops::ControlFlow,
    time::{Duration, Instant},
};

use access_groups_core::{Error, ErrorKind};
use access_groups_protocol::{
    BODY_BEFORE_KEY, BODY_LIMIT, Head, Payload, ReceivedHead, receive_head, respond,
    respond_too_large,
};
use axum::{
    body::{Body, Bytes, HttpBody, to_bytes},
    extract::Request,
    http::{HeaderValue, Response, StatusCode, Version, header, request::Parts},
};
use http_body_util::{BodyExt, LengthLimitError};

use super::{
    App,
    call::{Held, call},
};
use crate::{
    Access, CredentialDigest,
    connections::Connection,
    metrics::Refusal,
    shares::Place,
    strangers::{PAUSE, Verdict},
};

/// An answer, and what is said of it in logs and counts.
pub(super) struct Answered {
    /// The path, if it is one of the API's: anything else may be a mistyped key.
    pub(super) path: &'static str,
    /// Its name in the table of operations, or what it is instead.
    pub(super) operation: &'static str,
    pub(super) response: Response<Payload>,
    /// What a long answer keeps until it is taken.
    place: Option<Place>,
}

impl Answered {
    pub(super) fn new(
        path: &'static str,
        operation: &'static str,
        response: Response<Payload>,
    ) -> Self {
        Self {
            path,
            operation,
            response,
            place: None,
        }
    }

    pub(super) fn refused(path: &'static str, response: Response<Payload>) -> Self {
        Self::new(path, REFUSED, response)
    }

    pub(super) fn holding(self, place: Place) -> Self {
        let place = Some(place);
        Self { place, ..self }
    }

    /// The response, with the body as it is sent.
    pub(super) fn into_response(self) -> Response<Body> {
        let place = self.place;
        self.response.map(|body| match place {
            None => body.into_vec().into(),
            Some(place) => Body::new(Held::new(body.into_vec().into(), place)),
        })
    }
}

pub(super) async fn answer(app: &App, request: Request, id: &HeaderValue) -> Answered {
    let (parts, body) = request.into_parts();
    let head = match head(app, &parts, &body) {
        ControlFlow::Continue(head) => head,
        ControlFlow::Break(answered) => return answered,
    };
    match find(app, &head).await {
        Ok(access) => {
            let connection = parts.extensions.get::<Connection>();
            connection.inspect(|connection| connection.set_known());
            call(app, access, head, body, id).await
        }
        Err(stranger) => {
            // Boxed, so that the futures of good calls are small.
            let refused = Box::pin(refuse(app, &head, &parts, body, id, stranger)).await;
            let response = refused.unwrap_or_else(|refused| refused.count(app));
            Answered::refused(head.path(), response)
        }
    }
}

/// The head of a call; or the answer to a request that needs no port, whoever asks.
fn head(app: &App, parts: &Parts, body: &Body) -> ControlFlow<Answered, Head> {
    // In process, requests need no host.
    if parts.extensions.get::<Connection>().is_some() && !has_one_host(parts) {
        app.metrics.refused(Refusal::Host);
        let response = text(StatusCode::BAD_REQUEST, ONE_HOST);
        return ControlFlow::Break(Answered::refused(UNKNOWN, response));
    }
    // No credential, no port.
    if let Some(response) = app.health.answer(parts.uri.path(), &parts.method) {
        return ControlFlow::Break(Answered::new("health", "health", response));
    }
    let head = match receive_head(parts) {
        ReceivedHead::Call(head) => head,
        ReceivedHead::Answer(response) => {
            let operation = match response.status() {
                StatusCode::NOT_FOUND => UNKNOWN,
                _ => "preflight",
            };
            return ControlFlow::Break(Answered::new(UNKNOWN, operation, response));
        }
    };
    // From the header alone: whoever waits for `100 Continue` sends nothing.
    if body.size_hint().lower() > BODY_LIMIT as u64 {
        app.metrics.refused(Refusal::TooLarge);
        return ControlFlow::Break(Answered::refused(head.path(), respond_too_large()));
    }
    ControlFlow::Continue(head)
}

/// Proxies disagree on which of several hosts counts (RFC 9112, section 3.2).
fn has_one_host(parts: &Parts) -> bool {
    let mut hosts = parts.headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => is_host(host.as_bytes()),
        (None, _) => parts.version < Version::HTTP_11,
        (Some(_), Some(_)) => false,
    }
}

/// One name or address, with a port or not: no list of several, as a proxy makes of two headers.
fn is_host(host: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:[]%".contains(byte);
    !host.is_empty() && host.iter().all(is_part)
}

/// Why a caller gets no port.
struct Stranger {
    error: Error,
    /// Whether a credential was looked up: one that is missing was not tried.
    has_tried: bool,
}

async fn find(app: &App, head: &Head) -> Result<Access, Stranger> {
    let untried = |error| Stranger {
        error,
        has_tried: false,
    };
    let presented = head.credential().map_err(untried)?;
    let Some((digest, unknown)) = CredentialDigest::of(presented) else {
        let message = "credentials of this kind are unknown here";
        return Err(untried(Error::unauthenticated(message)));
    };
    match app.credentials.find(&digest).await {
        Ok(Some(access)) => Ok(access),
        Ok(None) => Err(Stranger {
            error: Error::unauthenticated(unknown),
            has_tried: true,
        }),
        Err(error) => Err(untried(error)),
    }
}

async fn refuse(
    app: &App,
    head: &Head,
    parts: &Parts,
    body: Body,
    id: &HeaderValue,
    Stranger { error, has_tried }: Stranger,
) -> Result<Response<Payload>, Refused> {
    let length = body.size_hint().exact();
    let is_small = length.is_some_and(|length| length <= BODY_BEFORE_KEY as u64);
    if let Some(connection) = parts.extensions.get::<Connection>()
        && (has_tried || !is_small)
    {
        let what = match has_tried {
            true => "a wrong key",
            false => "a large body without a key",
        };
        pause(app, connection, head.path(), id, what).await?;
    }
    let body = match is_small {
        true => Some(read(body).await?),
        false => {
            throw_away(parts, body).await;
            None
        }
    };
    if error.kind() == ErrorKind::Unauthenticated {
        app.metrics.refused(match has_tried {
            true => Refusal::WrongKey,
            false => Refusal::NoKey,
        });
    }
    Ok(head.refuse(body.as_deref(), &error))
}

/// Counts a wrong key of this peer, or a large body without one. If there were too many, its answer
/// comes late, and is another.
async fn pause(
    app: &App,
    connection: &Connection,
    path: &'static str,
    id: &HeaderValue,
    what: &'static str,
) -> Result<(), Refused> {
    let peer = connection.peer;
    let (left, is_first) = match app.strangers.wrong_key(peer, Instant::now()) {
        Verdict::Told => {
            let id = id.to_str().unwrap_or_default();
            tracing::warn!(%peer, path, request_id = id, "{what}");
            return Ok(());
        }
        Verdict::Paused { left, is_first } => (left, is_first),
    };
    if is_first {
        let seconds = left.as_secs();
        tracing::warn!(
            %peer, request_id = id.to_str().unwrap_or_default(),
            "too many wrong keys and large bodies without one: for {seconds} s, further ones are answered 429 and \
             not logged"
        );
    }
    connection.set_paused();
    tokio::time::sleep(PAUSE).await;
    let error = Error::rate_limited("too many requests of this address have had no good key");
    let response = respond(&Err(error.with_retry_after(left)));
    Err(Refused(Refusal::WrongKeys, response))
}

/// Takes a body that is not looked at, so that the peer comes to read its answer.
async fn throw_away(parts: &Parts, mut body: Body) {
    // Whoever waits for `100 Continue` reads the answer first.
    let mut taken = match parts.headers.contains_key(header::EXPECT) {
        true => BODY_LIMIT,
        false => 0,
    };
    while taken < BODY_LIMIT
        && let Some(Ok(frame)) = body.frame().await
    {
        taken += frame.data_ref().map_or(0, Bytes::len);
    }
}

/// What a limit has refused, and the response to it.
pub(super) struct Refused(Refusal, Response<Payload>);

impl Refused {
    /// Who comes back in a second may find room.
    pub(super) fn busy(reason: Refusal, error: Error) -> Self {
        let error = error.with_retry_after(Duration::from_secs(1));
        Self(reason, respond(&Err(error)))
    }

    /// The response, which is counted.
    pub(super) fn count(self, app: &App) -> Response<Payload> {
        let Self(reason, response) = self;
        app.metrics.refused(reason);
        response
    }
}

/// The whole body, or the response to one that is too large or incomplete.
pub(super) async fn read(body: Body) -> Result<Bytes, Refused> {
    to_bytes(body, BODY_LIMIT).await.map_err(|error| {
        let is_late = is_timeout(&error);
        if error.into_inner().is::<LengthLimitError>() {
            return Refused(Refusal::TooLarge, respond_too_large());
        }
        let (status, message) = match is_late {
            true => (StatusCode::REQUEST_TIMEOUT, "The body did not come in time"),
            false => (StatusCode::BAD_REQUEST, "The body could not be read"),
        };
        Refused(Refusal::Body, text(status, message))
    })
}

/// Whether the connection has ended the wait for a body.
fn is_timeout(error: &(dyn std::error::Error + 'static)) -> bool {
    let timed_out = |error: &io::Error| error.kind() == io::ErrorKind::TimedOut;
    std::iter::successors(Some(error), |error| error.source())
        .any(|error| error.downcast_ref().is_some_and(timed_out))
}

fn text(status: StatusCode, message: &str) -> Response<Payload> {
    let mut response = Response::new(message.as_bytes().to_vec().into());
    *response.status_mut() = status;
    response
}

const ONE_HOST: &str = "A request needs exactly one Host header";

/// The operation of a request that was refused before it was known.
pub(super) const REFUSED: &str = "refused";

/// In place of a path that may be anything.
pub(super) const UNKNOWN: &str = "unknown";
