//! Query strings as Seam's SDKs write them, and as its servers read them.

use form_urlencoded::{Serializer, parse};
use serde_json::Value;

/// A query string, decoded.
#[derive(Debug, Default)]
pub(crate) struct Query {
    /// Names and values in the order of the query, without the marker.
    pub(crate) pairs: Vec<(String, String)>,
    /// Whether the caller asked for strict parsing.
    pub(crate) strict: bool,
}

/// Writes the fields sorted by name, and after them, if there are any, the marker that asks
/// for strict parsing.
pub(crate) fn write(fields: &[(&'static str, Value)]) -> String {
    let mut pairs = Vec::new();
    for (name, value) in fields {
        flatten(name, value, &mut pairs);
    }
    // A query of the marker alone would be noise.
    if pairs.is_empty() {
        return String::new();
    }
    pairs.sort_by(|(one, _), (other, _)| one.cmp(other)); // stable: items keep their order
    let mut query = Serializer::new(String::new());
    query.extend_pairs(pairs).append_pair(STRICT, "true");
    query.finish()
}

/// Lists repeat their name; null and the empty list have an empty value; objects use dots.
fn flatten(name: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Null => pairs.push((name.to_owned(), String::new())),
        Value::Array(items) if items.is_empty() => flatten(name, &Value::Null, pairs),
        Value::Array(items) => items.iter().for_each(|item| flatten(name, item, pairs)),
        Value::Object(fields) => {
            for (inner, value) in fields {
                flatten(&format!("{name}.{inner}"), value, pairs);
            }
        }
        Value::String(text) => pairs.push((name.to_owned(), text.clone())),
        other => pairs.push((name.to_owned(), other.to_string())),
    }
}

/// Parses a query string.
pub(crate) fn read(query: &str) -> Query {
    let (marker, pairs): (Vec<_>, Vec<_>) = parse(query.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .partition(|(name, _)| name == STRICT);
    Query {
        pairs,
        strict: marker.iter().any(|(_, value)| value == "true"),
    }
}

/// Reserved for the parser, never a parameter: it asks for strict parsing of lists.
const STRICT: &str = "_strict";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(fields: &[(&'static str, Value)], expected: &str) {
        assert_eq!(write(fields), expected);
    }

    #[test]
    fn writes_sorted_and_marked_strict_unless_empty() {
        check(&[], "");
        check(
            &[("b", json!("2")), ("a", json!(1))],
            "a=1&b=2&_strict=true",
        );
        check(
            &[("search", json!("a b,c&d"))],
            "search=a+b%2Cc%26d&_strict=true",
        );
        check(
            &[("search", json!("é*-._~"))],
            "search=%C3%A9*-._%7E&_strict=true",
        );
    }

    #[test]
    fn writes_lists_nulls_and_objects_like_the_sdks() {
        check(&[("a", json!(["2", "1"]))], "a=2&a=1&_strict=true");
        check(&[("a", json!([]))], "a=&_strict=true");
        check(&[("a", Value::Null)], "a=&_strict=true");
        check(&[("a", json!(true))], "a=true&_strict=true");
        check(
            &[("z", json!({"y": 1, "x": {"w": "v"}}))],
            "z.x.w=v&z.y=1&_strict=true",
        );
    }

    fn check_read(query: &str, pairs: &[(&str, &str)], strict: bool) {
        let read = read(query);
        let expected: Vec<_> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        assert_eq!((read.pairs, read.strict), (expected, strict), "{query}");
    }

    #[test]
    fn reads_the_marker_and_the_rest() {
        let rest = [("a", "1"), ("b", "x y!"), ("b", ""), ("c", "")];
        check_read("a=1&_strict=true&b=x+y%21&b=&c", &rest, true);
        check_read("a=1&_strict=yes", &[("a", "1")], false);
        check_read("", &[], false);
    }
}
