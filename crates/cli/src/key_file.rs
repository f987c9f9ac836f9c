//! Reads a key from a file or stdin: argv is for everybody to see.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use access_groups_protocol::Secret;

use crate::failure::Failure;

/// The text of the file, or of stdin for `-`, at most 64 KiB. What goes wrong is told without
/// a word of it.
pub(crate) fn read(path: &Path) -> Result<Secret, Failure> {
    let text = if path == Path::new("-") {
        read_limited(io::stdin().lock())
    } else {
        File::open(path).and_then(read_limited)
    };
    text.map_err(|error| {
        Failure::failed(format!("the key file {} cannot be read", path.display())).caused_by(&error)
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
