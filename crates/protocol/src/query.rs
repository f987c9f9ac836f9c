//! Query strings as Seam's SDKs write them, and as its servers read them.

use form_urlencoded::{Serializer, parse};

/// Decoded pairs, in the order of the query.
pub(crate) type Pairs = Vec<(String, String)>;

/// Writes the pairs sorted by name, and after them, if there are any, the marker that asks
/// for strict parsing.
pub(crate) fn write(pairs: &[(&'static str, String)]) -> String {
    if pairs.is_empty() {
        return String::new();
    }
    let mut sorted: Vec<_> = pairs.iter().collect();
    sorted.sort_by_key(|(name, _)| *name);
    let mut query = Serializer::new(String::new());
    for (name, value) in sorted {
        query.append_pair(name, value);
    }
    query.append_pair(STRICT, "true").finish()
}

/// Reads the pairs, less the marker: of scalars, strict and generous parsing read the same.
pub(crate) fn read(query: &str) -> Pairs {
    parse(query.as_bytes())
        .filter(|(name, _)| name != STRICT)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// Reserved for the parser: never a parameter.
const STRICT: &str = "_strict";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pairs: &[(&'static str, &str)], expected: &str) {
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        assert_eq!(write(&pairs), expected);
    }

    #[test]
    fn writes_sorted_and_marked_strict_unless_empty() {
        check(&[], "");
        check(&[("b", "2"), ("a", "1")], "a=1&b=2&_strict=true");
        check(&[("search", "a b,c&d")], "search=a+b%2Cc%26d&_strict=true");
        check(&[("search", "é*-._~")], "search=%C3%A9*-._%7E&_strict=true");
    }

    #[test]
    fn reads_without_the_marker() {
        let pairs = read("a=1&_strict=true&b=x+y%21&b=&c");
        let expected = [("a", "1"), ("b", "x y!"), ("b", ""), ("c", "")];
        assert_eq!(
            pairs,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }
}
