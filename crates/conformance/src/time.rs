//! Instants that no clock is near: what holds must hold whatever time it is.

use access_groups_core::Timestamp;

/// In the year 2000.
pub(crate) const fn long_ago(second: u32) -> Timestamp {
    Timestamp::from_unix_seconds(946_684_800 + second)
}

/// In the year 9000.
pub(crate) fn far_off(minute: u8) -> Timestamp {
    let text = format!("9000-01-01T00:{minute:02}:00Z");
    text.parse().expect("an instant of that year")
}

pub(crate) fn is_far_off(instant: Timestamp) -> bool {
    instant >= far_off(0)
}
