//! Whether a value fits its shape.

use access_groups_core::{EmailAddress, Timestamp};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::contract::{Fields, Format, Kind, Shape};

/// No problems.
pub(crate) const NOTHING: [&str; 0] = [];

/// What is wrong with an object that should have these fields, and no others.
pub(crate) fn problems(place: &str, fields: &Fields, value: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    match value {
        Value::Object(object) => check_fields(place, fields, object, &mut problems),
        other => problems.push(format!("{place}: {other} is not an object")),
    }
    problems
}

fn check_fields(
    place: &str,
    fields: &Fields,
    object: &Map<String, Value>,
    problems: &mut Vec<String>,
) {
    for (name, shape) in fields {
        match object.get(name) {
            Some(value) => check_shape(&format!("{place}.{name}"), shape, value, problems),
            None if shape.required => problems.push(format!("{place}.{name} is missing")),
            None => {}
        }
    }
    for name in object.keys().filter(|name| !fields.contains_key(*name)) {
        problems.push(format!("{place}.{name} is unknown"));
    }
}

fn check_shape(place: &str, shape: &Shape, value: &Value, problems: &mut Vec<String>) {
    if value.is_null() && shape.nullable {
        return;
    }
    if !is_of_kind(shape.kind, value) {
        return problems.push(format!("{place}: {value} is not of type {:?}", shape.kind));
    }
    if !shape.values.is_empty() && !shape.values.contains(value) {
        problems.push(format!("{place}: {value} is none of {:?}", shape.values));
    }
    match value {
        Value::String(text) => {
            if text.chars().count() < shape.min_length {
                problems.push(format!("{place}: {value} is too short"));
            }
            if let Some(format) = shape.format
                && !is_of_format(format, text)
            {
                problems.push(format!("{place}: {value} is not of format {format:?}"));
            }
        }
        Value::Array(items) => {
            let shape = shape.items.as_deref().expect("an array says what is in it");
            for (index, item) in items.iter().enumerate() {
                check_shape(&format!("{place}[{index}]"), shape, item, problems);
            }
        }
        Value::Object(object) => match &shape.tag {
            None => check_fields(place, &shape.fields, object, problems),
            Some(tag) => check_variant(place, tag, shape, object, problems),
        },
        _ => {}
    }
}

fn check_variant(
    place: &str,
    tag: &str,
    shape: &Shape,
    object: &Map<String, Value>,
    problems: &mut Vec<String>,
) {
    let mut rest = object.clone();
    let code = rest.remove(tag);
    let code = code.as_ref().and_then(Value::as_str).unwrap_or_default();
    match shape.variants.get(code) {
        Some(fields) => check_fields(&format!("{place}<{code}>"), fields, &rest, problems),
        None => problems.push(format!("{place}: {tag} {code:?} is unknown")),
    }
}

fn is_of_kind(kind: Kind, value: &Value) -> bool {
    match kind {
        Kind::String => value.is_string(),
        Kind::Number => value.is_number(),
        Kind::Integer => value.is_i64() || value.is_u64(),
        Kind::Boolean => value.is_boolean(),
        Kind::Array => value.is_array(),
        Kind::Object => value.is_object(),
    }
}

/// In the one form in which the API writes them: UTC, and three digits.
fn is_instant(text: &str) -> bool {
    let instant = text.parse::<Timestamp>();
    instant.is_ok_and(|instant| format!("{instant:.3}") == text)
}

fn is_of_format(format: Format, text: &str) -> bool {
    match format {
        Format::Uuid => text.len() == 36 && text.parse::<Uuid>().is_ok(),
        Format::DateTime => is_instant(text),
        Format::Email => text.parse::<EmailAddress>().is_ok(),
        Format::Uri => text
            .parse::<http::Uri>()
            .is_ok_and(|uri| uri.host().is_some()),
        Format::Float => true,
    }
}

mod tests {
    use serde_json::json;

    use super::*;

    fn check(value: Value, expected: &[&str]) {
        let fields: Fields = serde_json::from_value(json!({
            "id": {"type": "string", "format": "uuid", "required": true},
            "name": {"type": "string", "minLength": 1, "nullable": true},
            "color": {"type": "string", "enum": ["red", "blue"]},
            "since": {"type": "string", "format": "date-time"},
            "count": {"type": "integer"},
            "inner": {"type": "object", "fields": {"deep": {"type": "boolean", "required": true}}},
            "errors": {"type": "array", "items": {
                "type": "object", "tag": "code",
                "variants": {"bad": {"why": {"type": "string", "required": true}}, "worse": {}},
            }},
        }))
        .expect("fields");
        assert_eq!(problems("it", &fields, &value), expected, "{value}");
    }

    fn with(field: &str, value: Value) -> Value {
        json!({"id": "00000000-0000-0000-0000-000000000001", field: value})
    }

    #[test]
    fn what_fits_has_no_problems() {
        check(with("name", Value::Null), &[]);
        check(with("color", json!("red")), &[]);
        check(with("since", json!("2026-07-01T08:00:00.123Z")), &[]);
        check(with("count", json!(3)), &[]);
        check(with("inner", json!({"deep": false})), &[]);
        let errors = json!([{"code": "bad", "why": "."}, {"code": "worse"}]);
        check(with("errors", errors), &[]);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        check(json!([]), &["it: [] is not an object"]);
        check(json!({}), &["it.id is missing"]);
        check(json!({"id": null}), &["it.id: null is not of type String"]);
        check(json!({"id": "x"}), &["it.id: \"x\" is not of format Uuid"]);
        check(with("name", json!("")), &["it.name: \"\" is too short"]);
        check(
            with("name", json!(1)),
            &["it.name: 1 is not of type String"],
        );
        check(
            with("color", json!("green")),
            &["it.color: \"green\" is none of [String(\"red\"), String(\"blue\")]"],
        );
        for since in [
            "yesterday",
            "2026-07-01",
            "2026-07-01 10:00:00.000Z",
            "2026-07-01T10:00:00Z",
            "2026-07-01T10:00:00.123456Z",
            "2026-07-01T10:00:00.000+02:00",
            "2026-07-01T10:00:00",
        ] {
            let expected = format!("it.since: {since:?} is not of format DateTime");
            check(with("since", json!(since)), &[&expected]);
        }
        check(
            with("count", json!(1.5)),
            &["it.count: 1.5 is not of type Integer"],
        );
        check(with("inner", json!({})), &["it.inner.deep is missing"]);
        check(with("more", json!(1)), &["it.more is unknown"]);
        check(
            with("errors", json!([{"code": "bad"}, {"code": "odd"}, {}])),
            &[
                "it.errors[0]<bad>.why is missing",
                "it.errors[1]: code \"odd\" is unknown",
                "it.errors[2]: code \"\" is unknown",
            ],
        );
    }
}
