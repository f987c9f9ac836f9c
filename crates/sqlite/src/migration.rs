//! Which steps of the schema a file has, and how it gets those that it lacks.

#[cfg(test)]
mod tests;

use std::{cell::Cell, path::Path};

use access_groups_core::Error;
use access_groups_in_memory::system_clock;
use access_groups_sql::{Applied, SchemaError, Step, missing};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::{
    fault::{Fault, Result},
    schema,
    session::Session,
};

/// Refuses a file that this build cannot work with, and one that is older unless it is to be migrated.
/// A file without anything in it is fine.
pub(crate) fn check(connection: &Connection, path: &Path, steps: &[Step], age: Age) -> Result<()> {
    let applied = match look(connection)? {
        Found::Nothing => return Ok(()),
        Found::Other => {
            let message = format!("{} is a database of another program", path.display());
            return Err(refused(message, "store_foreign"));
        }
        Found::Steps(applied) => applied,
    };
    let lacking = missing(steps, &applied).map_err(|error| refusal(connection, &error))?;
    let Some((number, step)) = lacking.first().filter(|_| age == Age::Current) else {
        return Ok(());
    };
    let message = format!(
        "{} lacks step {number} of the schema ({}): run `access-groups migrate`",
        path.display(),
        step.name
    );
    Err(refused(message, "store_older"))
}

/// Which files are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    /// Only those that lack no step.
    Current,
    /// Also older ones.
    Any,
}

enum Found {
    Nothing,
    /// Tables of another program.
    Other,
    Steps(Vec<Applied>),
}

fn look(connection: &Connection) -> Result<Found> {
    let objects =
        "SELECT count(*), count(*) FILTER (WHERE name = 'schema_step') FROM sqlite_schema";
    let (all, ledgers): (i64, i64) =
        connection.query_row(objects, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let owner: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if all == 0 {
        return Ok(Found::Nothing);
    }
    if owner != schema::APPLICATION_ID || ledgers == 0 {
        return Ok(Found::Other);
    }
    applied(connection).map(Found::Steps)
}

fn applied(connection: &Connection) -> Result<Vec<Applied>> {
    let mut steps = connection.prepare(schema::APPLIED)?;
    let steps = steps.query_map([], |row| {
        Ok(Applied {
            digest: row.get(0)?,
            reads_from: row.get(1)?,
            version: row.get(2)?,
        })
    })?;
    Ok(steps.collect::<rusqlite::Result<_>>()?)
}

/// Makes the tables in a file without anything in it. Of two processes, one does it.
pub(crate) fn create(connection: &mut Connection, steps: &[Step]) -> Result<()> {
    // Without the lock at first: another process may have it for long.
    let Found::Nothing = look(connection)? else {
        return Ok(());
    };
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if let Found::Nothing = look(&transaction)? {
        transaction.execute_batch(schema::LEDGER)?;
        transaction.pragma_update(None, "application_id", schema::APPLICATION_ID)?;
        for (number, step) in (1..).zip(steps) {
            apply(&transaction, number, step)?;
        }
    }
    Ok(transaction.commit()?)
}

/// Carries out one step that is missing, in a transaction of its own; `None` if there is none.
pub(crate) fn advance(
    connection: &mut Connection,
    steps: &[Step],
) -> Result<Option<(u32, &'static str)>> {
    // Looked at under the lock: another process may be migrating as well.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = applied(&transaction)?;
    let lacking = missing(steps, &found).map_err(|error| refusal(&transaction, &error))?;
    let Some((number, step)) = lacking.first() else {
        return Ok(None);
    };
    apply(&transaction, *number, step)?;
    transaction.commit()?;
    Ok(Some((*number, step.name)))
}

fn apply(transaction: &Transaction<'_>, number: u32, step: &Step) -> Result<()> {
    transaction.execute_batch(step.sql)?;
    let now = system_clock().to_string();
    let applied = step.applied();
    transaction.execute(
        schema::NEW_STEP,
        (
            number,
            step.name,
            applied.digest,
            applied.reads_from,
            applied.version,
            now,
        ),
    )?;
    // For whoever looks at the file with other tools; what counts is the table.
    transaction.pragma_update(None, "user_version", number)?;
    Ok(())
}

/// Notices when another process has changed the schema under a connection.
#[derive(Debug, Default)]
pub(crate) struct Guard {
    seen: Cell<Option<i64>>,
}

impl Guard {
    /// Refuses to go on if these steps no longer suffice for the file. To be asked in a transaction.
    pub(crate) fn check(&self, session: &Session<'_>, steps: &[Step]) -> Result<()> {
        let version = session.schema_version()?;
        if self.seen.get() == Some(version) {
            return Ok(());
        }
        let found = applied(session.connection())?;
        missing(steps, &found).map_err(|error| refusal(session.connection(), &error))?;
        self.seen.set(Some(version));
        Ok(())
    }
}

fn refusal(connection: &Connection, error: &SchemaError) -> Fault {
    let file = connection.path().unwrap_or_default();
    refused(format!("{file}: {error}"), error.code())
}

fn refused(message: String, code: &'static str) -> Fault {
    Fault::Refused(Error::unsupported(message).with_code(code))
}
