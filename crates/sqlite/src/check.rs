//! Whether a database is sound: its file, and each row against what it is found by.

mod searches;
#[cfg(test)]
mod tests;

use access_groups_core::{AccessGroup, AcsSystem, AcsUser, Entrance, UserIdentity, WorkspaceId};
use access_groups_sql::StoredWorkspace;
use rusqlite::{Connection, ErrorCode, Row, types::Value};
use uuid::Uuid;

use crate::{
    connection::{self, Source},
    credentials,
    fault::{Fault, Result},
    history,
    record::Record,
    schema,
    session::{Session, body_in, id, key},
    workspaces,
};

use self::searches::Entries;

/// The problems, one sentence each, without personal data.
// Through a connection of its own: a search index remembers how it is divided until the next search, and
// when it is checked, what another connection has divided anew since then looks damaged to it.
pub(crate) fn problems(source: &Source) -> Result<Vec<String>> {
    let connection = connection::to_copy(source)?;
    searches::prepare(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    let session = Session::new(&connection);
    session.control("BEGIN")?;
    of_database(&session)
}

fn of_database(session: &Session<'_>) -> Result<Vec<String>> {
    let mut problems = of_file(session.connection())?;
    let is_damaged = !problems.is_empty();
    match of_rows(session, is_damaged, &mut problems) {
        // Some rows of a damaged file can be read and others not: the former are told nevertheless. A column
        // that is missing is damage, too.
        Err(Fault::Engine(error)) if is_damaged || is_of_tables(&error) => {
            problems.push(format!("what follows cannot be read: {error}"));
            Ok(problems)
        }
        outcome => outcome.map(|()| problems),
    }
}

/// Whether a statement fits the tables no more.
fn is_of_tables(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::SqlInputError { .. })
        || error.sqlite_error_code() == Some(ErrorCode::Unknown)
}

fn of_rows(session: &Session<'_>, is_damaged: bool, problems: &mut Vec<String>) -> Result<()> {
    let missing = missing_tables(session.connection())?;
    if !missing.is_empty() {
        // Rows are not looked for where there is no table.
        problems.extend(missing);
        return Ok(());
    }
    problems.extend(of_references(session.connection())?);
    let workspaces = match workspaces::list(session) {
        Err(Fault::Unreadable(what)) => {
            problems.push(format!("a workspace: its {what} cannot be read"));
            return Ok(());
        }
        found => found?,
    };
    for workspace in &workspaces {
        of_workspace(session, workspace.id, problems)?;
    }
    // Where rows are missing, their entries are no news.
    match is_damaged {
        true => Ok(()),
        false => of_searches(session, &workspaces, problems),
    }
}

/// What SQLite says of pages and indexes.
fn of_file(connection: &Connection) -> Result<Vec<String>> {
    let mut check = connection.prepare("PRAGMA integrity_check")?;
    let texts = check.query_map([], |row| row.get::<_, String>(0))?;
    let texts: rusqlite::Result<Vec<_>> = texts.collect();
    let lines = texts?;
    let lines = lines.iter().flat_map(|text| text.lines());
    // A line between asterisks is a heading.
    let problems = lines.filter(|line| *line != "ok" && !line.starts_with("***"));
    Ok(problems.map(|line| line.trim().to_owned()).collect())
}

/// The tables that are not there: of what was in them, nothing else tells.
fn missing_tables(connection: &Connection) -> Result<Vec<String>> {
    let mut names = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
    let names = names.query_map([], |row| row.get::<_, String>(0))?;
    let there: rusqlite::Result<Vec<_>> = names.collect();
    let there = there?;
    let missing = schema::tables().filter(|table| !there.iter().any(|found| found == table));
    Ok(missing
        .map(|table| format!("the table {table} is missing"))
        .collect())
}

/// Rows that refer to rows that are not there.
fn of_references(connection: &Connection) -> Result<Vec<String>> {
    let mut check = connection.prepare("PRAGMA foreign_key_check")?;
    let texts = check.query_map([], |row| {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        Ok(format!(
            "{table}: a row refers to one of {parent} that is missing"
        ))
    })?;
    let texts: rusqlite::Result<Vec<_>> = texts.take(MOST).collect();
    Ok(texts?)
}

fn of_workspace(
    session: &Session<'_>,
    workspace: WorkspaceId,
    problems: &mut Vec<String>,
) -> Result<()> {
    of_table::<AcsSystem>(session, workspace, "acs_system", problems)?;
    of_table::<UserIdentity>(session, workspace, "user_identity", problems)?;
    of_table::<AcsUser>(session, workspace, "acs_user", problems)?;
    of_table::<AccessGroup>(session, workspace, "access_group", problems)?;
    of_table::<Entrance>(session, workspace, "entrance", problems)?;
    let mut note = |table: &str, outcome: Result<()>| match outcome {
        Err(Fault::Unreadable(what)) => {
            problems.push(format!(
                "{table} of workspace {workspace}: {what}: cannot be read"
            ));
            Ok(())
        }
        outcome => outcome,
    };
    let credentials = credentials::list(session, Some(workspace)).map(drop);
    note("credential", credentials)?;
    note("history", history::read_all(session, workspace))
}

fn of_searches(
    session: &Session<'_>,
    workspaces: &[StoredWorkspace],
    problems: &mut Vec<String>,
) -> Result<()> {
    let mut identities = Entries::of_identities(session.connection())?;
    let mut users = Entries::of_users(session.connection())?;
    for workspace in workspaces {
        identities.compare::<UserIdentity>(session, workspace.id, problems)?;
        users.compare::<AcsUser>(session, workspace.id, problems)?;
    }
    identities.tell_surplus(problems);
    users.tell_surplus(problems);
    Ok(())
}

/// The rows of a table whose text cannot be read, or does not say what the columns beside it do.
fn of_table<T: Record>(
    session: &Session<'_>,
    workspace: WorkspaceId,
    table: &str,
    problems: &mut Vec<String>,
) -> Result<()> {
    let found = session.scope(workspace).each(
        T::CHECK,
        &[],
        |row| {
            let problem = of_row::<T>(row)?;
            let row: Uuid = id(row, 0)?;
            Ok(problem.map(|problem| format!("{table} {row} of workspace {workspace}: {problem}")))
        },
        |rows| rows.flatten().take(MOST).collect::<Vec<_>>(),
    )?;
    problems.extend(found);
    Ok(())
}

fn of_row<T: Record>(row: &Row<'_>) -> Result<Option<String>> {
    let count = row.as_ref().column_count();
    let resource: T = match body_in(row, count - 1) {
        Err(Fault::Unreadable(what)) => return Ok(Some(format!("its {what} cannot be read"))),
        read => read?,
    };
    let id = std::iter::once(Value::Blob(key(resource.id()).to_vec()));
    // Without the text, which another version may have written in another way.
    let expected = id.chain(resource.columns()).take(count - 1);
    for (column, expected) in expected.enumerate() {
        if row.get::<_, Value>(column)? != expected {
            let name = row.as_ref().column_name(column)?;
            return Ok(Some(format!("its {name} is not what its text says")));
        }
    }
    Ok(None)
}

/// The most problems of one table that are told.
const MOST: usize = 100;
