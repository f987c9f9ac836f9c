#![doc = include_str!("../README.md")]

mod connections;
mod credentials;
mod hang_up;
mod health;
mod router;
mod serve;

pub use axum;

pub use credentials::{Credentials, ParseDigestError, SecretDigest};
pub use hang_up::HangUp;
pub use health::Health;
pub use router::{router, router_with_health};
pub use serve::{Limits, SHUTDOWN_LIMIT, serve, serve_within};
