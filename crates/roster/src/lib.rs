#![doc = include_str!("../README.md")]

mod change;

pub use change::{
    BlockingChangeAll, Change, ChangeAll, ChangeQueue, ChangeStep, Limits, Outcome, Report,
    StopReason, change_all, change_all_blocking,
};
