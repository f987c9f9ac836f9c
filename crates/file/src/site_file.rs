use std::{
    fmt, fs, io,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use access_groups_core::{
    BlockingAccessGroupPort, BlockingStore, Context, Error, Operation, Reply, file_text,
    without_mark,
};
use access_groups_in_memory::{InMemory, State, system_clock};

use crate::{
    lock::{Lock, unreadable},
    save::{NotSaved, OnDisk, save},
};

/// A site file that is loaded into memory, locked for this process, and saved after each change.
///
/// Calls answer from memory. A change also waits for the disk, and other calls wait for it: none of
/// them sees a change that is not saved.
///
#[doc = access_groups_core::calls!(blocking)]
///
/// # Errors
///
/// Beside those of the operations, a change fails with
///
/// - `Unavailable`, code `not_saved`: the file could not be replaced. The change is not made.
/// - `Unavailable`, code `not_confirmed`, [ambiguous](Error::is_ambiguous): the file is replaced,
///   but the disk did not confirm it: a power failure may undo the change.
pub struct SiteFile {
    memory: InMemory,
    lock: Lock,
    /// The revision that was saved last. Locked while a change is made and saved.
    saved: Mutex<u64>,
}

impl SiteFile {
    /// Locks the file and loads it. If the path is a symbolic link, the file is its target.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such file.
    /// - `Invalid`: it is not a valid site file; [`fields`](Error::fields) lists each problem with
    ///   its place.
    /// - `Unavailable`, code `locked`: after [`LOCK_TIMEOUT`](Self::LOCK_TIMEOUT), 10 s, another
    ///   process, or this one, still holds the lock, under this name or, on Unix, a hard link to it.
    /// - `Unavailable`, code `lock_file`: the lock file cannot be used.
    /// - `Unavailable`: the file cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::open_within(path, Self::LOCK_TIMEOUT)
    }

    /// Like [`open`](Self::open), and waits this long for the lock.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open).
    pub fn open_within(path: impl AsRef<Path>, lock_timeout: Duration) -> Result<Self, Error> {
        let path = path.as_ref();
        let lock = Lock::existing(path, lock_timeout)?;
        let text = read(lock.path()).map_err(|error| unreadable(path, error))?;
        Ok(Self::loaded(lock, parse(path, &text)?))
    }

    /// Locks a file that does not exist yet, is empty, or holds an empty site.
    ///
    /// The folder must exist. The file is written by the first change or by
    /// [`import`](BlockingStore::import), not before.
    ///
    /// # Errors
    ///
    /// - `Conflict`: the file holds a site that is not empty.
    /// - `Invalid`: the file is not a valid site file.
    /// - `Unavailable`: the file cannot be created there.
    /// - Those of [`open`](Self::open).
    pub fn create(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::create_within(path, Self::LOCK_TIMEOUT)
    }

    /// Like [`create`](Self::create), and waits this long for the lock.
    ///
    /// # Errors
    ///
    /// Those of [`create`](Self::create).
    pub fn create_within(path: impl AsRef<Path>, lock_timeout: Duration) -> Result<Self, Error> {
        let path = path.as_ref();
        let lock = Lock::existing_or_new(path, lock_timeout)?;
        let state = match read(lock.path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => State::new(),
            Err(error) => return Err(unreadable(path, error)),
            Ok(text) if without_mark(&text).trim().is_empty() => State::new(),
            Ok(text) => parse(path, &text)?,
        };
        if state != State::new() {
            let message = format!("{} holds a site already", path.display());
            return Err(Error::conflict(message));
        }
        Ok(Self::loaded(lock, state))
    }

    /// How long opening a file waits for its lock: 10 seconds.
    pub const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

    /// Replaces the file by a copy of itself, to find out before a change is accepted whether a save
    /// can succeed. A file that does not exist yet is written.
    ///
    /// A store that saves after each change needs no such trial: it accepts no change that is not
    /// saved.
    ///
    /// # Errors
    ///
    /// `Unavailable`, code `not_saved` or `not_confirmed`; the source says why, and what helps.
    pub fn try_saving(&self) -> Result<(), Error> {
        let _saved = self.saved();
        let text = match fs::read(self.path()) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.memory.read(State::to_site_json).into_bytes()
            }
            Err(error) => return Err(self.failed(NotSaved::Unchanged(error))),
        };
        let saved = save(&mut OnDisk::at(self.path()), &text);
        saved.map_err(|error| self.failed(error))
    }

    /// The absolute path of the file, with symbolic links resolved.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.lock.path()
    }

    /// Whether the file had more names than this one, hard links, when it was opened. A save replaces
    /// it under this name only; under the others, the old text stays. Elsewhere than on Unix: `false`.
    #[must_use]
    pub fn had_other_names(&self) -> bool {
        self.lock.has_other_names()
    }

    /// The site in memory, for a server that saves periodically instead of after each change.
    ///
    /// Changes made here are not saved until [`save`](Self::save) or a change of this store.
    #[must_use]
    pub fn memory(&self) -> &InMemory {
        &self.memory
    }

    /// Writes the file if the site has changed since the last save; `false` if it has not.
    ///
    /// # Errors
    ///
    /// `Unavailable`, code `not_saved` or `not_confirmed`.
    pub fn save(&self) -> Result<bool, Error> {
        let mut saved = self.saved();
        if self.memory.read(State::revision) == *saved {
            return Ok(false);
        }
        // A copy, so that calls do not wait for the disk.
        let state = self.memory.snapshot();
        self.write(&state).map_err(|error| self.failed(error))?;
        *saved = state.revision();
        Ok(true)
    }

    fn loaded(lock: Lock, state: State) -> Self {
        Self {
            saved: Mutex::new(state.revision()),
            memory: InMemory::new(state),
            lock,
        }
    }

    /// Makes a change and saves it, as one step for readers. A change that is not saved is undone.
    fn change<R>(&self, change: impl FnOnce(&mut State) -> Result<R, Error>) -> Result<R, Error> {
        let mut saved = self.saved();
        self.memory.update(|state| {
            let before = state.clone();
            let answer = change(state)?;
            // Nothing to write: a user was added who was a member already, say.
            if state.revision() == *saved {
                return Ok(answer);
            }
            if let Err(error) = self.write(state) {
                // If the save is only unconfirmed, the file holds the change, and so must memory.
                // The next save writes it again.
                if matches!(error, NotSaved::Unchanged(_)) {
                    *state = before;
                }
                return Err(self.failed(error));
            }
            *saved = state.revision();
            Ok(answer)
        })
    }

    fn write(&self, state: &State) -> Result<(), NotSaved> {
        save(
            &mut OnDisk::at(self.path()),
            state.to_site_json().as_bytes(),
        )
    }

    fn saved(&self) -> MutexGuard<'_, u64> {
        // A panic elsewhere has left the revision of the last completed save.
        self.saved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, error: NotSaved) -> Error {
        let path = self.path().display();
        let (message, code, source, ambiguous) = match error {
            NotSaved::Unchanged(source) => (
                format!("{path} could not be saved; the file is as it was"),
                "not_saved",
                source,
                false,
            ),
            NotSaved::Unconfirmed(source) => (
                format!(
                    "{path} is saved, but the disk did not confirm it: a power failure may undo it"
                ),
                "not_confirmed",
                source,
                true,
            ),
        };
        Error::unavailable(message)
            .with_code(code)
            .with_source(source)
            .with_ambiguity(ambiguous)
    }
}

impl BlockingAccessGroupPort for SiteFile {
    fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        if operation.effect().is_safe() {
            return self.memory.blocking().call(operation, context);
        }
        let name = operation.name();
        self.change(|state| state.execute(operation, system_clock()))
            .map_err(|error| error.with_operation(name))
    }
}

impl BlockingStore for SiteFile {
    fn import(&self, site: &str) -> Result<(), Error> {
        self.change(|state| state.import(site))
    }

    fn export(&self) -> Result<String, Error> {
        self.memory.blocking().export()
    }
}

impl fmt::Debug for SiteFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SiteFile")
            .field("path", &self.path())
            .field("memory", &self.memory)
            .finish_non_exhaustive()
    }
}

fn read(path: &Path) -> io::Result<String> {
    Ok(file_text(fs::read(path)?)?)
}

fn parse(path: &Path, text: &str) -> Result<State, Error> {
    State::from_site_json(text).map_err(|error| {
        let message = format!("{}: {error}", path.display());
        Error::from(error).with_message(message)
    })
}

#[cfg(test)]
mod tests;
