//! Tables for people: as wide as the terminal at most, one line a row where nobody looks.

use comfy_table::{ColumnConstraint, ContentArrangement, Width, presets};

use crate::output::printable;

/// Rows under a header. The last column is an id: it is never broken.
#[derive(Debug)]
pub(crate) struct Table {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Without rows.
    pub(crate) fn new(header: &[&'static str]) -> Self {
        Self {
            header: header.to_vec(),
            rows: Vec::new(),
        }
    }

    /// One more row: a cell for each column.
    pub(crate) fn add(&mut self, row: Vec<String>) {
        let cells = row.iter().map(|cell| printable(cell).replace('\n', " "));
        self.rows.push(cells.collect());
    }

    /// As text without a line feed at the end.
    ///
    /// Without a width, each row is one line, however long. Else long cells are broken into
    /// several lines; where even that leaves too little for each column, the rows stand below
    /// each other, one line a cell.
    pub(crate) fn render(&self, width: Option<u16>) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(&self.header);
        table.add_rows(&self.rows);
        let last = self.header.len().saturating_sub(1);
        for (index, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, if index == last { 0 } else { GAP }));
        }
        let Some(width) = width else {
            return table.trim_fmt();
        };
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
            return self.below_each_other();
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

    fn below_each_other(&self) -> String {
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

/// How many blanks there are between two columns.
const GAP: u16 = 2;

/// How narrow a column may get whose content is wider.
const LEAST: u16 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "a0000000-0000-4000-8000-000000000001";

    fn people() -> Table {
        let mut table = Table::new(&["name", "e-mail", "id"]);
        table.add(vec![
            "Ada King Lovelace".into(),
            "ada@example.com".into(),
            ID.into(),
        ]);
        table.add(vec!["Wu".into(), String::new(), ID.into()]);
        table
    }

    fn check(width: Option<u16>, expected: &[&str]) {
        let shown = people().render(width);
        let expected = expected.join("\n").replace("ID", ID);
        assert_eq!(shown, expected, "{width:?}\n{shown}");
    }

    #[test]
    fn without_a_width_a_row_is_a_line() {
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
    fn what_fits_is_left_alone() {
        for width in [72, 100] {
            assert_eq!(people().render(Some(width)), people().render(None));
        }
    }

    #[test]
    fn what_does_not_fit_is_broken_and_an_id_never() {
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
    fn where_no_room_is_left_rows_stand_below_each_other() {
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
    fn no_cell_breaks_its_line_or_drives_the_terminal() {
        let mut table = Table::new(&["name", "id"]);
        table.add(vec!["A\nda\u{1b}[2J".into(), "1".into()]);
        assert_eq!(table.render(None), "name      id\nA da\u{fffd}[2J  1");
    }
}
