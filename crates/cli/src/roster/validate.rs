//! `validate`: whether a roster can be read, without asking a store.

use std::num::NonZeroUsize;

use access_groups_core::Timestamp;
use access_groups_roster::{Problem, Problems, Roster, TimeZone};
use serde::Serialize;

use super::source::{Source, counted};
use crate::{
    args::Validate,
    clock,
    failure::{Exit, Failure},
    local_time,
    output::{self, Format},
};

/// Says what is in the roster, or everything that is wrong with it.
pub(crate) fn validate(arguments: &Validate, format: Format) -> Result<Exit, Failure> {
    let source = Source::read(&arguments.roster)?;
    let zone = arguments.time_zone.clone().unwrap_or(TimeZone::UTC);
    // All of them: they are what this command is for.
    match source.roster(&zone, NonZeroUsize::MAX) {
        Ok(roster) => {
            let now = clock::now();
            let words = words(&source.name, &roster, now, &zone);
            let body = Validated::of(&source.name, &roster, now, &zone);
            output::answer(format, COMMAND, &words, &body)?;
            Ok(Exit::Done)
        }
        Err(problems) => match format {
            Format::Human => Err(source.refused(&problems)),
            // The list is the answer that was asked for.
            Format::Json | Format::Csv | Format::Jsonl => {
                output::json(COMMAND, &Validated::refused(&source.name, &problems, &zone))?;
                Ok(Exit::Failed)
            }
        },
    }
}

/// "roster.csv: 12 rows, 3 groups; rows begin next on …, and end next on …"
fn words(name: &str, roster: &Roster, now: Timestamp, zone: &TimeZone) -> String {
    let rows = counted(roster.rows().len(), "row");
    let groups = counted(roster.groups().len(), "group");
    let next = next(roster.next_begin(now), roster.next_end(now), zone);
    let next = next.map_or_else(String::new, |next| format!("; {next}"));
    format!("{name}: {rows}, {groups}{next}")
}

/// When the roster will say something else: "rows begin next on …, and end next on …".
pub(crate) fn next(
    begin: Option<Timestamp>,
    end: Option<Timestamp>,
    zone: &TimeZone,
) -> Option<String> {
    let shown = |instant: Timestamp| local_time::shown(instant, zone);
    Some(match (begin.map(shown), end.map(shown)) {
        (None, None) => return None,
        (Some(begin), None) => format!("rows begin next on {begin}"),
        (None, Some(end)) => format!("rows end next on {end}"),
        (Some(begin), Some(end)) => format!("rows begin next on {begin}, and end next on {end}"),
    })
}

/// The JSON of the command; it is documented.
#[derive(Serialize)]
struct Validated<'a> {
    roster: &'a str,
    is_valid: bool,
    time_zone: &'a str,
    rows: Option<usize>,
    groups: Option<usize>,
    next_begin: Option<Timestamp>,
    next_end: Option<Timestamp>,
    problems: Vec<ProblemBody>,
}

#[derive(Serialize)]
struct ProblemBody {
    row: Option<u32>,
    column: Option<String>,
    message: String,
}

impl From<&Problem> for ProblemBody {
    fn from(problem: &Problem) -> Self {
        Self {
            row: problem.row,
            column: problem.column.map(|column| column.to_string()),
            message: problem.kind.to_string(),
        }
    }
}

impl<'a> Validated<'a> {
    fn of(name: &'a str, roster: &Roster, now: Timestamp, zone: &'a TimeZone) -> Self {
        Self {
            roster: name,
            is_valid: true,
            time_zone: local_time::name(zone),
            rows: Some(roster.rows().len()),
            groups: Some(roster.groups().len()),
            next_begin: roster.next_begin(now),
            next_end: roster.next_end(now),
            problems: Vec::new(),
        }
    }

    fn refused(name: &'a str, problems: &Problems, zone: &'a TimeZone) -> Self {
        Self {
            roster: name,
            is_valid: false,
            time_zone: local_time::name(zone),
            rows: None,
            groups: None,
            next_begin: None,
            next_end: None,
            problems: problems.listed.iter().map(ProblemBody::from).collect(),
        }
    }
}

const COMMAND: &str = "validate";
