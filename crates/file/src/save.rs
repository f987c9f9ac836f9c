//! The steps of a save, in the order that makes it safe.

use std::{
    fs::{self, File, Metadata},
    io::{self, Write},
    path::Path,
};

use tempfile::NamedTempFile;

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
    disk.rename(new)
}

/// The steps of a save, one by one, so that a test can watch them.
pub(crate) trait Disk {
    /// A temporary file next to the old one, deleted when it is dropped.
    type New;

    fn create(&mut self) -> io::Result<Self::New>;
    fn write(&mut self, new: &mut Self::New, text: &[u8]) -> io::Result<()>;
    fn keep_owner_and_mode(&mut self, new: &Self::New) -> io::Result<()>;
    fn sync(&mut self, new: &Self::New) -> io::Result<()>;
    fn rename(&mut self, new: Self::New) -> io::Result<()>;
    fn sync_directory(&mut self) -> io::Result<()>;
}

/// The file at a path.
pub(crate) struct OnDisk<'a> {
    path: &'a Path,
    /// Whether there was none.
    is_new: bool,
}

impl<'a> OnDisk<'a> {
    pub(crate) fn at(path: &'a Path) -> Self {
        Self {
            path,
            is_new: false,
        }
    }

    fn directory(&self) -> &Path {
        self.path.parent().unwrap_or_else(|| Path::new("/"))
    }
}

impl Disk for OnDisk<'_> {
    type New = NamedTempFile;

    fn create(&mut self) -> io::Result<NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".access-groups-").suffix(".tmp");
        match fs::metadata(self.path) {
            Ok(old) if old.permissions().readonly() => {
                return Err(io::Error::new(
                    io::ErrorKind::PermissionDenied,
                    "the file is read-only",
                ));
            }
            Ok(_) => self.is_new = false,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.is_new = true;
                mode_of_new_files(&mut builder);
            }
            Err(error) => return Err(error),
        }
        builder.tempfile_in(self.directory())
    }

    fn write(&mut self, new: &mut NamedTempFile, text: &[u8]) -> io::Result<()> {
        new.write_all(text)
    }

    fn keep_owner_and_mode(&mut self, new: &NamedTempFile) -> io::Result<()> {
        if self.is_new {
            return Ok(());
        }
        let old = fs::metadata(self.path)?;
        keep_owner(new.as_file(), &old);
        new.as_file().set_permissions(old.permissions())
    }

    fn sync(&mut self, new: &NamedTempFile) -> io::Result<()> {
        new.as_file().sync_all()
    }

    fn rename(&mut self, new: NamedTempFile) -> io::Result<()> {
        match self.is_new {
            true => new.persist_noclobber(self.path)?,
            false => new.persist(self.path)?,
        };
        Ok(())
    }

    fn sync_directory(&mut self) -> io::Result<()> {
        sync_directory(self.directory())
    }
}

/// A new file gets the mode of any other new file: the umask decides.
#[cfg(unix)]
fn mode_of_new_files(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn mode_of_new_files(_: &mut tempfile::Builder<'_, '_>) {}

/// Keeps owner and group as far as this user may set them: root may, and a member of the group.
#[cfg(unix)]
pub(crate) fn keep_owner(new: &File, old: &Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    // A refusal leaves the file to the user who saved it: the text matters more.
    let _ = fchown(new, None, Some(old.gid()));
    let _ = fchown(new, Some(old.uid()), None);
}

#[cfg(not(unix))]
pub(crate) fn keep_owner(_: &File, _: &Metadata) {}

#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Other systems cannot sync a directory: whether the rename is durable is theirs to decide.
#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
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
        fn rename(&mut self, (): ()) -> io::Result<()> {
            self.step("rename")
        }
        fn sync_directory(&mut self) -> io::Result<()> {
            self.step("sync directory")
        }
    }

    const STEPS: [&str; 6] = [
        "create",
        "write",
        "owner and mode",
        "sync",
        "rename",
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
        for (done, step) in STEPS.into_iter().enumerate() {
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

    /// Linux refuses to sync what no disk holds: that shows that it was asked to.
    #[cfg(target_os = "linux")]
    #[test]
    fn syncing_asks_the_operating_system() {
        let mut disk = OnDisk::at(Path::new("/proc/site.json"));
        disk.sync_directory().expect_err("no disk holds /proc");
        let device = File::open("/dev/null").expect("there");
        let path = NamedTempFile::new().expect("a file").into_temp_path();
        let new = NamedTempFile::from_parts(device, path);
        disk.sync(&new).expect_err("no disk holds a device");
    }

    /// Who may not give files away owns both; root sees that the owner stays.
    #[cfg(unix)]
    #[test]
    fn the_owner_stays() {
        use std::os::unix::fs::{MetadataExt, chown};
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("site.json");
        fs::write(&path, "old").expect("written");
        let _ = chown(&path, Some(12_345), Some(23_456));
        let owner = || fs::metadata(&path).map(|old| (old.uid(), old.gid()));
        let before = owner().expect("there");
        save(&mut OnDisk::at(&path), b"new").expect("saved");
        assert_eq!(owner().expect("there"), before);
        assert_eq!(fs::read_to_string(&path).expect("readable"), "new");
    }
}
