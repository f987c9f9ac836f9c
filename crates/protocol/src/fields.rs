//! Reads and writes the fields of a request; reading reports every complaint at once.

#[cfg(test)]
mod tests;

use std::{borrow::Cow, num::NonZeroU32};

use access_groups_core::{Error, FieldError, Patch, Timestamp};
use serde_json::{Map, Value};

use crate::{instants::in_milliseconds, query::Query};

/// Reads the parameters of one request, and collects the complaints about them.
///
/// A value in the body takes precedence over one of the same name in the query; unknown parameters
/// are ignored. Complaints have the wording of the schema validator behind Seam's API; after
/// [`MAX_COMPLAINTS`] they are only counted, so that no refusal is much larger than its request.
#[derive(Debug)]
pub(crate) struct FieldReader<'a> {
    query: &'a Query,
    body: &'a Map<String, Value>,
    /// How many ids a list may hold.
    max_ids: usize,
    ambiguous: Option<String>,
    wrong: Vec<FieldError>,
    /// How many complaints there are beside those.
    more: usize,
}

/// Parses a text, or returns the complaint about it.
pub(crate) type Parse<T> = fn(&str) -> Result<T, Cow<'static, str>>;

impl<'a> FieldReader<'a> {
    pub(crate) fn new(query: &'a Query, body: &'a Map<String, Value>, max_ids: usize) -> Self {
        Self {
            query,
            body,
            max_ids,
            ambiguous: None,
            wrong: Vec::new(),
            more: 0,
        }
    }

    /// Whether the field is given, even as null.
    pub(crate) fn has(&mut self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// A mandatory text.
    pub(crate) fn required<T>(&mut self, name: &str, parse: Parse<T>) -> Option<T> {
        if let Some(value) = self.value(name) {
            return self.parse(name, &value, parse);
        }
        self.complain(name, REQUIRED);
        None
    }

    /// A text that may be missing.
    pub(crate) fn optional<T>(&mut self, name: &str, parse: Parse<T>) -> Option<T> {
        let value = self.value(name)?;
        self.parse(name, &value, parse)
    }

    /// An instant that may be missing.
    pub(crate) fn optional_instant<T>(&mut self, name: &str, parse: Parse<T>) -> Option<T> {
        self.optional(name, parse)
    }

    /// A text that may be missing, or null.
    pub(crate) fn nullable<T>(&mut self, name: &str, parse: Parse<T>) -> Option<Option<T>> {
        let value = self.value(name)?;
        if value.is_null() {
            return Some(None);
        }
        self.parse(name, &value, parse).map(Some)
    }

    /// A text that may be missing, or null, which is the same.
    pub(crate) fn optional_or_null<T>(&mut self, name: &str, parse: Parse<T>) -> Option<T> {
        self.nullable(name, parse).flatten()
    }

    /// A text that may be missing, which keeps, or null, which clears.
    pub(crate) fn patch<T>(&mut self, name: &str, parse: Parse<T>) -> Patch<T> {
        self.nullable(name, parse)
            .map_or(Patch::Keep, Patch::set_or_clear)
    }

    /// Ids, if they are given.
    pub(crate) fn list<T>(&mut self, name: &str, parse: Parse<T>) -> Option<Vec<T>> {
        let in_query;
        let items = match self.body.get(name) {
            Some(Value::Array(items)) => items.as_slice(),
            Some(other) => {
                self.complain(name, expected("array", other));
                return None;
            }
            None => {
                in_query = self.list_in_query(name)?;
                &in_query
            }
        };
        let max = self.max_ids;
        if items.len() > max {
            self.complain(name, format!("Array must contain at most {max} element(s)"));
            return None;
        }
        let parsed: Vec<_> = items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| {
                parse_text(item, parse)
                    .map_err(|complaint| self.complain_of_item(name, index, complaint))
                    .ok()
            })
            .collect();
        // An item that is wrong is reported, and must not shorten the list.
        (parsed.len() == items.len()).then_some(parsed)
    }

    /// Ids; if they are missing, there are none.
    pub(crate) fn list_or_empty<T>(&mut self, name: &str, parse: Parse<T>) -> Vec<T> {
        self.list(name, parse).unwrap_or_default()
    }

    /// The fields of an object that may be missing; null is `Some(None)` where it is allowed.
    pub(crate) fn object<T>(
        &mut self,
        name: &str,
        null_is_allowed: bool,
        read: impl FnOnce(&mut FieldReader<'_>) -> Option<T>,
    ) -> Option<Option<T>> {
        let value = self.value(name)?;
        let fields = match value.as_ref() {
            Value::Null if null_is_allowed => return Some(None),
            Value::Object(fields) => fields,
            other => {
                self.complain(name, expected("object", other));
                return None;
            }
        };
        let no_query = Query::default();
        let mut reader = FieldReader::new(&no_query, fields, self.max_ids);
        let read = read(&mut reader);
        self.more += reader.more;
        for FieldError { path, message } in reader.wrong {
            self.complain(&format!("{name}.{path}"), message);
        }
        read.map(Some)
    }

    /// A whole number above 0 that may be missing.
    pub(crate) fn limit(&mut self, name: &str) -> Option<NonZeroU32> {
        let value = self.value(name)?;
        // The API has one type of number: 5.0 is a whole one, in the query as well.
        let number = match value.as_ref() {
            // A query holds texts only; a body must hold a number.
            Value::String(text) if !self.body.contains_key(name) => serde_json::from_str(text).ok(),
            other => other.as_f64(),
        };
        let complaint: Cow<'_, str> = match number {
            None => expected("number", &value).into(),
            Some(number) if number.fract() != 0.0 => "Expected integer, received float".into(),
            Some(number) if number <= 0.0 => "Number must be greater than 0".into(),
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a whole number of at least 1; a cast gives the largest u32 for more"
            )]
            Some(number) => return NonZeroU32::new(number as u32),
        };
        self.complain(name, complaint);
        None
    }

    /// The name of the one field of the two that is given; both and neither are complaints.
    pub(crate) fn exactly_one(
        &mut self,
        one: &'static str,
        other: &'static str,
    ) -> Option<&'static str> {
        match (self.has(one), self.has(other)) {
            (true, false) => return Some(one),
            (false, true) => return Some(other),
            (true, true) => {
                self.complain("", format!("Only one of {one} and {other} may be given"));
            }
            (false, false) => self.complain("", format!("Either {one} or {other} is required")),
        }
        None
    }

    /// Adds a complaint; an empty path is the request as a whole.
    pub(crate) fn complain(&mut self, path: &str, message: impl Into<String>) {
        if self.wrong.len() == MAX_COMPLAINTS {
            self.more += 1;
            return;
        }
        self.wrong.push(FieldError {
            path: path.to_owned(),
            message: message.into(),
        });
    }

    /// All complaints as one error.
    pub(crate) fn finish(self) -> Result<(), Error> {
        // The query as such is checked before its fields.
        if let Some(message) = self.ambiguous {
            return Err(Error::invalid(message).with_code("invalid_query_params"));
        }
        if self.wrong.is_empty() {
            return Ok(());
        }
        Err(wrong_input(self.wrong, self.more))
    }

    /// The value, from the body or else from the query, where an empty text means null.
    fn value(&mut self, name: &str) -> Option<Cow<'a, Value>> {
        let pairs = &self.query.pairs;
        let mut in_query = pairs.iter().filter(|(key, _)| key == name);
        let first = in_query.next();
        // Even if the body takes precedence: the API refuses the query as such.
        if in_query.next().is_some() {
            self.ambiguous
                .get_or_insert_with(|| format!("\"{name}\" is given more than once in the query"));
        }
        if let Some(value) = self.body.get(name) {
            return Some(Cow::Borrowed(value));
        }
        let (_, text) = first?;
        // A query has no other way to write null.
        Some(Cow::Owned(match text.as_str() {
            "" => Value::Null,
            text => text.into(),
        }))
    }

    /// A list in the query: repeated names; unless the caller asked for strict parsing, also
    /// `name[]`, or one text with commas. An empty text is an empty list.
    fn list_in_query(&mut self, name: &str) -> Option<Vec<Value>> {
        let Query { pairs, strict } = self.query;
        let of = |key: &str| -> Vec<&str> {
            let own = pairs.iter().filter(|(name, _)| name == key);
            own.map(|(_, text)| text.as_str()).collect()
        };
        let bracketed = match strict {
            true => Vec::new(),
            false => of(&format!("{name}[]")),
        };
        let texts = match (of(name), bracketed) {
            (plain, brackets) if plain.is_empty() && brackets.is_empty() => return None,
            (plain, brackets) if brackets.is_empty() => match plain.as_slice() {
                [""] => Vec::new(),
                [text] if !strict && text.contains(',') => text.split(',').collect(),
                _ => plain,
            },
            (plain, brackets) if plain.is_empty() => brackets,
            _ => vec![""], // both notations at once: refused below
        };
        let is_odd = |text: &&str| text.is_empty() || (!strict && text.contains(','));
        if texts.iter().any(is_odd) {
            self.ambiguous
                .get_or_insert_with(|| format!("\"{name}\" is a list in more than one way"));
            return None;
        }
        Some(texts.into_iter().map(Value::from).collect())
    }

    fn parse<T>(&mut self, name: &str, value: &Value, parse: Parse<T>) -> Option<T> {
        parse_text(value, parse)
            .map_err(|complaint| self.complain(name, complaint))
            .ok()
    }

    /// Names the place only if it is going to be told.
    fn complain_of_item(&mut self, name: &str, index: usize, complaint: Cow<'static, str>) {
        match self.wrong.len() {
            MAX_COMPLAINTS => self.more += 1,
            _ => self.complain(&format!("{name}.{index}"), complaint),
        }
    }
}

fn parse_text<T>(value: &Value, parse: Parse<T>) -> Result<T, Cow<'static, str>> {
    match value {
        Value::String(text) => parse(text),
        other => Err(expected("string", other).into()),
    }
}

fn expected(what: &str, value: &Value) -> String {
    format!("Expected {what}, received {}", type_name(value))
}

/// Collects the fields of a request. Each method writes what the method of the same name of
/// [`FieldReader`] reads.
#[derive(Debug, Default)]
pub(crate) struct FieldWriter(Vec<(&'static str, Value)>);

impl FieldWriter {
    pub(crate) fn text(&mut self, name: &'static str, value: &impl ToString) {
        self.0.push((name, Value::String(value.to_string())));
    }

    pub(crate) fn optional(&mut self, name: &'static str, value: &Option<impl ToString>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    pub(crate) fn optional_instant(&mut self, name: &'static str, value: &Option<Timestamp>) {
        self.optional(name, &value.map(in_milliseconds));
    }

    pub(crate) fn optional_or_null(&mut self, name: &'static str, value: &Option<impl ToString>) {
        self.optional(name, value);
    }

    pub(crate) fn nullable(&mut self, name: &'static str, value: &Option<Option<impl ToString>>) {
        if let Some(value) = value {
            self.json(name, Some(value.as_ref().map(ToString::to_string)));
        }
    }

    pub(crate) fn patch(&mut self, name: &'static str, patch: &Patch<impl ToString>) {
        match patch {
            Patch::Keep => {}
            Patch::Clear => self.json(name, Some(Value::Null)),
            Patch::Set(value) => self.text(name, value),
        }
    }

    pub(crate) fn list(&mut self, name: &'static str, items: &Option<Vec<impl ToString>>) {
        if let Some(items) = items {
            let texts: Vec<_> = items.iter().map(ToString::to_string).collect();
            self.json(name, Some(texts));
        }
    }

    pub(crate) fn list_or_empty(&mut self, name: &'static str, items: &[impl ToString]) {
        if !items.is_empty() {
            let texts: Vec<_> = items.iter().map(ToString::to_string).collect();
            self.json(name, Some(texts));
        }
    }

    pub(crate) fn json(&mut self, name: &'static str, value: Option<impl Into<Value>>) {
        self.0.extend(value.map(|value| (name, value.into())));
    }

    /// The fields, in no particular order.
    pub(crate) fn into_fields(self) -> Vec<(&'static str, Value)> {
        self.0
    }
}

/// An error with these complaints, in the wording of the API, which says how many more there are.
pub(crate) fn wrong_input(wrong: Vec<FieldError>, more: usize) -> Error {
    let mut texts: Vec<_> = wrong.iter().map(in_words).collect();
    if more > 0 {
        texts.push(format!("and {more} more"));
    }
    let message = match texts.as_slice() {
        [only] => only.clone(),
        several => format!(
            "{} Input Errors: {}",
            wrong.len() + more,
            several.join(", ")
        ),
    };
    Error::invalid(message).with_fields(wrong)
}

/// An error about a body that is not an object.
pub(crate) fn not_an_object(value: &Value) -> Error {
    let wrong = FieldError {
        path: String::new(),
        message: expected("object", value),
    };
    wrong_input(vec![wrong], 0)
}

fn in_words(FieldError { path, message }: &FieldError) -> String {
    match (path.as_str(), message.as_str()) {
        ("", message) => message.to_owned(),
        (path, REQUIRED) => format!("{path} is required"),
        (path, message) => format!("{message} for \"{path}\""),
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// How many complaints a refusal lists; it says how many more there are.
pub(crate) const MAX_COMPLAINTS: usize = 20;

const REQUIRED: &str = "Required";
