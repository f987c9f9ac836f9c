//! What can go wrong between a call and its rows, and what the caller is told.

use access_groups_core::Error;
use rusqlite::ErrorCode;

pub(crate) type Result<T> = std::result::Result<T, Fault>;

/// Why a call has not come to its end.
#[derive(Debug)]
pub(crate) enum Fault {
    /// A row was another one than the change was decided on: the change starts again.
    Again,
    /// A change has failed for this reason while it was written: what is written of it must go with the
    /// transaction.
    HalfWritten(Box<Self>),
    /// The rules refuse it.
    Refused(Error),
    /// A row does not hold what its table is for: this.
    Unreadable(&'static str),
    /// SQLite failed.
    Engine(rusqlite::Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl Fault {
    /// Whether a constraint of the tables was violated: a row changed after it was looked at.
    pub(crate) fn is_constraint(&self) -> bool {
        self.code() == Some(ErrorCode::ConstraintViolation)
    }

    /// Whether SQLite failed.
    pub(crate) fn is_of_engine(&self) -> bool {
        self.code().is_some()
    }

    /// Whether another process is at it.
    pub(crate) fn is_busy(&self) -> bool {
        self.code() == Some(ErrorCode::DatabaseBusy)
    }

    /// Whether the fault is that of one call, and neither the transaction's nor the connection's.
    pub(crate) fn is_of_call(&self) -> bool {
        match self {
            Self::Again | Self::Refused(_) | Self::Unreadable(_) => true,
            Self::HalfWritten(_) => false,
            Self::Engine(_) => self.is_constraint(),
        }
    }

    /// Whether a file cannot be read or written, for want of room or for another reason.
    pub(crate) fn is_of_file(&self) -> bool {
        use ErrorCode as C;
        self.code()
            .is_some_and(|code| code == C::DiskFull || is_io(code))
    }

    /// Whether the file cannot be opened to be written to.
    pub(crate) fn is_read_only(&self) -> bool {
        use ErrorCode as C;
        let code = self.code();
        code.is_some_and(|code| [C::ReadOnly, C::CannotOpen].contains(&code))
    }

    /// What the caller is told if nothing was committed.
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Refused(error) => error,
            Self::HalfWritten(fault) => fault.into_error(),
            // A change sees its rows in one transaction with its writes, so nobody can come between.
            Self::Again => Error::internal("the database contradicts what was read from it")
                .with_code("store_contradicts")
                .without_retry(),
            Self::Unreadable(what) => Error::internal(format!("a stored {what} cannot be read"))
                .with_code("store_corrupt")
                .without_retry(),
            Self::Engine(error) => engine_error(error),
        }
    }

    /// What the caller is told if COMMIT has failed: it may be on the disk or not, unless the disk
    /// was full.
    pub(crate) fn into_commit_error(self) -> Error {
        let is_known = self.code() == Some(ErrorCode::DiskFull);
        self.into_error().with_ambiguity(!is_known)
    }

    fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Engine(error) => error.sqlite_error_code(),
            Self::HalfWritten(fault) => fault.code(),
            Self::Again | Self::Refused(_) | Self::Unreadable(_) => None,
        }
    }
}

fn engine_error(error: rusqlite::Error) -> Error {
    use ErrorCode as C;
    let told = match error.sqlite_error_code() {
        Some(C::DatabaseBusy | C::DatabaseLocked) => {
            Error::timed_out("another process was writing to the database for too long")
                .with_code("store_busy")
        }
        Some(C::DiskFull) => {
            Error::unavailable("the disk of the database is full").with_code("store_full")
        }
        Some(C::DatabaseCorrupt | C::NotADatabase) => {
            let error = Error::internal("the file is no sound database").with_code("store_corrupt");
            error.without_retry()
        }
        Some(C::ReadOnly) => {
            Error::unavailable("the database can only be read").with_code("store_io")
        }
        Some(code) if is_io(code) => {
            Error::unavailable("the database cannot be read or written").with_code("store_io")
        }
        _ => Error::internal("the database failed").with_code("store_failed"),
    };
    told.with_source(error)
}

fn is_io(code: ErrorCode) -> bool {
    use ErrorCode as C;
    [
        C::SystemIoFailure,
        C::CannotOpen,
        C::ReadOnly,
        C::PermissionDenied,
    ]
    .contains(&code)
}
