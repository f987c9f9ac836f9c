//! Which databases there are: the only place that names them.

use std::{path::Path, sync::Arc, time::Duration};

use access_groups_core::Error;
use access_groups_sql::SqlStore;
use access_groups_sqlite as sqlite;

use super::DatabaseName;
use crate::{failure::Failure, output};

/// Opens the database; changes wait so long for other processes. Warns on stderr if it is not safe where
/// it is.
pub(super) async fn open(
    name: &DatabaseName,
    patience: Duration,
) -> Result<Arc<dyn SqlStore>, Error> {
    match name {
        DatabaseName::Sqlite(path) => {
            let options = sqlite::OpenOptions::new().with_busy_timeout(patience);
            let database = options.open(path)?;
            if let Some(warning) = database.warning() {
                output::to_stderr(format_args!("warning: {warning}"));
            }
            Ok(Arc::new(database))
        }
    }
}

/// Carries out the steps that the database lacks. Answers their names.
pub(super) async fn migrate(name: &DatabaseName) -> Result<Vec<String>, Error> {
    match name {
        DatabaseName::Sqlite(path) => {
            let done = sqlite::Database::migrate(path)?;
            Ok(done
                .iter()
                .map(|(number, name)| format!("step {number}: {name}"))
                .collect())
        }
    }
}

/// Copies the database to a new file.
pub(super) fn backup(name: &DatabaseName, path: &Path, patience: Duration) -> Result<(), Failure> {
    match name {
        DatabaseName::Sqlite(from) => {
            let database = sqlite::OpenOptions::new()
                .with_busy_timeout(patience)
                .open(from);
            let copied = database.and_then(|database| database.backup(path));
            copied.map_err(|error| failure(name, error))
        }
    }
}

/// The failure for a database that cannot be opened: which one it is.
pub(super) fn failure(name: &DatabaseName, error: Error) -> Failure {
    let message = format!("{name}: {}", error.message());
    Failure::from(error.with_message(message))
}
