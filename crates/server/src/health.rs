//! What the server says of itself, to whoever watches it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use access_groups_protocol::{Payload, respond_ok};
use axum::http::{HeaderValue, Method, Response, StatusCode, header};

/// Whether the stores behind the server save what they accept. All clones share one state.
///
/// - `GET /health` is 200 as long as the process answers. While saving fails, its body has
///   `"saving":"failing"`: a restart would lose what is not saved, so it is no reason for one.
/// - `GET /ready` is 503 while saving fails: a balancer then sends callers elsewhere.
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
/// ```
#[derive(Debug, Clone, Default)]
pub struct Health {
    /// How many stores cannot save.
    failing: Arc<AtomicUsize>,
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

    /// Whether every store can save.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.failing.load(Ordering::SeqCst) == 0
    }

    /// The answer, if the path is one of these.
    pub(crate) fn answer(&self, path: &str, method: &Method) -> Option<Response<Payload>> {
        let (status, is_ok) = match (path, self.is_ready()) {
            ("/health" | "/ready", true) => (StatusCode::OK, true),
            ("/health", false) => (StatusCode::OK, true),
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
        if !self.is_ready() {
            let body = format!(r#"{{"ok":{is_ok},"saving":"failing"}}"#);
            *response.body_mut() = body.into_bytes().into();
        }
        *response.status_mut() = status;
        Some(response)
    }
}
