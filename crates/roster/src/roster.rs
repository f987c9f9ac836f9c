//! The roster: who is to be in which group, and when, as people keep it in a spreadsheet.

mod collect;
mod csv;
mod date;
mod json;
mod list;
mod problem;
mod text;

use std::{fmt, num::NonZeroUsize};

use access_groups_core::{Timestamp, setters};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub use date::DateProblem;
pub use list::PeopleList;
pub use problem::{Problem, ProblemKind, Problems};

pub(crate) use collect::{names_group, names_user};
pub(crate) use problem::Found;

/// Who is to be in which group, and when: a list of rows, read from CSV or JSON.
///
/// # The file
///
/// | column | |
/// |---|---|
/// | `user` | an id or an e-mail address |
/// | `group` | an id or a name |
/// | `from` | the first instant of the membership; empty: always so far |
/// | `until` | the first instant without it again; empty: for ever |
/// | `note` | for people |
/// | `mode` | `authoritative` or `additive`, for the group of the row: see [`Mode`] |
///
/// Only `user` and `group` must be there. The order of columns and rows has no meaning. Other columns
/// are refused, because one of them may be a mistyped `until`.
///
/// CSV may be UTF-8 or UTF-16, with or without a byte order mark; the separator is a comma, a
/// semicolon or a tab. Blank rows and columns are left out, as are blanks around a cell and the `'`
/// that keeps a spreadsheet from running a cell. A line break in a cell is refused, because one missing
/// quotation mark hides all rows up to the next. A file has less than 2 GiB. JSON is an array of objects with these keys, whose
/// values are texts or null.
///
/// # Dates
///
/// `from` and `until` are instants (`2026-04-03T08:00:00+02:00`), or local days or times of
/// [`ReadOptions::time_zone`], in the forms that spreadsheets write: `2026-04-03`, `3.4.2026`,
/// `13/04/2026 8:00 AM`, `3-Apr-2026`; months have their English or German names, whole or in a usual
/// short form. A day is its first instant: a row until 3 April does not hold
/// on that day. `03/04/2026` is refused, because it is another day in another country.
///
/// # Examples
///
/// ```
/// use access_groups_core::Timestamp;
/// use access_groups_roster::{Mode, ReadOptions, Roster};
///
/// let file = "\
/// user;group;until;mode
/// ada@example.com;Gym;2026-05-01;
/// a0000000-0000-4000-8000-000000000002;Gym;;
/// ;Gym;;authoritative
/// ";
/// let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new())?;
/// assert_eq!(roster.rows().len(), 2);
/// assert_eq!(roster.groups()[0].mode, Some(Mode::Authoritative));
///
/// let april: Timestamp = "2026-04-03T08:00:00Z".parse().expect("an instant");
/// let ada = roster.rows().next().expect("a row");
/// assert!(ada.is_desired_at(april));
/// let may = roster.next_end(april).expect("Ada's access ends");
/// assert!(!ada.is_desired_at(may));
/// # Ok::<(), access_groups_roster::Problems>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Roster {
    /// The users and the notes of all rows.
    text: String,
    rows: Vec<Kept>,
    groups: Vec<RosterGroup>,
    windows: Vec<Window>,
}

impl Roster {
    /// Reads a roster from CSV.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, with row and column. Nothing is accepted in part.
    pub fn from_csv(file: &[u8], options: &ReadOptions) -> Result<Self, Problems> {
        csv::read(file, options)
    }

    /// Reads a roster from JSON.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, with row and column; if it is not JSON, only the place of the
    /// first mistake.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_roster::{ReadOptions, Roster};
    ///
    /// let file = br#"[{"user": "ada@example.com", "group": "Gym", "until": null}]"#;
    /// assert_eq!(Roster::from_json(file, &ReadOptions::new())?.rows().len(), 1);
    ///
    /// let file = br#"[{"user": "ada@example.com", "group": "Gym", "untill": "2026-05-01"}]"#;
    /// assert!(Roster::from_json(file, &ReadOptions::new()).is_err());
    /// # Ok::<(), access_groups_roster::Problems>(())
    /// ```
    pub fn from_json(file: &[u8], options: &ReadOptions) -> Result<Self, Problems> {
        json::read(file, options)
    }

    /// The rows with a user, in the order of the file. Equal rows are all there.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        self.rows.iter().map(|kept| self.row(kept))
    }

    /// The groups of all rows, each once, in the order of the file.
    #[must_use]
    pub fn groups(&self) -> &[RosterGroup] {
        &self.groups
    }

    /// The first instant after this one at which rows begin; `None` if none does.
    #[must_use]
    pub fn next_begin(&self, after: Timestamp) -> Option<Timestamp> {
        let begins = self.windows.iter().filter_map(|window| window.from);
        begins.filter(|begin| *begin > after).min()
    }

    /// The first instant after this one at which rows end; `None` if none does.
    #[must_use]
    pub fn next_end(&self, after: Timestamp) -> Option<Timestamp> {
        let ends = self.windows.iter().filter_map(|window| window.until);
        ends.filter(|end| *end > after).min()
    }

    fn row(&self, kept: &Kept) -> Row<'_> {
        let text = |span: Span| &self.text[span.begin as usize..span.end as usize];
        let window = self.windows[kept.window as usize];
        Row {
            number: kept.number,
            user: text(kept.user),
            group: kept.group as usize,
            from: window.from,
            until: window.until,
            note: text(kept.note),
        }
    }
}

/// Without the texts, which name people.
impl fmt::Debug for Roster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roster")
            .field("rows", &self.rows.len())
            .field("groups", &self.groups.len())
            .finish_non_exhaustive()
    }
}

/// One row of a [`Roster`].
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row<'a> {
    /// The row in the file, as in a [`Problem`].
    pub number: u32,
    /// The user: an id or an e-mail address.
    pub user: &'a str,
    /// The place of the group in [`Roster::groups`].
    pub group: usize,
    /// The first instant of the membership; `None`: always so far.
    pub from: Option<Timestamp>,
    /// The first instant without it again; `None`: for ever.
    pub until: Option<Timestamp>,
    /// The note, or an empty text.
    pub note: &'a str,
}

impl Row<'_> {
    /// Whether the user is to be a member at this instant: `from <= at < until`.
    #[must_use]
    pub fn is_desired_at(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }
}

/// Without the texts.
impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("number", &self.number)
            .field("group", &self.group)
            .field("from", &self.from)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// A group that a [`Roster`] names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RosterGroup {
    /// Its id or its name, as the first row with it has it.
    pub name: String,
    /// That row.
    pub row: u32,
    /// Its mode, if a row sets one.
    pub mode: Option<Mode>,
    /// The row that sets the mode.
    mode_row: u32,
}

impl RosterGroup {
    /// The mode that a row sets, and that row.
    pub(crate) fn set_mode(&self) -> Option<(Mode, u32)> {
        self.mode.map(|mode| (mode, self.mode_row))
    }
}

/// Whether a roster is the whole truth about a group.
///
/// In the file, the column `mode` sets it for the group of its row; one row suffices, and one without
/// a user if nobody is to be in the group. It is a column because that survives a spreadsheet: a
/// comment or a line above the header would be sorted into the rows, filtered away or dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Members are added, and never removed.
    #[default]
    Additive,
    /// Members whom no row desires are removed.
    Authoritative,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Additive => "additive",
            Self::Authoritative => "authoritative",
        })
    }
}

/// A column of a roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Column {
    /// The user.
    User,
    /// The group.
    Group,
    /// When the membership begins.
    From,
    /// When it ends.
    Until,
    /// A text for people.
    Note,
    /// The mode of the group.
    Mode,
    /// Another one, by its place from 1.
    Other(usize),
}

impl Column {
    const KNOWN: [Self; 6] = [
        Self::User,
        Self::Group,
        Self::From,
        Self::Until,
        Self::Note,
        Self::Mode,
    ];

    /// The column with this name, in any case.
    fn named(name: &str) -> Option<Self> {
        let fits = |column: &Self| column.name().eq_ignore_ascii_case(name.trim());
        Self::KNOWN.into_iter().find(fits)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::From => "from",
            Self::Until => "until",
            Self::Note => "note",
            Self::Mode => "mode",
            Self::Other(_) => "",
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Without its name, which may be anything, even a person's.
            Self::Other(place) => write!(f, "{place}"),
            known => f.write_str(known.name()),
        }
    }
}

/// How a roster is read.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReadOptions {
    /// The time zone of days and local times. Default: UTC.
    pub time_zone: TimeZone,
    /// The maximum number of problems in a list; the others are counted. Default: 100.
    pub listed_problems: NonZeroUsize,
}

impl ReadOptions {
    /// Local times are those of UTC.
    #[must_use]
    pub fn new() -> Self {
        Self {
            time_zone: TimeZone::UTC,
            listed_problems: const { NonZeroUsize::new(100).expect("not zero") },
        }
    }

    setters! {
        /// Sets the time zone of days and local times.
        with_time_zone(zone: TimeZone) => time_zone = zone;

        /// Sets the maximum number of problems in a list.
        with_listed_problems(problems: NonZeroUsize) => listed_problems = problems;
    }
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// A row as it is kept: places instead of texts, as there may be a million of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kept {
    user: Span,
    note: Span,
    group: u32,
    window: u32,
    number: u32,
}

/// A part of the text of a roster, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    begin: u32,
    end: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Window {
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}
