//! CSV as spreadsheets write it.

use csv::{ReaderBuilder, StringRecord};

use super::{
    Column, Problem, ProblemKind, Problems, ReadOptions, Roster,
    collect::{Cells, Collector},
    text,
};

pub(super) fn read(file: &[u8], options: &ReadOptions) -> Result<Roster, Problems> {
    let text = text::decode(file).map_err(Problems::one)?;
    let text = without_separator(&text);
    let (separator, header) = header(text);
    let mut collector = Collector::new(options);
    let columns = columns(&header, &mut collector);
    // Without its columns, a row means nothing.
    if !columns.is_usable() {
        return collector.finish();
    }
    let quotes = text.bytes().filter(|byte| *byte == b'"').count();
    let mut rows = Rows::new(text, separator);
    let mut record = StringRecord::new();
    // The header, again.
    rows.read(&mut record);
    while rows.read(&mut record) {
        take(&record, rows.number, quotes > 0, &columns, &mut collector);
    }
    // The last row, or the one that has swallowed the others.
    let problem = |kind| Problem::of_row(rows.number, kind);
    let is_short = (1..header.len()).contains(&record.len());
    // Such a row may have had an `until`.
    let is_open = header.len() > 1 && record.iter().next_back().is_some_and(str::is_empty);
    if !quotes.is_multiple_of(2) {
        collector.refuse(problem(ProblemKind::OpenQuote));
    } else if (is_short || is_open) && !text.ends_with(['\n', '\r']) {
        collector.refuse(problem(ProblemKind::CutOff));
    }
    collector.finish()
}

fn take(
    record: &StringRecord,
    number: u32,
    has_quotes: bool,
    columns: &Columns,
    collector: &mut Collector<'_>,
) {
    let mut cells = Cells::default();
    let mut is_whole = true;
    for (place, text) in record.iter().enumerate() {
        let column = columns.0.get(place).copied();
        let problem = match column.unwrap_or(Column::Other(place + 1)) {
            // Only a cell in quotation marks can have one.
            _ if has_quotes && text.contains(['\n', '\r']) => Some(ProblemKind::LineBreak),
            Column::Other(_) if text.trim().is_empty() => None,
            Column::Other(_) if column.is_none() => Some(ProblemKind::BeyondHeader),
            Column::Other(_) => Some(ProblemKind::UnknownColumn),
            known => {
                if let Some(cell) = cells.cell(known) {
                    *cell = text;
                }
                None
            }
        };
        if let Some(kind) = problem {
            let column = column.unwrap_or(Column::Other(place + 1));
            collector.refuse(Problem::of_cell(number, column, kind));
            is_whole = false;
        }
    }
    // One mistake is one problem: what is left of the row would make more.
    if is_whole {
        collector.take(number, cells);
    }
}

/// The columns of a header. Blank ones are [`Column::Other`], and must be blank in every row.
struct Columns(Vec<Column>);

impl Columns {
    fn is_usable(&self) -> bool {
        self.0.contains(&Column::User) && self.0.contains(&Column::Group)
    }
}

fn columns(header: &StringRecord, collector: &mut Collector<'_>) -> Columns {
    let mut columns = Vec::new();
    for (place, name) in header.iter().enumerate() {
        let column = Column::named(name).unwrap_or(Column::Other(place + 1));
        let kind = match column {
            Column::Other(_) if name.trim().is_empty() => None,
            Column::Other(_) => Some(ProblemKind::UnknownColumn),
            known => columns
                .contains(&known)
                .then_some(ProblemKind::RepeatedColumn),
        };
        if let Some(kind) = kind {
            collector.refuse(Problem::of_cell(1, column, kind));
        }
        columns.push(column);
    }
    for column in [Column::User, Column::Group] {
        if !columns.contains(&column) && !header.is_empty() {
            collector.refuse(Problem::of_row(1, ProblemKind::MissingColumn(column)));
        }
    }
    Columns(columns)
}

/// The separator with which the header has the most known columns, and the header.
fn header(text: &str) -> (u8, StringRecord) {
    let read = |separator| {
        let mut header = StringRecord::new();
        Rows::new(text, separator).read(&mut header);
        (separator, header)
    };
    let known = |(_, header): &(u8, StringRecord)| {
        header
            .iter()
            .filter(|name| Column::named(name).is_some())
            .count()
    };
    let [comma, semicolon, tab] = [b',', b';', b'\t'].map(read);
    [semicolon, tab]
        .into_iter()
        .fold(comma, |best, other| match known(&other) > known(&best) {
            true => other,
            false => best,
        })
}

/// Without the line in which Excel names the separator, and which it does not count as a row.
pub(super) fn without_separator(text: &str) -> &str {
    let is_named = text
        .get(..4)
        .is_some_and(|begin| begin.eq_ignore_ascii_case("sep="));
    match text.find('\n') {
        Some(end) if is_named => &text[end + 1..],
        _ => text,
    }
}

/// The records of a file, with their rows as a spreadsheet counts them.
pub(super) struct Rows<'t> {
    reader: csv::Reader<&'t [u8]>,
    text: &'t [u8],
    line_end: u8,
    /// Up to where line ends were counted.
    counted: usize,
    /// The row of the last record.
    pub(super) number: u32,
}

impl<'t> Rows<'t> {
    pub(super) fn new(text: &'t str, separator: u8) -> Self {
        let mut builder = ReaderBuilder::new();
        builder
            .has_headers(false)
            .flexible(true)
            .delimiter(separator);
        let text = text.as_bytes();
        Self {
            reader: builder.from_reader(text),
            text,
            // Classic Macs ended lines with a carriage return alone.
            line_end: if text.contains(&b'\n') { b'\n' } else { b'\r' },
            counted: 0,
            number: 1,
        }
    }

    /// Reads the next record; `false` at the end. The record is then the last one.
    pub(super) fn read(&mut self, record: &mut StringRecord) -> bool {
        // The csv crate leaves out blank lines, and says of a record where these begin.
        let begin = usize::try_from(self.reader.position().byte()).unwrap_or(usize::MAX);
        let rest = self.text.get(begin..).unwrap_or_default();
        let blank = rest
            .iter()
            .take_while(|byte| matches!(byte, b'\n' | b'\r'))
            .count();
        if blank == rest.len() {
            return false;
        }
        let begin = begin + blank;
        let passed = &self.text[self.counted..begin];
        let ends = passed.iter().filter(|byte| **byte == self.line_end).count();
        self.number = self
            .number
            .saturating_add(u32::try_from(ends).unwrap_or(u32::MAX));
        self.counted = begin;
        // It cannot fail: the text is UTF-8, in memory, and rows may differ in length.
        self.reader.read_record(record).unwrap_or(false)
    }
}
