//! What a call asks of its driver.

use std::{fmt, time::Duration};

use access_groups_core::{Error, Reply};
use http::Request;

use crate::Payload;

/// What the driver of a [`CallMachine`](crate::CallMachine) does next.
#[allow(
    clippy::large_enum_variant,
    reason = "moved once per attempt; a box costs more"
)]
pub enum Step {
    /// Send the request, wait for the complete response no longer than the timeout, and pass the
    /// outcome to [`CallMachine::finish_attempt`](crate::CallMachine::finish_attempt).
    Send {
        /// The request.
        request: Request<Payload>,
        /// From before connecting until the last byte of the body.
        timeout: Duration,
        /// How many bytes the body of a reply may have. [`read_limit`](crate::read_limit) says how
        /// many the driver reads of an answer. It stops beyond them, and passes on what it has,
        /// which is then longer; so the call knows that there is more. A connection with an unread
        /// rest is closed.
        body_limit: usize,
    },
    /// Wait for this duration.
    Wait(Duration),
    /// The call is over.
    Done(Result<Reply, Error>),
}

/// Without the body of a request and the reply, which are personal data.
impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send {
                request,
                timeout,
                body_limit,
            } => f
                .debug_struct("Send")
                .field("path", &request.uri().path())
                .field("timeout", timeout)
                .field("body_limit", body_limit)
                .finish_non_exhaustive(),
            Self::Wait(duration) => f.debug_tuple("Wait").field(duration).finish(),
            Self::Done(result) => {
                let operation = result.as_ref().map(Reply::operation);
                f.debug_tuple("Done").field(&operation).finish()
            }
        }
    }
}
