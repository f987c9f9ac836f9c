//! What can go wrong between a call and its rows, and what the caller is told.

use std::{error::Error as StdError, fmt, time::Duration};

use access_groups_core::Error;
use access_groups_sql::{Failure, Stage};

pub(crate) type Result<T> = std::result::Result<T, Fault>;

/// Why a call has not come to its end.
#[derive(Debug)]
pub(crate) enum Fault {
    /// This is the answer: the rules refuse it, or it is told already.
    Refused(Error),
    /// A row does not hold what its table is for: this.
    Unreadable(&'static str),
    /// It was committed, and is not replicated.
    NotReplicated,
    /// It took too long.
    Slow,
    /// The caller has cancelled it.
    Cancelled,
    /// There was no connection: this is why.
    Unreached(Told),
    /// The database, or the way to it.
    Engine(tokio_postgres::Error),
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl Fault {
    /// What it means for the next attempt; `None` if there is nothing to attempt.
    pub(crate) fn failure(&self) -> Option<Failure> {
        match self {
            Self::Refused(_) | Self::Unreadable(_) | Self::Cancelled => None,
            Self::NotReplicated => Some(Failure::NotReplicated),
            Self::Slow => Some(Failure::TooSlow),
            Self::Unreached(_) => Some(Failure::Lost),
            Self::Engine(error) => Some(failure_of(error)),
        }
    }

    /// Whether the database has answered, so that nothing is open on the connection but a transaction.
    pub(crate) fn is_answered(&self) -> bool {
        match self {
            Self::Refused(_) | Self::Unreadable(_) | Self::NotReplicated => true,
            Self::Slow | Self::Cancelled | Self::Unreached(_) => false,
            Self::Engine(error) => error.code().is_some() && failure_of(error) != Failure::Lost,
        }
    }

    /// Whether a row was to refer to one that is not there.
    pub(crate) fn is_of_reference(&self) -> bool {
        matches!(self, Self::Engine(error) if error.code().is_some_and(|code| code.code() == "23503"))
    }

    /// What caused it, as far as it may be shown.
    pub(crate) fn told(self) -> Option<Told> {
        match self {
            Self::Engine(error) => Some(Told::of(&error)),
            Self::Unreached(told) => Some(told),
            Self::Refused(_)
            | Self::Unreadable(_)
            | Self::NotReplicated
            | Self::Slow
            | Self::Cancelled => None,
        }
    }

    /// What the caller is told of a change that is not attempted again.
    pub(crate) fn at(self, stage: Stage) -> Error {
        // An error in answer to `COMMIT` says that nothing was committed; no answer says nothing.
        let is_known = match self {
            Self::NotReplicated => false,
            ref other => stage == Stage::Before || other.is_answered(),
        };
        match self.into_error() {
            error if is_known => error,
            error => error.with_ambiguity(true),
        }
    }

    /// What the caller is told of a call that is not attempted again, and of one that only reads.
    pub(crate) fn into_error(self) -> Error {
        let failure = match self {
            Self::Refused(error) => return error,
            Self::Unreadable(what) => return unreadable(what),
            Self::Cancelled => return Error::cancelled("the call was cancelled"),
            ref other => other.failure().unwrap_or(Failure::Other),
        };
        let error = match failure {
            Failure::TooSlow => Error::timed_out("the database was too slow"),
            Failure::NotReplicated => Error::unavailable(
                "the change is made, and may be lost with this database: its standby has not \
                 confirmed it",
            ),
            Failure::Lost | Failure::ReadOnly => Error::unavailable("the database was not reached"),
            Failure::Full => Error::unavailable("the database has no room left"),
            Failure::Overlap => Error::unavailable("other changes were in the way"),
            Failure::UnknownStatement | Failure::Other => {
                Error::internal("the database has failed")
            }
        };
        explained(error, failure, self.told())
    }
}

/// The error with its code, and with what the database has said.
pub(crate) fn explained(error: Error, failure: Failure, told: Option<Told>) -> Error {
    let code = match failure {
        Failure::Overlap => "store_contended",
        Failure::TooSlow => "store_slow",
        Failure::ReadOnly => "store_read_only",
        Failure::Lost => "store_unreached",
        Failure::NotReplicated => "store_not_replicated",
        Failure::Full => "store_full",
        Failure::UnknownStatement | Failure::Other => "store_failed",
    };
    let error = error.with_code(code);
    match told {
        Some(told) => error.with_source(told),
        None => error,
    }
}

fn failure_of(error: &tokio_postgres::Error) -> Failure {
    match error.code().map(|code| code.code()) {
        // A guard: the row is not as it was seen.
        Some("22012") => Failure::Overlap,
        Some(code) => Failure::of_sqlstate(code),
        None if error.is_closed() || cause::<std::io::Error>(error) => Failure::Lost,
        None => Failure::Other,
    }
}

fn cause<E: StdError + 'static>(error: &tokio_postgres::Error) -> bool {
    error.source().is_some_and(|source| source.is::<E>())
}

/// Every connection is in use.
pub(crate) fn busy(wait: Duration) -> Error {
    let error = Error::unavailable("all connections to the database are in use");
    error.with_code("store_busy").with_retry_after(wait)
}

fn unreadable(what: &str) -> Error {
    let error = Error::internal(format!(
        "a stored {what} cannot be read: check the store with `access-groups check-store`"
    ));
    error.with_code("store_corrupt").without_retry()
}

/// What the database or the way to it has said, without what could be personal or a secret: details and
/// hints quote rows, and messages on values quote these.
#[derive(Debug, Clone)]
pub(crate) struct Told(String);

impl Told {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn of(error: &tokio_postgres::Error) -> Self {
        let Some(told) = error.as_db_error() else {
            let source = error.source().map(|source| format!(": {source}"));
            return Self(format!("{error}{}", source.unwrap_or_default()));
        };
        let code = told.code().code();
        // Classes of values and of rows.
        match &code[..2] {
            "22" | "23" => Self(format!("SQLSTATE {code}")),
            _ => Self(format!("SQLSTATE {code}: {}", told.message())),
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Told {}
