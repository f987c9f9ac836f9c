//! The progress of many changes, on stderr: a bar at a terminal, elsewhere a line now and then.

use std::{
    io::{self, IsTerminal},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{clock, output};

/// The progress of something that takes many calls; removed when it is dropped. It goes on while no call is
/// answered.
pub(crate) struct Progress {
    shown: Arc<Shown>,
    /// Dropped, it ends the thread.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Shown {
    total: usize,
    done: AtomicUsize,
    retries: Box<dyn Fn() -> u64 + Send + Sync>,
    clock: Box<dyn Fn() -> Duration + Send + Sync>,
    is_terminal: bool,
    bar: Mutex<Option<ProgressBar>>,
}

impl Progress {
    /// Begins now, with so many to do. `retries` counts the calls that were repeated.
    pub(crate) fn start(total: usize, retries: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        let shown = Arc::new(Shown {
            total,
            done: AtomicUsize::new(0),
            retries: Box::new(retries),
            clock: Box::new(clock::stopwatch()),
            is_terminal: io::stderr().is_terminal(),
            bar: Mutex::default(),
        });
        let (end, ended) = mpsc::channel();
        let showing = Arc::clone(&shown);
        // Without a thread there is no progress, and the changes are made all the same.
        let thread = thread::Builder::new().spawn(move || showing.show_until(&ended));
        Self {
            shown,
            end: Some(end),
            thread: thread.ok(),
        }
    }

    /// So many are done.
    pub(crate) fn at(&self, done: usize) {
        self.shown.done.store(done, Ordering::Relaxed);
    }

    /// Prints lines to stderr or stdout, with the bar out of the way.
    pub(crate) fn around<T>(&self, print: impl FnOnce() -> T) -> T {
        match &*self.shown.lock() {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        if let Some(bar) = self.shown.lock().take() {
            bar.finish_and_clear();
            HAS_BAR.store(false, Ordering::SeqCst);
        }
    }
}

impl Shown {
    fn show_until(&self, ended: &Receiver<()>) {
        let (mut pause, interval) = match self.is_terminal {
            true => (FIRST_SHOWN, REDRAWN),
            false => (INTERVAL, INTERVAL),
        };
        while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            pause = interval;
            self.show();
        }
    }

    fn show(&self) {
        let done = self.done.load(Ordering::Relaxed);
        let line = line(done, self.total, (self.retries)(), (self.clock)());
        if !self.is_terminal {
            return output::line_to_stderr(line);
        }
        let mut bar = self.lock();
        let bar = bar.get_or_insert_with(|| new_bar(self.total));
        bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        bar.set_message(line);
    }

    fn lock(&self) -> MutexGuard<'_, Option<ProgressBar>> {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the line of the terminal is taken.
pub(crate) fn has_bar() -> bool {
    HAS_BAR.load(Ordering::SeqCst)
}

fn new_bar(total: usize) -> ProgressBar {
    HAS_BAR.store(true, Ordering::SeqCst);
    let total = u64::try_from(total).unwrap_or(u64::MAX);
    // Ten times a second: a change a millisecond must not make the terminal the slowest part.
    let target = ProgressDrawTarget::stderr_with_hz(10);
    let bar = ProgressBar::with_draw_target(Some(total), target);
    match ProgressStyle::with_template("{bar:24} {msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// "120 of 1,000, 40 per second, 3 retries, 22 s left"
fn line(done: usize, total: usize, retries: u64, time: Duration) -> String {
    let mut parts = vec![format!("{} of {}", grouped(done), grouped(total))];
    let seconds = time.as_secs_f64();
    let rate = done as f64 / seconds;
    if done > 0 && seconds > 0.0 {
        parts.push(match rate >= 1.0 {
            true => format!("{rate:.0} per second"),
            false => format!("{:.0} per minute", rate * 60.0),
        });
    }
    match retries {
        0 => {}
        1 => parts.push("1 retry".to_owned()),
        retries => parts.push(format!("{retries} retries")),
    }
    if done > 0 && done < total && seconds > 0.0 {
        let left = (total - done) as f64 / rate;
        parts.push(format!("{} left", rounded(left)));
    }
    parts.join(", ")
}

/// As exactly as an estimate is worth.
fn rounded(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 90.0 => format!("{:.0} s", seconds.ceil()),
        seconds if seconds < 5400.0 => format!("{:.0} min", (seconds / 60.0).ceil()),
        seconds => format!("{:.1} h", seconds / 3600.0),
    }
}

/// With a comma after each three digits.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

static HAS_BAR: AtomicBool = AtomicBool::new(false);

/// How long it takes before a bar is shown.
const FIRST_SHOWN: Duration = Duration::from_secs(1);

/// The time between two drawings of the bar.
const REDRAWN: Duration = Duration::from_millis(200);

/// The time between two lines, where there is no terminal.
const INTERVAL: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_has_position_rate_retries_and_time_left() {
        let check = |done, retries, seconds, expected: &str| {
            let shown = line(done, 1000, retries, Duration::from_secs(seconds));
            assert_eq!(shown, expected);
        };
        check(0, 0, 10, "0 of 1,000");
        check(400, 0, 10, "400 of 1,000, 40 per second, 15 s left");
        check(
            400,
            1,
            10,
            "400 of 1,000, 40 per second, 1 retry, 15 s left",
        );
        check(5, 3, 100, "5 of 1,000, 3 per minute, 3 retries, 5.5 h left");
        check(100, 0, 100, "100 of 1,000, 1 per second, 15 min left");
        check(1000, 0, 10, "1,000 of 1,000, 100 per second");
        check(1000, 0, 0, "1,000 of 1,000");
    }

    #[test]
    fn numbers_are_grouped_by_three_digits() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1234567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
