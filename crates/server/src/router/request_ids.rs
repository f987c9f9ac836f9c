//! The ids of requests.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::HeaderValue;

/// Makes the ids of requests: 64 random bits of the process, and 64 of the request.
#[derive(Debug)]
pub(super) struct RequestIds {
    prefix: String,
    /// Counts requests where the system has no randomness to give: ids are then unique in this
    /// process only.
    next: AtomicU64,
}

impl RequestIds {
    pub(super) fn new() -> Self {
        let process = getrandom::u64().unwrap_or_default();
        Self {
            prefix: format!("req_{process:016x}"),
            next: AtomicU64::new(1),
        }
    }

    /// Never a number that grows: one workspace would learn how many requests the others make.
    pub(super) fn next(&self) -> HeaderValue {
        let request =
            getrandom::u64().unwrap_or_else(|_| self.next.fetch_add(1, Ordering::Relaxed));
        let text = format!("{}{request:016x}", self.prefix);
        HeaderValue::try_from(text).expect("hexadecimal digits make a header")
    }
}
