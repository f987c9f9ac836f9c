//! How an attempt can fail below HTTP.

use std::error::Error as StdError;

/// An attempt that brought no response, as its driver saw it.
///
/// # For implementors
///
/// A driver must not say [`NotConnected`](TransportErrorKind::NotConnected) unless it is
/// sure that no byte of the request left: what may be repeated depends on it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct TransportError {
    kind: TransportErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl TransportError {
    /// A failed attempt; the message is one line and holds no secret.
    #[must_use]
    pub fn new(kind: TransportErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// Caused by this.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What kind of failure.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    pub(crate) fn into_source(self) -> Option<Box<dyn StdError + Send + Sync>> {
        self.source
    }
}

/// What is known of a request that brought no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection: the request certainly did not reach the service.
    NotConnected,
    /// A connection to something that cannot prove to be the service: the certificate is
    /// unknown, say. Certainly not reached; trying again does not help.
    NotTrusted,
    /// No complete response in time; the request may have been carried out.
    TimedOut,
    /// The connection broke; the request may have been carried out.
    Interrupted,
    /// The response is larger than the driver accepts; the request was carried out.
    TooLarge,
}
