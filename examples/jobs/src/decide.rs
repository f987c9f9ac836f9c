//! Matches on an error and decides.

use access_groups::prelude::*;

/// What to do after a call has failed.
#[derive(Debug, PartialEq, Eq)]
pub enum Decision {
    /// Read whether the change was made before anything else.
    Verify,
    /// Repeat the call later.
    Repeat,
    /// Tell the person who made the list that a name in it is wrong.
    CorrectTheList,
    /// Tell the operator.
    Escalate,
}

/// Decides what to do about a failure.
pub fn decide(error: &Error) -> Decision {
    match error.kind() {
        _ if error.is_ambiguous() => Decision::Verify,
        _ if error.is_retryable() => Decision::Repeat,
        ErrorKind::NotFound | ErrorKind::Invalid => Decision::CorrectTheList,
        _ => Decision::Escalate,
    }
}
