//! Secrets: read from a file or stdin, never from an argument, which everybody on the machine can
//! read; and the keys that a server accepts.

use std::{
    fs::{File, Metadata},
    io::{self, Read},
    path::Path,
};

use access_groups_core::{file_text, without_mark};
use access_groups_protocol::{Credential, CredentialError, Secret};

use crate::{
    failure::{Exit, Failure, bad_credential},
    misplaced::looks_like_a_credential,
};

/// The text of the file, or of stdin for `-`, at most 64 KiB. No message
/// repeats any of it.
pub(crate) fn read(path: &Path) -> Result<Secret, Failure> {
    let text = if path == Path::new("-") {
        read_limited(io::stdin().lock(), KEY_LIMIT)
    } else {
        File::open(path).and_then(|file| read_limited(file, KEY_LIMIT))
    };
    text.map_err(|error| {
        let message = format!("the key file {} cannot be read", shown(path));
        let hint = match looks_like_a_credential(&path.to_string_lossy()) {
            // Everybody on the machine could read the command line.
            true => {
                "--api-key-file takes the name of a file, and this looks like a key: put it into a \
                 file or into SEAM_API_KEY, and consider to revoke it, as others may have seen it"
            }
            false => "name a small text file that you may read with --api-key-file; `-` is stdin",
        };
        Failure::new(Exit::CredentialRefused, message)
            .caused_by(&error)
            .with_hint(hint)
    })
}

/// The name of a key file in a message, unless somebody has given a key for it.
pub(crate) fn shown(path: &Path) -> String {
    let name = path.to_string_lossy();
    match looks_like_a_credential(&name) {
        true => "[redacted]".to_owned(),
        false => name.into_owned(),
    }
}

/// A configuration, which may hold secrets.
#[derive(Debug)]
pub(crate) struct ConfigFile {
    pub(crate) text: Secret,
    /// Whether users other than the owner may read it, if that is known.
    pub(crate) others_may_read: bool,
}

/// The text of a configuration, at most 1 MiB.
pub(crate) fn read_config(path: &Path) -> Result<ConfigFile, Failure> {
    let read = || {
        let file = File::open(path)?;
        let others_may_read = others_may_read(&file.metadata()?);
        let text = read_limited(file, CONFIG_LIMIT)?;
        Ok(ConfigFile {
            text,
            others_may_read,
        })
    };
    read().map_err(|error: io::Error| {
        let message = format!("the configuration {} cannot be read", path.display());
        Failure::failed(message)
            .caused_by(&error)
            .with_hint("name a JSON file that you may read with --config")
    })
}

fn read_limited(source: impl Read, limit: u64) -> io::Result<Secret> {
    let mut bytes = Vec::new();
    // One byte more than allowed tells a full file from a longer one.
    source.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other("it is too large"));
    }
    let mut text = file_text(bytes)?;
    // In place: a copy would not be wiped.
    text.drain(..text.len() - without_mark(&text).len());
    Ok(Secret::new(text))
}

#[cfg(unix)]
fn others_may_read(file: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    // Only the read bits matter: who may write it cannot thereby read it.
    file.permissions().mode() & 0o044 != 0
}

#[cfg(not(unix))]
fn others_may_read(_: &Metadata) -> bool {
    false
}

/// The keys that a server accepts, and their origin.
#[derive(Debug)]
pub(crate) enum Keys {
    /// From a file, at least one.
    File(Vec<Secret>),
    /// From `ACCESS_GROUPS_API_KEY`.
    Variable(Secret),
    /// Generated for this run.
    Generated(Secret),
}

impl Keys {
    /// The keys of the file, one a line; else the variable's; else a new one.
    pub(crate) fn find(
        file: Option<&Path>,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Failure> {
        if let Some(path) = file {
            let text = read(path)?;
            return from_lines(text.expose())
                .map(Self::File)
                .map_err(|error| bad_key(&shown(path), &error));
        }
        match lookup(VARIABLE) {
            Some(text) => checked(without_mark(&text).trim())
                .map(Self::Variable)
                .map_err(|error| bad_key(VARIABLE, &error)),
            None => generate()
                .map(Self::Generated)
                .map_err(|error| Failure::failed("no randomness for a key").caused_by(&error)),
        }
    }

    /// Whether nobody has chosen a key.
    pub(crate) fn are_generated(&self) -> bool {
        matches!(self, Self::Generated(_))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Secret> {
        match self {
            Self::File(keys) => keys.iter(),
            Self::Variable(key) | Self::Generated(key) => std::slice::from_ref(key).iter(),
        }
    }

    /// What a person needs to know about the key to call the server. Only a generated key is
    /// ever shown.
    pub(crate) fn note(&self) -> Option<String> {
        match self {
            Self::Generated(key) => Some(format!(
                "generated an API key for this run: {}\n\
                 set ACCESS_GROUPS_API_KEY to choose your own",
                key.expose()
            )),
            Self::Variable(_) => None,
            Self::File(_) => Some(format!("with {VARIABLE} set to a key of the file:")),
        }
    }

    /// The header as a word of a shell command.
    pub(crate) fn authorization(&self) -> String {
        match self {
            // Single quotes keep the key literal; double quotes let the shell insert the variable.
            Self::Generated(key) => format!("'Authorization: Bearer {}'", key.expose()),
            _ => format!("\"Authorization: Bearer ${VARIABLE}\""),
        }
    }
}

fn bad_key(origin: &str, error: &CredentialError) -> Failure {
    bad_credential(origin, error).with_hint(
        "choose a text that starts with seam_ and contains no blank, one a line; where no key is \
         given at all, the server generates one",
    )
}

fn from_lines(text: &str) -> Result<Vec<Secret>, CredentialError> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    // One bad line refuses the file: a server must not start without a key that somebody relies on.
    let keys: Vec<_> = lines.map(checked).collect::<Result<_, _>>()?;
    if keys.is_empty() {
        return Err(CredentialError::Missing);
    }
    Ok(keys)
}

/// A server accepts only what its clients are willing to send.
fn checked(text: &str) -> Result<Secret, CredentialError> {
    Credential::api_key(text)?;
    Ok(Secret::new(text))
}

/// `seam_test`, four characters, `_`, 24 characters: 163 random bits in the form of Seam's.
fn generate() -> Result<Secret, getrandom::Error> {
    let random = random_characters(28)?;
    // The shape of Seam's test keys, so that tools recognise it as a secret.
    let (first, rest) = random.split_at(4);
    Ok(Secret::new(format!("seam_test{first}_{rest}")))
}

fn random_characters(count: usize) -> Result<String, getrandom::Error> {
    let mut text = String::with_capacity(count);
    while text.len() < count {
        let mut bytes = [0; 64];
        getrandom::fill(&mut bytes)?;
        let missing = count - text.len();
        // 232 is a multiple of 58: bytes from there on would favour the first characters.
        let fair = bytes.iter().filter(|byte| **byte < 232);
        let characters = fair.map(|byte| char::from(BASE58[usize::from(*byte) % BASE58.len()]));
        text.extend(characters.take(missing));
    }
    Ok(text)
}

/// The size limit of a key file in bytes.
const KEY_LIMIT: u64 = 64 * 1024;

/// The size limit of a configuration in bytes.
const CONFIG_LIMIT: u64 = 1024 * 1024;

const VARIABLE: &str = "ACCESS_GROUPS_API_KEY";

/// Letters and digits that are easy to tell apart.
const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

#[cfg(test)]
mod tests {
    use super::*;

    fn check_size(bytes: u64, limit: u64, accepted: bool) {
        let source = io::repeat(b'a').take(bytes);
        let read = read_limited(source, limit);
        assert_eq!(read.is_ok(), accepted, "{bytes} bytes");
    }

    #[test]
    fn files_above_their_size_limit_are_refused() {
        check_size(64 * 1024, KEY_LIMIT, true);
        check_size(64 * 1024 + 1, KEY_LIMIT, false);
        check_size(u64::MAX, KEY_LIMIT, false);
        check_size(1024 * 1024, CONFIG_LIMIT, true);
        check_size(1024 * 1024 + 1, CONFIG_LIMIT, false);
    }

    #[test]
    fn missing_key_file_is_a_missing_credential() {
        let refused = read(Path::new("none.key")).expect_err("none");
        assert_eq!(refused.exit(), Exit::CredentialRefused);
        assert!(refused.to_string().contains("hint: name a"), "{refused}");
    }

    #[test]
    fn file_in_utf_16_is_told() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), b"\xff\xfes\0e\0a\0m\0_\0a\0").expect("written");
        let refused = read(file.path()).expect_err("UTF-16");
        assert!(refused.to_string().contains("UTF-16"), "{refused}");
    }

    #[cfg(unix)]
    #[test]
    fn readers_of_a_configuration_are_detected() {
        use std::{fs, os::unix::fs::PermissionsExt};
        let file = tempfile::NamedTempFile::new().expect("a file");
        for (mode, expected) in [(0o600, false), (0o640, true), (0o604, true), (0o711, false)] {
            let permissions = fs::Permissions::from_mode(mode);
            fs::set_permissions(file.path(), permissions).expect("set");
            let read = read_config(file.path()).expect("readable");
            assert_eq!(read.others_may_read, expected, "{mode:o}");
        }
    }

    #[test]
    fn a_key_for_the_name_of_a_file_is_not_repeated() {
        for read in [
            read(Path::new("seam_swordfish")).map(drop),
            Keys::find(Some(Path::new("seam_swordfish")), |_| None).map(drop),
        ] {
            let refused = read.expect_err("no file").to_string();
            assert!(!refused.contains("swordfish"), "{refused}");
            assert!(refused.contains("looks like a key"), "{refused}");
        }
        assert_eq!(
            shown(Path::new("keys/seam_north.key")),
            "keys/seam_north.key"
        );
    }

    fn exposed(keys: &Keys) -> Vec<&str> {
        keys.iter().map(Secret::expose).collect()
    }

    #[test]
    fn generated_keys_are_valid_and_differ() {
        let keys = Keys::find(None, |_| None).expect("a key");
        assert!(keys.are_generated());
        let key = exposed(&keys)[0];
        assert_eq!(key.len(), "seam_testFjxz_3tNVqTzxFMVZJgyUjvDmzBqy".len());
        Credential::api_key(key).expect("acceptable");
        assert!(keys.note().is_some_and(|note| note.contains(key)));
        let other = Keys::find(None, |_| None).expect("another");
        assert_ne!(exposed(&other)[0], key);
    }

    #[test]
    fn given_key_is_never_shown() {
        let keys = Keys::find(None, |_| Some("\u{feff} seam_swordfish\n".into())).expect("a key");
        assert_eq!(exposed(&keys), ["seam_swordfish"]);
        let shown = format!("{keys:?} {:?} {}", keys.note(), keys.authorization());
        assert!(!shown.contains("swordfish"), "{shown}");
    }

    #[test]
    fn key_file_has_one_key_per_line() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        // As Notepad saves it: with a byte order mark.
        std::fs::write(file.path(), "\u{feff}seam_one\r\n\n  seam_two\n").expect("written");
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
    fn key_file_without_valid_keys_is_refused() {
        check("");
        check("\n \n");
        check("seam_one\nswordfish\n");
        check("seam_at1_swordfish");
    }
}
