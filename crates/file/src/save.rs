//! The steps of a save, in the order that makes it safe.

use std::io;

/// Why a save failed.
#[derive(Debug)]
pub(crate) enum NotSaved {
    /// The file is as it was.
    Unchanged(io::Error),
    /// The file is replaced, and the disk did not confirm it.
    Unconfirmed(io::Error),
}

/// Replaces the text: readers, also after a crash, find the old text or the new one.
pub(crate) fn save(disk: &mut impl Disk, text: &[u8]) -> Result<(), NotSaved> {
    replace(disk, text).map_err(|error| NotSaved::Unchanged(explained(error)))?;
    disk.sync_directory().map_err(NotSaved::Unconfirmed)
}

/// The error with what people can do about it, where its kind tells.
fn explained(error: io::Error) -> io::Error {
    let kind = error.kind();
    let cause = match kind {
        io::ErrorKind::ResourceBusy => {
            "the file is a mount of its own and cannot be replaced: mount its folder instead"
        }
        io::ErrorKind::StorageFull => "the disk is full: make room on it",
        io::ErrorKind::QuotaExceeded => "the disk quota is used up: make room",
        io::ErrorKind::ReadOnlyFilesystem => {
            "the file system is read-only: mount it for writing, or keep the file elsewhere"
        }
        io::ErrorKind::PermissionDenied => {
            "a save writes a new file and replaces the old one: make the folder and the file \
             writable for this user"
        }
        io::ErrorKind::NotFound => "the folder is gone: put it back",
        _ => return error,
    };
    io::Error::new(kind, format!("{cause} ({error})"))
}

fn replace<D: Disk>(disk: &mut D, text: &[u8]) -> io::Result<()> {
    let mut new = disk.create()?;
    disk.write(&mut new, text)?;
    disk.keep_owner_and_mode(&new)?;
    disk.sync(&new)?;
    // Looked at after the exchange and not before, so that nobody can write in between.
    if let Some(old) = disk.exchange(new)? {
        disk.settle(old);
    }
    Ok(())
}

/// The steps of a save, one by one, so that a test can watch them.
pub(crate) trait Disk {
    /// A temporary file next to the old one, deleted when it is dropped.
    type New;
    /// The file that was at the place of the site, under another name; it is never deleted by itself.
    type Old;

    fn create(&mut self) -> io::Result<Self::New>;
    fn write(&mut self, new: &mut Self::New, text: &[u8]) -> io::Result<()>;
    fn keep_owner_and_mode(&mut self, new: &Self::New) -> io::Result<()>;
    fn sync(&mut self, new: &Self::New) -> io::Result<()>;
    /// Puts the new file in the place of the old one; `None` if nothing is left of that.
    fn exchange(&mut self, new: Self::New) -> io::Result<Option<Self::Old>>;
    /// Deletes the old file if it is the one that is known, else keeps it under a name that tells.
    fn settle(&mut self, old: Self::Old);
    fn sync_directory(&mut self) -> io::Result<()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records the steps, and fails in one of them.
    struct Recorder {
        steps: Vec<&'static str>,
        fails_at: Option<&'static str>,
    }

    impl Recorder {
        fn new(fails_at: Option<&'static str>) -> Self {
            Self {
                steps: Vec::new(),
                fails_at,
            }
        }

        fn step(&mut self, name: &'static str) -> io::Result<()> {
            self.steps.push(name);
            if self.fails_at == Some(name) {
                return Err(io::Error::other("the disk is gone"));
            }
            Ok(())
        }
    }

    impl Disk for Recorder {
        type New = ();
        type Old = ();

        fn create(&mut self) -> io::Result<()> {
            self.step("create")
        }
        fn write(&mut self, (): &mut (), text: &[u8]) -> io::Result<()> {
            assert_eq!(text, b"new");
            self.step("write")
        }
        fn keep_owner_and_mode(&mut self, (): &()) -> io::Result<()> {
            self.step("owner and mode")
        }
        fn sync(&mut self, (): &()) -> io::Result<()> {
            self.step("sync")
        }
        fn exchange(&mut self, (): ()) -> io::Result<Option<()>> {
            self.step("exchange").map(Some)
        }
        fn settle(&mut self, (): ()) {
            self.step("settle").expect("it cannot fail");
        }
        fn sync_directory(&mut self) -> io::Result<()> {
            self.step("sync directory")
        }
    }

    const STEPS: [&str; 7] = [
        "create",
        "write",
        "owner and mode",
        "sync",
        "exchange",
        "settle",
        "sync directory",
    ];

    #[test]
    fn a_text_is_synced_before_it_replaces() {
        let mut disk = Recorder::new(None);
        save(&mut disk, b"new").expect("saved");
        assert_eq!(disk.steps, STEPS);
    }

    #[test]
    fn a_failed_step_is_the_last() {
        let can_fail = |(_, step): &(usize, &str)| *step != "settle";
        for (done, step) in STEPS.into_iter().enumerate().filter(can_fail) {
            let mut disk = Recorder::new(Some(step));
            let failure = save(&mut disk, b"new").expect_err(step);
            assert_eq!(disk.steps, STEPS[..=done]);
            let is_unconfirmed = matches!(failure, NotSaved::Unconfirmed(_));
            assert_eq!(is_unconfirmed, step == "sync directory");
        }
    }

    #[test]
    fn a_known_cause_says_what_helps() {
        let check = |kind: io::ErrorKind, expected: &str| {
            let explained = explained(io::Error::from(kind));
            assert_eq!(explained.kind(), kind);
            assert!(explained.to_string().starts_with(expected), "{explained}");
        };
        check(
            io::ErrorKind::ResourceBusy,
            "the file is a mount of its own",
        );
        check(io::ErrorKind::StorageFull, "the disk is full");
        check(
            io::ErrorKind::ReadOnlyFilesystem,
            "the file system is read-only",
        );
        check(io::ErrorKind::PermissionDenied, "a save writes a new file");
        check(io::ErrorKind::Other, "other error");
    }
}
