//! Credentials in wrong places: recognised, and not repeated in messages, which are copied into
//! reports.

use std::borrow::Cow;

/// Whether a text may contain a misplaced credential. No credential has dots or slashes; paths
/// have.
pub(crate) fn looks_like_a_credential(text: &str) -> bool {
    let prefixes = [PREFIX, "sha256:"];
    let has_prefix = prefixes.iter().any(|prefix| text.contains(prefix));
    has_prefix && !text.contains(['.', '/', '\\'])
}

/// The text with `[redacted]` in place of every word that looks like a key of Seam's. Codes begin
/// with `seam_`, too: a key has a digit or a capital letter.
pub(crate) fn without_keys(text: &str) -> Cow<'_, str> {
    let is_of_word = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    let is_telling = |letter: char| letter.is_ascii_digit() || letter.is_ascii_uppercase();
    let mut shown = String::new();
    for word in text.split_inclusive(|letter| !is_of_word(letter)) {
        let end = word.trim_end_matches(|letter| !is_of_word(letter)).len();
        match word.find(PREFIX) {
            Some(start) if word[start..end].contains(is_telling) => {
                shown.extend([&word[..start], "[redacted]", &word[end..]]);
            }
            _ => shown.push_str(word),
        }
    }
    match shown == text {
        true => text.into(),
        false => shown.into(),
    }
}

/// What every credential of Seam's begins with.
const PREFIX: &str = "seam_";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(without_keys(text), expected);
    }

    #[test]
    fn keys_are_redacted_and_codes_are_not() {
        check("", "");
        let codes = "seam_bridge_disconnected, seam_... and Seam's";
        check(codes, codes);
        check(
            "no 'seam_testFjxz_3tNVqTzxFMV' here",
            "no '[redacted]' here",
        );
        check("é=seam_A\nxseam_1", "é=[redacted]\nx[redacted]");
    }

    #[test]
    fn paths_are_no_credentials() {
        assert!(looks_like_a_credential("seam_swordfish"));
        assert!(!looks_like_a_credential("keys/seam_north.key"));
        assert!(!looks_like_a_credential("north"));
    }
}
