//! What is wrong with a roster, and where.

use std::{error::Error as StdError, fmt};

use super::{Column, Mode, date::DateProblem};

/// One thing that is wrong with a roster, with its row and its column.
///
/// The text names no person: it quotes numbers and dates, and nothing else of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The row, as a spreadsheet counts them: the header is row 1. In JSON, the first element is row
    /// 1. `None` for the file as a whole.
    pub row: Option<u32>,
    /// The column; `None` for the row as a whole.
    pub column: Option<Column>,
    /// What is wrong.
    pub kind: ProblemKind,
}

impl Problem {
    pub(crate) const fn of_file(kind: ProblemKind) -> Self {
        Self {
            row: None,
            column: None,
            kind,
        }
    }

    pub(crate) const fn of_row(row: u32, kind: ProblemKind) -> Self {
        Self {
            row: Some(row),
            column: None,
            kind,
        }
    }

    pub(crate) const fn of_cell(row: u32, column: Column, kind: ProblemKind) -> Self {
        Self {
            row: Some(row),
            column: Some(column),
            kind,
        }
    }
}

/// "row 7, column until: …"
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.row, self.column) {
            (None, None) => write!(f, "{}", self.kind),
            (Some(row), None) => write!(f, "row {row}: {}", self.kind),
            (None, Some(column)) => write!(f, "column {column}: {}", self.kind),
            (Some(row), Some(column)) => write!(f, "row {row}, column {column}: {}", self.kind),
        }
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProblemKind {
    /// The file is in no encoding that is read.
    #[error(
        "the text is neither UTF-8 nor UTF-16: save the file as \"CSV UTF-8\" (Excel), or with the \
         character set UTF-8 (LibreOffice)"
    )]
    Encoding,
    /// The file of a spreadsheet program, or another archive.
    #[error("this is a spreadsheet file: save it as CSV (UTF-8)")]
    Spreadsheet,
    /// A PDF, an image or the like.
    #[error("this is not a text: save the list as CSV (UTF-8)")]
    Binary,
    /// The file has 2 GiB or more.
    #[error("the file has 2 GiB or more")]
    TooLarge,
    /// The file has no row but the header, or not even that.
    #[error("there are no rows")]
    Empty,
    /// The header does not have this column.
    #[error("the header has no column `{0}`")]
    MissingColumn(Column),
    /// A column, or a key in JSON, that a roster does not have. It may be a mistyped one.
    #[error("a roster has the columns user, group, from, until, note and mode, and no others")]
    UnknownColumn,
    /// The header has this column twice, or a JSON object has the key twice.
    #[error("the column is there twice")]
    RepeatedColumn,
    /// Two columns, by their places, in which people stand, of a list of people.
    #[error("the columns {0} and {1} are alike: call the one that counts `user`")]
    EqualColumns(usize, usize),
    /// A row with several cells, of a list of people whose first row does not say in which people stand.
    #[error(
        "there are several cells, and the first row has no column `user`, `acs_user_id`, `email`, `id` \
         or `name`"
    )]
    SeveralCells,
    /// The row has a cell beyond the header.
    #[error("there is a cell beyond the last column of the header")]
    BeyondHeader,
    /// The last row has no line end, and too few cells or an empty last one: the rest may be missing.
    #[error("the file ends in the middle of this row, or its line end is missing")]
    CutOff,
    /// A cell has a line break.
    #[error("there is a line break in the cell: a quotation mark may be missing")]
    LineBreak,
    /// The number of quotation marks in the file is odd.
    #[error("the file has an odd number of quotation marks: one is missing in this row or before")]
    OpenQuote,
    /// The cell is empty, and the row needs it.
    #[error("the cell is empty")]
    MissingCell,
    /// A user who is named by neither an id nor an e-mail address.
    #[error("expected an id or an e-mail address")]
    NoUser,
    /// A spreadsheet took the text for a number and rounded it: the digits are lost.
    #[error(
        "a spreadsheet has turned the id into the number {0}: type it again, in a column of text"
    )]
    Rounded(String),
    /// A spreadsheet wrote an error of a formula.
    #[error("a formula of the spreadsheet has failed here: {0}")]
    Formula(&'static str),
    /// A date that cannot be read, or not with certainty.
    #[error(transparent)]
    Date(DateProblem),
    /// The row ends before it begins, or when it begins.
    #[error("the row ends before it begins")]
    EndsFirst,
    /// Neither additive nor authoritative.
    #[error("expected `additive`, `authoritative` or nothing")]
    UnknownMode,
    /// Another row has set another mode for the group.
    #[error("row {row} has set the mode of this group to {mode}")]
    OtherMode {
        /// That row.
        row: u32,
        /// Its mode.
        mode: Mode,
    },
    /// The file is not JSON.
    #[error("the JSON cannot be read at line {line}, column {column}")]
    Json {
        /// The line in the file, from 1.
        line: usize,
        /// The column in the file, from 1.
        column: usize,
    },
    /// The file is JSON, and no array.
    #[error("a roster in JSON is an array")]
    NoArray,
    /// The group does not exist in this workspace.
    #[error("there is no such group")]
    UnknownGroup,
    /// The name is that of so many groups.
    #[error("{0} groups have this name: use the id")]
    SeveralGroups(usize),
    /// The members of the group were not observed.
    #[error("the members of this group were not read")]
    UnreadGroup,
    /// Nobody in the system of the group has the id or the e-mail address. The users of systems of which
    /// the roster names no group are not read.
    #[error("there is no such user in the system of this group")]
    UnknownUser,
    /// So many people in the group's system, or so many identities, have the e-mail address.
    #[error("{0} people have this e-mail address: use the id")]
    SeveralUsers(usize),
    /// The user is known in another system than that of the group.
    #[error("the user belongs to another system than the group")]
    OtherSystem,
    /// A value in JSON that is neither a text nor null.
    #[error("expected a text or null")]
    NoText,
}

/// Everything that is wrong with a roster: the first problems, and the number of the others.
///
/// # Examples
///
/// ```
/// use access_groups_roster::{ReadOptions, Roster};
///
/// let file = "user,group,until\n\
///             ada@example.com,Gym,03/04/2026\n\
///             1.16E+20,Gym,\n";
/// let problems = Roster::from_csv(file.as_bytes(), &ReadOptions::new()).unwrap_err();
/// let [date, id] = &problems.listed[..] else { panic!("two problems") };
/// assert_eq!(
///     date.to_string(),
///     "row 2, column until: 03/04/2026 is either 2026-04-03 or 2026-03-04: write one of these"
/// );
/// assert_eq!((id.row, problems.count()), (Some(3), 2));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problems {
    /// The first ones that were found, in the order of the rows. At least one.
    pub listed: Vec<Problem>,
    /// How many there are beyond these.
    pub more: usize,
}

impl Problems {
    /// The number of all problems.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.listed.len() + self.more
    }

    pub(crate) fn one(problem: Problem) -> Self {
        Self {
            listed: vec![problem],
            more: 0,
        }
    }
}

/// One line for each.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, problem) in self.listed.iter().enumerate() {
            let separator = if place == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl StdError for Problems {}

/// Takes problems as they are found, and keeps the first ones.
#[derive(Debug)]
pub(crate) struct Found {
    problems: Problems,
    limit: usize,
}

impl Found {
    pub(crate) fn new(limit: usize) -> Self {
        let (listed, more) = (Vec::new(), 0);
        Self {
            problems: Problems { listed, more },
            limit,
        }
    }

    pub(crate) fn add(&mut self, problem: Problem) {
        // The first one always: an error without a reason helps nobody.
        match self.problems.listed.len() < self.limit.max(1) {
            true => self.problems.listed.push(problem),
            false => self.problems.more += 1,
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.problems.listed.is_empty()
    }

    /// The value, if there was no problem.
    pub(crate) fn or<T>(mut self, value: T) -> Result<T, Problems> {
        // Groups are looked for before users. What is wrong with the file as a whole comes last.
        self.problems
            .listed
            .sort_by_key(|problem| (problem.row.is_none(), problem.row));
        match self.is_empty() {
            true => Ok(value),
            false => Err(self.problems),
        }
    }
}
