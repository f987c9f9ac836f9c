//! The limits of one attempt.

use std::time::Duration;

use access_groups_core::Error;

use super::Requester;

#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) timeout: Duration,
    pub(super) body_limit: usize,
}

impl Limits {
    /// The error about a success with a body over the limit. It is over at the next attempt, too.
    pub(super) fn too_large(self, requester: &Requester, operation: &'static str) -> Error {
        let limit = self.body_limit;
        let whose = match limit < requester.body_limit {
            true => format!("the limit of {operation}: is there a proxy on the way?"),
            false => "the limit of the client: ask for less, or raise its body_limit".to_owned(),
        };
        Error::internal(format!("the answer has more than {limit} bytes, {whose}"))
    }
}
