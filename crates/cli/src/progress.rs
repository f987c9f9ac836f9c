//! A line on stderr that says how far something is that takes long.

use std::{
    io::{self, IsTerminal, Write},
    time::Duration,
};

use crate::clock;

/// Says how far it is: at a terminal only, and only once it takes long.
pub(crate) struct Progress<C = Box<dyn Fn() -> Duration>, W: Write = io::Stderr> {
    clock: C,
    terminal: W,
    is_shown: bool,
    next: Duration,
}

impl Progress {
    /// Of something that begins now.
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
                true => PATIENCE,
                false => Duration::MAX,
            },
        }
    }

    /// It is here now.
    pub(crate) fn at(&mut self, what: &str, done: usize, of: Option<usize>) {
        let now = (self.clock)();
        if now >= self.next {
            self.is_shown = true;
            self.next = now.saturating_add(PAUSE);
            write(
                &mut self.terminal,
                &format!("{CLEAR}{}", line(what, done, of)),
            );
        }
    }
}

/// The line goes when there is nothing more to wait for.
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

/// Where the terminal is gone, there is nobody to tell.
fn write(terminal: &mut impl Write, text: &str) {
    let _ = terminal
        .write_all(text.as_bytes())
        .and_then(|()| terminal.flush());
}

/// Goes to the beginning of the line, and empties it.
const CLEAR: &str = "\r\u{1b}[K";

/// What takes no longer shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long a line stays.
const PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// What is shown at a terminal, or would be, while something takes so many steps of 60 ms.
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
    fn only_what_takes_long_is_shown_and_only_at_a_terminal() {
        check(true, 17, "");
        check(true, 20, "|users: 17 of 40|users: 19 of 40|");
        check(false, 40, "");
    }

    #[test]
    fn a_line_says_how_far_it_is() {
        assert_eq!(line("users", 3, Some(12)), "users: 3 of 12");
        assert_eq!(line("users", 3, None), "users: 3");
    }
}
