//! Text on a screen of some width: words are never broken.

use textwrap::{Options, WordSeparator, WordSplitter};
use unicode_width::UnicodeWidthChar;

/// The number of cells that a text takes on a terminal: two for each wide character, none for a
/// combining mark.
pub(crate) fn width_of(text: &str) -> usize {
    // Character by character, as most terminals count, and not as a typesetter would.
    text.chars().filter_map(UnicodeWidthChar::width).sum()
}

/// The lines of a text, broken between words; a word that is wider stays whole.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let lines = textwrap::wrap(text, options(width));
    lines.into_iter().map(|line| line.into_owned()).collect()
}

/// The width that a text takes with lines of this width at most.
pub(crate) fn wrapped_width(text: &str, width: usize) -> usize {
    match width_of(text) {
        natural if natural <= width => natural,
        _ => {
            let lines = wrap(text, width);
            lines
                .iter()
                .map(|line| width_of(line))
                .max()
                .unwrap_or_default()
        }
    }
}

/// A text behind a label; further lines begin where the text does.
pub(crate) fn hanging(label: &str, text: &str, width: usize) -> String {
    let blanks = " ".repeat(width_of(label));
    let options = options(width)
        .initial_indent(label)
        .subsequent_indent(&blanks);
    textwrap::fill(text, options)
}

/// A message of several lines. What does not fit continues under the text of its line, behind its
/// label if it has one.
pub(crate) fn message(text: &str, width: usize) -> String {
    let lines = text.lines().map(|line| {
        if width_of(line) <= width {
            return line.to_owned();
        }
        let start = text_of(line);
        hanging(&line[..start], &line[start..], width)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Where the text of a line begins: behind blanks, and behind a label as in "  doors  ".
fn text_of(line: &str) -> usize {
    let indent = line.len() - line.trim_start_matches(' ').len();
    if indent == 0 {
        return 0;
    }
    let rest = &line[indent..];
    let label = rest.find(' ').unwrap_or_default();
    let blanks = rest[label..].len() - rest[label..].trim_start_matches(' ').len();
    match blanks {
        0 | 1 => indent,
        blanks => indent + label + blanks,
    }
}

fn options<'a>(width: usize) -> Options<'a> {
    Options::new(width)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_take_two_cells() {
        let check = |text: &str, cells| assert_eq!(width_of(text), cells, "{text}");
        check("Ada", 3);
        check("東京", 4);
        check("Zoe\u{301}", 3);
        check("\u{1f469}", 2);
        check("שרה", 3);
        check("لا", 2); // two letters, although a typesetter joins them
        check("\u{fffd}", 1);
    }

    #[test]
    fn word_is_never_broken() {
        assert_eq!(
            wrap("Bed-and-Breakfast of Ada", 10),
            ["Bed-and-Breakfast", "of Ada"]
        );
        assert_eq!(wrap("東京 太郎", 5), ["東京", "太郎"]);
        assert_eq!(wrap("", 5), [""]);
    }

    #[test]
    fn message_continues_under_its_text() {
        let check = |text: &str, expected: &str| assert_eq!(message(text, 20), expected);
        check("Added Ada to Gym.", "Added Ada to Gym.");
        check("Added Ada Lovelace to Gym.", "Added Ada Lovelace\nto Gym.");
        check(
            "Added.\n  doors  Front Door, Gym, Roof",
            "Added.\n  doors  Front Door,\n         Gym, Roof",
        );
        check(
            "  hint: make the file writable",
            "  hint: make the\n  file writable",
        );
    }
}
