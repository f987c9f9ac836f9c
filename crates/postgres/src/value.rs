//! What statements are given, each value with its type.

use std::{error::Error as StdError, fmt};

use bytes::BytesMut;
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

/// A parameter of a statement.
///
/// Its `Debug` shows nothing: the driver would log names, addresses and digests by it.
#[derive(Clone, PartialEq)]
pub(crate) enum Value {
    Uuid(Option<Uuid>),
    Uuids(Vec<Uuid>),
    SomeUuids(Vec<Option<Uuid>>),
    Text(Option<String>),
    Texts(Vec<Option<String>>),
    Int(i32),
    Ints(Vec<i32>),
    Long(i64),
    SomeLong(Option<i64>),
    Longs(Vec<i64>),
    Bytes(Vec<u8>),
}

impl Value {
    pub(crate) fn id(id: impl Into<Uuid>) -> Self {
        Self::Uuid(Some(id.into()))
    }

    pub(crate) fn some_id(id: Option<impl Into<Uuid>>) -> Self {
        Self::Uuid(id.map(Into::into))
    }

    pub(crate) fn ids<Id: Copy + Into<Uuid>>(ids: &[Id]) -> Self {
        Self::Uuids(ids.iter().map(|id| (*id).into()).collect())
    }

    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::some_text(Some(text.into()))
    }

    /// PostgreSQL's texts cannot hold U+0000, which an actor or a site file may.
    pub(crate) fn some_text(text: Option<String>) -> Self {
        Self::Text(text.map(without_zero))
    }

    pub(crate) fn texts(texts: Vec<Option<String>>) -> Self {
        let texts = texts.into_iter().map(|text| text.map(without_zero));
        Self::Texts(texts.collect())
    }

    /// The columns of these rows as arrays. A column has values of one kind: ids, texts or numbers.
    pub(crate) fn arrays(rows: impl Iterator<Item = Vec<Self>>) -> Vec<Self> {
        let mut arrays = Vec::new();
        for row in rows {
            if arrays.is_empty() {
                arrays = row.iter().map(Self::empty_array).collect();
            }
            for (array, value) in arrays.iter_mut().zip(row) {
                array.push(value);
            }
        }
        arrays
    }

    fn empty_array(&self) -> Self {
        match self {
            Self::Uuid(_) => Self::SomeUuids(Vec::new()),
            Self::Text(_) => Self::Texts(Vec::new()),
            _ => Self::Longs(Vec::new()),
        }
    }

    fn push(&mut self, value: Self) {
        match (self, value) {
            (Self::SomeUuids(array), Self::Uuid(id)) => array.push(id),
            (Self::Texts(array), Self::Text(text)) => array.push(text),
            (Self::Longs(array), Self::Long(number)) => array.push(number),
            _ => unreachable!("a column has values of one kind"),
        }
    }

    /// The type that the statement is prepared with.
    pub(crate) fn type_(&self) -> Type {
        match self {
            Self::Uuid(_) => Type::UUID,
            Self::Uuids(_) | Self::SomeUuids(_) => Type::UUID_ARRAY,
            Self::Text(_) => Type::TEXT,
            Self::Texts(_) => Type::TEXT_ARRAY,
            Self::Int(_) => Type::INT4,
            Self::Ints(_) => Type::INT4_ARRAY,
            Self::Long(_) | Self::SomeLong(_) => Type::INT8,
            Self::Longs(_) => Type::INT8_ARRAY,
            Self::Bytes(_) => Type::BYTEA,
        }
    }
}

fn without_zero(text: String) -> String {
    match text.contains('\0') {
        true => text.replace('\0', "\u{FFFD}"),
        false => text,
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self {
            Self::Uuid(value) => value.to_sql(ty, out),
            Self::Uuids(value) => value.to_sql(ty, out),
            Self::SomeUuids(value) => value.to_sql(ty, out),
            Self::Text(value) => value.to_sql(ty, out),
            Self::Texts(value) => value.to_sql(ty, out),
            Self::Int(value) => value.to_sql(ty, out),
            Self::Ints(value) => value.to_sql(ty, out),
            Self::Long(value) => value.to_sql(ty, out),
            Self::SomeLong(value) => value.to_sql(ty, out),
            Self::Longs(value) => value.to_sql(ty, out),
            Self::Bytes(value) => value.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        // Statements are prepared with the types of their values.
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Binary
    }

    to_sql_checked!();
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_not_shown() {
        let shown = format!("{:?}", [Value::text("Ada"), Value::Bytes(vec![7])]);
        assert_eq!(shown, "[…, …]");
    }

    #[test]
    fn rows_become_arrays() {
        let row = |number| vec![Value::Uuid(None), Value::text("a"), Value::Long(number)];
        let arrays = Value::arrays([row(1), row(2)].into_iter());
        let texts = vec![Some("a".to_owned()); 2];
        let ids = Value::SomeUuids(vec![None; 2]);
        assert!(arrays == [ids, Value::Texts(texts), Value::Longs(vec![1, 2])]);
        assert!(Value::arrays(std::iter::empty()).is_empty());
    }

    #[test]
    fn texts_hold_no_zero() {
        assert!(Value::text("a\0b") == Value::text("a\u{FFFD}b"));
    }
}
