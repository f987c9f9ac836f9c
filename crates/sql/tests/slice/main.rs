//! The slice law: an operation has the same outcome on the whole site as on what it wants to see.
//!
//! It needs no database: a state stands for one, answers what is wanted and nothing else
//! ([`source`]), and takes what is written only where it was as the decision saw it ([`table`]).
//!
//! `cargo test -p access-groups-sql` runs some thousand cases. For more, with a seed to repeat them:
//!
//! ```sh
//! ACCESS_GROUPS_SLICE_CASES=100000 ACCESS_GROUPS_SLICE_SEED=7 \
//!     cargo test --release -p access-groups-sql --test slice -- --show-output
//! ```

#![allow(clippy::print_stdout, reason = "what was reached, and the seed")]

mod coverage;
mod law;
mod operations;
mod order;
mod pairs;
mod reads;
mod sites;
mod size;
mod source;
mod table;
