//! The keys that a server accepts: those it is given, else one of its own making.

use std::path::Path;

use access_groups_protocol::{Credential, CredentialError, Secret};

use crate::{failure::Failure, key_file, store::bad_credential};

/// Keys, and where they came from.
#[derive(Debug)]
pub(super) enum Keys {
    /// From a file, at least one.
    File(Vec<Secret>),
    /// From `ACCESS_GROUPS_API_KEY`.
    Variable(Secret),
    /// Made for this run.
    Made(Secret),
}

impl Keys {
    /// The keys of the file, one a line; else the variable's; else a new one.
    pub(super) fn find(
        file: Option<&Path>,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Failure> {
        if let Some(path) = file {
            let text = key_file::read(path)?;
            return from_lines(text.expose())
                .map(Self::File)
                .map_err(|error| bad_key(&path.display().to_string(), &error));
        }
        match lookup(VARIABLE) {
            Some(text) => checked(text.trim())
                .map(Self::Variable)
                .map_err(|error| bad_key(VARIABLE, &error)),
            None => make()
                .map(Self::Made)
                .map_err(|error| Failure::failed("no randomness for a key").caused_by(&error)),
        }
    }

    /// Whether nobody has chosen a key.
    pub(super) fn are_made(&self) -> bool {
        matches!(self, Self::Made(_))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Secret> {
        match self {
            Self::File(keys) => keys.iter(),
            Self::Variable(key) | Self::Made(key) => std::slice::from_ref(key).iter(),
        }
    }

    /// What a person has to know about the key in order to call the server. Only a key of
    /// this program's own making is ever shown.
    pub(super) fn note(&self) -> Option<String> {
        match self {
            Self::Made(key) => Some(format!(
                "made an API key for this run: {}\n\
                 set ACCESS_GROUPS_API_KEY to choose your own",
                key.expose()
            )),
            Self::Variable(_) => None,
            Self::File(_) => Some(format!("with {VARIABLE} set to a key of the file:")),
        }
    }

    /// The header as a word of a shell command.
    pub(super) fn authorization(&self) -> String {
        match self {
            Self::Made(key) => format!("'Authorization: Bearer {}'", key.expose()),
            _ => format!("\"Authorization: Bearer ${VARIABLE}\""),
        }
    }
}

fn bad_key(origin: &str, error: &CredentialError) -> Failure {
    bad_credential(origin, error).with_hint(
        "choose a text that starts with seam_ and holds no blank, one a line; where no key is \
         given at all, the server makes one",
    )
}

fn from_lines(text: &str) -> Result<Vec<Secret>, CredentialError> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let keys: Vec<_> = lines.map(checked).collect::<Result<_, _>>()?;
    if keys.is_empty() {
        return Err(CredentialError::Missing);
    }
    Ok(keys)
}

/// A client refuses to send anything else, so a server need not accept it.
fn checked(text: &str) -> Result<Secret, CredentialError> {
    Credential::api_key(text)?;
    Ok(Secret::new(text))
}

/// `seam_test`, four characters, `_`, 24 characters: 163 random bits in the form of Seam's.
fn make() -> Result<Secret, getrandom::Error> {
    let random = random_characters(28)?;
    let (first, rest) = random.split_at(4);
    Ok(Secret::new(format!("seam_test{first}_{rest}")))
}

fn random_characters(count: usize) -> Result<String, getrandom::Error> {
    let mut text = String::with_capacity(count);
    while text.len() < count {
        let mut bytes = [0; 64];
        getrandom::fill(&mut bytes)?;
        let missing = count - text.len();
        // The bytes from 232 on would make the first characters likelier than the rest.
        let fair = bytes.iter().filter(|byte| **byte < 232);
        let characters = fair.map(|byte| char::from(BASE58[usize::from(*byte) % BASE58.len()]));
        text.extend(characters.take(missing));
    }
    Ok(text)
}

const VARIABLE: &str = "ACCESS_GROUPS_API_KEY";

/// Letters and digits that do not look alike.
const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn exposed(keys: &Keys) -> Vec<&str> {
        keys.iter().map(Secret::expose).collect()
    }

    #[test]
    fn a_made_key_is_acceptable_and_never_the_same() {
        let keys = Keys::find(None, |_| None).expect("a key");
        assert!(keys.are_made());
        let key = exposed(&keys)[0];
        assert_eq!(key.len(), "seam_testFjxz_3tNVqTzxFMVZJgyUjvDmzBqy".len());
        Credential::api_key(key).expect("acceptable");
        assert!(keys.note().is_some_and(|note| note.contains(key)));
        let other = Keys::find(None, |_| None).expect("another");
        assert_ne!(exposed(&other)[0], key);
    }

    #[test]
    fn a_key_that_was_given_is_shown_nowhere() {
        let keys = Keys::find(None, |_| Some(" seam_swordfish\n".into())).expect("a key");
        assert_eq!(exposed(&keys), ["seam_swordfish"]);
        let shown = format!("{keys:?} {:?} {}", keys.note(), keys.authorization());
        assert!(!shown.contains("swordfish"), "{shown}");
    }

    #[test]
    fn a_file_holds_a_key_a_line() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "seam_one\r\n\n  seam_two\n").expect("written");
        let keys = Keys::find(Some(file.path()), |_| None).expect("two keys");
        assert_eq!(exposed(&keys), ["seam_one", "seam_two"]);
    }

    fn check(text: &str) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        let refused = Keys::find(Some(file.path()), |_| None).expect_err(text);
        assert_eq!(refused.exit(), Exit::CredentialRefused, "{refused}");
        let name = file.path().display().to_string();
        assert!(refused.to_string().contains(&name), "{refused}");
        assert!(!refused.to_string().contains("swordfish"), "{refused}");
        assert!(refused.to_string().contains("hint: choose"), "{refused}");
    }

    #[test]
    fn a_file_without_acceptable_keys_is_refused_by_name_and_not_repeated() {
        check("");
        check("\n \n");
        check("seam_one\nswordfish\n");
        check("seam_at1_swordfish");
    }
}
