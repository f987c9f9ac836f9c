//! Whether a database is sound.

use rusqlite::Connection;

use crate::{fault::Result, session::Session};

/// The problems, one sentence each.
pub(crate) fn problems(session: &Session<'_>) -> Result<Vec<String>> {
    let connection = session.connection();
    let mut problems = of_file(connection)?;
    problems.extend(of_references(connection)?);
    Ok(problems)
}

/// What SQLite says of pages and indexes.
fn of_file(connection: &Connection) -> Result<Vec<String>> {
    let mut check = connection.prepare("PRAGMA integrity_check")?;
    let texts = check.query_map([], |row| row.get::<_, String>(0))?;
    let texts: rusqlite::Result<Vec<_>> = texts.collect();
    Ok(texts?.into_iter().filter(|text| text != "ok").collect())
}

/// Rows that refer to rows that are not there.
fn of_references(connection: &Connection) -> Result<Vec<String>> {
    let mut check = connection.prepare("PRAGMA foreign_key_check")?;
    let texts = check.query_map([], |row| {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        Ok(format!(
            "a row of {table} refers to one of {parent} that is missing"
        ))
    })?;
    let texts: rusqlite::Result<Vec<_>> = texts.collect();
    Ok(texts?)
}
