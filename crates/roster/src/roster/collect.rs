//! Takes rows one by one: checks their cells, and keeps what they say.

use std::collections::HashMap;

use access_groups_core::{AccessGroupId, AcsUserId, Timestamp, names};

use super::{
    Column, DateProblem, Found, Kept, Mode, Problem, ProblemKind, Problems, ReadOptions, Roster,
    RosterGroup, Span, Window, date,
};

/// The cells of a row; an empty text where there is none.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cells<'a> {
    pub(super) user: &'a str,
    pub(super) group: &'a str,
    pub(super) from: &'a str,
    pub(super) until: &'a str,
    pub(super) note: &'a str,
    pub(super) mode: &'a str,
}

impl<'a> Cells<'a> {
    pub(super) const fn cell(&mut self, column: Column) -> Option<&mut &'a str> {
        Some(match column {
            Column::User => &mut self.user,
            Column::Group => &mut self.group,
            Column::From => &mut self.from,
            Column::Until => &mut self.until,
            Column::Note => &mut self.note,
            Column::Mode => &mut self.mode,
            Column::Other(_) => return None,
        })
    }
}

/// A roster under construction.
pub(super) struct Collector<'o> {
    options: &'o ReadOptions,
    roster: Roster,
    found: Found,
    has_rows: bool,
    /// The places of groups, by every text that has named them; and by what is the same of these.
    groups_by_text: HashMap<String, u32>,
    groups_by_name: HashMap<String, u32>,
    /// What dates mean, by their text: a million rows have few different ones.
    instants: HashMap<String, Result<Timestamp, DateProblem>>,
    windows: HashMap<Window, u32>,
}

impl<'o> Collector<'o> {
    pub(super) fn new(options: &'o ReadOptions) -> Self {
        let (text, rows, groups, windows) = (String::new(), Vec::new(), Vec::new(), Vec::new());
        Self {
            options,
            roster: Roster {
                text,
                rows,
                groups,
                windows,
            },
            found: Found::new(options.listed_problems.get()),
            has_rows: false,
            groups_by_text: HashMap::new(),
            groups_by_name: HashMap::new(),
            instants: HashMap::new(),
            windows: HashMap::new(),
        }
    }

    pub(super) fn refuse(&mut self, problem: Problem) {
        self.found.add(problem);
    }

    /// Takes a row. A blank one says nothing.
    pub(super) fn take(&mut self, number: u32, cells: Cells<'_>) {
        let Cells {
            user,
            group,
            from,
            until,
            note,
            mode,
        } = cells.trimmed();
        if [user, group, from, until, note, mode]
            .iter()
            .all(|cell| cell.is_empty())
        {
            return;
        }
        self.has_rows = true;
        let group = self.group(number, group);
        self.mode(number, group, mode);
        let window = self.window(number, from, until);
        // A row that sets a mode may name nobody, for a group of nobody.
        if user.is_empty() && !mode.is_empty() {
            return;
        }
        if let Err(kind) = check_user(user) {
            self.found.add(Problem::of_cell(number, Column::User, kind));
        }
        if let (Some(group), Some(window)) = (group, window) {
            let (user, note) = (self.keep(user), self.keep(note));
            self.roster.rows.push(Kept {
                user,
                note,
                group,
                window,
                number,
            });
        }
    }

    /// The roster, or everything that is wrong with it.
    pub(super) fn finish(mut self) -> Result<Roster, Problems> {
        if !self.has_rows && self.found.is_empty() {
            // It would change nothing, and so hide that it is the wrong file.
            self.found.add(Problem::of_file(ProblemKind::Empty));
        }
        self.found.or(self.roster)
    }

    fn group(&mut self, number: u32, text: &str) -> Option<u32> {
        if let Some(place) = self.groups_by_text.get(text) {
            return Some(*place);
        }
        if let Err(kind) = check_text(text) {
            self.found
                .add(Problem::of_cell(number, Column::Group, kind));
            return None;
        }
        let same = match text.parse::<AccessGroupId>() {
            Ok(id) => id.to_string(),
            Err(_) => names::fold(text),
        };
        let groups = &mut self.roster.groups;
        let place = *self.groups_by_name.entry(same).or_insert_with(|| {
            groups.push(RosterGroup {
                name: text.to_owned(),
                row: number,
                mode: None,
                mode_row: 0,
            });
            place(groups.len() - 1)
        });
        self.groups_by_text.insert(text.to_owned(), place);
        Some(place)
    }

    fn mode(&mut self, number: u32, group: Option<u32>, text: &str) {
        if text.is_empty() {
            return;
        }
        let modes = [Mode::Additive, Mode::Authoritative];
        let named = |mode: &Mode| mode.to_string().eq_ignore_ascii_case(text);
        let Some(mode) = modes.into_iter().find(named) else {
            let problem = Problem::of_cell(number, Column::Mode, ProblemKind::UnknownMode);
            return self.found.add(problem);
        };
        let Some(group) = group.and_then(|group| self.roster.groups.get_mut(group as usize)) else {
            return;
        };
        match group.mode {
            None => (group.mode, group.mode_row) = (Some(mode), number),
            Some(other) if other != mode => {
                let kind = ProblemKind::OtherMode {
                    row: group.mode_row,
                    mode: other,
                };
                self.found.add(Problem::of_cell(number, Column::Mode, kind));
            }
            Some(_) => {}
        }
    }

    fn window(&mut self, number: u32, from: &str, until: &str) -> Option<u32> {
        let (begin, end) = (
            self.date(number, Column::From, from),
            self.date(number, Column::Until, until),
        );
        let window = Window {
            from: begin?,
            until: end?,
        };
        if let (Some(from), Some(until)) = (window.from, window.until)
            && until <= from
        {
            self.found.add(Problem::of_cell(
                number,
                Column::Until,
                ProblemKind::EndsFirst,
            ));
            return None;
        }
        let windows = &mut self.roster.windows;
        Some(*self.windows.entry(window).or_insert_with(|| {
            windows.push(window);
            place(windows.len() - 1)
        }))
    }

    /// The instant of a cell, if it has one; `None` if it is wrong.
    fn date(&mut self, number: u32, column: Column, text: &str) -> Option<Option<Timestamp>> {
        if text.is_empty() {
            return Some(None);
        }
        if !self.instants.contains_key(text) {
            let instant = date::instant(text, &self.options.time_zone);
            self.instants.insert(text.to_owned(), instant);
        }
        match self.instants.get(text)? {
            Ok(instant) => Some(Some(*instant)),
            Err(problem) => {
                let kind = formula(text).unwrap_or_else(|| ProblemKind::Date(problem.clone()));
                self.found.add(Problem::of_cell(number, column, kind));
                None
            }
        }
    }

    fn keep(&mut self, text: &str) -> Span {
        let begin = place(self.roster.text.len());
        self.roster.text.push_str(text);
        Span {
            begin,
            end: place(self.roster.text.len()),
        }
    }
}

impl<'a> Cells<'a> {
    fn trimmed(self) -> Self {
        let trimmed = |cell: &'a str| without_mark(cell.trim());
        Self {
            user: trimmed(self.user),
            group: trimmed(self.group),
            from: trimmed(self.from),
            until: trimmed(self.until),
            note: trimmed(self.note),
            mode: trimmed(self.mode),
        }
    }
}

/// The cell without the mark before what a spreadsheet would run, and before what looks like it.
pub(super) fn without_mark(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.trim_start_matches('\'').starts_with(FORMULA) => rest,
        _ => cell,
    }
}

/// Whether a cell with this text names a user by it.
pub(crate) fn names_user(text: &str) -> bool {
    is_kept(text) && check_user(text).is_ok()
}

/// Whether a cell with this text names a group by it.
pub(crate) fn names_group(text: &str) -> bool {
    is_kept(text) && check_text(text).is_ok()
}

/// Whether a cell with this text says all of it.
fn is_kept(text: &str) -> bool {
    without_mark(text.trim()) == text && !text.contains(['\n', '\r'])
}

/// Whether the text may name a user.
fn check_user(text: &str) -> Result<(), ProblemKind> {
    check_text(text)?;
    let is_address = text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !text.contains(char::is_whitespace)
    });
    match is_address || text.parse::<AcsUserId>().is_ok() {
        true => Ok(()),
        false => Err(ProblemKind::NoUser),
    }
}

pub(super) fn check_text(text: &str) -> Result<(), ProblemKind> {
    if text.is_empty() {
        return Err(ProblemKind::MissingCell);
    }
    if is_rounded(text) {
        return Err(ProblemKind::Rounded(text.to_owned()));
    }
    formula(text).map_or(Ok(()), Err)
}

/// Whether a spreadsheet has written a number like `1.16E+20`.
fn is_rounded(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let Some((mantissa, exponent)) = text.split_once("E+").or_else(|| text.split_once("e+")) else {
        return false;
    };
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
    is_number(exponent) && is_number(whole) && is_number(fraction)
}

fn formula(text: &str) -> Option<ProblemKind> {
    let errors = [
        "#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "########",
    ];
    // Where the column is too narrow, some programs write as many signs as fit.
    let is_narrow = text.len() > 2 && text.bytes().all(|byte| byte == b'#');
    let error = match is_narrow {
        true => errors.last(),
        false => errors.iter().find(|error| **error == text),
    };
    error.map(|error| ProblemKind::Formula(error))
}

/// A number that fits, because the file has less than 2 GiB.
fn place(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Begins of cells that a spreadsheet runs, as the command line guards them in its own CSV.
const FORMULA: [char; 11] = [
    '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
];
