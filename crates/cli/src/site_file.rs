//! A site file on disk: locked for one process, replaced whole or not at all.

use std::{
    ffi::OsString,
    fs::{self, File, Metadata, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{exit::Exit, failure::Failure};

/// A site file that no other process of this program writes while the value lives.
///
/// The lock is an advisory one on `SITE.json.lock` next to the file. The lock file stays when
/// the process ends, and the lock does not: removing the file would let two processes lock
/// two files of the same name.
#[derive(Debug)]
pub(crate) struct SiteFile {
    path: PathBuf,
    _lock: File,
}

impl SiteFile {
    /// Locks the file, which has to be there. Of a symbolic link, that is what it points to.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let resolved = fs::canonicalize(path).map_err(|error| unreadable(path, &error))?;
        if resolved.is_dir() {
            let error = io::ErrorKind::IsADirectory.into();
            return Err(unreadable(path, &error));
        }
        let lock = lock(&resolved)?;
        Ok(Self {
            path: resolved,
            _lock: lock,
        })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces the text: whoever reads meanwhile, or after a crash, finds the old text or
    /// the new one. Mode and owner stay.
    pub(crate) fn write(&self, text: &str) -> Result<(), Failure> {
        let _until_it_is_done = saving();
        let path = self.path.display();
        let directory = self.path.parent().unwrap_or_else(|| Path::new("/"));
        replace(&self.path, directory, text).map_err(|error| {
            Failure::failed(format!(
                "{path} could not be saved; the file is as it was, nothing has changed in it"
            ))
            .caused_by(&error)
        })?;
        sync_directory(directory).map_err(|error| {
            Failure::failed(format!(
                "{path} is saved, but the disk did not confirm it: a power failure may undo it"
            ))
            .caused_by(&error)
        })
    }
}

/// Reads a site file. If there is none, the failure says what one looks like.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

/// Waits until no save is running, and lets none begin while the answer lives.
pub(crate) fn saving() -> MutexGuard<'static, ()> {
    static SAVING: Mutex<()> = Mutex::new(());
    SAVING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let failure = Failure::failed(format!("the site file {} cannot be read", path.display()))
        .caused_by(error);
    if error.kind() != io::ErrorKind::NotFound {
        return failure;
    }
    failure.with_hint(
        "name a site file that exists, as in --store memory:examples/maple-court/site.json; \
         the README of access-groups-in-memory describes how to write one",
    )
}

fn lock(site: &Path) -> Result<File, Failure> {
    let mut name = OsString::from(site);
    name.push(".lock");
    let path = PathBuf::from(name);
    let refused = |error: &io::Error| {
        Failure::failed(format!("the lock file {} cannot be used", path.display()))
            .caused_by(error)
            .with_hint("memory:SITE.json reads a site file without locking it")
    };
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| refused(&error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Failure::new(
            Exit::Unavailable,
            format!(
                "another process works on {}: it holds the lock on {}",
                site.display(),
                path.display()
            ),
        )
        .with_hint(
            "wait until it ends; if it is `access-groups serve`, use its http:// address as the \
             store",
        )),
        Err(TryLockError::Error(error)) => Err(refused(&error)),
    }
}

/// A temporary file of the same directory takes the place of the old one; on failure it is
/// gone.
fn replace(path: &Path, directory: &Path, text: &str) -> io::Result<()> {
    let old = fs::metadata(path)?;
    if old.permissions().readonly() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "the file is read-only",
        ));
    }
    let mut new = tempfile::Builder::new()
        .prefix(".access-groups-")
        .suffix(".tmp")
        .tempfile_in(directory)?;
    new.write_all(text.as_bytes())?;
    keep_owner(new.as_file(), &old);
    new.as_file().set_permissions(old.permissions())?;
    new.as_file().sync_all()?;
    new.persist(path)?;
    Ok(())
}

/// As far as this user may: root may, and a member of the group.
#[cfg(unix)]
fn keep_owner(new: &File, old: &Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    // What is refused leaves the file to whoever saved it: the text matters more.
    let _ = fchown(new, None, Some(old.gid()));
    let _ = fchown(new, Some(old.uid()), None);
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) {}

#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Elsewhere a directory cannot be synced, and the rename is durable or not as it pleases.
#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(directory: &Path) -> PathBuf {
        let path = directory.join("site.json");
        fs::write(&path, "old").expect("written");
        path
    }

    fn names(directory: &Path) -> Vec<OsString> {
        let entries = fs::read_dir(directory).expect("a directory");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_save_replaces_the_text_and_leaves_nothing_but_the_lock_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = site(directory.path());
        let file = SiteFile::open(&path).expect("not locked");
        file.write("new").expect("saved");
        assert_eq!(read(&path).expect("readable"), "new");
        assert_eq!(names(directory.path()), ["site.json", "site.json.lock"]);
    }

    #[test]
    fn a_second_process_is_refused_until_the_first_has_ended() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = site(directory.path());
        let first = SiteFile::open(&path).expect("not locked");
        let refused = SiteFile::open(&path).expect_err("locked");
        assert_eq!(refused.exit(), Exit::Unavailable);
        assert!(refused.to_string().contains("site.json.lock"), "{refused}");
        drop(first);
        SiteFile::open(&path).expect("free again");
    }

    #[test]
    fn a_missing_file_gets_no_lock_file_but_a_hint() {
        let directory = tempfile::tempdir().expect("a directory");
        let refused = SiteFile::open(&directory.path().join("none.json")).expect_err("none");
        assert!(
            refused.to_string().contains("memory:examples/"),
            "{refused}"
        );
        assert!(names(directory.path()).is_empty());
    }

    #[test]
    fn a_read_only_file_is_not_replaced() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = site(directory.path());
        let mut permissions = fs::metadata(&path).expect("there").permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).expect("set");
        let file = SiteFile::open(&path).expect("not locked");
        let refused = file.write("new").expect_err("read-only");
        assert!(refused.to_string().contains("read-only"), "{refused}");
        assert_eq!(read(&path).expect("readable"), "old");
        assert_eq!(names(directory.path()), ["site.json", "site.json.lock"]);
    }

    #[cfg(unix)]
    #[test]
    fn the_mode_stays_and_so_does_a_link_to_the_file() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let directory = tempfile::tempdir().expect("a directory");
        let path = site(directory.path());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("set");
        let link = directory.path().join("link.json");
        symlink("site.json", &link).expect("a link");

        let file = SiteFile::open(&link).expect("not locked");
        file.write("new").expect("saved");

        assert!(link.is_symlink());
        assert_eq!(read(&path).expect("readable"), "new");
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
    }
}
