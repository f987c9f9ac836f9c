//! Connections that only read: a few, each used by one call at a time.

use std::{
    fmt,
    path::PathBuf,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use rusqlite::Connection;

use crate::{connection, fault::Result, session::Session};

pub(crate) struct Readers {
    path: PathBuf,
    pool: Mutex<Pool>,
    returned: Condvar,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Connection>,
    lent: usize,
}

impl Readers {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            pool: Mutex::default(),
            returned: Condvar::new(),
        }
    }

    /// Reads everything from one state of the database.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Session<'_>) -> Result<T>) -> Result<T> {
        let mut lent = self.lend()?;
        let outcome = match &lent.connection {
            Some(connection) => in_one_view(connection, read),
            None => unreachable!("taken out when it is dropped"),
        };
        lent.is_sound = match &outcome {
            Ok(_) => true,
            Err(fault) => fault.is_of_call(),
        };
        outcome
    }

    /// An idle connection, or a new one. If all are in use, waits for one.
    fn lend(&self) -> Result<Lent<'_>> {
        let mut pool = self.pool();
        while pool.idle.is_empty() && pool.lent >= MAX_READERS {
            let waited = self.returned.wait(pool);
            pool = waited.unwrap_or_else(PoisonError::into_inner);
        }
        let idle = pool.idle.pop();
        pool.lent += 1;
        drop(pool);
        let opened = idle.map_or_else(|| connection::reader(&self.path), Ok);
        match opened {
            Ok(connection) => Ok(Lent {
                readers: self,
                connection: Some(connection),
                is_sound: false,
            }),
            Err(fault) => {
                self.take_back(None);
                Err(fault)
            }
        }
    }

    fn take_back(&self, connection: Option<Connection>) {
        let mut pool = self.pool();
        pool.lent -= 1;
        pool.idle.extend(connection);
        drop(pool);
        self.returned.notify_one();
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        // No method leaves the pool half changed.
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many calls read at the same time.
const MAX_READERS: usize = 4;

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readers").finish_non_exhaustive()
    }
}

/// A connection on loan. It comes back if it is sound; also after a panic, its place does.
struct Lent<'r> {
    readers: &'r Readers,
    connection: Option<Connection>,
    is_sound: bool,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let connection = self.connection.take().filter(|_| self.is_sound);
        self.readers.take_back(connection);
    }
}

fn in_one_view<T>(
    connection: &Connection,
    read: impl FnOnce(&Session<'_>) -> Result<T>,
) -> Result<T> {
    let session = Session::new(connection);
    session.control("BEGIN")?;
    let outcome = read(&session);
    let ended = session.control("ROLLBACK");
    match (outcome, ended) {
        (Ok(_), Err(fault)) => Err(fault),
        (outcome, _) => outcome,
    }
}
