//! The contract as values, and values that fit its shapes.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

/// The contract that the project is held to.
pub(crate) static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../contract.json")).expect("a contract")
});

#[derive(Debug, Deserialize)]
pub(crate) struct Contract {
    pub(crate) paths: BTreeMap<String, Path>,
    pub(crate) schemas: BTreeMap<String, Fields>,
    pub(crate) not_served: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Path {
    pub(crate) methods: Vec<String>,
    pub(crate) auth: Vec<String>,
    /// None where there are no parameters.
    pub(crate) location: Option<Location>,
    pub(crate) request: Request,
    pub(crate) response: Option<Response>,
    pub(crate) paginated: bool,
    #[serde(default, rename = "undocumented")]
    _undocumented: bool,
}

/// Where parameters travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Location {
    Body,
    QueryOrBody,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    Fields(Fields),
    OneOf(Vec<Fields>),
}

impl Request {
    /// The sets of fields of which a request has one.
    pub(crate) fn alternatives(&self) -> &[Fields] {
        match self {
            Self::Fields(fields) => std::slice::from_ref(fields),
            Self::OneOf(alternatives) => alternatives,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Response {
    pub(crate) key: String,
    pub(crate) resource: String,
    pub(crate) many: bool,
}

pub(crate) type Fields = BTreeMap<String, Shape>;

/// What a value may be. An unknown keyword is refused, so that no rule of the contract is missed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Shape {
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    pub(crate) format: Option<Format>,
    /// All it may be, if that is told.
    #[serde(default, rename = "enum")]
    pub(crate) values: Vec<Value>,
    #[serde(default)]
    pub(crate) required: bool,
    #[serde(default)]
    pub(crate) nullable: bool,
    #[serde(default)]
    pub(crate) min_length: usize,
    pub(crate) minimum: Option<u32>,
    #[serde(default)]
    pub(crate) exclusive_minimum: bool,
    /// Of an array.
    pub(crate) items: Option<Box<Self>>,
    /// Of an object.
    #[serde(default)]
    pub(crate) fields: Fields,
    /// The field of an object that tells its variants apart.
    pub(crate) tag: Option<String>,
    #[serde(default)]
    pub(crate) variants: BTreeMap<String, Fields>,
    /// What a service assumes when it is absent: requests do not depend on it.
    #[serde(rename = "default")]
    _default: Option<Value>,
    #[serde(default, rename = "deprecated")]
    _deprecated: bool,
    #[serde(default, rename = "undocumented")]
    _undocumented: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    String,
    Number,
    Integer,
    Boolean,
    Array,
    Object,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Format {
    Uuid,
    DateTime,
    Email,
    Uri,
    Float,
}

/// One place in an object: a field of it, a field of an object inside, an item of an array.
#[derive(Debug)]
pub(crate) struct Place<'c> {
    /// In words: `errors[being_deleted].message`.
    pub(crate) name: String,
    /// Where it is in a sample of these fields.
    pub(crate) pointer: String,
    pub(crate) shape: &'c Shape,
    /// Whether it is an item of an array, and not a field.
    pub(crate) is_item: bool,
}

/// Every place of an object with these fields, outer ones before inner ones.
pub(crate) fn places(fields: &Fields) -> Vec<Place<'_>> {
    let mut places = Vec::new();
    add_fields("", "", fields, &mut places);
    places
}

fn add_fields<'c>(name: &str, pointer: &str, fields: &'c Fields, places: &mut Vec<Place<'c>>) {
    for (field, shape) in fields {
        let separator = if name.is_empty() { "" } else { "." };
        let name = format!("{name}{separator}{field}");
        add(name, format!("{pointer}/{field}"), shape, false, places);
    }
}

fn add<'c>(
    name: String,
    pointer: String,
    shape: &'c Shape,
    is_item: bool,
    places: &mut Vec<Place<'c>>,
) {
    places.push(Place {
        name: name.clone(),
        pointer: pointer.clone(),
        shape,
        is_item,
    });
    add_fields(&name, &pointer, &shape.fields, places);
    let Some(items) = &shape.items else { return };
    if items.variants.is_empty() {
        let name = format!("{name}[]");
        return add(name, format!("{pointer}/0"), items, true, places);
    }
    // A sample has one item of each variant.
    for (index, (code, fields)) in items.variants.iter().enumerate() {
        let name = format!("{name}[{code}]");
        add_fields(&name, &format!("{pointer}/{index}"), fields, places);
    }
}

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
        // Three digits, none of them a zero at the end: resources and the wire write them alike.
        Some(Format::DateTime) if name == "ends_at" => format!("2099-01-01T00:00:{turn:02}.125Z"),
        Some(Format::DateTime) => format!("2031-{:02}-01T00:00:{turn:02}.125Z", number % 12 + 1),
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
