//! How connections are opened: settings, and the check that the file is ours.

#[cfg(test)]
mod tests;

use std::{
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use access_groups_core::Error;
use rusqlite::{Connection, OpenFlags};

use crate::{
    Migrated, OpenOptions,
    fault::{Fault, Result},
    migration::{self, Age},
    place, read_only, search,
    session::Session,
};

/// What is opened, and how.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) options: OpenOptions,
}

/// Opens the file for the one thread that writes, creates it if there is none, and checks that it
/// holds this version's tables. Takes no lock that others wait for, unless there are no tables yet. A file that
/// cannot be written to is opened to be read only: changes are refused then.
pub(crate) fn writer(source: &Source) -> Result<Connection> {
    check_engine(rusqlite::version_number())?;
    place::create(&source.path)?;
    // Of two processes that change the mode of a new file, SQLite lets one fail at once.
    let opened = patiently(source.options.busy_timeout, || {
        open_writer(source, Age::Current)
    });
    let connection = read_only::or_else(opened, source)?;
    // From now on, only the beginning of a transaction waits, and does so by itself.
    connection.busy_timeout(Duration::ZERO)?;
    Ok(connection)
}

/// Carries out the steps that the file lacks, and renews the searches that need it, each in a transaction.
pub(crate) fn migrate(source: &Source) -> Result<Migrated> {
    check_engine(rusqlite::version_number())?;
    let wait = source.options.busy_timeout;
    let mut connection = patiently(wait, || open_writer(source, Age::Any))?;
    let mut done = Migrated::default();
    while let Some(step) = migration::advance(&mut connection, &source.options.steps)? {
        done.steps.push(step);
    }
    done.searches = search::renew(&Session::new(&connection))?;
    Ok(done)
}

fn open_writer(source: &Source, age: Age) -> Result<Connection> {
    let Source { path, options } = source;
    let mut connection = Connection::open_with_flags(place::whole(path)?, FLAGS)?;
    connection.busy_timeout(options.busy_timeout)?;
    if connection.is_readonly("main")? {
        return Err(read_only::fault());
    }
    // One view: another process may be creating the tables.
    let view = connection.unchecked_transaction()?;
    migration::check(&view, path, &options.steps, age)?;
    drop(view);
    // After the check: a database of somebody else stays as it is.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    set_up(&connection)?;
    if !options.waits_for_disk {
        connection.pragma_update(None, "synchronous", "OFF")?;
    }
    if let Some(pages) = options.max_pages {
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    migration::create(&mut connection, &options.steps)?;
    // Again: another process may have created them meanwhile.
    migration::check(&connection, path, &options.steps, age)?;
    Ok(connection)
}

/// Opens the file, which a writer has opened before, for reads.
// Not as a read-only file: after a crash, whoever comes first must be able to recover the WAL.
pub(crate) fn reader(source: &Source) -> Result<Connection> {
    let connection = open_again(source, RECOVERY_TIMEOUT)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Opens the file, which a writer has opened before, to copy it to another one.
pub(crate) fn to_copy(source: &Source) -> Result<Connection> {
    open_again(source, source.options.busy_timeout)
}

fn open_again(source: &Source, wait: Duration) -> Result<Connection> {
    read_only::or_else(open_known(source, wait), source)
}

fn open_known(source: &Source, wait: Duration) -> Result<Connection> {
    let connection = Connection::open_with_flags(place::whole(&source.path)?, FLAGS)?;
    connection.busy_timeout(wait)?;
    set_up(&connection)?;
    read_only::is_readable(&connection)?;
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
    let error = Error::unsupported(message).with_code("sqlite_too_old");
    Err(Fault::Refused(error))
}

fn dotted(version: i32) -> String {
    let (major, minor, patch) = (
        version / 1_000_000,
        version / 1_000 % 1_000,
        version % 1_000,
    );
    format!("{major}.{minor}.{patch}")
}

pub(crate) fn set_up(connection: &Connection) -> Result<()> {
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
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", WAL_LIMIT)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(())
}

/// 16 MiB a connection.
const CACHE_KIB: i32 = 16 * 1024;

/// After 32 MiB of changes, the WAL is written into the file (a checkpoint). With SQLite's own 4 MiB, this takes a
/// third of the time of many writers: the next changes write the same pages again.
const CHECKPOINT_PAGES: i32 = 8_000;

/// A WAL that a long read has let grow is cut to 64 MiB.
const WAL_LIMIT: i32 = 64 << 20;
