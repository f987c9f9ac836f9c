//! Instants as columns.

use std::time::Duration;

use access_groups_core::Timestamp;
use rusqlite::Row;

use crate::fault::{Fault, Result};

/// Seconds since 1970 and nanoseconds, which together sort as instants do.
pub(crate) fn columns(instant: Timestamp) -> [i64; 2] {
    let since_year_0 = instant.duration_since(Timestamp::MIN);
    let seconds = |seconds: u64| i64::try_from(seconds).expect("the years 0 to 9999");
    [
        seconds(since_year_0.as_secs()) - seconds(epoch().as_secs()),
        since_year_0.subsec_nanos().into(),
    ]
}

/// The instant in two columns, of which this is the first one.
pub(crate) fn read(row: &Row<'_>, column: usize) -> Result<Timestamp> {
    of_columns([row.get(column)?, row.get(column + 1)?]).ok_or(Fault::Unreadable("instant"))
}

fn of_columns([seconds, nanoseconds]: [i64; 2]) -> Option<Timestamp> {
    let seconds =
        u64::try_from(seconds.checked_add(i64::try_from(epoch().as_secs()).ok()?)?).ok()?;
    let nanoseconds = u32::try_from(nanoseconds)
        .ok()
        .filter(|part| *part < 1_000_000_000)?;
    Timestamp::MIN.checked_add(Duration::new(seconds, nanoseconds))
}

/// Whole milliseconds since 1970, up to the instant.
pub(crate) fn milliseconds(instant: Timestamp) -> i64 {
    let [seconds, nanoseconds] = columns(instant);
    seconds * 1_000 + nanoseconds / 1_000_000
}

/// The instant that many milliseconds after 1970.
pub(crate) fn read_milliseconds(row: &Row<'_>, column: usize) -> Result<Timestamp> {
    let number: i64 = row.get(column)?;
    let nanoseconds = number.rem_euclid(1_000) * 1_000_000;
    of_columns([number.div_euclid(1_000), nanoseconds]).ok_or(Fault::Unreadable("instant"))
}

fn epoch() -> Duration {
    Timestamp::UNIX_EPOCH.duration_since(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 5] = [
        "0000-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999999999Z",
        "1970-01-01T00:00:00Z",
        "1970-01-01T00:00:00.000000001Z",
        "9999-12-31T23:59:59.999999999Z",
    ];

    fn instants() -> [Timestamp; 5] {
        TEXTS.map(|text| text.parse().expect("an instant"))
    }

    #[test]
    fn instants_keep_their_order() {
        let columns = instants().map(columns);
        assert!(columns.is_sorted(), "{columns:?}");
        assert_eq!(columns[1], [-1, 999_999_999]);
        assert_eq!(columns[2], [0, 0]);
    }

    #[test]
    fn instants_are_read_again() {
        for instant in instants() {
            assert_eq!(of_columns(columns(instant)), Some(instant));
        }
        for unreadable in [[i64::MIN, 0], [i64::MAX, 0], [0, -1], [0, 1_000_000_000]] {
            assert_eq!(of_columns(unreadable), None);
        }
    }

    #[test]
    fn milliseconds_are_read_again() {
        let connection = rusqlite::Connection::open_in_memory().expect("opened");
        for instant in instants() {
            let number = milliseconds(instant);
            let read = connection.query_row("SELECT ?1", [number], |row| {
                Ok(read_milliseconds(row, 0).expect("readable"))
            });
            assert_eq!(read, Ok(instant.whole_milliseconds()));
        }
    }
}
