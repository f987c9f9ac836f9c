//! The blocking driver: a pool of threads, each with one call at a time.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
    thread::{self, JoinHandle},
};

use access_groups_core::{BlockingAccessGroupPort, Context, Error, Operation, Reply, Ticket};

use super::{Change, ChangeQueue, ChangeStep, Limits, Report};

/// The blocking flavour of [`change_all`](crate::change_all): an iterator over the reports.
///
/// Calls are made on threads of its own, up to [`Limits::concurrency`], which start when they are
/// needed. For a port behind a `dyn`, pass an `Arc`. Between two calls of `next` the open calls go
/// on, and no further one starts.
///
/// Dropping the iterator waits for the open calls, whose outcomes are then lost; no call is made
/// after that. To end early with every outcome, cancel the token of the [`Limits`].
///
/// # Panics
///
/// `next` panics if the port does.
///
/// # Examples
///
/// ```
/// use access_groups_core::AcsUserId;
/// use access_groups_in_memory::SiteBuilder;
/// use access_groups_roster::{Change, Limits, Outcome, change_all_blocking};
///
/// let mut site = SiteBuilder::new();
/// let ([ada, grace], gym) = (site.users(["Ada", "Grace"]), site.group("Gym"));
/// let nobody = AcsUserId::from_u128(9);
/// let port = site.members(gym, [grace]).build_blocking();
///
/// let changes = [ada, grace, nobody].map(|user| Change::add(user, gym));
/// let mut reports: Vec<_> = change_all_blocking(port, changes, Limits::new()).collect();
/// reports.sort_by_key(|report| report.index);
///
/// let [ada, grace, nobody] = &reports[..] else { panic!("one report for each change") };
/// assert!(matches!(ada.outcome, Outcome::Changed));
/// assert!(matches!(grace.outcome, Outcome::Unchanged)); // a member before
/// assert!(matches!(nobody.outcome, Outcome::Failed(_)));
/// ```
pub fn change_all_blocking<P, C>(
    port: P,
    changes: C,
    limits: Limits,
) -> BlockingChangeAll<P, C::IntoIter>
where
    P: BlockingAccessGroupPort + Clone + 'static,
    C: IntoIterator<Item = Change>,
{
    let mut context = Context::new();
    context.cancel = limits.cancel.clone();
    BlockingChangeAll {
        queue: ChangeQueue::new(changes, limits),
        pool: Pool::new(port, context),
    }
}

/// The reports of many changes; made by [`change_all_blocking`].
pub struct BlockingChangeAll<P, I> {
    queue: ChangeQueue<I>,
    pool: Pool<P>,
}

impl<P, I> Iterator for BlockingChangeAll<P, I>
where
    P: BlockingAccessGroupPort + Clone + 'static,
    I: Iterator<Item = Change>,
{
    type Item = Report;

    fn next(&mut self) -> Option<Report> {
        loop {
            match self.queue.step() {
                ChangeStep::Call(ticket, operation) => {
                    if let Err(error) = self.pool.make_room(self.queue.open()) {
                        self.queue.answer(ticket, Err(error));
                        continue;
                    }
                    self.pool.begin(ticket, operation);
                }
                ChangeStep::Report(report) => return Some(report),
                ChangeStep::AwaitAnswer => {
                    let (ticket, answer) = self.pool.wait()?;
                    self.queue.answer(ticket, answer);
                }
                ChangeStep::Done => return None,
            }
        }
    }
}

impl<P, I> fmt::Debug for BlockingChangeAll<P, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("BlockingChangeAll");
        shown.field("queue", &self.queue).finish_non_exhaustive()
    }
}

/// Threads that make calls.
struct Pool<P> {
    port: P,
    context: Arc<Context>,
    /// `None` when it is over: closing it ends the threads.
    begun: Option<Sender<(Ticket, Operation)>>,
    to_make: Arc<Mutex<Receiver<(Ticket, Operation)>>>,
    answered: Sender<(Ticket, thread::Result<Answer>)>,
    answers: Receiver<(Ticket, thread::Result<Answer>)>,
    threads: Vec<JoinHandle<()>>,
}

type Answer = Result<Reply, Error>;

impl<P: BlockingAccessGroupPort + Clone + 'static> Pool<P> {
    fn new(port: P, context: Context) -> Self {
        let (begun, to_make) = mpsc::channel();
        let (answered, answers) = mpsc::channel();
        Self {
            port,
            context: Arc::new(context),
            begun: Some(begun),
            to_make: Arc::new(Mutex::new(to_make)),
            answered,
            answers,
            threads: Vec::new(),
        }
    }

    /// Starts a thread if there are fewer than calls. An error says that there is none at all.
    fn make_room(&mut self, calls: usize) -> Result<(), Error> {
        if self.threads.len() >= calls {
            return Ok(());
        }
        let (port, context) = (self.port.clone(), Arc::clone(&self.context));
        let (to_make, answered) = (Arc::clone(&self.to_make), self.answered.clone());
        let work = move || {
            loop {
                let next = to_make
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .recv();
                let Ok((ticket, operation)) = next else {
                    return;
                };
                // A panic is passed on: a call without an answer would be waited for forever.
                let call = || port.call(operation, &context);
                let answer = catch_unwind(AssertUnwindSafe(call));
                if answered.send((ticket, answer)).is_err() {
                    return;
                }
            }
        };
        match thread::Builder::new().spawn(work) {
            Ok(thread) => self.threads.push(thread),
            // With fewer threads it takes longer; without any it would not end.
            Err(_) if !self.threads.is_empty() => {}
            Err(error) => {
                return Err(Error::unavailable("no thread could be started").with_source(error));
            }
        }
        Ok(())
    }

    fn begin(&self, ticket: Ticket, operation: Operation) {
        if let Some(begun) = &self.begun {
            // It cannot fail: the other end is in this value, too.
            let _ = begun.send((ticket, operation));
        }
    }

    fn wait(&self) -> Option<(Ticket, Answer)> {
        let (ticket, answer) = self.answers.recv().ok()?;
        match answer {
            Ok(answer) => Some((ticket, answer)),
            Err(panic) => resume_unwind(panic),
        }
    }
}

impl<P> Drop for Pool<P> {
    fn drop(&mut self) {
        self.begun = None;
        for thread in self.threads.drain(..) {
            // Its panic, if there was one, was passed on by `wait`, or nobody waits for it.
            let _ = thread.join();
        }
    }
}
