//! The text of a site file, cut into its parts.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Deserializer as Json, Value};

/// The parts of a file, each as the text that it is.
pub(super) type File<'t> = BTreeMap<String, &'t str>;

/// Parses JSON without repeated keys: the parts of an object, or `None` for anything else.
pub(super) fn parse(text: &str) -> Result<Option<File<'_>>, serde_json::Error> {
    // serde_json keeps the last of two equal keys: the other one would be lost in silence.
    serde_json::from_str::<Unambiguous>(text)?;
    let Some(mut rest) = text.trim_start().strip_prefix('{') else {
        return Ok(None);
    };
    let mut file = File::new();
    while let Some(key) = rest.find('"') {
        let (key, after) = split_value(&rest[key..]);
        let value = after.trim_start().trim_start_matches(':');
        let (value, after) = split_value(value.trim_start());
        file.insert(serde_json::from_str(key)?, value);
        rest = after;
    }
    Ok(Some(file))
}

/// The first of several values, and what follows it.
fn split_value(text: &str) -> (&str, &str) {
    let mut values = Json::from_str(text).into_iter::<IgnoredAny>();
    // It refuses a number before a comma, which separates values here: only its end is of interest.
    let _ = values.next();
    text.split_at(values.byte_offset())
}

/// The value of a text that was parsed before.
pub(super) fn tree(text: &str) -> Value {
    serde_json::from_str(text).expect("this is JSON")
}

/// A document in which no object has a key twice.
struct Unambiguous;

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk)
    }
}

/// Visits a whole document.
struct Walk;

impl<'de> Visitor<'de> for Walk {
    type Value = Unambiguous;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unambiguous, A::Error> {
        let mut seen = BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if seen.contains(&key) {
                return Err(de::Error::custom(format_args!(
                    "the key {key:?} is there twice"
                )));
            }
            seen.insert(key);
            map.next_value::<Unambiguous>()?;
        }
        Ok(Unambiguous)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Unambiguous, A::Error> {
        while seq.next_element::<Unambiguous>()?.is_some() {}
        Ok(Unambiguous)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, problem: Option<&str>) {
        let found = parse(text).err().map(|error| error.to_string());
        assert_eq!(found.as_deref(), problem, "{text}");
    }

    #[test]
    fn parts_are_the_texts_of_their_values() {
        let file =
            parse(" { \"a\\u0062\\\"\" : [1, \"}\"] ,\"b\":-1.5e3,\"c\":null} ").expect("JSON");
        let file = file.expect("an object");
        let parts: Vec<_> = file.iter().map(|(key, part)| (&**key, *part)).collect();
        assert_eq!(
            parts,
            [("ab\"", "[1, \"}\"]"), ("b", "-1.5e3"), ("c", "null")]
        );
        assert!(
            parse("{}")
                .expect("JSON")
                .is_some_and(|file| file.is_empty())
        );
        assert!(parse("[\"a\"]").expect("JSON").is_none());
    }

    #[test]
    fn repeated_keys_are_refused() {
        check(
            r#"{"a": [{"a": 1}, {"a": -1.5e3}, true, null, "x"], "b": {}}"#,
            None,
        );
        check(
            r#"{"a": 1, "b": [{"c": 1, "c": 1}]}"#,
            Some(r#"the key "c" is there twice at line 1 column 27"#),
        );
    }
}
