//! How connections are opened: settings, and the check that the file is ours.

#[cfg(test)]
mod tests;

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use access_groups_core::Error;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::{
    fault::{Fault, Result},
    schema,
};

/// Opens the file for the one thread that writes, creates it if there is none, and checks that it
/// holds this version's tables. Waits so long for other processes.
pub(crate) fn writer(path: &Path, wait: Duration) -> Result<Connection> {
    check_engine(rusqlite::version_number())?;
    // Of two processes that change the mode of a new file, SQLite lets one fail at once.
    patiently(wait, || open_writer(path, wait))
}

fn open_writer(path: &Path, wait: Duration) -> Result<Connection> {
    let mut connection = Connection::open_with_flags(path, FLAGS | OpenFlags::SQLITE_OPEN_CREATE)?;
    connection.busy_timeout(wait)?;
    // One view: another process may be creating the tables.
    let view = connection.unchecked_transaction()?;
    check_owner(&view, path)?;
    drop(view);
    // After the check: a database of somebody else stays as it is.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    set_up(&connection)?;
    create_tables(&mut connection, path)?;
    // From now on, only the beginning of a transaction waits, and does so by itself.
    connection.busy_timeout(Duration::ZERO)?;
    Ok(connection)
}

/// Opens the file, which a writer has opened before, for reads.
// Not as a read-only file: after a crash, whoever comes first must be able to recover the WAL.
pub(crate) fn reader(path: &Path) -> Result<Connection> {
    let connection = Connection::open_with_flags(path, FLAGS)?;
    connection.busy_timeout(RECOVERY_TIMEOUT)?;
    set_up(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Tries again until no other process has the lock.
// SQLite's own timeout soon looks only ten times a second. A process that commits without a pause
// leaves the lock free for a short time only, so that others would seldom get it.
pub(crate) fn patiently<T>(wait: Duration, mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    let since = Instant::now();
    loop {
        match attempt() {
            Err(fault) if fault.is_busy() && since.elapsed() < wait => thread::sleep(BUSY_PAUSE),
            outcome => return outcome,
        }
    }
}

const BUSY_PAUSE: Duration = Duration::from_micros(500);

/// How long a read waits for another process that recovers the WAL after a crash. Nothing else makes it
/// wait.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(5);

// Without a mutex of SQLite's own: a connection is used by one thread at a time.
const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// Before this version, concurrent resets of the WAL could corrupt a database.
const OLDEST_ENGINE: i32 = 3_051_003;

fn check_engine(version: i32) -> Result<()> {
    if version >= OLDEST_ENGINE {
        return Ok(());
    }
    let message = format!(
        "SQLite {} can corrupt databases in WAL mode: at least 3.51.3 is needed",
        dotted(version)
    );
    Err(refused(message, "sqlite_too_old"))
}

fn dotted(version: i32) -> String {
    let (major, minor, patch) = (
        version / 1_000_000,
        version / 1_000 % 1_000,
        version % 1_000,
    );
    format!("{major}.{minor}.{patch}")
}

/// Refuses the file of another program, or of a newer version of this one.
fn check_owner(connection: &Connection, path: &Path) -> Result<()> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (owner, version) = (number("application_id")?, number("user_version")?);
    let path = path.display();
    if owner != schema::APPLICATION_ID && !is_empty(connection)? {
        let message = format!("{path} is a database of another program");
        return Err(refused(message, "store_foreign"));
    }
    if version > schema::VERSION {
        let known = schema::VERSION;
        let message = format!(
            "{path} has tables of version {version}, made by a newer access-groups; this one knows \
             version {known}: update it"
        );
        return Err(refused(message, "store_newer"));
    }
    Ok(())
}

fn is_empty(connection: &Connection) -> Result<bool> {
    let tables = "SELECT count(*) FROM sqlite_schema";
    Ok(connection.query_row(tables, [], |row| row.get::<_, i64>(0))? == 0)
}

fn set_up(connection: &Connection) -> Result<()> {
    // NORMAL would lose acknowledged changes when the power fails.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // On macOS, fsync alone does not reach the disk.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Nothing in the file itself may run functions.
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "journal_size_limit", WAL_LIMIT)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(())
}

/// 16 MiB a connection.
const CACHE_KIB: i32 = 16 * 1024;

/// A WAL that a long read has let grow is cut to 64 MiB.
const WAL_LIMIT: i32 = 64 << 20;

/// Creates the tables if the file is new. Of two processes, one does it.
fn create_tables(connection: &mut Connection, path: &Path) -> Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Again under the lock: another process may have come first.
    check_owner(&transaction, path)?;
    if is_empty(&transaction)? {
        transaction.execute_batch(schema::TABLES)?;
        transaction.pragma_update(None, "application_id", schema::APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", schema::VERSION)?;
    }
    transaction.commit()?;
    Ok(())
}

fn refused(message: String, code: &'static str) -> Fault {
    Fault::Refused(Error::unsupported(message).with_code(code))
}
