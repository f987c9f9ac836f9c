//! Secrets: read from a file or stdin, never from an argument, which everybody on the machine can
//! read.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read},
    path::Path,
};

use access_groups_core::{file_text, without_mark};
use access_groups_protocol::Secret;

use crate::{
    failure::{Exit, Failure},
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
    text.map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
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
        .caused_by(error)
        .with_hint(hint)
}

/// The text of a server's key file, at most 64 KiB.
pub(crate) fn read_of_server(path: &Path, reading: Reading) -> Result<SecretFile, Failure> {
    if path == Path::new("-") {
        return Ok(SecretFile {
            text: read(path)?,
            others_may_read: false,
        });
    }
    read_once(path, KEY_LIMIT, reading).map_err(|error| unreadable(path, &error))
}

/// The name of a key file in a message, unless somebody has given a key for it.
pub(crate) fn shown(path: &Path) -> String {
    let name = path.to_string_lossy();
    match looks_like_a_credential(&name) {
        true => "[redacted]".to_owned(),
        false => name.into_owned(),
    }
}

/// When a file of a server is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// At the start, also from a pipe without a name: `<(command)` of a shell.
    First,
    /// Later: what can be read only once is refused.
    Again,
}

/// A file that may hold secrets.
#[derive(Debug)]
pub(crate) struct SecretFile {
    pub(crate) text: Secret,
    /// Whether users other than the owner may read it, if that is known.
    pub(crate) others_may_read: bool,
}

/// The text of a configuration, at most 1 MiB.
pub(crate) fn read_config(path: &Path, reading: Reading) -> Result<SecretFile, Failure> {
    read_once(path, CONFIG_LIMIT, reading).map_err(|error| {
        let message = format!("the configuration {} cannot be read", path.display());
        Failure::failed(message)
            .caused_by(&error)
            .with_hint("name a JSON file that you may read with --config")
    })
}

fn read_once(path: &Path, limit: u64, reading: Reading) -> io::Result<SecretFile> {
    // Before it is opened: a named pipe would wait for a writer.
    let found = fs::metadata(path)?;
    let is_nameless = || found_is_pipe(&found) && fs::canonicalize(path).is_err();
    let can_be_read = found.is_file() || (reading == Reading::First && is_nameless());
    if !can_be_read && !found.is_dir() {
        let message = "it is not a regular file";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let file = File::open(path)?;
    Ok(SecretFile {
        others_may_read: found.is_file() && others_may_read(&file.metadata()?),
        text: read_limited(file, limit)?,
    })
}

#[cfg(unix)]
fn found_is_pipe(found: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    found.file_type().is_fifo()
}

#[cfg(not(unix))]
fn found_is_pipe(_: &Metadata) -> bool {
    false
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

/// The size limit of a key file in bytes.
const KEY_LIMIT: u64 = 64 * 1024;

/// The size limit of a configuration in bytes.
const CONFIG_LIMIT: u64 = 1024 * 1024;

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
            let read = read_config(file.path(), Reading::Again).expect("readable");
            assert_eq!(read.others_may_read, expected, "{mode:o}");
        }
    }

    #[test]
    fn a_key_for_the_name_of_a_file_is_not_repeated() {
        let path = Path::new("seam_swordfish");
        for read in [
            read(path).map(drop),
            read_of_server(path, Reading::First).map(drop),
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

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_refused_without_waiting() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.expect("mkfifo runs").success());
        for path in [&*pipe, Path::new("/dev/zero")] {
            for reading in [Reading::First, Reading::Again] {
                let refused = read_of_server(path, reading).expect_err("no file");
                assert!(
                    refused.to_string().contains("not a regular file"),
                    "{refused}"
                );
                assert!(read_config(path, reading).is_err());
            }
        }
    }
}
