//! The body of a request: read into values, or only checked.

use std::{borrow::Cow, fmt};

use access_groups_core::lenient_json;
use http::{HeaderMap, header};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

/// The body of a request by its content type.
#[derive(Debug)]
pub(super) enum Body {
    Absent,
    Json(Value),
    Text,
}

impl Body {
    /// Parses JSON only if the content type names it; an empty body counts as absent.
    pub(super) fn read(body: &[u8], is_json: bool) -> serde_json::Result<Self> {
        let body = lenient(body);
        Ok(match (body.as_ref(), is_json) {
            ("", _) => Self::Absent,
            (body, true) => Self::Json(serde_json::from_str(body)?),
            (_, false) => Self::Text,
        })
    }
}

/// Whether [`Body::read`] accepts it as JSON; no values are made.
pub(super) fn is_valid(body: &[u8]) -> bool {
    let body = lenient(body);
    body.is_empty() || serde_json::from_str::<Checked>(&body).is_ok()
}

/// Whether the content type names JSON.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| contains_ignoring_case(kind.as_bytes(), b"application/json"))
}

/// Like the server behind Seam's API, which reads bytes that are no UTF-8 as U+FFFD.
fn lenient(body: &[u8]) -> Cow<'_, str> {
    lenient_json(String::from_utf8_lossy(body))
}

fn contains_ignoring_case(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len())
        .any(|window| window.eq_ignore_ascii_case(part))
}

/// Any JSON, of which nothing is kept. `IgnoredAny` is laxer than [`Value`]: it takes any depth and
/// any number.
struct Checked;

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Checked {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self, A::Error> {
        while fields.next_entry::<Self, Self>()?.is_some() {}
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;

    fn check(body: &[u8], expected: bool) {
        let body_as_text = String::from_utf8_lossy(body);
        assert_eq!(is_valid(body), expected, "{body_as_text}");
        assert_eq!(Body::read(body, true).is_ok(), expected, "{body_as_text}");
    }

    #[test]
    fn both_readings_agree_on_what_is_json() {
        let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        check(&nested(127), true);
        check(&nested(128), false);
        check(b"1e999", false);
        check(b"-1.5e3", true);
        check(b"", true);
        check(b" ", false);
        check(b"\xef\xbb\xbf{}", true);
        check(b"\"\xff\"", true);
        check(b"\"\\ud800\"", true);
        check(b"\"\\x\"", false);
        check(b"\"\x01\"", false);
        check(b"{\"a\":1,\"a\":[null,true]}", true);
        check(b"{\"a\":1,}", false);
        check(b"{1:1}", false);
        check(b"{} {}", false);
        check(b"01", false);
    }

    /// Texts of which bodies are pieced together, sound and broken ones.
    const PIECES: &[&str] = &[
        "{", "}", "[", "]", ",", ":", "\"a\"", "\"", "\\", "\\u", "d800", "\\n", "1", "-", "e9",
        "e999", ".5", "0", "true", "null", "nul", " ", "\n", "\u{feff}", "\u{1}", "é",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_096))]

        #[test]
        fn both_readings_agree_on_any_bytes(body in vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(is_valid(&body), Body::read(&body, true).is_ok());
        }

        #[test]
        fn both_readings_agree_on_what_looks_like_json(
            pieces in vec(select(PIECES), 0..12),
            depth in 0_usize..140,
        ) {
            let text = pieces.concat();
            let deep = format!("{}{text}{}", "[".repeat(depth), "]".repeat(depth));
            for body in [text.as_bytes(), deep.as_bytes()] {
                prop_assert_eq!(is_valid(body), Body::read(body, true).is_ok());
            }
        }
    }
}
