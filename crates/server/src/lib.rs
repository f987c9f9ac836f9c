#![doc = include_str!("../README.md")]

mod credentials;
mod digest;
mod request_id;
mod router;
mod serve;

pub use axum;

pub use credentials::Credentials;
pub use digest::{ParseDigestError, SecretDigest};
pub use router::router;
pub use serve::{SHUTDOWN_LIMIT, serve};
