//! The keys that a server of one store accepts.

use std::{fmt::Write as _, path::Path};

use access_groups_core::without_mark;
use access_groups_protocol::{Credential, CredentialError, Secret};

use super::strength::{self, Reach, Strength};
use crate::{
    failure::{Exit, Failure},
    keys::{self, Reading, shown},
    random,
};

/// Keys, and where they come from.
#[derive(Debug)]
pub(super) struct Keys {
    origin: Origin,
    keys: Vec<Secret>,
    warnings: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    File,
    /// `ACCESS_GROUPS_API_KEY`
    Variable,
    /// Generated for this run.
    Generated,
}

impl Keys {
    /// The keys of the file, one a line; else the variable's; else a new one.
    pub(super) fn find(
        file: Option<&Path>,
        lookup: impl Fn(&str) -> Option<String>,
        reach: Reach,
    ) -> Result<Self, Failure> {
        if let Some(path) = file {
            return Self::read(path, Reading::First, reach);
        }
        if let Some(text) = lookup(VARIABLE) {
            // One line, whatever it contains.
            let lines = [(String::new(), without_mark(&text).trim())];
            return Self::checked(VARIABLE, lines.into_iter(), Origin::Variable, reach);
        }
        // A generated key is printed, and logs of servers are read by many.
        if reach == Reach::Network {
            let message = "other machines can reach the server, so it needs a key that you choose";
            return Err(Failure::usage(message).with_hint(
                "set ACCESS_GROUPS_API_KEY, or name a file of keys with --api-key-file",
            ));
        }
        Ok(Self {
            origin: Origin::Generated,
            keys: vec![random::api_key()?],
            warnings: Vec::new(),
        })
    }

    /// The keys of the file, all of them, or all that is wrong with them.
    pub(super) fn read(path: &Path, reading: Reading, reach: Reach) -> Result<Self, Failure> {
        let file = keys::read_of_server(path, reading)?;
        let lines = file.text.expose().lines().map(str::trim).enumerate();
        let lines = lines
            .filter(|(_, line)| !line.is_empty())
            .map(|(index, line)| (format!("line {}", index + 1), line));
        let origin = shown(path);
        let mut keys = Self::checked(&origin, lines, Origin::File, reach)?;
        if file.others_may_read {
            keys.warnings.push(format!(
                "warning: {origin} holds keys, and other users of this machine may read it: \
                 restrict its permissions"
            ));
        }
        Ok(keys)
    }

    /// One bad line refuses all: a server must not start without a key that somebody relies on.
    fn checked<'a>(
        name: &str,
        lines: impl Iterator<Item = (String, &'a str)>,
        origin: Origin,
        reach: Reach,
    ) -> Result<Self, Failure> {
        let (mut keys, mut short, mut problems) = (Vec::new(), Vec::new(), Vec::new());
        for (place, text) in lines {
            match check(text, reach) {
                Ok(strength) => {
                    keys.push(Secret::new(text));
                    if strength == Strength::Short {
                        short.push(place);
                    }
                }
                Err(problem) => problems.push((place, problem)),
            }
        }
        if keys.is_empty() && problems.is_empty() {
            return Err(refused(format!("there is no API key in {name}"), reach));
        }
        if !problems.is_empty() {
            return Err(refused(message(name, &problems), reach));
        }
        Ok(Self {
            origin,
            keys,
            warnings: strength::warning(name, &short).into_iter().collect(),
        })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Secret> {
        self.keys.iter()
    }

    /// What is not forbidden, and not good either.
    pub(super) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// What a person needs to know about the key to call the server. Only a generated key is
    /// ever shown.
    pub(super) fn note(&self) -> Option<String> {
        match (self.origin, &*self.keys) {
            (Origin::Generated, [key, ..]) => Some(format!(
                "generated an API key for this run: {}\n\
                 set ACCESS_GROUPS_API_KEY to choose your own",
                key.expose()
            )),
            (Origin::File, _) => Some(format!("with {VARIABLE} set to a key of the file:")),
            (Origin::Variable | Origin::Generated, _) => None,
        }
    }

    /// The header as a word of a shell command.
    pub(super) fn authorization(&self) -> String {
        match (self.origin, &*self.keys) {
            // Single quotes keep the key literal; double quotes let the shell insert the variable.
            (Origin::Generated, [key, ..]) => {
                format!("'Authorization: Bearer {}'", key.expose())
            }
            _ => format!("\"Authorization: Bearer ${VARIABLE}\""),
        }
    }
}

/// A server accepts only what its clients are willing to send.
fn check(text: &str, reach: Reach) -> Result<Strength, String> {
    Credential::api_key(text).map_err(|error| match error {
        CredentialError::Missing => "the text is empty".to_owned(),
        error => error.to_string(),
    })?;
    reach.check(text)
}

/// All problems, each with its place, and without any text of the keys.
fn message(name: &str, problems: &[(String, String)]) -> String {
    match problems {
        [(place, problem)] if place.is_empty() => format!("{name}: {problem}"),
        [(place, problem)] => format!("{name}, {place}: {problem}"),
        _ => {
            let mut text = format!("{name} has {} problems:", problems.len());
            for (place, problem) in problems.iter().take(LISTED) {
                let _ = write!(text, "\n  {place}: {problem}");
            }
            if let Some(hidden @ 1..) = problems.len().checked_sub(LISTED) {
                let _ = write!(text, "\n  ... and {hidden} more");
            }
            text
        }
    }
}

fn refused(message: String, reach: Reach) -> Failure {
    let hint = match reach {
        Reach::Loopback => {
            "choose a text that starts with seam_ and contains no blank, one a line; where no key \
             is given at all, the server generates one"
        }
        Reach::Network => {
            "choose seam_ and at least 16 random characters without blanks, one key a line: \
             `echo seam_$(openssl rand -hex 16)` prints one"
        }
    };
    Failure::new(Exit::CredentialRefused, message).with_hint(hint)
}

/// How many problems a message lists.
const LISTED: usize = 20;

pub(super) const VARIABLE: &str = "ACCESS_GROUPS_API_KEY";

#[cfg(test)]
mod tests {
    use super::*;

    fn find(file: Option<&Path>, lookup: impl Fn(&str) -> Option<String>) -> Result<Keys, Failure> {
        Keys::find(file, lookup, Reach::Loopback)
    }

    fn exposed(keys: &Keys) -> Vec<&str> {
        keys.iter().map(Secret::expose).collect()
    }

    #[test]
    fn without_keys_one_is_generated_and_shown() {
        let keys = find(None, |_| None).expect("a key");
        let key = exposed(&keys)[0];
        Credential::api_key(key).expect("acceptable");
        assert!(keys.note().is_some_and(|note| note.contains(key)));
    }

    #[test]
    fn given_key_is_never_shown() {
        let keys = find(None, |_| Some("\u{feff} seam_swordfish\n".into())).expect("a key");
        assert_eq!(exposed(&keys), ["seam_swordfish"]);
        let shown = format!("{keys:?} {:?} {}", keys.note(), keys.authorization());
        assert!(!shown.contains("swordfish"), "{shown}");
    }

    #[test]
    fn key_file_has_one_key_per_line() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        // As Notepad saves it: with a byte order mark.
        std::fs::write(file.path(), "\u{feff}seam_one\r\n\n  seam_two\n").expect("written");
        let keys = find(Some(file.path()), |_| None).expect("two keys");
        assert_eq!(exposed(&keys), ["seam_one", "seam_two"]);
    }

    fn check(text: &str) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        let refused = find(Some(file.path()), |_| None).expect_err(text);
        assert_eq!(refused.exit(), Exit::CredentialRefused, "{refused}");
        let name = file.path().display().to_string();
        assert!(refused.to_string().contains(&name), "{refused}");
        assert!(!refused.to_string().contains("swordfish"), "{refused}");
        assert!(refused.to_string().contains("hint: choose"), "{refused}");
    }

    #[test]
    fn key_file_without_valid_keys_is_refused() {
        check("");
        check("\n \n");
        check("seam_one\nswordfish\n");
        check("seam_at1_swordfish");
    }

    #[test]
    fn every_bad_line_is_named() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let text = "seam_0123456789abcdef\n\nseam_swordfish\nswordfish\nseam_\n";
        std::fs::write(file.path(), text).expect("written");
        let name = file.path().display();
        let check = |reach, expected: &str, hint: &str| {
            let refused = Keys::read(file.path(), Reading::Again, reach).expect_err("bad lines");
            let refused = refused.to_string();
            assert!(!refused.contains("swordfish"), "{refused}");
            assert!(
                refused.starts_with(&format!("error: {name} has {expected}")),
                "{refused}"
            );
            assert!(refused.contains(hint), "{refused}");
            let is_generated = refused.contains("the server generates one");
            assert_eq!(is_generated, reach == Reach::Loopback, "{refused}");
        };
        check(
            Reach::Loopback,
            "2 problems:\n  line 4: ",
            "hint: choose a text that starts with seam_",
        );
        check(
            Reach::Network,
            "3 problems:\n  line 3: where other machines",
            "hint: choose seam_ and at least 16 random characters",
        );
    }

    #[test]
    fn short_keys_and_curious_users_are_warned_about() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "seam_swordfish\n").expect("written");
        let keys = find(Some(file.path()), |_| None).expect("a key");
        assert!(
            keys.warnings()[0].contains(", line 1: fewer than 16"),
            "{keys:?}"
        );
        assert_eq!(
            keys.warnings().len(),
            1,
            "only the owner may read a temporary file"
        );
        let keys = find(None, |_| Some("seam_0123456789abcdef".into())).expect("a key");
        assert_eq!(keys.warnings(), [""; 0]);
    }
}
