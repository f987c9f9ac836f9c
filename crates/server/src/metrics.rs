//! What the server counts, in the text format of Prometheus.

mod refusal;

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
    encoding::{EncodeLabelSet, prometheus_text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use refusal::REASONS;

pub(crate) use refusal::Refusal;

/// Counts what a server does, and says so at `GET /metrics` of a [router](Self::router) of its own.
///
/// All clones share the counts. Names begin with `access_groups_`; times are in seconds. The
/// [table](crate#metrics) lists all.
///
/// # Examples
///
/// ```
/// use access_groups_server::Metrics;
///
/// let metrics = Metrics::default();
/// metrics.saved(std::time::Duration::from_millis(20));
/// metrics.ask_unsaved(|| 3);
/// let text = metrics.to_string();
/// assert!(text.contains("access_groups_saves_total{outcome=\"saved\"} 1\n"));
/// assert!(text.contains("access_groups_unsaved_changes 3\n"));
/// ```
#[derive(Clone)]
pub struct Metrics(Option<Arc<Counts>>);

/// A row is a metric: its name, with the labels, and what it is; the help text has the first part.
///
/// One table, so that what is registered and the table of the READMEs cannot differ.
macro_rules! metrics {
    ($(
        $field:ident: $type:ty = $new:expr, $name:literal, $what:literal $(, $more:literal)?;
    )*) => {
        struct Counts {
            registry: Registry,
            slots: [OnceLock<Slot>; SLOTS],
            ask_unsaved: OnceLock<AskUnsaved>,
            $($field: $type,)*
        }

        impl Default for Counts {
            fn default() -> Self {
                let mut registry = Registry::with_prefix("access_groups");
                $(
                    let $field: $type = $new;
                    registry.register(registered($name), help($what), $field.clone());
                )*
                let slots = [const { OnceLock::new() }; SLOTS];
                Self { registry, slots, ask_unsaved: OnceLock::new(), $($field,)* }
            }
        }

        const METRICS: &[(&str, &str)] = &[$(($name, concat!($what $(, $more)?)),)*];
    };
}

metrics! {
    requests: Family<Answered, Counter> = Family::default(),
        "requests_total{operation,status}", "answers",
        ", by operation and status; `operation` is a name of the port's table, or `health`, \
         `preflight`, `unmanaged`, `unknown` (no such path), `refused` (before it was known)";

    seconds: Family<Of, Histogram, fn() -> Histogram> =
        Family::new_with_constructor(|| Histogram::new(SECONDS)),
        "request_seconds{operation}", "from the end of the header until the answer is made",
        ": a histogram";

    in_flight: Gauge = Gauge::default(),
        "requests_in_flight", "requests whose answer is not made yet";

    connections: Gauge = Gauge::default(),
        "connections", "open connections";

    refusals: Family<Refused, Counter> = Family::default(),
        "refusals_total{reason}", "what was refused or ended early";

    saves: Family<Saved, Counter> = Family::default(),
        "saves_total{outcome}", "saves of stores",
        ": `saved`, `failed`";

    save_seconds: Histogram = Histogram::new(SECONDS),
        "save_seconds", "how long a save took",
        ": a histogram";

    unsaved: Gauge = Gauge::default(),
        "unsaved_changes", "changes that are accepted and not saved yet";
}

/// The name without the labels, and without the suffix that the format adds to a counter.
fn registered(name: &str) -> &str {
    let name = name.split('{').next().unwrap_or(name);
    name.strip_suffix("_total").unwrap_or(name)
}

fn help(what: &str) -> String {
    let (first, rest) = what.split_at(1);
    first.to_ascii_uppercase() + rest
}

type AskUnsaved = Box<dyn Fn() -> u64 + Send + Sync>;

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

impl Metrics {
    /// Counts nothing, and costs nothing.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// Every metric, and every reason of a refusal, as two tables in Markdown, for documentation.
    #[must_use]
    pub fn table() -> String {
        let rows = |head: &str, rows: &[(&str, &str)]| {
            let rows = rows.iter();
            let rows = rows.map(|(name, what)| format!("| `{name}` | {what} |\n"));
            format!("| {head} | what |\n|---|---|\n{}", rows.collect::<String>())
        };
        rows("metric", METRICS) + "\n" + &rows("reason of a refusal", REASONS)
    }

    /// A router that answers `GET /metrics`, for an address that only those reach who may know the
    /// counts: they tell how much every workspace together is used.
    pub fn router(&self) -> Router {
        let metrics = self.clone();
        Router::new().route(
            "/metrics",
            routing::get(async move || metrics.response().await),
        )
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

    /// Sets what says how many changes are accepted and not saved yet: it is asked whenever the counts
    /// are shown, and should answer at once. Only the first call counts. Default: 0 changes.
    pub fn ask_unsaved(&self, ask: impl Fn() -> u64 + Send + Sync + 'static) {
        if let Some(counts) = &self.0 {
            let _ = counts.ask_unsaved.set(Box::new(ask));
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

    async fn response(&self) -> Response<Body> {
        // Off the threads that serve: what is unsaved is asked of stores, which may be locked.
        let metrics = self.clone();
        let text = tokio::task::spawn_blocking(move || metrics.to_string());
        let Ok(text) = text.await else {
            // A panic, which is in the log: no counts would look like all zeros.
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            return response;
        };
        let mut response = Response::new(Body::from(text));
        let kind = const { HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8") };
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}

/// The counts, in the text format of Prometheus, version 0.0.4.
impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(counts) = &self.0 else {
            return Ok(());
        };
        if let Some(ask) = counts.ask_unsaved.get() {
            counts.unsaved.set(ask().try_into().unwrap_or(i64::MAX));
        }
        prometheus_text::encode(f, &counts.registry)
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self(Some(Arc::default()))
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

    #[tokio::test]
    async fn counts_that_cannot_be_made_are_no_counts() {
        let metrics = Metrics::default();
        metrics.ask_unsaved(|| panic!("a store with a bug"));
        assert_eq!(metrics.response().await.status(), 500);
        assert_eq!(Metrics::default().response().await.status(), 200);
    }

    #[test]
    fn the_readme_lists_the_metrics() {
        let table = Metrics::table();
        let readme = include_str!("../README.md");
        assert!(readme.contains(&table), "README.md needs this:\n{table}");
    }

    #[test]
    fn every_metric_is_shown_as_listed() {
        let metrics = Metrics::default();
        metrics.begin().done("add_user", StatusCode::OK);
        metrics.refused(Refusal::Host);
        metrics.saved(Duration::ZERO);
        let text = metrics.to_string();
        for (listed, _) in METRICS {
            let (name, labels) = listed.split_once('{').unwrap_or((listed, "}"));
            let labels = labels.trim_end_matches('}').split_terminator(',');
            let labels: Vec<_> = labels.map(|label| format!("{label}=\"")).collect();
            let count = format!("{name}_count"); // of a histogram
            let is_shown = |line: &str| {
                let line = line.strip_prefix("access_groups_").unwrap_or_default();
                let shown = line.split(['{', ' ']).next().unwrap_or_default();
                (shown == name || shown == count) && labels.iter().all(|label| line.contains(label))
            };
            assert!(text.lines().any(is_shown), "{listed}: {text}");
        }
    }

    #[test]
    fn none_counts_nothing() {
        let metrics = Metrics::none();
        metrics.begin().done("add_user", StatusCode::OK);
        metrics.refused(Refusal::Host);
        assert_eq!(metrics.to_string(), "");
    }
}
