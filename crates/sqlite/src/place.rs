//! The place of the file: how it is created there, whether it still is there, and what is wrong with it.

mod trouble;

use std::{
    cell::Cell,
    fs, io,
    path::{Path, PathBuf},
};

use access_groups_core::Error;
use rusqlite::Connection;

use crate::{
    disk,
    fault::{Fault, Result},
};

pub(crate) use trouble::{is_protected, located, unopened};

/// The path as SQLite is given it. It takes what begins with `file:` for a URI, which an absolute path never
/// does.
pub(crate) fn whole(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|error| {
        let told = Error::unavailable("the database has no path").with_code("store_io");
        told.with_source(error).into()
    })
}

/// Creates an empty file that only its owner can read, if there is none: people and digests will be in it.
/// SQLite gives the files beside it the same mode.
pub(crate) fn create(path: &Path) -> Result<()> {
    // What cannot be looked at is for opening to refuse.
    if path.try_exists().unwrap_or(true) {
        return Ok(());
    }
    // SQLite would take them for changes of the new one.
    let changes = trouble::beside(path, "-wal");
    if fs::metadata(&changes).is_ok_and(|found| found.len() > 0) {
        return Err(left_over(&changes));
    }
    // It gets its name when nobody has it open any more: closing a file ends all locks that this process
    // has on it, and another thread may have opened it.
    let new = tempfile::Builder::new()
        .prefix(".access-groups-")
        .tempfile_in(disk::folder_of(path))
        .map_err(uncreated)?;
    match new.into_temp_path().persist_noclobber(path) {
        Ok(()) => Ok(()),
        Err(taken) if taken.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(failed) => Err(uncreated(failed.error)),
    }
}

fn left_over(changes: &Path) -> Fault {
    let message = format!(
        "there is no database, but {} with changes of one: put that database back, or move this file and the \
         one that ends with -shm away",
        changes.display()
    );
    let told = Error::unavailable(message).with_code("store_leftover");
    told.into()
}

fn uncreated(error: io::Error) -> Fault {
    let code = match is_full(&error) {
        true => "store_full",
        false => "store_io",
    };
    let told = Error::unavailable("the database cannot be created").with_code(code);
    told.with_source(error).into()
}

/// Whether there is no room for more.
pub(crate) fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(error.kind(), K::StorageFull | K::QuotaExceeded)
}

/// Whether nobody can be writing to the file: the file system is mounted to be read only, and no WAL is beside
/// it.
#[cfg(unix)]
pub(crate) fn is_frozen(path: &Path) -> bool {
    use rustix::fs::{StatVfsMountFlags, statvfs};
    let is_read_only =
        |found: rustix::fs::StatVfs| found.f_flag.contains(StatVfsMountFlags::RDONLY);
    statvfs(path).is_ok_and(is_read_only) && !trouble::beside(path, "-wal").exists()
}

#[cfg(not(unix))]
pub(crate) fn is_frozen(_: &Path) -> bool {
    false
}

/// The URI by which SQLite reads a file without locks.
#[cfg(unix)]
pub(crate) fn immutable_uri(path: &Path) -> String {
    use std::{fmt::Write as _, os::unix::ffi::OsStrExt};
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                uri.push(char::from(*byte));
            }
            // Also ? and #, after which SQLite looks for settings.
            other => write!(uri, "%{other:02X}").expect("a text takes everything"),
        }
    }
    uri + "?immutable=1"
}

/// Which file it was that was opened, to find out when another one is in its place.
#[derive(Debug)]
pub(crate) struct Original {
    path: PathBuf,
    file: Option<FileId>,
}

impl Original {
    /// The file that this connection has open.
    pub(crate) fn of(connection: &Connection, path: &Path) -> Result<Self> {
        let path = whole(path)?;
        let file = id(&path);
        // After it was looked at: it was the one that is open.
        stays(connection)?;
        Ok(Self { path, file })
    }

    /// Refuses to go on if another file, or none, is in its place.
    pub(crate) fn check(&self) -> Result<()> {
        match id(&self.path) == self.file {
            true => Ok(()),
            false => Err(moved()),
        }
    }
}

/// Refuses to go on if the file of the connection is in its place no longer: whatever is written to it, nobody
/// would find.
pub(crate) fn stays(connection: &Connection) -> Result<()> {
    match has_moved(connection)? {
        true => Err(moved()),
        false => Ok(()),
    }
}

/// The file with the changes beside that of a connection, to find out when another one is in its place.
#[derive(Debug)]
pub(crate) struct Changes {
    path: PathBuf,
    file: Cell<Option<FileId>>,
}

impl Changes {
    pub(crate) fn of(connection: &Connection) -> Self {
        // As SQLite names it, which has followed links and does not depend on the folder of the process.
        let database = connection.path().unwrap_or_default();
        let path = trouble::beside(Path::new(database), "-wal");
        let file = Cell::default();
        Self { path, file }
    }

    /// Refuses to go on if it is not the same any more as when this was asked first, in a transaction: whatever
    /// is written to it, nobody would find.
    pub(crate) fn stay(&self) -> Result<()> {
        let found = id(&self.path);
        let is_same = match self.file.get() {
            Some(known) => found == Some(known),
            // Elsewhere than on Unix, no file is known, and none that is open can be deleted.
            None => found.is_some() || !cfg!(unix),
        };
        if !is_same {
            return Err(moved());
        }
        self.file.set(found);
        Ok(())
    }
}

fn moved() -> Fault {
    let told = Error::unavailable(
        "the file of the database, or the one with its changes, was replaced, renamed or deleted while it was \
         open, so that nothing is written any more",
    );
    told.with_code("store_moved").into()
}

#[cfg(unix)]
fn has_moved(connection: &Connection) -> Result<bool> {
    let mut has_moved = 0;
    let question = rusqlite::FileControl::HasMoved(&mut has_moved);
    connection.file_control(Some("main"), question)?;
    Ok(has_moved != 0)
}

/// Device and number.
#[cfg(unix)]
type FileId = (u64, u64);

#[cfg(target_os = "linux")]
fn id(path: &Path) -> Option<FileId> {
    use rustix::fs::{AtFlags, CWD, StatxFlags, makedev, statx};
    // Without its times: Linux makes the next write to a file dearer whose times somebody has read.
    match statx(CWD, path, AtFlags::empty(), StatxFlags::INO) {
        Ok(found) => Some((
            makedev(found.stx_dev_major, found.stx_dev_minor),
            found.stx_ino,
        )),
        Err(_) => id_by_stat(path),
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
fn id(path: &Path) -> Option<FileId> {
    id_by_stat(path)
}

#[cfg(unix)]
fn id_by_stat(path: &Path) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    let found = fs::metadata(path).ok()?;
    Some((found.dev(), found.ino()))
}

/// Elsewhere, a file that is open can be neither replaced nor deleted.
#[cfg(not(unix))]
fn has_moved(_: &Connection) -> Result<bool> {
    Ok(false)
}

#[cfg(not(unix))]
type FileId = ();

#[cfg(not(unix))]
fn id(_: &Path) -> Option<FileId> {
    None
}

#[cfg(test)]
mod tests;
