//! Instants in rows.

use access_groups_core::Timestamp;
use access_groups_sql::instant;
use rusqlite::Row;

use crate::fault::{Fault, Result};

pub(crate) use instant::{columns, milliseconds};

/// The instant in two columns, of which this is the first one.
pub(crate) fn read(row: &Row<'_>, column: usize) -> Result<Timestamp> {
    let found = instant::of_columns([row.get(column)?, row.get(column + 1)?]);
    found.ok_or(Fault::Unreadable("instant"))
}

/// The instant that many milliseconds after 1970.
pub(crate) fn read_milliseconds(row: &Row<'_>, column: usize) -> Result<Timestamp> {
    instant::of_milliseconds(row.get(column)?).ok_or(Fault::Unreadable("instant"))
}
