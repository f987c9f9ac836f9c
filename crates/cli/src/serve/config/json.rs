//! The form of the configuration file, which serde checks.

use std::{collections::BTreeMap, fmt};

use access_groups_protocol::Secret;
use access_groups_server::Limits;
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::Number;
use serde_path_to_error::Segment;

use super::problems::member;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(super) struct FileJson {
    pub(super) workspaces: Vec<WorkspaceJson>,
    #[serde(default)]
    pub(super) personal_access_tokens: Vec<TokenJson>,
    #[serde(default)]
    pub(super) limits: LimitsJson,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(super) struct WorkspaceJson {
    pub(super) workspace_id: Text,
    pub(super) name: Text,
    pub(super) site: Text,
    #[serde(default)]
    pub(super) api_keys: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(super) struct TokenJson {
    pub(super) token: Text,
    pub(super) workspace_ids: Vec<Text>,
}

/// Limits by their names. None is there twice, as is so of the members that serde knows: a map of the
/// standard library would keep the last one without a word.
#[derive(Default)]
pub(super) struct LimitsJson(pub(super) BTreeMap<String, Number>);

impl<'de> Deserialize<'de> for LimitsJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EachOnce;

        impl<'de> Visitor<'de> for EachOnce {
            type Value = LimitsJson;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LimitsJson, A::Error> {
                let mut limits = BTreeMap::new();
                while let Some(name) = map.next_key::<String>()? {
                    if limits.contains_key(&name) {
                        return Err(repeated(&name));
                    }
                    limits.insert(name, map.next_value()?);
                }
                Ok(LimitsJson(limits))
            }
        }

        deserializer.deserialize_map(EachOnce)
    }
}

/// A name that is no limit may be anything, and is not repeated.
fn repeated<E: Error>(name: &str) -> E {
    let mut known = Limits::NAMES.iter().filter(|known| **known == name);
    match known.next() {
        Some(name) => E::duplicate_field(name),
        None => E::custom("duplicate field"),
    }
}

/// A string. Any of them may be a secret in the wrong place, so all are wiped when dropped.
#[derive(Deserialize)]
#[serde(from = "String")]
pub(super) struct Text(pub(super) Secret);

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Secret::new(text))
    }
}

/// The parts of the file, or the path and the message of its first structural problem.
pub(super) fn parse(text: &str) -> Result<FileJson, (String, String)> {
    let mut json = serde_json::Deserializer::from_str(text);
    let file = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error
            .path()
            .iter()
            .fold(ROOT.to_owned(), |path, segment| match segment {
                Segment::Seq { index } => format!("{path}[{index}]"),
                Segment::Map { key } => member(&path, key),
                // No enum occurs, and an unknown segment is the end of a broken text.
                Segment::Enum { .. } | Segment::Unknown => path,
            });
        match error.inner().is_data() {
            true => (path, without_values(&error.inner().to_string())),
            false => not_json(error.inner()),
        }
    })?;
    // The deserializer stops after the first value: what follows must be blank.
    json.end().map_err(|error| not_json(&error))?;
    Ok(file)
}

fn not_json(error: &serde_json::Error) -> (String, String) {
    (ROOT.to_owned(), format!("this is not JSON: {error}"))
}

/// A message of serde without the values and names of the file that it repeats: they may be
/// secrets. What follows the last "expected" is about this program's types.
fn without_values(message: &str) -> String {
    let kinds = [
        ("invalid type: string", "a string"),
        ("invalid type: integer", "a number"),
        ("invalid type: floating point", "a number"),
        ("invalid type: boolean", "a boolean"),
        ("invalid type: null", "null"),
        ("invalid type: sequence", "an array"),
        ("invalid type: map", "an object"),
        ("invalid length", "an array"), // in the place of an object
    ];
    // The last one: a value of the file may contain the word too.
    let Some((found, expected)) = message.rsplit_once(", expected ") else {
        return message.to_owned(); // a missing or repeated member of this program's types
    };
    let expected = expected.replacen("a sequence", "an array", 1);
    let kind = kinds.iter().find(|(start, _)| found.starts_with(start));
    match kind {
        Some((_, kind)) => format!("found {kind}, expected {expected}"),
        None => format!("unknown member, expected {expected}"),
    }
}

const ROOT: &str = "$";
