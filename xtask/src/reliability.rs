//! `cargo xtask reliability`: what calls survive, in numbers.
//!
//! Runs the tests that `cargo test` leaves out because they take long, and prints one table of what
//! they counted. `tests/RELIABILITY.md` says what is promised.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use comfy_table::Table;

use crate::commands::{CARGO_RUN, hide_variables, root};

/// How much to run.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Run the large counts, what needs the wall clock, and every fuzz target for 60 s
    #[arg(long)]
    full: bool,
    /// The seed of everything random; the default is fixed
    #[arg(long)]
    seed: Option<u64>,
}

/// Runs every part, and prints the table.
///
/// # Errors
///
/// A part does not start, fails, or has counted nothing.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let mut table = Table::new();
    table.set_header(["promise", "counts", "seed"]);
    for part in PARTS {
        let lines = part.run(options)?;
        let rows = lines.iter().filter_map(|line| row(line));
        let before = table.row_count();
        table.add_rows(rows);
        if table.row_count() == before {
            return Err(format!("{}: nothing was counted", part.name));
        }
    }
    println!("\n{table}");
    Ok(())
}

/// One command that counts.
struct Part {
    name: &'static str,
    /// The arguments of cargo.
    arguments: &'static [&'static str],
    /// Those that the full run adds.
    if_full: &'static [&'static str],
}

const PARTS: &[Part] = &[Part {
    name: "both HTTP adapters",
    arguments: &[
        "test",
        "--locked",
        "--package",
        "access-groups-tests",
        "--test",
        "reliability",
        "--",
        "--show-output",
    ],
    if_full: &["--include-ignored"],
}];

impl Part {
    /// Runs it with its output in sight, and returns the lines.
    fn run(&self, options: &Options) -> Result<Vec<String>, String> {
        println!("reliability: {}", self.name);
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(self.arguments).current_dir(root());
        hide_variables(&mut cargo, CARGO_RUN);
        if options.full {
            cargo
                .args(self.if_full)
                .env("ACCESS_GROUPS_RELIABILITY_FULL", "1");
        }
        if let Some(seed) = options.seed {
            cargo.env("ACCESS_GROUPS_RELIABILITY_SEED", seed.to_string());
        }
        cargo.stdin(Stdio::null()).stdout(Stdio::piped());
        let failed = |error: std::io::Error| format!("{}: {error}", self.name);
        let mut child = cargo.spawn().map_err(failed)?;
        let mut lines = Vec::new();
        if let Some(output) = child.stdout.take() {
            for line in BufReader::new(output).lines() {
                let line = line.map_err(failed)?;
                println!("{line}");
                lines.push(line);
            }
        }
        match child.wait().map_err(failed)? {
            status if status.success() => Ok(lines),
            status => Err(format!(
                "{} ended with {status}; its own words are above",
                self.name
            )),
        }
    }
}

/// The promise, the counts and the seed of a line that a test printed for this table.
fn row(line: &str) -> Option<[String; 3]> {
    let told = line.strip_prefix("reliability: ")?;
    let mut cells = told.split(" | ").map(str::to_owned);
    Some([cells.next()?, cells.next()?, cells.next()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Option<[&str; 3]>) {
        let expected = expected.map(|cells| cells.map(str::to_owned));
        assert_eq!(row(line), expected, "{line}");
    }

    #[test]
    fn lines_for_the_table_are_told_from_others() {
        check(
            "reliability: outage | 3 calls | 7",
            Some(["outage", "3 calls", "7"]),
        );
        check("reliability: both HTTP adapters", None);
        check("test outage::outage ... ok", None);
    }
}
