#![doc = include_str!("../README.md")]

mod credentials;
mod router;
mod serve;

pub use axum;

pub use credentials::{Credentials, ParseDigestError, SecretDigest};
pub use router::router;
pub use serve::{SHUTDOWN_LIMIT, serve};
