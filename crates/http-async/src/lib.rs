#![doc = include_str!("../README.md")]

mod body;
mod builder;
mod client;
mod send;

pub use reqwest;
pub use rustls;

pub use access_groups_protocol::BuildError;
pub use builder::Builder;
pub use client::{Client, SystemTime, Time, WaitUntilPropagated};
