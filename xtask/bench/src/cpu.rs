//! How fast something was, and at what CPU time.

use std::{fs, io, path::PathBuf, time::Duration};

/// How fast a number of calls was made or answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) per_second: f64,
    pub(crate) cpu_microseconds: f64,
}

impl Pace {
    /// So many calls took so long, and so much CPU time.
    pub(crate) fn new(calls: usize, time: Duration, cpu: Duration) -> Self {
        let calls = calls as f64;
        Self {
            per_second: calls / time.as_secs_f64(),
            cpu_microseconds: cpu.as_secs_f64() * 1e6 / calls,
        }
    }
}

/// A thread of Linux whose CPU time can be asked for from any other.
#[derive(Debug, Clone)]
pub(crate) struct CpuClock(PathBuf);

impl CpuClock {
    /// The clock of the thread that asks.
    pub(crate) fn of_this_thread() -> io::Result<Self> {
        let thread = fs::read_link("/proc/thread-self")?;
        Ok(Self(PathBuf::from("/proc").join(thread).join("schedstat")))
    }

    /// Time on a CPU, user and system.
    ///
    /// The kernel brings it up to date at the end of each time slice, so a running thread may
    /// be a few milliseconds ahead.
    pub(crate) fn now(&self) -> Duration {
        let text = fs::read_to_string(&self.0).unwrap_or_default();
        let nanoseconds = text.split(' ').next().and_then(|field| field.parse().ok());
        Duration::from_nanos(nanoseconds.unwrap_or_default())
    }
}
