//! Reads secrets from a file or stdin: argv is for everybody to see.

use std::{
    fs::{File, Metadata},
    io::{self, Read},
    path::Path,
};

use access_groups_protocol::Secret;

use crate::{exit::Exit, failure::Failure};

/// The text of the file, or of stdin for `-`, at most 64 KiB. What goes wrong is told without
/// a word of it.
pub(crate) fn read(path: &Path) -> Result<Secret, Failure> {
    let text = if path == Path::new("-") {
        read_limited(io::stdin().lock(), LIMIT)
    } else {
        File::open(path).and_then(|file| read_limited(file, LIMIT))
    };
    text.map_err(|error| {
        let message = format!("the key file {} cannot be read", path.display());
        Failure::new(Exit::CredentialRefused, message)
            .caused_by(&error)
            .with_hint("name a small text file that you may read with --api-key-file; `-` is stdin")
    })
}

/// A configuration: it may hold secrets.
#[derive(Debug)]
pub(crate) struct ConfigFile {
    pub(crate) text: Secret,
    /// Whether users of this machine other than the owner may read it, as far as is known.
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
    let mut text = String::new();
    source.take(limit + 1).read_to_string(&mut text)?;
    if text.len() as u64 > limit {
        return Err(io::Error::other("it is too large for what it should hold"));
    }
    Ok(Secret::new(text))
}

#[cfg(unix)]
fn others_may_read(file: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.permissions().mode() & 0o044 != 0
}

#[cfg(not(unix))]
fn others_may_read(_: &Metadata) -> bool {
    false
}

/// How many bytes a key file may have.
const LIMIT: u64 = 64 * 1024;

/// How many bytes a configuration may have.
const CONFIG_LIMIT: u64 = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: u64, limit: u64, accepted: bool) {
        let source = io::repeat(b'a').take(bytes);
        let read = read_limited(source, limit);
        assert_eq!(read.is_ok(), accepted, "{bytes} bytes");
    }

    #[test]
    fn a_key_file_has_at_most_64_kib_and_a_configuration_1_mib() {
        check(64 * 1024, LIMIT, true);
        check(64 * 1024 + 1, LIMIT, false);
        check(u64::MAX, LIMIT, false);
        check(1024 * 1024, CONFIG_LIMIT, true);
        check(1024 * 1024 + 1, CONFIG_LIMIT, false);
    }

    #[test]
    fn a_file_that_is_not_there_is_a_missing_credential() {
        let refused = read(Path::new("none.key")).expect_err("none");
        assert_eq!(refused.exit(), Exit::CredentialRefused);
        assert!(refused.to_string().contains("hint: name a"), "{refused}");
    }

    #[cfg(unix)]
    #[test]
    fn who_may_read_a_configuration_is_told() {
        use std::{fs, os::unix::fs::PermissionsExt};
        let file = tempfile::NamedTempFile::new().expect("a file");
        for (mode, expected) in [(0o600, false), (0o640, true), (0o604, true), (0o711, false)] {
            let permissions = fs::Permissions::from_mode(mode);
            fs::set_permissions(file.path(), permissions).expect("set");
            let read = read_config(file.path()).expect("readable");
            assert_eq!(read.others_may_read, expected, "{mode:o}");
        }
    }
}
