//! What a slow call to a service waits for, shown at a terminal.

use std::{
    collections::HashSet,
    io::{self, IsTerminal, Write},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, ThreadId},
    time::Duration,
};

use access_groups_core::prelude::*;
use access_groups_http_blocking::{SystemTime, Time};
use terminal_size::terminal_size_of;

use crate::{clock, terminal::CLEAR};

/// A port of a service. A call that takes longer than 2 s is shown on stderr, if that is a terminal.
pub(crate) struct Watched<P> {
    port: P,
    service: String,
    pauses: Pauses,
    limit: Duration,
    is_terminal: bool,
}

impl<P> Watched<P> {
    /// Watches a client that sleeps by these pauses, and whose calls take no longer than the limit.
    pub(crate) fn new(port: P, service: String, pauses: Pauses, limit: Duration) -> Self {
        Self {
            port,
            service,
            pauses,
            limit,
            // In a pipe or a file, lines that overwrite each other would only fill a log.
            is_terminal: io::stderr().is_terminal(),
        }
    }
}

impl<P: BlockingAccessGroupPort> BlockingAccessGroupPort for Watched<P> {
    fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        if !self.is_terminal {
            return self.port.call(operation, context);
        }
        let (service, name) = (&self.service, operation.name());
        let caller = thread::current().id();
        let what = || match self.pauses.has(caller) {
            true => format!("before the next request to {service}, for {name}"),
            false => format!("for {service} to answer {name}"),
        };
        let end = End::default();
        thread::scope(|scope| {
            scope.spawn(|| {
                let until_over = |time| end.comes_within(time);
                show(
                    what,
                    self.limit,
                    clock::stopwatch(),
                    until_over,
                    &LINE,
                    &mut io::stderr(),
                );
            });
            // Dropped also if the call panics, or the thread would never end.
            let _end = Ending(&end);
            self.port.call(operation, context)
        })
    }
}

/// The time of a client, which knows whose calls pause: after a failure, after a 429, or to keep to
/// the rate. During a pause no answer is due.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pauses {
    time: SystemTime,
    pausing: Arc<Mutex<HashSet<ThreadId>>>,
}

impl Pauses {
    /// Whether the call that this thread makes pauses now.
    fn has(&self, thread: ThreadId) -> bool {
        self.lock().contains(&thread)
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<ThreadId>> {
        self.pausing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Time for Pauses {
    fn now(&self) -> Duration {
        self.time.now()
    }

    fn sleep(&self, duration: Duration) {
        self.sleep_unless(duration, &|| false);
    }

    fn sleep_unless(&self, duration: Duration, is_over: &dyn Fn() -> bool) {
        let thread = thread::current().id();
        self.lock().insert(thread);
        self.time.sleep_unless(duration, is_over);
        self.lock().remove(&thread);
    }
}

/// Shows the line from 2 s on, anew each second, until the call is over; then removes it.
fn show(
    what: impl Fn() -> String,
    limit: Duration,
    clock: impl Fn() -> Duration,
    is_over_within: impl Fn(Duration) -> bool,
    line: &Mutex<()>,
    terminal: &mut impl Write,
) {
    let mut shown = None;
    let mut pause = FIRST_SHOWN;
    while !is_over_within(pause) {
        pause = INTERVAL;
        // There is one line: of calls that are slow at the same time, the first one has it.
        shown = shown.or_else(|| line.try_lock().ok());
        if shown.is_some() {
            IS_SHOWN.store(true, Ordering::SeqCst);
            let (what, time, limit) = (what(), clock().as_secs(), limit.as_secs());
            let text = format!("still waiting {what}: {time} s of {limit} s");
            write(terminal, &fitting(&text, width()));
        }
    }
    if shown.is_some() {
        IS_SHOWN.store(false, Ordering::SeqCst);
        write(terminal, "");
    }
}

/// Removes the line, if there is one, before the process ends by a signal.
pub(crate) fn clear() {
    if IS_SHOWN.load(Ordering::SeqCst) {
        write(&mut io::stderr(), "");
    }
}

/// Replaces the line. If the terminal is gone, nobody is left to inform.
fn write(terminal: &mut impl Write, text: &str) {
    let _ = terminal
        .write_all(format!("{CLEAR}{text}").as_bytes())
        .and_then(|()| terminal.flush());
}

fn width() -> Option<usize> {
    let (width, _) = terminal_size_of(io::stderr())?;
    Some(usize::from(width.0)).filter(|width| *width > 0)
}

/// As much of the text as one row holds: of two rows, only the last one could be removed.
fn fitting(text: &str, width: Option<usize>) -> String {
    let width = width.map_or(usize::MAX, |width| width - 1);
    text.chars().take(width).collect()
}

/// Whether a call is over, which another thread waits for.
#[derive(Default)]
struct End {
    has_come: Mutex<bool>,
    changed: Condvar,
}

impl End {
    fn comes_within(&self, time: Duration) -> bool {
        let has_come = self.has_come.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .changed
            .wait_timeout_while(has_come, time, |has_come| !*has_come);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Brings the end when it is dropped.
struct Ending<'a>(&'a End);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        let Self(end) = self;
        *end.has_come.lock().unwrap_or_else(PoisonError::into_inner) = true;
        end.changed.notify_all();
    }
}

/// Held by the call that has the line of the terminal.
static LINE: Mutex<()> = Mutex::new(());

static IS_SHOWN: AtomicBool = AtomicBool::new(false);

/// How long a call takes before it is shown.
const FIRST_SHOWN: Duration = Duration::from_secs(2);

/// The time between two lines.
const INTERVAL: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// What is shown of a call that takes so many seconds.
    fn check(seconds: u64, line: &Mutex<()>, expected: &str) {
        let now = Cell::new(Duration::ZERO);
        let end = Duration::from_secs(seconds);
        let is_over_within = |time| {
            let is_over = now.get() + time >= end;
            now.set(end.min(now.get() + time));
            is_over
        };
        let mut shown = Vec::new();
        let clock = || now.get();
        // It pauses from its third second on.
        let what = || match now.get() < Duration::from_secs(3) {
            true => "for HOST to answer add_user".to_owned(),
            false => "before the next request".to_owned(),
        };
        show(
            what,
            Duration::from_secs(60),
            clock,
            is_over_within,
            line,
            &mut shown,
        );
        let shown = String::from_utf8(shown).expect("text");
        assert_eq!(shown.replace(CLEAR, "|"), expected);
    }

    #[test]
    fn slow_call_is_shown_and_removed() {
        let line = Mutex::new(());
        check(2, &line, "");
        let first = "|still waiting for HOST to answer add_user: 2 s of 60 s";
        check(3, &line, &format!("{first}|"));
        let second = "|still waiting before the next request: 3 s of 60 s";
        check(4, &line, &format!("{first}{second}|"));
    }

    #[test]
    fn pause_is_of_the_thread_that_sleeps() {
        let pauses = Pauses::default();
        let here = thread::current().id();
        let during = Cell::new(false);
        let ends_at_once = || {
            during.set(pauses.has(here));
            true
        };
        pauses.sleep_unless(Duration::from_secs(3600), &ends_at_once);
        assert!(during.get() && !pauses.has(here));
    }

    #[test]
    fn only_one_call_has_the_line() {
        let line = Mutex::new(());
        let _taken = line.lock().expect("nobody has it");
        check(4, &line, "");
    }

    #[test]
    fn line_fits_one_row() {
        assert_eq!(fitting("still waiting", Some(6)), "still");
        assert_eq!(fitting("still waiting", None), "still waiting");
    }

    #[test]
    fn end_ends_the_wait() {
        let end = End::default();
        assert!(!end.comes_within(Duration::ZERO));
        drop(Ending(&end));
        assert!(end.comes_within(Duration::from_secs(3600)));
    }
}
