//! The file of a journal: it only grows, and is on the disk soon.

mod log;

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use access_groups_roster::{Change, Journal, JournalEntry, JournalHeader};

use crate::failure::Failure;

use log::Log;

/// A journal that is being written. Its lines are on the disk after at most 100 ms or 256 lines.
pub(crate) struct JournalFile {
    path: PathBuf,
    log: Log<File>,
}

impl JournalFile {
    /// Begins a journal of these changes, in a file that does not exist yet; they are on the disk when
    /// this returns. It may repeat what a service says of people: for its owner only.
    pub(super) fn create(
        path: &Path,
        header: JournalHeader,
        changes: &[Change],
    ) -> Result<Self, Failure> {
        let failed = |error: io::Error| {
            cannot_write(path, error)
                .with_detail("nothing was changed")
                .with_hint("--journal FILE names another place; it must not exist yet")
        };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(failed)?;
        locked(file.try_lock(), path)?;
        let mut lines = JournalEntry::header(header).to_line();
        for change in changes {
            lines.push_str(&JournalEntry::of_change(change).to_line());
        }
        (&file)
            .write_all(lines.as_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| sync_folder(path))
            .map_err(failed)?;
        Ok(Self::over(file, path))
    }

    /// Reads a journal and goes on with it. A line that a crash has cut off is removed.
    pub(super) fn resume(path: &Path) -> Result<(Self, Journal), Failure> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(|error| cannot_read(path, &error))?;
        locked(file.try_lock(), path)?;
        let journal = read(&file, path)?;
        let whole = u64::try_from(journal.whole_bytes).unwrap_or(u64::MAX);
        file.set_len(whole)
            .and_then(|()| file.seek(SeekFrom::End(0)))
            .map_err(|error| cannot_write(path, error).with_detail("nothing was changed"))?;
        Ok((Self::over(file, path), journal))
    }

    fn over(file: File, path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            log: Log::new(file),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a line.
    pub(crate) fn append(&self, entry: &JournalEntry) -> io::Result<()> {
        self.log.append(entry.to_line().as_bytes())
    }

    /// Waits until every line is on the disk.
    pub(super) fn finish(self) -> io::Result<()> {
        self.log.finish()
    }
}

/// Reads a journal that nobody is writing.
pub(super) fn read_whole(path: &Path) -> Result<Journal, Failure> {
    let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    locked(file.try_lock_shared(), path)?;
    read(&file, path)
}

fn read(file: &File, path: &Path) -> Result<Journal, Failure> {
    let mut bytes = Vec::new();
    let mut limited = file.take(TOO_LARGE);
    limited
        .read_to_end(&mut bytes)
        .map_err(|error| cannot_read(path, &error))?;
    if limited.limit() == 0 {
        return Err(cannot_read(path, &io::ErrorKind::FileTooLarge.into()));
    }
    Journal::read(&bytes).map_err(|error| {
        Failure::failed(format!("{}: {error}", path.display()))
            .with_hint("`access-groups apply` writes journals, and says where")
    })
}

fn locked(lock: Result<(), TryLockError>, path: &Path) -> Result<(), Failure> {
    match lock {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(Failure::failed(format!(
            "{}: another process is writing this journal",
            path.display()
        ))
        .with_hint("wait until it ends")),
        Err(TryLockError::Error(error)) => Err(cannot_write(path, error)),
    }
}

fn cannot_read(path: &Path, error: &io::Error) -> Failure {
    let message = format!("the journal {} cannot be read", path.display());
    Failure::failed(message).caused_by(error)
}

fn cannot_write(path: &Path, error: io::Error) -> Failure {
    let message = format!("the journal {} cannot be written", path.display());
    Failure::failed(message).caused_by(&error)
}

/// A new name is on the disk once its folder is.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// A journal has less bytes.
const TOO_LARGE: u64 = 1 << 31;
