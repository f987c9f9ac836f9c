#![doc = include_str!("../README.md")]

mod adapter;
mod builder;
mod connect;
mod ports;
mod send;
mod time;
mod tls;

pub use rustls;
pub use ureq;

pub use adapter::HttpBlocking;
pub use builder::{BuildError, Builder};
pub use time::{SystemTime, Time};
