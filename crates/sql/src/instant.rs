//! Instants as columns, the same in every SQL store.

use std::time::Duration;

use access_groups_core::Timestamp;

/// Seconds since 1970 and nanoseconds: two columns that together sort as instants do, exactly.
///
/// # Panics
///
/// Never: the years 0 to 9999 fit.
#[must_use]
pub fn columns(instant: Timestamp) -> [i64; 2] {
    let since_year_0 = instant.duration_since(Timestamp::MIN);
    let seconds = |seconds: u64| i64::try_from(seconds).expect("the years 0 to 9999");
    [
        seconds(since_year_0.as_secs()) - seconds(epoch().as_secs()),
        since_year_0.subsec_nanos().into(),
    ]
}

/// The instant in these columns; `None` if they hold none.
#[must_use]
pub fn of_columns([seconds, nanoseconds]: [i64; 2]) -> Option<Timestamp> {
    let before_1970 = i64::try_from(epoch().as_secs()).ok()?;
    let seconds = u64::try_from(seconds.checked_add(before_1970)?).ok()?;
    let nanoseconds = u32::try_from(nanoseconds)
        .ok()
        .filter(|part| *part < 1_000_000_000)?;
    Timestamp::MIN.checked_add(Duration::new(seconds, nanoseconds))
}

/// Whole milliseconds since 1970, up to the instant.
#[must_use]
pub fn milliseconds(instant: Timestamp) -> i64 {
    let [seconds, nanoseconds] = columns(instant);
    seconds * 1_000 + nanoseconds / 1_000_000
}

/// The instant that many milliseconds after 1970; `None` beyond the years 0 to 9999.
#[must_use]
pub fn of_milliseconds(number: i64) -> Option<Timestamp> {
    let nanoseconds = number.rem_euclid(1_000) * 1_000_000;
    of_columns([number.div_euclid(1_000), nanoseconds])
}

fn epoch() -> Duration {
    Timestamp::UNIX_EPOCH.duration_since(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instants() -> [Timestamp; 5] {
        let texts = [
            "0000-01-01T00:00:00Z",
            "1969-12-31T23:59:59.999999999Z",
            "1970-01-01T00:00:00Z",
            "1970-01-01T00:00:00.000000001Z",
            "9999-12-31T23:59:59.999999999Z",
        ];
        texts.map(|text| text.parse().expect("an instant"))
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
            let whole = of_milliseconds(milliseconds(instant));
            assert_eq!(whole, Some(instant.whole_milliseconds()));
        }
        for unreadable in [[i64::MIN, 0], [i64::MAX, 0], [0, -1], [0, 1_000_000_000]] {
            assert_eq!(of_columns(unreadable), None);
        }
        assert_eq!(of_milliseconds(i64::MAX), None);
    }
}
