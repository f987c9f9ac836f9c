//! The differences between two contracts.

use serde_json::Value;

/// One line for each difference, sorted by where it is.
pub(crate) fn between(ours: &Value, theirs: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for part in ["paths", "schemas", "not_served"] {
        compare(part, &ours[part], &theirs[part], &mut lines);
    }
    lines
}

fn compare(place: &str, ours: &Value, theirs: &Value, lines: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(one), Value::Object(other)) => {
            let mut names: Vec<_> = one.keys().chain(other.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let place = format!("{place}{SEPARATOR}{name}");
                match (one.get(name), other.get(name)) {
                    (Some(ours), Some(theirs)) => compare(&place, ours, theirs, lines),
                    (None, Some(new)) => lines.push(format!("added    {place}{}", short(new))),
                    (Some(old), None) => lines.push(format!("removed  {place}{}", short(old))),
                    (None, None) => {}
                }
            }
        }
        (Value::Array(one), Value::Array(other)) if is_set(one) && is_set(other) => {
            let missing_in = |all: &[Value], value: &&Value| !all.contains(value);
            for new in other.iter().filter(|value| missing_in(one, value)) {
                lines.push(format!("added    {place}{}", short(new)));
            }
            for old in one.iter().filter(|value| missing_in(other, value)) {
                lines.push(format!("removed  {place}{}", short(old)));
            }
        }
        _ if ours != theirs => lines.push(format!("changed  {place}: {ours} -> {theirs}")),
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
    let text = value.to_string();
    if text.len() > LONG {
        return String::new();
    }
    format!(": {text}")
}

const SEPARATOR: &str = " ";
const LONG: usize = 100;

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
