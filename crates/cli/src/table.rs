//! Tables for people, as wide as the screen at most.

use crate::{
    describe,
    layout::{self, width_of},
    resolve::SHORTEST_ID,
};

/// Rows under a header. The first column is a name, the last one an id.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    header: Vec<&'static str>,
    rows: Vec<Row>,
    /// Whether the last column is one of ids.
    has_ids: bool,
}

#[derive(Debug, Clone, Default)]
struct Row {
    /// The name, if it takes a line of its own.
    above: Option<String>,
    cells: Vec<String>,
    /// What comes under the row, across all columns.
    notes: Vec<String>,
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
        let row = |cells| Row {
            cells: one_line(cells),
            ..Row::default()
        };
        Self {
            header: header.into(),
            rows: rows.into_iter().map(row).collect(),
            has_ids: true,
        }
    }

    /// A table whose last column is like the others.
    pub(crate) fn without_ids(
        header: impl Into<Vec<&'static str>>,
        rows: impl IntoIterator<Item = Vec<String>>,
    ) -> Self {
        Self {
            has_ids: false,
            ..Self::new(header, rows)
        }
    }

    /// Adds notes, which come under their rows and across all columns.
    pub(crate) fn with_notes(mut self, notes: impl IntoIterator<Item = Vec<String>>) -> Self {
        for (row, notes) in self.rows.iter_mut().zip(notes) {
            row.notes = one_line(notes);
        }
        self
    }

    /// The table as text of this width, without a line feed at the end.
    ///
    /// Long cells are broken between words into several lines. Where a word is too long for its
    /// column, the cell comes under its row, a name above it; where even that does not fit, each
    /// row becomes a block with a line for each cell.
    pub(crate) fn render(mut self, width: usize, ids: Ids) -> String {
        if self.has_ids && ids == Ids::Short {
            self.shorten_ids();
        }
        if self.least_width() > width {
            let mut narrow = self.clone();
            while narrow.least_width() > width {
                if !narrow.take_out_longest_words() {
                    return self.as_blocks(width);
                }
            }
            self = narrow;
        }
        let widths = self.widths(width);
        let header: Vec<_> = self
            .header
            .iter()
            .map(|label| (*label).to_owned())
            .collect();
        let mut lines = vec![beside(&header, &widths)];
        for row in &self.rows {
            lines.extend(
                row.above
                    .iter()
                    .map(|name| layout::hanging("", name, width)),
            );
            lines.push(beside(&row.cells, &widths));
            let notes = row.notes.iter();
            lines.extend(notes.map(|note| layout::hanging(NOTE_INDENT, note, width)));
        }
        lines.join("\n")
    }

    fn shorten_ids(&mut self) {
        let ids: Vec<_> = self
            .rows
            .iter()
            .filter_map(|row| row.cells.last())
            .collect();
        let short = shortened(&ids);
        for (row, short) in self.rows.iter_mut().zip(short) {
            if let Some(id) = row.cells.last_mut() {
                *id = short;
            }
        }
    }

    /// The label of a column and its cells.
    fn column(&self, index: usize) -> Vec<&str> {
        let cells = self.rows.iter().filter_map(|row| row.cells.get(index));
        let label = self.header.get(index).copied();
        label.into_iter().chain(cells.map(String::as_str)).collect()
    }

    fn gaps(&self) -> usize {
        GAP * self.header.len().saturating_sub(1)
    }

    /// The width with a word a line in each column.
    fn least_width(&self) -> usize {
        let columns = 0..self.header.len();
        let words = columns.map(|index| widest_word(&self.column(index)));
        words.sum::<usize>() + self.gaps()
    }

    /// The width of each column, with lines as short as needed.
    fn widths(&self, width: usize) -> Vec<usize> {
        let columns: Vec<_> = (0..self.header.len())
            .map(|index| self.column(index))
            .collect();
        // With lines of this width at most, the width that the column really has.
        let taken = |cells: &[&str], width: usize| {
            let widest = cells.iter().map(|cell| layout::wrapped_width(cell, width));
            widest.max().unwrap_or_default()
        };
        let least: Vec<_> = columns.iter().map(|cells| widest_word(cells)).collect();
        let spare = width.saturating_sub(least.iter().sum::<usize>() + self.gaps());
        // Not from the natural width: a text of a service may be a million characters long.
        let columns_and_least = columns.iter().zip(&least);
        let mut widths: Vec<_> = columns_and_least
            .map(|(cells, least)| taken(cells, least + spare))
            .collect();
        while widths.iter().sum::<usize>() + self.gaps() > width {
            // The widest that can give way does, so that columns become alike and rows stay low.
            let all = widths.iter().zip(&least).enumerate();
            let all = all.filter(|(_, (width, least))| width > least);
            let Some((widest, _)) = all.max_by_key(|(_, (width, _))| **width) else {
                break;
            };
            widths[widest] = taken(&columns[widest], widths[widest] - 1);
        }
        widths
    }

    /// Takes the cells with the longest words out of the column in which few of them cost most.
    /// False if no words are long.
    fn take_out_longest_words(&mut self) -> bool {
        let ids = self.header.len().saturating_sub(1);
        let gain = |index: usize| {
            let label = self
                .header
                .get(index)
                .map_or(0, |label| longest_word(label));
            let mut words: Vec<_> = self
                .column(index)
                .into_iter()
                .skip(1)
                .map(longest_word)
                .collect();
            words.sort_unstable();
            let longest = words
                .last()
                .copied()
                .filter(|longest| *longest > LONG_WORD.max(label))?;
            let rest = words.partition_point(|word| *word < longest);
            let next = words[..rest].last().copied().unwrap_or_default().max(label);
            // Per cell, in hundredths, because most gains are small.
            Some((
                100 * (longest - next) / (words.len() - rest),
                index,
                longest,
            ))
        };
        let Some((_, index, longest)) = (0..ids).filter_map(gain).max() else {
            return false;
        };
        let is_out = |cell: &String| longest_word(cell) >= longest;
        // Those that were taken out before are empty now, like those that always were.
        let stay = self.rows.iter().map(|row| &row.cells[index]);
        let stay = stay
            .filter(|cell| !cell.is_empty() && !is_out(cell))
            .count();
        let label = self.header[index];
        // A column that few rows have is none; the name always is one.
        let is_whole = index > 0 && 2 * stay < self.rows.len();
        for row in &mut self.rows {
            if !is_whole && !is_out(&row.cells[index]) {
                continue;
            }
            let cell = match is_whole {
                true => row.cells.remove(index),
                false => std::mem::take(&mut row.cells[index]),
            };
            match index {
                0 => row.above = Some(cell),
                _ if cell.is_empty() => {}
                _ => row.notes.insert(0, format!("{label}: {cell}")),
            }
        }
        if is_whole {
            self.header.remove(index);
        }
        true
    }

    fn as_blocks(&self, width: usize) -> String {
        let widest = self.header.iter().map(|label| label.len()).max();
        let widest = widest.unwrap_or_default();
        let record = |row: &Row| {
            let cells = self.header.iter().zip(&row.cells);
            let filled = cells.filter(|(_, cell)| !cell.is_empty());
            let lines = filled
                .map(|(label, cell)| layout::hanging(&format!("{label:<widest$}  "), cell, width));
            let notes = row.notes.iter();
            let notes = notes.map(|note| layout::hanging("", note, width));
            lines.chain(notes).collect::<Vec<_>>().join("\n")
        };
        let records: Vec<_> = self.rows.iter().map(record).collect();
        records.join("\n\n")
    }
}

/// Texts that cannot break the line they stand in.
fn one_line(texts: Vec<String>) -> Vec<String> {
    texts.iter().map(|text| describe::line(text)).collect()
}

fn widest_word(cells: &[&str]) -> usize {
    let words = cells.iter().map(|cell| longest_word(cell));
    words.max().unwrap_or_default()
}

fn longest_word(text: &str) -> usize {
    text.split(' ').map(width_of).max().unwrap_or_default()
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
pub(crate) fn shortened(ids: &[&String]) -> Vec<String> {
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

/// The width of a word up to which it has its place in a column.
const LONG_WORD: usize = 12;

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
    fn huge_name_does_not_stall_a_table() {
        let name = "ab ".repeat(333_334);
        let rows = [vec![name.trim_end().to_owned(), ID.to_owned()]];
        let shown = Table::new(["name", "id"], rows).render(80, Ids::Short);
        let widest = shown.lines().map(str::len).max();
        assert!(widest <= Some(80), "{widest:?}");
        assert_eq!(shown.matches("ab").count(), 333_334);
    }

    #[test]
    fn long_words_leave_their_column() {
        check(
            30,
            Ids::Short,
            &[
                "name               id",
                "Ada King Lovelace  a0000000",
                "  e-mail: ada@example.com",
                "Wu                 a0000001",
            ],
        );
        let rows = [
            ["Ada", "ada@example.com", ID],
            [
                "Wolfeschlegelsteinhausenbergerdorff Jr",
                "wolf@example.com",
                OTHER,
            ],
            ["Wu", "wu.of.the.longest.address@example.com", "b0000000"],
        ];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        let shown = Table::new(["name", "e-mail", "id"], rows).render(36, Ids::Short);
        let expected = [
            "name  e-mail            id",
            "Ada   ada@example.com   a0000000",
            "Wolfeschlegelsteinhausenbergerdorff",
            "Jr",
            "      wolf@example.com  a0000001",
            "Wu                      b0000000",
            "  e-mail:",
            "  wu.of.the.longest.address@example.com",
        ];
        assert_eq!(shown, expected.join("\n"), "{shown}");
    }

    #[test]
    fn narrow_table_becomes_blocks() {
        let expected = [
            "name    Ada King",
            "        Lovelace",
            "e-mail  ada@example.com",
            "id      a0000000",
            "",
            "name    Wu",
            "id      a0000001",
        ];
        check(17, Ids::Short, &expected);
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
        let blocks = table().render(17, Ids::Short);
        let first = "id      a0000000\nerror: The site\nis full, so\nsorry. (full)\n\nname";
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
