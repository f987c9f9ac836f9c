//! A pool of threads, each with one call at a time: what the blocking drivers share.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use access_groups_core::{
    BlockingAccessGroupPort, Context, Error, Machine, Operation, Reply, Step, Ticket,
};

/// Drives a machine over a blocking port, with as many threads as it has calls open.
pub(crate) fn drive<P, M>(
    port: P,
    mut machine: M,
    clock: impl Fn() -> Duration,
    sleep: impl Fn(Duration),
) -> Result<M::Output, Error>
where
    P: BlockingAccessGroupPort + Clone + 'static,
    M: Machine,
{
    let mut pool = Pool::new(port, Context::new());
    let mut open = 0;
    loop {
        match machine.step(clock()) {
            Step::Call(ticket, operation) => {
                open += 1;
                if let Err(error) = pool.begin(ticket, operation) {
                    open -= 1;
                    machine.answer(ticket, Err(error), clock());
                }
            }
            Step::Wait(duration) => sleep(duration),
            Step::AwaitAnswer => {
                // Otherwise a bug of the machine, and a wait without an end.
                let answered = if open > 0 { pool.wait() } else { None };
                let over = || Error::internal("the machine waits, and no call is open");
                let (ticket, answer) = answered.ok_or_else(over)?;
                open -= 1;
                machine.answer(ticket, answer, clock());
            }
            Step::Done(result) => return result,
        }
    }
}

/// Threads that make calls.
pub(crate) struct Pool<P> {
    port: P,
    context: Arc<Context>,
    workers: Vec<Worker>,
    /// The workers without a call. The last one to become so gets the next: it is the quickest to wake.
    idle: Vec<usize>,
    answered: Sender<(usize, Ticket, thread::Result<Answer>)>,
    answers: Receiver<(usize, Ticket, thread::Result<Answer>)>,
}

struct Worker {
    /// Its own, so that a call wakes one thread. Dropping it ends the thread.
    calls: Sender<(Ticket, Operation)>,
    thread: JoinHandle<()>,
}

type Answer = Result<Reply, Error>;

impl<P: BlockingAccessGroupPort + Clone + 'static> Pool<P> {
    pub(crate) fn new(port: P, context: Context) -> Self {
        let (answered, answers) = mpsc::channel();
        Self {
            port,
            context: Arc::new(context),
            workers: Vec::new(),
            idle: Vec::new(),
            answered,
            answers,
        }
    }

    /// Begins a call, on a thread that starts if none is idle. An error says that no thread can be had.
    pub(crate) fn begin(&mut self, ticket: Ticket, operation: Operation) -> Result<(), Error> {
        let worker = match self.idle.pop() {
            Some(worker) => worker,
            None => self.start()?,
        };
        // It cannot fail: a thread ends after its sender.
        let _ = self.workers[worker].calls.send((ticket, operation));
        Ok(())
    }

    /// Starts a thread. If none can be had, it is one that has a call already, which takes longer; an
    /// error says that there is none at all.
    fn start(&mut self) -> Result<usize, Error> {
        let worker = self.workers.len();
        let (calls, to_make) = mpsc::channel();
        let (port, context) = (self.port.clone(), Arc::clone(&self.context));
        let answered = self.answered.clone();
        let work = move || {
            for (ticket, operation) in to_make {
                // A panic is passed on: a call without an answer would be waited for forever.
                let call = || port.call(operation, &context);
                let answer = catch_unwind(AssertUnwindSafe(call));
                if answered.send((worker, ticket, answer)).is_err() {
                    return;
                }
            }
        };
        match thread::Builder::new().spawn(work) {
            Ok(thread) => {
                self.workers.push(Worker { calls, thread });
                Ok(worker)
            }
            Err(error) => worker
                .checked_sub(1)
                .ok_or_else(|| Error::unavailable("no thread could be started").with_source(error)),
        }
    }

    /// The next answer, of any open call.
    ///
    /// # Panics
    ///
    /// If the port did.
    pub(crate) fn wait(&mut self) -> Option<(Ticket, Answer)> {
        let (worker, ticket, answer) = self.answers.recv().ok()?;
        self.idle.push(worker);
        match answer {
            Ok(answer) => Some((ticket, answer)),
            Err(panic) => resume_unwind(panic),
        }
    }
}

impl<P> Drop for Pool<P> {
    fn drop(&mut self) {
        // Every sender first, so that no thread waits for another call.
        let threads: Vec<_> = self.workers.drain(..).map(|worker| worker.thread).collect();
        for thread in threads {
            // Its panic, if there was one, was passed on by `wait`, or nobody waits for it.
            let _ = thread.join();
        }
    }
}
