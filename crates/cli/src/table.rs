//! Tables for people: as wide as the terminal at most; elsewhere, one line per row.

use comfy_table::{ColumnConstraint, ContentArrangement, Width, presets};

use crate::failure::printable;

/// Rows under a header. The last column is an id, which is never broken.
#[derive(Debug)]
pub(crate) struct Table {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table of these rows, each with a cell for each column.
    pub(crate) fn new(
        header: impl Into<Vec<&'static str>>,
        rows: impl IntoIterator<Item = Vec<String>>,
    ) -> Self {
        let printable = |cell: &String| printable(cell).replace('\n', " ");
        let rows = rows.into_iter();
        Self {
            header: header.into(),
            rows: rows
                .map(|row| row.iter().map(printable).collect())
                .collect(),
        }
    }

    /// The table as text, without a line feed at the end.
    ///
    /// Without a width, each row is one line. Otherwise long cells are broken into several lines;
    /// if the width is too small even for that, each row becomes a block with one line per cell.
    pub(crate) fn render(&self, width: Option<u16>) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(&self.header);
        table.add_rows(&self.rows);
        // The last column is the id.
        let last = self.header.len().saturating_sub(1);
        for (index, column) in table.column_iter_mut().enumerate() {
            // No blanks at the end of a line.
            column.set_padding((0, if index == last { 0 } else { GAP }));
        }
        let Some(width) = width else {
            return table.trim_fmt();
        };
        // The library would break ids too, so the widths are computed here.
        let natural = table.column_max_content_widths();
        let gaps = GAP.saturating_mul(u16::try_from(last).unwrap_or(u16::MAX));
        let least = natural.iter().enumerate().map(|(index, natural)| {
            if index == last {
                *natural
            } else {
                (*natural).min(LEAST)
            }
        });
        let least: Vec<u16> = least.collect();
        if total(&natural, gaps) <= width {
            return table.trim_fmt();
        }
        if total(&least, gaps) > width {
            return self.as_blocks();
        }
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(width);
        let constraints = least.iter().enumerate().map(|(index, least)| {
            if index == last {
                ColumnConstraint::ContentWidth
            } else {
                ColumnConstraint::LowerBoundary(Width::Fixed(*least + GAP))
            }
        });
        table.set_constraints(constraints);
        table.trim_fmt()
    }

    fn as_blocks(&self) -> String {
        let widest = self.header.iter().map(|label| label.len()).max();
        let widest = widest.unwrap_or_default();
        let record = |row: &Vec<String>| {
            let cells = self.header.iter().zip(row);
            let filled = cells.filter(|(_, cell)| !cell.is_empty());
            let lines = filled.map(|(label, cell)| format!("{label:<widest$}  {cell}"));
            lines.collect::<Vec<_>>().join("\n")
        };
        let records: Vec<_> = self.rows.iter().map(record).collect();
        records.join("\n\n")
    }
}

fn total(columns: &[u16], gaps: u16) -> u16 {
    columns
        .iter()
        .fold(gaps, |sum, width| sum.saturating_add(*width))
}

/// The number of blanks between two columns.
const GAP: u16 = 2;

/// The least width of a column with wider content.
const LEAST: u16 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "a0000000-0000-4000-8000-000000000001";

    fn people() -> Table {
        let ada = ["Ada King Lovelace", "ada@example.com", ID];
        let rows = [ada, ["Wu", "", ID]].map(|row| row.map(str::to_owned).to_vec());
        Table::new(["name", "e-mail", "id"], rows)
    }

    fn check(width: Option<u16>, expected: &[&str]) {
        let shown = people().render(width);
        let expected = expected.join("\n").replace("ID", ID);
        assert_eq!(shown, expected, "{width:?}\n{shown}");
    }

    #[test]
    fn row_without_width_is_one_line() {
        check(
            None,
            &[
                "name               e-mail           id",
                "Ada King Lovelace  ada@example.com  ID",
                "Wu                                  ID",
            ],
        );
    }

    #[test]
    fn table_that_fits_is_unchanged() {
        for width in [72, 100] {
            assert_eq!(people().render(Some(width)), people().render(None));
        }
    }

    #[test]
    fn wide_table_breaks_cells_but_no_ids() {
        for width in 60..72 {
            let shown = people().render(Some(width));
            let widest = shown.lines().map(str::len).max();
            assert!(widest <= Some(width.into()), "{width}\n{shown}");
            assert_eq!(shown.matches(ID).count(), 2, "{width}\n{shown}");
            for word in ["Ada", "King", "Lovelace"] {
                assert!(shown.contains(word), "{width}\n{shown}");
            }
        }
    }

    #[test]
    fn narrow_table_becomes_blocks() {
        let expected = [
            "name    Ada King Lovelace",
            "e-mail  ada@example.com",
            "id      ID",
            "",
            "name    Wu",
            "id      ID",
        ];
        check(Some(59), &expected);
        check(Some(1), &expected);
    }

    #[test]
    fn cell_cannot_break_lines_or_control_terminal() {
        let row = vec!["A\nda\u{1b}[2J".into(), "1".into()];
        let table = Table::new(["name", "id"], [row]);
        assert_eq!(table.render(None), "name      id\nA da\u{fffd}[2J  1");
    }
}
