//! Calls that wait for a thread of the database, and how long they do.
//!
//! A call gets a place in the queue of a thread. Its answer goes through one sender, which whoever makes
//! the call takes out first: from then on, the call is answered as it ends. Whoever finds that the call
//! has waited long enough takes it out as well, and then nobody makes the call any more.

#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use access_groups_core::{CancelToken, Context, Error};
use futures_channel::oneshot;

pub(crate) type Outcome<T> = Result<T, Error>;

/// How long a call waits for its turn. The default is without end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Patience {
    deadline: Option<Instant>,
    cancel: Option<CancelToken>,
}

impl Patience {
    /// What the context says, from now on.
    pub(crate) fn of(context: &Context) -> Self {
        let end = |timeout| Instant::now().checked_add(timeout);
        Self {
            deadline: context.timeout.and_then(end),
            cancel: context.cancel.clone(),
        }
    }

    fn is_endless(&self) -> bool {
        self.deadline.is_none() && self.cancel.is_none()
    }

    /// Why the call waits no longer, if so.
    fn end(&self) -> Option<Error> {
        if self.cancel.as_ref().is_some_and(CancelToken::is_cancelled) {
            return Some(Error::cancelled("the call was cancelled before its turn"));
        }
        let is_late = self.deadline.is_some_and(|end| Instant::now() >= end);
        is_late.then(|| {
            Error::timed_out("the call had no time left when its turn came").with_code("store_busy")
        })
    }
}

/// The place of a call in a queue.
pub(crate) struct Place<T> {
    patience: Patience,
    caller: Mutex<Option<Caller<T>>>,
}

/// Who waits for the answer.
enum Caller<T> {
    Thread(SyncSender<Outcome<T>>),
    Task(oneshot::Sender<Outcome<T>>),
}

impl<T> Place<T> {
    /// The place of a call that its thread waits for.
    pub(crate) fn of_thread(patience: Patience) -> (Arc<Self>, Receiver<Outcome<T>>) {
        let (sender, receiver) = sync_channel(1);
        (Self::new(patience, Caller::Thread(sender)), receiver)
    }

    /// The place of a call that a task waits for. If the receiver is dropped, nobody does any more.
    pub(crate) fn of_task(patience: Patience) -> (Arc<Self>, oneshot::Receiver<Outcome<T>>) {
        let (sender, receiver) = oneshot::channel();
        (Self::new(patience, Caller::Task(sender)), receiver)
    }

    fn new(patience: Patience, caller: Caller<T>) -> Arc<Self> {
        let caller = Mutex::new(Some(caller));
        Arc::new(Self { patience, caller })
    }

    fn take(&self) -> Option<Caller<T>> {
        // Nothing panics while it is locked.
        let mut caller = self.caller.lock().unwrap_or_else(PoisonError::into_inner);
        caller.take()
    }

    /// Takes the caller out to make the call; `None` if nobody waits for it any more.
    fn begin(&self) -> Option<Caller<T>> {
        let caller = self.take()?;
        match self.patience.end() {
            Some(error) => {
                caller.answer(Err(error));
                None
            }
            None => Some(caller).filter(|caller| !caller.is_gone()),
        }
    }
}

impl<T> Caller<T> {
    fn is_gone(&self) -> bool {
        match self {
            Self::Thread(_) => false,
            Self::Task(sender) => sender.is_canceled(),
        }
    }

    fn answer(self, outcome: Outcome<T>) {
        // Whoever waited may have gone.
        match self {
            Self::Thread(sender) => drop(sender.try_send(outcome)),
            Self::Task(sender) => drop(sender.send(outcome)),
        }
    }
}

/// The duty to answer a call. Dropped without an answer, it lets the caller know that there is none.
pub(crate) struct Claim<T> {
    place: Arc<Place<T>>,
    caller: Option<Caller<T>>,
}

impl<T> Claim<T> {
    pub(crate) fn new(place: Arc<Place<T>>) -> Self {
        let caller = None;
        Self { place, caller }
    }

    /// Whether the call is to be made. Once it is, neither time nor its caller ends it.
    pub(crate) fn begin(&mut self) -> bool {
        if self.caller.is_none() {
            self.caller = self.place.begin();
        }
        self.caller.is_some()
    }

    pub(crate) fn answer(mut self, outcome: Outcome<T>) {
        if self.begin()
            && let Some(caller) = self.caller.take()
        {
            caller.answer(outcome);
        }
    }
}

impl<T> Drop for Claim<T> {
    fn drop(&mut self) {
        // Others hold the place as well, and with it the sender.
        drop(self.place.take());
    }
}

/// A call that may end while it waits.
trait Waits: Send + Sync {
    /// Whether it waits no longer. If it has waited long enough, it is answered.
    fn is_over(&self) -> bool;
}

impl<T: Send> Waits for Place<T> {
    fn is_over(&self) -> bool {
        let mut caller = self.caller.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(error) = caller.as_ref().and_then(|_| self.patience.end()) else {
            return caller.is_none();
        };
        let taken = caller.take();
        // An answer wakes a task, which may do anything.
        drop(caller);
        if let Some(caller) = taken {
            caller.answer(Err(error));
        }
        true
    }
}

/// Looks after calls that wait, on a thread that starts with the first one whose wait may end.
#[derive(Default)]
pub(crate) struct Watch {
    list: Arc<List>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct List {
    calls: Mutex<Calls>,
    added: Condvar,
}

#[derive(Default)]
struct Calls {
    waiting: Vec<Arc<dyn Waits>>,
    is_closed: bool,
}

impl Watch {
    /// Ends the call when it has waited long enough.
    pub(crate) fn add<T: Send + 'static>(&self, place: &Arc<Place<T>>) -> std::io::Result<()> {
        if place.patience.is_endless() {
            return Ok(());
        }
        self.start()?;
        self.list.lock().waiting.push(place.clone());
        self.list.added.notify_one();
        Ok(())
    }

    fn start(&self) -> std::io::Result<()> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_none() {
            let list = self.list.clone();
            let builder = thread::Builder::new().name("access-groups-sqlite-watch".to_owned());
            *thread = Some(builder.spawn(move || list.look_after())?);
        }
        Ok(())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.list.lock().is_closed = true;
        self.list.added.notify_one();
        let thread = self.thread.get_mut();
        if let Some(thread) = thread.unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
    }
}

impl List {
    fn look_after(&self) {
        let mut waiting = Vec::new();
        loop {
            let mut calls = self.lock();
            while waiting.is_empty() && calls.waiting.is_empty() && !calls.is_closed {
                let woken = self.added.wait(calls);
                calls = woken.unwrap_or_else(PoisonError::into_inner);
            }
            if calls.is_closed {
                return;
            }
            waiting.append(&mut calls.waiting);
            drop(calls);
            waiting.retain(|call| !call.is_over());
            self.pause();
        }
    }

    /// Until it is time to look again, or everything is closed.
    fn pause(&self) {
        let calls = self.lock();
        let end = |calls: &mut Calls| !calls.is_closed;
        drop(self.added.wait_timeout_while(calls, LOOK_EVERY, end));
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often the thread looks at the calls that wait, while there are any. A token cannot wake it.
const LOOK_EVERY: Duration = Duration::from_millis(10);

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}
