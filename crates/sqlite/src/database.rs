//! The file: opened once, with a handle for each workspace.

use std::{fmt, path::Path, sync::Arc, time::Duration};

use access_groups_core::{CancelToken, Error, Timestamp, WorkspaceId};
use access_groups_in_memory::system_clock;

use crate::{
    OpenOptions,
    awake::Waiting,
    backup,
    committer::Committer,
    connection::{self, Source},
    disk,
    fault::{Fault, Result as Found},
    place::{self, Original},
    readers::Readers,
    readiness::{self, Doubt},
    session::Session,
    waiting::{Outcome, Patience, Place, Watch},
};

/// A SQLite database that holds any number of workspaces.
///
/// The methods of this type block, and those of the same names of [`SqlStore`](access_groups_sql::SqlStore)
/// are async: take a database as `&dyn SqlStore` where they are wanted. Both wait for threads of the
/// database, so the async ones need no runtime and block none.
///
/// Clones share the connections: one that writes, and up to four that read. The last clone or
/// [handle](crate::Sqlite) that is dropped waits for the changes that are queued, and closes the file.
/// Other processes may use it at the same time.
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
    clock: Clock,
}

/// What [`Database::migrate`] has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Migrated {
    /// The steps of the schema that the file lacked, by number and name.
    pub steps: Vec<(u32, &'static str)>,
    /// The workspaces whose index of searches was made anew.
    pub searches: Vec<WorkspaceId>,
}

pub(crate) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

#[derive(Debug)]
struct Shared {
    source: Source,
    warning: Option<String>,
    original: Arc<Original>,
    doubt: Doubt,
    // First the readers: whoever closes the file last clears the WAL away, and only a writer can.
    readers: Readers,
    committer: Committer,
    waiting: Waiting,
    watch: Watch,
}

impl Database {
    /// Opens the file. If there is none, or an empty one, the tables are created.
    ///
    /// # Errors
    ///
    /// - `Unsupported`, code `store_older`: the file lacks steps of the schema: [`migrate`](Self::migrate)
    ///   carries them out.
    /// - `Unsupported`, code `store_newer`: a newer version has changed the schema in a way that this one
    ///   would misread. An open database fails like this too, once that has happened.
    /// - `Unsupported`, code `store_differs`: another build made a step of the schema with other
    ///   statements.
    /// - `Unsupported`, code `store_foreign`: it is the database of another program.
    /// - `Unsupported`, code `store_on_network`: the file is on NFS or SMB, where locks do not hold.
    /// - `Unsupported`, code `sqlite_too_old`: see the [crate](crate#the-engine).
    /// - Those of [every call](crate#errors).
    /// - `TimedOut`, code `store_busy`: see [`BUSY_TIMEOUT`](Self::BUSY_TIMEOUT).
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        OpenOptions::new().open(path)
    }

    /// Brings an existing file up to date: carries out the steps of the schema that it lacks, each in a
    /// transaction. Then it makes the index of [searches](crate#search) anew in each workspace that has
    /// texts of a version that folds otherwise, in a transaction for each workspace, which changes of
    /// others wait for. What it has done is answered. Other processes may have the file open: older
    /// versions go on as long as the steps say that they can.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open), but for `store_older`.
    pub fn migrate(path: impl AsRef<Path>) -> Result<Migrated, Error> {
        OpenOptions::new().migrate(path)
    }

    pub(crate) fn start(source: Source) -> Result<Self, Error> {
        let warning = disk::check(&source.path)?;
        let opened = connection::writer(&source).and_then(|connection| {
            let original = Original::of(&connection, &source.path)?;
            Ok((connection, Arc::new(original)))
        });
        let (connection, original) = opened.map_err(|fault| place::unopened(&source, fault))?;
        let committer = Committer::start(connection, source.clone());
        let shared = Shared {
            readers: Readers::new(source.clone()),
            committer: committer.map_err(no_thread)?,
            waiting: Waiting::default(),
            watch: Watch::default(),
            doubt: Doubt::default(),
            original,
            source,
            warning,
        };
        Ok(Self {
            shared: Arc::new(shared),
            clock: Arc::new(system_clock),
        })
    }

    /// How long a change waits for other processes that write: 5 seconds. Then it fails with
    /// `TimedOut`, code `store_busy`, and nothing has changed.
    pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

    /// Takes the time from this clock, also in handles that are made from now on; the default is the
    /// system's clock. Instants are cut to whole milliseconds.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.source.path
    }

    /// Why the file may not be safe where it is, for the operator; `None` if nothing speaks against it.
    #[must_use]
    pub fn warning(&self) -> Option<&str> {
        self.shared.warning.as_deref()
    }

    /// Copies the database, as it is at one instant, into a new file, which is on the disk when this
    /// returns. Calls of others go on meanwhile; the WAL grows by what they change.
    ///
    /// # Errors
    ///
    /// - `Unsupported`, code `backup_exists`: there is a file already. It stays as it is.
    /// - `Unavailable`, code `backup_failed`: it cannot be written there. Nothing is left of it.
    /// - Those of [every call](crate#errors).
    pub fn backup(&self, target: impl AsRef<Path>) -> Result<(), Error> {
        self.backup_unless(target, &CancelToken::new())
    }

    /// Like [`backup`](Self::backup), until it is cancelled: then it ends, and nothing is left of it. A process
    /// that is killed leaves a file `.access-groups-….part` in the folder of the target, and perhaps another
    /// one with `-journal` at the end of its name; the next backup there deletes them.
    ///
    /// # Errors
    ///
    /// - `Cancelled`: it was cancelled.
    /// - Those of [`backup`](Self::backup).
    pub fn backup_unless(
        &self,
        target: impl AsRef<Path>,
        cancel: &CancelToken,
    ) -> Result<(), Error> {
        let is_there = self.shared.original.check().map_err(Fault::into_error);
        is_there.and_then(|()| backup::write(&self.shared.source, target.as_ref(), cancel))
    }

    pub(crate) fn source(&self) -> &Source {
        &self.shared.source
    }

    pub(crate) fn clock(&self) -> Clock {
        self.clock.clone()
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)().whole_milliseconds()
    }

    /// Reads everything from one state of the database.
    pub(crate) fn read<T: Send + 'static>(
        &self,
        patience: Patience,
        read: impl FnOnce(&Session<'_>) -> Found<T> + Send + 'static,
    ) -> Outcome<T> {
        let (place, answer) = Place::of_thread(patience);
        self.shared.watch.add(&place).map_err(no_thread)?;
        self.shared.readers.queue(place, self.in_place(read));
        let outcome = answer.recv().unwrap_or_else(|_| Err(unanswered()));
        self.located(outcome)
    }

    /// Like [`read`](Self::read), for a task.
    pub(crate) async fn read_soon<T: Send + 'static>(
        &self,
        patience: Patience,
        read: impl FnOnce(&Session<'_>) -> Found<T> + Send + 'static,
    ) -> Outcome<T> {
        let (place, answer) = Place::of_task(patience);
        self.shared.watch.add(&place).map_err(no_thread)?;
        self.shared.readers.queue(place, self.in_place(read));
        let outcome = answer.await.unwrap_or_else(|_| Err(unanswered()));
        self.located(outcome)
    }

    /// Does what takes long and reads nothing, on a thread that may.
    pub(crate) async fn work_soon<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Found<T> + Send + 'static,
    ) -> Outcome<T> {
        let (place, answer) = Place::of_task(Patience::default());
        self.shared.readers.queue_work(place, work);
        let outcome = answer.await.unwrap_or_else(|_| Err(unanswered()));
        self.located(outcome)
    }

    /// Does this in a transaction, and answers when it is on the disk. It may be done several times,
    /// each time in the place of the one before.
    pub(crate) fn commit<T: Send + 'static>(
        &self,
        patience: Patience,
        work: impl FnMut(&Session<'_>) -> Found<T> + Send + 'static,
    ) -> Outcome<T> {
        let (place, answer) = Place::of_thread(patience);
        self.shared.watch.add(&place).map_err(no_thread)?;
        self.shared.committer.queue(place, work);
        let answer = self.shared.waiting.wait(&answer);
        // Nothing tells how far the change has come.
        let outcome = answer.unwrap_or_else(|_| Err(unanswered().with_ambiguity(true)));
        self.shared.doubt.note(&outcome);
        self.located(outcome)
    }

    /// Like [`commit`](Self::commit), for a task. If the future is dropped, this is done completely or
    /// not at all.
    pub(crate) async fn commit_soon<T: Send + 'static>(
        &self,
        patience: Patience,
        work: impl FnMut(&Session<'_>) -> Found<T> + Send + 'static,
    ) -> Outcome<T> {
        let (place, answer) = Place::of_task(patience);
        self.shared.watch.add(&place).map_err(no_thread)?;
        self.shared.committer.queue(place, work);
        let answer = answer.await;
        let outcome = answer.unwrap_or_else(|_| Err(unanswered().with_ambiguity(true)));
        self.shared.doubt.note(&outcome);
        self.located(outcome)
    }

    /// What a change does that shows whether changes can be saved.
    pub(crate) fn proof(&self) -> impl FnMut(&Session<'_>) -> Found<()> + Send + use<> {
        let (doubt, path) = (self.shared.doubt.clone(), self.path().to_owned());
        // The lock of writers is taken; and where nothing has failed, that is all.
        move |session| match doubt.exists() {
            true => readiness::prove(session, &path),
            false => Ok(()),
        }
    }

    /// Takes in how that change ended.
    pub(crate) fn proved(&self, outcome: Outcome<()>) -> Outcome<()> {
        self.shared.doubt.end(&outcome);
        outcome
    }

    /// The read, unless another file is in the place of the one that was opened: the connection may be one to
    /// that file.
    fn in_place<T>(
        &self,
        read: impl FnOnce(&Session<'_>) -> Found<T> + Send + 'static,
    ) -> impl FnOnce(&Session<'_>) -> Found<T> + Send + 'static {
        let original = self.shared.original.clone();
        move |session| original.check().and_then(|()| read(session))
    }

    fn located<T>(&self, outcome: Outcome<T>) -> Outcome<T> {
        outcome.map_err(|error| {
            // A connection that was opened just now did not find the file at all.
            let error = match error.code() {
                Some("store_io") if !error.is_ambiguous() => {
                    let is_there = self.shared.original.check();
                    is_there.err().map_or(error, Fault::into_error)
                }
                _ => error,
            };
            place::located(&self.shared.source, error)
        })
    }
}

/// A panic has ended the call.
fn unanswered() -> Error {
    Error::internal("a thread of the database has failed").with_code("store_failed")
}

fn no_thread(error: std::io::Error) -> Error {
    let told = Error::unavailable("no thread can be started for the database");
    told.with_source(error)
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}
