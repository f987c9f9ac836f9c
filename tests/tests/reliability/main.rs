//! What calls survive, in numbers: `cargo xtask reliability` runs this, and `tests/RELIABILITY.md` says
//! what is promised.
//!
//! Every test prints one line with its counts and its seed; one violation fails it. The seed is that of
//! the variable `ACCESS_GROUPS_RELIABILITY_SEED`. With `ACCESS_GROUPS_RELIABILITY_FULL=1` the counts are
//! larger, and the tests by the wall clock run, too.

#![allow(
    clippy::print_stdout,
    reason = "the counts are what the tests are run for"
)]

mod attack;
mod cancellations;
mod client;
mod left;
mod losses;
mod lost_answers;
mod outage;
mod postgres;
mod retry;
mod run;
mod silence;
