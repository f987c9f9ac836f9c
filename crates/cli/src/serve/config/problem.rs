//! What is wrong with a configuration, and where.

use std::fmt;

use crate::{exit::Exit, failure::Failure};

/// Everything that is wrong with a configuration.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<Problem>);

#[derive(Debug)]
struct Problem {
    path: String,
    message: String,
    exit: Exit,
}

impl Problems {
    /// This is wrong at this place.
    pub(super) fn add(&mut self, path: &str, message: impl Into<String>) {
        self.push(path, message.into(), Exit::Failed);
    }

    /// What this place names has failed.
    pub(super) fn add_failure(&mut self, path: &str, failure: &Failure) {
        self.push(path, failure.without_hint(), failure.exit());
    }

    /// All of them as one failure, if there is any.
    pub(super) fn into_result(self, origin: &str) -> Result<(), Failure> {
        if self.0.is_empty() {
            return Ok(());
        }
        let waits = |problem: &Problem| problem.exit == Exit::Unavailable;
        let (exit, hint) = match self.0.iter().all(waits) {
            true => (
                Exit::Unavailable,
                "stop the other process, then start the server again",
            ),
            false => (
                Exit::Failed,
                "mend the places named; `access-groups serve --help` shows what the file holds",
            ),
        };
        Err(Failure::new(exit, format!("{origin} has {self}")).with_hint(hint))
    }

    fn push(&mut self, path: &str, message: String, exit: Exit) {
        self.0.push(Problem {
            path: path.to_owned(),
            message,
            exit,
        });
    }
}

/// A summary in the first line, then the first 20 problems.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("a problem:")?,
            count => write!(f, "{count} problems:")?,
        }
        for Problem { path, message, .. } in self.0.iter().take(SHOWN) {
            write!(f, "\n  {path}: {}", message.replace('\n', "\n  "))?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            hidden => write!(f, "\n  ... and {hidden} more"),
        }
    }
}

/// The path of a member. A name that may be a secret, or something else than a name, is not
/// repeated.
pub(super) fn member(path: &str, name: &str) -> String {
    let is_word = |c: char| c.is_ascii_lowercase() || c == '_';
    let is_name = !name.is_empty()
        && name.len() <= NAME_LENGTH
        && name.chars().all(is_word)
        && !looks_like_a_credential(name);
    match is_name {
        true => format!("{path}.{name}"),
        false => format!("{path}[…]"),
    }
}

/// Whether a text in the place of something else holds perhaps a credential that went astray. No
/// credential has dots or slashes; paths do.
pub(super) fn looks_like_a_credential(text: &str) -> bool {
    let holds_one = ["seam_", "sha256:"]
        .iter()
        .any(|start| text.contains(start));
    holds_one && !text.contains(['.', '/', '\\'])
}

/// How many problems a message shows.
const SHOWN: usize = 20;

/// How long a name is at most that a path repeats.
const NAME_LENGTH: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_shows_twenty_problems_and_counts_the_rest() {
        let failure = |count| {
            let mut problems = Problems::default();
            (0..count).for_each(|_| problems.add("$.x", "wrong\n  here"));
            problems.into_result("c.json").expect_err("a problem")
        };
        let one = failure(1).to_string();
        let expected = "error: c.json has a problem:\n  $.x: wrong\n    here\n  hint: mend";
        assert!(one.starts_with(expected), "{one}");
        let many = failure(23).to_string();
        assert!(
            many.starts_with("error: c.json has 23 problems:\n"),
            "{many}"
        );
        assert!(many.contains("\n  ... and 3 more\n"), "{many}");
        Problems::default().into_result("c.json").expect("none");
    }

    #[test]
    fn only_what_nothing_but_other_processes_cause_is_worth_waiting_for() {
        let exit = |other: Option<&str>| {
            let mut problems = Problems::default();
            problems.add_failure("$.a", &Failure::new(Exit::Unavailable, "locked"));
            if let Some(other) = other {
                problems.add("$.b", other);
            }
            problems
                .into_result("c.json")
                .expect_err("a problem")
                .exit()
        };
        assert_eq!(exit(None), Exit::Unavailable);
        assert_eq!(exit(Some("wrong")), Exit::Failed);
    }

    #[test]
    fn a_path_repeats_words_and_nothing_that_may_be_secret() {
        assert_eq!(member("$", "api_keys"), "$.api_keys");
        for name in ["seam_swordfish", "sha256:00", "two words", "", "A"] {
            assert_eq!(member("$", name), "$[…]", "{name}");
        }
        assert_eq!(member("$", &"x".repeat(33)), "$[…]");
    }
}
