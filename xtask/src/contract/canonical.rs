//! JSON for people and for `git diff`: sorted, with one line for each value that fits.

use std::collections::BTreeMap;

use serde_json::Value;

/// The text of a value; it ends with a line feed.
pub(crate) fn text(value: &Value) -> String {
    render(value, 0, 0) + "\n"
}

/// The value in one line if there is room for so many characters, and otherwise in several.
fn render(value: &Value, depth: usize, room: usize) -> String {
    let (open, close, rows): (_, _, Vec<(String, &Value)>) = match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<_, _> = fields.iter().collect();
            let key = |name: &String| format!("{}: ", Value::from(name.as_str()));
            let rows = sorted.into_iter().map(|(name, value)| (key(name), value));
            ('{', '}', rows.collect())
        }
        Value::Array(items) => {
            let rows = items.iter().map(|item| (String::new(), item));
            ('[', ']', rows.collect())
        }
        scalar => return scalar.to_string(),
    };
    let join = |separator: &str, row: &dyn Fn(&(String, &Value)) -> String| {
        rows.iter().map(row).collect::<Vec<_>>().join(separator)
    };
    let line = join(", ", &|(key, value)| {
        key.clone() + &render(value, depth, usize::MAX)
    });
    if rows.is_empty() || line.chars().count() + 2 <= room {
        return format!("{open}{line}{close}");
    }
    let indent = "  ".repeat(depth);
    let lines = join(",\n", &|(key, value)| {
        let comma = 1;
        let used = indent.len() + 2 + key.len() + comma;
        let value = render(value, depth + 1, WIDTH.saturating_sub(used));
        format!("{indent}  {key}{value}")
    });
    format!("{open}\n{lines}\n{indent}{close}")
}

const WIDTH: usize = 100;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_sorted() {
        let value = json!({
            "z": {"b": [1, "two"], "a": null},
            "a": {},
            "long": {"one": "x".repeat(50), "other": ["y".repeat(50), "w"]},
        });
        let expected = format!(
            "{{\n  \"a\": {{}},\n  \"long\": {{\n    \"one\": \"{}\",\n    \"other\": [\"{}\", \"w\"]\n  \
             }},\n  \"z\": {{\"a\": null, \"b\": [1, \"two\"]}}\n}}\n",
            "x".repeat(50),
            "y".repeat(50),
        );
        assert_eq!(text(&value), expected);
    }

    #[test]
    fn lines_have_a_maximum_width() {
        let longest = |length: usize| {
            let text = text(&json!({"k": ["x".repeat(length)]}));
            text.lines().map(str::len).max()
        };
        assert_eq!(longest(88), Some(99), "one is kept for a comma");
        assert_eq!(longest(89), Some(95), "broken");
    }
}
