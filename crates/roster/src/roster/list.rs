//! A list of people, as a file names them.

use std::fmt;

use ::csv::StringRecord;

use super::{
    Found, Problem, ProblemKind, Problems, ReadOptions,
    collect::{check_text, without_mark},
    csv::{Rows, without_separator},
    text,
};

/// People, one by one, as a file names them: a text with one a line, or CSV with a header.
///
/// # The file
///
/// It is CSV if its first row names a column in which people stand. The first one of these counts, and
/// all other columns are left out, so that a list exported from anywhere can be used:
///
/// 1. `user`
/// 2. `acs_user_id`
/// 3. `email`, `e-mail`, `email_address`, `mail`
/// 4. `id`
/// 5. `name`, `full_name`, `display_name`
///
/// Capitals, blanks, hyphens and underscores in these names do not matter. Two columns of the same kind
/// are refused, because they may differ. A row without a cell in the column that counts is refused if
/// it has others.
///
/// Without such a header every line is one person. A line with several cells is then refused.
///
/// Encodings, separators, blank rows and blanks around a cell are as in a [`Roster`](crate::Roster). What
/// the texts mean, ids, addresses or names, is for the caller to find out.
///
/// # Examples
///
/// ```
/// use access_groups_roster::{PeopleList, ReadOptions};
///
/// let exported = "First name;E-Mail\nAda;ada@example.com\n\nGrace;grace@example.com\n";
/// let people = PeopleList::from_text(exported.as_bytes(), &ReadOptions::new())?;
/// let (row, text) = people.iter().nth(1).expect("Grace");
/// assert_eq!((row, text), (4, "grace@example.com"));
///
/// let plain = PeopleList::from_text(b"ada@example.com\n", &ReadOptions::new())?;
/// assert_eq!(plain.len(), 1);
///
/// let rounded = PeopleList::from_text(b"user\n1.16E+20\n", &ReadOptions::new()).unwrap_err();
/// assert_eq!(rounded.listed[0].row, Some(2));
/// # Ok::<(), access_groups_roster::Problems>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PeopleList(Vec<(u32, String)>);

impl PeopleList {
    /// Reads a list.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, with row and column. Nothing is accepted in part.
    pub fn from_text(file: &[u8], options: &ReadOptions) -> Result<Self, Problems> {
        let text = text::decode(file).map_err(Problems::one)?;
        let text = without_separator(&text);
        let mut reading = Reading {
            people: Vec::new(),
            found: Found::new(options.listed_problems.get()),
        };
        match header(text) {
            Some((separator, header)) => reading.table(text, separator, &header),
            None => reading.lines(text),
        }
        reading.finish(text)
    }

    /// The people in the order of the file, each with the row as a spreadsheet counts them. Somebody may
    /// be there twice.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (u32, &str)> {
        self.0.iter().map(|(row, text)| (*row, text.as_str()))
    }

    /// The number of rows with a person.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none. A list that was read has at least one.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Without the texts, which name people.
impl fmt::Debug for PeopleList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeopleList")
            .field("rows", &self.0.len())
            .finish_non_exhaustive()
    }
}

struct Reading {
    people: Vec<(u32, String)>,
    found: Found,
}

impl Reading {
    /// Reads the column that counts.
    fn table(&mut self, text: &str, separator: u8, header: &StringRecord) {
        let kinds: Vec<_> = header.iter().map(kind).collect();
        let Some(best) = kinds.iter().flatten().min().copied() else {
            return;
        };
        let mut places = (0..kinds.len()).filter(|place| kinds[*place] == Some(best));
        let Some(place) = places.next() else {
            return;
        };
        if let Some(other) = places.next() {
            let kind = ProblemKind::EqualColumns(place + 1, other + 1);
            return self.found.add(Problem::of_row(1, kind));
        }
        let mut rows = Rows::new(text, separator);
        let mut record = StringRecord::new();
        rows.read(&mut record); // the header, again
        while rows.read(&mut record) {
            if record.iter().any(|cell| !cell.trim().is_empty()) {
                self.take(rows.number, record.get(place).unwrap_or_default());
            }
        }
    }

    /// Reads every line as one person.
    fn lines(&mut self, text: &str) {
        let mut rows = Rows::new(text, separator_of(text));
        let mut record = StringRecord::new();
        while rows.read(&mut record) {
            let mut cells = record.iter().filter(|cell| !cell.trim().is_empty());
            match (cells.next(), cells.next()) {
                (None, _) => {}
                (Some(cell), None) => self.take(rows.number, cell),
                (Some(_), Some(_)) => self
                    .found
                    .add(Problem::of_row(rows.number, ProblemKind::SeveralCells)),
            }
        }
    }

    fn take(&mut self, row: u32, cell: &str) {
        let text = without_mark(cell.trim());
        let checked = match cell.contains(['\n', '\r']) {
            true => Err(ProblemKind::LineBreak),
            false => check_text(text),
        };
        match checked {
            Ok(()) => self.people.push((row, text.to_owned())),
            Err(kind) => self.found.add(Problem::of_row(row, kind)),
        }
    }

    fn finish(mut self, text: &str) -> Result<PeopleList, Problems> {
        let quotes = text.bytes().filter(|byte| *byte == b'"').count();
        if !quotes.is_multiple_of(2) {
            self.found.add(Problem::of_file(ProblemKind::OpenQuote));
        }
        if self.people.is_empty() && self.found.is_empty() {
            // It would change nothing, and so hide that it is the wrong file.
            self.found.add(Problem::of_file(ProblemKind::Empty));
        }
        self.found.or(PeopleList(self.people))
    }
}

/// The separator with which the first row names the most columns in which people stand, and that row;
/// `None` if it names none.
fn header(text: &str) -> Option<(u8, StringRecord)> {
    let read = |separator| {
        let mut header = StringRecord::new();
        Rows::new(text, separator).read(&mut header);
        let known = header.iter().filter(|name| kind(name).is_some()).count();
        (known, separator, header)
    };
    // Of equal ones the last counts: put the comma there.
    let all = [b'\t', b';', b','].map(read).into_iter();
    let (known, separator, header) = all.max_by_key(|(known, ..)| *known)?;
    (known > 0).then_some((separator, header))
}

/// The separator of a text without a header.
fn separator_of(text: &str) -> u8 {
    let separators = [b'\t', b';'].into_iter();
    let mut used = separators.filter(|separator| text.as_bytes().contains(separator));
    used.next().unwrap_or(b',')
}

/// The kind of a column in which people stand: the lower, the more exact.
fn kind(name: &str) -> Option<usize> {
    let name: String = name
        .chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '-' | '_'))
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    KINDS.iter().position(|kind| kind.contains(&&*name))
}

/// The columns in which people stand, without blanks, hyphens and underscores. An address comes before
/// `id`, which in a list of another program is an id of that program.
const KINDS: [&[&str]; 5] = [
    &["user"],
    &["acsuserid"],
    &["email", "emailaddress", "mail"],
    &["id"],
    &["name", "fullname", "displayname"],
];
