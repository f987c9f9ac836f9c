//! A copy of the database, made while others use it.

use std::{error::Error as StdError, fs::File, io, path::Path};

use access_groups_core::Error;
use rusqlite::ErrorCode;
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
    copy(source, &part, target)?;
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

fn copy(source: &Source, part: &NamedTempFile, target: &Path) -> Result<(), Error> {
    let Some(path) = part.path().to_str() else {
        let error = Error::unsupported("SQLite writes to paths in UTF-8 only");
        return Err(error.with_code("backup_failed"));
    };
    let connection = connection::to_copy(source).map_err(Fault::into_error)?;
    let copied = connection.execute("VACUUM INTO ?1", [path]);
    copied.map_err(|error| cut_short(target, error))?;
    Ok(())
}

/// The full disk is that of the backup: the database is only read.
fn cut_short(target: &Path, error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => failed(target, error),
        _ => Fault::from(error).into_error(),
    }
}

fn taken(target: &Path) -> Error {
    let message = format!(
        "{} exists already, and a backup replaces nothing",
        target.display()
    );
    Error::unsupported(message).with_code("backup_exists")
}

fn failed(target: &Path, error: impl StdError + Send + Sync + 'static) -> Error {
    let told = Error::unavailable(format!(
        "the backup cannot be written to {}",
        target.display()
    ));
    told.with_code("backup_failed").with_source(error)
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn a_full_disk_is_that_of_the_backup() {
        let check = |code, expected, says| {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            let error = cut_short(Path::new("monday.db"), error);
            assert_eq!(error.code(), Some(expected), "{error}");
            assert!(error.message().contains(says), "{error}");
        };
        check(ffi::SQLITE_FULL, "backup_failed", "written to monday.db");
        check(ffi::SQLITE_CORRUPT, "store_corrupt", "no sound database");
    }
}
