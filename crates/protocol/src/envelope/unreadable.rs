//! Which part of a body cannot be read, and whose row that is.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The body of a success that cannot be read.
#[derive(Debug)]
pub(crate) struct Unreadable {
    /// What cannot be read, for a message; `None` if the body is nothing like the API's.
    pub(crate) part: Option<Part>,
    pub(crate) source: serde_json::Error,
}

/// A part of a body: its path, and the id of the row that it is in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part {
    path: String,
    row: Option<String>,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        match &self.row {
            Some(id) => write!(f, " (of the row {id})"),
            None => Ok(()),
        }
    }
}

impl Unreadable {
    /// Finds the part of the body under `key` at fault: a row of type `T`, whose id is under
    /// `id_key`, or the place of the row itself.
    pub(super) fn find<T: DeserializeOwned>(
        key: &str,
        id_key: &str,
        body: &str,
        source: serde_json::Error,
    ) -> Self {
        // Read again, slowly: tracking paths would make every reading slower.
        let mut json = serde_json::Deserializer::from_str(body);
        let body = match serde_path_to_error::deserialize(&mut json) {
            Ok(Value::Object(body)) => body,
            // It begins like an answer: it is cut off, or its syntax is wrong in the middle.
            Err(error) if body.trim_start().starts_with('{') => {
                let path = match error.path().to_string().as_str() {
                    "." | "?" => "its JSON".to_owned(),
                    path => path.to_owned(),
                };
                let part = Part { path, row: None };
                return Self {
                    part: Some(part),
                    source: error.into_inner(),
                };
            }
            _ => return Self { part: None, source },
        };
        let rows: Vec<_> = match body.get(key) {
            Some(Value::Array(rows)) => {
                let rows = rows.iter().enumerate();
                rows.map(|(index, row)| (format!("{key}[{index}]"), row))
                    .collect()
            }
            Some(row) => vec![(key.to_owned(), row)],
            None => Vec::new(),
        };
        for (path, row) in rows {
            let Some((field, source)) = wrong_field::<T>(row) else {
                continue;
            };
            let part = Part {
                path: format!("{path}{field}"),
                row: row.get(id_key).and_then(Value::as_str).map(str::to_owned),
            };
            return Self {
                part: Some(part),
                source,
            };
        }
        // The rows are fine: then it is what the envelope says of them, if it is one.
        let is_envelope = ["ok", "pagination", key]
            .iter()
            .any(|key| body.contains_key(*key));
        let part = is_envelope.then(|| Part {
            path: envelope_part(&body, key).to_owned(),
            row: None,
        });
        Self { part, source }
    }
}

fn envelope_part<'a>(body: &Map<String, Value>, key: &'a str) -> &'a str {
    match body.get("ok") {
        Some(Value::Bool(false)) => "ok",
        _ if body.contains_key(key) => "pagination",
        _ => key,
    }
}

/// How many fields a row may have for its wrong one to be looked for.
const MOST_FIELDS: usize = 100;

/// The path of the first wrong field inside a row, with a dot before it; empty for the row itself.
fn wrong_field<T: DeserializeOwned>(row: &Value) -> Option<(String, serde_json::Error)> {
    let error = serde_path_to_error::deserialize::<_, T>(row).err()?;
    let mut path = match error.path().to_string().as_str() {
        "." => String::new(),
        path => format!(".{path}"),
    };
    // A field with an alias is read after all others, where no path is known.
    // Each is tried without: no row of the API has so many, and the work grows with the square.
    if let (true, Some(fields)) = (path.is_empty(), row.as_object())
        && fields.len() <= MOST_FIELDS
    {
        let is_wrong = |key: &&String| {
            let mut others = fields.clone();
            others.remove(key.as_str());
            T::deserialize(Value::Object(others)).is_ok()
        };
        path = fields
            .keys()
            .find(is_wrong)
            .map_or(path, |key| format!(".{key}"));
    }
    Some((path, error.into_inner()))
}
