#![doc = include_str!("../README.md")]

mod keys;
mod request_id;
mod router;
mod serve;

pub use axum;

pub use keys::ApiKeys;
pub use router::router;
pub use serve::{SHUTDOWN_LIMIT, serve};
