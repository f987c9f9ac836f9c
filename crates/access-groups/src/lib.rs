#![doc = include_str!("../README.md")]
//!
//! # By task
//!
//! | to | see |
//! |---|---|
//! | set a key and a timeout, an endpoint, retries, a trust root | [`Client::builder`][client] (feature `async`), [`blocking::Client::builder`][blocking-client] (feature `blocking`) |
//! | call it | [`AccessGroups`], [`AcsUsers`], [`Directory`], [`UserIdentities`], and their blocking flavours |
//! | find a user by e-mail address | [`acs_user_by_email_address`](AccessGroupPortExt::acs_user_by_email_address) |
//! | find a group by name | [`access_group_by_name`](AccessGroupPortExt::access_group_by_name) |
//! | know who can open an entrance | [`who_can_open`](AccessGroupPortExt::who_can_open) |
//! | know whether a user may open an entrance, and why | [`check`](AccessGroupPortExt::check) |
//! | wait until a change has reached the access control system | [`Client::wait_until_propagated`][wait], [`propagation`] |
//! | walk over all users | [`all_acs_users`](AcsUsers::all_acs_users) |
//! | decide what to do about a failure | [`Error`], [`ErrorKind`] |
//! | change many memberships at once, make groups what a spreadsheet says | [`roster`][roster] (feature `roster`) |
//! | take any adapter | [`AccessGroupPort`], [`BlockingAccessGroupPort`] |
//! | test without a service | [`memory`][memory] (feature `memory`), [`testing`][testing] (feature `testing`) |
//! | try an application against a service that fails | [`layers::Faults`][faults] (feature `layers`) |
//! | keep the data in a database of your own, with a history | [`sqlite`][sqlite] (feature `sqlite`) |
//! | keep the data in a database that several servers use | [`postgres`][postgres] (feature `postgres`) |
//! | keep the data in a file that people edit | [`file`][file] (feature `file`) |
//!
//! # By subject
//!
//! The modules below are those of `access-groups-core`, one per subject. Everything in them is at
//! the root of this crate too.
//!
// Links to what a feature brings; without it, to the table of features.
#![cfg_attr(feature = "async", doc = "[client]: Client::builder")]
#![cfg_attr(not(feature = "async"), doc = "[client]: #features")]
#![cfg_attr(feature = "async", doc = "[wait]: Client::wait_until_propagated")]
#![cfg_attr(not(feature = "async"), doc = "[wait]: #features")]
#![cfg_attr(
    feature = "blocking",
    doc = "[blocking-client]: blocking::Client::builder"
)]
#![cfg_attr(not(feature = "blocking"), doc = "[blocking-client]: #features")]
#![cfg_attr(feature = "memory", doc = "[memory]: access_groups_in_memory")]
#![cfg_attr(not(feature = "memory"), doc = "[memory]: #features")]
#![cfg_attr(feature = "file", doc = "[file]: access_groups_file")]
#![cfg_attr(not(feature = "file"), doc = "[file]: #features")]
#![cfg_attr(feature = "sqlite", doc = "[sqlite]: access_groups_sqlite")]
#![cfg_attr(not(feature = "sqlite"), doc = "[sqlite]: #features")]
#![cfg_attr(feature = "postgres", doc = "[postgres]: access_groups_postgres")]
#![cfg_attr(not(feature = "postgres"), doc = "[postgres]: #features")]
#![cfg_attr(feature = "layers", doc = "[faults]: layers::Faults")]
#![cfg_attr(not(feature = "layers"), doc = "[faults]: #features")]
#![cfg_attr(feature = "roster", doc = "[roster]: access_groups_roster")]
#![cfg_attr(not(feature = "roster"), doc = "[roster]: #features")]
#![cfg_attr(feature = "testing", doc = "[testing]: crate::testing")]
#![cfg_attr(not(feature = "testing"), doc = "[testing]: #features")]

pub mod prelude;

#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(feature = "testing")]
pub mod testing;

/// The store in memory, with its provider, and the site file: crate `access-groups-in-memory`.
#[cfg(feature = "memory")]
pub use access_groups_in_memory as memory;

/// Faults on demand and a recorder, in front of any port: crate `access-groups-layers`.
#[cfg(feature = "layers")]
pub use access_groups_layers as layers;

/// Rosters, plans, and many changes at once, over any port: crate `access-groups-roster`.
#[cfg(feature = "roster")]
pub use access_groups_roster as roster;

/// A locked and atomically saved site file as a store: crate `access-groups-file`.
#[cfg(feature = "file")]
pub use access_groups_file as file;

/// A SQLite database as a store, with any number of workspaces: crate `access-groups-sqlite`.
#[cfg(feature = "sqlite")]
pub use access_groups_sqlite as sqlite;

/// A PostgreSQL database as a store of many servers: crate `access-groups-postgres`.
#[cfg(feature = "postgres")]
pub use access_groups_postgres as postgres;

#[doc(hidden)]
pub use access_groups_core::*;
#[doc(inline)]
pub use access_groups_core::{
    access, cancel, draft, error, ext, filter, foreign, id, machine, methods, operation, page,
    pending, port, propagation, resource, rows, schedule, selector, status, store, text, timestamp,
    verify,
};
#[cfg(feature = "async")]
#[doc(inline)]
pub use access_groups_http_async::{
    BuildError, Builder, Client, SystemTime, Time, WaitUntilPropagated, reqwest, rustls,
};
#[cfg(any(feature = "async", feature = "blocking"))]
#[doc(inline)]
pub use access_groups_protocol::{
    Credential, CredentialError, Endpoint, EndpointError, ProxyError, ProxyVars, RateLimit,
    RetryPolicy, Secret, Settings, WaitReason, Waiting,
};

/// The time now, by the system's clock.
///
/// A clock outside the years 0 to 9999 reads as 1970.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let tomorrow = access_groups::now() + Duration::from_secs(24 * 60 * 60);
/// assert!(tomorrow > access_groups::now());
/// ```
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::try_from(std::time::SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH)
}
