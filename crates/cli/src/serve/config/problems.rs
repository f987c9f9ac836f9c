//! What is wrong with a configuration, all of it, without the secrets in it.

use std::fmt;

use crate::{
    failure::{Exit, Failure},
    misplaced::looks_like_a_credential,
};

/// All problems of a configuration, each with its path and the exit code that it calls for.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<(String, Exit)>);

impl Problems {
    /// Adds a problem of the value at this path.
    pub(super) fn add(&mut self, path: &str, message: impl AsRef<str>) {
        self.push(path, message.as_ref(), Exit::Failed);
    }

    /// Adds the failure of what the value at this path names.
    pub(super) fn add_failure(&mut self, path: &str, failure: &Failure) {
        self.push(path, &failure.without_hint(), failure.exit());
    }

    /// All of them as one failure, if there are any.
    pub(super) fn into_result(self, origin: &str) -> Result<(), Failure> {
        if self.0.is_empty() {
            return Ok(());
        }
        let is_lock = |(_, exit): &(String, Exit)| *exit == Exit::Unavailable;
        let (exit, hint) = match self.0.iter().all(is_lock) {
            true => (
                Exit::Unavailable,
                "stop the other process, then start the server again",
            ),
            false => (
                Exit::Failed,
                "fix the listed problems; `access-groups serve --help` shows the format",
            ),
        };
        Err(Failure::new(exit, format!("{origin} has {self}")).with_hint(hint))
    }

    fn push(&mut self, path: &str, message: &str, exit: Exit) {
        self.0.push((format!("{path}: {message}"), exit));
    }
}

/// A summary in the first line, then the first 20 problems.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("a problem:")?,
            count => write!(f, "{count} problems:")?,
        }
        for (problem, _) in self.0.iter().take(LISTED) {
            write!(f, "\n  {}", problem.replace('\n', "\n  "))?;
        }
        match self.0.len().saturating_sub(LISTED) {
            0 => Ok(()),
            hidden => write!(f, "\n  ... and {hidden} more"),
        }
    }
}

/// The path of a member. A name that may be a secret is not repeated.
pub(super) fn member(path: &str, name: &str) -> String {
    let is_word = |c: char| c.is_ascii_lowercase() || c == '_';
    let is_name = !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.chars().all(is_word)
        && !looks_like_a_credential(name);
    match is_name {
        true => format!("{path}.{name}"),
        false => format!("{path}[…]"),
    }
}

/// How many problems a message lists.
const LISTED: usize = 20;

/// The length of the longest name that a path repeats.
const LONGEST_NAME: usize = 32;
