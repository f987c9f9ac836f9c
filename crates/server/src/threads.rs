//! Calls that take long, off the threads that serve everybody.

use std::{
    future::{Future, poll_fn},
    mem,
    panic::{self, AssertUnwindSafe},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
    time::Duration,
};

use tokio::{
    runtime::{Builder, Handle, Runtime},
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
};

/// Threads of their own for calls that take long: a list of a large site takes a thread for many
/// milliseconds, in which it would answer thousands of small calls.
///
/// Each has one to itself: in one queue, the calls of everybody would wait behind the lists of one
/// tenant, where the system lets threads take turns. They are started when they are needed, and end
/// soon after. Whoever has work bounds how much of it there is at one time.
#[derive(Debug, Default)]
pub(crate) struct Threads {
    gives_way: bool,
    runtime: Mutex<Option<Runtime>>,
}

impl Threads {
    /// Threads that give way to those that serve everybody.
    pub(crate) fn giving_way() -> Self {
        Self {
            gives_way: true,
            runtime: Mutex::default(),
        }
    }

    /// The result of this work, made on a thread of its own; `None` if it panics.
    ///
    /// If the wait is dropped, so is the work, as soon as it waits for something.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let Some(handle) = self.handle() else {
            return Some(work.await); // no threads: slower for the others, and right
        };
        let (waits, gone) = oneshot::channel::<()>();
        let inside = handle.clone();
        let work = move || {
            inside.block_on(async {
                tokio::select! {
                    biased;
                    _ = gone => None,
                    done = work => Some(done),
                }
            })
        };
        // It panics if the system has no thread left: this call fails, and no other.
        let working = panic::catch_unwind(AssertUnwindSafe(|| handle.spawn_blocking(work)));
        let done = working.ok()?.await.ok().flatten();
        drop(waits);
        done
    }

    fn handle(&self) -> Option<Handle> {
        let mut runtime = self.runtime.lock().unwrap_or_else(PoisonError::into_inner);
        if runtime.is_none() {
            let mut builder = Builder::new_multi_thread();
            // It only drives what the work waits for.
            builder.worker_threads(1).enable_all();
            builder.thread_keep_alive(KEPT).max_blocking_threads(MOST);
            if self.gives_way {
                builder.on_thread_start(give_way);
            }
            *runtime = builder.thread_name("access-groups-calls").build().ok();
        }
        runtime.as_ref().map(|runtime| runtime.handle().clone())
    }
}

/// The work, which gives its turn back while it waits for something.
pub(crate) async fn in_turns<T>(
    mut turn: OwnedSemaphorePermit,
    work: impl Future<Output = T>,
) -> T {
    let turns = Arc::clone(turn.semaphore());
    let mut work = pin!(work);
    loop {
        let polled = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
        drop(turn);
        if let Poll::Ready(done) = polled {
            return done;
        }
        // Until then, it would take turns for nothing.
        let mut is_woken = false;
        poll_fn(|_| match mem::replace(&mut is_woken, true) {
            false => Poll::Pending,
            true => Poll::Ready(()),
        })
        .await;
        turn = acquired(&turns).await;
    }
}

/// A permit, once there is one.
pub(crate) async fn acquired(permits: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    let permit = Arc::clone(permits).acquire_owned().await;
    permit.expect("no semaphore is closed")
}

/// The threads that serve everybody go first. Other systems have no niceness of a thread.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Ok(niceness) = rustix::process::getpriority_process(None) {
        let _ = rustix::process::setpriority_process(None, niceness + 10); // 19 at most
    }
}

/// Beyond what the limits of calls allow for hundreds of tenants.
const MOST: usize = 4096;

/// How long a thread without work is kept. Allocators keep memory for each thread.
const KEPT: Duration = Duration::from_millis(50);

impl Drop for Threads {
    /// A runtime must not wait for its threads where others are served.
    fn drop(&mut self) {
        let runtime = self
            .runtime
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, future::pending, thread};

    use super::*;

    #[tokio::test]
    async fn work_runs_on_another_thread() {
        let heavy = Threads::default();
        let here = thread::current().id();
        let there = heavy.run(async { thread::current().id() }).await;
        assert_ne!(there.expect("no panic"), here);
    }

    #[tokio::test]
    async fn work_that_panics_has_no_result() {
        let heavy = Threads::default();
        let turns = Arc::new(Semaphore::new(1));
        let panics = async { panic!("a port with a bug") };
        let panics = heavy.run(in_turns(acquired(&turns).await, panics));
        assert_eq!(panics.await, None::<()>);
        let other = heavy.run(in_turns(acquired(&turns).await, async { 7 }));
        assert_eq!(other.await, Some(7), "the turn is given back");
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_ends() {
        let (starts, started) = oneshot::channel();
        let (ends, ended) = oneshot::channel::<()>();
        let work = async move {
            let _ends = ends;
            starts.send(()).expect("the test waits");
            pending::<()>().await;
        };
        let waiting = tokio::spawn(async move { Threads::default().run(work).await });
        started.await.expect("it starts");
        waiting.abort();
        assert!(ended.await.is_err(), "the work is dropped");
    }

    /// What waits, for a database say, lets others have its turn.
    #[tokio::test]
    async fn work_that_waits_has_no_turn() {
        let turns = Arc::new(Semaphore::new(1));
        let (goes_on, waits) = oneshot::channel();
        let first = in_turns(acquired(&turns).await, waits);
        let second = async { in_turns(acquired(&turns).await, async { goes_on.send(7) }).await };
        assert_eq!(tokio::join!(first, second), (Ok(7), Ok(())));
    }

    #[tokio::test]
    async fn work_is_polled_when_it_is_woken() {
        let polls = Cell::new(0);
        let work = poll_fn(|_| {
            polls.set(polls.get() + 1);
            Poll::<()>::Pending
        });
        let mut work = pin!(in_turns(acquired(&Arc::new(Semaphore::new(1))).await, work));
        poll_fn(|context| Poll::Ready(work.as_mut().poll(context).is_pending())).await;
        assert_eq!(polls.get(), 1, "nobody has woken it");
    }

    #[tokio::test]
    async fn work_that_computes_keeps_its_turn() {
        let turns = Arc::new(Semaphore::new(1));
        let left = in_turns(acquired(&turns).await, async { turns.available_permits() });
        assert_eq!(left.await, 0);
        assert_eq!(turns.available_permits(), 1);
    }
}
