//! The steps of a save, in the order that makes it safe.

use std::{
    fs::{self, File, Metadata},
    io::{self, Write},
    path::Path,
    sync::{Mutex, PoisonError},
};

use tempfile::NamedTempFile;

use crate::failure::Failure;

/// Held while a save is running.
pub(crate) static SAVING: Mutex<()> = Mutex::new(());

/// Waits until no save is running, and lets none begin until this is done.
pub(crate) fn alone<T>(saving: &Mutex<()>, this: impl FnOnce() -> T) -> T {
    let _until_it_is_done = saving.lock().unwrap_or_else(PoisonError::into_inner);
    this()
}

/// Replaces the text: whoever reads meanwhile, or after a crash, finds the old text or the
/// new one.
pub(super) fn save(disk: &mut impl Disk, saving: &Mutex<()>, text: &str) -> Result<(), Failure> {
    alone(saving, || {
        replace(disk, text).map_err(|error| {
            Failure::failed(format!(
                "{} could not be saved; the file is as it was, nothing has changed in it",
                disk.path().display()
            ))
            .caused_by(&error)
            .with_hint(
                "make the file and its folder writable, and room on the disk, then try again; \
                 memory:SITE.json tries a change out without writing",
            )
        })?;
        disk.sync_directory().map_err(|error| {
            Failure::failed(format!(
                "{} is saved, but the disk did not confirm it: a power failure may undo it",
                disk.path().display()
            ))
            .caused_by(&error)
            .with_hint("check the disk, and after a power failure that the file is as it should be")
        })
    })
}

fn replace<D: Disk>(disk: &mut D, text: &str) -> io::Result<()> {
    let mut new = disk.create()?;
    disk.write(&mut new, text)?;
    disk.keep_owner_and_mode(&new)?;
    disk.sync(&new)?;
    disk.rename(new)
}

/// What a save does to the disk, one by one, so that a test can watch.
pub(super) trait Disk {
    /// A file next to the old one, which is gone once it is dropped.
    type New;

    fn path(&self) -> &Path;
    fn create(&mut self) -> io::Result<Self::New>;
    fn write(&mut self, new: &mut Self::New, text: &str) -> io::Result<()>;
    fn keep_owner_and_mode(&mut self, new: &Self::New) -> io::Result<()>;
    fn sync(&mut self, new: &Self::New) -> io::Result<()>;
    fn rename(&mut self, new: Self::New) -> io::Result<()>;
    fn sync_directory(&mut self) -> io::Result<()>;
}

/// The file at a path.
pub(super) struct OnDisk<'a> {
    path: &'a Path,
    /// Whether there was none.
    is_new: bool,
}

impl<'a> OnDisk<'a> {
    pub(super) fn at(path: &'a Path) -> Self {
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

    fn path(&self) -> &Path {
        self.path
    }

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

    fn write(&mut self, new: &mut NamedTempFile, text: &str) -> io::Result<()> {
        new.write_all(text.as_bytes())
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

/// Like any other new file: the umask decides.
#[cfg(unix)]
fn mode_of_new_files(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn mode_of_new_files(_: &mut tempfile::Builder<'_, '_>) {}

/// As far as this user may: root may, and a member of the group.
#[cfg(unix)]
fn keep_owner(new: &File, old: &Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    // What is refused leaves the file to whoever saved it: the text matters more.
    let _ = fchown(new, None, Some(old.gid()));
    let _ = fchown(new, Some(old.uid()), None);
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) {}

#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Elsewhere a directory cannot be synced, and the rename is durable or not as it pleases.
#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes the steps, and fails in one of them.
    struct Recorder<'a> {
        saving: &'a Mutex<()>,
        steps: Vec<&'static str>,
        fails_at: Option<&'static str>,
    }

    impl<'a> Recorder<'a> {
        fn new(saving: &'a Mutex<()>, fails_at: Option<&'static str>) -> Self {
            Self {
                saving,
                steps: Vec::new(),
                fails_at,
            }
        }

        fn step(&mut self, name: &'static str) -> io::Result<()> {
            assert!(self.saving.try_lock().is_err(), "{name} while others save");
            self.steps.push(name);
            if self.fails_at == Some(name) {
                return Err(io::Error::other("the disk is gone"));
            }
            Ok(())
        }
    }

    impl Disk for Recorder<'_> {
        type New = ();

        fn path(&self) -> &Path {
            Path::new("site.json")
        }
        fn create(&mut self) -> io::Result<()> {
            self.step("create")
        }
        fn write(&mut self, (): &mut (), text: &str) -> io::Result<()> {
            assert_eq!(text, "new");
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
    fn a_text_is_on_the_disk_before_it_takes_the_place_of_the_old_one() {
        let saving = Mutex::new(());
        let mut disk = Recorder::new(&saving, None);
        save(&mut disk, &saving, "new").expect("saved");
        assert_eq!(disk.steps, STEPS);
        assert!(saving.try_lock().is_ok(), "the next save may begin");
    }

    #[test]
    fn a_step_that_fails_is_the_last_and_the_failure_says_what_the_file_holds() {
        for (done, step) in STEPS.into_iter().enumerate() {
            let saving = Mutex::new(());
            let mut disk = Recorder::new(&saving, Some(step));
            let failure = save(&mut disk, &saving, "new").expect_err(step).to_string();
            assert_eq!(disk.steps, STEPS[..=done]);
            let holds = match step {
                "sync directory" => "site.json is saved, but",
                _ => "site.json could not be saved; the file is as it was",
            };
            assert!(failure.contains(holds), "{failure}");
            assert!(failure.contains("caused by: the disk is gone"), "{failure}");
            assert!(failure.contains("hint: "), "{failure}");
        }
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
    fn the_owner_stays_as_far_as_this_user_may_set_it() {
        use std::os::unix::fs::{MetadataExt, chown};
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("site.json");
        fs::write(&path, "old").expect("written");
        let _ = chown(&path, Some(12_345), Some(23_456));
        let owner = || fs::metadata(&path).map(|old| (old.uid(), old.gid()));
        let before = owner().expect("there");
        save(&mut OnDisk::at(&path), &SAVING, "new").expect("saved");
        assert_eq!(owner().expect("there"), before);
        assert_eq!(fs::read_to_string(&path).expect("readable"), "new");
    }
}
