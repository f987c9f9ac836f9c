//! A pool of threads, each with one call at a time: what the blocking drivers share.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc, Mutex, PoisonError,
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
                if let Err(error) = pool.begin(ticket, operation, open) {
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
    /// `None` when it is over: closing it ends the threads.
    begun: Option<Sender<(Ticket, Operation)>>,
    to_make: Arc<Mutex<Receiver<(Ticket, Operation)>>>,
    answered: Sender<(Ticket, thread::Result<Answer>)>,
    answers: Receiver<(Ticket, thread::Result<Answer>)>,
    threads: Vec<JoinHandle<()>>,
}

type Answer = Result<Reply, Error>;

impl<P: BlockingAccessGroupPort + Clone + 'static> Pool<P> {
    pub(crate) fn new(port: P, context: Context) -> Self {
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

    /// Begins a call, on a thread that starts if there are fewer than this many open calls. An error
    /// says that no thread can be had.
    pub(crate) fn begin(
        &mut self,
        ticket: Ticket,
        operation: Operation,
        open: usize,
    ) -> Result<(), Error> {
        self.make_room(open)?;
        if let Some(begun) = &self.begun {
            // It cannot fail: the other end is in this value, too.
            let _ = begun.send((ticket, operation));
        }
        Ok(())
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

    /// The next answer, of any open call.
    ///
    /// # Panics
    ///
    /// If the port did.
    pub(crate) fn wait(&self) -> Option<(Ticket, Answer)> {
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
