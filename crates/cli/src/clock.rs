//! What time it is: the one place that asks.

use std::time::SystemTime;

use access_groups_core::Timestamp;

/// Now; 1970 where the clock is beyond the year 9999.
pub(crate) fn now() -> Timestamp {
    Timestamp::try_from(SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH)
}
