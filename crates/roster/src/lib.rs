#![doc = include_str!("../README.md")]

mod change;
mod journal;
mod observed;
mod plan;
mod read_back;
mod roster;
mod saved;
mod threads;

pub use change::{
    BlockingChangeAll, Change, ChangeAll, ChangeQueue, ChangeStep, Event, Limits, Outcome, Report,
    StopReason, change_all, change_all_blocking,
};
pub use journal::{
    Journal, JournalChange, JournalEntry, JournalError, JournalHeader, JournalOutcome, Remaining,
    Stage,
};
pub use observed::{Observed, Survey, observe, observe_blocking};
pub use plan::{Adopted, GroupPlan, Guards, Moved, Plan, PlanOptions, Planned, Stop};
pub use read_back::{ReadBack, Shown, ShownChanges, read_back, read_back_blocking};
pub use roster::{
    Column, DateProblem, Mode, PeopleList, Problem, ProblemKind, Problems, ReadOptions, Roster,
    RosterGroup, Row,
};
pub use saved::{Origin, SavedPlan, SavedPlanError, Stale};

/// The time zone of [`ReadOptions`]: that of the crate `jiff`, which has features for databases of
/// time zones.
pub use jiff::tz::TimeZone;
