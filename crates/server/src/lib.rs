#![doc = include_str!("../README.md")]

mod busy;
mod connections;
mod credentials;
mod digest;
mod hang_up;
mod health;
mod limits;
mod metrics;
mod origins;
mod router;
mod serve;
mod server;
mod shares;
mod strangers;
mod threads;

pub use axum;

pub use credentials::{Access, CredentialDigest, CredentialStore, Credentials};
pub use digest::{ParseDigestError, SecretDigest};
pub use hang_up::HangUp;
pub use health::Health;
pub use limits::{Bytes, LimitError, Limits, raise_open_files};
pub use metrics::Metrics;
pub use origins::{OriginError, Origins};
pub use router::router;
pub use server::Server;
