//! What a slow call to a service waits for, shown at a terminal.

use std::{
    collections::HashMap,
    io::{self, IsTerminal, Write},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, ThreadId},
    time::Duration,
};

use access_groups_core::prelude::*;
use access_groups_protocol::{WaitReason, Waiting};
use terminal_size::terminal_size_of;

use crate::{clock, progress, terminal::CLEAR};

/// A port of a service. A call that takes longer than 2 s is shown on stderr, if that is a terminal.
pub(crate) struct Watched<P> {
    port: P,
    service: String,
    waits: Waits,
    limit: Duration,
    is_terminal: bool,
}

impl<P> Watched<P> {
    /// Watches a client that tells its waits to these, and whose calls take no longer than the limit.
    pub(crate) fn new(port: P, service: String, waits: Waits, limit: Duration) -> Self {
        Self {
            port,
            service,
            waits,
            limit,
            // In a pipe or a file, lines that overwrite each other would only fill a log.
            is_terminal: io::stderr().is_terminal(),
        }
    }
}

impl<P: BlockingAccessGroupPort> BlockingAccessGroupPort for Watched<P> {
    fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        // The line of the terminal may be a progress bar already.
        if !self.is_terminal || progress::has_bar() {
            let answer = self.port.call(operation, context);
            self.waits.forget();
            return answer;
        }
        let caller = thread::current().id();
        let what = || {
            let waiting = self.waits.of(caller)?;
            Some(words(&waiting, &self.service))
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
            let answer = self.port.call(operation, context);
            self.waits.forget();
            answer
        })
    }
}

/// What the calls of a client wait for, as it tells.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waits {
    now: Arc<Mutex<HashMap<ThreadId, Waiting>>>,
    retries: Arc<AtomicU64>,
}

impl Waits {
    /// Keeps what the call that this thread makes waits for.
    pub(crate) fn keep(&self, waiting: &Waiting) {
        if matches!(waiting.reason, WaitReason::Retry { .. }) {
            self.retries.fetch_add(1, Ordering::Relaxed);
        }
        self.lock().insert(thread::current().id(), *waiting);
    }

    /// How many calls were repeated so far, each time counted.
    pub(crate) fn retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    /// What the call of that thread waits for; `None` before its first attempt.
    fn of(&self, thread: ThreadId) -> Option<Waiting> {
        self.lock().get(&thread).copied()
    }

    /// Forgets the call that this thread has made.
    fn forget(&self) {
        self.lock().remove(&thread::current().id());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ThreadId, Waiting>> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is waited for. The service comes last: its address may be cut off.
fn words(waiting: &Waiting, service: &str) -> String {
    let Waiting {
        operation, attempt, ..
    } = waiting;
    let before = format!("before attempt {attempt} of {operation}");
    match waiting.reason {
        WaitReason::Answer => {
            format!("attempt {attempt} of {operation}, no answer yet from {service}")
        }
        WaitReason::Retry {
            status: Some(status),
        } => format!("{before}, after status {status} from {service}"),
        WaitReason::Retry { status: None } => format!("{before}, after no answer from {service}"),
        WaitReason::Pause => format!("{before}, for a pause after status 429 from {service}"),
        WaitReason::RateLimit => format!("{before}, to keep to the --rate for {service}"),
        // A reason that this version does not know.
        _ => format!("{before} to {service}"),
    }
}

/// Shows the line from 2 s on, anew each second, until the call is over; then removes it.
fn show(
    what: impl Fn() -> Option<String>,
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
        // A progress bar that has come meanwhile needs the line.
        if shown.is_some() && !progress::has_bar() {
            IS_SHOWN.store(true, Ordering::SeqCst);
            let (time, limit) = (clock().as_secs(), limit.as_secs());
            let what = what().map(|what| format!(": {what}")).unwrap_or_default();
            let text = format!("still waiting, {time} s of {limit} s{what}");
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
        // Something else from its third second on, and nothing from its fourth.
        let what = || {
            let what = ["no answer yet", "before attempt 2"];
            let since = usize::try_from(now.get().as_secs() - 2).expect("a few");
            what.get(since).copied().map(str::to_owned)
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
        let first = "|still waiting, 2 s of 60 s: no answer yet";
        check(3, &line, &format!("{first}|"));
        let second = "|still waiting, 3 s of 60 s: before attempt 2";
        check(4, &line, &format!("{first}{second}|"));
        let third = "|still waiting, 4 s of 60 s";
        check(5, &line, &format!("{first}{second}{third}|"));
    }

    #[test]
    fn every_reason_has_words() {
        let check = |attempt, reason, expected: &str| {
            let waiting = Waiting::new("add_user", attempt, reason, Duration::ZERO);
            assert_eq!(words(&waiting, "HOST"), expected);
        };
        let after = |status| WaitReason::Retry { status };
        check(
            1,
            WaitReason::Answer,
            "attempt 1 of add_user, no answer yet from HOST",
        );
        check(
            2,
            after(Some(503)),
            "before attempt 2 of add_user, after status 503 from HOST",
        );
        check(
            3,
            after(None),
            "before attempt 3 of add_user, after no answer from HOST",
        );
        check(
            1,
            WaitReason::Pause,
            "before attempt 1 of add_user, for a pause after status 429 from HOST",
        );
        check(
            1,
            WaitReason::RateLimit,
            "before attempt 1 of add_user, to keep to the --rate for HOST",
        );
    }

    #[test]
    fn wait_is_of_the_thread_that_calls() {
        let waits = Waits::default();
        let here = thread::current().id();
        assert_eq!(waits.of(here), None);
        let waiting = Waiting::new("add_user", 1, WaitReason::Answer, Duration::ZERO);
        waits.keep(&waiting);
        let seen = thread::scope(|scope| {
            let other = scope.spawn(|| waits.of(thread::current().id()));
            other.join().expect("no panic")
        });
        assert_eq!((waits.of(here), seen), (Some(waiting), None));
        waits.forget();
        assert_eq!(waits.of(here), None);
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
