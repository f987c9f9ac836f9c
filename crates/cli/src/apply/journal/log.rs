//! Lines that are on the disk soon, without a sync for each.

use std::{
    fs::File,
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

/// What lines are written to.
pub(super) trait Disk: Send + Sync + 'static {
    fn write(&self, line: &[u8]) -> io::Result<()>;
    /// Waits until what was written is on the disk.
    fn sync(&self) -> io::Result<()>;
}

impl Disk for File {
    fn write(&self, line: &[u8]) -> io::Result<()> {
        let mut file = self;
        file.write_all(line)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}

/// Lines for a disk. After the first failure nothing is written any more: behind half a line, nothing
/// could be read.
pub(super) struct Log<D> {
    shared: Arc<Shared<D>>,
    syncing: Option<JoinHandle<()>>,
}

struct Shared<D> {
    disk: D,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    unsynced: usize,
    is_over: bool,
    error: Option<io::ErrorKind>,
}

impl<D: Disk> Log<D> {
    pub(super) fn new(disk: D) -> Self {
        let shared = Arc::new(Shared {
            disk,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let syncing = Arc::clone(&shared);
        // Without the thread, every line waits for the disk itself.
        let syncing = thread::Builder::new().spawn(move || syncing.sync_now_and_then());
        Self {
            shared,
            syncing: syncing.ok(),
        }
    }

    pub(super) fn append(&self, line: &[u8]) -> io::Result<()> {
        let mut state = self.shared.lock();
        state.check()?;
        self.shared
            .disk
            .write(line)
            .or_else(|error| state.fail(&error))?;
        if self.syncing.is_none() {
            return self.shared.disk.sync().or_else(|error| state.fail(&error));
        }
        state.unsynced += 1;
        self.shared.changed.notify_all();
        while state.unsynced >= LINES && state.error.is_none() {
            state = self.shared.wait(state);
        }
        state.check()
    }

    /// Waits until every line is on the disk.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.end();
        self.shared.lock().check()
    }

    fn end(&mut self) {
        self.shared.lock().is_over = true;
        self.shared.changed.notify_all();
        if let Some(syncing) = self.syncing.take() {
            let _ = syncing.join();
        }
    }
}

impl<D> Drop for Log<D> {
    fn drop(&mut self) {
        let mut state = self
            .shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        state.is_over = true;
        drop(state);
        self.shared.changed.notify_all();
        if let Some(syncing) = self.syncing.take() {
            let _ = syncing.join();
        }
    }
}

impl State {
    fn check(&self) -> io::Result<()> {
        match self.error {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }

    fn fail(&mut self, error: &io::Error) -> io::Result<()> {
        self.error = Some(error.kind());
        self.check()
    }
}

impl<D: Disk> Shared<D> {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        let waited = self.changed.wait(state);
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    fn sync_now_and_then(&self) {
        let mut state = self.lock();
        loop {
            while state.unsynced == 0 && !state.is_over {
                state = self.wait(state);
            }
            let waits = |state: &mut State| state.unsynced < LINES && !state.is_over;
            let waited = self.changed.wait_timeout_while(state, INTERVAL, waits);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            let (lines, is_over) = (state.unsynced, state.is_over);
            drop(state);
            let synced = match lines {
                0 => Ok(()),
                _ => self.disk.sync(),
            };
            state = self.lock();
            state.unsynced -= lines;
            if let Err(error) = synced {
                // After a failed sync, a second one may succeed without having written anything.
                let _ = state.fail(&error);
            }
            self.changed.notify_all();
            if (is_over && state.unsynced == 0) || state.error.is_some() {
                return;
            }
        }
    }
}

/// So many lines wait for the disk at most.
const LINES: usize = 256;

/// For so long.
const INTERVAL: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use super::*;

    /// Counts, and fails when it is told to.
    #[derive(Default)]
    struct Fake {
        written: AtomicUsize,
        synced: AtomicUsize,
        fails_to_write: AtomicBool,
        fails_to_sync: AtomicBool,
    }

    impl Disk for Arc<Fake> {
        fn write(&self, _: &[u8]) -> io::Result<()> {
            if self.fails_to_write.load(Ordering::SeqCst) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.written.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }

        fn sync(&self) -> io::Result<()> {
            if self.fails_to_sync.load(Ordering::SeqCst) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let written = self.written.load(Ordering::SeqCst);
            self.synced.store(written, Ordering::SeqCst);
            Ok(())
        }
    }

    #[test]
    fn every_line_is_on_the_disk_in_the_end() {
        let disk = Arc::new(Fake::default());
        let log = Log::new(Arc::clone(&disk));
        for _ in 0..10 {
            log.append(b"line").expect("a disk");
        }
        log.finish().expect("a disk");
        assert_eq!(disk.synced.load(Ordering::SeqCst), 10);
    }

    #[test]
    fn no_more_than_256_lines_wait() {
        let disk = Arc::new(Fake::default());
        let log = Log::new(Arc::clone(&disk));
        for line in 1..=2000 {
            log.append(b"line").expect("a disk");
            let waiting = line - disk.synced.load(Ordering::SeqCst);
            assert!(waiting < LINES, "{waiting}");
        }
    }

    #[test]
    fn lines_are_synced_without_further_ones() {
        let disk = Arc::new(Fake::default());
        let log = Log::new(Arc::clone(&disk));
        log.append(b"line").expect("a disk");
        let mut state = log.shared.lock();
        while state.unsynced > 0 {
            state = log.shared.wait(state);
        }
        assert_eq!(disk.synced.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn nothing_is_written_behind_half_a_line() {
        let disk = Arc::new(Fake::default());
        let log = Log::new(Arc::clone(&disk));
        log.append(b"line").expect("a disk");
        disk.fails_to_write.store(true, Ordering::SeqCst);
        log.append(b"half a line").expect_err("full");
        disk.fails_to_write.store(false, Ordering::SeqCst);
        log.append(b"line").expect_err("as before");
        assert_eq!(disk.written.load(Ordering::SeqCst), 1);
        log.finish().expect_err("as before");
    }

    #[test]
    fn who_waits_for_the_disk_hears_that_it_failed() {
        let disk = Arc::new(Fake::default());
        disk.fails_to_sync.store(true, Ordering::SeqCst);
        let log = Log::new(Arc::clone(&disk));
        let mut lines = (0..LINES).map(|_| log.append(b"line"));
        assert!(lines.any(|line| line.is_err()));
        log.finish().expect_err("as before");
    }
}
