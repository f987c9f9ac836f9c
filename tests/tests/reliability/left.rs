//! What calls could leave behind in a process: open files, sockets among them, threads and tasks.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use tokio::runtime::Runtime;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Left {
    files: usize,
    threads: usize,
    tasks: usize,
}

impl Left {
    /// What there is when nothing has ended for a while: what earlier tests used may still be ending.
    pub(crate) fn settled(runtime: Option<&Runtime>) -> Self {
        let mut least = Self::count(runtime);
        let mut since = Instant::now();
        while since.elapsed() < A_WHILE {
            let now = Self::count(runtime);
            if !least.is_within(&now) {
                (least, since) = (now, Instant::now());
            }
            thread::yield_now();
        }
        least
    }

    /// # Panics
    ///
    /// When there is more than before, and remains.
    #[track_caller]
    pub(crate) fn check(&self, runtime: Option<&Runtime>) {
        let start = Instant::now();
        loop {
            let now = Self::count(runtime);
            if now.is_within(self) {
                return;
            }
            assert!(start.elapsed() < ENOUGH, "{now:?} are left of {self:?}");
            thread::yield_now();
        }
    }

    fn count(runtime: Option<&Runtime>) -> Self {
        let entries = |path| fs::read_dir(path).expect("Linux lists them").count();
        Self {
            files: entries("/proc/self/fd"),
            threads: entries("/proc/self/task"),
            tasks: runtime.map_or(0, |runtime| runtime.metrics().num_alive_tasks()),
        }
    }

    fn is_within(&self, before: &Self) -> bool {
        self.files <= before.files && self.threads <= before.threads && self.tasks <= before.tasks
    }
}

const A_WHILE: Duration = Duration::from_millis(500);
/// What has not ended by then is left.
const ENOUGH: Duration = Duration::from_secs(30);
