//! The contract as values.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;
use serde_json::Value;

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
    pub(crate) carrier: Option<Carrier>,
    pub(crate) request: Request,
    pub(crate) response: Option<Response>,
    pub(crate) paginated: bool,
    #[serde(default, rename = "undocumented")]
    _undocumented: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Carrier {
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

/// What a value may be. A keyword that nobody here looks at is refused.
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
    /// What a service takes in its place: no business of a request's form.
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
    /// An item of an array is no field of anything.
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
