//! The differences between two contracts.

use std::collections::BTreeSet;

use serde_json::Value;

/// One line for each difference, sorted by where it is.
pub(crate) fn between(ours: &Value, theirs: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for part in ["paths", "schemas", "not_served"] {
        compare(part, Some(&ours[part]), Some(&theirs[part]), &mut lines);
    }
    lines
}

fn compare(place: &str, ours: Option<&Value>, theirs: Option<&Value>, lines: &mut Vec<String>) {
    match (ours, theirs) {
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            for name in one.keys().chain(other.keys()).collect::<BTreeSet<_>>() {
                let place = format!("{place} {name}");
                compare(&place, one.get(name), other.get(name), lines);
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) if is_set(one) && is_set(other) => {
            for new in other.iter().filter(|value| !one.contains(value)) {
                compare(place, None, Some(new), lines);
            }
            for old in one.iter().filter(|value| !other.contains(value)) {
                compare(place, Some(old), None, lines);
            }
        }
        (None, Some(new)) => lines.push(format!("added    {place}{}", short(new))),
        (Some(old), None) => lines.push(format!("removed  {place}{}", short(old))),
        (Some(old), Some(new)) if old != new => {
            lines.push(format!("changed  {place}: {old} -> {new}"));
        }
        _ => {}
    }
}

/// Enums, methods and the like: no order, no value twice.
fn is_set(items: &[Value]) -> bool {
    items
        .iter()
        .all(|item| !item.is_object() && !item.is_array())
}

/// The value, unless it is too long for a line.
fn short(value: &Value) -> String {
    let text = format!(": {value}");
    if text.len() > LONG {
        String::new()
    } else {
        text
    }
}

const LONG: usize = 102;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(ours: Value, theirs: Value, expected: &[&str]) {
        let [ours, theirs] = [ours, theirs].map(|paths| json!({"paths": paths}));
        assert_eq!(between(&ours, &theirs), expected);
    }

    #[test]
    fn paths_and_fields_come_and_go() {
        let fields = json!({"id": {"type": "string"}});
        check(
            json!({"/a": {"request": {"fields": fields}}, "/old": {"methods": ["POST"]}}),
            json!({"/a": {"request": {"fields": {}}}, "/new": {"x": "x".repeat(200)}}),
            &[
                "removed  paths /a request fields id: {\"type\":\"string\"}",
                "added    paths /new",
                "removed  paths /old: {\"methods\":[\"POST\"]}",
            ],
        );
    }

    #[test]
    fn changed_fields_are_told() {
        check(
            json!({"/a": {"id": {"type": "string", "required": true}}}),
            json!({"/a": {"id": {"type": "number", "nullable": true}}}),
            &[
                "added    paths /a id nullable: true",
                "removed  paths /a id required: true",
                "changed  paths /a id type: \"string\" -> \"number\"",
            ],
        );
    }

    #[test]
    fn the_order_of_sets_is_ignored() {
        check(
            json!({"enum": ["a", "b"]}),
            json!({"enum": ["c", "a"]}),
            &["added    paths enum: \"c\"", "removed  paths enum: \"b\""],
        );
        check(
            json!({"enum": ["a", "b"]}),
            json!({"enum": ["b", "a"]}),
            &[],
        );
    }
}
