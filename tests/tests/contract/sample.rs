//! Values that fit a shape.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::contract::{Fields, Format, Kind, Shape};

/// An object with all these fields; another turn makes other values.
pub(crate) fn full(fields: &Fields, turn: usize) -> Map<String, Value> {
    let sample = |(name, shape): (&String, &Shape)| (name.clone(), sample(name, shape, turn));
    fields.iter().map(sample).collect()
}

/// A value for the field of that name. Fields of different names differ where they can, and
/// so do turns; an array of variants has one of each.
pub(crate) fn sample(name: &str, shape: &Shape, turn: usize) -> Value {
    if !shape.values.is_empty() {
        return shape.values[turn % shape.values.len()].clone();
    }
    match shape.kind {
        Kind::String => text(name, shape.format, turn).into(),
        Kind::Number | Kind::Integer => (turn + 1).into(),
        Kind::Boolean => turn.is_multiple_of(2).into(),
        Kind::Object => full(&shape.fields, turn).into(),
        Kind::Array => items(name, shape.items.as_deref(), turn),
    }
}

fn text(name: &str, format: Option<Format>, turn: usize) -> String {
    let number = name.bytes().fold(turn, |number, byte| {
        number * 31 % 1_000_003 + usize::from(byte)
    });
    match format {
        None | Some(Format::Float) => format!("{number:08}"), // eight digits are base64, too
        Some(Format::Uuid) => Uuid::from_u128(number as u128).to_string(),
        Some(Format::Email) => format!("{name}.{number}@example.com"),
        Some(Format::Uri) => format!("https://example.com/{number}"),
        Some(Format::DateTime) if name == "ends_at" => format!("2099-01-01T00:00:{turn:02}Z"),
        Some(Format::DateTime) => format!("2031-{:02}-01T00:00:{turn:02}Z", number % 12 + 1),
    }
}

fn items(name: &str, items: Option<&Shape>, turn: usize) -> Value {
    let items = items.expect("an array says what is in it");
    let variants = items.variants.iter().map(|(code, fields)| {
        let mut variant = full(fields, turn);
        let tag = items.tag.clone().expect("variants have a tag");
        variant.insert(tag, code.as_str().into());
        Value::from(variant)
    });
    match items.variants.len() {
        0 => [turn, turn + 1]
            .map(|turn| sample(name, items, turn))
            .into_iter()
            .collect(),
        _ => variants.collect(),
    }
}

/// A value of a kind that does not fit the shape.
pub(crate) fn of_another_kind(shape: &Shape) -> Value {
    match shape.kind {
        Kind::Number | Kind::Integer => "no number".into(),
        _ => 5.into(),
    }
}
