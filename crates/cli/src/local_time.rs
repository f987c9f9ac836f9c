//! Times as people read and write them: in the time zone of a system, where it is known.
//!
//! Time zones come from the database in the program, so that they are the same on every machine.

use std::{cell::OnceCell, collections::BTreeMap, str::FromStr};

use access_groups_core::{AcsSystemFilter, prelude::*};
use jiff::{
    civil,
    tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase},
};

use crate::failure::Failure;

/// A point in time on the command line: an instant, or a local time of a system yet to be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct When {
    text: String,
    local: civil::DateTime,
    /// Only a day was given: its start is meant.
    is_day: bool,
    /// The offset or time zone of the text.
    zone: Option<TimeZone>,
}

impl When {
    /// The instant; `zone` is that of the system, which counts if the text names none.
    pub(crate) fn instant(&self, zone: &TimeZone) -> Result<Timestamp, Failure> {
        let zone = self.zone.as_ref().unwrap_or(zone);
        let offset = match zone.to_ambiguous_timestamp(self.local).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset,
            AmbiguousOffset::Gap { .. } if self.is_day => return self.first_of_day(zone),
            // The first of the two midnights is the start of the day.
            AmbiguousOffset::Fold { before, .. } if self.is_day => before,
            AmbiguousOffset::Gap { before, after } => {
                return Err(self.refused(&format!(
                    "does not exist in {}: the clocks go forward there, from {} to {}",
                    name(zone),
                    written(before),
                    written(after)
                )));
            }
            AmbiguousOffset::Fold { before, after } => {
                let [first, second] =
                    [before, after].map(|offset| format!("{}{}", self.local, written(offset)));
                return Err(self
                    .refused(&format!("happens twice in {}", name(zone)))
                    .with_hint(format!("say which: {first} or {second}")));
            }
        };
        shifted(self.local, -i64::from(offset.seconds()))
            .ok_or_else(|| self.refused("lies outside the years 0000 to 9999 in UTC"))
    }

    /// The first instant of a day whose midnight the clocks leave out.
    fn first_of_day(&self, zone: &TimeZone) -> Result<Timestamp, Failure> {
        let start = zone
            .to_zoned_datetime(self.local)
            .and_then(|later| later.start_of_day());
        let start = start.ok();
        // Even whole days were left out, where a country moved across the date line.
        let start = start.filter(|start| start.date() == self.local.date());
        start
            .and_then(|start| start.timestamp().to_string().parse().ok())
            .ok_or_else(|| self.refused(&format!("is no day in {}", name(zone))))
    }

    fn refused(&self, why: &str) -> Failure {
        Failure::usage(format!("{} {why}", self.text))
    }
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        parse(text).ok_or_else(|| what_is_wrong(text))
    }
}

/// Why a text is no time, as exactly as that can be told.
fn what_is_wrong(text: &str) -> String {
    let (day, rest) = text
        .split_at_checked("YYYY-MM-DD".len())
        .unwrap_or((text, ""));
    let mut numbers = day.split('-');
    let mut has = |length| {
        let number = numbers.next().unwrap_or_default();
        number.len() == length && number.chars().all(|digit| digit.is_ascii_digit())
    };
    let is_day = has(4) && has(2) && has(2);
    if is_day && parse(day).is_none() {
        return format!("there is no day {day}");
    }
    // What follows the time of day.
    let clock = rest.strip_prefix(['T', 't']).unwrap_or(rest);
    let name = clock.trim_start_matches(|letter: char| {
        letter.is_ascii_digit() || [':', '.', ' '].contains(&letter)
    });
    let begins = name.starts_with(|letter: char| letter.is_alphabetic());
    let without = rest
        .strip_suffix(name)
        .map(|time| format!("{day}{}", time.trim_end()));
    if begins && without.is_some_and(|text| parse(&text).is_some()) && time_zone(name).is_none() {
        return format!("there is no time zone {name}: one is like Europe/Berlin");
    }
    "expected a time like 2026-07-01, 2026-07-01 08:00 or 2026-07-01T08:00:00+02:00, in the years \
     0000 to 9999"
        .to_owned()
}

/// `YYYY-MM-DD[(T| )HH:MM[:SS[.fraction]]][ ][Z|UTC|zone|±HH:MM[ zone]]`
fn parse(text: &str) -> Option<When> {
    let (date, rest) = text.split_at_checked("YYYY-MM-DD".len())?;
    let clock = |rest: &str| {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && !":.".contains(letter));
        end.unwrap_or(rest.len())
    };
    let (time, zone) = match rest.strip_prefix(['T', 't', ' ']) {
        Some(rest) => rest.split_at(clock(rest)),
        None => ("", rest),
    };
    let is_day = time.is_empty();
    if is_day && rest.starts_with(['T', 't']) {
        return None; // cut off
    }
    let time = match time.len() {
        0 => "00:00:00".to_owned(),
        5 => format!("{time}:00"),
        _ => time.to_owned(),
    };
    // The rules of an instant hold: the form, the days of a month, no leap second.
    let local = format!("{date}T{time}");
    format!("{local}Z").parse::<Timestamp>().ok()?;
    let local = local.parse().ok()?;
    let zone = match zone.trim_start() {
        "" => None,
        "Z" | "z" | "UTC" => Some(TimeZone::UTC),
        offset if offset.starts_with(['+', '-']) => {
            Some(TimeZone::fixed(at_offset(offset, local)?))
        }
        name => Some(time_zone(name)?),
    };
    Some(When {
        text: text.to_owned(),
        local,
        is_day,
        zone,
    })
}

/// `±HH:MM[ zone]`: with a zone, this must be one of its offsets at that time.
fn at_offset(text: &str, local: civil::DateTime) -> Option<Offset> {
    let (offset, name) = text.split_once(' ').unwrap_or((text, ""));
    let offset = fixed_offset(offset)?;
    if name.is_empty() {
        return Some(offset);
    }
    let of_zone = time_zone(name)?.to_ambiguous_timestamp(local).offset();
    let is_one_of_them = match of_zone {
        AmbiguousOffset::Unambiguous { offset: only } => offset == only,
        AmbiguousOffset::Gap { before, after } | AmbiguousOffset::Fold { before, after } => {
            offset == before || offset == after
        }
    };
    is_one_of_them.then_some(offset)
}

/// `±HH:MM`
fn fixed_offset(text: &str) -> Option<Offset> {
    // Its rules are those of an instant, too: the epoch at this offset is so far away from it.
    let epoch: Timestamp = format!("1970-01-01T00:00:00{text}").parse().ok()?;
    let west = epoch.duration_since(Timestamp::UNIX_EPOCH).as_secs();
    let east = Timestamp::UNIX_EPOCH.duration_since(epoch).as_secs();
    let seconds = i32::try_from(east).ok()? - i32::try_from(west).ok()?;
    Offset::from_seconds(seconds).ok()
}

/// A time zone of the database in the program, by its name in any case.
pub(crate) fn time_zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// The name of a time zone.
pub(crate) fn name(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or("UTC")
}

/// `±HH:MM`, which both RFC 3339 and people read.
fn written(offset: Offset) -> String {
    let sign = if offset.is_negative() { '-' } else { '+' };
    let minutes = offset.seconds().unsigned_abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The instant that a clock at UTC shows as this time moved by these seconds.
fn shifted(local: civil::DateTime, seconds: i64) -> Option<Timestamp> {
    let instant: Timestamp = format!("{local}Z").parse().ok()?;
    let duration = std::time::Duration::from_secs(seconds.unsigned_abs());
    match seconds < 0 {
        true => instant.checked_sub(duration),
        false => instant.checked_add(duration),
    }
}

/// "2026-07-01 08:00 Europe/Berlin"; seconds only where there are any, and an offset where the
/// clock shows this time twice.
pub(crate) fn shown(instant: Timestamp, zone: &TimeZone) -> String {
    local(instant, zone).unwrap_or_else(|| {
        let utc = instant.to_string();
        format!("{} UTC", without_seconds(utc.trim_end_matches('Z')))
    })
}

/// `None` if the local time lies beyond the year 9999, or before the year 0.
fn local(instant: Timestamp, zone: &TimeZone) -> Option<String> {
    // The last day of 9999 lies after jiff's last instant; no zone changes its offset on it.
    let at = instant.to_string().parse().unwrap_or(jiff::Timestamp::MAX);
    let offset = zone.to_offset(at);
    let utc = instant.to_string();
    let utc: civil::DateTime = utc.trim_end_matches('Z').parse().ok()?;
    let local = shifted(utc, offset.seconds().into())?.to_string();
    let local = local.trim_end_matches('Z');
    let is_twice = matches!(
        zone.to_ambiguous_timestamp(local.parse().ok()?).offset(),
        AmbiguousOffset::Fold { .. }
    );
    let offset = if is_twice {
        written(offset)
    } else {
        String::new()
    };
    Some(format!("{}{offset} {}", without_seconds(local), name(zone)))
}

fn without_seconds(rfc_3339: &str) -> String {
    let text = rfc_3339.replace('T', " ");
    text.strip_suffix(":00").unwrap_or(&text).to_owned()
}

/// The time zones of the systems of a store. They are read when the first is needed, in one
/// request; a system without a known time zone has UTC.
pub(crate) struct Zones<'a> {
    port: Option<&'a dyn BlockingAccessGroupPort>,
    read: OnceCell<Result<BTreeMap<AcsSystemId, TimeZone>, Error>>,
}

impl<'a> Zones<'a> {
    pub(crate) fn new(port: &'a dyn BlockingAccessGroupPort) -> Self {
        Self {
            port: Some(port),
            read: OnceCell::new(),
        }
    }

    /// UTC for every system.
    #[cfg(test)]
    pub(crate) fn utc() -> Self {
        Self {
            port: None,
            read: OnceCell::new(),
        }
    }

    /// The instant that an argument means in a system, which is looked up only if that matters.
    pub(crate) fn instant(
        &self,
        when: &When,
        system: impl FnOnce() -> Result<AcsSystemId, Error>,
    ) -> Result<Timestamp, Failure> {
        if when.zone.is_some() {
            return when.instant(&TimeZone::UTC);
        }
        let system = system()?;
        match self.all() {
            Ok(zones) => when.instant(zones.get(&system).unwrap_or(&TimeZone::UTC)),
            // Hours off, if it were taken for UTC.
            Err(error) => Err(Failure::from(error.clone())
                .with_detail(format!("the time zone of {} is unknown", when.text))
                .with_hint("give the offset, like 2026-07-01T08:00+02:00")),
        }
    }

    /// The time zone of this system; UTC, if it has none that is known.
    pub(crate) fn of(&self, system: AcsSystemId) -> Result<TimeZone, Error> {
        let zones = self.all().as_ref().map_err(Clone::clone)?;
        Ok(zones.get(&system).cloned().unwrap_or(TimeZone::UTC))
    }

    /// The instant for people, in the time zone of this system.
    pub(crate) fn shown(&self, instant: Timestamp, system: AcsSystemId) -> String {
        let zone = self
            .all()
            .as_ref()
            .ok()
            .and_then(|zones| zones.get(&system));
        shown(instant, zone.unwrap_or(&TimeZone::UTC))
    }

    /// The time zone that all systems with a known one share; else UTC.
    pub(crate) fn common(&self) -> TimeZone {
        let mut zones = self.all().iter().flat_map(BTreeMap::values);
        let first = zones.next();
        let common = first.filter(|first| zones.all(|zone| name(zone) == name(first)));
        common.cloned().unwrap_or(TimeZone::UTC)
    }

    fn all(&self) -> &Result<BTreeMap<AcsSystemId, TimeZone>, Error> {
        self.read.get_or_init(|| {
            let Some(port) = self.port else {
                return Ok(BTreeMap::new());
            };
            let systems = match port.acs_systems(AcsSystemFilter::new()) {
                Ok(systems) => systems,
                // Not known, and never will be.
                Err(error) if error.kind() == ErrorKind::Unsupported => Vec::new(),
                Err(error) => return Err(error),
            };
            let zones = systems.into_iter().filter_map(|system| {
                let zone = time_zone(system.location.time_zone.as_deref()?)?;
                Some((system.acs_system_id, zone))
            });
            Ok(zones.collect())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> TimeZone {
        time_zone(name).expect("a time zone")
    }

    /// What the text means in this zone, or why it means nothing.
    fn check(text: &str, in_zone: &str, expected: &str) {
        let when: When = text
            .parse()
            .unwrap_or_else(|error| panic!("{text:?}: {error}"));
        let instant = when.instant(&zone(in_zone));
        let shown = match instant {
            Ok(instant) => instant.to_string(),
            Err(failure) => failure.to_string(),
        };
        assert!(shown.contains(expected), "{text:?}: {shown}");
    }

    #[test]
    fn what_is_wrong_with_a_time_is_said() {
        let check = |text: &str, expected: &str| {
            let refused = text.parse::<When>().expect_err(text);
            assert!(refused.contains(expected), "{text}: {refused}");
        };
        check("2026-02-30", "there is no day 2026-02-30");
        check("2026-13-01 08:00", "there is no day 2026-13-01");
        check(
            "2026-11-27 09:00 Mars/Base",
            "there is no time zone Mars/Base",
        );
        check("2026-11-27 25:00", "expected a time like");
        check("tomorrow", "expected a time like");
        check("2026-1-1", "expected a time like");
        check("", "expected a time like");
    }

    #[test]
    fn local_times_are_of_the_zone() {
        check("2026-07-01", "Europe/Berlin", "2026-06-30T22:00:00Z");
        check("2026-07-01 08:00", "Europe/Berlin", "2026-07-01T06:00:00Z");
        check("2026-01-01T08:00", "Europe/Berlin", "2026-01-01T07:00:00Z");
        check("2026-07-01 08:00:30.25", "UTC", "2026-07-01T08:00:30.25Z");
        check(
            " 2026-07-01 08:00 ",
            "Asia/Kathmandu",
            "2026-07-01T02:15:00Z",
        );
    }

    #[test]
    fn an_offset_or_zone_overrides() {
        check(
            "2026-07-01T08:00:00Z",
            "Europe/Berlin",
            "2026-07-01T08:00:00Z",
        );
        check(
            "2026-07-01 08:00 UTC",
            "Europe/Berlin",
            "2026-07-01T08:00:00Z",
        );
        check("2026-07-01 08:00+02:00", "UTC", "2026-07-01T06:00:00Z");
        check("2026-07-01 08:00 -03:30", "UTC", "2026-07-01T11:30:00Z");
        check("2026-07-01+02:00", "UTC", "2026-06-30T22:00:00Z");
        check(
            "2026-07-01 08:00 europe/berlin",
            "UTC",
            "2026-07-01T06:00:00Z",
        );
    }

    #[test]
    fn a_gap_is_said() {
        check(
            "2026-03-29 02:30",
            "Europe/Berlin",
            "2026-03-29 02:30 does not exist in Europe/Berlin",
        );
        check("2026-03-29 03:00", "Europe/Berlin", "2026-03-29T01:00:00Z");
    }

    #[test]
    fn a_fold_is_said() {
        check(
            "2026-10-25 02:30",
            "Europe/Berlin",
            "happens twice in Europe/Berlin",
        );
        check(
            "2026-10-25 02:30",
            "Europe/Berlin",
            "2026-10-25T02:30:00+02:00 or 2026-10-25T02:30:00+01:00",
        );
        check(
            "2026-10-25 02:30+02:00",
            "Europe/Berlin",
            "2026-10-25T00:30:00Z",
        );
    }

    #[test]
    fn a_day_begins_when_its_clock_does() {
        // Midnight was left out there on this day, and came twice on that.
        check("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00Z");
        check("2026-11-01", "America/Havana", "2026-11-01T04:00:00Z");
        check(
            "2011-12-30",
            "Pacific/Apia",
            "2011-12-30 is no day in Pacific/Apia",
        );
    }

    #[test]
    fn all_years_can_be_written() {
        check("9999-12-31", "Europe/Berlin", "9999-12-30T23:00:00Z");
        check(
            "9999-12-31 23:59:59.999",
            "Asia/Tokyo",
            "9999-12-31T14:59:59.999Z",
        );
        check(
            "9999-12-31 23:00",
            "America/New_York",
            "outside the years 0000 to 9999",
        );
        check("0000-01-01", "UTC", "0000-01-01T00:00:00Z");
        check("0000-01-01", "Asia/Tokyo", "outside the years 0000 to 9999");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "noon",
            "2026-02-30",
            "2026-07-01 24:00",
            "2016-12-31 23:59:60",
            "2026-07-01 08",
            "2026-07-01T",
            "2026-7-1",
            "2026-07-01 08:00 Mars/Olympus",
            "2026-07-01 08:00+2",
            "2026-07-01 08:00+01:00 Europe/Berlin",
            "10000-01-01",
            "2026-07-0é",
            "08:00",
        ] {
            assert!(text.parse::<When>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn people_read_local_times() {
        let check = |text: &str, in_zone: &str, expected: &str| {
            let instant = text.parse().expect("an instant");
            assert_eq!(shown(instant, &zone(in_zone)), expected);
        };
        check(
            "2026-07-01T06:00:00Z",
            "Europe/Berlin",
            "2026-07-01 08:00 Europe/Berlin",
        );
        check(
            "2026-07-01T06:00:00.5Z",
            "Europe/Berlin",
            "2026-07-01 08:00:00.5 Europe/Berlin",
        );
        check("2026-07-01T06:00:00Z", "UTC", "2026-07-01 06:00 UTC");
        check(
            "2026-10-25T00:30:00Z",
            "Europe/Berlin",
            "2026-10-25 02:30+02:00 Europe/Berlin",
        );
        check(
            "2026-10-25T01:30:00Z",
            "Europe/Berlin",
            "2026-10-25 02:30+01:00 Europe/Berlin",
        );
        check(
            "9999-12-31T12:00:00Z",
            "Europe/Berlin",
            "9999-12-31 13:00 Europe/Berlin",
        );
        check(
            "9999-12-31T23:59:59Z",
            "Europe/Berlin",
            "9999-12-31 23:59:59 UTC",
        );
        check(
            "0000-01-01T00:00:00Z",
            "America/New_York",
            "0000-01-01 00:00 UTC",
        );
    }

    #[test]
    fn what_is_shown_is_read_back() {
        let berlin = zone("Europe/Berlin");
        for text in [
            "2026-07-01T06:00:00Z",
            "2026-01-01T00:00:00.5Z",
            "2026-10-25T00:30:00Z",
            "2026-10-25T01:30:00Z",
        ] {
            let instant: Timestamp = text.parse().expect("an instant");
            let when: When = shown(instant, &berlin).parse().expect("a time");
            assert_eq!(when.instant(&TimeZone::UTC).ok(), Some(instant));
        }
    }
}
