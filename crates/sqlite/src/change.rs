//! One change inside a transaction: what it sees, what `sql` decides, what is written.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use access_groups_core::{Operation, Reply, Timestamp};
use access_groups_sql::{Change, Row, Write};
use uuid::Uuid;

use crate::{
    fault::{Fault, Result},
    find, history,
    record::{self, Record},
    session::{Scope, Sql, key},
    statements as sql, workspaces,
};

/// What a change comes with beside the operation, the same in every attempt.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// What the ids of new resources follow from, beside the time.
    pub(crate) nonce: u64,
    /// When it was made, in whole milliseconds.
    pub(crate) now: Timestamp,
    /// On whose behalf.
    pub(crate) actor: Option<Arc<str>>,
    /// The caller's id of the request.
    pub(crate) request_id: Option<Arc<str>>,
}

#[cfg(test)]
impl Origin {
    /// On nobody's behalf, at the beginning of time.
    pub(crate) fn nobody() -> Self {
        Self {
            nonce: 7,
            now: Timestamp::UNIX_EPOCH,
            actor: None,
            request_id: None,
        }
    }
}

/// Carries out a changing operation, and writes nothing if it is refused or changes nothing. If a write
/// fails, those before it go with the transaction.
pub(crate) fn carry_out(
    scope: Scope<'_, '_>,
    operation: &Operation,
    origin: &Origin,
) -> Result<Reply> {
    match decide_and_write(scope, operation.clone(), origin) {
        // Without a workspace, nothing is found, and nothing can be written.
        Err(fault) if !fault.is_of_engine() => {
            workspaces::must_exist(scope)?;
            Err(fault)
        }
        outcome => outcome,
    }
}

// Once, and without the `Attempts` of `sql`: nobody else writes meanwhile. In a batch, a change that has
// failed starts again in a transaction of its own.
fn decide_and_write(scope: Scope<'_, '_>, operation: Operation, origin: &Origin) -> Result<Reply> {
    let name = operation.name();
    let mut change = match Change::new(operation, origin.nonce) {
        Ok(change) => change,
        Err(read) => return Err(access_groups_core::Error::unsupported_operation(&read).into()),
    };
    while !change.wants().is_empty() {
        let rows = find::answer(scope, change.wants())?;
        change.found(rows);
    }
    let decision = change.decide(origin.now)?;
    if !decision.writes.is_empty() {
        // No savepoint: with one, SQLite copies every page before it is written, for each change of a
        // transaction, and nobody else writes meanwhile.
        // First the history: it tells of pairs that go with their rows.
        history::write(scope, name, origin, &decision.writes)
            .and_then(|()| {
                decision
                    .writes
                    .iter()
                    .try_for_each(|write| one(scope, write))
            })
            .map_err(half_written)?;
    }
    Ok(decision.reply)
}

fn half_written(fault: Fault) -> Fault {
    let why = match fault.is_constraint() {
        // A row that was there when the change was decided is there no more.
        true => Fault::Again,
        false => fault,
    };
    Fault::HalfWritten(why.into())
}

fn one(scope: Scope<'_, '_>, write: &Write) -> Result<()> {
    match write {
        Write::System(row) => resource(scope, row),
        Write::Identity(row) => resource(scope, row),
        Write::User(row) => resource(scope, row),
        Write::Group(row) => resource(scope, row),
        Write::Entrance(row) => resource(scope, row),
        Write::Leave(set) => pairs(scope, sql::LEAVE, set),
        Write::Join(set) => pairs(scope, sql::JOIN, set),
        Write::Ungrant(set) => pairs(scope, sql::UNGRANT, set),
        Write::Grant(set) => pairs(scope, sql::GRANT, set),
        Write::Release(set) => pairs(scope, sql::RELEASE, set),
        Write::Hold(set) => pairs(scope, sql::HOLD, set),
    }
}

fn resource<T: Record>(scope: Scope<'_, '_>, row: &Row<T>) -> Result<()> {
    let is_as_seen = match row {
        Row::New(new) => record::insert(scope, &**new)?,
        // That the row is as it was seen is certain: both are in one transaction with one writer.
        Row::Put { before, after } => record::replace(scope, &**before, &**after)?,
        Row::Drop(old) => record::delete(scope, &**old)?,
    };
    if is_as_seen {
        Ok(())
    } else {
        Err(Fault::Again)
    }
}

/// Pairs are sets: what is there already, or not there any more, is no obstacle.
pub(crate) fn pairs<A: Copy + Into<Uuid>, B: Copy + Into<Uuid>>(
    scope: Scope<'_, '_>,
    sql: Sql,
    pairs: &[(A, B)],
) -> Result<()> {
    for (a, b) in pairs {
        scope.execute(sql, &[&key(*a), &key(*b)])?;
    }
    Ok(())
}
