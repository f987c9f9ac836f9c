//! What keeps a file from being used, looked at after it could not be: SQLite only says that it failed.

use std::{
    error::Error as StdError,
    ffi::OsString,
    fmt,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use access_groups_core::Error;

use crate::{connection::Source, disk, fault::Fault};

/// Why a database was not opened.
pub(crate) fn unopened(source: &Source, fault: Fault) -> Error {
    let error = fault.into_error();
    let trouble = match error.code() {
        Some("store_io") => of_place(&source.path),
        Some("store_corrupt") => of_content(&source.path),
        _ => None,
    };
    match trouble {
        Some(Trouble { code: TEXT, words }) => Error::unsupported(words).with_code(TEXT),
        Some(Trouble { code, words }) => error.with_message(words).with_code(code),
        None => error,
    }
}

/// The error of a call, with the file in its cause: the message goes to clients as well, whom paths do not
/// concern.
pub(crate) fn located(source: &Source, error: Error) -> Error {
    let is_of_file = matches!(
        error.code(),
        Some("store_io" | "store_full" | "store_corrupt" | "store_failed" | "store_moved")
    );
    if !is_of_file {
        return error;
    }
    let mut text = source.path.display().to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(&format!(": {cause}"));
        next = cause.source();
    }
    if error.code() == Some("store_io")
        && let Some(Trouble { words, .. }) = of_place(&source.path)
    {
        text.push_str(&format!(": {words}"));
    }
    error.with_source(Located(text))
}

/// The causes of an error, with the file.
#[derive(Debug)]
struct Located(String);

impl fmt::Display for Located {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Located {}

/// Whether the file is there, and this user may not write it, one beside it or the folder.
pub(crate) fn is_protected(path: &Path) -> bool {
    path.is_file() && of_place(path).is_some_and(|found| found.code == DENIED)
}

#[derive(Debug, PartialEq, Eq)]
struct Trouble {
    code: &'static str,
    words: String,
}

fn trouble(code: &'static str, words: impl Into<String>) -> Option<Trouble> {
    let words = words.into();
    Some(Trouble { code, words })
}

/// What is wrong with the folder, the file and the files beside it, as far as one can see.
fn of_place(path: &Path) -> Option<Trouble> {
    let folder = disk::folder_of(path);
    of_folder(folder)
        .or_else(|| of_file(path, folder))
        .or_else(|| of_rights(path, folder))
}

fn of_folder(folder: &Path) -> Option<Trouble> {
    let shown = folder.display();
    match fs::metadata(folder) {
        Ok(found) if found.is_dir() => None,
        Ok(_) => trouble(NO_FILE, format!("{shown} is no folder")),
        Err(error) if is_denied(&error) => not_entered(folder),
        Err(_) => trouble(NO_FILE, format!("the folder {shown} does not exist")),
    }
}

/// Why there is no file, or can be none.
fn of_file(path: &Path, folder: &Path) -> Option<Trouble> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => trouble(NO_FILE, "it is a folder, and no file"),
        Ok(_) => None,
        Err(_) if fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) => {
            trouble(NO_FILE, "it is a symbolic link to what does not exist")
        }
        Err(error) if is_denied(&error) => not_entered(folder),
        Err(_) if !may(folder, Way::Write) => {
            let words = format!("this user may not create a file in {}", folder.display());
            trouble(DENIED, words)
        }
        Err(_) => None,
    }
}

/// What this user may not do with what is there.
fn of_rights(path: &Path, folder: &Path) -> Option<Trouble> {
    if !path.exists() {
        return None;
    }
    if !may(path, Way::Read) {
        return trouble(DENIED, "this user may not read it");
    }
    let names = [path.to_owned(), beside(path, "-wal"), beside(path, "-shm")];
    let denied = names.iter().map(PathBuf::as_path).chain([folder]);
    let denied: Vec<_> = denied
        .filter(|path| path.exists() && !may(path, Way::Write))
        .map(|path| path.display().to_string())
        .collect();
    if denied.is_empty() {
        return None;
    }
    let words = format!("this user may not write {}", denied.join(", "));
    trouble(DENIED, words)
}

fn is_denied(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}

fn not_entered(folder: &Path) -> Option<Trouble> {
    let words = format!("this user may not enter {}", folder.display());
    trouble(DENIED, words)
}

/// The path of one of the files that are beside the database while it is open.
pub(super) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}

/// What else than a database the file is.
fn of_content(path: &Path) -> Option<Trouble> {
    let mut head = Vec::new();
    File::open(path)
        .ok()?
        .take(HEAD)
        .read_to_end(&mut head)
        .ok()?;
    // A cut may be inside a character.
    let text = match std::str::from_utf8(&head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let is_text = |letter: char| !letter.is_control() || letter.is_whitespace();
    if !text.chars().all(is_text) {
        return None;
    }
    let start = text.trim_start_matches('\u{feff}').trim_start();
    match start.starts_with(['{', '[']) {
        true => trouble(TEXT, "it is no SQLite database, but JSON"),
        false => trouble(TEXT, "it is no SQLite database, but text"),
    }
}

const HEAD: u64 = 512;

/// There is no such file, nor can one be.
const NO_FILE: &str = "store_no_file";

/// This user may not use it.
const DENIED: &str = "store_denied";

/// It is the file of an editor, or of another store.
const TEXT: &str = "store_text";

#[derive(Debug, Clone, Copy)]
enum Way {
    Read,
    Write,
}

#[cfg(unix)]
fn may(path: &Path, way: Way) -> bool {
    use rustix::fs::Access;
    let way = match way {
        Way::Read => Access::READ_OK,
        Way::Write => Access::WRITE_OK,
    };
    // Not by opening it: closing it again would end the locks of this process on it.
    rustix::fs::access(path, way).is_ok()
}

#[cfg(not(unix))]
fn may(path: &Path, way: Way) -> bool {
    match way {
        Way::Read => true,
        Way::Write => fs::metadata(path).is_ok_and(|found| !found.permissions().readonly()),
    }
}
