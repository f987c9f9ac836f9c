#![doc = include_str!("../README.md")]

mod change;
mod observed;
mod plan;
mod roster;
mod threads;

pub use change::{
    BlockingChangeAll, Change, ChangeAll, ChangeQueue, ChangeStep, Event, Limits, Outcome, Report,
    StopReason, change_all, change_all_blocking,
};
pub use observed::{Observed, Survey, observe, observe_blocking};
pub use plan::{GroupPlan, Guards, Plan, PlanOptions, Planned, Stop};
pub use roster::{
    Column, DateProblem, Mode, Problem, ProblemKind, Problems, ReadOptions, Roster, RosterGroup,
    Row,
};

/// The time zone of [`ReadOptions`]: that of the crate `jiff`, which has features for databases of
/// time zones.
pub use jiff::tz::TimeZone;
