//! What was acknowledged is there after a crash, a power cut and a full disk, and nothing is half done.
//!
//! With `ACCESS_GROUPS_RELIABILITY_FULL=1` the counts are the large ones of each test; `cargo xtask
//! reliability` shows them.

#![allow(clippy::print_stdout, reason = "a run shows its counts")]

mod full;
mod killed;
mod record;
mod torn;

use std::env;

/// The small count, or the large one in a full run.
fn count(small: usize, large: usize) -> usize {
    match env::var("ACCESS_GROUPS_RELIABILITY_FULL").as_deref() {
        Ok("1") => large,
        _ => small,
    }
}

/// Shows what held, how often.
fn show(promise: &str, counts: &str) {
    println!("reliability: SQLite, {promise} | {counts} | any");
}
