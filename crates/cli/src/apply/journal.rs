//! The file of a journal: it only grows, and is on the disk soon.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use access_groups_roster::{Change, Journal, JournalEntry, JournalHeader};

use crate::failure::Failure;

/// A journal that is being written. Its lines are on the disk after at most 100 ms or 256 lines.
pub(crate) struct JournalFile {
    path: PathBuf,
    shared: Arc<Shared>,
    syncing: Option<JoinHandle<()>>,
}

struct Shared {
    file: File,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    unsynced: usize,
    is_over: bool,
    error: Option<io::ErrorKind>,
}

impl JournalFile {
    /// Begins a journal of these changes, in a file that does not exist yet; they are on the disk when
    /// this returns.
    pub(super) fn create(
        path: &Path,
        header: JournalHeader,
        changes: &[Change],
    ) -> Result<Self, Failure> {
        let failed = |error: io::Error| cannot_write(path, error);
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(path)
            .map_err(failed)?;
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
        let failed = |error: io::Error| cannot_write(path, error);
        let file = OpenOptions::new()
            .append(true)
            .read(true)
            .open(path)
            .map_err(|error| cannot_read(path, &error))?;
        locked(file.try_lock(), path)?;
        let journal = read(path)?;
        let whole = u64::try_from(journal.whole_bytes).unwrap_or(u64::MAX);
        file.set_len(whole).map_err(failed)?;
        Ok((Self::over(file, path), journal))
    }

    fn over(file: File, path: &Path) -> Self {
        let shared = Arc::new(Shared {
            file,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let syncing = Arc::clone(&shared);
        // Without the thread, every line waits for the disk itself.
        let syncing = thread::Builder::new().spawn(move || syncing.sync_now_and_then());
        Self {
            path: path.to_owned(),
            shared,
            syncing: syncing.ok(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a line.
    pub(crate) fn append(&self, entry: &JournalEntry) -> Result<(), io::Error> {
        let mut state = self.shared.lock();
        if let Some(error) = state.error {
            return Err(error.into());
        }
        (&self.shared.file).write_all(entry.to_line().as_bytes())?;
        if self.syncing.is_none() {
            return self.shared.file.sync_data();
        }
        state.unsynced += 1;
        self.shared.changed.notify_all();
        while state.unsynced >= LINES && state.error.is_none() {
            state = self.shared.wait(state);
        }
        Ok(())
    }

    /// Waits until every line is on the disk.
    pub(super) fn finish(mut self) -> Result<(), io::Error> {
        self.end();
        match self.shared.lock().error {
            Some(error) => Err(error.into()),
            None => self.shared.file.sync_data(),
        }
    }

    fn end(&mut self) {
        self.shared.lock().is_over = true;
        self.shared.changed.notify_all();
        if let Some(syncing) = self.syncing.take() {
            let _ = syncing.join();
        }
    }
}

impl Drop for JournalFile {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        let waited = self.changed.wait(state);
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    fn sync_now_and_then(&self) {
        let mut state = self.lock();
        loop {
            while state.unsynced == 0 && !state.is_over {
                state = self.wait(state);
            }
            let waits = |state: &mut State| state.unsynced < LINES && !state.is_over;
            let waited = self.changed.wait_timeout_while(state, INTERVAL, waits);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            let (lines, is_over) = (state.unsynced, state.is_over);
            drop(state);
            let synced = match lines {
                0 => Ok(()),
                _ => self.file.sync_data(),
            };
            state = self.lock();
            state.unsynced -= lines;
            if let Err(error) = synced {
                // After a failed sync, a second one may succeed without having written anything.
                state.error = Some(error.kind());
            }
            self.changed.notify_all();
            if is_over || state.error.is_some() {
                return;
            }
        }
    }
}

/// Reads a journal that nobody is writing.
pub(super) fn read_whole(path: &Path) -> Result<Journal, Failure> {
    let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    locked(file.try_lock_shared(), path)?;
    read(path)
}

fn read(path: &Path) -> Result<Journal, Failure> {
    let file = std::fs::read(path).map_err(|error| cannot_read(path, &error))?;
    Journal::read(&file).map_err(|error| {
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
    Failure::failed(message)
        .caused_by(&error)
        .with_detail("nothing was changed")
        .with_hint("--journal FILE names another place; it must not exist yet")
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

/// So many lines wait for the disk at most.
const LINES: usize = 256;

/// For so long.
const INTERVAL: Duration = Duration::from_millis(100);
