#![doc = include_str!("../README.md")]

mod change;
mod roster;

pub use change::{
    BlockingChangeAll, Change, ChangeAll, ChangeQueue, ChangeStep, Limits, Outcome, Report,
    StopReason, change_all, change_all_blocking,
};
pub use roster::{
    Column, DateProblem, Mode, Problem, ProblemKind, Problems, ReadOptions, Roster, RosterGroup,
    Row,
};

/// The time zone of [`ReadOptions`]: that of the crate `jiff`, which has features for databases of
/// time zones.
pub use jiff::tz::TimeZone;
