//! Whether changes can be saved, which only a change shows.
//!
//! A full disk lets transactions begin, and a file that cannot be written to does as well. So what is asked
//! whether it is ready writes something if the last change has failed, and at the beginning; as long as changes
//! succeed, it only takes the lock of writers.

use std::{
    io::Write,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use access_groups_core::Error;

use crate::{disk, fault::Result, place::is_full, session::Session, waiting::Outcome};

/// Whether it has to be shown that changes can be saved.
#[derive(Debug, Clone)]
pub(crate) struct Doubt(Arc<AtomicBool>);

impl Default for Doubt {
    fn default() -> Self {
        Self(Arc::new(true.into()))
    }
}

impl Doubt {
    pub(crate) fn exists(&self) -> bool {
        self.0.load(Relaxed)
    }

    /// Takes from a change how it ended.
    pub(crate) fn note<T>(&self, outcome: &Outcome<T>) {
        let is_of_disk = |error: &Error| {
            let code = error.code().unwrap_or_default();
            ["store_io", "store_full", "store_denied"].contains(&code)
        };
        if outcome.as_ref().is_err_and(is_of_disk) {
            self.0.store(true, Relaxed);
        }
    }

    /// Takes from a proof how it ended.
    pub(crate) fn end(&self, outcome: &Outcome<()>) {
        if outcome.is_ok() {
            self.0.store(false, Relaxed);
        }
    }
}

/// Writes as much as a change does, and nothing new.
pub(crate) fn prove(session: &Session<'_>, path: &Path) -> Result<()> {
    has_room(disk::folder_of(path))?;
    let connection = session.connection();
    // To write the number that is there already writes its page.
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    connection.pragma_update(None, "user_version", version)?;
    Ok(())
}

/// One page may find room where a change does not: in what the change that failed has left in the WAL.
fn has_room(folder: &Path) -> Result<()> {
    let written = tempfile::tempfile_in(folder).and_then(|mut file| file.write_all(&ROOM));
    match written {
        Err(error) if is_full(&error) => {
            let told = Error::unavailable("the disk of the database is full");
            Err(told.with_code("store_full").with_source(error).into())
        }
        // Somebody who may not create files there may well write to those that are there.
        _ => Ok(()),
    }
}

/// The pages of a change, and some more.
static ROOM: [u8; 256 << 10] = [0; 256 << 10];

#[cfg(test)]
mod tests {
    use access_groups_core::ErrorKind;
    use tempfile::TempDir;

    use super::*;
    use crate::{
        Database, OpenOptions,
        connection::{self, Source},
    };

    fn opened() -> (TempDir, Database) {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open(folder.path().join("site.db")).expect("created");
        (folder, database)
    }

    #[test]
    fn readiness_is_proved_once() {
        let (folder, database) = opened();
        let wal = || {
            let found = folder.path().join("site.db-wal").metadata();
            found.expect("there").len()
        };
        let before = wal();
        database.ready().expect("ready");
        let proved = wal();
        assert!(proved > before, "it has written");
        database.ready().expect("ready");
        assert_eq!(wal(), proved, "nothing has failed");
    }

    #[test]
    fn doubt_begins_with_a_refusal_of_the_disk() {
        let doubt = Doubt::default();
        assert!(doubt.exists(), "nothing was saved yet");
        doubt.end(&Ok(()));
        doubt.note::<()>(&Err(Error::timed_out("busy").with_code("store_busy")));
        assert!(!doubt.exists(), "it is no fault of the disk");
        doubt.note::<()>(&Err(Error::unavailable("full").with_code("store_full")));
        doubt.note(&Ok(()));
        assert!(doubt.exists(), "a smaller change may have found room");
        doubt.end(&Err(Error::unavailable("full")));
        assert!(doubt.exists());
    }

    #[test]
    fn what_can_only_be_read_proves_nothing() {
        let (_folder, database) = opened();
        let source = Source {
            path: database.path().to_owned(),
            options: OpenOptions::new(),
        };
        let connection = connection::reader(&source).expect("opened");
        let session = Session::new(&connection);
        let fault = prove(&session, &source.path).expect_err("only for reads");
        assert_eq!(fault.into_error().kind(), ErrorKind::Unavailable);
    }
}
