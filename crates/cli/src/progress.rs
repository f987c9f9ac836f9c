//! A line on stderr that says how far something is that takes long.

use std::{
    io::{self, IsTerminal, Write},
    time::Duration,
};

use crate::clock;

/// Says how far it is: at a terminal only, and only once it takes long.
pub(crate) struct Progress {
    clock: Box<dyn Fn() -> Duration>,
    is_shown: bool,
    next: Duration,
}

impl Progress {
    /// Of something that begins now.
    pub(crate) fn start() -> Self {
        Self {
            clock: Box::new(clock::stopwatch()),
            is_shown: false,
            next: match io::stderr().is_terminal() {
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
            write(&format!("{CLEAR}{}", line(what, done, of)));
        }
    }
}

/// The line goes when there is nothing more to wait for.
impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_shown {
            write(CLEAR);
        }
    }
}

fn line(what: &str, done: usize, of: Option<usize>) -> String {
    match of {
        Some(all) => format!("{what}: {done} of {all}"),
        None => format!("{what}: {done}"),
    }
}

/// Where stderr is gone, there is nobody to tell.
fn write(text: &str) {
    let mut stderr = io::stderr();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// Goes to the beginning of the line, and empties it.
const CLEAR: &str = "\r\u{1b}[K";

/// What takes no longer shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long a line stays.
const PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_it_is() {
        assert_eq!(line("users", 3, Some(12)), "users: 3 of 12");
        assert_eq!(line("users", 3, None), "users: 3");
    }
}
