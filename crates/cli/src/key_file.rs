//! Reads a key from a file or stdin: argv is for everybody to see.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use access_groups_protocol::Secret;

use crate::{exit::Exit, failure::Failure};

/// The text of the file, or of stdin for `-`, at most 64 KiB. What goes wrong is told without
/// a word of it.
pub(crate) fn read(path: &Path) -> Result<Secret, Failure> {
    let text = if path == Path::new("-") {
        read_limited(io::stdin().lock())
    } else {
        File::open(path).and_then(read_limited)
    };
    text.map_err(|error| {
        let message = format!("the key file {} cannot be read", path.display());
        Failure::new(Exit::CredentialRefused, message)
            .caused_by(&error)
            .with_hint("name a small text file that you may read with --api-key-file; `-` is stdin")
    })
}

fn read_limited(source: impl Read) -> io::Result<Secret> {
    let mut text = String::new();
    source.take(LIMIT + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LIMIT {
        return Err(io::Error::other("it is too large for a key file"));
    }
    Ok(Secret::new(text))
}

/// How many bytes a key file may have.
const LIMIT: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: u64, accepted: bool) {
        let source = io::repeat(b'a').take(bytes);
        assert_eq!(read_limited(source).is_ok(), accepted, "{bytes} bytes");
    }

    #[test]
    fn a_key_file_has_at_most_64_kib() {
        check(64 * 1024, true);
        check(64 * 1024 + 1, false);
        check(u64::MAX, false);
    }

    #[test]
    fn a_file_that_is_not_there_is_a_missing_credential() {
        let refused = read(Path::new("none.key")).expect_err("none");
        assert_eq!(refused.exit(), Exit::CredentialRefused);
        assert!(refused.to_string().contains("hint: name a"), "{refused}");
    }
}
