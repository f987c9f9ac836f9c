//! Instants at which stores fail: at the ends of their ranges, with fractions, and around now.

use std::{sync::LazyLock, time::Duration};

use super::*;
use crate::model::clock::NOW;

/// Schedules of a site: most resources have none.
pub(super) fn site_schedules() -> impl Strategy<Value = Option<AccessSchedule>> {
    let schedule =
        (instants(), option::weighted(0.6, instants())).prop_map(|(one, other)| match other {
            Some(other) if one != other => {
                AccessSchedule::new(one.min(other)).with_end(one.max(other))
            }
            _ => AccessSchedule::new(one),
        });
    option::weighted(0.3, schedule)
}

/// Ages that differ by days, seconds or milliseconds.
pub(super) fn ages(count: u32) -> impl Strategy<Value = Vec<Timestamp>> {
    let steps = Just((0..count).collect::<Vec<u32>>()).prop_shuffle();
    let length = select(&[1_000_u64, 1, 86_400_000][..]);
    let start = prop_oneof![2 => Just(Timestamp::UNIX_EPOCH), 1 => instants()];
    (start, steps, length).prop_map(|(start, steps, length)| {
        // At the end of all time there is no room for later ones.
        let start = start.min(Timestamp::MAX - Duration::from_secs(30 * 86_400));
        let age = |step| start + Duration::from_millis(length * u64::from(step));
        steps.into_iter().map(age).collect()
    })
}

/// Valid schedules, and some that end before they start or in the past.
pub(super) fn schedules(known: &Known) -> impl Strategy<Value = NewSchedule> + use<> {
    // Without anything created, the clock of the adapter is unknown.
    let around_now = if known.scene.oracle.has_created() {
        3
    } else {
        0
    };
    let instant = || prop_oneof![2 => instants(), around_now => moments()];
    let in_order = prop::bool::weighted(0.8);
    let schedule = (instant(), option::weighted(0.8, instant()), in_order);
    schedule.prop_map(|(one, other, in_order)| {
        let ends_at = other.map(|other| if in_order { one.max(other) } else { other });
        let starts_at = Some(match other {
            Some(other) if in_order => one.min(other),
            _ => one,
        });
        NewSchedule { starts_at, ends_at }
    })
}

pub(super) fn closed_schedules(known: &Known) -> impl Strategy<Value = ClosedSchedule> + use<> {
    schedules(known).prop_filter_map("open", |schedule| {
        Some(ClosedSchedule {
            starts_at: schedule.starts_at?,
            ends_at: schedule.ends_at?,
        })
    })
}

/// This instant, just before it or just after it.
pub(super) fn nearly(instant: Timestamp, number: usize) -> Timestamp {
    let day = Duration::from_secs(86_400);
    let (milli, nano) = (Duration::from_millis(1), Duration::from_nanos(1));
    let near = match number % 8 {
        0 | 1 => instant.checked_add(milli),
        2 => instant.checked_add(Duration::from_secs(1)),
        3 => instant.checked_add(day),
        4 => Some(instant),
        5 => instant.checked_sub(milli),
        6 => instant.checked_sub(nano),
        _ => instant.checked_add(nano),
    };
    near.unwrap_or(instant)
}

/// Instants of all years, those around now excepted.
fn instants() -> impl Strategy<Value = Timestamp> {
    let whole = select(&*INSTANTS);
    let fraction = select(&[0, 1_000_000, 120_000_000, 123_456_789, 999_600_000][..]);
    (whole, fraction)
        .prop_map(|(whole, fraction)| whole.saturating_add(Duration::from_nanos(fraction)))
}

/// Some minutes and more before or after now, or at this very instant: none that passes while the
/// calls are made.
fn moments() -> impl Strategy<Value = Timestamp> {
    let before = select(&[0, 1, 1_000, 600_000, 7_200_000, 86_400_000][..]);
    let after = select(&[600_000, 7_200_000, 86_400_000][..]);
    prop_oneof![
        before.prop_map(|millis| NOW - Duration::from_millis(millis)),
        after.prop_map(|millis| NOW + Duration::from_millis(millis)),
    ]
}

/// Where stores have their limits: the years of signed and unsigned seconds in 32 bits, of
/// nanoseconds in 64 bits, of calendars and of libraries.
static INSTANTS: LazyLock<Vec<Timestamp>> = LazyLock::new(|| {
    let all = [
        "2000-02-29T12:00:00Z",
        "9000-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "1582-10-10T00:00:00Z",
        "1677-09-21T00:12:43Z",
        "1753-01-01T00:00:00Z",
        "1899-12-31T23:59:59Z",
        "1901-12-13T20:45:51Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00Z",
        "2001-09-09T01:46:39Z",
        "2038-01-19T03:14:07Z",
        "2038-01-19T03:14:08Z",
        "2106-02-07T06:28:16Z",
        "2262-04-11T23:47:16Z",
        "2262-04-11T23:47:17Z",
        "9999-12-30T22:00:01Z",
        "9999-12-31T23:59:59Z",
    ];
    let parsed = all.iter().map(|text| text.parse().expect("an instant"));
    parsed.collect()
});
