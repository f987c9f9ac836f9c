//! How fast the crates are, beside what else one would use.
//!
//! Prints one table of ratios and judges nothing. What is compared takes turns, round by
//! round, in one run: a ratio survives a noisy machine better than a figure does.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program whose purpose is to print a table, and its progress beside it"
)]

mod children;
mod clients;
mod cpu;
mod load;
mod plan;
mod servers;
mod site;
mod structure;
mod table;

use std::env;

use plan::Plan;

/// A measurement fails as a whole.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["child", rest @ ..] => children::run(rest),
        [] => plan::run(&Plan::FULL, &plan::Part::ALL),
        ["--quick"] => plan::run(&Plan::QUICK, &plan::Part::ALL),
        ["--only", part] => plan::run(&Plan::FULL, &[part.parse()?]),
        _ => Err("usage: access-groups-bench [--quick | --only clients|servers|structure]".into()),
    }
}
