//! The lock law: changes at once end as if one had come after the other.
//!
//! It needs no database: a model of one under READ COMMITTED ([`database`]) has the locks, foreign keys
//! and guards that the README asks of a store, and no others. Each interleaving of the changes is carried
//! out ([`interleave`]), and must end as some order of the same changes, one after another.
//!
//! `cargo test -p access-groups-sql` runs some hundred cases. For more, with a seed to repeat them:
//!
//! ```sh
//! ACCESS_GROUPS_LOCKS_CASES=20000 ACCESS_GROUPS_LOCKS_SEED=7 \
//!     cargo test --release -p access-groups-sql --test locks -- --show-output
//! ```

#![allow(clippy::print_stdout, reason = "what was reached, and the seed")]

mod alone;
mod database;
mod interleave;
mod law;
#[path = "../slice/operations.rs"]
mod operations;
mod record;
#[path = "../slice/sites.rs"]
mod sites;
#[path = "../slice/source.rs"]
mod source;
#[path = "../slice/table.rs"]
mod table;
mod transaction;
mod walk;
mod writing;
