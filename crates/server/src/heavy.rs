//! Calls that take long, off the threads that serve everybody.

use std::{
    future::Future,
    sync::{Mutex, PoisonError},
    thread,
};

use tokio::{
    runtime::{Builder, Handle, Runtime},
    task::JoinSet,
};

/// Threads of their own for calls that take long: a list of a large site takes a thread for many
/// milliseconds, in which it would answer thousands of small calls.
///
/// They are started by the first such call. A port that waits occupies none of them.
#[derive(Debug, Default)]
pub(crate) struct Heavy(Mutex<Option<Runtime>>);

impl Heavy {
    /// The result of this work, made on one of the threads; `None` if it panics. If the wait is
    /// dropped, so is the work.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let Some(handle) = self.handle() else {
            return Some(work.await); // no threads: slower for the others, and right
        };
        let mut tasks = JoinSet::new();
        tasks.spawn_on(work, &handle);
        tasks.join_next().await?.ok()
    }

    fn handle(&self) -> Option<Handle> {
        let mut runtime = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if runtime.is_none() {
            let threads = thread::available_parallelism().map_or(1, Into::into);
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(threads).enable_all();
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
