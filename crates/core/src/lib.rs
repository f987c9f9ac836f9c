#![doc = include_str!("../README.md")]
//!
//! # By task
//!
//! | to | see |
//! |---|---|
//! | call a port | [`AccessGroups`], [`AcsUsers`], [`Directory`], [`UserIdentities`] and their blocking flavours |
//! | take any adapter | [`AccessGroupPort`], [`BlockingAccessGroupPort`] |
//! | find a user by e-mail address, a group by name | [`AccessGroupPortExt`] |
//! | know whether a user may open an entrance, and why | [`check`](AccessGroupPortExt::check), [`Verdict`] |
//! | know who can open an entrance | [`who_can_open`](AccessGroupPortExt::who_can_open) |
//! | know whether a change whose answer was lost was made | [`verify`](AccessGroupPortExt::verify) |
//! | wait until a change has reached the access control system | [`propagation`] |
//! | walk over a long list | [`Rows`], [`BlockingRows`] |
//! | decide what to do about a failure | [`Error`], [`ErrorKind`] |
//! | log or print a value with `Debug` | [`shown`] |
//! | pass an actor, a request id or a timeout | [`Context`] |
//! | end a call early | [`CancelToken`] |
//! | test code that takes a port | `testing`, with feature `mock` |
//! | write an adapter | [`AccessGroupPort`], for implementors |
//! | write a layer, a recorder, a transport | [`Operation`], [`Reply`], [`Effect`] |
//!
//! # By subject
//!
//! Each module is one subject. Every item is also re-exported at the root of the crate.

// The docs of ports name this crate by its name, as those of other crates do.
extern crate self as access_groups_core;

// First, because macros are visible only below their definition: `port` and `methods` use the table.
#[macro_use]
pub mod operation;
pub mod port;

pub mod access;
pub mod cancel;
pub mod draft;
pub mod error;
pub mod ext;
pub mod filter;
pub mod foreign;
pub mod id;
pub mod machine;
pub mod methods;
pub mod names;
pub mod page;
pub mod pending;
pub mod prelude;
pub mod propagation;
pub mod provision;
pub mod resource;
pub mod rows;
pub mod schedule;
pub mod selector;
mod setters;
pub mod shown;
pub mod status;
pub mod store;
#[cfg(feature = "mock")]
pub mod testing;
pub mod text;
pub mod timestamp;
pub mod verify;
mod wire;

// Implementors of the port need the macro, in the version that the trait was made with.
pub use async_trait::async_trait;
pub use uuid::Uuid;

// Everything is here too, so that a path need not name its module; the docs list it by subject.
#[doc(hidden)]
pub use crate::{
    access::*, cancel::*, draft::*, error::*, ext::*, filter::*, foreign::*, id::*, machine::*,
    methods::*, operation::*, page::*, pending::*, port::*, propagation::*, provision::*,
    resource::*, rows::*, schedule::*, selector::*, status::*, store::*, text::*, timestamp::*,
    verify::*,
};
