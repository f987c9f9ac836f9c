#![doc = include_str!("../README.md")]

mod change;
mod file;
mod journal;
mod state;

pub use file::OpenError;
pub use journal::Journal;
pub use state::Building;
