//! A site that is served: calls reach its memory, and its file is saved now and then.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
    thread,
    time::{Duration, Instant},
};

use access_groups_core::AccessGroupPort;
use access_groups_file::SiteFile;
use access_groups_in_memory::InMemory;
use tokio::sync::oneshot;

use super::saving::{Gate, Guard, Saved, Saves};
use crate::{failure::Failure, signals, store};

/// A site in memory, with its file if changes are kept.
#[derive(Debug)]
pub(crate) struct Site {
    store: Store,
    gate: Arc<Gate>,
    /// How long reading the file took, and writing it before the start: about as long as a save.
    read: Duration,
    tried: OnceLock<Duration>,
}

#[derive(Debug)]
enum Store {
    /// Changes end with the process, and nothing claims that they are saved.
    Memory(InMemory),
    File(SiteFile),
}

impl Site {
    pub(super) fn in_memory(memory: InMemory) -> Self {
        Self::of(Store::Memory(memory), Duration::ZERO)
    }

    /// Locks a site file and loads it.
    pub(super) fn open(path: &Path, lock_timeout: Duration) -> Result<Self, Failure> {
        let begun = Instant::now();
        let file = store::open_site(path, lock_timeout)?;
        Ok(Self::of(Store::File(file), begun.elapsed()))
    }

    fn of(store: Store, read: Duration) -> Self {
        Self {
            store,
            gate: Arc::default(),
            read,
            tried: OnceLock::new(),
        }
    }

    /// The state of the site.
    pub(super) fn memory(&self) -> &InMemory {
        match &self.store {
            Store::Memory(memory) => memory,
            Store::File(file) => file.memory(),
        }
    }

    /// The absolute path of the file, if there is one, with symbolic links resolved.
    pub(super) fn path(&self) -> Option<&Path> {
        match &self.store {
            Store::Memory(_) => None,
            Store::File(file) => Some(file.path()),
        }
    }

    /// The port, which is one of this site's: while the file cannot be saved, changes are refused.
    pub(super) fn guarded(&self, port: Arc<dyn AccessGroupPort>) -> Arc<dyn AccessGroupPort> {
        match &self.store {
            Store::Memory(_) => port,
            Store::File(_) => Arc::new(Guard::new(port, Arc::clone(&self.gate))),
        }
    }

    /// Finds out whether the file, if there is one, can be saved.
    pub(super) fn try_saving(&self) -> Result<(), Failure> {
        let Store::File(file) = &self.store else {
            return Ok(());
        };
        let begun = Instant::now();
        let tried = file.try_saving();
        let _ = self.tried.set(begun.elapsed());
        store::warn(file);
        tried.map_err(store::site_failure)
    }

    /// Writes the file, if there is one and anything has changed since it was last written. Answers
    /// how many changes that has saved.
    fn save(&self) -> Saved {
        let Store::File(file) = &self.store else {
            return Ok(0);
        };
        // A second signal must not end the process in the middle of a save.
        let saved = signals::while_saving(|| file.save());
        store::warn(file);
        saved.map_err(store::site_failure)
    }
}

impl Saves for Site {
    fn is_kept(&self) -> bool {
        matches!(self.store, Store::File(_))
    }

    fn label(&self) -> String {
        let path = self.path().map(|path| path.display().to_string());
        path.unwrap_or_default()
    }

    fn unsaved(&self) -> u64 {
        match &self.store {
            Store::Memory(_) => 0,
            Store::File(file) => file.unsaved(),
        }
    }

    fn usual(&self) -> Duration {
        self.read + self.tried.get().copied().unwrap_or_default()
    }

    fn gate(&self) -> &Gate {
        &self.gate
    }

    /// On a thread of its own: a disk may hang, and neither the runtime nor the end waits for it.
    fn begin_save(self: Arc<Self>) -> oneshot::Receiver<Saved> {
        let (done, result) = oneshot::channel();
        let saving = move || {
            let saved = self.save();
            drop(self); // whoever hears of the end may close the site
            let _ = done.send(saved); // nobody may be waiting any more
        };
        match thread::Builder::new().name("save".to_owned()).spawn(saving) {
            Ok(_) => result,
            Err(error) => {
                let (done, result) = oneshot::channel();
                let failure = Failure::failed("there is no thread to save with");
                let _ = done.send(Err(failure.caused_by(&error)));
                result
            }
        }
    }
}
