//! Ctrl-C and its kin during a command that runs once.

use std::sync::{Mutex, PoisonError};

use crate::{
    args::{Command, Users},
    exit::Exit,
    failure::Failure,
    output, site_file,
};

/// From now on, Ctrl-C, `SIGTERM` and `SIGHUP` end the process with 130: before a save or
/// after it, never in the middle.
pub(crate) fn watch(command: &Command) -> Result<(), Failure> {
    from_now_on(meanwhile(command));
    ctrlc::set_handler(|| {
        let note = NOTE.lock().unwrap_or_else(PoisonError::into_inner).clone();
        stop(&note);
    })
    .map_err(|error| Failure::failed("signals cannot be watched").caused_by(&error))
}

/// What an interruption means from now on.
pub(crate) fn from_now_on(note: impl Into<String>) {
    *NOTE.lock().unwrap_or_else(PoisonError::into_inner) = note.into();
}

/// Ends the process with 130 once no save is running.
pub(crate) fn stop(note: &str) -> ! {
    end(&site_file::SAVING, note, || Exit::Interrupted.now())
}

fn end<T>(saving: &Mutex<()>, note: &str, exit: impl FnOnce() -> T) -> T {
    site_file::alone(saving, || {
        output::to_stderr(note);
        exit()
    })
}

/// What an interruption means while the command does not know better.
fn meanwhile(command: &Command) -> &'static str {
    match command {
        Command::Add(_)
        | Command::Remove(_)
        | Command::Users(Users::Suspend { .. } | Users::Unsuspend { .. }) => {
            "interrupted: the change may or may not have been made; repeating the command is safe"
        }
        Command::Import(_) => "interrupted: the site is imported whole, or not at all",
        _ => "interrupted",
    }
}

/// What is said when the process is interrupted.
static NOTE: Mutex<String> = Mutex::new(String::new());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_ends_while_nothing_is_saved() {
        let saving = Mutex::new(());
        let no_save_can_run = end(&saving, "(from a test)", || saving.try_lock().is_err());
        assert!(no_save_can_run);
    }
}
