//! JSON for people and for `git diff`: sorted, with one line for each value that fits.

use serde_json::Value;

/// The text of a value; it ends with a line feed.
pub(crate) fn text(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, 0, &mut text);
    text.push('\n');
    text
}

/// Writes the value; `used` is how much of the line is taken already.
fn write(value: &Value, depth: usize, used: usize, text: &mut String) {
    let line = one_line(value);
    if used + line.chars().count() <= WIDTH && depth > 0 {
        text.push_str(&line);
        return;
    }
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            let rows = fields.into_iter().map(|(name, value)| (key(name), value));
            write_rows(['{', '}'], rows, depth, text);
        }
        Value::Array(items) if !items.is_empty() => {
            let rows = items.iter().map(|item| (String::new(), item));
            write_rows(['[', ']'], rows, depth, text);
        }
        _ => text.push_str(&line),
    }
}

fn write_rows<'v>(
    [open, close]: [char; 2],
    rows: impl Iterator<Item = (String, &'v Value)>,
    depth: usize,
    text: &mut String,
) {
    let indent = "  ".repeat(depth + 1);
    for (index, (key, value)) in rows.enumerate() {
        text.push_str(if index == 0 { "" } else { "," });
        if index == 0 {
            text.push(open);
        }
        text.push('\n');
        text.push_str(&indent);
        text.push_str(&key);
        let comma = 1;
        write(value, depth + 1, indent.len() + key.len() + comma, text);
    }
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
    text.push(close);
}

fn one_line(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            let all: Vec<_> = fields
                .into_iter()
                .map(|(name, value)| key(name) + &one_line(value))
                .collect();
            format!("{{{}}}", all.join(", "))
        }
        Value::Array(items) => {
            let all: Vec<_> = items.iter().map(one_line).collect();
            format!("[{}]", all.join(", "))
        }
        scalar => scalar.to_string(),
    }
}

fn key(name: &str) -> String {
    format!("{}: ", Value::from(name))
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
