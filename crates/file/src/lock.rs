//! The lock that keeps other processes off a site file.

use std::{
    ffi::OsString,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use access_groups_core::Error;

use crate::disk::keep_owner;

/// An advisory lock on `SITE.json.lock`, next to the file.
///
/// The lock file stays when the process ends: removing it would let two processes lock two files of
/// the same name. It has mode, group and, where this user may set it, owner of the site file, so that
/// whoever may write that file may lock it. It has no text, and none is ever written to it. Where the
/// system has such locks, the site file is locked as well, under whatever name.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    _file: File,
    /// The site file itself, locked as well: it may have another name, with another lock file.
    itself: Option<File>,
}

impl Lock {
    /// Locks a file that exists.
    pub(crate) fn existing(path: &Path, patience: Duration) -> Result<Self, Error> {
        let resolved = fs::canonicalize(path).map_err(|error| unreadable(path, error))?;
        let found = fs::metadata(&resolved).map_err(|error| unreadable(path, error))?;
        if found.is_dir() {
            return Err(unreadable(path, io::ErrorKind::IsADirectory.into()));
        }
        // A save would replace a device, and reading a pipe may never end.
        if !found.is_file() {
            let error = io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file");
            return Err(unreadable(path, error));
        }
        Self::on(resolved, patience)
    }

    /// Locks a file that exists, or the place where it will be; its folder must exist.
    pub(crate) fn existing_or_new(path: &Path, patience: Duration) -> Result<Self, Error> {
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            _ => return Self::existing(path, patience),
        }
        let refused = |error: io::Error| {
            let message = format!("the site file {} cannot be made", path.display());
            Error::unavailable(message)
                .without_retry()
                .with_source(error)
        };
        let name = path.file_name();
        let name = name.ok_or_else(|| refused(io::ErrorKind::InvalidFilename.into()))?;
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        Self::on(
            fs::canonicalize(folder).map_err(refused)?.join(name),
            patience,
        )
    }

    /// Whether the file has more names than this one: a save replaces it under this name only.
    pub(crate) fn has_other_names(&self) -> bool {
        self.itself.as_ref().is_some_and(has_other_names)
    }

    /// The file that is locked, symbolic links resolved.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn on(site: PathBuf, patience: Duration) -> Result<Self, Error> {
        Self::waiting(site, patience, || thread::sleep(PAUSE))
    }

    /// `pause` is called as long as the lock is held elsewhere.
    fn waiting(site: PathBuf, patience: Duration, mut pause: impl FnMut()) -> Result<Self, Error> {
        let mut name = OsString::from(&site);
        name.push(".lock");
        let path = PathBuf::from(name);
        let refused = |error: io::Error| {
            let message = format!("the lock file {} cannot be used", path.display());
            Error::unavailable(message)
                .with_code("lock_file")
                .without_retry()
                .with_source(error)
        };
        let file = open(&path, &site).map_err(refused)?;
        let waited_since = Instant::now();
        let mut wait = |file: &File| loop {
            match file.try_lock() {
                Err(TryLockError::WouldBlock) if waited_since.elapsed() < patience => pause(),
                result => return result,
            }
        };
        match wait(&file) {
            Ok(()) => {}
            Err(TryLockError::Error(error)) => return Err(refused(error)),
            Err(TryLockError::WouldBlock) => return Err(locked(&site, &path, patience)),
        }
        // After the lock file, so that nobody replaces the site under this name meanwhile.
        let itself = itself(&site);
        // Some file systems have no such locks: then only the name is locked.
        if let Some(Err(TryLockError::WouldBlock)) = itself.as_ref().map(wait) {
            return Err(linked(&site));
        }
        Ok(Self {
            path: site,
            _file: file,
            itself,
        })
    }
}

/// Opens the lock file, or makes it; gives it mode and owner of the site file.
fn open(path: &Path, site: &Path) -> io::Result<File> {
    let mut options = File::options();
    let made = options.create_new(true).write(true).open(path);
    let file = match made {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => open_existing(path)?,
        made => made?,
    };
    // Also one that was there: the site may have got another owner since.
    if let Ok(site) = fs::metadata(site) {
        keep_owner(&file, &site);
        // A refusal leaves the lock file as it is: it may be somebody else's.
        let _ = file.set_permissions(site.permissions());
    }
    Ok(file)
}

/// To lock a file, reading suffices, so that one of somebody else does as well.
fn open_existing(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // In a folder that others may write, a link would lead to a file of their choice, and a pipe
        // would keep this process waiting.
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is not a regular file",
        ));
    }
    Ok(file)
}

fn locked(site: &Path, path: &Path, patience: Duration) -> Error {
    let message = format!(
        "{} is in use: after {} s, another process, or another part of this one, still holds the \
         lock on {}",
        site.display(),
        patience.as_secs(),
        path.display()
    );
    Error::unavailable(message).with_code("locked")
}

/// The site file, if it exists.
#[cfg(unix)]
fn itself(site: &Path) -> Option<File> {
    File::open(site).ok()
}

#[cfg(unix)]
fn has_other_names(site: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    site.metadata().is_ok_and(|site| site.nlink() > 1)
}

#[cfg(not(unix))]
fn has_other_names(_: &File) -> bool {
    false
}

/// On other systems, a lock would keep this process from reading the file by its name.
#[cfg(not(unix))]
fn itself(_: &Path) -> Option<File> {
    None
}

/// The refusal of a site that is in use under another name.
fn linked(site: &Path) -> Error {
    let other = match other_name(site) {
        Some(other) => other.display().to_string(),
        // In another folder, or replaced by a save under its name since.
        None => "one that is not beside it".to_owned(),
    };
    let message = format!(
        "{} and {other} are two names of one file (hard links), and it is in use under the other \
         name: a save would replace it under one name only",
        site.display()
    );
    Error::unavailable(message).with_code("locked")
}

/// Another name of the file in its folder.
#[cfg(unix)]
fn other_name(site: &Path) -> Option<PathBuf> {
    use std::os::unix::fs::MetadataExt;
    let identity = |path: &Path| {
        let found = fs::symlink_metadata(path).ok()?;
        Some((found.dev(), found.ino()))
    };
    let own = identity(site)?;
    let entries = fs::read_dir(site.parent()?).ok()?;
    let mut names = entries.filter_map(|entry| Some(entry.ok()?.path()));
    names.find(|name| name != site && identity(name) == Some(own))
}

#[cfg(not(unix))]
fn other_name(_: &Path) -> Option<PathBuf> {
    None
}

/// How long until the lock is tried again.
const PAUSE: Duration = Duration::from_millis(20);

pub(crate) fn unreadable(path: &Path, error: io::Error) -> Error {
    let message = format!("the site file {} cannot be read", path.display());
    match error.kind() {
        io::ErrorKind::NotFound => Error::not_found(message),
        _ => Error::unavailable(message).without_retry(),
    }
    .with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_file_with_two_names_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let name = |name: &str| folder.path().canonicalize().expect("there").join(name);
        let (site, other) = (name("site.json"), name("other.json"));
        fs::write(&site, "{}").expect("written");
        fs::hard_link(&site, &other).expect("linked");
        let mut first = Lock::existing(&site, Duration::ZERO).ok();
        assert!(first.is_some());
        let refused = Lock::existing(&other, Duration::ZERO).expect_err("one file");
        assert_eq!(refused.code(), Some("locked"));
        for name in [&site, &other] {
            assert!(
                refused.message().contains(&name.display().to_string()),
                "{refused}"
            );
        }
        // Elsewhere, the other name is not looked for.
        let elsewhere = folder.path().join("folder");
        fs::create_dir(&elsewhere).expect("made");
        let elsewhere = elsewhere.join("site.json");
        fs::rename(&other, &elsewhere).expect("moved");
        let refused = Lock::existing(&elsewhere, Duration::ZERO).expect_err("one file");
        assert!(refused.message().contains("not beside it"), "{refused}");
        // The lock of a name that was refused is free again, and so is the file in the end.
        let patience = Duration::from_secs(600);
        let waited = Lock::waiting(elsewhere, patience, || first = None);
        assert!(waited.is_ok());
        // A copy is another file.
        let copy = name("copy.json");
        fs::copy(&site, &copy).expect("copied");
        assert!(Lock::existing(&copy, Duration::ZERO).is_ok());
    }

    #[test]
    fn a_lock_is_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let site = folder.path().join("site.json");
        let patience = Duration::from_secs(600);
        let mut first = Lock::on(site.clone(), patience).ok();
        let mut pauses = 0;
        let second = Lock::waiting(site, patience, || {
            pauses += 1;
            first = None; // now it is free
        });
        assert!(second.is_ok());
        assert_eq!(pauses, 1);
    }
}
