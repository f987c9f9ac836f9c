//! Lines about people, in columns.

use access_groups_roster::Planned;

use super::People;
use crate::{
    describe::{self, line},
    layout::width_of,
    progress::grouped,
};

/// The rows of these people, sorted by name; of many, the first ones, unless all are to be shown.
pub(crate) fn rows<'p>(
    mark: char,
    people: impl Iterator<Item = &'p Planned>,
    known: &People<'_>,
    all: bool,
    notes: impl Fn(&Planned) -> String,
) -> Vec<Row> {
    let mut people: Vec<_> = people.collect();
    people.sort_by_cached_key(|planned| (describe::order(&planned.name), planned.user));
    let shown = if all { people.len() } else { SHOWN };
    let more = people.len().saturating_sub(shown);
    let rows = people.into_iter().take(shown).map(|planned| Row::Person {
        mark,
        name: line(&planned.name),
        known_by: known.known_by(planned.user),
        notes: notes(planned),
    });
    let more = (more > 0).then_some(Row::More { mark, count: more });
    rows.chain(more).collect()
}

/// A line of a group.
pub(crate) enum Row {
    Person {
        mark: char,
        name: String,
        known_by: String,
        notes: String,
    },
    More {
        mark: char,
        count: usize,
    },
}

/// The lines, in columns as wide as most need.
pub(crate) fn aligned(rows: &[Row]) -> Vec<String> {
    let width = |of: fn(&Row) -> &str| {
        let widths = rows.iter().map(|row| width_of(of(row)));
        // One long name must not move all others out of sight.
        widths
            .filter(|width| *width <= WIDEST)
            .max()
            .unwrap_or_default()
    };
    let name_width = width(Row::name);
    let known_width = width(Row::known_by);
    let lines = rows.iter().map(|row| match row {
        Row::More { mark, count } => {
            format!("  {mark} and {} more; --all shows them", grouped(*count))
        }
        Row::Person {
            mark,
            name,
            known_by,
            notes,
        } => {
            let line = format!(
                "  {mark} {}  {}  {notes}",
                padded(name, name_width),
                padded(known_by, known_width)
            );
            line.trim_end().to_owned()
        }
    });
    lines.collect()
}

impl Row {
    fn name(&self) -> &str {
        match self {
            Self::Person { name, .. } => name,
            Self::More { .. } => "",
        }
    }

    fn known_by(&self) -> &str {
        match self {
            Self::Person { known_by, .. } => known_by,
            Self::More { .. } => "",
        }
    }
}

fn padded(text: &str, width: usize) -> String {
    let blanks = width.saturating_sub(width_of(text));
    format!("{text}{}", " ".repeat(blanks))
}

/// The widest column that others are aligned to.
const WIDEST: usize = 40;

/// How many lines of a kind a group has without `--all`.
const SHOWN: usize = 20;
