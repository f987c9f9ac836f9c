//! Calls that take long, off the threads that serve everybody.

use std::{
    future::Future,
    sync::{Mutex, PoisonError},
};

use tokio::{
    runtime::{Builder, Handle, Runtime},
    sync::oneshot,
};

/// Threads of their own for calls that take long: a list of a large site takes a thread for many
/// milliseconds, in which it would answer thousands of small calls.
///
/// Each has one to itself: behind the lists of one tenant in a queue, those of all others would wait for
/// them, where the system lets threads take turns. They are started when they are needed, and end when
/// they have had nothing to do for a while. Limits of calls bound them.
#[derive(Debug, Default)]
pub(crate) struct Heavy(Mutex<Option<Runtime>>);

impl Heavy {
    /// The result of this work, made on a thread of its own; `None` if it panics. If the wait is
    /// dropped, so is the work when it waits for something.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let Some(handle) = self.handle() else {
            return Some(work.await); // no threads: slower for the others, and right
        };
        let (waits, gone) = oneshot::channel::<()>();
        let inside = handle.clone();
        let working = handle.spawn_blocking(move || {
            inside.block_on(async {
                tokio::select! {
                    biased;
                    _ = gone => None,
                    done = work => Some(done),
                }
            })
        });
        let done = working.await.ok().flatten();
        drop(waits);
        done
    }

    fn handle(&self) -> Option<Handle> {
        let mut runtime = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if runtime.is_none() {
            let mut builder = Builder::new_multi_thread();
            // It only drives what the work waits for.
            builder.worker_threads(1).enable_all();
            *runtime = builder.thread_name("access-groups-heavy").build().ok();
        }
        runtime.as_ref().map(|runtime| runtime.handle().clone())
    }
}

impl Drop for Heavy {
    /// A runtime must not wait for its threads where others are served.
    fn drop(&mut self) {
        let runtime = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[tokio::test]
    async fn work_runs_on_another_thread() {
        let heavy = Heavy::default();
        let here = thread::current().id();
        let there = heavy.run(async { thread::current().id() }).await;
        assert_ne!(there.expect("no panic"), here);
    }

    #[tokio::test]
    async fn work_that_panics_has_no_result() {
        let heavy = Heavy::default();
        assert_eq!(
            heavy.run(async { panic!("a port with a bug") }).await,
            None::<()>
        );
        assert_eq!(heavy.run(async { 7 }).await, Some(7), "the threads live on");
    }
}
