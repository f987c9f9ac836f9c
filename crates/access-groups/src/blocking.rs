//! The client without an async runtime.

#[doc(inline)]
pub use access_groups_http_blocking::{
    BuildError, Builder, Client, SystemTime, Time, WaitUntilPropagated, rustls, ureq,
};
