//! A copy of the database, made while others use it.

use std::{fs::File, io, path::Path};

use access_groups_core::Error;
use tempfile::NamedTempFile;

use crate::{
    connection::{self, Source},
    disk,
    fault::Fault,
};

/// Copies everything, as it is at one instant, into a new file.
pub(crate) fn write(source: &Source, target: &Path) -> Result<(), Error> {
    if target.exists() {
        return Err(taken(target));
    }
    let folder = disk::folder_of(target);
    // Beside it, so that a copy that is cut short never has the name of a backup.
    let part = tempfile::Builder::new()
        .prefix(".access-groups-")
        .suffix(".part")
        .tempfile_in(folder)
        .map_err(|error| failed(target, error))?;
    copy(source, &part)?;
    part.as_file()
        .sync_all()
        .map_err(|error| failed(target, error))?;
    part.persist_noclobber(target)
        .map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => taken(target),
            _ => failed(target, error.error),
        })?;
    let folder = File::open(folder).and_then(|folder| folder.sync_all());
    folder.map_err(|error| failed(target, error))
}

fn copy(source: &Source, part: &NamedTempFile) -> Result<(), Error> {
    let Some(path) = part.path().to_str() else {
        let error = Error::unsupported("SQLite writes to paths in UTF-8 only");
        return Err(error.with_code("backup_failed"));
    };
    let connection = connection::to_copy(source).map_err(Fault::into_error)?;
    let copied = connection.execute("VACUUM INTO ?1", [path]);
    copied.map_err(|error| not_copied(target, error))?;
    Ok(())
}

/// Two files are open, and SQLite does not say which one it is about. What it reads is in use, and would
/// fail there as well; what it writes is new.
fn not_copied(target: &Path, error: rusqlite::Error) -> Error {
    let fault = Fault::from(error);
    let is_of_target = fault.is_of_file();
    let error = fault.into_error();
    match is_of_target {
        true => unwritten(target).with_source(error),
        false => error,
    }
}

fn taken(target: &Path) -> Error {
    let message = format!(
        "{} exists already, and a backup replaces nothing",
        target.display()
    );
    Error::unsupported(message).with_code("backup_exists")
}

fn failed(target: &Path, error: io::Error) -> Error {
    unwritten(target).with_source(error)
}

fn unwritten(target: &Path) -> Error {
    let told = Error::unavailable(format!(
        "the backup cannot be written to {}",
        target.display()
    ));
    told.with_code("backup_failed")
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    fn check(code: i32, expected: &str) {
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        let told = not_copied(Path::new("/mnt/copy.db"), error);
        assert_eq!(told.code(), Some(expected), "{told}");
        let names_target = told.to_string().contains("/mnt/copy.db");
        assert_eq!(names_target, expected == "backup_failed", "{told}");
    }

    #[test]
    fn a_full_target_is_named() {
        check(ffi::SQLITE_FULL, "backup_failed");
        check(ffi::SQLITE_IOERR_WRITE, "backup_failed");
        check(ffi::SQLITE_CANTOPEN, "backup_failed");
        check(ffi::SQLITE_CORRUPT, "store_corrupt");
        check(ffi::SQLITE_BUSY, "store_busy");
    }
}
