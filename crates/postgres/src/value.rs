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

    /// The type that the statement is prepared with.
    pub(crate) fn type_(&self) -> Type {
        match self {
            Self::Uuid(_) => Type::UUID,
            Self::Uuids(_) => Type::UUID_ARRAY,
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
    fn texts_hold_no_zero() {
        assert!(Value::text("a\0b") == Value::text("a\u{FFFD}b"));
    }
}
