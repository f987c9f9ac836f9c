//! Ctrl-C and other signals, during a command that runs once and while serving.

use std::{
    io,
    sync::{Mutex, PoisonError, RwLock, RwLockWriteGuard, TryLockError},
    thread,
    time::{Duration, Instant},
};

use access_groups_core::CancelToken;
use tokio::{runtime::Builder, sync::watch};

use crate::{
    args::{Command, Listed, Users},
    failure::{Exit, Failure},
    output, waiting,
};

/// From now on, Ctrl-C, `SIGTERM` and `SIGHUP` end the process with 130: before a save or
/// after it, never in the middle.
pub(crate) fn watch(command: &Command) -> Result<(), Failure> {
    set_note(initial_note(command));
    // The handler runs on a thread of its own, so it may lock and print.
    ctrlc::set_handler(|| {
        let stop = STOP.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(stop) = stop {
            stop.cancel();
            waiting::clear();
            output::to_stderr("stopping: open calls are finished; a second signal ends at once");
            return;
        }
        let note = NOTE.lock().unwrap_or_else(PoisonError::into_inner).clone();
        end(&note);
    })
    .map_err(|error| Failure::failed("signals cannot be watched").caused_by(&error))
}

/// Sets the text for stderr if the process is interrupted from now on.
pub(crate) fn set_note(note: impl Into<String>) {
    *NOTE.lock().unwrap_or_else(PoisonError::into_inner) = note.into();
}

/// From now on, the first signal cancels this token instead, for a command that finishes its open calls
/// and says what is done; the second one ends the process. It ends when the value is dropped.
pub(crate) fn stop_with(token: CancelToken) -> Stopping {
    *STOP.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
    Stopping
}

/// As long as it exists, the first signal stops the command gently.
pub(crate) struct Stopping;

impl Drop for Stopping {
    fn drop(&mut self) {
        STOP.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Runs a save that no signal may cut off: the process ends before it or after it. Saves of other
/// sites may run at the same time, so that no site waits for the disk of another.
pub(crate) fn while_saving<T>(save: impl FnOnce() -> T) -> T {
    shared(&SAVING, save)
}

fn shared<T>(saving: &RwLock<()>, save: impl FnOnce() -> T) -> T {
    let _guard = saving.read().unwrap_or_else(PoisonError::into_inner);
    save()
}

/// Ends the process with 130 once no save is running.
fn end(note: &str) -> ! {
    end_with(&SAVING, note, || Exit::Interrupted.now())
}

fn end_with<T>(saving: &RwLock<()>, note: &str, exit: impl FnOnce() -> T) -> T {
    let _guard = saving.write().unwrap_or_else(PoisonError::into_inner);
    waiting::clear();
    output::to_stderr(note);
    exit()
}

/// The note until the command sets a more precise one.
fn initial_note(command: &Command) -> &'static str {
    match command {
        Command::Add(_)
        | Command::Remove(_)
        | Command::Grant(_)
        | Command::Revoke(_)
        | Command::Users(Listed {
            command: Some(Users::Suspend { .. } | Users::Unsuspend { .. }),
            ..
        }) => {
            "interrupted: the change may or may not have been made; repeating the command is safe"
        }
        Command::Import(_) => "interrupted: nothing was imported",
        _ => "interrupted",
    }
}

/// Signals while serving, watched by a thread of their own: whatever the server waits for, a
/// second Ctrl-C or `SIGTERM` ends the process, unless it comes together with the first.
#[derive(Debug, Clone)]
pub(crate) struct ServeSignals {
    stops: watch::Receiver<bool>,
    reloads: watch::Receiver<u64>,
}

impl ServeSignals {
    /// From now on, the signals do what this value says, until the end of the process. At a second
    /// one, `cut_off` says what is lost, and with which code the process ends. It is given a wait for the
    /// save that is running: after it no save begins, unless that one takes too long.
    pub(crate) fn watch(
        cut_off: impl FnOnce(&mut dyn FnMut()) -> Exit + Send + 'static,
    ) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let mut received = {
            let _guard = runtime.enter();
            Received::watch()?
        };
        let (stop, stops) = watch::channel(false);
        let (reload, reloads) = watch::channel(0);
        let watching = async move {
            let mut stops = Stops::default();
            loop {
                match received.next().await {
                    Signal::Reload => reload.send_modify(|count| *count += 1),
                    Signal::Stop => match stops.next(Instant::now()) {
                        Stop::First => stop.send_modify(|is_sent| *is_sent = true),
                        Stop::Repeated => {}
                        Stop::Second => {
                            let mut guard = None;
                            let exit = cut_off(&mut || guard = exclusive(&SAVING, SAVE_PATIENCE));
                            exit.now();
                        }
                    },
                }
            }
        };
        let thread = thread::Builder::new().name("signals".to_owned());
        thread.spawn(move || runtime.block_on(watching))?;
        Ok(Self { stops, reloads })
    }

    /// Completes at the first Ctrl-C or `SIGTERM`, also if that came before the call.
    pub(crate) async fn stop(mut self) {
        // The thread ends with the process only.
        let _ = self.stops.wait_for(|is_sent| *is_sent).await;
    }

    /// Completes at the next `SIGHUP`; all that came since the last call count as one.
    pub(crate) async fn reload(&mut self) {
        let _ = self.reloads.changed().await;
    }
}

/// What a signal asks a server for.
enum Signal {
    Stop,
    Reload,
}

/// Tells a second wish to stop from the first one, told twice: a terminal and a supervisor signal the
/// process and its group, or two signals one after the other.
#[derive(Debug, Default)]
struct Stops {
    first: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    First,
    /// The first one, told again.
    Repeated,
    Second,
}

impl Stops {
    fn next(&mut self, now: Instant) -> Stop {
        match self.first {
            None => {
                self.first = Some(now);
                Stop::First
            }
            Some(first) if now.duration_since(first) < REPEATED_WITHIN => Stop::Repeated,
            Some(_) => Stop::Second,
        }
    }
}

#[cfg(unix)]
struct Received {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Received {
    fn watch() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Stop,
            _ = self.terminate.recv() => Signal::Stop,
            _ = self.hang_up.recv() => Signal::Reload,
        }
    }
}

/// Ctrl-C; watched from the first wait on.
#[cfg(not(unix))]
struct Received;

#[cfg(not(unix))]
impl Received {
    fn watch() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Signal {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Signal::Stop
    }
}

/// Keeps saves from beginning, once none is running. A disk that hangs is not waited for: a save that is
/// cut off leaves the old text, or the new one.
fn exclusive(saving: &RwLock<()>, patience: Duration) -> Option<RwLockWriteGuard<'_, ()>> {
    let until = Instant::now() + patience;
    loop {
        match saving.try_write() {
            Ok(guard) => break Some(guard),
            Err(TryLockError::Poisoned(guard)) => break Some(guard.into_inner()),
            Err(TryLockError::WouldBlock) if Instant::now() > until => break None,
            Err(TryLockError::WouldBlock) => thread::sleep(SAVE_PAUSE),
        }
    }
}

/// A stop this soon after the first is the same one.
const REPEATED_WITHIN: Duration = Duration::from_millis(500);

/// How long a second signal waits for a save.
const SAVE_PATIENCE: Duration = Duration::from_secs(2);

/// How long it waits before it looks at the save again.
const SAVE_PAUSE: Duration = Duration::from_millis(5);

/// What the next signal cancels, instead of ending the process.
static STOP: Mutex<Option<CancelToken>> = Mutex::new(None);

/// The text for stderr when the process is interrupted.
static NOTE: Mutex<String> = Mutex::new(String::new());

/// Read during a save, and written to end the process.
static SAVING: RwLock<()> = RwLock::new(());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_ends_while_nothing_is_saved() {
        let saving = RwLock::new(());
        let no_save_can_run = end_with(&saving, "(from a test)", || saving.try_read().is_err());
        assert!(no_save_can_run);
    }

    #[test]
    fn save_runs_while_process_cannot_end() {
        let saving = RwLock::new(());
        assert!(shared(&saving, || saving.try_write().is_err()));
        assert!(saving.try_write().is_ok());
    }

    #[test]
    fn a_stop_told_twice_is_one() {
        let (mut stops, start) = (Stops::default(), Instant::now());
        for (after, expected) in [
            (0, Stop::First),
            (0, Stop::Repeated),
            (50, Stop::Repeated),
            (499, Stop::Repeated),
            (500, Stop::Second),
        ] {
            let stop = stops.next(start + Duration::from_millis(after));
            assert_eq!(stop, expected, "{after} ms after the first");
        }
    }

    #[test]
    fn save_waits_for_no_other_save() {
        let saving = RwLock::new(());
        assert!(shared(&saving, || saving.try_read().is_ok()));
    }
}
