//! Ctrl-C and its kin during a command that runs once.

use std::sync::Mutex;

use crate::{exit::Exit, failure::Failure, output, site_file};

/// From now on, Ctrl-C, `SIGTERM` and `SIGHUP` end the process with 130: before a save or
/// after it, never in the middle.
pub(crate) fn watch(changes_state: bool) -> Result<(), Failure> {
    let note = if changes_state {
        "interrupted: the change may or may not have been made; repeating the command is safe"
    } else {
        "interrupted"
    };
    ctrlc::set_handler(move || stop(note))
        .map_err(|error| Failure::failed("signals cannot be watched").caused_by(&error))
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
