//! Reads the fields of a request, and says all that is wrong with them at once.

#[cfg(test)]
mod tests;

use std::{borrow::Cow, num::NonZeroU32};

use access_groups_core::{Error, FieldError, PageCursor, PageRequest, Patch};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use crate::query::Query;

/// The parameters of one request, wherever they travelled.
#[derive(Debug, Default)]
pub(crate) struct Params {
    pub(crate) query: Query,
    pub(crate) body: Map<String, Value>,
}

/// Takes fields out of parameters and collects what is wrong with them.
///
/// A value in the body beats one of the same name in the query; unknown parameters are
/// ignored. Wordings are those of the schema validator behind Seam's API.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    params: &'a Params,
    ambiguous: Option<String>,
    wrong: Vec<FieldError>,
}

/// Makes a value of a text, or says what is wrong with it: see [`texts`](crate::texts).
pub(crate) type Parse<T> = fn(&str) -> Result<T, Cow<'static, str>>;

impl<'a> Fields<'a> {
    pub(crate) fn new(params: &'a Params) -> Self {
        Self {
            params,
            ambiguous: None,
            wrong: Vec::new(),
        }
    }

    /// Whether the field is given, be it null.
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

    /// A text that may be missing, or null.
    pub(crate) fn nullable<T>(&mut self, name: &str, parse: Parse<T>) -> Option<Option<T>> {
        let value = self.value(name)?;
        if value.is_null() {
            return Some(None);
        }
        self.parse(name, &value, parse).map(Some)
    }

    /// A text that may be missing, which keeps, or null, which clears.
    pub(crate) fn patch<T>(&mut self, name: &str, parse: Parse<T>) -> Patch<T> {
        self.nullable(name, parse).map_or(Patch::Keep, Patch::from)
    }

    /// Texts, if they are given.
    pub(crate) fn list<T>(&mut self, name: &str, parse: Parse<T>) -> Option<Vec<T>> {
        let items = match self.params.body.get(name) {
            Some(Value::Array(items)) => items.clone(),
            Some(other) => {
                self.complain(name, expected("array", other));
                return None;
            }
            None => self.list_in_query(name)?,
        };
        let count = items.len();
        let parsed: Vec<_> = items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| self.parse(&format!("{name}.{index}"), item, parse))
            .collect();
        (parsed.len() == count).then_some(parsed)
    }

    /// The fields of an object that may be missing; null is `Some(None)` where it is allowed.
    pub(crate) fn object<T>(
        &mut self,
        name: &str,
        null_is_allowed: bool,
        read: impl FnOnce(&mut Fields<'_>) -> Option<T>,
    ) -> Option<Option<T>> {
        let value = self.value(name)?;
        let inner = match value.as_ref() {
            Value::Null if null_is_allowed => return Some(None),
            Value::Object(object) => Params {
                query: Query::default(),
                body: object.clone(),
            },
            other => {
                self.complain(name, expected("object", other));
                return None;
            }
        };
        let mut fields = Fields::new(&inner);
        let read = read(&mut fields);
        for FieldError { path, message } in fields.wrong {
            self.complain(&format!("{name}.{path}"), message);
        }
        read.map(Some)
    }

    /// Which page: `limit` and `page_cursor`.
    pub(crate) fn page(&mut self) -> PageRequest {
        let mut page = PageRequest::first();
        page.limit = self.limit();
        page.cursor = self.nullable("page_cursor", cursor).flatten();
        page
    }

    /// `limit`: a whole number above 0.
    pub(crate) fn limit(&mut self) -> Option<NonZeroU32> {
        const NAME: &str = "limit";
        let value = self.value(NAME)?;
        let read = match value.as_ref() {
            // What came in the query is a text, whatever it says.
            Value::String(text) if !self.params.body.contains_key(NAME) => {
                serde_json::from_str(text).ok()
            }
            other => Some(other.clone()),
        };
        let complaint = match read.as_ref().and_then(Value::as_f64) {
            None => expected("number", &value).into(),
            Some(number) if number.fract() != 0.0 => "Expected integer, received float".into(),
            Some(number) if number <= 0.0 => "Number must be greater than 0".into(),
            Some(number) if number > f64::from(u32::MAX) => {
                Cow::Owned(format!("Number must be less than or equal to {}", u32::MAX))
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a whole number between 1 and the largest u32"
            )]
            Some(number) => return NonZeroU32::new(number as u32),
        };
        self.complain(NAME, complaint);
        None
    }

    /// The name of the one that is given: never both, never neither.
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

    /// Something is wrong at this place; no place is the request as a whole.
    pub(crate) fn complain(&mut self, path: &str, message: impl Into<String>) {
        self.wrong.push(FieldError {
            path: path.to_owned(),
            message: message.into(),
        });
    }

    /// Everything that was wrong, as one error.
    pub(crate) fn finish(self) -> Result<(), Error> {
        if let Some(message) = self.ambiguous {
            return Err(Error::invalid(message).with_code("invalid_query_params"));
        }
        if self.wrong.is_empty() {
            return Ok(());
        }
        Err(wrong_input(self.wrong))
    }

    /// The value, from the body or else from the query, where an empty text means null.
    fn value(&mut self, name: &str) -> Option<Cow<'a, Value>> {
        let pairs = &self.params.query.pairs;
        let mut in_query = pairs.iter().filter(|(key, _)| key == name);
        let first = in_query.next();
        if in_query.next().is_some() {
            self.ambiguous
                .get_or_insert_with(|| format!("\"{name}\" is given more than once in the query"));
        }
        if let Some(value) = self.params.body.get(name) {
            return Some(Cow::Borrowed(value));
        }
        let (_, text) = first?;
        Some(Cow::Owned(match text.as_str() {
            "" => Value::Null,
            text => text.into(),
        }))
    }

    /// A list in the query: its name again and again; if the caller did not ask for strict
    /// parsing, also as `name[]`, or one text with commas. Nothing is a list of nothing.
    fn list_in_query(&mut self, name: &str) -> Option<Vec<Value>> {
        let Query { pairs, strict } = &self.params.query;
        let of = |key: &str| -> Vec<&str> {
            let own = pairs.iter().filter(|(it, _)| it == key);
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
            _ => vec![""], // both at once
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
        let parsed = match value {
            Value::String(text) => parse(text),
            other => Err(expected("string", other).into()),
        };
        parsed
            .map_err(|complaint| self.complain(name, complaint))
            .ok()
    }
}

fn cursor(text: &str) -> Result<PageCursor, Cow<'static, str>> {
    match STANDARD.decode(text) {
        Ok(_) => Ok(PageCursor::new(text)),
        Err(_) => Err("Invalid base64".into()),
    }
}

fn expected(what: &str, value: &Value) -> String {
    format!("Expected {what}, received {}", type_name(value))
}

/// What is wrong with a request as a whole and field by field, in the wording of the API.
pub(crate) fn wrong_input(wrong: Vec<FieldError>) -> Error {
    let texts: Vec<_> = wrong.iter().map(in_words).collect();
    let message = match texts.as_slice() {
        [only] => only.clone(),
        several => format!("{} Input Errors: {}", several.len(), several.join(", ")),
    };
    Error::invalid(message).with_fields(wrong)
}

/// The complaint about a body that is no object.
pub(crate) fn not_an_object(value: &Value) -> Error {
    wrong_input(vec![FieldError {
        path: String::new(),
        message: format!("Expected object, received {}", type_name(value)),
    }])
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

const REQUIRED: &str = "Required";
