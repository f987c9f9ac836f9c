//! A connection with its prepared statements, and its view of one workspace.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};

use access_groups_core::WorkspaceId;
use rusqlite::{Connection, Row, Statement, ToSql};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::fault::{Fault, Result};

/// A statement of the [table](crate::statements) on rows of one workspace. Nothing else can be run on
/// rows, but for [`Across`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sql(pub(crate) &'static str);

/// A statement of the [table](crate::statements) that no workspace can be named in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Across(pub(crate) &'static str);

/// A connection that prepares each statement once.
// Not rusqlite's own cache, whose hash map has a licence that this project does not allow.
pub(crate) struct Session<'c> {
    connection: &'c Connection,
    // By where the text is, and how long: to hash the text takes longer than some statements.
    prepared: RefCell<HashMap<*const str, Statement<'c>>>,
    has_found: Cell<bool>,
}

impl<'c> Session<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            prepared: RefCell::default(),
            has_found: Cell::default(),
        }
    }

    pub(crate) fn connection(&self) -> &'c Connection {
        self.connection
    }

    /// The rows of one workspace, and no others.
    pub(crate) fn scope(&self, workspace: WorkspaceId) -> Scope<'_, 'c> {
        Scope {
            session: self,
            workspace: key(workspace),
        }
    }

    /// The rows of a statement on all workspaces.
    pub(crate) fn across<T>(
        &self,
        sql: Across,
        values: &[&dyn ToSql],
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.with(Sql(sql.0), |statement| {
            rows(statement, values, read, |rows| rows.collect())
        })
    }

    /// Runs statements that take effect together or, if one fails, not at all.
    pub(crate) fn together<T>(&self, run: impl FnOnce() -> Result<T>) -> Result<T> {
        self.control("SAVEPOINT one")?;
        let outcome = run();
        if outcome.is_err() && !self.connection.is_autocommit() {
            self.control("ROLLBACK TO one")?;
        }
        // After some failures, SQLite has ended the transaction by itself.
        if !self.connection.is_autocommit() {
            self.control("RELEASE one")?;
        }
        outcome
    }

    /// Whether a row of a workspace was read since this was asked last.
    pub(crate) fn take_has_found(&self) -> bool {
        self.has_found.take()
    }

    /// How often each statement was run since this was asked last, and how many steps it took.
    #[cfg(test)]
    pub(crate) fn take_costs(&self) -> Vec<(String, i32, i32)> {
        use rusqlite::StatementStatus as S;
        let prepared = self.prepared.borrow();
        let costs = prepared.values().map(|statement| {
            let (runs, steps) = (S::Run, S::VmStep);
            (
                statement.expanded_sql().unwrap_or_default(),
                statement.reset_status(runs),
                statement.reset_status(steps),
            )
        });
        costs.filter(|(_, runs, _)| *runs > 0).collect()
    }

    /// Begins, ends or divides a transaction.
    pub(crate) fn control(&self, text: &'static str) -> Result<()> {
        self.with(Sql(text), |statement| Ok(statement.execute([])?))?;
        Ok(())
    }

    /// A number that every change of the schema raises, by whatever process.
    pub(crate) fn schema_version(&self) -> Result<i64> {
        self.with(Sql("PRAGMA schema_version"), |statement| {
            Ok(statement.query_row([], |row| row.get(0))?)
        })
    }

    fn with<T>(&self, sql: Sql, run: impl FnOnce(&mut Statement<'c>) -> Result<T>) -> Result<T> {
        // Taken out meanwhile, so that a walk over rows can ask further questions.
        let place: *const str = sql.0;
        let known = self.prepared.borrow_mut().remove(&place);
        let mut statement = match known {
            Some(statement) => statement,
            None => self.connection.prepare(sql.0)?,
        };
        let outcome = run(&mut statement);
        self.prepared.borrow_mut().insert(place, statement);
        outcome
    }
}

/// A session's view of one workspace, which is the first parameter of every statement.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'s, 'c> {
    session: &'s Session<'c>,
    workspace: Key,
}

impl<'s, 'c> Scope<'s, 'c> {
    pub(crate) fn session(&self) -> &'s Session<'c> {
        self.session
    }

    pub(crate) fn workspace(&self) -> Key {
        self.workspace
    }

    /// How many rows the statement has changed.
    pub(crate) fn execute(&self, sql: Sql, values: &[&dyn ToSql]) -> Result<usize> {
        self.run(sql, values, |statement, values| {
            Ok(statement.execute(values)?)
        })
    }

    /// Whether there is a row.
    pub(crate) fn exists(&self, sql: Sql, values: &[&dyn ToSql]) -> Result<bool> {
        self.run(sql, values, |statement, values| {
            Ok(statement.exists(values)?)
        })
    }

    /// The resource in the first row.
    pub(crate) fn first<T: DeserializeOwned>(
        &self,
        sql: Sql,
        values: &[&dyn ToSql],
    ) -> Result<Option<T>> {
        self.walk(sql, values, |rows| rows.next())
    }

    /// The resource in each row.
    pub(crate) fn all<T: DeserializeOwned>(
        &self,
        sql: Sql,
        values: &[&dyn ToSql],
    ) -> Result<Vec<T>> {
        self.walk(sql, values, |rows| rows.collect())
    }

    /// Takes as many rows as it likes; the others are not read.
    pub(crate) fn walk<T: DeserializeOwned, R>(
        &self,
        sql: Sql,
        values: &[&dyn ToSql],
        take: impl FnOnce(&mut dyn Iterator<Item = T>) -> R,
    ) -> Result<R> {
        self.each(sql, values, body, take)
    }

    /// The pair of ids in each row.
    pub(crate) fn pairs<A: From<Uuid>, B: From<Uuid>>(
        &self,
        sql: Sql,
        values: &[&dyn ToSql],
    ) -> Result<Vec<(A, B)>> {
        self.each(
            sql,
            values,
            |row| Ok((id(row, 0)?, id(row, 1)?)),
            |rows| rows.collect(),
        )
    }

    pub(crate) fn each<T, R>(
        &self,
        sql: Sql,
        values: &[&dyn ToSql],
        read: impl Fn(&Row<'_>) -> Result<T>,
        take: impl FnOnce(&mut dyn Iterator<Item = T>) -> R,
    ) -> Result<R> {
        let read = |row: &Row<'_>| {
            self.session.has_found.set(true);
            read(row)
        };
        self.run(sql, values, |statement, values| {
            rows(statement, values, read, take)
        })
    }

    fn run<T>(
        &self,
        sql: Sql,
        values: &[&dyn ToSql],
        run: impl FnOnce(&mut Statement<'c>, &[&dyn ToSql]) -> Result<T>,
    ) -> Result<T> {
        let workspace: &dyn ToSql = &self.workspace;
        let values: Vec<_> = std::iter::once(workspace)
            .chain(values.iter().copied())
            .collect();
        self.session.with(sql, |statement| run(statement, &values))
    }
}

fn rows<T, R>(
    statement: &mut Statement<'_>,
    values: &[&dyn ToSql],
    read: impl Fn(&Row<'_>) -> Result<T>,
    take: impl FnOnce(&mut dyn Iterator<Item = T>) -> R,
) -> Result<R> {
    let mut rows = statement.query(values)?;
    let mut fault = None;
    let mut items = std::iter::from_fn(|| match rows.next() {
        Ok(row) => read(row?).map_err(|found| fault = Some(found)).ok(),
        Err(error) => {
            fault = Some(error.into());
            None
        }
    });
    let taken = take(&mut items);
    fault.map_or(Ok(taken), Err)
}

/// An id as it is stored.
pub(crate) type Key = [u8; 16];

pub(crate) fn key(id: impl Into<Uuid>) -> Key {
    id.into().into_bytes()
}

/// The id in this column.
pub(crate) fn id<Id: From<Uuid>>(row: &Row<'_>, column: usize) -> Result<Id> {
    Ok(Uuid::from_bytes(row.get(column)?).into())
}

/// The id in this column, if there is one.
pub(crate) fn optional_id<Id: From<Uuid>>(row: &Row<'_>, column: usize) -> Result<Option<Id>> {
    let bytes: Option<Key> = row.get(column)?;
    Ok(bytes.map(|bytes| Uuid::from_bytes(bytes).into()))
}

/// The resource in the first column.
pub(crate) fn body<T: DeserializeOwned>(row: &Row<'_>) -> Result<T> {
    body_in(row, 0)
}

/// The resource in this column.
pub(crate) fn body_in<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T> {
    resource(row.get_ref(column)?.as_str().unwrap_or_default())
}

/// The resource that is stored as this text.
pub(crate) fn resource<T: DeserializeOwned>(text: &str) -> Result<T> {
    // Without the reason, which would quote personal data.
    serde_json::from_str(text).map_err(|_| Fault::Unreadable(short_name::<T>()))
}

fn short_name<T>() -> &'static str {
    let name = std::any::type_name::<T>();
    name.rsplit("::").next().unwrap_or(name)
}

/// The resource as it is stored.
pub(crate) fn json(resource: &impl Serialize) -> String {
    serde_json::to_string(resource).expect("resources are JSON objects")
}
