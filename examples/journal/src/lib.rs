#![doc = include_str!("../README.md")]

mod file;
mod journal;
mod reading;
mod state;

pub use file::OpenError;
pub use journal::Journal;
pub use state::Building;
