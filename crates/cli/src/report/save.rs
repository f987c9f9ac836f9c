//! Writes the page: whole, or not at all.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use crate::{failure::Failure, signals};

/// Writes a page to this file. A page that is there already is replaced; anything else is refused, so
/// that a wrong argument costs nobody a roster.
pub(crate) fn save(path: &Path, page: &str) -> Result<(), Failure> {
    let written = target(path).and_then(|target| signals::while_saving(|| replace(&target, page)));
    written.map_err(|error| {
        let message = format!("the report {} cannot be written", path.display());
        Failure::failed(message)
            .caused_by(&error)
            .with_hint("name a file such as plan.html in a folder that exists and is writable")
    })
}

/// The file to replace: links are followed, so that they stay links.
fn target(path: &Path) -> io::Result<PathBuf> {
    let found = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(path.to_owned()),
        found => found?,
    };
    if found.is_dir() {
        return Err(io::Error::other("it is a folder"));
    }
    if !found.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut start = Vec::new();
    File::open(path)?
        .take(DOCTYPE.len() as u64)
        .read_to_end(&mut start)?;
    if !start.is_empty() && !start.eq_ignore_ascii_case(DOCTYPE) {
        return Err(io::Error::other("it exists and is not an HTML page"));
    }
    fs::canonicalize(path)
}

/// For its owner only, because it names people, unless a page with another mode was there.
fn replace(path: &Path, page: &str) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".access-groups-").suffix(".tmp");
    let mut file = builder.tempfile_in(folder)?;
    if let Ok(old) = fs::metadata(path) {
        file.as_file().set_permissions(old.permissions())?;
    }
    file.write_all(page.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

const DOCTYPE: &[u8] = b"<!DOCTYPE html>";
