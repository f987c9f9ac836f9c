//! A save on the file system: the new file takes the place of the site, whatever others did to it.

#[cfg(test)]
mod tests;

use std::{
    fs::{self, File, Metadata},
    io::{self, Write},
    path::{Path, PathBuf},
};

use access_groups_core::Timestamp;
use access_groups_in_memory::system_clock;
use tempfile::{NamedTempFile, TempPath};

use crate::{
    names::{Names, UNFINISHED},
    notice::Notice,
    print::{Known, Print},
    save::Disk,
};

/// One save of the file at a path.
#[derive(Debug)]
pub(crate) struct OnDisk<'a> {
    names: Names<'a>,
    /// The file as it was last read or written here; `None` if there was none.
    known: Option<&'a Known>,
    /// Of the new text.
    print: Print,
    way: Way,
    /// Mode and owner for the new file: first those of the old one, then its own.
    like: Option<Box<Metadata>>,
    notices: Vec<Notice>,
}

/// How the new file takes the place of the old one, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// They change places in one step: whatever was there last comes out.
    #[cfg(target_os = "linux")]
    Exchange,
    /// The old one gets a second name first. One that somebody puts there between the two steps, some
    /// microseconds, is replaced unseen.
    Link,
    /// The old one is compared first, and moved aside if it is not the known one. What happens between
    /// the steps is not seen, and after a move aside there is no file until the second step.
    Move,
}

/// What became of the new file.
enum Placed {
    /// It is in its place, and this is what was there.
    Over(PathBuf),
    /// It is in its place, and nothing else is left.
    Alone,
    /// There is no file to replace.
    Missing(NamedTempFile),
    /// The file system knows no such way.
    Unsupported(NamedTempFile),
}

impl<'a> OnDisk<'a> {
    pub(crate) fn at(path: &'a Path, known: Option<&'a Known>, text: &[u8]) -> Self {
        Self {
            names: Names::of(path),
            known,
            print: Print::of(text),
            #[cfg(target_os = "linux")]
            way: Way::Exchange,
            #[cfg(not(target_os = "linux"))]
            way: Way::Link,
            like: None,
            notices: Vec::new(),
        }
    }

    /// The file after a save, and what the save has met.
    pub(crate) fn into_known(self) -> (Option<Known>, Vec<Notice>) {
        let print = self.print;
        let known = self.like.map(|like| Known { print, like });
        (known, self.notices)
    }

    /// The regular file in the place of the site, if there is one.
    fn look(&self) -> io::Result<Option<Metadata>> {
        let found = match fs::symlink_metadata(self.names.site()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            found => found?,
        };
        let kind = found.file_type();
        let what = match kind {
            _ if kind.is_file() => return Ok(Some(found)),
            _ if kind.is_dir() => "a folder",
            _ if kind.is_symlink() => "a symbolic link",
            _ => "something that is not a regular file",
        };
        let message = format!("{what} is in the place of the file now: move it away");
        Err(io::Error::new(io::ErrorKind::InvalidInput, message))
    }

    fn place(&self, new: NamedTempFile) -> io::Result<Placed> {
        match self.way {
            #[cfg(target_os = "linux")]
            Way::Exchange => self.place_by_exchange(new),
            Way::Link => self.place_over_link(new),
            Way::Move => self.place_after_move(new),
        }
    }

    #[cfg(target_os = "linux")]
    fn place_by_exchange(&self, new: NamedTempFile) -> io::Result<Placed> {
        use rustix::{
            fs::{CWD, RenameFlags, renameat_with},
            io::Errno,
        };
        let (file, unfinished) = new.into_parts();
        // Under this name, what comes out survives a crash.
        let name = unfinished.to_path_buf();
        let path = moved(unfinished, self.exchanged(&name))?;
        match renameat_with(CWD, &*path, CWD, self.names.site(), RenameFlags::EXCHANGE) {
            Ok(()) => Ok(Placed::Over(kept(path))),
            Err(Errno::NOENT) => {
                let path = moved(path, name)?;
                Ok(Placed::Missing(NamedTempFile::from_parts(file, path)))
            }
            // Some file systems say so in odd ways.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM) => {
                let path = moved(path, name)?;
                Ok(Placed::Unsupported(NamedTempFile::from_parts(file, path)))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn place_over_link(&self, new: NamedTempFile) -> io::Result<Placed> {
        let second = self.exchanged(new.path());
        match fs::hard_link(self.names.site(), &second) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Placed::Missing(new));
            }
            Err(_) => return Ok(Placed::Unsupported(new)),
        }
        // Deleted if the next step fails: then it is a second name of the site.
        let second = TempPath::try_from_path(second)?;
        new.persist(self.names.site())?;
        Ok(Placed::Over(kept(second)))
    }

    fn place_after_move(&self, new: NamedTempFile) -> io::Result<Placed> {
        let site = self.names.site();
        if self.look()?.is_none() {
            return Ok(Placed::Missing(new));
        }
        if self.is_ours(site) {
            new.persist(site)?;
            return Ok(Placed::Alone);
        }
        let aside = self.exchanged(new.path());
        fs::rename(site, &aside)?;
        match persist_free(new, site) {
            Ok(()) => Ok(Placed::Over(aside)),
            Err(error) => {
                // Else the next opening of the site finds it.
                let _ = rename_to_free(&aside, site);
                Err(error.error)
            }
        }
    }

    fn exchanged(&self, unfinished: &Path) -> PathBuf {
        let old = self.known.map(|known| known.print);
        self.names.exchanged(unfinished, old, self.print)
    }

    /// Whether the text of a file is known or was just written. One that cannot be read is not ours.
    fn is_ours(&self, path: &Path) -> bool {
        let known = self.known.map(|known| known.print);
        let is_file = fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
        is_file
            && Print::of_file(path).is_ok_and(|found| found == self.print || known == Some(found))
    }
}

impl Disk for OnDisk<'_> {
    type New = NamedTempFile;
    type Old = PathBuf;

    fn create(&mut self) -> io::Result<NamedTempFile> {
        let found = self.look()?.map(Box::new);
        if found
            .as_ref()
            .is_some_and(|old| old.permissions().readonly())
        {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "the file is read-only",
            ));
        }
        // One that was deleted may have been secret.
        self.like = found.or_else(|| Some(self.known?.like.clone()));
        let prefix = self.names.prefix();
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(UNFINISHED);
        if self.like.is_none() {
            mode_of_new_files(&mut builder);
        }
        builder.tempfile_in(self.names.folder())
    }

    fn write(&mut self, new: &mut NamedTempFile, text: &[u8]) -> io::Result<()> {
        new.write_all(text)
    }

    fn keep_owner_and_mode(&mut self, new: &NamedTempFile) -> io::Result<()> {
        if let Some(old) = &self.like {
            keep_owner(new.as_file(), old);
            new.as_file().set_permissions(old.permissions())?;
        }
        self.like = Some(new.as_file().metadata()?.into());
        Ok(())
    }

    fn sync(&mut self, new: &NamedTempFile) -> io::Result<()> {
        new.as_file().sync_all()
    }

    fn exchange(&mut self, mut new: NamedTempFile) -> io::Result<Option<PathBuf>> {
        for _ in 0..ATTEMPTS {
            // Again at the last moment: only a regular file may be taken out.
            self.look()?;
            new = match self.place(new)? {
                Placed::Over(old) => return Ok(Some(old)),
                Placed::Alone => return Ok(None),
                Placed::Unsupported(new) => {
                    self.way = Way::after(self.way);
                    new
                }
                Placed::Missing(new) => match persist_free(new, self.names.site()) {
                    Ok(()) => {
                        let site = self.names.site().to_owned();
                        let was_there = self.known.map(|_| Notice::WasDeleted { site });
                        self.notices.extend(was_there);
                        return Ok(None);
                    }
                    Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => error.file,
                    Err(error) => return Err(error.error),
                },
            }
        }
        let message = "another program makes and deletes the file all the time";
        Err(io::Error::other(message))
    }

    fn settle(&mut self, old: PathBuf) {
        if self.is_ours(&old) {
            // If that fails, the next opening of the site tries again.
            let _ = fs::remove_file(old);
            return;
        }
        self.notices
            .push(set_aside(&self.names, old, system_clock()));
    }

    fn sync_directory(&mut self) -> io::Result<()> {
        sync_directory(self.names.folder())
    }
}

impl Way {
    /// The next one; the last one needs nothing that a file system may lack.
    fn after(self) -> Self {
        match self {
            #[cfg(target_os = "linux")]
            Self::Exchange => Self::Link,
            Self::Link | Self::Move => Self::Move,
        }
    }
}

/// Gives a file of somebody else a name that tells what it is, and never one that is taken. Should no
/// name be possible, it stays where it is, and the next opening of the site tries again.
pub(crate) fn set_aside(names: &Names<'_>, path: PathBuf, now: Timestamp) -> Notice {
    let mut free = names.aside(now).take(NAMES_ASIDE);
    let aside = free.find_map(|aside| match rename_to_free(&path, &aside) {
        Ok(()) => Some(Some(aside)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => None,
        Err(_) => Some(None),
    });
    Notice::SetAside {
        site: names.site().to_owned(),
        aside: aside.flatten().unwrap_or(path),
    }
}

/// Renames a file, if nothing has the new name.
fn rename_to_free(from: &Path, to: &Path) -> io::Result<()> {
    let mut path = TempPath::try_from_path(from)?;
    path.disable_cleanup(true);
    match path.persist_noclobber(to) {
        Ok(()) => Ok(()),
        Err(refused) if is_taken(&refused.error, to) => Err(refused.error),
        Err(_) => fs::rename(from, to),
    }
}

/// Puts a new file in its place, if nothing is there.
fn persist_free(new: NamedTempFile, to: &Path) -> Result<(), tempfile::PersistError> {
    match new.persist_noclobber(to) {
        Ok(_) => Ok(()),
        Err(refused) if is_taken(&refused.error, to) => Err(refused),
        Err(refused) => refused.file.persist(to).map(drop),
    }
}

/// Whether it was refused because of what is there, and not because the file system can neither link nor
/// look in the same step.
fn is_taken(refused: &io::Error, to: &Path) -> bool {
    let is_missing = |error: io::Error| error.kind() == io::ErrorKind::NotFound;
    refused.kind() == io::ErrorKind::AlreadyExists
        || !fs::symlink_metadata(to).is_err_and(is_missing)
}

/// Moves a temporary file to another name beside it, where it is as temporary.
#[cfg(target_os = "linux")]
fn moved(path: TempPath, to: PathBuf) -> io::Result<TempPath> {
    fs::rename(&path, &to)?;
    kept(path);
    TempPath::try_from_path(to)
}

/// Not deleted when it is dropped.
fn kept(mut path: TempPath) -> PathBuf {
    path.disable_cleanup(true);
    path.to_path_buf()
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

/// How often a save tries to put its file in a place where others make and delete one.
const ATTEMPTS: usize = 10;

/// How many names for texts of others are tried: a program that writes all the time must not keep a save
/// looking for ever.
const NAMES_ASIDE: usize = 1_000;
