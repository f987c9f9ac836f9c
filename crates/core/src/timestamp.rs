//! Instants in the form that Seam's API uses.

use std::{
    fmt,
    ops::{Add, Sub},
    str::FromStr,
    time::{Duration, SystemTime},
};

use jiff::fmt::temporal::Pieces;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant. It is parsed from RFC 3339 and written as RFC 3339 in UTC, with its fraction.
///
/// Any offset is accepted (`+02:00`, `Z`). Two texts of the same instant are equal, have the same hash
/// and compare by time. The resolution is one nanosecond. The range is the years 0 to 9999; instants
/// after 9999-12-30T22:00:00Z, which people use for "forever", become the last one that can be held.
///
/// # Examples
///
/// ```
/// use access_groups_core::Timestamp;
///
/// let summer: Timestamp = "2026-07-01T10:00:00.250+02:00".parse()?;
/// assert_eq!(summer.to_string(), "2026-07-01T08:00:00.25Z");
/// assert_eq!(summer, "2026-07-01T08:00:00.250000Z".parse()?);
///
/// assert!("2026-07-01".parse::<Timestamp>().is_err()); // a day is not an instant
/// assert!("2026-07-01T10:00:00".parse::<Timestamp>().is_err()); // nor is a time without an offset
/// # Ok::<(), access_groups_core::ParseTimestampError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// 1970-01-01T00:00:00Z: the default of a missing `created_at`.
    pub const UNIX_EPOCH: Self = Self(jiff::Timestamp::UNIX_EPOCH);

    /// The earliest instant: 0000-01-01T00:00:00Z.
    pub const MIN: Self = Self(jiff::Timestamp::constant(YEAR_0, 0));

    /// The instant this many seconds after 1970-01-01T00:00:00Z: useful in tests.
    #[must_use]
    pub const fn from_unix_seconds(seconds: u32) -> Self {
        Self(jiff::Timestamp::constant(seconds as i64, 0))
    }

    /// The instant later by this duration, but at most the last one that can be held.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use access_groups_core::Timestamp;
    ///
    /// let forever = Timestamp::UNIX_EPOCH.saturating_add(Duration::MAX);
    /// assert_eq!(forever.saturating_add(Duration::from_secs(1)), forever);
    /// assert_eq!(forever.checked_add(Duration::from_secs(1)), None);
    /// ```
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        let last = jiff::Timestamp::MAX;
        Self(self.0.checked_add(duration).unwrap_or(last).min(last))
    }

    /// The instant later by this duration; `None` after the last one that can be held.
    #[must_use]
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        let later = self.0.checked_add(duration).ok()?;
        Some(Self(later))
    }

    /// The instant earlier by this duration; `None` before the year 0.
    #[must_use]
    pub fn checked_sub(self, duration: Duration) -> Option<Self> {
        let earlier = self.0.checked_sub(duration).ok()?;
        // jiff goes back to the year -9999, for which RFC 3339 has no text.
        (earlier >= Self::MIN.0).then_some(Self(earlier))
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
        Duration::try_from(self.0.duration_since(earlier.0)).unwrap_or_default()
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
        let refused = |source| ParseTimestampError::new(text, source);
        // jiff alone would accept more: other separators, missing parts, time zones in brackets.
        if !is_rfc_3339(text) {
            return Err(refused(None));
        }
        match text.parse() {
            // An offset can move the first day before the year 0, which could not be written.
            Ok(instant) if instant < Self::MIN.0 => Err(refused(None)),
            Ok(instant) => Ok(Self(instant)),
            // "9999-12-31" is a common text for "forever", and lies after jiff's last instant.
            Err(_) if Pieces::parse(text).is_ok_and(|pieces| pieces.date().year() == 9999) => {
                Ok(Self(jiff::Timestamp::MAX))
            }
            Err(source) => Err(refused(Some(source))),
        }
    }
}

impl TryFrom<SystemTime> for Timestamp {
    type Error = ParseTimestampError;

    /// # Errors
    ///
    /// When the time lies outside the years 0 to 9999.
    fn try_from(time: SystemTime) -> Result<Self, ParseTimestampError> {
        let refused = |source| ParseTimestampError::new(&format!("{time:?}"), source);
        match jiff::Timestamp::try_from(time) {
            Ok(instant) if instant >= Self::MIN.0 => Ok(Self(instant)),
            Ok(_) => Err(refused(None)),
            Err(source) => Err(refused(Some(source))),
        }
    }
}

impl TryFrom<Timestamp> for SystemTime {
    type Error = ParseTimestampError;

    /// # Errors
    ///
    /// When the platform cannot represent the instant: on Windows, before the year 1601.
    fn try_from(timestamp: Timestamp) -> Result<Self, ParseTimestampError> {
        Self::try_from(timestamp.0)
            .map_err(|source| ParseTimestampError::new(&timestamp.to_string(), Some(source)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
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
/// The message quotes the text, shortened to 64 characters.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{text:?} is not an instant: expected RFC 3339 like 2026-07-01T08:00:00Z")]
pub struct ParseTimestampError {
    text: String,
    source: Option<jiff::Error>,
}

impl ParseTimestampError {
    fn new(text: &str, source: Option<jiff::Error>) -> Self {
        let text = text.chars().take(64).collect();
        Self { text, source }
    }
}

/// Whether the text has the form `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)`. The values of the
/// numbers are not checked: jiff does that.
fn is_rfc_3339(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is = |at: usize, expected: &[u8]| bytes.get(at).is_some_and(|byte| expected.contains(byte));
    let offset = match bytes {
        [.., b'Z' | b'z'] => 1,
        [.., b'+' | b'-', _, _, b':', _, _] => 6,
        _ => return false,
    };
    let marks = is(4, b"-") && is(7, b"-") && is(10, b"Tt ") && is(13, b":") && is(16, b":");
    let digits = |range: std::ops::Range<usize>| {
        bytes
            .get(range)
            .is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let end = bytes.len() - offset;
    let fraction = end == 19 || (is(19, b".") && end > 20 && digits(20..end));
    marks && digits(0..4) && fraction
}

/// 0000-01-01T00:00:00Z, in seconds since 1970.
const YEAR_0: i64 = -62_167_219_200;

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
        check("9999-12-30T22:00:00Z", Some("9999-12-30T22:00:00Z"));
        check("20260701T100000Z", None);
        check("2026-07-01T10Z", None);
        check("2026-07-01T10:00:00.Z", None);
        check("2026-07-01T10:00:00+02", None);
        check("2026-07-01T10:00:00+02:00[Europe/Paris]", None);
        check("0000-01-01T00:00:00+00:01", None);
        check("0000-01-01T00:00:00-00:01", Some("0000-01-01T00:01:00Z"));
        check("-000001-07-01T10:00:00Z", None);
        check("2026-07-01T1é:00:00Z", None);
        check("Z", None);
        check("tomorrow", None);
        check("", None);
    }

    #[test]
    fn the_last_day_is_clamped() {
        let parse = |text: &str| text.parse::<Timestamp>();
        let forever = parse("9999-12-31T23:59:59Z").expect("forever");
        assert_eq!(forever, parse("9999-12-30T23:30:00Z").expect("too"));
        assert_eq!(parse(&forever.to_string()).ok(), Some(forever));
        assert!(parse("9999-12-31T25:00:00Z").is_err());
    }

    #[test]
    fn addition_saturates_in_9999() {
        let at: Timestamp = "2026-07-01T08:00:00Z".parse().expect("an instant");
        let later = at.saturating_add(Duration::from_millis(1500));
        assert_eq!(later.to_string(), "2026-07-01T08:00:01.5Z");
        let end = at.saturating_add(Duration::MAX);
        assert_eq!(end.saturating_add(Duration::from_secs(1)), end);
        assert!(end.to_string().starts_with("9999-12-30"), "{end}");
        assert_eq!(end.to_string().parse::<Timestamp>().ok(), Some(end));
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
