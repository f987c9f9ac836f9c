//! Threads that only read, each with a connection of its own.

use std::{
    collections::VecDeque,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

use access_groups_core::Error;
use access_groups_sql::Step;
use rusqlite::Connection;

use crate::{
    connection::{self, Source},
    fault::{Fault, Result},
    migration::Guard,
    session::Session,
    waiting::{Claim, Place},
};

/// Up to four threads. They end when this is dropped, after all that waits.
pub(crate) struct Readers {
    line: Arc<Line>,
}

/// The reads that wait for a thread.
struct Line {
    source: Source,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    threads: Vec<JoinHandle<()>>,
    idle: usize,
    is_closed: bool,
}

/// A read with a connection, or with the reason why there is none.
type Job = Box<dyn FnOnce(std::result::Result<&Through<'_>, Error>) -> Trust + Send>;

/// What is read through.
struct Through<'c> {
    session: Session<'c>,
    guard: Guard,
    steps: &'c [Step],
}

/// Whether a connection can be used further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    Kept,
    Lost,
}

impl Readers {
    pub(crate) fn new(source: Source) -> Self {
        let line = Arc::new(Line {
            source,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        Self { line }
    }

    /// Reads everything from one state of the database, and answers.
    pub(crate) fn queue<T: Send + 'static>(
        &self,
        place: Arc<Place<T>>,
        read: impl FnOnce(&Session<'_>) -> Result<T> + Send + 'static,
    ) {
        self.answer(place, |through| in_one_view(through, read));
    }

    /// Does what reads nothing, and answers. It has no view of the database, which would keep the WAL from
    /// getting shorter for as long.
    pub(crate) fn queue_work<T: Send + 'static>(
        &self,
        place: Arc<Place<T>>,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) {
        self.answer(place, |_| work());
    }

    fn answer<T: Send + 'static>(
        &self,
        place: Arc<Place<T>>,
        work: impl FnOnce(&Through<'_>) -> Result<T> + Send + 'static,
    ) {
        let mut claim = Claim::new(place);
        self.line.push(Box::new(move |through| {
            if !claim.begin() {
                return Trust::Kept;
            }
            let outcome = match through {
                Ok(through) => work(through),
                Err(error) => Err(error.into()),
            };
            let trust = match &outcome {
                Err(fault) if !fault.is_of_call() => Trust::Lost,
                _ => Trust::Kept,
            };
            claim.answer(outcome.map_err(Fault::into_error));
            trust
        }));
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        let mut state = self.line.lock();
        state.is_closed = true;
        let threads = std::mem::take(&mut state.threads);
        drop(state);
        self.line.changed.notify_all();
        for thread in threads {
            // A panic there was answered as such.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readers").finish_non_exhaustive()
    }
}

/// How many calls read at the same time.
const MAX_READERS: usize = 4;

impl Line {
    fn push(self: &Arc<Self>, job: Job) {
        let mut state = self.lock();
        state.waiting.push_back(job);
        if state.waiting.len() > state.idle && state.threads.len() < MAX_READERS {
            let line = self.clone();
            let builder = thread::Builder::new().name("access-groups-sqlite-read".to_owned());
            match builder.spawn(move || line.serve()) {
                Ok(thread) => state.threads.push(thread),
                // The threads that there are will come to it.
                Err(_) if !state.threads.is_empty() => {}
                Err(error) => {
                    let job = state.waiting.pop_back();
                    drop(state);
                    let told = Error::unavailable("no thread can be started for the database");
                    job.map(|job| job(Err(told.with_source(error))));
                    return;
                }
            }
        }
        drop(state);
        self.changed.notify_one();
    }

    fn serve(&self) {
        while let Some(job) = self.next() {
            match connection::reader(&self.source) {
                Ok(connection) => self.serve_through(&connection, job),
                Err(fault) => drop(job(Err(fault.into_error()))),
            }
        }
    }

    /// Serves as long as the connection can be trusted and there is somebody to serve.
    fn serve_through(&self, connection: &Connection, job: Job) {
        let through = Through {
            session: Session::new(connection),
            guard: Guard::default(),
            steps: &self.source.options.steps,
        };
        let mut waiting = Some(job);
        while let Some(job) = waiting {
            // A panic is a bug in this read, and leaves it unanswered.
            let read = AssertUnwindSafe(|| job(Ok(&through)));
            if catch_unwind(read).unwrap_or(Trust::Lost) == Trust::Lost {
                return;
            }
            waiting = self.next();
        }
    }

    /// The next read; `None` if there will be no more.
    fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        state.idle += 1;
        let job = loop {
            let job = state.waiting.pop_front();
            if job.is_some() || state.is_closed {
                break job;
            }
            let woken = self.changed.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        };
        state.idle -= 1;
        job
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn in_one_view<T>(
    through: &Through<'_>,
    read: impl FnOnce(&Session<'_>) -> Result<T>,
) -> Result<T> {
    let session = &through.session;
    session.control("BEGIN")?;
    let fits = through.guard.check(session, through.steps);
    let outcome = fits.and_then(|()| read(session));
    let ended = session.control("ROLLBACK");
    match (outcome, ended) {
        (Ok(_), Err(fault)) => Err(fault),
        (outcome, _) => outcome,
    }
}
