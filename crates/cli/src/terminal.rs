//! What a command does at a terminal only: it shows progress, and it asks for confirmation.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use crate::{clock, failure::Failure};

/// A line on stderr that shows the progress of something slow, at a terminal only.
pub(crate) struct Progress<C = Box<dyn Fn() -> Duration>, W: Write = io::Stderr> {
    clock: C,
    terminal: W,
    is_shown: bool,
    next: Duration,
}

impl Progress {
    /// The progress of something that begins now.
    pub(crate) fn start() -> Self {
        let clock: Box<dyn Fn() -> Duration> = Box::new(clock::stopwatch());
        let stderr = io::stderr();
        let is_terminal = stderr.is_terminal();
        Self::new(clock, stderr, is_terminal)
    }
}

impl<C: Fn() -> Duration, W: Write> Progress<C, W> {
    fn new(clock: C, terminal: W, is_terminal: bool) -> Self {
        Self {
            clock,
            terminal,
            is_shown: false,
            next: match is_terminal {
                true => FIRST_SHOWN,
                // Elsewhere, lines that overwrite each other would only fill a log.
                false => Duration::MAX,
            },
        }
    }

    /// Reports the current position; shown at most every 100 ms.
    pub(crate) fn at(&mut self, what: &str, done: usize, of: Option<usize>) {
        // The clock is read for each step, the terminal is written to at most ten times a second.
        let now = (self.clock)();
        if now >= self.next {
            self.is_shown = true;
            self.next = now.saturating_add(INTERVAL);
            write(
                &mut self.terminal,
                &format!("{CLEAR}{}", line(what, done, of)),
            );
        }
    }
}

/// Does something that takes long in one piece; a terminal shows the seconds.
pub(crate) fn while_waiting<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (over, is_over) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            let (now, mut progress) = (clock::stopwatch(), Progress::start());
            // It ends when the other side is dropped, also by a panic.
            while is_over.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                let seconds = usize::try_from(now().as_secs()).unwrap_or(usize::MAX);
                progress.at(what, seconds, None);
            }
        });
        let done = work();
        drop(over);
        done
    })
}

/// Removes the line.
impl<C, W: Write> Drop for Progress<C, W> {
    fn drop(&mut self) {
        if self.is_shown {
            write(&mut self.terminal, CLEAR);
        }
    }
}

fn line(what: &str, done: usize, of: Option<usize>) -> String {
    match of {
        Some(all) => format!("{what}: {done} of {all}"),
        None => format!("{what}: {done}"),
    }
}

/// If the terminal is gone, nobody is left to inform.
fn write(terminal: &mut impl Write, text: &str) {
    let _ = terminal
        .write_all(text.as_bytes())
        .and_then(|()| terminal.flush());
}

/// Refuses a deletion that is not confirmed in advance, where nobody can be asked. For the begin of
/// a command: a script without `--yes` fails alike whether what it deletes exists or not.
pub(crate) fn must_confirm(yes: bool) -> Result<(), Failure> {
    if yes || can_ask() {
        return Ok(());
    }
    let why = "a deletion cannot be undone, and there is no terminal to ask at";
    Err(Failure::usage(why).with_hint("--yes deletes without asking"))
}

/// Whether there is somebody to ask.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks on stderr and reads one line from stdin; anything but `y` or `yes` is a no.
pub(crate) fn confirm(question: &str) -> Result<bool, Failure> {
    let mut stderr = io::stderr();
    let mut line = String::new();
    write!(stderr, "{question} [y/N] ")
        .and_then(|()| stderr.flush())
        .and_then(|()| io::stdin().lock().read_line(&mut line))
        .map_err(|error| Failure::failed("the question cannot be asked").caused_by(&error))?;
    if !line.ends_with('\n') {
        let _ = writeln!(stderr); // at the end of input, the cursor is still behind the question
    }
    Ok(is_yes(&line))
}

fn is_yes(line: &str) -> bool {
    matches!(line.trim().to_lowercase().as_str(), "y" | "yes")
}

/// Moves to the beginning of the line and clears it.
pub(crate) const CLEAR: &str = "\r\u{1b}[K";

/// How long something takes before its progress is shown.
const FIRST_SHOWN: Duration = Duration::from_secs(1);

/// The shortest time between two lines.
const INTERVAL: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// What is shown during this many steps of 60 ms.
    fn check(is_terminal: bool, steps: usize, expected: &str) {
        let mut shown = Vec::new();
        let now = Cell::new(Duration::ZERO);
        let mut progress = Progress::new(|| now.get(), &mut shown, is_terminal);
        for step in 0..steps {
            progress.at("users", step, Some(40));
            now.set(now.get() + Duration::from_millis(60));
        }
        drop(progress);
        let shown = String::from_utf8(shown).expect("text");
        assert_eq!(shown.replace(CLEAR, "|"), expected);
    }

    #[test]
    fn only_slow_progress_at_a_terminal_is_shown() {
        check(true, 17, "");
        check(true, 20, "|users: 17 of 40|users: 19 of 40|");
        check(false, 40, "");
    }

    #[test]
    fn line_shows_position_and_total() {
        assert_eq!(line("users", 3, Some(12)), "users: 3 of 12");
        assert_eq!(line("users", 3, None), "users: 3");
    }

    #[test]
    fn anything_but_yes_is_a_no() {
        for yes in ["y\n", "Yes", " YES \r\n"] {
            assert!(is_yes(yes), "{yes:?}");
        }
        for no in ["", "\n", "n\n", "no", "yea", "y y"] {
            assert!(!is_yes(no), "{no:?}");
        }
    }
}
