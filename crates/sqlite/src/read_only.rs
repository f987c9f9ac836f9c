//! A file that cannot be written to, as on the medium of a backup: it is read nevertheless, where that is safe.

use std::path::Path;

use access_groups_core::Error;
use rusqlite::{Connection, OpenFlags, ffi};

use crate::{
    connection::{Source, set_up},
    fault::{Fault, Result},
    migration::{self, Age},
    place,
};

/// The connection that was opened; or one to read only, if the file cannot be written to.
pub(crate) fn or_else(opened: Result<Connection>, source: &Source) -> Result<Connection> {
    match opened {
        // Whatever else has kept SQLite from it may pass, as too many open files do.
        Err(fault) if fault.is_read_only() && place::is_protected(&source.path) => open(source),
        opened => opened,
    }
}

/// What SQLite says of a file that it has opened to be read only.
pub(crate) fn fault() -> Fault {
    let error = ffi::Error::new(ffi::SQLITE_READONLY);
    rusqlite::Error::SqliteFailure(error, None).into()
}

/// Reads something.
pub(crate) fn is_readable(connection: &Connection) -> Result<()> {
    let version = connection.pragma_query_value(None, "schema_version", |row| row.get::<_, i64>(0));
    Ok(version.map(drop)?)
}

fn open(source: &Source) -> Result<Connection> {
    match attempt(source, false) {
        // Of a database in WAL mode, SQLite needs a file that it shares with those who write.
        Err(fault) if fault.is_read_only() && may_read(&source.path) => {
            match place::is_frozen(&source.path) {
                true => attempt(source, true),
                false => Err(unreadable(fault)),
            }
        }
        opened => opened,
    }
}

/// Whether this user may read it. Who may not cannot copy it either.
#[cfg(unix)]
fn may_read(path: &Path) -> bool {
    use rustix::fs::{Access, access};
    access(path, Access::READ_OK).is_ok()
}

#[cfg(not(unix))]
fn may_read(_: &Path) -> bool {
    true
}

fn attempt(source: &Source, is_immutable: bool) -> Result<Connection> {
    let path = place::whole(&source.path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match is_immutable {
        true => Connection::open_with_flags(
            place::immutable_uri(&path),
            flags | OpenFlags::SQLITE_OPEN_URI,
        ),
        false => Connection::open_with_flags(path, flags),
    }?;
    connection.busy_timeout(source.options.busy_timeout)?;
    is_readable(&connection)?;
    migration::check(
        &connection,
        &source.path,
        &source.options.steps,
        Age::Current,
    )?;
    set_up(&connection)?;
    Ok(connection)
}

fn unreadable(fault: Fault) -> Fault {
    let told = Error::unavailable(
        "it can be neither written to nor read where it is: copy it to a folder of your own, together with \
         the file that is named like it with -wal at the end, if there is one",
    );
    told.with_code("store_denied")
        .with_source(fault.into_error())
        .into()
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;

    use super::*;
    use crate::{Database, OpenOptions};

    #[test]
    fn a_frozen_file_is_read_without_others() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a?b.db");
        drop(Database::open(&path).expect("created"));
        let options = OpenOptions::new();
        let source = Source { path, options };
        let connection = attempt(&source, true).expect("opened");
        let owner =
            connection.pragma_query_value(None, "application_id", |row| row.get::<_, i32>(0));
        assert_eq!(owner, Ok(crate::schema::APPLICATION_ID));
        let written = connection.pragma_update(None, "user_version", 7);
        written.expect_err("only read");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn a_file_of_a_passing_fault_stays_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("site.db");
        drop(Database::open(&path).expect("created"));
        let options = OpenOptions::new();
        let source = Source { path, options };
        // Nothing is wrong with it: to be read only would be for as long as it is open.
        or_else(Err(fault()), &source).expect_err("the same fault");
    }
}
