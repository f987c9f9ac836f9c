//! Dates and times as spreadsheets write them.

use access_groups_core::{Timestamp, names};
use jiff::{
    civil::{Date, DateTime, Time},
    tz::{AmbiguousOffset, TimeZone},
};

/// Why a date was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DateProblem {
    /// It is read as one day in one country and as another day in the next.
    #[error("{text} is either {day_first} or {month_first}: write one of these")]
    Ambiguous {
        /// The text.
        text: String,
        /// The date, if the day comes first.
        day_first: String,
        /// The date, if the month comes first.
        month_first: String,
    },
    /// The year has two digits.
    #[error(
        "the year needs four digits, as in 2026-04-03: in a spreadsheet, format the column as \
         YYYY-MM-DD or as text"
    )]
    ShortYear,
    /// The number with which spreadsheets count days.
    #[error("a spreadsheet has written the number of a day: format the column as YYYY-MM-DD")]
    Number,
    /// No calendar has it.
    #[error("there is no such date or time")]
    NoSuchTime,
    /// The clocks leave this time out when they go forward.
    #[error("this time does not exist in the time zone: the clocks go forward then")]
    Skipped,
    /// The clocks show this time twice when they go back.
    #[error(
        "this time happens twice in the time zone: add the offset, as in 2026-10-25T02:30:00+01:00"
    )]
    Twice,
    /// It lies outside the years 0000 to 9999 in UTC.
    #[error("it lies outside the years 0000 to 9999 in UTC")]
    Range,
    /// Nothing that is known as a date.
    #[error("expected a date like 2026-04-03, or 2026-04-03 08:00")]
    Form,
}

/// The instant of this text; local times and days are those of the zone. A day is its first instant.
pub(super) fn instant(text: &str, zone: &TimeZone) -> Result<Timestamp, DateProblem> {
    if let Ok(instant) = text.parse() {
        return Ok(instant);
    }
    let (date, time) = split(text);
    // An instant with a blank in place of the T.
    if let Ok(instant) = format!("{date}T{time}").parse() {
        return Ok(instant);
    }
    let day = day(date)?;
    match time {
        "" => first_instant(day, zone),
        time => at(day.to_datetime(clock(time)?), zone),
    }
}

/// The date, and the time behind it.
fn split(text: &str) -> (&str, &str) {
    let Some(colon) = text.find(':') else {
        return (text, "");
    };
    let digits = text[..colon].trim_end_matches(|letter: char| letter.is_ascii_digit());
    let (date, time) = text.split_at(digits.len());
    (date.trim_end_matches(['T', 't', ' ', ',']), time)
}

fn day(text: &str) -> Result<Date, DateProblem> {
    let is_separator = |letter: char| "/-. ,".contains(letter);
    let mut parts = text.split(is_separator).filter(|part| !part.is_empty());
    let (Some(one), Some(two), Some(three), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        let is_number =
            text.parse::<f64>().is_ok() || text.replace(',', ".").parse::<f64>().is_ok();
        return Err(match is_number {
            true => DateProblem::Number,
            false => DateProblem::Form,
        });
    };
    match (number(one), number(two), number(three)) {
        (Some(year), Some(month), Some(day)) if one.len() == 4 => date(year, month, day),
        (Some(one), Some(two), Some(year)) => in_some_order(text, [one, two], full(three, year)?),
        (Some(day), None, Some(year)) => date(full(three, year)?, month(two)?, day),
        (None, Some(day), Some(year)) => date(full(three, year)?, month(one)?, day),
        _ => Err(DateProblem::Form),
    }
}

/// The day and the month, of which either may come first.
fn in_some_order(text: &str, [one, two]: [i16; 2], year: i16) -> Result<Date, DateProblem> {
    // With dots, the day comes first wherever dates have dots.
    if text.contains('.') || one > 12 || one == two {
        return date(year, two, one);
    }
    if two > 12 {
        return date(year, one, two);
    }
    Err(DateProblem::Ambiguous {
        text: text.to_owned(),
        day_first: date(year, two, one)?.to_string(),
        month_first: date(year, one, two)?.to_string(),
    })
}

fn number(text: &str) -> Option<i16> {
    let is_number = text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

fn full(text: &str, year: i16) -> Result<i16, DateProblem> {
    match text.len() {
        4 => Ok(year),
        _ => Err(DateProblem::ShortYear),
    }
}

/// The month of an English or German name, whole or in a usual short form. Its dot is a separator.
fn month(name: &str) -> Result<i16, DateProblem> {
    let is_of = |month: &&[&str]| month.iter().any(|other| names::are_same(other, name));
    let place = MONTHS.iter().position(is_of);
    let place = place.ok_or(DateProblem::Form)?;
    i16::try_from(place + 1).map_err(|_| DateProblem::Form)
}

fn date(year: i16, month: i16, day: i16) -> Result<Date, DateProblem> {
    let small = |number: i16| i8::try_from(number).map_err(|_| DateProblem::NoSuchTime);
    Date::new(year, small(month)?, small(day)?).map_err(|_| DateProblem::NoSuchTime)
}

/// `H:MM[:SS][ AM|PM]`
fn clock(text: &str) -> Result<Time, DateProblem> {
    let upper = text.to_ascii_uppercase();
    let half = |name| upper.strip_suffix(name).map(str::trim_end);
    let (time, noon) = match (half("AM"), half("PM")) {
        (Some(time), _) => (time, Some(0)),
        (_, Some(time)) => (time, Some(12)),
        _ => (upper.as_str(), None),
    };
    let mut parts = time.split(':').map(number);
    let (Some(Some(hour)), Some(Some(minute)), second, None) = (
        parts.next(),
        parts.next(),
        parts.next().unwrap_or(Some(0)),
        parts.next(),
    ) else {
        return Err(DateProblem::Form);
    };
    let hour = match noon {
        None => hour,
        // Twelve comes before one on such a clock.
        Some(noon) if (1..=12).contains(&hour) => hour % 12 + noon,
        Some(_) => return Err(DateProblem::NoSuchTime),
    };
    let small = |number: i16| i8::try_from(number).map_err(|_| DateProblem::NoSuchTime);
    let second = second.ok_or(DateProblem::Form)?;
    Time::new(small(hour)?, small(minute)?, small(second)?, 0).map_err(|_| DateProblem::NoSuchTime)
}

fn at(local: DateTime, zone: &TimeZone) -> Result<Timestamp, DateProblem> {
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => shifted(local, offset.seconds()),
        AmbiguousOffset::Gap { .. } => Err(DateProblem::Skipped),
        AmbiguousOffset::Fold { .. } => Err(DateProblem::Twice),
    }
}

fn first_instant(day: Date, zone: &TimeZone) -> Result<Timestamp, DateProblem> {
    let midnight = day.to_datetime(Time::midnight());
    match zone.to_ambiguous_timestamp(midnight).offset() {
        AmbiguousOffset::Unambiguous { offset } => shifted(midnight, offset.seconds()),
        // The first of the two midnights is the start of the day.
        AmbiguousOffset::Fold { before, .. } => shifted(midnight, before.seconds()),
        AmbiguousOffset::Gap { .. } => {
            let start = zone.to_zoned_datetime(midnight);
            let start = start.and_then(|later| later.start_of_day());
            let start = start.map_err(|_| DateProblem::NoSuchTime)?;
            // Even whole days were left out, where a country moved across the date line.
            match start.date() == day {
                true => parsed(&start.timestamp().to_string()),
                false => Err(DateProblem::NoSuchTime),
            }
        }
    }
}

/// The instant at which a clock that is this many seconds ahead of UTC shows the time.
fn shifted(local: DateTime, ahead: i32) -> Result<Timestamp, DateProblem> {
    let instant = parsed(&format!("{local}Z"))?;
    let difference = std::time::Duration::from_secs(ahead.unsigned_abs().into());
    let instant = match ahead > 0 {
        true => instant.checked_sub(difference),
        false => instant.checked_add(difference),
    };
    instant.ok_or(DateProblem::Range)
}

fn parsed(text: &str) -> Result<Timestamp, DateProblem> {
    text.parse().map_err(|_| DateProblem::Range)
}

/// Each name is that of one month only.
const MONTHS: [&[&str]; 12] = [
    &["january", "januar", "jänner", "jan", "jän"],
    &["february", "februar", "feber", "feb"],
    &["march", "märz", "mar", "mär", "mrz"],
    &["april", "apr"],
    &["may", "mai"],
    &["june", "juni", "jun"],
    &["july", "juli", "jul"],
    &["august", "aug"],
    &["september", "sept", "sep"],
    &["october", "oktober", "oct", "okt"],
    &["november", "nov"],
    &["december", "dezember", "dec", "dez"],
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, DateProblem>) {
        let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a time zone");
        let expected = expected.map(|instant| instant.parse().expect("an instant"));
        assert_eq!(instant(text, &berlin), expected, "{text}");
    }

    #[test]
    fn certain_dates_are_read() {
        for day in [
            "2026-04-13",
            "2026/04/13",
            "2026/4/13",
            "13.4.2026",
            "13.04.2026",
            "13/04/2026",
            "04/13/2026",
            "4/13/2026",
            "13-04-2026",
            "13 Apr 2026",
            "13-APR-2026",
            "April 13, 2026",
            "Apr 13 2026",
            "13 april 2026",
            "13. Apr. 2026",
        ] {
            check(day, Ok("2026-04-12T22:00:00Z"));
            check(&format!("{day} 8:30"), Ok("2026-04-13T06:30:00Z"));
            check(&format!("{day} 08:30:15"), Ok("2026-04-13T06:30:15Z"));
            check(&format!("{day} 8:30 PM"), Ok("2026-04-13T18:30:00Z"));
            check(&format!("{day} 12:30am"), Ok("2026-04-12T22:30:00Z"));
        }
        check("2026-04-13T08:30", Ok("2026-04-13T06:30:00Z"));
        check("2026-04-13T08:30:00+01:00", Ok("2026-04-13T07:30:00Z"));
        check("2026-04-13 08:30:00Z", Ok("2026-04-13T08:30:00Z"));
        check("04/04/2026", Ok("2026-04-03T22:00:00Z"));
        check("03.04.2026", Ok("2026-04-02T22:00:00Z"));
        check("2026-01-13", Ok("2026-01-12T23:00:00Z"));
    }

    #[test]
    fn months_have_english_and_german_names() {
        for (day, expected) in [
            ("31. Dez. 2026", "2026-12-30T23:00:00Z"),
            ("31. Dezember 2026", "2026-12-30T23:00:00Z"),
            ("Dec. 31, 2026", "2026-12-30T23:00:00Z"),
            ("1-Okt-2026", "2026-09-30T22:00:00Z"),
            ("1. Sept. 2026", "2026-08-31T22:00:00Z"),
            ("1. März 2026", "2026-02-28T23:00:00Z"),
            ("1. MÄR 2026", "2026-02-28T23:00:00Z"),
            ("1. Ma\u{308}rz 2026", "2026-02-28T23:00:00Z"),
            ("1. Mrz. 2026", "2026-02-28T23:00:00Z"),
            ("1. Mai 2026", "2026-04-30T22:00:00Z"),
            ("1. Jänner 2026", "2025-12-31T23:00:00Z"),
        ] {
            check(day, Ok(expected));
        }
        check("31. Dez. 26", Err(DateProblem::ShortYear));
        for unknown in ["1. Ju 2026", "1. Janu 2026", "1 Ma 2026"] {
            check(unknown, Err(DateProblem::Form));
        }
    }

    #[test]
    fn months_share_no_name() {
        let all = MONTHS.concat();
        let mut folded: Vec<_> = all.iter().map(|name| names::fold(name)).collect();
        folded.sort_unstable();
        folded.dedup();
        assert_eq!(folded.len(), all.len());
    }

    #[test]
    fn uncertain_dates_are_refused() {
        let ambiguous = |text: &str| DateProblem::Ambiguous {
            text: text.into(),
            day_first: "2026-04-03".into(),
            month_first: "2026-03-04".into(),
        };
        for text in ["03/04/2026", "3/4/2026", "03-04-2026"] {
            check(text, Err(ambiguous(text)));
        }
        check("03/04/2026 08:00", Err(ambiguous("03/04/2026")));
        check("13/04/26", Err(DateProblem::ShortYear));
        check("3-Apr-26", Err(DateProblem::ShortYear));
        check("46115", Err(DateProblem::Number));
        check("46115,5", Err(DateProblem::Number));
        for text in [
            "31.02.2026",
            "2026-13-01",
            "13/13/2026",
            "2026-04-13 24:00",
            "1.1.2026 13:00 PM",
        ] {
            check(text, Err(DateProblem::NoSuchTime));
        }
        for text in [
            "soon",
            "ada@example.com",
            "3 Foo 2026",
            "2026-04",
            "8:30",
            "2026-04-13 8:3x",
            "1.2.3.4",
        ] {
            check(text, Err(DateProblem::Form));
        }
        check("0000-01-01", Err(DateProblem::Range));
    }

    #[test]
    fn clocks_that_are_put_forward_and_back_are_known() {
        check("2026-03-29 02:30", Err(DateProblem::Skipped));
        check("2026-10-25 02:30", Err(DateProblem::Twice));
        check("2026-10-25T02:30:00+01:00", Ok("2026-10-25T01:30:00Z"));
        // Where they go forward at midnight, the day begins at one o'clock.
        let lebanon = TimeZone::posix("EET-2EEST,M3.5.0/0,M10.5.0/0").expect("a time zone");
        let start = "2026-03-28T22:00:00Z".parse().expect("an instant");
        assert_eq!(instant("2026-03-29", &lebanon), Ok(start));
    }
}
