//! Instants in the form that Seam's API uses.

use std::{
    fmt,
    ops::{Add, Sub},
    str::FromStr,
    time::{Duration, SystemTime},
};

use jiff::{SignedDuration, civil};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant. It is parsed from RFC 3339 and written as RFC 3339 in UTC, with its fraction.
///
/// Any offset is accepted (`+02:00`, `Z`). Two texts of the same instant are equal, have the same hash
/// and compare by time. The resolution is one nanosecond. The range is all of the years 0000 to 9999
/// in UTC. What lies outside, or is finer than a nanosecond, is an error: no instant is ever replaced
/// by another. The hour 24 and leap seconds (`23:59:60`) are errors too, as in Seam's API.
///
/// A precision gives exactly so many digits of the fraction; it cuts, and never rounds:
/// `{instant:.3}` is the form in which Seam's API writes instants.
///
/// # Examples
///
/// ```
/// use access_groups_core::Timestamp;
///
/// let summer: Timestamp = "2026-07-01T10:00:00.250+02:00".parse()?;
/// assert_eq!(summer.to_string(), "2026-07-01T08:00:00.25Z");
/// assert_eq!(format!("{summer:.3}"), "2026-07-01T08:00:00.250Z");
/// assert_eq!(summer, "2026-07-01T08:00:00.250000Z".parse()?);
///
/// assert!("2026-07-01".parse::<Timestamp>().is_err()); // a day is not an instant
/// assert!("2026-07-01T10:00:00".parse::<Timestamp>().is_err()); // nor is a time without an offset
/// assert!("9999-12-31T23:59:59-01:00".parse::<Timestamp>().is_err()); // the year 10000 in UTC
/// # Ok::<(), access_groups_core::ParseTimestampError>(())
/// ```
// Not jiff's timestamp, whose last instant is 9999-12-30T22:00:00.999999999Z.
// The order of the fields is the order of instants.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Seconds since 1970, rounded down.
    seconds: i64,
    nanoseconds: u32,
}

impl Timestamp {
    /// 1970-01-01T00:00:00Z: the default of a missing `created_at`.
    pub const UNIX_EPOCH: Self = Self::from_unix_seconds(0);

    /// The earliest instant: 0000-01-01T00:00:00Z.
    pub const MIN: Self = Self {
        seconds: -62_167_219_200,
        nanoseconds: 0,
    };

    /// The last instant: 9999-12-31T23:59:59.999999999Z.
    pub const MAX: Self = Self {
        seconds: 253_402_300_799,
        nanoseconds: 999_999_999,
    };

    /// The instant this many seconds after 1970-01-01T00:00:00Z: useful in tests.
    #[must_use]
    pub const fn from_unix_seconds(seconds: u32) -> Self {
        Self {
            seconds: seconds as i64,
            nanoseconds: 0,
        }
    }

    /// The instant later by this duration, but at most [`MAX`](Self::MAX).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use access_groups_core::Timestamp;
    ///
    /// assert_eq!(Timestamp::UNIX_EPOCH.saturating_add(Duration::MAX), Timestamp::MAX);
    /// assert_eq!(Timestamp::MAX.checked_add(Duration::from_secs(1)), None);
    /// ```
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        self.checked_add(duration).unwrap_or(Self::MAX)
    }

    /// The instant later by this duration; `None` after the year 9999.
    #[must_use]
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        let duration = SignedDuration::try_from(duration).ok()?;
        Self::since_1970(self.as_duration().checked_add(duration)?)
    }

    /// The instant earlier by this duration; `None` before the year 0.
    #[must_use]
    pub fn checked_sub(self, duration: Duration) -> Option<Self> {
        let duration = SignedDuration::try_from(duration).ok()?;
        Self::since_1970(self.as_duration().checked_sub(duration)?)
    }

    /// The time since an earlier instant; zero if `earlier` is in fact later.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use access_groups_core::Timestamp;
    ///
    /// let start: Timestamp = "2026-07-01T08:00:00Z".parse()?;
    /// let end = start + Duration::from_secs(90);
    /// assert_eq!(end.duration_since(start), Duration::from_secs(90));
    /// assert_eq!(end - Duration::from_secs(90), start);
    /// assert_eq!(start.duration_since(end), Duration::ZERO); // never negative
    /// # Ok::<(), access_groups_core::ParseTimestampError>(())
    /// ```
    #[must_use]
    pub fn duration_since(self, earlier: Self) -> Duration {
        let since = self.as_duration() - earlier.as_duration();
        Duration::try_from(since).unwrap_or_default()
    }

    /// The last whole millisecond up to this instant: what is left of it in Seam's API.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::Timestamp;
    ///
    /// let precise: Timestamp = "1969-12-31T23:59:59.9999Z".parse()?;
    /// assert_eq!(precise.whole_milliseconds().to_string(), "1969-12-31T23:59:59.999Z");
    /// # Ok::<(), access_groups_core::ParseTimestampError>(())
    /// ```
    #[must_use]
    pub const fn whole_milliseconds(self) -> Self {
        Self {
            nanoseconds: self.nanoseconds - self.nanoseconds % 1_000_000,
            ..self
        }
    }

    fn as_duration(self) -> SignedDuration {
        SignedDuration::from_secs(self.seconds)
            + SignedDuration::from_nanos(self.nanoseconds.into())
    }

    /// `None` outside the years 0 to 9999.
    fn since_1970(duration: SignedDuration) -> Option<Self> {
        // The two parts have one sign there, and here the fraction is always added.
        let nanoseconds = duration.subsec_nanos().rem_euclid(1_000_000_000);
        let borrow = i64::from(duration.subsec_nanos() < 0);
        let instant = Self {
            seconds: duration.as_secs().checked_sub(borrow)?,
            nanoseconds: nanoseconds.unsigned_abs(),
        };
        (Self::MIN..=Self::MAX)
            .contains(&instant)
            .then_some(instant)
    }
}

/// Panics if the result is after the year 9999, as [`SystemTime`]'s operator does at its end.
/// [`Timestamp::checked_add`] does not panic.
impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        self.checked_add(duration)
            .expect("the instant is later than the year 9999")
    }
}

/// Panics if the result is before the year 0. [`Timestamp::checked_sub`] does not panic.
impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        self.checked_sub(duration)
            .expect("the instant is earlier than the year 0")
    }
}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, ParseTimestampError> {
        let refused = |problem| ParseTimestampError { problem };
        let (local, offset) = split_offset(text).ok_or_else(|| refused(Problem::Form))?;
        // jiff has no leap seconds: it would read this one as the second before.
        if local[16..].starts_with(":60") {
            return Err(refused(Problem::LeapSecond));
        }
        let local: civil::DateTime = local.parse().map_err(|_| refused(Problem::NoSuchTime))?;
        Self::since_1970(local.duration_since(YEAR_1970) - offset)
            .ok_or_else(|| refused(Problem::Range))
    }
}

impl TryFrom<SystemTime> for Timestamp {
    type Error = ParseTimestampError;

    /// # Errors
    ///
    /// When the time lies outside the years 0 to 9999.
    fn try_from(time: SystemTime) -> Result<Self, ParseTimestampError> {
        SignedDuration::system_until(SystemTime::UNIX_EPOCH, time)
            .ok()
            .and_then(Self::since_1970)
            .ok_or(ParseTimestampError {
                problem: Problem::Range,
            })
    }
}

impl TryFrom<Timestamp> for SystemTime {
    type Error = ParseTimestampError;

    /// # Errors
    ///
    /// When the platform cannot represent the instant: on Windows, before the year 1601.
    fn try_from(timestamp: Timestamp) -> Result<Self, ParseTimestampError> {
        let after = timestamp.duration_since(Timestamp::UNIX_EPOCH);
        let before = Timestamp::UNIX_EPOCH.duration_since(timestamp);
        Self::UNIX_EPOCH
            .checked_add(after)
            .and_then(|time| time.checked_sub(before))
            .ok_or(ParseTimestampError {
                problem: Problem::Platform,
            })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In range: the range of an instant is that of jiff's civil time, from the year 0 on.
        let utc = YEAR_1970.saturating_add(self.as_duration());
        match f.precision() {
            Some(digits) => write!(f, "{utc:.digits$}Z"),
            None => write!(f, "{utc}Z"),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The error of a text or a time that is not an instant in the range of [`Timestamp`].
///
/// The message does not contain the text, which may be personal data or a secret in the wrong place.
#[derive(Debug, Clone, thiserror::Error)]
#[error("invalid instant: {problem}")]
pub struct ParseTimestampError {
    problem: Problem,
}

#[derive(Debug, Clone, Copy, thiserror::Error)]
enum Problem {
    #[error("expected RFC 3339 like 2026-07-01T08:00:00Z")]
    Form,
    #[error("there is no such date or time")]
    NoSuchTime,
    #[error("leap seconds are not supported")]
    LeapSecond,
    #[error("it lies outside the years 0000 to 9999 in UTC")]
    Range,
    #[error("this platform cannot represent it")]
    Platform,
}

/// Splits `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)` into the local time and its offset; `None` if
/// the text has another form. The numbers of the local time are not checked: jiff does that.
// jiff alone would accept more: other separators, missing parts, time zones in brackets.
fn split_offset(text: &str) -> Option<(&str, SignedDuration)> {
    let bytes = text.as_bytes();
    let is = |at: usize, expected: &[u8]| bytes.get(at).is_some_and(|byte| expected.contains(byte));
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    let (local, offset) = match bytes {
        [local @ .., b'Z' | b'z'] => (local, SignedDuration::ZERO),
        [local @ .., sign @ (b'+' | b'-'), h1, h2, b':', m1, m2]
            if digits(&[*h1, *h2, *m1, *m2]) =>
        {
            let number =
                |tens: &u8, ones: &u8| i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
            let (hours, minutes) = (number(h1, h2), number(m1, m2));
            if hours > 23 || minutes > 59 {
                return None;
            }
            let offset = SignedDuration::from_mins(hours * 60 + minutes);
            (local, if *sign == b'-' { -offset } else { offset })
        }
        _ => return None,
    };
    let marks = is(4, b"-") && is(7, b"-") && is(10, b"Tt ") && is(13, b":") && is(16, b":");
    let end = local.len();
    let fraction = end == 19 || (is(19, b".") && end > 20 && digits(&local[20..]));
    let numbers = [0..4, 5..7, 8..10, 11..13, 14..16, 17..19];
    let numeric = || numbers.into_iter().all(|number| digits(&local[number]));
    // Zeros after the ninth digit say nothing; other digits are finer than a nanosecond.
    let (precise, rest) = local.split_at_checked(29).unwrap_or((local, &[]));
    (marks && fraction && numeric() && rest.iter().all(|byte| *byte == b'0'))
        .then(|| (&text[..precise.len()], offset))
}

const YEAR_1970: civil::DateTime = civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let shown = text.parse::<Timestamp>().ok().map(|t| t.to_string());
        assert_eq!(shown.as_deref(), expected, "{text:?}");
    }

    #[test]
    fn any_offset_parses_to_utc() {
        check("2026-07-01T10:00:00Z", Some("2026-07-01T10:00:00Z"));
        check("2026-07-01T10:00:00+02:00", Some("2026-07-01T08:00:00Z"));
        check(
            "2026-07-01T00:00:00.000-10:30",
            Some("2026-07-01T10:30:00Z"),
        );
        check(
            "2025-06-14T16:54:17.946453Z",
            Some("2025-06-14T16:54:17.946453Z"),
        );
        check("2026-07-01T10:00:00", None);
        check("2026-07-01", None);
        check("2026-13-01T10:00:00Z", None);
        check("2026-07-01t10:00:00z", Some("2026-07-01T10:00:00Z"));
        check("0000-01-01T00:00:00Z", Some("0000-01-01T00:00:00Z"));
        check("20260701T100000Z", None);
        check("2026-07-01T10Z", None);
        check("2026-07-01T10:00:00.Z", None);
        check("2026-07-01T10:00:00+02", None);
        check("2026-07-01T10:00:00+02:00[Europe/Paris]", None);
        check("0000-01-01T00:00:00-00:01", Some("0000-01-01T00:01:00Z"));
        check("-000001-07-01T10:00:00Z", None);
        check("2026-07-01T1é:00:00Z", None);
        check("Z", None);
        check("tomorrow", None);
        check("", None);
    }

    #[test]
    fn the_last_day_is_whole() {
        check("9999-12-31T23:59:59Z", Some("9999-12-31T23:59:59Z"));
        check("9999-12-31T23:59:59.999Z", Some("9999-12-31T23:59:59.999Z"));
        check(
            "9999-12-31T23:59:59.999999999Z",
            Some("9999-12-31T23:59:59.999999999Z"),
        );
        check("9999-12-31T00:00:00+23:59", Some("9999-12-30T00:01:00Z"));
    }

    #[test]
    fn nothing_is_moved_into_range() {
        for out in [
            "9999-12-31T23:59:59-00:01",
            "9999-12-31T12:00:00-23:59",
            "0000-01-01T00:00:00+00:01",
            "10000-01-01T00:00:00Z",
            "-0001-12-31T23:59:59Z",
            "2016-12-31T23:59:60Z",
            "2016-12-31T24:00:00Z",
            "9999-12-31T24:00:00Z",
            "2026-07-01T08:00:00.1234567891Z",
            "2026-07-01T08:00:00+24:00",
            "2026-07-01T08:00:00+02:60",
            "2026-02-29T08:00:00Z",
            "2026-07-01T08:00:00,5Z",
        ] {
            check(out, None);
        }
        let out = "9999-12-31T23:59:59-00:01".parse::<Timestamp>();
        let message = out.expect_err("in the year 10000").to_string();
        assert!(
            message.ends_with("outside the years 0000 to 9999 in UTC"),
            "{message}"
        );
    }

    #[test]
    fn zeros_after_nanoseconds_are_skipped() {
        check(
            "2026-07-01T08:00:00.12345678900Z",
            Some("2026-07-01T08:00:00.123456789Z"),
        );
    }

    #[test]
    fn a_precision_cuts_the_fraction() {
        let cut = |text: &str| format!("{:.3}", text.parse::<Timestamp>().expect("an instant"));
        assert_eq!(cut("2026-07-01T08:00:00Z"), "2026-07-01T08:00:00.000Z");
        assert_eq!(cut("9999-12-31T23:59:59.9999Z"), "9999-12-31T23:59:59.999Z");
        assert_eq!(cut("0000-01-01T00:00:00.0009Z"), "0000-01-01T00:00:00.000Z");
        assert_eq!(cut("1969-12-31T23:59:59.9999Z"), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn addition_saturates_in_9999() {
        let at: Timestamp = "2026-07-01T08:00:00Z".parse().expect("an instant");
        let later = at.saturating_add(Duration::from_millis(1500));
        assert_eq!(later.to_string(), "2026-07-01T08:00:01.5Z");
        assert_eq!(at.saturating_add(Duration::MAX), Timestamp::MAX);
        let last = "9999-12-31T23:59:59.999999999Z";
        assert_eq!(Timestamp::MAX.to_string(), last);
        assert_eq!(last.parse::<Timestamp>().ok(), Some(Timestamp::MAX));
        assert_eq!(Timestamp::MAX.checked_add(Duration::from_nanos(1)), None);
    }

    #[test]
    fn borrows_across_1970() {
        let half = Duration::from_millis(500);
        let before = Timestamp::UNIX_EPOCH - half;
        assert_eq!(before.to_string(), "1969-12-31T23:59:59.5Z");
        assert!(before < Timestamp::UNIX_EPOCH);
        assert_eq!(before + half, Timestamp::UNIX_EPOCH);
        assert_eq!(Timestamp::UNIX_EPOCH.duration_since(before), half);
        let time = SystemTime::try_from(before).expect("in range");
        assert_eq!(Timestamp::try_from(time).expect("in range"), before);
    }

    #[test]
    fn converts_from_and_to_system_time() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_micros(1_500_000);
        let timestamp = Timestamp::try_from(time).expect("in range");
        assert_eq!(timestamp.to_string(), "1970-01-01T00:00:01.5Z");
        assert_eq!(SystemTime::try_from(timestamp).expect("in range"), time);
    }

    #[test]
    fn nothing_is_before_the_year_0() {
        let nanosecond = Duration::from_nanos(1);
        assert_eq!(Timestamp::MIN.checked_sub(nanosecond), None);
        let next = Timestamp::MIN + nanosecond;
        assert_eq!(next.checked_sub(nanosecond), Some(Timestamp::MIN));
    }

    #[test]
    fn serialises_as_its_text() {
        let text = "\"2026-07-01T08:00:00.25Z\"";
        let timestamp: Timestamp = serde_json::from_str(text).expect("valid");
        assert_eq!(serde_json::to_string(&timestamp).expect("text"), text);
        assert!(serde_json::from_str::<Timestamp>("5").is_err());
    }
}
