//! Names for requests: opaque, and telling nothing of other requests.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::HeaderValue;

/// Hands out ids: 64 random bits of the process, and 64 of the request.
#[derive(Debug)]
pub(crate) struct RequestIds {
    prefix: String,
    /// Where the system has no randomness to give, the requests are counted: ids are then
    /// unique in this process only.
    next: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new() -> Self {
        let process = getrandom::u64().unwrap_or_default();
        Self {
            prefix: format!("req_{process:016x}"),
            next: AtomicU64::new(1),
        }
    }

    /// Not a number that grows: one workspace would learn how much the others ask.
    pub(crate) fn next(&self) -> HeaderValue {
        let request =
            getrandom::u64().unwrap_or_else(|_| self.next.fetch_add(1, Ordering::Relaxed));
        let text = format!("{}{request:016x}", self.prefix);
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
