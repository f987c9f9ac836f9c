//! CSV for spreadsheets: a cell must not run as a formula when the file is opened.

/// Comes first in the file: without it, Excel takes UTF-8 for the code page of the machine.
pub(crate) const BYTE_ORDER_MARK: char = '\u{feff}';

/// Puts a `'` before a cell that a spreadsheet would run. Whoever reads the file takes away the
/// first `'` of every cell in which only more of them come before such a beginning.
pub(crate) fn defuse(cell: &mut String) {
    // Also before a cell that looks defused: otherwise nobody could tell it from one that is.
    if is_run(cell.trim_start_matches(MARK)) {
        cell.insert(0, MARK);
    }
}

/// Whether a spreadsheet takes the text for a formula, by its first character.
fn is_run(text: &str) -> bool {
    // The last four are the full-width signs, which count where people type them.
    let signs = [
        '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ];
    text.starts_with(signs)
}

const MARK: char = '\'';

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The inverse, for whoever reads such a file.
    fn undo(cell: &str) -> &str {
        match cell.strip_prefix(MARK) {
            Some(rest) if is_run(rest.trim_start_matches(MARK)) => rest,
            _ => cell,
        }
    }

    fn defused(cell: &str) -> String {
        let mut cell = cell.to_owned();
        defuse(&mut cell);
        cell
    }

    #[test]
    fn formula_is_defused_and_other_text_stays() {
        let check = |cell: &str, expected: &str| assert_eq!(defused(cell), expected);
        for start in ["=", "+", "-", "@", "\t", "\r", "\u{ff1d}"] {
            check(
                &format!("{start}cmd|' /C calc'!A0"),
                &format!("'{start}cmd|' /C calc'!A0"),
            );
        }
        check("'=1", "''=1");
        check("'t Hooft", "'t Hooft");
        check("Ada = Lovelace", "Ada = Lovelace");
        check("", "");
    }

    proptest! {
        #[test]
        fn defused_cell_is_read_back(cell in "[='+@a\t-]{0,5}|.{0,5}") {
            let defused = defused(&cell);
            prop_assert_eq!(undo(&defused), cell.as_str());
            prop_assert!(!is_run(&defused));
        }
    }
}
