//! Which characters may reach a terminal: none that control it, hide, or change the order of others.
//!
//! Names and messages come from services, files and other people. An escape sequence rewrites what was
//! shown, a bidi override turns a text around, and what is invisible makes two names look the same.

use std::fmt::Write;

/// A text for people, with `�` for each character that may not be shown. Line feeds stay, and joiners do
/// where a script needs them.
pub(crate) fn printable(text: &str) -> String {
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    let mut shown = String::with_capacity(text.len());
    while let Some(character) = rest.next() {
        let is_shown = match character {
            '\n' => true,
            joiner if is_joiner(joiner) => joins(before, rest.peek().copied()),
            other => !is_harmful(other),
        };
        // One for one, so that columns stay aligned.
        shown.push(if is_shown { character } else { '\u{fffd}' });
        before = character;
    }
    shown
}

/// JSON with `\uXXXX` for each character that may not be shown: the same value, of which nothing is lost.
pub(crate) fn escaped(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            // Valid JSON has them between values only, and escapes them in texts.
            '\0'..=' ' => shown.push(character),
            other if is_harmful(other) || is_joiner(other) => push_escape(&mut shown, other),
            other => shown.push(other),
        }
    }
    shown
}

/// A character beyond the first 65,536 takes two escapes.
fn push_escape(shown: &mut String, character: char) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        write!(shown, "\\u{unit:04x}").expect("a String takes everything");
    }
}

/// Whether a character controls a terminal, is invisible, or changes how others are ordered or broken
/// into lines. Variation selectors are not: they belong to emoji and to Japanese names.
fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' // soft hyphen
            | '\u{61c}' | '\u{200e}' | '\u{200f}' // direction marks
            | '\u{180e}' | '\u{200b}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' // nothing to be seen
            | '\u{2028}'..='\u{202e}' // line and paragraph separators, embeddings and overrides
            | '\u{2060}'..='\u{206f}' // invisible operators, isolates, deprecated controls
            | '\u{fff9}'..='\u{fffb}' // interlinear annotations
            | '\u{e0000}'..='\u{e007f}' // tags
        )
}

/// Whether it is the zero-width non-joiner or joiner: invisible, but letters of many scripts, and emoji,
/// look otherwise without.
fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}')
}

/// Whether a joiner has something to join: two letters, or what precedes it is of a script beyond ASCII.
/// A word of Malayalam may end with one, and the parts of an emoji are no letters.
fn joins(before: char, after: Option<char>) -> bool {
    let is_between = before.is_alphanumeric() && after.is_some_and(char::is_alphanumeric);
    let is_visible = !is_harmful(before) && !is_joiner(before);
    is_between || (!before.is_ascii() && !before.is_whitespace() && is_visible)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(printable(text), expected, "{text:?}");
        assert_eq!(printable(expected), expected, "shown twice: {text:?}");
    }

    #[test]
    fn control_characters_are_replaced_and_names_stay() {
        check("Ærø 東京 \u{1F469}\nGym", "Ærø 東京 \u{1F469}\nGym");
        check(
            "a\u{1b}[31m\r\u{202e}b\u{9b}\u{7f}",
            "a\u{fffd}[31m\u{fffd}\u{fffd}b\u{fffd}\u{fffd}",
        );
    }

    #[test]
    fn what_hides_or_reorders_is_replaced() {
        for harmful in HARMFUL.iter().flat_map(|range| range.clone()) {
            check(&format!("a{harmful}b"), "a\u{fffd}b");
        }
        check("Ada\u{200d}", "Ada\u{fffd}");
        check("\u{200c}Ada", "\u{fffd}Ada");
        check("é\u{200d}\u{200d}\u{200c}", "é\u{200d}\u{fffd}\u{fffd}");
        check("é\u{202e}\u{200d}!", "é\u{fffd}\u{fffd}!");
    }

    #[test]
    fn words_of_all_scripts_stay() {
        for text in [
            "مریم می\u{200c}خواهد",       // Persian
            "שרה לוי",                    // Hebrew
            "क्\u{200d}ष शर्मा",            // Hindi
            "അരുണ\u{d4d}\u{200d}",         // Malayalam: at the end
            "Auf\u{200c}lage",            // German, without a ligature
            "\u{1f468}\u{200d}\u{1f469}", // a family
            "\u{2764}\u{fe0f}\u{200d}\u{1f525}",
            "葛\u{e0100}城", // a variant of a name
            "Zoe\u{301}",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn escaped_json_has_the_same_value() {
        let all: String = ('\0'..='\u{10ffff}').collect();
        let json = serde_json::to_string_pretty(&[all.as_str()]).expect("JSON");
        let shown = escaped(&json);
        assert!(!shown.contains(|c| c != '\n' && (is_harmful(c) || is_joiner(c))));
        let value: Vec<String> = serde_json::from_str(&shown).expect("JSON");
        assert!(value == [all], "the same text");
        assert_eq!(escaped("\u{9b}\u{e0041}"), "\\u009b\\udb40\\udc41");
        assert_eq!(
            escaped("{\n  \"é\": \"東京\"\n}\n"),
            "{\n  \"é\": \"東京\"\n}\n"
        );
    }

    /// What each rule is about, from the standards and not from the code.
    const HARMFUL: &[std::ops::RangeInclusive<char>] = &[
        '\0'..='\t',
        '\u{b}'..='\u{1f}',
        '\u{7f}'..='\u{9f}',
        '\u{ad}'..='\u{ad}',
        '\u{61c}'..='\u{61c}',
        '\u{180e}'..='\u{180e}',
        '\u{200b}'..='\u{200b}',
        '\u{200e}'..='\u{200f}',
        '\u{2028}'..='\u{202e}',
        '\u{2060}'..='\u{2069}',
        '\u{feff}'..='\u{feff}',
        '\u{e0000}'..='\u{e007f}',
    ];
}
