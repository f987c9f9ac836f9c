#![doc = include_str!("../README.md")]

mod change;
mod keys;
mod rounds;
mod want;
mod write;

pub use access_groups_in_memory::{Contact, Slice, UniqueValue};
pub use change::{Change, Decision};
pub use keys::{IdentityKeys, UserKeys};
pub use want::{Lock, Want};
pub use write::{Row, Write};
