//! One value of the API: its type and what it may be, without a word of prose.
//!
//! A shape keeps the words of OpenAPI, with three exceptions: an object has `fields`, each of
//! which says itself that it is `required`; objects told apart by a code are one object with a
//! `tag` and its `variants`; all sets are sorted.

use serde_json::{Map, Value, json};

/// Fields with their shapes, by name.
pub(crate) type Fields = Map<String, Value>;

/// The shape of a schema.
///
/// # Errors
///
/// The schema uses an unknown keyword, or a known one in an unknown way.
pub(crate) fn of(schema: &Value) -> Result<Value, String> {
    let schema = schema.as_object().ok_or("a schema is an object")?;
    if let Some(variants) = schema.get("oneOf") {
        return union(schema, variants);
    }
    let mut shape = Map::new();
    for (keyword, value) in schema {
        let mut keep = |name: &str, value: Value| drop(shape.insert(name.to_owned(), value));
        match keyword.as_str() {
            "required" | "discriminator" => {}
            "properties" => keep("fields", fields(schema)?.into()),
            "items" => keep(keyword, of(value).map_err(|error| format!("[]: {error}"))?),
            "enum" => keep(keyword, sorted(value)?),
            "x-undocumented" => keep("undocumented", true.into()),
            "default" | "deprecated" | "exclusiveMaximum" | "exclusiveMinimum" | "format"
            | "maxItems" | "maxLength" | "maximum" | "minItems" | "minLength" | "minimum"
            | "nullable" | "pattern" | "type" => keep(keyword, value.clone()),
            // Prose.
            "description" | "title" | "example" | "examples" => {}
            extension if extension.starts_with("x-") => {}
            unknown => return Err(format!("unknown keyword `{unknown}`")),
        }
    }
    Ok(shape.into())
}

/// The fields of an object, each with its own `required`.
///
/// # Errors
///
/// Those of [`of`].
pub(crate) fn fields(schema: &Map<String, Value>) -> Result<Fields, String> {
    let mut fields = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        let shape = of(property).map_err(|error| format!("{name}: {error}"))?;
        fields.insert(name.clone(), shape);
    }
    let required = schema.get("required").and_then(Value::as_array);
    for name in required.into_iter().flatten() {
        let field = name.as_str().and_then(|name| fields.get_mut(name));
        field.ok_or_else(|| format!("{name} is required and no field"))?["required"] = true.into();
    }
    Ok(fields)
}

/// Objects that differ in the value of one field, the tag.
fn union(schema: &Map<String, Value>, variants: &Value) -> Result<Value, String> {
    let variants: Vec<Fields> = variants
        .as_array()
        .ok_or("`oneOf` holds an array")?
        .iter()
        .map(|variant| fields(variant.as_object().ok_or("a variant is an object")?))
        .collect::<Result<_, _>>()?;
    let tag = tag(&variants)?;
    let named = schema
        .get("discriminator")
        .map(|discriminator| &discriminator["propertyName"]);
    if named.is_some_and(|named| *named != tag) {
        return Err(format!("the variants differ in {tag}, not in {named:?}"));
    }
    let mut by_tag = Map::new();
    for mut fields in variants {
        let value = fields.remove(&tag).and_then(|shape| only_value(&shape));
        let value = value.expect("the tag is a field of every variant");
        if by_tag.insert(value.clone(), fields.into()).is_some() {
            return Err(format!("{value} stands for two variants"));
        }
    }
    Ok(json!({"type": "object", "tag": tag, "variants": by_tag}))
}

/// The one field that every variant requires, and for which it has a single value.
fn tag(variants: &[Fields]) -> Result<String, String> {
    let first = variants.first().ok_or("`oneOf` without a variant")?;
    let mut tags = first.keys().filter(|name| {
        let mut fields = variants.iter().map(|variant| variant.get(*name));
        fields.all(|field| field.and_then(only_value).is_some())
    });
    match (tags.next(), tags.next()) {
        (Some(tag), None) => Ok(tag.clone()),
        (tag, other) => Err(format!("no single tag: {tag:?}, {other:?}")),
    }
}

fn only_value(shape: &Value) -> Option<String> {
    match shape["enum"].as_array()?.as_slice() {
        [Value::String(only)] if shape["required"] == true => Some(only.clone()),
        _ => None,
    }
}

fn sorted(values: &Value) -> Result<Value, String> {
    let mut values = values.as_array().ok_or("`enum` holds an array")?.clone();
    values.sort_by_key(Value::to_string);
    Ok(values.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(schema: Value, expected: Result<Value, &str>) {
        assert_eq!(of(&schema), expected.map_err(str::to_owned), "{schema}");
    }

    #[test]
    fn prose_goes_and_the_rest_stays() {
        check(
            json!({
                "type": "string", "format": "uuid", "nullable": true, "minLength": 1,
                "description": "The thing.", "x-title": "Thing", "x-undocumented": "Secret.",
                "enum": ["b", "a"],
            }),
            Ok(json!({
                "type": "string", "format": "uuid", "nullable": true, "minLength": 1,
                "undocumented": true, "enum": ["a", "b"],
            })),
        );
    }

    #[test]
    fn required_moves_into_the_field() {
        check(
            json!({
                "type": "object",
                "required": ["a"],
                "properties": {
                    "a": {"type": "array", "items": {"type": "number", "description": "One."}},
                    "b": {"type": "boolean"},
                },
            }),
            Ok(json!({
                "type": "object",
                "fields": {
                    "a": {"type": "array", "items": {"type": "number"}, "required": true},
                    "b": {"type": "boolean"},
                },
            })),
        );
    }

    fn variant(code: &str) -> Value {
        json!({
            "type": "object",
            "required": ["code"],
            "properties": {
                "code": {"type": "string", "enum": [code]},
                "message": {"type": "string"},
            },
        })
    }

    #[test]
    fn tagged_objects_are_variants() {
        let message = json!({"message": {"type": "string"}});
        check(
            json!({"oneOf": [variant("one"), variant("two")]}),
            Ok(json!({
                "type": "object", "tag": "code", "variants": {"one": message, "two": message},
            })),
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        check(
            json!({"type": "object", "properties": {"a": {"allOf": []}}}),
            Err("a: unknown keyword `allOf`"),
        );
        check(
            json!({"type": "object", "required": ["a"], "properties": {}}),
            Err("\"a\" is required and no field"),
        );
        check(
            json!({"oneOf": [variant("one"), variant("one")]}),
            Err("one stands for two variants"),
        );
        check(
            json!({"oneOf": [variant("one"), {"type": "object", "properties": {}}]}),
            Err("no single tag: None, None"),
        );
        let mut optional = variant("one");
        optional["required"] = json!([]);
        check(
            json!({"oneOf": [optional]}),
            Err("no single tag: None, None"),
        );
        check(
            json!({"discriminator": {"propertyName": "kind"}, "oneOf": [variant("one")]}),
            Err("the variants differ in code, not in Some(String(\"kind\"))"),
        );
    }
}
