//! The one thread that writes.
//!
//! Changes wait in a queue. The thread takes all that wait, carries them out in one transaction, and
//! answers after its COMMIT: while one COMMIT waits for the disk, the changes of the next one gather.
//! There is no timer, so a lone writer never waits for others.

#[cfg(test)]
mod tests;

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use access_groups_core::Error;
use rusqlite::Connection;

use crate::{
    OpenOptions, awake,
    connection::{self, Source},
    fault::{Fault, Result},
    migration::Guard,
    place::{self, Changes},
    session::Session,
    waiting::{Claim, Outcome, Place},
};

/// The queue of the thread. The thread ends when this is dropped, after all that waits.
pub(crate) struct Committer {
    /// `None` only while it is dropped.
    queue: Option<Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Committer {
    /// Starts the thread with a connection of the [writer's](connection::writer).
    pub(crate) fn start(connection: Connection, source: Source) -> std::io::Result<Self> {
        let (queue, jobs) = channel();
        let writer = Writer { source, jobs };
        let thread = thread::Builder::new()
            .name("access-groups-sqlite".to_owned())
            .spawn(move || writer.run(connection))?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    /// Does this in a transaction, and answers when it is on the disk. It may be done several times,
    /// each time in the place of the one before.
    pub(crate) fn queue<T: Send + 'static>(
        &self,
        place: Arc<Place<T>>,
        work: impl FnMut(&Session<'_>) -> Result<T> + Send + 'static,
    ) {
        let claim = Claim::new(place);
        let task = Task {
            work,
            outcome: None,
            claim,
        };
        if let Some(queue) = &self.queue {
            // A queue without a thread drops it, which its caller is told.
            let _ = queue.send(Box::new(task));
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A panic there was answered as such.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Committer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Committer").finish_non_exhaustive()
    }
}

/// Work in a transaction that others share.
trait Job: Send {
    /// Does the work. A fault is kept as its outcome if it concerns nobody else.
    fn run(&mut self, session: &Session<'_>) -> Result<()>;

    /// Answers with the outcome, or with why it was not committed.
    fn answer(self: Box<Self>, committed: Outcome<()>);
}

struct Task<F, T> {
    work: F,
    outcome: Option<Outcome<T>>,
    claim: Claim<T>,
}

impl<F, T> Job for Task<F, T>
where
    F: FnMut(&Session<'_>) -> Result<T> + Send,
    T: Send,
{
    fn run(&mut self, session: &Session<'_>) -> Result<()> {
        // Not before the transaction has begun: until then, the call may end by waiting too long.
        if !self.claim.begin() {
            return Ok(());
        }
        let done = (self.work)(session);
        self.outcome = Some(match done {
            Err(fault) if !fault.is_of_call() => return Err(fault),
            done => done.map_err(Fault::into_error),
        });
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Outcome<()>) {
        let outcome = match (committed, self.outcome) {
            // The refusal may be for what another job of the batch had made, which is gone. It has
            // written nothing.
            (Err(error), Some(Err(_))) => Err(error.with_ambiguity(false)),
            (Err(error), _) => Err(error),
            (Ok(()), Some(outcome)) => outcome,
            // Nobody waited for it any more.
            (Ok(()), None) => return,
        };
        self.claim.answer(outcome);
    }
}

struct Writer {
    source: Source,
    jobs: Receiver<Box<dyn Job>>,
}

/// Whether a connection can be used further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    Kept,
    Lost,
}

impl Writer {
    fn run(self, connection: Connection) {
        let mut opened = Some(connection);
        while let Some(batch) = self.next(0) {
            let connection = match opened.take() {
                Some(connection) => connection,
                None => match connection::writer(&self.source) {
                    Ok(connection) => connection,
                    Err(fault) => {
                        answer_all(batch, &fault.into_error());
                        continue;
                    }
                },
            };
            // A panic is a bug in one job, and drops all of its batch unanswered.
            let serve = AssertUnwindSafe(|| self.serve(&connection, batch));
            if catch_unwind(serve).unwrap_or(Trust::Lost) == Trust::Kept {
                opened = Some(connection);
            }
        }
    }

    /// Serves as long as the connection can be trusted and there is somebody to serve.
    fn serve(&self, connection: &Connection, batch: Batch) -> Trust {
        let through = Through {
            session: Session::new(connection),
            guard: Guard::default(),
            options: &self.source.options,
            changes: Changes::of(connection),
        };
        let mut waiting = Some(batch);
        while let Some(batch) = waiting {
            let jobs = batch.len();
            if commit_together(&through, batch) == Trust::Lost {
                return Trust::Lost;
            }
            waiting = self.next(jobs);
        }
        Trust::Kept
    }

    /// All jobs that wait, up to a limit, after so many before them; `None` if there will be no more.
    fn next(&self, before: usize) -> Option<Batch> {
        let soon = awake::soon(&self.jobs, POLL_FOR_JOB, || before == 1);
        let first = soon.or_else(|| self.jobs.recv().ok())?;
        let since = Instant::now();
        let mut batch = vec![first];
        while batch.len() < MAX_BATCH && since.elapsed() < MAX_GATHERING {
            let Ok(job) = self.jobs.try_recv() else {
                break;
            };
            batch.push(job);
        }
        Some(batch)
    }
}

type Batch = Vec<Box<dyn Job>>;

/// How long the thread polls for the next job of a lone writer before it sleeps.
const POLL_FOR_JOB: Duration = Duration::from_micros(60);
const MAX_BATCH: usize = 256;
const MAX_GATHERING: Duration = Duration::from_millis(20);

/// What changes are made through.
struct Through<'c> {
    session: Session<'c>,
    guard: Guard,
    options: &'c OpenOptions,
    changes: Changes,
}

/// Carries out the jobs in one transaction and answers them. If one of them breaks the transaction,
/// each gets a transaction of its own.
fn commit_together(through: &Through<'_>, mut batch: Batch) -> Trust {
    let session = &through.session;
    if let Err(fault) = begin(through) {
        return refuse(session, batch, fault);
    }
    let fault = batch.iter_mut().find_map(|job| job.run(session).err());
    let fault = fault.or_else(|| stays(through).err());
    match fault {
        None => commit(session, batch),
        Some(fault) if batch.len() == 1 => refuse(session, batch, fault),
        Some(_) => commit_one_by_one(through, batch),
    }
}

/// Answers a batch of which nothing is committed.
fn refuse(session: &Session<'_>, batch: Batch, fault: Fault) -> Trust {
    let is_read_only = fault.is_read_only();
    answer_all(batch, &fault.into_error());
    match is_read_only {
        // Opened anew, it may be written to: somebody may have allowed it meanwhile.
        true => Trust::Lost,
        false => roll_back(session),
    }
}

/// Each job in a transaction of its own, after the one of all has failed.
fn commit_one_by_one(through: &Through<'_>, batch: Batch) -> Trust {
    let mut trust = roll_back(&through.session);
    for job in batch {
        match trust {
            Trust::Kept => trust = commit_together(through, vec![job]),
            // SQLite would go on: a COMMIT that failed has ended its transaction. What comes after it
            // would stand on what the disk has not written.
            Trust::Lost => job.answer(Err(not_begun())),
        }
    }
    trust
}

fn begin(through: &Through<'_>) -> Result<()> {
    let Through {
        session,
        guard,
        options,
        ..
    } = through;
    connection::patiently(options.busy_timeout, || session.control("BEGIN IMMEDIATE"))?;
    // Nobody can change the schema from now on.
    guard.check(session, &options.steps)
}

/// Refuses to write where nobody would find it.
fn stays(through: &Through<'_>) -> Result<()> {
    place::stays(through.session.connection())?;
    through.changes.stay()
}

fn commit(session: &Session<'_>, batch: Batch) -> Trust {
    let Err(fault) = session.control("COMMIT") else {
        batch.into_iter().for_each(|job| job.answer(Ok(())));
        return Trust::Kept;
    };
    let error = fault.into_commit_error();
    answer_all(batch, &error);
    // What an fsync has not written once, a second one may call written.
    match error.is_ambiguous() {
        true => Trust::Lost,
        false => roll_back(session),
    }
}

/// What a job is told that another one has taken the connection from. The next batch has a new one.
fn not_begun() -> Error {
    let told = Error::unavailable("the database failed before the change was begun");
    told.with_code("store_io")
}

fn answer_all(batch: Batch, error: &Error) {
    batch
        .into_iter()
        .for_each(|job| job.answer(Err(error.clone())));
}

/// Ends the transaction, unless SQLite has done so by itself.
fn roll_back(session: &Session<'_>) -> Trust {
    let is_over = session.connection().is_autocommit() || session.control("ROLLBACK").is_ok();
    if is_over { Trust::Kept } else { Trust::Lost }
}
