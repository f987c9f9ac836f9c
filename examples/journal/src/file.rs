//! The file: read line by line at opening, appended to afterwards.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    path::Path,
};

use crate::{change::Change, state::State};

/// Why a journal cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file cannot be opened, read or locked.
    #[error("the journal cannot be opened")]
    Io(#[source] io::Error),
    /// A complete line is not a change of this building.
    #[error("line {line} of the journal is malformed")]
    Malformed {
        /// The number of the line; the first is 1.
        line: usize,
        /// The reason; "line 1" in its text is this line.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The locked file, and where its last complete line ends.
#[derive(Debug)]
pub(crate) struct JournalFile {
    file: File,
    end: u64,
}

impl JournalFile {
    /// Replays the file, and cuts off an incomplete line that a crash left.
    pub(crate) fn open(path: &Path, state: &mut State) -> Result<Self, OpenError> {
        let mut options = OpenOptions::new();
        let options = options.read(true).append(true).create(true);
        let file = options.open(path).map_err(OpenError::Io)?;
        // Two journals on one file would miss each other's changes.
        file.try_lock()
            .map_err(|error| OpenError::Io(error.into()))?;
        let end = replay(&file, state)?;
        file.set_len(end).map_err(OpenError::Io)?;
        Ok(Self { file, end })
    }

    /// Adds one line, handed to the operating system before this returns.
    pub(crate) fn append(&mut self, change: &Change) -> io::Result<()> {
        let mut line = serde_json::to_vec(change)?;
        line.push(b'\n');
        self.file.set_len(self.end)?; // a write that failed may have left a part of its line
        self.file.write_all(&line)?;
        self.file.flush()?;
        self.end += line.len() as u64;
        Ok(())
    }
}

/// Applies every complete line, and returns where the last one ends. A line without its break is
/// incomplete: the call that wrote it never returned.
fn replay(file: &File, state: &mut State) -> Result<u64, OpenError> {
    let mut reader = BufReader::new(file);
    let (mut line, mut end) = (Vec::new(), 0);
    for number in 1.. {
        line.clear();
        let read = reader.read_until(b'\n', &mut line).map_err(OpenError::Io)?;
        if line.pop() != Some(b'\n') {
            break;
        }
        replay_line(&line, state).map_err(|source| OpenError::Malformed {
            line: number,
            source,
        })?;
        end += read as u64;
    }
    Ok(end)
}

fn replay_line(
    line: &[u8],
    state: &mut State,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let change: Change = serde_json::from_slice(line)?;
    state.check(&change)?;
    state.apply(change);
    Ok(())
}
