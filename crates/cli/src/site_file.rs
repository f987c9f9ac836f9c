//! A site file on disk: locked for one process, replaced whole or not at all.

mod save;

use std::{
    ffi::OsString,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use crate::{exit::Exit, failure::Failure};

pub(crate) use save::{SAVING, alone};

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

    /// Locks the file, or the place where it will be: its folder has to be there.
    pub(crate) fn open_or_new(path: &Path) -> Result<Self, Failure> {
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::new(path),
            _ => Self::open(path),
        }
    }

    fn new(path: &Path) -> Result<Self, Failure> {
        let refused = |error: &io::Error| {
            let message = format!("the site file {} cannot be made", path.display());
            Failure::failed(message)
                .caused_by(error)
                .with_hint("name a file in a folder that exists and that you may write to")
        };
        let name = path.file_name();
        let name = name.ok_or_else(|| refused(&io::ErrorKind::InvalidFilename.into()))?;
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let folder = fs::canonicalize(folder).map_err(|error| refused(&error))?;
        let resolved = folder.join(name);
        let lock = lock(&resolved)?;
        Ok(Self {
            path: resolved,
            _lock: lock,
        })
    }

    /// What it holds; `None` if it is still to be made.
    pub(crate) fn text(&self) -> Result<Option<String>, Failure> {
        match fs::read_to_string(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            text => text
                .map(Some)
                .map_err(|error| unreadable(&self.path, &error)),
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces the text: whoever reads meanwhile, or after a crash, finds the old text or
    /// the new one. Mode and owner stay; a file that is not there is made, and none that
    /// somebody else makes meanwhile is replaced.
    pub(crate) fn write(&self, text: &str) -> Result<(), Failure> {
        save::save(&mut save::OnDisk::at(&self.path), &SAVING, text)
    }
}

/// Reads a site file. If that fails, the failure says what to do.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let failure = Failure::failed(format!("the site file {} cannot be read", path.display()))
        .caused_by(error);
    match error.kind() {
        io::ErrorKind::NotFound => failure.with_hint(
            "name a site file that exists, as in --store memory:examples/maple-court/site.json; \
             the README of access-groups-in-memory describes how to write one",
        ),
        io::ErrorKind::IsADirectory => failure.with_hint(format!(
            "name a site file in that folder, as in --store memory:{}",
            path.join("site.json").display()
        )),
        io::ErrorKind::InvalidData => {
            failure.with_hint("save the file as UTF-8, or restore a copy of the file")
        }
        _ => failure.with_hint("make the file readable for whoever runs the command"),
    }
}

fn lock(site: &Path) -> Result<File, Failure> {
    let mut name = OsString::from(site);
    name.push(".lock");
    let path = PathBuf::from(name);
    let refused = |error: &io::Error| {
        Failure::failed(format!("the lock file {} cannot be used", path.display()))
            .caused_by(error)
            .with_hint(
                "make the folder writable, and the lock file if it is there; or use \
                 memory:SITE.json, which neither locks nor writes",
            )
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

/// What to do about a site file that holds something else.
pub(crate) const DAMAGED: &str = "mend the place named, or restore a copy of the file";

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
    fn a_lock_file_that_cannot_be_written_is_1_and_what_to_do_is_said() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = site(directory.path());
        fs::create_dir(directory.path().join("site.json.lock")).expect("in the way");
        let refused = SiteFile::open(&path).expect_err("no lock");
        assert_eq!(refused.exit(), Exit::Failed);
        for part in ["make the folder writable", "memory:SITE.json"] {
            assert!(refused.to_string().contains(part), "{refused}");
        }
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
