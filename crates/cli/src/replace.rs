//! Writes a file that names people: whole, or not at all.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::signals;

/// Writes this file. What `is_alike` says of the file that is there already, if it has any content, decides
/// whether it is replaced, so that a wrong argument costs nobody a roster; `kind` names what it must be, like
/// "a plan".
pub(crate) fn replace(
    path: &Path,
    bytes: &[u8],
    kind: &str,
    is_alike: impl FnOnce(File) -> io::Result<bool>,
) -> io::Result<()> {
    let target = target(path)?;
    if let Target::Old(old) = &target {
        let found = fs::metadata(old)?;
        if !found.is_file() {
            return Err(io::Error::other(match found.is_dir() {
                true => "it is a folder",
                // A device may have no end, and a save would replace it.
                false => "it is not a regular file",
            }));
        }
        if found.len() > 0 && !is_alike(File::open(old)?)? {
            return Err(io::Error::other(format!("it exists and is not {kind}")));
        }
        if found.permissions().readonly() {
            return Err(io::Error::other("it is read-only"));
        }
    }
    signals::while_saving(|| write(&target, bytes))
}

enum Target {
    New(PathBuf),
    /// Links are resolved, so that they stay links.
    Old(PathBuf),
}

fn target(path: &Path) -> io::Result<Target> {
    if STREAMS.iter().any(|stream| path.starts_with(stream)) {
        return Err(io::Error::other("it must be a file, not a stream"));
    }
    // A link to nothing is no new file: the one that it names is missed.
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Target::New(path.to_owned())),
        _ => fs::canonicalize(path).map(Target::Old),
    }
}

/// A new file is for its owner only; the mode of an old one stays.
fn write(target: &Target, bytes: &[u8]) -> io::Result<()> {
    let (Target::New(path) | Target::Old(path)) = target;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".access-groups-").suffix(".tmp");
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    match target {
        Target::New(path) => {
            file.as_file().sync_all()?;
            file.persist_noclobber(path)?;
        }
        Target::Old(path) => {
            let old = fs::metadata(path)?;
            file.as_file().set_permissions(old.permissions())?;
            file.as_file().sync_all()?;
            file.persist(path)?;
        }
    }
    Ok(())
}

/// Stdout and its like, also where they lead to a regular file: what is printed would be lost with it.
const STREAMS: [&str; 4] = ["/dev/fd", "/dev/stdout", "/dev/stderr", "/proc"];
