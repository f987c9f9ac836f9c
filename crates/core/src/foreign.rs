//! Text that others wrote: in which encoding, with or without a byte order mark, and JSON that names
//! no text.

use std::borrow::Cow;

/// The text without a byte order mark at its start, which some editors write and nobody sees.
///
/// # Examples
///
/// ```
/// use access_groups_core::foreign::without_mark;
///
/// assert_eq!(without_mark("\u{feff}seam_example"), "seam_example");
/// assert_eq!(without_mark("seam_example"), "seam_example");
/// ```
#[must_use]
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix(MARK).unwrap_or(text)
}

/// The content of a file as text: nothing is replaced, because what is saved again must not differ.
///
/// # Errors
///
/// The bytes are not UTF-8. The message tells whether they look like UTF-16, which some editors and
/// shells save.
///
/// # Examples
///
/// ```
/// use access_groups_core::foreign::file_text;
///
/// assert_eq!(file_text(b"seam_example".to_vec())?, "seam_example");
/// assert!(file_text(b"\xff\xfes\0".to_vec()).unwrap_err().to_string().contains("UTF-16"));
/// # Ok::<(), access_groups_core::NotUtf8>(())
/// ```
pub fn file_text(bytes: Vec<u8>) -> Result<String, NotUtf8> {
    String::from_utf8(bytes).map_err(|error| match error.as_bytes() {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => NotUtf8::Utf16,
        _ => NotUtf8::Other(error.utf8_error().valid_up_to()),
    })
}

/// Why a file is no text. It converts into an I/O error of the kind `InvalidData`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotUtf8 {
    /// It begins like UTF-16.
    #[error("it is UTF-16, not UTF-8: save it in the encoding UTF-8")]
    Utf16,
    /// It is something else from this byte on.
    #[error("it is not UTF-8 from byte {0} on: save it in the encoding UTF-8")]
    Other(usize),
}

impl From<NotUtf8> for std::io::Error {
    fn from(error: NotUtf8) -> Self {
        Self::new(std::io::ErrorKind::InvalidData, error)
    }
}

/// JSON text as a parser accepts it: without a byte order mark at its start, and with U+FFFD in
/// place of each escape of half a surrogate pair, in values and in keys.
///
/// Other programs write half an emoji as `"\ud83d"`. No text can hold that, so a parser would refuse
/// the whole document for it. JSON without such an escape is returned as it is; the text has the same
/// lines and columns but for the mark.
///
/// # Examples
///
/// ```
/// use access_groups_core::foreign::lenient_json;
///
/// assert_eq!(lenient_json(r#""Tom \ud83d""#), r#""Tom \ufffd""#);
/// assert_eq!(lenient_json(r#""Tom \ud83d\ude00""#), r#""Tom \ud83d\ude00""#); // a whole emoji
/// ```
#[must_use]
pub fn lenient_json<'a>(text: impl Into<Cow<'a, str>>) -> Cow<'a, str> {
    replace_escapes(text.into(), |_| false)
}

/// Like [`lenient_json`], and with U+FFFD in place of each escape of U+0000: what a service answers
/// is shown, where the same text in a request is refused.
#[must_use]
pub fn lenient_json_without_nul<'a>(text: impl Into<Cow<'a, str>>) -> Cow<'a, str> {
    replace_escapes(text.into(), |unit| unit == 0)
}

fn replace_escapes<'a>(text: Cow<'a, str>, is_refused: fn(u16) -> bool) -> Cow<'a, str> {
    let mut text = match text {
        Cow::Borrowed(text) => Cow::Borrowed(without_mark(text)),
        Cow::Owned(text) if text.starts_with(MARK) => without_mark(&text).to_owned().into(),
        owned => owned,
    };
    let mut from = 0;
    // In valid JSON a backslash begins an escape, and is in a string. Other text is not readable
    // either way.
    while let Some(found) = text[from..].find('\\') {
        let start = from + found;
        let bytes = text.as_bytes();
        from = match (escaped_unit(bytes, start), escaped_unit(bytes, start + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => start + 12,
            (Some(unit), _) if is_refused(unit) || (0xD800..=0xDFFF).contains(&unit) => {
                // Of the same length, so that complaints name the right place.
                text.to_mut().replace_range(start + 2..start + 6, "fffd");
                start + 6
            }
            (Some(_), _) => start + 6,
            // An escaped backslash must not be taken for the start of the next escape.
            (None, _) if text[start + 1..].starts_with(|c: char| c.is_ascii()) => start + 2,
            (None, _) => start + 1,
        };
    }
    text
}

/// The UTF-16 code unit of an escape like `\u00e9` at this place, if there is one.
fn escaped_unit(text: &[u8], start: usize) -> Option<u16> {
    let digits = text.get(start..start + 6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |unit, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(unit << 4 | u16::try_from(digit).ok()?)
    })
}

const MARK: char = '\u{feff}';

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn check(json: &str, expected: &str) {
        assert_eq!(lenient_json(json), expected, "{json}");
    }

    #[test]
    fn half_a_pair_becomes_the_replacement_character() {
        check(r#""\ud83d""#, r#""\ufffd""#);
        check(r#""\uDE00 x""#, r#""\ufffd x""#);
        check(r#""\ude00\ud83d""#, r#""\ufffd\ufffd""#); // in the wrong order
        check(r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#);
        check(r#""\ud83d\n\ude00""#, r#""\ufffd\n\ufffd""#);
        check(
            r#"{"\ud83d": ["é\\\ud83d"]}"#,
            r#"{"\ufffd": ["é\\\ufffd"]}"#,
        );
    }

    #[test]
    fn what_only_looks_like_half_stays() {
        for json in [
            r#""\\ud83d""#,
            r#""\ud83d\ude00""#,
            r#""\uD83D\uDE00""#,
            r#""\u0000\ufffd\ud7ff\ue000""#,
            r#""ud83d d83d""#,
            r#""\ud83"#, // not JSON, whatever is done
            r#""\"#,
            r#""\é"#,
        ] {
            check(json, json);
        }
    }

    #[test]
    fn a_file_in_another_encoding_is_told() {
        assert_eq!(file_text(b"\xff\xfe{\0".to_vec()), Err(NotUtf8::Utf16));
        assert_eq!(file_text(b"\xfe\xff\0{".to_vec()), Err(NotUtf8::Utf16));
        assert_eq!(file_text(b"caf\xe9".to_vec()), Err(NotUtf8::Other(3)));
        let marked = file_text("\u{feff}é".into()).expect("UTF-8");
        assert_eq!(without_mark(&marked), "é");
    }

    #[test]
    fn one_mark_at_the_start_is_skipped() {
        check("\u{feff}[1]", "[1]");
        check("\u{feff}\u{feff}[1]", "\u{feff}[1]");
        check("[\"\u{feff}\"]", "[\"\u{feff}\"]");
        assert_eq!(lenient_json(String::from("\u{feff}[1]")), "[1]");
    }

    #[test]
    fn a_nul_is_replaced_in_answers_only() {
        let json = r#""a\u0000\\u0000\ud83d""#;
        assert_eq!(lenient_json(json), r#""a\u0000\\u0000\ufffd""#);
        assert_eq!(lenient_json_without_nul(json), r#""a\ufffd\\u0000\ufffd""#);
    }

    /// Texts of all kinds, written with escapes or without.
    fn written(text: &str, escape: bool) -> String {
        let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
        match escape {
            true => format!("{{\"{0}\": \"{0}\"}}", units.collect::<String>()),
            false => serde_json::json!({ text: text }).to_string(),
        }
    }

    proptest::proptest! {
        #[test]
        fn valid_json_is_untouched(text: String, escape: bool) {
            let json = written(&text, escape);
            let lenient = lenient_json(json.as_str());
            assert!(matches!(lenient, Cow::Borrowed(_)), "{json}");
            assert_eq!(lenient, json);
        }

        #[test]
        fn any_code_units_become_readable(
            units in proptest::collection::vec(proptest::prop_oneof![
                0xD7F0_u16..0xE010, 0_u16..0x80,
            ], 0..20),
        ) {
            let escapes: String = units.iter().map(|unit| format!("\\u{unit:04X}")).collect();
            let read = |json: Cow<'_, str>| serde_json::from_str::<Value>(&json).expect("JSON");
            // Rust's own reading of UTF-16 is the oracle.
            let json = format!("\"{escapes}\"");
            let expected = String::from_utf16_lossy(&units);
            assert_eq!(read(lenient_json(json.as_str())), expected);
            let expected = expected.replace('\0', "\u{fffd}");
            assert_eq!(read(lenient_json_without_nul(json.as_str())), expected);
        }
    }
}
