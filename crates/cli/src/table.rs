//! Tables for people, as wide as the screen at most.

use crate::{
    failure::printable,
    layout::{self, width_of},
};

/// Rows under a header. The last column is an id, which is never broken.
#[derive(Debug)]
pub(crate) struct Table {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    /// The notes under each row.
    notes: Vec<Vec<String>>,
}

/// How ids are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Ids {
    /// By the shortest beginning, of 8 characters or more, that no other id of the table has.
    #[default]
    Short,
    /// Whole.
    Whole,
}

impl Table {
    /// A table of these rows, each with a cell for each column.
    pub(crate) fn new(
        header: impl Into<Vec<&'static str>>,
        rows: impl IntoIterator<Item = Vec<String>>,
    ) -> Self {
        Self {
            header: header.into(),
            rows: rows.into_iter().map(one_line).collect(),
            notes: Vec::new(),
        }
    }

    /// Adds notes, which come under their rows and across all columns.
    pub(crate) fn with_notes(mut self, notes: impl IntoIterator<Item = Vec<String>>) -> Self {
        self.notes = notes.into_iter().map(one_line).collect();
        self
    }

    /// The table as text of this width, without a line feed at the end.
    ///
    /// Long cells are broken between words into several lines; if the width is too small even for
    /// that, each row becomes a block with a line for each cell.
    pub(crate) fn render(mut self, width: usize, ids: Ids) -> String {
        if ids == Ids::Short {
            self.shorten_ids();
        }
        match self.widths(width) {
            Some(widths) => {
                let header: Vec<_> = self
                    .header
                    .iter()
                    .map(|label| (*label).to_owned())
                    .collect();
                let mut lines = vec![beside(&header, &widths)];
                for (index, row) in self.rows.iter().enumerate() {
                    lines.push(beside(row, &widths));
                    let notes = self.notes_of(index).iter();
                    lines.extend(notes.map(|note| layout::hanging(NOTE_INDENT, note, width)));
                }
                lines.join("\n")
            }
            None => self.as_blocks(width),
        }
    }

    fn shorten_ids(&mut self) {
        let ids: Vec<_> = self.rows.iter().filter_map(|row| row.last()).collect();
        let short = shortened(&ids);
        for (row, short) in self.rows.iter_mut().zip(short) {
            if let Some(id) = row.last_mut() {
                *id = short;
            }
        }
    }

    /// The width of each column, if the words fit.
    fn widths(&self, width: usize) -> Option<Vec<usize>> {
        let columns: Vec<Vec<&str>> = (0..self.header.len())
            .map(|index| {
                let cells = self.rows.iter().filter_map(|row| row.get(index));
                let header = self.header.get(index).copied();
                header
                    .into_iter()
                    .chain(cells.map(String::as_str))
                    .collect()
            })
            .collect();
        // With lines of this width at most, the width that the column really has.
        let taken = |cells: &[&str], width: usize| {
            let lines = cells.iter().flat_map(|cell| layout::wrap(cell, width));
            lines.map(|line| width_of(&line)).max().unwrap_or_default()
        };
        let mut widths: Vec<_> = columns
            .iter()
            .map(|cells| taken(cells, usize::MAX))
            .collect();
        let least: Vec<_> = columns.iter().map(|cells| taken(cells, 1)).collect();
        let gaps = GAP * self.header.len().saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > width {
            // The widest that can give way does, so that columns become alike and rows stay low.
            let all = widths.iter().zip(&least).enumerate();
            let (widest, _) = all
                .filter(|(_, (width, least))| width > least)
                .max_by_key(|(_, (width, _))| **width)?;
            widths[widest] = taken(&columns[widest], widths[widest] - 1);
        }
        Some(widths)
    }

    fn as_blocks(&self, width: usize) -> String {
        let widest = self.header.iter().map(|label| label.len()).max();
        let widest = widest.unwrap_or_default();
        let record = |(index, row): (usize, &Vec<String>)| {
            let cells = self.header.iter().zip(row);
            let filled = cells.filter(|(_, cell)| !cell.is_empty());
            let lines = filled
                .map(|(label, cell)| layout::hanging(&format!("{label:<widest$}  "), cell, width));
            let notes = self.notes_of(index).iter();
            let notes = notes.map(|note| layout::hanging("", note, width));
            lines.chain(notes).collect::<Vec<_>>().join("\n")
        };
        let records: Vec<_> = self.rows.iter().enumerate().map(record).collect();
        records.join("\n\n")
    }

    fn notes_of(&self, row: usize) -> &[String] {
        self.notes.get(row).map_or(&[], Vec::as_slice)
    }
}

/// Texts that cannot break the line they stand in.
fn one_line(texts: Vec<String>) -> Vec<String> {
    let texts = texts.iter();
    texts
        .map(|text| printable(text).replace('\n', " "))
        .collect()
}

/// The cells of a row beside each other, each in its column.
fn beside(row: &[String], widths: &[usize]) -> String {
    let cells = row.iter().zip(widths);
    let cells: Vec<_> = cells
        .map(|(cell, width)| layout::wrap(cell, *width))
        .collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or_default();
    let line = |index: usize| {
        let cells = cells.iter().zip(widths).map(|(cell, width)| {
            let text = cell.get(index).map_or("", String::as_str);
            let blanks = width.saturating_sub(width_of(text));
            format!("{text}{:blanks$}", "")
        });
        let line = cells.collect::<Vec<_>>().join(&" ".repeat(GAP));
        line.trim_end().to_owned()
    };
    (0..height).map(line).collect::<Vec<_>>().join("\n")
}

/// Each id by its shortest beginning that no other of these ids has.
fn shortened(ids: &[&String]) -> Vec<String> {
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let short = |id: &&String| {
        // Only neighbours can share more than all others do.
        let place = sorted.binary_search(id).unwrap_or_default();
        let before = place.checked_sub(1).and_then(|place| sorted.get(place));
        let neighbours = before.into_iter().chain(sorted.get(place + 1));
        let shared = neighbours.map(|other| shared_beginning(id, other)).max();
        let length = shared.map_or(0, |shared| shared + 1).max(SHORTEST_ID);
        id.chars().take(length).collect()
    };
    ids.iter().map(short).collect()
}

fn shared_beginning(one: &str, other: &str) -> usize {
    let pairs = one.chars().zip(other.chars());
    pairs.take_while(|(one, other)| one == other).count()
}

/// The number of blanks between two columns.
const GAP: usize = 2;

/// Before a note, so that nobody takes it for a row.
const NOTE_INDENT: &str = "  ";

/// The least length of the beginning of an id; the command line accepts no shorter one.
const SHORTEST_ID: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "a0000000-0000-4000-8000-000000000001";
    const OTHER: &str = "a0000001-0000-4000-8000-000000000001";

    fn people() -> Table {
        let ada = ["Ada King Lovelace", "ada@example.com", ID];
        let rows = [ada, ["Wu", "", OTHER]].map(|row| row.map(str::to_owned).to_vec());
        Table::new(["name", "e-mail", "id"], rows)
    }

    fn check(width: usize, ids: Ids, expected: &[&str]) {
        let shown = people().render(width, ids);
        let expected = expected.join("\n");
        let expected = expected.replace("ID", ID).replace("OTHER", OTHER);
        assert_eq!(shown, expected, "{width:?}\n{shown}");
    }

    #[test]
    fn row_that_fits_is_one_line() {
        for width in [44, 80] {
            check(
                width,
                Ids::Short,
                &[
                    "name               e-mail           id",
                    "Ada King Lovelace  ada@example.com  a0000000",
                    "Wu                                  a0000001",
                ],
            );
        }
        check(
            72,
            Ids::Whole,
            &[
                "name               e-mail           id",
                "Ada King Lovelace  ada@example.com  ID",
                "Wu                                  OTHER",
            ],
        );
    }

    #[test]
    fn wide_table_is_broken_between_words() {
        check(
            40,
            Ids::Short,
            &[
                "name      e-mail           id",
                "Ada King  ada@example.com  a0000000",
                "Lovelace",
                "Wu                         a0000001",
            ],
        );
        for width in 35..44 {
            let shown = people().render(width, Ids::Short);
            let widest = shown.lines().map(str::len).max();
            assert!(widest <= Some(width), "{width}\n{shown}");
            for word in ["Ada", "King", "Lovelace", "ada@example.com", "a0000000"] {
                assert!(shown.contains(word), "{width}\n{shown}");
            }
        }
    }

    #[test]
    fn narrow_table_becomes_blocks() {
        let expected = [
            "name    Ada King Lovelace",
            "e-mail  ada@example.com",
            "id      a0000000",
            "",
            "name    Wu",
            "id      a0000001",
        ];
        check(34, Ids::Short, &expected);
        let shown = people().render(20, Ids::Short);
        assert!(
            shown.starts_with("name    Ada King\n        Lovelace\n"),
            "{shown}"
        );
    }

    #[test]
    fn notes_come_under_their_row() {
        let note = vec!["error: The site is full, so sorry. (full)".to_owned()];
        let table = || people().with_notes([note.clone(), Vec::new()]);
        assert_eq!(
            table().render(40, Ids::Short),
            "name      e-mail           id\n\
             Ada King  ada@example.com  a0000000\n\
             Lovelace\n  \
             error: The site is full, so sorry.\n  \
             (full)\n\
             Wu                         a0000001"
        );
        let blocks = table().render(30, Ids::Short);
        let first = "id      a0000000\nerror: The site is full, so\nsorry. (full)\n\nname";
        assert!(blocks.contains(first), "{blocks}");
    }

    fn check_short(ids: &[&str], expected: &[&str]) {
        let ids: Vec<_> = ids.iter().map(|id| (*id).to_owned()).collect();
        let ids: Vec<_> = ids.iter().collect();
        assert_eq!(shortened(&ids), expected, "{ids:?}");
    }

    #[test]
    fn short_id_is_unique_and_has_8_characters() {
        check_short(&[ID], &["a0000000"]);
        check_short(&[ID, ID], &["a0000000", "a0000000"]);
        check_short(&[OTHER, ID], &["a0000001", "a0000000"]);
        check_short(
            &[
                ID,
                "a0000000-1000-4000-8000-000000000001",
                "b0000000-0000-4000-8000-000000000001",
            ],
            &["a0000000-0", "a0000000-1", "b0000000"],
        );
        check_short(
            &[ID, "a0000000-0000-4000-8000-000000000002"],
            &[ID, "a0000000-0000-4000-8000-000000000002"],
        );
        check_short(&[], &[]);
    }

    #[test]
    fn columns_count_cells_of_the_screen() {
        let names = ["東京 太郎", "Zoe\u{301} \u{1f469}", "שרה לוי"];
        let rows = names.map(|name| vec![name.to_owned(), ID.to_owned()]);
        let shown = Table::new(["name", "id"], rows).render(80, Ids::Short);
        let columns = shown.lines().skip(1).map(|line| {
            let id = line.find("a0000000").expect("an id");
            width_of(&line[..id])
        });
        assert_eq!(columns.collect::<Vec<_>>(), [11, 11, 11], "{shown}");
    }

    #[test]
    fn cell_cannot_break_lines_or_control_terminal() {
        let row = vec!["A\nda\u{1b}[2J\u{200f}".into(), "1".into()];
        let table = Table::new(["name", "id"], [row]);
        assert_eq!(
            table.render(80, Ids::Whole),
            "name       id\nA da\u{fffd}[2J\u{fffd}  1"
        );
    }
}
