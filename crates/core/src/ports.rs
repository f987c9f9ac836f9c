//! The ports: what an adapter implements and an application calls.
//!
//! Every port comes in two flavours with the same names, order, arguments and errors. No
//! type implements both flavours of one port: with both traits in scope, every call would
//! be ambiguous.

mod access_group;
mod acs_user;
mod bundle;
mod directory;
mod dispatch;
mod pointer;
mod user_identity;

pub use access_group::*;
pub use acs_user::*;
pub use bundle::{BlockingPorts, Ports};
pub use directory::*;
pub use dispatch::{dispatch, dispatch_blocking};
pub use user_identity::*;
