//! Whether a text is one of ours, without keeping the text.

use std::{
    fmt,
    fs::{File, Metadata},
    io,
    path::Path,
};

use rapidhash::v3::{rapidhash_v3, rapidhash_v3_file};

/// A fingerprint of a text.
///
/// The text itself decides, not the times of the file: whoever writes the same length twice within one
/// tick of the file system's clock leaves no trace in them, and a copy put back leaves one for nothing.
/// The hash is fast and no secret. It need not resist attacks: whoever may write the file could only
/// lose a text of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Print(u64);

impl Print {
    pub(crate) fn of(text: &[u8]) -> Self {
        Self(rapidhash_v3(text))
    }

    /// That of a file, which is not held in memory.
    pub(crate) fn of_file(path: &Path) -> io::Result<Self> {
        rapidhash_v3_file(File::open(path)?).map(Self)
    }

    #[cfg(test)]
    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }
}

/// 16 hexadecimal digits, as in names of files.
impl fmt::Display for Print {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The site file as it was last read or written here.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) print: Print,
    /// Its mode and owner. Boxed: it is large, and rarely needed.
    pub(crate) like: Box<Metadata>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_print_of_its_text() {
        for length in [0, 1, 100, 10_000, 1_000_000] {
            let text: Vec<u8> = (0..length).map(|place| (place % 251) as u8).collect();
            let file = tempfile::NamedTempFile::new().expect("a file");
            std::fs::write(file.path(), &text).expect("written");
            let print = Print::of_file(file.path()).expect("readable");
            assert_eq!(print, Print::of(&text), "{length}");
            assert_ne!(print, Print::of(&[&text[..], b"\n"].concat()), "{length}");
        }
    }
}
