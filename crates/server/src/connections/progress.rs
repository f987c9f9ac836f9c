//! What a connection waits for, and until when.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::Limits;

/// The progress of one connection, shared by its stream, its requests and the list of connections.
#[derive(Debug, Clone)]
pub(crate) struct Progress(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    phase: Phase,
    since: Instant,
    blocked: Option<Blocked>,
    /// Whether a request on it had a credential that opens something.
    is_known: bool,
}

/// What a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The peer, for the rest of a header, or for the first byte of the first one.
    Header,
    /// The peer, for the rest of a body.
    Body,
    /// This server, for an answer.
    Answering,
    /// Nothing: a peer with too many wrong keys is left waiting for its answer.
    Paused,
    /// The peer, for the first byte of the next request.
    Idle,
}

/// A peer that does not take its answer as fast as it could be sent.
#[derive(Debug, Clone, Copy)]
struct Blocked {
    since: Instant,
    last: Instant,
    taken: u64,
}

impl Blocked {
    /// After a while without a byte, or when all in all too few are taken.
    fn deadline(&self, limits: &Limits) -> Instant {
        let earned = self.taken / limits.unread_rate.0.max(1);
        let slow = self.since + limits.unread + Duration::from_secs(earned);
        slow.min(self.last + limits.unread)
    }
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            phase: Phase::Header,
            since: Instant::now(),
            blocked: None,
            is_known: false,
        })))
    }

    pub(crate) fn enter(&self, phase: Phase) {
        let mut state = self.state();
        state.phase = phase;
        // Nobody asks how long an answer takes: that saves a look at the clock for each.
        if phase != Phase::Answering {
            state.since = Instant::now();
        }
    }

    /// Bytes have come from the peer.
    pub(super) fn received(&self) {
        let mut state = self.state();
        if state.phase == Phase::Idle {
            state.phase = Phase::Header;
            state.since = Instant::now();
        }
    }

    /// The peer takes no more for now.
    pub(super) fn blocked(&self) {
        let now = Instant::now();
        self.state().blocked.get_or_insert(Blocked {
            since: now,
            last: now,
            taken: 0,
        });
    }

    /// The peer has taken so many bytes more.
    pub(super) fn taken(&self, bytes: usize) {
        if let Some(blocked) = &mut self.state().blocked {
            blocked.last = Instant::now();
            blocked.taken += bytes as u64;
        }
    }

    /// The peer has taken everything.
    pub(super) fn flushed(&self) {
        self.state().blocked = None;
    }

    /// Notes that somebody is behind this connection who has a credential.
    pub(crate) fn set_known(&self) {
        self.state().is_known = true;
    }

    /// Since when the connection waits for its peer, and whether the peer is known; `None` if it
    /// waits for this server.
    pub(super) fn waiting(&self) -> Option<(bool, Instant)> {
        let state = self.state();
        let since = match (state.blocked, state.phase) {
            (Some(blocked), _) => blocked.last,
            (None, Phase::Answering) => return None,
            (None, Phase::Header | Phase::Body | Phase::Paused | Phase::Idle) => state.since,
        };
        Some((state.is_known, since))
    }

    /// Whether nothing has been accepted of the peer that it still waits for.
    pub(super) fn is_unfinished(&self) -> bool {
        let state = self.state();
        state.blocked.is_none() && state.phase != Phase::Answering
    }

    /// When the wait for the peer ends; `None` if the connection waits for this server, or the body
    /// has a limit of its own.
    pub(super) fn deadline(&self, limits: &Limits) -> Option<(Instant, Overdue)> {
        let state = self.state();
        match (&state.blocked, state.phase) {
            (Some(blocked), _) => Some((blocked.deadline(limits), Overdue::Answer)),
            (None, Phase::Header) => Some((state.since + limits.header, Overdue::Header)),
            (None, Phase::Idle) => Some((state.since + limits.idle, Overdue::Idle)),
            // Whoever reads the body answers 408: see `TimedBody`.
            (None, Phase::Body | Phase::Answering | Phase::Paused) => None,
        }
    }

    /// Each change of the state is one assignment or two, so a panic elsewhere leaves it whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a peer took too long for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overdue {
    Header,
    Idle,
    Answer,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits::default()
            .with_unread(Duration::from_secs(30))
            .with_unread_rate(crate::Bytes(1_000))
    }

    async fn pass(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    fn seconds_left(progress: &Progress) -> Option<u64> {
        let (deadline, _) = progress.deadline(&limits())?;
        Some((deadline - Instant::now()).as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_header_has_its_limit_from_its_first_byte() {
        let progress = Progress::new();
        assert_eq!(seconds_left(&progress), Some(10));
        pass(4).await;
        progress.received();
        assert_eq!(seconds_left(&progress), Some(6), "drops give no time");
        progress.enter(Phase::Answering);
        assert_eq!(seconds_left(&progress), None);
        progress.enter(Phase::Idle);
        assert_eq!(seconds_left(&progress), Some(75));
        pass(70).await;
        progress.received();
        assert_eq!(seconds_left(&progress), Some(10));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_in_drops_has_a_limit() {
        let progress = Progress::new();
        progress.enter(Phase::Answering);
        progress.blocked();
        for _ in 0..29 {
            pass(1).await;
            progress.taken(100);
        }
        // 2,900 bytes have earned 2 seconds.
        assert_eq!(seconds_left(&progress), Some(3));
        progress.taken(100_000);
        assert_eq!(
            seconds_left(&progress),
            Some(30),
            "none of them without a byte"
        );
        progress.flushed();
        assert_eq!(seconds_left(&progress), None);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_the_peer_may_be_replaced() {
        let progress = Progress::new();
        assert!(progress.waiting().is_some());
        progress.enter(Phase::Answering);
        assert_eq!(progress.waiting(), None);
        progress.blocked();
        assert!(
            progress.waiting().is_some(),
            "for the peer to take its answer"
        );
        assert!(!progress.is_unfinished(), "the answer is accepted");
    }
}
