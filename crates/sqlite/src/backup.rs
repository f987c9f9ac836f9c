//! A copy of the database, made while others use it.

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    path::Path,
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use access_groups_core::{CancelToken, Error};
use rusqlite::{Connection, ErrorCode};
use tempfile::NamedTempFile;

use crate::{
    connection::{self, Source},
    disk,
    fault::Fault,
    place,
};

/// Copies everything, as it is at one instant, into a new file, unless it is cancelled.
pub(crate) fn write(source: &Source, target: &Path, cancel: &CancelToken) -> Result<(), Error> {
    if target.exists() {
        return Err(taken(target));
    }
    let folder = disk::folder_of(target);
    // Beside it, so that a copy that is cut short never has the name of a backup.
    clear_away(folder);
    let part = begin(folder).map_err(|error| failed(target, error))?;
    copy(source, &part, target, cancel)?;
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

/// A new file, locked as long as this process is at it.
fn begin(folder: &Path) -> io::Result<NamedTempFile> {
    loop {
        let part = tempfile::Builder::new()
            .prefix(PREFIX)
            .suffix(SUFFIX)
            .tempfile_in(folder)?;
        // Elsewhere, a lock would keep SQLite out as well. A file system without locks has none to look at.
        #[cfg(unix)]
        let _ = part.as_file().lock();
        // Somebody may have cleared it away before it was locked.
        if part.path().exists() {
            return Ok(part);
        }
    }
}

/// Deletes what backups have left that were killed: everybody is in it, and nobody looks for it.
fn clear_away(folder: &Path) {
    // As far as it can be done: it is no condition for a backup.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_part = name
            .to_str()
            .is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !is_part || !is_file {
            continue;
        }
        // Locked until it is gone: somebody who has just created it must not lock it in between, and lose
        // it.
        if let Some(_left) = left(&entry.path()) {
            let mut journal = OsString::from(entry.path());
            journal.push("-journal");
            let _ = fs::remove_file(entry.path());
            let _ = fs::remove_file(journal);
        }
    }
}

/// The file with its lock, if no process is at it any more.
#[cfg(unix)]
fn left(part: &Path) -> Option<File> {
    let file = File::open(part).ok()?;
    file.try_lock().is_ok().then_some(file)
}

#[cfg(not(unix))]
fn left(_: &Path) -> Option<File> {
    None
}

const PREFIX: &str = ".access-groups-";
const SUFFIX: &str = ".part";

fn copy(
    source: &Source,
    part: &NamedTempFile,
    target: &Path,
    cancel: &CancelToken,
) -> Result<(), Error> {
    // A path that begins with `file:` would be read as a URI.
    let path = place::whole(part.path()).map_err(Fault::into_error)?;
    let Some(path) = path.to_str() else {
        let error = Error::unsupported("SQLite writes to paths in UTF-8 only");
        return Err(error.with_code("backup_failed"));
    };
    let connection = connection::to_copy(source).map_err(Fault::into_error)?;
    let copied = unless_cancelled(&connection, cancel, || {
        connection.execute("VACUUM INTO ?1", [path])
    });
    match copied {
        Err(_) if cancel.is_cancelled() => Err(Error::cancelled("the backup was cancelled")),
        copied => copied.map(drop).map_err(|error| not_copied(target, error)),
    }
}

/// Interrupts what the connection does once it is cancelled.
fn unless_cancelled<T>(
    connection: &Connection,
    cancel: &CancelToken,
    work: impl FnOnce() -> T,
) -> T {
    let handle = connection.get_interrupt_handle();
    let (end, ended) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            // A token wakes nobody.
            while ended.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                if cancel.is_cancelled() {
                    handle.interrupt();
                }
            }
        });
        let outcome = work();
        drop(end);
        outcome
    })
}

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Two files are open, and SQLite does not say which one it is about. What it reads is in use, and would
/// fail there as well; what it writes is new.
fn not_copied(target: &Path, error: rusqlite::Error) -> Error {
    // Without what is said of the file of the database: it is not that one.
    let is_full = error.sqlite_error_code() == Some(ErrorCode::DiskFull);
    let fault = Fault::from(error);
    match (fault.is_of_file(), is_full) {
        (true, true) => unwritten(target).with_source(io::Error::other("its disk is full")),
        (true, false) => unwritten(target).with_source(fault.into_error()),
        (false, _) => fault.into_error(),
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
    #[cfg(unix)]
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    use rusqlite::ffi;

    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_part_that_is_begun_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            let others: Vec<_> = (0..2)
                .map(|_| {
                    scope.spawn(|| {
                        while !is_over.load(Relaxed) {
                            clear_away(folder);
                        }
                    })
                })
                .collect();
            let lost = (0..5_000).find(|_| {
                let part = begin(folder).expect("begun");
                (0..10).for_each(|_| thread::yield_now());
                !part.path().exists()
            });
            is_over.store(true, Relaxed);
            for other in others {
                other.join().expect("no panic");
            }
            assert_eq!(lost, None, "others have cleared it away");
        });
    }

    fn check(code: i32, expected: &str) {
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        let told = not_copied(Path::new("/mnt/copy.db"), error);
        assert_eq!(told.code(), Some(expected), "{told}");
        let names_target = told.to_string().contains("/mnt/copy.db");
        assert_eq!(names_target, expected == "backup_failed", "{told}");
    }

    #[test]
    fn a_full_disk_is_not_that_of_the_database() {
        let full = rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_FULL), None);
        let told = not_copied(Path::new("/mnt/copy.db"), full);
        let cause = std::error::Error::source(&told).expect("a cause");
        assert_eq!(cause.to_string(), "its disk is full");
        assert!(cause.source().is_none());
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
