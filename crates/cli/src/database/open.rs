//! Which databases there are: the only place that opens, migrates and copies one.

use std::{path::Path, sync::Arc, time::Duration};

use access_groups_core::{CancelToken, Error};
use access_groups_sql::SqlStore;
use access_groups_sqlite as sqlite;

use super::DatabaseName;
use crate::{failure::Failure, output};

/// Who opens a database, with how long its changes wait for others.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Caller {
    /// A command, which makes one call after the other.
    Command(Duration),
    /// A server.
    Server(Duration),
}

/// Opens the database. Warns on stderr if it is not safe where it is.
pub(super) async fn open(
    name: &DatabaseName,
    caller: Caller,
) -> Result<Arc<dyn SqlStore>, Failure> {
    match name {
        DatabaseName::Sqlite(path) => {
            let (Caller::Command(patience) | Caller::Server(patience)) = caller;
            let options = sqlite::OpenOptions::new().with_busy_timeout(patience);
            let database = options.open(path).map_err(|error| failure(name, error))?;
            if let Some(warning) = database.warning() {
                output::to_stderr(format_args!("warning: {warning}"));
            }
            Ok(Arc::new(database))
        }
        #[cfg(feature = "postgres")]
        DatabaseName::Postgres(url) => url.open(caller).await,
    }
}

/// Brings the database up to date. Answers what was done, a line each.
pub(super) async fn migrate(
    name: &DatabaseName,
    patience: Duration,
) -> Result<Vec<String>, Failure> {
    match name {
        DatabaseName::Sqlite(path) => {
            let options = sqlite::OpenOptions::new().with_busy_timeout(patience);
            let done = options
                .migrate(path)
                .map_err(|error| failure(name, error))?;
            let steps = done.steps.iter();
            let steps = steps.map(|(number, step)| format!("step {number}: {step}"));
            let searches = done.searches.iter();
            let searches =
                searches.map(|workspace| format!("index of searches: workspace {workspace}"));
            Ok(steps.chain(searches).collect())
        }
        #[cfg(feature = "postgres")]
        DatabaseName::Postgres(url) => url.migrate().await,
    }
}

/// Copies the database to a new file, unless it is cancelled.
pub(super) fn backup(
    name: &DatabaseName,
    path: &Path,
    patience: Duration,
    cancel: &CancelToken,
) -> Result<(), Failure> {
    match name {
        DatabaseName::Sqlite(from) => {
            let database = sqlite::OpenOptions::new()
                .with_busy_timeout(patience)
                .open(from);
            let copied = database.and_then(|database| database.backup_unless(path, cancel));
            copied.map_err(|error| failure(name, error))
        }
        #[cfg(feature = "postgres")]
        DatabaseName::Postgres(_) => Err(Failure::usage("backup copies sqlite: databases")
            .with_hint(
                "pg_dump and pg_basebackup copy a PostgreSQL database; `export` a workspace",
            )),
    }
}

/// The failure for a database: which one it is.
pub(super) fn failure(name: &impl std::fmt::Display, error: Error) -> Failure {
    let message = format!("{name}: {}", error.message());
    Failure::from(error.with_message(message))
}
