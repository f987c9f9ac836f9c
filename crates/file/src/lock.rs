//! The lock that keeps other processes off a site file.

use std::{
    ffi::OsString,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use access_groups_core::Error;

/// An advisory lock on `SITE.json.lock`, next to the file.
///
/// The lock file stays when the process ends: removing it would let two processes lock two files of
/// the same name.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Locks a file that exists.
    pub(crate) fn existing(path: &Path) -> Result<Self, Error> {
        let resolved = fs::canonicalize(path).map_err(|error| unreadable(path, error))?;
        if resolved.is_dir() {
            return Err(unreadable(path, io::ErrorKind::IsADirectory.into()));
        }
        Self::on(resolved)
    }

    /// Locks a file that exists, or the place where it will be; its folder must exist.
    pub(crate) fn existing_or_new(path: &Path) -> Result<Self, Error> {
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            _ => return Self::existing(path),
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
        Self::on(fs::canonicalize(folder).map_err(refused)?.join(name))
    }

    /// The file that is locked, symbolic links resolved.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn on(site: PathBuf) -> Result<Self, Error> {
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
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(refused)?;
        match file.try_lock() {
            Ok(()) => Ok(Self {
                path: site,
                _file: file,
            }),
            Err(TryLockError::WouldBlock) => {
                let message = format!(
                    "another process works on {}: it holds the lock on {}",
                    site.display(),
                    path.display()
                );
                Err(Error::unavailable(message).with_code("locked"))
            }
            Err(TryLockError::Error(error)) => Err(refused(error)),
        }
    }
}

pub(crate) fn unreadable(path: &Path, error: io::Error) -> Error {
    let message = format!("the site file {} cannot be read", path.display());
    match error.kind() {
        io::ErrorKind::NotFound => Error::not_found(message),
        _ => Error::unavailable(message).without_retry(),
    }
    .with_source(error)
}
