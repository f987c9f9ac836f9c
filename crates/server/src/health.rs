//! What the server says of itself, to whoever watches it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use access_groups_protocol::{Payload, respond_ok};
use axum::http::{HeaderValue, Method, Response, StatusCode, header};

/// Whether the stores behind the server can be reached, and save what they accept. All clones share one
/// state.
///
/// - `GET /health` is 200 as long as the process answers. While saving fails, its body has
///   `"saving":"failing"`: a restart would lose what is not saved, so it is no reason for one. While a
///   store is away, its body has `"store":"away"`: a restart would not bring it back.
/// - `GET /ready` is 503 in both cases: a balancer then sends callers elsewhere.
///
/// Both answer `HEAD` as well, and need no credential.
///
/// # Examples
///
/// ```
/// use access_groups_server::Health;
///
/// let health = Health::default();
/// health.saving_failed();
/// assert!(!health.is_ready());
/// health.saving_recovered();
/// health.saving_recovered(); // one too many changes nothing
/// assert!(health.is_ready());
///
/// assert!(health.set_store(false), "it was there until now");
/// assert!(!health.is_ready());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Health {
    /// How many stores cannot save.
    failing: Arc<AtomicUsize>,
    /// Whether a store cannot be reached.
    away: Arc<AtomicBool>,
}

impl Health {
    /// Notes that one store, which could save until now, cannot.
    pub fn saving_failed(&self) {
        self.failing.fetch_add(1, Ordering::SeqCst);
    }

    /// Notes that one store, which could not save, can again.
    pub fn saving_recovered(&self) {
        // Without a failure there is nothing to recover from.
        let fewer = |failing: usize| Some(failing.saturating_sub(1));
        let _ = self
            .failing
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer);
    }

    /// Notes whether the store that all workspaces share can be reached. True if that has changed.
    /// Default: it can.
    pub fn set_store(&self, is_there: bool) -> bool {
        let was_away = self.away.swap(!is_there, Ordering::SeqCst);
        was_away == is_there
    }

    /// Whether every store can be reached and can save.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.problems().is_empty()
    }

    /// What is wrong, as members of a JSON object.
    fn problems(&self) -> Vec<&'static str> {
        let saving = (self.failing.load(Ordering::SeqCst) > 0).then_some(r#""saving":"failing""#);
        let store = (self.away.load(Ordering::SeqCst)).then_some(r#""store":"away""#);
        saving.into_iter().chain(store).collect()
    }

    /// The answer, if the path is one of these.
    pub(crate) fn answer(&self, path: &str, method: &Method) -> Option<Response<Payload>> {
        let problems = self.problems();
        let (status, is_ok) = match (path, problems.is_empty()) {
            ("/health", _) | ("/ready", true) => (StatusCode::OK, true),
            ("/ready", false) => (StatusCode::SERVICE_UNAVAILABLE, false),
            _ => return None,
        };
        let mut response = respond_ok();
        if method != Method::GET {
            let allowed = HeaderValue::from_static("GET, HEAD");
            response.headers_mut().insert(header::ALLOW, allowed);
            *response.status_mut() = match *method {
                Method::OPTIONS => StatusCode::OK,
                _ => StatusCode::METHOD_NOT_ALLOWED,
            };
            *response.body_mut() = Vec::new().into();
            return Some(response);
        }
        if !problems.is_empty() {
            let body = format!(r#"{{"ok":{is_ok},{}}}"#, problems.join(","));
            *response.body_mut() = body.into_bytes().into();
        }
        *response.status_mut() = status;
        Some(response)
    }
}
