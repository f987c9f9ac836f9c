#![doc = include_str!("../README.md")]

mod faults;
mod recorder;

pub use faults::{
    ANSWER_LOST, FaultPlan, FaultReport, FaultRule, Faults, REQUEST_LOST, RuleReport, is_lost,
};
pub use recorder::{Recorded, Recorder};
