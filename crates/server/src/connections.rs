//! The connections of a server: none is kept for a peer that has stopped talking.

mod bodies;
mod peers;
mod progress;
mod stream;

use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{Router, body::Body, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};
use socket2::SockRef;
use tokio::{
    net::TcpStream,
    task::{AbortHandle, Id, JoinSet},
    time::{Instant, Sleep, sleep, sleep_until, timeout},
};
use tower::ServiceExt;

use crate::{HangUp, Limits, Metrics, metrics::Refusal};
use bodies::{Answer, TimedBody};
use peers::Peers;
use progress::{Overdue, Phase, Progress};
use stream::Watched;

pub(crate) use peers::Peer;

/// The open connections, each a task.
pub(crate) struct Connections {
    router: Router,
    limits: Arc<Limits>,
    metrics: Metrics,
    tasks: JoinSet<()>,
    open: HashMap<Id, Open>,
    accepted: u64,
    peers: Peers,
    /// Connections that waited for their peers when it was last looked, the next to go first.
    waiting: VecDeque<Id>,
    graceful: GracefulShutdown,
}

struct Open {
    /// Counts the connections that were accepted.
    number: u64,
    task: AbortHandle,
    progress: Progress,
    peer: Peer,
}

/// The connection of a request, for whoever answers it.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) peer: Peer,
    progress: Progress,
}

impl Connection {
    /// Notes that the peer has presented a credential that opens something: its connection is kept
    /// longer than those of strangers.
    pub(crate) fn set_known(&self) {
        self.progress.set_known();
    }

    /// Notes that the peer is left waiting for its answer: nothing is lost if it makes room.
    pub(crate) fn set_paused(&self) {
        self.progress.enter(Phase::Paused);
    }
}

impl Connections {
    pub(crate) fn new(router: Router, limits: Limits, metrics: Metrics) -> Self {
        Self {
            router,
            peers: Peers::new(limits.peer_connections()),
            limits: Arc::new(limits),
            metrics,
            tasks: JoinSet::new(),
            open: HashMap::new(),
            accepted: 0,
            waiting: VecDeque::new(),
            graceful: GracefulShutdown::new(),
        }
    }

    /// Waits until there may be one more: closes a connection that waits for its peer, strangers
    /// and the oldest first, or waits for an answer to end.
    pub(crate) async fn make_room(&mut self) {
        self.forget_ended();
        while self.open.len() >= self.limits.connections.max(1) {
            self.free_one().await;
        }
    }

    /// Closes a connection that waits for its peer, or waits for one to end, for a moment.
    pub(crate) async fn free_one(&mut self) {
        if let Some(replaced) = self.next_waiting() {
            self.metrics.refused(Refusal::Replaced);
            replaced.abort();
        }
        // An answer may end, and its connection wait for its peer, without a word to this loop.
        if let Ok(Some(ended)) = timeout(LOOK_AGAIN, self.tasks.join_next_with_id()).await {
            self.forget(&ended);
        }
    }

    /// Whether this peer may have one more connection. If not, it takes nobody else's place.
    pub(crate) fn admits(&mut self, address: SocketAddr) -> bool {
        self.forget_ended();
        // If one peer may have all of them, a proxy, its new ones replace its old ones.
        let is_alone = self.limits.peer_connections() >= self.limits.connections;
        let admits = is_alone || self.peers.has_room(Peer::of(address));
        if !admits {
            self.metrics.refused(Refusal::PeerConnections);
        }
        admits
    }

    /// Serves the stream.
    pub(crate) fn add(&mut self, stream: TcpStream, address: SocketAddr) {
        let peer = Peer::of(address);
        self.peers.add(peer);
        // Answers are small and complete: waiting to fill a packet only delays them. A socket that
        // refuses an option works without it.
        let _ = stream.set_nodelay(true);
        let _ = SockRef::from(&stream).set_send_buffer_size(SEND_BUFFER);
        let progress = Progress::new();
        let connection = self.connection(stream, peer, &progress);
        let task = self.tasks.spawn(connection);
        let id = task.id();
        self.accepted += 1;
        let open = Open {
            number: self.accepted,
            task,
            progress,
            peer,
        };
        self.open.insert(id, open);
    }

    fn connection(
        &self,
        stream: TcpStream,
        peer: Peer,
        progress: &Progress,
    ) -> impl Future<Output = ()> + Send + 'static {
        let stream = TokioIo::new(Watched::new(stream, progress.clone()));
        let connection = Connection {
            peer,
            progress: progress.clone(),
        };
        let (router, limit) = (self.router.clone(), self.limits.body);
        let service = service_fn(move |request: Request<Incoming>| {
            answer(router.clone(), connection.clone(), limit, request)
        });
        // Limits in time are kept by `Timed`, which tells an idle connection from half a header.
        let serving = http1::Builder::new()
            .header_read_timeout(None)
            .max_buf_size(BUFFER)
            .serve_connection(stream, service);
        let timed = Timed {
            serving: Box::pin(self.graceful.watch(serving)),
            progress: progress.clone(),
            limits: Arc::clone(&self.limits),
            sleep: Box::pin(sleep_until(Instant::now() + self.limits.header)),
        };
        let metrics = self.metrics.clone();
        let open = metrics.connection();
        async move {
            let _open = open;
            timed.await.report(&metrics);
        }
    }

    /// Completes when all requests are answered; those that are not complete after
    /// [`Limits::unfinished`] are cut off. If it is dropped, all are.
    pub(crate) async fn finish(self) {
        let Self {
            graceful,
            limits,
            open,
            tasks,
            ..
        } = self;
        let mut finished = pin!(graceful.shutdown());
        tokio::select! {
            () = &mut finished => return,
            () = sleep(limits.unfinished) => {}
        }
        for open in open.values() {
            if open.progress.is_unfinished() {
                open.task.abort();
            }
        }
        finished.await;
        drop(tasks);
    }

    fn forget_ended(&mut self) {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.forget(&ended);
        }
    }

    fn forget(&mut self, ended: &Result<(Id, ()), tokio::task::JoinError>) {
        let id = match ended {
            Ok((id, ())) => *id,
            Err(ended) => ended.id(),
        };
        if let Some(open) = self.open.remove(&id) {
            self.peers.remove(open.peer);
        }
    }

    /// The connection that is missed least; `None` if all are being answered.
    fn next_waiting(&mut self) -> Option<AbortHandle> {
        let mut is_fresh = false;
        loop {
            while let Some(id) = self.waiting.pop_front() {
                let open = self.open.get(&id);
                // It may have sent a request since.
                let Some((open, (is_known, _))) =
                    open.and_then(|open| Some((open, open.progress.waiting()?)))
                else {
                    continue;
                };
                // Strangers may have come since, and would go before it.
                if is_known && !is_fresh {
                    break;
                }
                return Some(open.task.clone());
            }
            if is_fresh {
                return None;
            }
            self.look_for_waiting();
            is_fresh = true;
        }
    }

    /// Looks at all connections, which is dear, so it keeps several.
    fn look_for_waiting(&mut self) {
        let waiting = self.open.iter();
        let waiting = waiting.filter_map(|(id, open)| {
            let (is_known, since) = open.progress.waiting()?;
            Some(((is_known, since, open.number), *id))
        });
        let mut waiting: Vec<_> = waiting.collect();
        waiting.sort_unstable_by_key(|(rank, _)| *rank);
        let kept = waiting.into_iter().take(KEPT);
        self.waiting = kept.map(|(_, id)| id).collect();
    }
}

/// How many bytes of an answer the system holds at least until the peer takes them: 128 KiB.
///
/// Left alone, it takes some MiB of each connection, and tells in steps of a third of that that there
/// is room again: a peer that reads 40 KiB a second would seem to take nothing for longer than
/// [`Limits::unread`].
const SEND_BUFFER: usize = 128 * 1024;

/// How many bytes of a header, and of an answer, a connection keeps at most: 32 KiB.
const BUFFER: usize = 32 * 1024;

/// How many connections to close are kept of one look at all.
const KEPT: usize = 64;

/// How long a server without a free connection waits before it looks at them again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Answers a request of a connection; an error closes it, and nothing is written.
async fn answer(
    router: Router,
    connection: Connection,
    limit: Duration,
    request: Request<Incoming>,
) -> Result<axum::http::Response<Answer>, HangUp> {
    let progress = connection.progress.clone();
    let mut request = request.map(|body| Body::new(TimedBody::new(body, limit, &progress)));
    request.extensions_mut().insert(connection);
    let response: Result<_, Infallible> = router.oneshot(request).await;
    let Ok(response) = response;
    // hyper closes the connection of a service that fails.
    match response.extensions().get::<HangUp>() {
        Some(HangUp) => Err(HangUp),
        None => {
            progress.enter(Phase::Answering);
            Ok(response.map(|body| Answer::new(body, progress)))
        }
    }
}

/// A connection that ends when its peer is late.
struct Timed<F> {
    serving: Pin<Box<F>>,
    progress: Progress,
    limits: Arc<Limits>,
    /// Wakes at a deadline or before it: it is set anew only when it has passed, or is too late.
    sleep: Pin<Box<Sleep>>,
}

/// How a connection has ended.
enum Ended<T> {
    Served(T),
    Late(Overdue),
}

impl Ended<hyper::Result<()>> {
    /// Counts and logs it, unless the connection was closed as usual.
    fn report(self, metrics: &Metrics) {
        match self {
            Self::Served(Ok(())) => {}
            Self::Served(Err(error)) => {
                if error.is_parse() {
                    metrics.refused(Refusal::Unreadable);
                }
                tracing::debug!(%error, "a connection ended early");
            }
            // A peer that has nothing to ask breaks no rule.
            Self::Late(Overdue::Idle) => {}
            Self::Late(late) => {
                metrics.refused(Refusal::Late);
                tracing::debug!(?late, "a peer has kept its connection waiting");
            }
        }
    }
}

impl<F: Future> Future for Timed<F> {
    type Output = Ended<F::Output>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Poll::Ready(served) = this.serving.as_mut().poll(context) {
            return Poll::Ready(Ended::Served(served));
        }
        loop {
            let Some((deadline, late)) = this.progress.deadline(&this.limits) else {
                return Poll::Pending; // polled again when the answer is there
            };
            if deadline < this.sleep.deadline() || this.sleep.is_elapsed() {
                this.sleep.as_mut().reset(deadline);
            }
            if this.sleep.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            if deadline <= this.sleep.deadline() {
                return Poll::Ready(Ended::Late(late));
            }
        }
    }
}
