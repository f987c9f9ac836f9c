#![doc = include_str!("../README.md")]

mod adapter;
mod builder;
mod ports;
mod send;
mod time;
mod tls;

pub use reqwest;
pub use rustls;

pub use adapter::HttpAsync;
pub use builder::{BuildError, Builder};
pub use time::{SystemTime, Time};
