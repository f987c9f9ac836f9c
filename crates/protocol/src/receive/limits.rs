//! How large a request may be.

use access_groups_core::MAX_IDS;

/// The largest body that a request may have: 1 MiB.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// The largest body, in bytes, that is looked at of a caller without a good credential: 4 KiB.
///
/// Malformed JSON in it is told before the credential is, as Seam does. Whoever sends a larger body, or
/// one of unknown length, is told about the credential only. Up to 1 MiB of such a body may be taken
/// from the connection, so that the peer comes to read its answer; it is thrown away at once, and no
/// values are made of it: strangers cost next to nothing. No call of a person or an SDK that changes
/// one thing comes near 4 KiB.
pub const BODY_BEFORE_KEY: usize = 4 * 1024;

/// How much one request may ask for, within [`BODY_LIMIT`].
///
/// # Examples
///
/// ```
/// use access_groups_protocol::RequestLimits;
///
/// assert_eq!(RequestLimits::default().ids, 1_000);
/// assert_eq!(RequestLimits::default().with_ids(50).ids, 50);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RequestLimits {
    /// How many ids a list may hold, in the body or in the query; default 1,000. A longer one is
    /// refused as `invalid_input`, before any of its ids is read.
    pub ids: usize,
}

impl RequestLimits {
    /// Sets how many ids a list may hold.
    #[must_use]
    pub fn with_ids(mut self, ids: usize) -> Self {
        self.ids = ids;
        self
    }
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self { ids: MAX_IDS }
    }
}
