//! A site in memory that came from a file, and may go back to it.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use access_groups_in_memory::{InMemory, State};

use crate::{
    failure::Failure,
    site_file::{self, SiteFile},
};

/// A loaded site file: what `memory:` and `file:` have in common.
#[derive(Debug)]
pub(crate) struct Site {
    memory: InMemory,
    file: Option<SiteFile>,
    /// The revision that the file holds.
    saved: Mutex<u64>,
}

impl Site {
    /// Reads the file once and never touches it again.
    pub(crate) fn load(path: &Path) -> Result<Self, Failure> {
        Self::read(path, path, None, from_json)
    }

    /// Locks the file, reads it, and writes to it when told to [`save`](Self::save).
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        Self::open_as(path, from_json)
    }

    /// The same, but the text is read by `parse`.
    pub(crate) fn open_as(
        path: &Path,
        parse: impl FnOnce(&str) -> Parsed,
    ) -> Result<Self, Failure> {
        let file = SiteFile::open(path)?;
        let resolved = file.path().to_owned();
        Self::read(&resolved, path, Some(file), parse)
    }

    /// The groups.
    pub(crate) fn memory(&self) -> &InMemory {
        &self.memory
    }

    /// Whether a change outlives the process.
    pub(crate) fn keeps_changes(&self) -> bool {
        self.file.is_some()
    }

    /// Writes the file, if there is one and anything has changed since it was last written.
    pub(crate) fn save(&self) -> Result<(), Failure> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let mut saved = self.saved.lock().unwrap_or_else(PoisonError::into_inner);
        if self.memory.read(State::revision) == *saved {
            return Ok(());
        }
        let state = self.memory.snapshot();
        file.write(&state.to_site_json())?;
        *saved = state.revision();
        Ok(())
    }

    fn read(
        path: &Path,
        shown: &Path,
        file: Option<SiteFile>,
        parse: impl FnOnce(&str) -> Parsed,
    ) -> Result<Self, Failure> {
        let text = site_file::read(path)?;
        let state = parse(&text).map_err(|error| {
            Failure::failed(format!("{}: {error}", shown.display())).with_hint(site_file::DAMAGED)
        })?;
        Ok(Self {
            saved: Mutex::new(state.revision()),
            memory: InMemory::new(state),
            file,
        })
    }
}

/// The state that a text describes, or what is wrong with the text.
type Parsed = Result<State, String>;

fn from_json(text: &str) -> Parsed {
    State::from_site_json(text).map_err(|error| error.to_string())
}
