use std::{
    fmt, fs, io,
    path::Path,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use access_groups_core::{
    BlockingAccessGroupPort, BlockingStore, Context, Error, Operation, Reply, file_text,
    without_mark,
};
use access_groups_in_memory::{InMemory, State, system_clock};

use crate::{
    disk::OnDisk,
    leftover,
    lock::{Lock, unreadable},
    notice::Notice,
    print::{Known, Print},
    save::{NotSaved, save},
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
///
/// # Other programs
///
/// The lock keeps other processes of this library off the file, but no editor. Whatever text a save finds
/// in place of its own is kept, not overwritten and not loaded: [`take_notices`](Self::take_notices) says
/// where it is.
pub struct SiteFile {
    memory: InMemory,
    lock: Lock,
    /// The file as it was last read or written; `None` if there was none. Locked while a change is made
    /// and saved.
    known: Mutex<Option<Known>>,
    /// The revision that was saved last. Changed under the lock of `known`, and read without it: saving
    /// takes time.
    saved: AtomicU64,
    notices: Mutex<Vec<Notice>>,
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
        let notices = leftover::clear(lock.path());
        let (text, known) = read(lock.path()).map_err(|error| unreadable(path, error))?;
        Ok(Self::loaded(
            lock,
            parse(path, &text)?,
            Some(known),
            notices,
        ))
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
        let notices = leftover::clear(lock.path());
        let (state, known) = match read(lock.path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => (State::new(), None),
            Err(error) => return Err(unreadable(path, error)),
            Ok((text, known)) => match without_mark(&text).trim().is_empty() {
                true => (State::new(), Some(known)),
                false => (parse(path, &text)?, Some(known)),
            },
        };
        if state != State::new() {
            let message = format!("{} holds a site already", path.display());
            return Err(Error::conflict(message));
        }
        Ok(Self::loaded(lock, state, known, notices))
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
        let mut known = self.known();
        let saved = match read_bytes(self.path()) {
            // What is there now, be it of somebody else: the next save of a change tells.
            Ok((text, as_it_is)) => self.replace(&mut Some(as_it_is), &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let text = self.memory.read(State::to_site_json);
                self.replace(&mut known, text.as_bytes())
            }
            Err(error) => Err(NotSaved::Unchanged(error)),
        };
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

    /// Writes the file if the site has changed since the last save. Answers how many revisions it made
    /// durable: 0 if there was nothing to write. [`unsaved`](Self::unsaved) says what a revision is.
    ///
    /// # Errors
    ///
    /// `Unavailable`, code `not_saved` or `not_confirmed`.
    pub fn save(&self) -> Result<u64, Error> {
        let mut known = self.known();
        if self.unsaved() == 0 {
            return Ok(0);
        }
        // A copy, so that calls do not wait for the disk.
        let state = self.memory.snapshot();
        self.write(&mut known, &state)
            .map_err(|error| self.failed(error))?;
        let before = self.saved.swap(state.revision(), Ordering::Relaxed);
        Ok(state.revision().saturating_sub(before))
    }

    /// By how many revisions the site in memory is ahead of the file: 0 if everything is saved. Never
    /// waits for a save.
    ///
    /// Each accepted change is at least one revision; a call with nothing to change is none. Some are
    /// more: a user that a grant to an identity makes counts, and so does each propagation of a pending
    /// change. So at most this many changes are accepted and not saved.
    #[must_use]
    pub fn unsaved(&self) -> u64 {
        let revision = self.memory.read(State::revision);
        revision.saturating_sub(self.saved.load(Ordering::Relaxed))
    }

    /// What others did to the file, as far as saves and the opening have found out and was not taken yet.
    /// Ask after each save, failed ones too. Never waits for a save.
    pub fn take_notices(&self) -> Vec<Notice> {
        std::mem::take(&mut *self.notices())
    }

    fn loaded(lock: Lock, state: State, known: Option<Known>, notices: Vec<Notice>) -> Self {
        Self {
            known: Mutex::new(known),
            saved: AtomicU64::new(state.revision()),
            memory: InMemory::new(state),
            lock,
            notices: Mutex::new(notices),
        }
    }

    /// Makes a change and saves it, as one step for readers. A change that is not saved is undone.
    fn change<R>(&self, change: impl FnOnce(&mut State) -> Result<R, Error>) -> Result<R, Error> {
        let mut known = self.known();
        self.memory.update(|state| {
            let before = state.clone();
            let answer = change(state)?;
            // Nothing to write: a user was added who was a member already, say.
            if state.revision() == self.saved.load(Ordering::Relaxed) {
                return Ok(answer);
            }
            if let Err(error) = self.write(&mut known, state) {
                // If the save is only unconfirmed, the file holds the change, and so must memory.
                // The next save writes it again.
                if matches!(error, NotSaved::Unchanged(_)) {
                    *state = before;
                }
                return Err(self.failed(error));
            }
            self.saved.store(state.revision(), Ordering::Relaxed);
            Ok(answer)
        })
    }

    fn write(&self, known: &mut Option<Known>, state: &State) -> Result<(), NotSaved> {
        self.replace(known, state.to_site_json().as_bytes())
    }

    fn replace(&self, known: &mut Option<Known>, text: &[u8]) -> Result<(), NotSaved> {
        let mut disk = OnDisk::at(self.path(), known.as_ref(), text);
        let saved = save(&mut disk, text);
        let (written, notices) = disk.into_known();
        self.notices().extend(notices);
        if !matches!(saved, Err(NotSaved::Unchanged(_))) {
            *known = written;
        }
        saved
    }

    fn known(&self) -> MutexGuard<'_, Option<Known>> {
        // A panic elsewhere has left the file of the last completed save.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn notices(&self) -> MutexGuard<'_, Vec<Notice>> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, error: NotSaved) -> Error {
        let path = self.path().display();
        let (message, code, source, ambiguous) = match error {
            NotSaved::Unchanged(source) => (
                format!("{path} could not be saved; {}", untouched(self.path())),
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

/// What there is after a save that has changed nothing: others may have taken the file away.
fn untouched(path: &Path) -> &'static str {
    let is_file = fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    match is_file {
        true => "the file is as it was",
        false => "nothing was written",
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
    fn import_with(&self, site: &str, _: &Context) -> Result<(), Error> {
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

fn read(path: &Path) -> io::Result<(String, Known)> {
    let (bytes, known) = read_bytes(path)?;
    Ok((file_text(bytes)?, known))
}

fn read_bytes(path: &Path) -> io::Result<(Vec<u8>, Known)> {
    let bytes = fs::read(path)?;
    let known = Known {
        print: Print::of(&bytes),
        like: fs::metadata(path)?.into(),
    };
    Ok((bytes, known))
}

fn parse(path: &Path, text: &str) -> Result<State, Error> {
    State::from_site_json(text).map_err(|error| {
        let message = format!("{}: {error}", path.display());
        Error::from(error).with_message(message)
    })
}

#[cfg(test)]
mod tests;
