//! Reads the fields of a request, and says all that is wrong with them at once.

use std::{borrow::Cow, str::FromStr};

use access_groups_core::{Error, FieldError, ParseSearchError, SearchText};
use serde_json::{Map, Value};

use crate::query::Pairs;

/// The parameters of one request, wherever they travelled.
#[derive(Debug, Default)]
pub(crate) struct Params {
    pub(crate) query: Pairs,
    pub(crate) body: Map<String, Value>,
}

/// Takes fields out of parameters and collects what is wrong with them.
///
/// A value in the body beats one of the same name in the query; unknown parameters are
/// ignored. Wordings are those of the schema validator behind Seam's API.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    params: &'a Params,
    repeated: Vec<&'static str>,
    wrong: Vec<FieldError>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(params: &'a Params) -> Self {
        Self {
            params,
            repeated: Vec::new(),
            wrong: Vec::new(),
        }
    }

    /// A mandatory id.
    pub(crate) fn id<T: FromStr>(&mut self, name: &'static str) -> Option<T> {
        if let Some(value) = self.value(name) {
            return self
                .text(name, &value)
                .and_then(|text| self.parse(name, text, "Invalid uuid"));
        }
        self.complain(name, REQUIRED);
        None
    }

    /// An id that may be missing.
    pub(crate) fn optional_id<T: FromStr>(&mut self, name: &'static str) -> Option<T> {
        let value = self.value(name)?;
        self.text(name, &value)
            .and_then(|text| self.parse(name, text, "Invalid uuid"))
    }

    /// The name of the one that is given: never both, never neither.
    pub(crate) fn exactly_one(
        &mut self,
        one: &'static str,
        other: &'static str,
    ) -> Option<&'static str> {
        match (self.value(one), self.value(other)) {
            (Some(_), None) => return Some(one),
            (None, Some(_)) => return Some(other),
            (Some(_), Some(_)) => {
                self.complain("", format!("Only one of {one} and {other} may be given"));
            }
            (None, None) => self.complain("", format!("Either {one} or {other} is required")),
        }
        None
    }

    /// A search text that may be missing.
    pub(crate) fn optional_search(&mut self, name: &'static str) -> Option<SearchText> {
        let value = self.value(name)?;
        let parsed = self.text(name, &value)?.parse();
        parsed
            .map_err(|error| {
                let (bound, count) = match error {
                    ParseSearchError::Empty => ("least", 1),
                    _ => ("most", SearchText::MAX_CHARS),
                };
                let complaint = format!("String must contain at {bound} {count} character(s)");
                self.complain(name, complaint);
            })
            .ok()
    }

    /// Everything that was wrong, as one error.
    pub(crate) fn finish(self) -> Result<(), Error> {
        if let Some(name) = self.repeated.first() {
            let message = format!("\"{name}\" is given more than once in the query");
            return Err(Error::invalid(message).with_code("invalid_query_params"));
        }
        if self.wrong.is_empty() {
            return Ok(());
        }
        Err(wrong_input(self.wrong))
    }

    /// The value, from the body or else from the query, where an empty text means null.
    fn value(&mut self, name: &'static str) -> Option<Cow<'a, Value>> {
        let mut in_query = self.params.query.iter().filter(|(key, _)| key == name);
        let first = in_query.next();
        if in_query.next().is_some() {
            self.repeated.push(name);
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

    fn text<'v>(&mut self, name: &str, value: &'v Value) -> Option<&'v str> {
        if let Value::String(text) = value {
            return Some(text);
        }
        self.complain(
            name,
            format!("Expected string, received {}", type_name(value)),
        );
        None
    }

    fn parse<T: FromStr>(&mut self, name: &str, text: &str, complaint: &str) -> Option<T> {
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.complain(name, complaint);
        }
        parsed
    }

    fn complain(&mut self, path: &str, message: impl Into<String>) {
        self.wrong.push(FieldError {
            path: path.to_owned(),
            message: message.into(),
        });
    }
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

#[cfg(test)]
mod tests {
    use access_groups_core::AcsUserId;
    use serde_json::json;

    use super::*;

    fn check(query: &str, body: Value, expected: Result<Option<&str>, &str>) {
        let params = Params {
            query: crate::query::read(query),
            body: body.as_object().expect("an object").clone(),
        };
        let mut fields = Fields::new(&params);
        let search = fields.optional_search("search");
        let found = fields
            .finish()
            .map(|()| search.as_ref().map(SearchText::as_str));
        let found = found.map_err(|error| error.message().to_owned());
        assert_eq!(found, expected.map_err(str::to_owned), "{query} {body}");
    }

    #[test]
    fn the_body_beats_the_query_and_unknown_names_do_not_matter() {
        check("", json!({}), Ok(None));
        check("search=q", json!({}), Ok(Some("q")));
        check("search=q", json!({"search": "b"}), Ok(Some("b")));
        check("search[]=q&other=1&other=2", json!({"extra": 1}), Ok(None));
        check("search=a,b&_strict=true", json!({}), Ok(Some("a,b")));
    }

    #[test]
    fn an_empty_text_is_null_in_the_query_and_too_short_in_the_body() {
        check(
            "search=",
            json!({}),
            Err("Expected string, received null for \"search\""),
        );
        let too_short = "String must contain at least 1 character(s) for \"search\"";
        check("", json!({"search": ""}), Err(too_short));
        let too_long = "String must contain at most 1000 character(s) for \"search\"";
        check("", json!({"search": "x".repeat(1001)}), Err(too_long));
    }

    #[test]
    fn a_scalar_given_twice_in_the_query_is_ambiguous_even_beside_a_body() {
        let twice = "\"search\" is given more than once in the query";
        check("search=a&search=a", json!({}), Err(twice));
        check("search=a&search=b", json!({"search": "c"}), Err(twice));
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let params = Params {
            query: Vec::new(),
            body: json!({"a": 5, "b": null, "c": "no"})
                .as_object()
                .expect("object")
                .clone(),
        };
        let mut fields = Fields::new(&params);
        for name in ["a", "b", "c", "d"] {
            assert_eq!(fields.id::<AcsUserId>(name), None);
        }
        let error = fields.finish().expect_err("four problems");
        assert_eq!(
            error.message(),
            "4 Input Errors: Expected string, received number for \"a\", \
             Expected string, received null for \"b\", Invalid uuid for \"c\", d is required",
        );
        let paths: Vec<_> = error
            .fields()
            .iter()
            .map(|field| field.path.as_str())
            .collect();
        assert_eq!(paths, ["a", "b", "c", "d"]);
    }
}
