//! Names for requests: opaque, unique over restarts, and cheap.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::HeaderValue;

/// Hands out ids: a random part per process, and a number.
#[derive(Debug)]
pub(crate) struct RequestIds {
    prefix: String,
    next: AtomicU64,
}

impl RequestIds {
    /// Where the system has no randomness to give, the random part is zero: ids are then
    /// unique in this process only.
    pub(crate) fn new() -> Self {
        let process = getrandom::u64().unwrap_or_default();
        Self {
            prefix: format!("req_{process:016x}"),
            next: AtomicU64::new(1),
        }
    }

    pub(crate) fn next(&self) -> HeaderValue {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let text = format!("{}{number:08x}", self.prefix);
        HeaderValue::try_from(text).expect("hexadecimal digits make a header")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_requests_have_one_id() {
        let (ids, others) = (RequestIds::new(), RequestIds::new());
        let first = ids.next();
        assert_ne!(first, ids.next());
        assert_ne!(first, others.next());
    }
}
