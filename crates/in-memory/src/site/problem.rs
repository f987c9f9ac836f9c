//! Problems of a site file, each with its place.

use std::{error::Error, fmt};

use access_groups_core::shown::without_addresses;

/// A site file that is not valid, with all of its problems.
///
/// The message has a summary in the first line, then a line for each of the first 20 problems.
///
/// # Examples
///
/// ```
/// use access_groups_in_memory::State;
///
/// let refused = State::from_site_json(r#"{"acs_users": [{"acs_user_id": "ada"}]}"#)
///     .expect_err("an incomplete user");
/// assert_eq!(refused.problems().len(), 3);
/// assert!(refused.to_string().starts_with("the site file has 3 problems:\n  $.acs_users[0]"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteError {
    problems: Vec<SiteProblem>,
}

impl SiteError {
    pub(super) fn new(problems: Vec<SiteProblem>) -> Self {
        Self { problems }
    }

    /// The problems, in the order of the file's parts. There is at least one.
    #[must_use]
    pub fn problems(&self) -> &[SiteProblem] {
        &self.problems
    }
}

impl fmt::Display for SiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.len() {
            1 => f.write_str("the site file has a problem:")?,
            count => write!(f, "the site file has {count} problems:")?,
        }
        for problem in self.problems.iter().take(SHOWN) {
            write!(f, "\n  {problem}")?;
        }
        match self.problems.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            hidden => write!(f, "\n  ... and {hidden} more"),
        }
    }
}

impl Error for SiteError {}

/// A problem of a site file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteProblem {
    path: String,
    message: String,
}

impl SiteProblem {
    pub(super) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        // Keys and values of the file may be in both: errors go to logs.
        Self {
            path: without_addresses(&path.into()).into_owned(),
            message: shortened(without_addresses(&message.into()).into_owned()),
        }
    }

    /// The place, as a JSON path: `$.memberships[3].acs_user_id`. `$` is the whole file.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The problem, in one line of at most 300 characters.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for SiteProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// The place of a resource or a pair in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// A key at the top.
    Field(&'static str),
    /// An element of an array at the top.
    Element(&'static str, usize),
}

impl Place {
    /// The path of a key in this place.
    pub(super) fn key(self, key: &str) -> String {
        child(&self.to_string(), key)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, "$.{name}"),
            Self::Element(array, index) => write!(f, "$.{array}[{index}]"),
        }
    }
}

/// The path of a key below `path`. A key that is not a plain word is quoted: it may hold a line
/// feed.
pub(super) fn child(path: &str, key: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !key.is_empty() && key.len() <= KEY_LENGTH && key.chars().all(is_word) {
        format!("{path}.{key}")
    } else {
        let start: String = key.chars().take(KEY_LENGTH).collect();
        format!("{path}[{start:?}]")
    }
}

fn shortened(message: String) -> String {
    if message.chars().nth(MESSAGE_LENGTH).is_none() {
        return message;
    }
    let start: String = message.chars().take(MESSAGE_LENGTH - 1).collect();
    format!("{start}…")
}

/// The maximum number of problems in a message: a file of another kind has thousands.
const SHOWN: usize = 20;

/// The maximum number of characters of a key in a path.
const KEY_LENGTH: usize = 64;

/// The maximum number of characters of a problem's message: it may quote any text of the file.
const MESSAGE_LENGTH: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    fn error(count: usize) -> SiteError {
        SiteError::new(vec![SiteProblem::new("$.x", "wrong"); count])
    }

    #[test]
    fn message_shows_twenty_problems() {
        assert_eq!(
            error(1).to_string(),
            "the site file has a problem:\n  $.x: wrong"
        );
        let twenty = error(20).to_string();
        assert_eq!(twenty.lines().count(), 21);
        assert!(!twenty.contains("more"), "{twenty}");
        let many = error(23).to_string();
        assert_eq!(many.lines().count(), 22);
        assert!(many.starts_with("the site file has 23 problems:\n"));
        assert!(many.ends_with("\n  ... and 3 more"), "{many}");
    }

    #[test]
    fn unusual_keys_are_quoted() {
        assert_eq!(child("$", "acs_users"), "$.acs_users");
        assert_eq!(child("$", "two words"), r#"$["two words"]"#);
        assert_eq!(child("$", ""), r#"$[""]"#);
        assert_eq!(child("$", "line\nfeed"), r#"$["line\nfeed"]"#);
        assert!(child("$", &"x".repeat(1000)).len() < 80);
    }

    #[test]
    fn long_messages_are_shortened() {
        let problem = SiteProblem::new("$", "ä".repeat(1000));
        assert_eq!(problem.message().chars().count(), 300);
        let exact = SiteProblem::new("$", "ä".repeat(300));
        assert!(exact.message().ends_with('ä'));
    }
}
