//! How a database is opened.

use std::{path::Path, sync::Arc, time::Duration};

use access_groups_core::Error;
use access_groups_sql::Step;

use crate::{
    Database, Migrated,
    connection::{self, Source},
    disk, place, schema,
};

/// How a database is opened. [`Database::open`] has the defaults.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use access_groups_sqlite::OpenOptions;
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("site.db");
/// let database = OpenOptions::new().with_busy_timeout(Duration::from_secs(60)).open(path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct OpenOptions {
    pub(crate) busy_timeout: Duration,
    pub(crate) steps: Arc<[Step]>,
    pub(crate) max_pages: Option<u32>,
    pub(crate) waits_for_disk: bool,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            busy_timeout: Database::BUSY_TIMEOUT,
            steps: Self::steps().into(),
            max_pages: None,
            waits_for_disk: true,
        }
    }
}

impl OpenOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How long a change waits for other processes that write. Default:
    /// [`BUSY_TIMEOUT`](Database::BUSY_TIMEOUT), 5 seconds.
    #[must_use]
    pub fn with_busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// The schema of another build, for tests with two of them.
    #[doc(hidden)]
    #[must_use]
    pub fn with_steps(mut self, steps: impl Into<Arc<[Step]>>) -> Self {
        self.steps = steps.into();
        self
    }

    /// The schema of this build.
    #[doc(hidden)]
    #[must_use]
    pub fn steps() -> &'static [Step] {
        schema::STEPS
    }

    /// The most pages of the file, for tests of a full disk. Other openings may have another limit.
    #[doc(hidden)]
    #[must_use]
    pub fn with_max_pages(mut self, pages: u32) -> Self {
        self.max_pages = Some(pages);
        self
    }

    /// Commits do not wait for the disk, for tests and measurements: a power cut loses them.
    #[doc(hidden)]
    #[must_use]
    pub fn without_fsync(mut self) -> Self {
        self.waits_for_disk = false;
        self
    }

    /// Opens the file: see [`Database::open`].
    ///
    /// # Errors
    ///
    /// Those of [`Database::open`].
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Database, Error> {
        Database::start(self.source(path))
    }

    /// Brings the tables of a file up to date: see [`Database::migrate`].
    ///
    /// # Errors
    ///
    /// Those of [`Database::migrate`].
    pub fn migrate(&self, path: impl AsRef<Path>) -> Result<Migrated, Error> {
        let source = self.source(path);
        disk::check(&source.path)?;
        connection::migrate(&source).map_err(|fault| place::unopened(&source, fault))
    }

    fn source(&self, path: impl AsRef<Path>) -> Source {
        Source {
            path: path.as_ref().to_owned(),
            options: self.clone(),
        }
    }
}
