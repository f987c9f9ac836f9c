//! Why something was refused or ended early, as it is counted.

use std::fmt;

use prometheus_client::encoding::{EncodeLabelValue, LabelValueEncoder};

/// A row is a reason: its name, and what has happened.
macro_rules! refusals {
    ($($variant:ident, $name:literal, $what:literal;)*) => {
        /// Why something was refused or ended early.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum Refusal {
            $(#[doc = $what] $variant,)*
        }

        impl Refusal {
            fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }

        /// The name of every reason, and what has happened.
        pub(super) const REASONS: &[(&str, &str)] = &[$(($name, $what),)*];
    };
}

refusals! {
    NotAccepted, "not_accepted", "the system could not accept a connection: it had no file, say";
    PeerConnections, "peer_connections", "an address has as many connections as it may";
    Replaced, "replaced", "a connection made room for another one";
    Late, "late", "a header did not come in time, or an answer was not taken";
    Unreadable, "unreadable", "what the peer sent is no HTTP";
    Host, "host", "there is not exactly one `Host`";
    TooLarge, "too_large", "the body is too large";
    Body, "body", "the body did not come in time, or broke off";
    NoKey, "no_key", "there is no credential that could be looked up";
    WrongKey, "wrong_key", "a credential opens nothing";
    WrongKeys, "too_many_wrong_keys", "an address has presented too many wrong keys, or large bodies without one";
    KeyCalls, "key_calls", "a credential has as many calls as it may";
    BodyBytes, "body_bytes", "there are too many bytes of bodies";
    HeavyCalls, "heavy_calls", "there are too many lists and large bodies";
}

impl EncodeLabelValue for Refusal {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        self.name().encode(encoder)
    }
}
