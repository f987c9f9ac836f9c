//! What the server counts, in the text format of Prometheus.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
    routing,
};
use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder, prometheus_text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

/// Counts what a server does, and says so at `GET /metrics` of a [router](Self::router) of its own.
///
/// All clones share the counts. Names begin with `access_groups_`; times are in seconds.
///
/// | metric | what |
/// |---|---|
/// | `requests_total{operation,status}` | answers, by operation and status; `operation` is a name of the port's table, or `health`, `preflight`, `unmanaged`, `unknown` (no such path), `refused` (before it was known) |
/// | `request_seconds{operation}` | from the end of the header until the answer is made: a histogram |
/// | `requests_in_flight` | requests whose answer is not made yet |
/// | `connections` | open connections |
/// | `refusals_total{reason}` | what was refused or ended early: `not_accepted` (the system had no file), `peer_connections`, `replaced` (made room for another connection), `late` (a header, or an answer that is not taken), `unreadable` (no HTTP), `host`, `too_large`, `body` (late or broken off), `no_key`, `wrong_key`, `too_many_wrong_keys`, `key_calls`, `body_bytes`, `heavy_calls` |
/// | `saves_total{outcome}` | saves of stores: `saved`, `failed` |
/// | `save_seconds` | how long a save took: a histogram |
/// | `unsaved_changes` | changes that are accepted and not saved yet |
///
/// # Examples
///
/// ```
/// use access_groups_server::Metrics;
///
/// let metrics = Metrics::default();
/// metrics.saved(std::time::Duration::from_millis(20));
/// metrics.set_unsaved(3);
/// let text = metrics.to_string();
/// assert!(text.contains("access_groups_saves_total{outcome=\"saved\"} 1\n"));
/// assert!(text.contains("access_groups_unsaved_changes 3\n"));
/// ```
#[derive(Clone)]
pub struct Metrics(Option<Arc<Counts>>);

struct Counts {
    registry: Registry,
    slots: [OnceLock<Slot>; SLOTS],
    requests: Family<Answered, Counter>,
    seconds: Family<Of, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    connections: Gauge,
    refusals: Family<Refused, Counter>,
    saves: Family<Saved, Counter>,
    save_seconds: Histogram,
    unsaved: Gauge,
}

/// The counts of one kind of answer, at hand.
struct Slot {
    answered: Answered,
    seconds: Histogram,
    requests: Counter,
}

impl Slot {
    fn count(&self, took: Duration) {
        self.seconds.observe(took.as_secs_f64());
        self.requests.inc();
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    operation: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    operation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refused {
    reason: Refusal,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Saved {
    outcome: &'static str,
}

/// Why something was refused or ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Refusal {
    /// The system could not accept a connection.
    NotAccepted,
    /// The peer has as many connections as it may.
    PeerConnections,
    /// A connection made room for a new one.
    Replaced,
    /// The peer took too long for a header, or to take its answer.
    Late,
    /// What the peer sent is no HTTP.
    Unreadable,
    /// There is not exactly one `Host`.
    Host,
    /// The body is too large.
    TooLarge,
    /// The body did not come in time, or broke off.
    Body,
    /// There is no credential that could be looked up.
    NoKey,
    /// A credential opens nothing.
    WrongKey,
    /// An address presents wrong keys too often.
    WrongKeys,
    /// A key has as many calls as it may.
    KeyCalls,
    /// There are too many bytes of bodies.
    BodyBytes,
    HeavyCalls,
}

impl Refusal {
    fn name(self) -> &'static str {
        match self {
            Self::NotAccepted => "not_accepted",
            Self::PeerConnections => "peer_connections",
            Self::Replaced => "replaced",
            Self::Late => "late",
            Self::Unreadable => "unreadable",
            Self::Host => "host",
            Self::TooLarge => "too_large",
            Self::Body => "body",
            Self::NoKey => "no_key",
            Self::WrongKey => "wrong_key",
            Self::WrongKeys => "too_many_wrong_keys",
            Self::KeyCalls => "key_calls",
            Self::BodyBytes => "body_bytes",
            Self::HeavyCalls => "heavy_calls",
        }
    }
}

impl EncodeLabelValue for Refusal {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        self.name().encode(encoder)
    }
}

impl Metrics {
    /// Counts nothing, and costs nothing.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// A router that answers `GET /metrics`, for an address that only those reach who may know the
    /// counts: they tell how much every workspace together is used.
    pub fn router(&self) -> Router {
        let metrics = self.clone();
        Router::new().route("/metrics", routing::get(async move || metrics.response()))
    }

    /// Counts a save of a store that took this long.
    pub fn saved(&self, took: Duration) {
        let Some(counts) = &self.0 else { return };
        counts.save_seconds.observe(took.as_secs_f64());
        counts.count_save("saved");
    }

    /// Counts a save of a store that has failed.
    pub fn save_failed(&self) {
        if let Some(counts) = &self.0 {
            counts.count_save("failed");
        }
    }

    /// Sets how many changes are accepted and not saved yet.
    pub fn set_unsaved(&self, changes: u64) {
        if let Some(counts) = &self.0 {
            counts.unsaved.set(changes.try_into().unwrap_or(i64::MAX));
        }
    }

    /// Counts an answer from now on, until it is [done](InFlight::done) or dropped.
    pub(crate) fn begin(&self) -> InFlight {
        InFlight(self.0.as_ref().map(|counts| {
            counts.in_flight.inc();
            (Arc::clone(counts), Instant::now())
        }))
    }

    pub(crate) fn refused(&self, reason: Refusal) {
        if let Some(counts) = &self.0 {
            counts.refusals.get_or_create(&Refused { reason }).inc();
        }
    }

    /// Counts a connection as open until the result is dropped.
    pub(crate) fn connection(&self) -> OpenConnection {
        if let Some(counts) = &self.0 {
            counts.connections.inc();
        }
        OpenConnection(self.clone())
    }

    fn response(&self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.to_string()));
        let kind = const { HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8") };
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}

/// The counts, in the text format of Prometheus, version 0.0.4.
impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(counts) => prometheus_text::encode(f, &counts.registry),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut counts = Counts {
            registry: Registry::with_prefix("access_groups"),
            slots: [const { OnceLock::new() }; SLOTS],
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            in_flight: Gauge::default(),
            connections: Gauge::default(),
            refusals: Family::default(),
            saves: Family::default(),
            save_seconds: Histogram::new(SECONDS),
            unsaved: Gauge::default(),
        };
        let registry = &mut counts.registry;
        registry.register("requests", "Answers", counts.requests.clone());
        registry.register(
            "request_seconds",
            "From the end of the header until the answer is made",
            counts.seconds.clone(),
        );
        registry.register(
            "requests_in_flight",
            "Requests whose answer is not made yet",
            counts.in_flight.clone(),
        );
        registry.register(
            "connections",
            "Open connections",
            counts.connections.clone(),
        );
        registry.register(
            "refusals",
            "What a limit has refused",
            counts.refusals.clone(),
        );
        registry.register("saves", "Saves of stores", counts.saves.clone());
        registry.register(
            "save_seconds",
            "How long a save took",
            counts.save_seconds.clone(),
        );
        registry.register(
            "unsaved_changes",
            "Changes that are accepted and not saved yet",
            counts.unsaved.clone(),
        );
        Self(Some(Arc::new(counts)))
    }
}

impl Counts {
    fn count(&self, answered: Answered, took: Duration) {
        // Most answers are of a few kinds: their counts are found without a lock or a hash.
        let place = answered.operation.as_ptr() as usize / 8 + usize::from(answered.status);
        let slot = self.slots[place % SLOTS].get_or_init(|| self.slot(&answered));
        match slot.answered == answered {
            true => slot.count(took),
            false => self.slot(&answered).count(took),
        }
    }

    fn slot(&self, answered: &Answered) -> Slot {
        let operation = answered.operation;
        Slot {
            answered: answered.clone(),
            seconds: self.seconds.get_or_create_owned(&Of { operation }),
            requests: self.requests.get_or_create_owned(answered),
        }
    }

    fn count_save(&self, outcome: &'static str) {
        self.saves.get_or_create(&Saved { outcome }).inc();
    }
}

/// A connection that is open until this is dropped.
pub(crate) struct OpenConnection(Metrics);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        if let Some(counts) = &self.0.0 {
            counts.connections.dec();
        }
    }
}

/// A request whose answer is not made yet. If it is dropped before, nobody is answered.
pub(crate) struct InFlight(Option<(Arc<Counts>, Instant)>);

impl InFlight {
    pub(crate) fn done(self, operation: &'static str, status: StatusCode) {
        let Some((counts, begun)) = &self.0 else {
            return;
        };
        let status = status.as_u16();
        counts.count(Answered { operation, status }, begun.elapsed());
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if let Some((counts, _)) = &self.0 {
            counts.in_flight.dec();
        }
    }
}

/// How many kinds of answers are at hand.
const SLOTS: usize = 64;

/// The bounds of histograms: from what memory answers to what people give up on.
const SECONDS: [f64; 12] = [
    0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_is_counted_whatever_its_slot() {
        let metrics = Metrics::default();
        let names = ["add_user", "remove_user", "access_group", "refused"];
        let statuses = 200..300;
        for status in statuses.clone() {
            for name in names {
                let status = StatusCode::from_u16(status).expect("a status");
                metrics.begin().done(name, status);
                metrics.begin().done(name, status);
            }
        }
        let text = metrics.to_string();
        for status in statuses {
            for name in names {
                let line = format!(
                    "access_groups_requests_total{{operation=\"{name}\",status=\"{status}\"}} 2\n"
                );
                assert!(text.contains(&line), "{line}");
            }
        }
        let all = "access_groups_request_seconds_count{operation=\"add_user\"} 200\n";
        assert!(text.contains(all), "{text}");
        assert!(text.contains("access_groups_requests_in_flight 0\n"));
    }

    #[test]
    fn none_counts_nothing() {
        let metrics = Metrics::none();
        metrics.begin().done("add_user", StatusCode::OK);
        metrics.refused(Refusal::Host);
        assert_eq!(metrics.to_string(), "");
    }
}
