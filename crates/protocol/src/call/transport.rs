//! How an attempt fails without a response.

use std::error::Error as StdError;

use access_groups_core::{Error, ErrorKind};

use crate::{HEAD_LIMIT, HEADERS_LIMIT};

use super::{Requester, limits::Limits};

/// An attempt without a complete response, as its driver reports it.
///
/// # For implementors
///
/// A driver reports [`NotConnected`](TransportErrorKind::NotConnected) only if it is certain that
/// the request was not sent whole, and will not be: nobody can have carried it out then, and
/// non-idempotent operations are retried. A head without the body that it announces may be sent.
#[derive(Debug, thiserror::Error)]
#[error("{}", in_words(*kind))]
pub struct TransportError {
    kind: TransportErrorKind,
    reason: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl TransportError {
    /// A failed attempt. The error of the call says what that means, and where it happened.
    #[must_use]
    pub fn new(kind: TransportErrorKind) -> Self {
        Self {
            kind,
            reason: None,
            source: None,
        }
    }

    access_groups_core::setters! {
        /// Adds why, and what can be done about it, as one line for the message of the call's error.
        with_reason(reason: impl Into<String>) => reason = Some(reason.into());

        /// Adds the cause; it holds no secret.
        with_source(source: impl Into<Box<dyn StdError + Send + Sync>>) =>
            source = Some(source.into());
    }

    /// The kind of failure.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Why, if the driver could tell.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The error of a call of this requester, whose attempt had these limits.
    pub(super) fn into_error(
        self,
        kind: ErrorKind,
        requester: &Requester,
        limits: Limits,
    ) -> Error {
        use TransportErrorKind::{
            HeadTooLarge, Interrupted, NotConnected, NotHttp, NotTls, NotTrusted, TimedOut,
        };
        let Limits { timeout, .. } = limits;
        let destination = &requester.destination;
        let message = match self.kind {
            NotConnected => format!("no connection to {destination}"),
            NotTrusted => format!("the certificate of {destination} is not trusted"),
            NotTls => format!(
                "{destination} does not speak TLS: does it expect http, or is it another port?"
            ),
            TimedOut => {
                format!("no complete answer from {destination} in time (limit {timeout:?})")
            }
            Interrupted => format!("the connection to {destination} broke"),
            NotHttp if !requester.endpoint.is_https() => {
                format!("the answer of {destination} is not HTTP: does it expect https?")
            }
            NotHttp => format!("the answer of {destination} is not HTTP"),
            HeadTooLarge => format!(
                "the headers of the answer of {destination} have more than {} KiB or are more than \
                 {HEADERS_LIMIT}: is there a proxy on the way?",
                HEAD_LIMIT / 1024
            ),
        };
        let error = Error::of_kind(
            kind,
            match self.reason {
                Some(reason) => format!("{message}: {reason}"),
                None => message,
            },
        );
        let error = match self.kind {
            NotTrusted => error.with_code(UNTRUSTED_CERTIFICATE),
            _ => error,
        };
        match self.source {
            Some(source) => error.with_source(source),
            None => error,
        }
    }
}

/// The [code](Error::code) of an error about a server whose certificate is not trusted.
pub const UNTRUSTED_CERTIFICATE: &str = "untrusted_certificate";

/// What is known about a request without a complete response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection: the request certainly did not reach the service whole.
    NotConnected,
    /// The certificate of the other side is not trusted. The request certainly did not reach the
    /// service, and retrying does not help.
    NotTrusted,
    /// The other side does not speak TLS. The request certainly did not reach the service, and
    /// retrying does not help.
    NotTls,
    /// No complete response in time; the request may have been carried out.
    TimedOut,
    /// The connection broke; the request may have been carried out.
    Interrupted,
    /// What came back is not HTTP; the request may have been carried out, and retrying does not
    /// help. A connection that ends in the middle of an answer is
    /// [`Interrupted`](Self::Interrupted).
    NotHttp,
    /// The status line and the headers of the response are larger than [`HEAD_LIMIT`], or the headers
    /// are more than [`HEADERS_LIMIT`]; the request may have been carried out.
    ///
    /// [`HEAD_LIMIT`]: crate::HEAD_LIMIT
    /// [`HEADERS_LIMIT`]: crate::HEADERS_LIMIT
    HeadTooLarge,
}

fn in_words(kind: TransportErrorKind) -> &'static str {
    match kind {
        TransportErrorKind::NotConnected => "no connection",
        TransportErrorKind::NotTrusted => "the certificate is not trusted",
        TransportErrorKind::NotTls => "the other side does not speak TLS",
        TransportErrorKind::TimedOut => "no complete answer in time",
        TransportErrorKind::Interrupted => "the connection broke",
        TransportErrorKind::NotHttp => "the answer is not HTTP",
        TransportErrorKind::HeadTooLarge => "the headers of the answer are too large or too many",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_attempt_has_words() {
        let error = TransportError::new(TransportErrorKind::NotConnected);
        assert_eq!(error.to_string(), "no connection");
    }
}
