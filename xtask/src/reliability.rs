//! `cargo xtask reliability`: what calls survive, in numbers.
//!
//! Runs the tests that count, most of which `cargo test` leaves out because they take long, and prints
//! one table of what they printed. `tests/RELIABILITY.md` says what is promised.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use comfy_table::{ContentArrangement, Table, presets};

use crate::{
    commands::{CARGO_RUN, hide_variables, root},
    fuzz,
};

/// How much to run.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Run the large counts, what needs the wall clock, and the fuzz targets
    #[arg(long)]
    full: bool,
    /// The seed of everything random; the default is fixed
    #[arg(long)]
    seed: Option<u64>,
    /// Accept that a test says that it could not run on this machine: some need root, for a network or a disk of
    /// their own
    #[arg(long, env = "ACCESS_GROUPS_ALLOW_NOT_RUN")]
    allow_not_run: bool,
}

/// Runs every part, and prints the table.
///
/// # Errors
///
/// A part does not start, fails, or has not counted all that it should; a test could not run here, which nobody
/// has allowed.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["promise", "counts", "seed"]);
    for part in PARTS {
        let rows = rows(part.name, &part.run(options)?);
        if let Some(missing) = part.missing(&rows, options.full) {
            return Err(format!("{}: \"{missing}\" was not counted", part.name));
        }
        if let (Some([promise, why, _]), false) = (not_run(&rows), options.allow_not_run) {
            return Err(format!(
                "{promise}: {why}. `--allow-not-run` accepts that, on a desk"
            ));
        }
        table.add_rows(rows);
    }
    if options.full {
        let fuzzing = fuzz::Options::default();
        fuzz::run(&fuzzing)?;
        let counts = format!("{} s for each target, nothing found", fuzzing.seconds);
        table.add_row(["decoders, fuzzed", &counts, &fuzzing.seed.to_string()]);
    }
    println!("\n{table}");
    Ok(())
}

/// One command that counts.
struct Part {
    name: &'static str,
    /// A line for the shell.
    line: &'static str,
    /// What the full run adds to it.
    if_full: &'static str,
    /// Words of the rows that it must have: nobody else would miss a test that is gone.
    counts: &'static [&'static str],
    /// Those of the full run besides.
    counts_if_full: &'static [&'static str],
}

const PARTS: &[Part] = &[
    Part {
        name: "retry law",
        line: "cargo test --locked -p access-groups-protocol --lib retry:: -- --show-output",
        if_full: "",
        counts: &[
            "delays",
            "forms of Retry-After",
            "calls against 503",
            "calls against 429",
        ],
        counts_if_full: &[],
    },
    Part {
        name: "both HTTP clients",
        line: "cargo test --locked -p access-groups-tests --test reliability -- --skip losses:: \
               --skip attack:: --skip postgres:: --show-output",
        if_full: " --include-ignored",
        counts: &[
            "retry conformance",
            "outage, 503",
            "outage, 429",
            "lost answers",
            "cancellations, async",
            "cancellations, blocking",
        ],
        counts_if_full: &["silent peers"],
    },
    Part {
        name: "attack",
        line: "cargo test --locked -p access-groups-tests --test reliability attack:: -- --show-output",
        if_full: "",
        counts: &[
            "attack, Header",
            "attack, Body",
            "attack, Chunks",
            "attack, Answer",
            "attack, Idle",
            "attack, Silent",
            "attack, Keyless",
            "attack, Lists",
            "attack, WrongKeys",
            "attack, good client, attacked",
            "attack, ratios",
            "attack, memory",
            "attack, metrics",
            "attack, SIGTERM",
        ],
        counts_if_full: &[],
    },
    Part {
        name: "losses",
        line: "cargo test --locked -p access-groups-tests --test reliability losses:: -- --show-output",
        if_full: "",
        counts: &[
            "losses, full disk",
            "losses, read-only folder",
            "losses, no descriptors",
            "losses, SIGTERM, 24 users",
            "losses, SIGKILL, 24 users",
            "SQLite, node killed",
            "PostgreSQL, node killed",
        ],
        counts_if_full: &[
            "losses, SIGTERM, 300000 users",
            "losses, SIGKILL, 300000 users",
        ],
    },
    Part {
        // They start servers by themselves. Each measures how long something takes.
        name: "servers on one PostgreSQL database",
        line: "cargo test --locked -p access-groups-tests --test reliability postgres:: -- \
               --test-threads=1 --show-output",
        if_full: "",
        counts: &[
            "PostgreSQL, primary killed",
            "PostgreSQL, server that only reads",
            "PostgreSQL, reads of a server that only reads",
            "PostgreSQL, standby away",
            "PostgreSQL, wait for the standby ended",
            "PostgreSQL, writers while the standby is away",
            "PostgreSQL, removal on a primary that is cut off",
            "PostgreSQL, removal on a standby that is behind",
            "PostgreSQL, 200 clients through pgbouncer",
            "PostgreSQL, network cut",
            "PostgreSQL, caller gone in mid-call",
            "PostgreSQL, disk full",
            "PostgreSQL, frozen node",
            "PostgreSQL, two builds",
            "PostgreSQL, migration of many rows",
            "PostgreSQL, clocks off",
        ],
        counts_if_full: &[],
    },
    Part {
        name: "SQLite",
        line: "cargo test --locked -p access-groups-sqlite --test durability -- --show-output",
        if_full: "",
        counts: &[
            "SQLite, killed writer",
            "SQLite, torn WAL",
            "SQLite, disk full",
            "SQLite, full tmpfs",
        ],
        counts_if_full: &[],
    },
    Part {
        name: "model run",
        line: "cargo test --locked -p access-groups-tests --test model -- --show-output",
        if_full: "",
        counts: &[
            "model run, in memory",
            "model run, file",
            "model run, journal",
            "model run, http-async",
            "model run, http-blocking",
        ],
        counts_if_full: &[],
    },
    Part {
        name: "secrets, libraries",
        line: "cargo test --locked -p access-groups-tests --test canary -- --show-output",
        if_full: "",
        counts: &[
            "values:",
            "values of the protocol:",
            "refusals of the store:",
            "site files refused:",
            "requests:",
            "calls:",
            "bytes logged at TRACE:",
        ],
        counts_if_full: &[],
    },
    Part {
        name: "secrets, command line",
        line: "cargo test --locked -p access-groups-cli --test command_line canary:: \
               -- --show-output",
        if_full: "",
        counts: &[
            "commands:",
            "runs against hostile services:",
            "wrong places:",
        ],
        counts_if_full: &[],
    },
    Part {
        name: "rosters",
        // The large counts take two minutes, and are what was promised.
        line: "ACCESS_GROUPS_RELIABILITY_FULL=1 cargo test --locked -p access-groups-cli \
               --test command_line days:: -- --show-output",
        if_full: "",
        counts: &[
            "kills of apply and resume",
            "Ctrl-C during apply and resume",
            "bad days",
            "good days",
        ],
        counts_if_full: &[],
    },
];

impl Part {
    /// What it must have counted and has not.
    fn missing(&self, rows: &[[String; 3]], is_full: bool) -> Option<&'static str> {
        let besides = if is_full { self.counts_if_full } else { &[] };
        let mut expected = self.counts.iter().chain(besides);
        let is_missing = |words: &&&str| {
            !(rows.iter())
                .any(|[promise, counts, _]| promise.contains(**words) || counts.contains(**words))
        };
        expected.find(is_missing).copied()
    }

    /// Runs it with its output in sight, and returns the lines.
    fn run(&self, options: &Options) -> Result<Vec<String>, String> {
        let added = if options.full { self.if_full } else { "" };
        let line = format!("{}{added}", self.line);
        println!("\n== {}\n$ {line}", self.name);
        let mut shell = Command::new("sh");
        hide_variables(&mut shell, CARGO_RUN);
        shell.args(["-c", &line]).current_dir(root());
        if options.full {
            shell.env("ACCESS_GROUPS_RELIABILITY_FULL", "1");
        }
        if let Some(seed) = options.seed {
            shell.env("ACCESS_GROUPS_RELIABILITY_SEED", seed.to_string());
        }
        shell.stdin(Stdio::null()).stdout(Stdio::piped());
        let failed = |error: std::io::Error| format!("{}: {error}", self.name);
        let mut child = shell.spawn().map_err(failed)?;
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

/// The row of a test that has counted nothing.
fn not_run(rows: &[[String; 3]]) -> Option<&[String; 3]> {
    rows.iter()
        .find(|[_, counts, _]| counts.starts_with("NOT RUN"))
}

/// What the tests of a part printed: promise, counts and seed.
fn rows(part: &str, lines: &[String]) -> Vec<[String; 3]> {
    let mut rows = Vec::new();
    let mut is_printed = false;
    for line in lines {
        // The test harness shows the output of each test under such a line, and ends it with an
        // empty one.
        if line.starts_with("---- ") && line.ends_with(" stdout ----") {
            is_printed = true;
        } else if line.is_empty() {
            is_printed = false;
        } else if is_printed {
            rows.push(row(part, line));
        }
    }
    rows
}

/// A line of a test: `reliability: PROMISE | COUNTS | SEED`, or counts only, or `COUNTS, seed SEED`.
fn row(part: &str, line: &str) -> [String; 3] {
    let told = line.strip_prefix("reliability: ").unwrap_or_default();
    let cells: Vec<_> = told.split(" | ").collect();
    if let [promise, counts, seed] = cells[..] {
        return [promise, counts, seed].map(str::to_owned);
    }
    let (counts, seed) = line.rsplit_once(", seed ").unwrap_or((line, ""));
    [part, counts, seed].map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(output: &str, expected: &[[&str; 3]]) {
        let lines: Vec<_> = output.lines().map(str::to_owned).collect();
        assert_eq!(rows("part", &lines), expected, "{output}");
    }

    #[test]
    fn each_test_that_is_gone_is_missed() {
        for part in PARTS {
            let all = [part.counts, part.counts_if_full].concat();
            for gone in &all {
                let others = all.iter().filter(|words| words != &gone);
                let rows: Vec<_> = others.map(|words| row(part.name, words)).collect();
                assert_eq!(part.missing(&rows, true), Some(*gone), "{}", part.name);
            }
        }
    }

    /// What the full run of a part with these lines for the shell prints.
    fn run_full(line: &'static str, if_full: &'static str) -> Result<Vec<String>, String> {
        let part = Part {
            name: "part",
            line,
            if_full,
            counts: &[],
            counts_if_full: &[],
        };
        part.run(&Options {
            full: true,
            seed: Some(7),
            allow_not_run: false,
        })
    }

    #[test]
    fn a_part_that_fails_is_an_error() {
        let printed = run_full("echo all is well; exit", " 0");
        assert_eq!(printed, Ok(vec!["all is well".to_owned()]));
        let error = run_full("echo all is well; exit", " 3").expect_err("it has failed");
        assert!(
            error.starts_with("part ended with exit status: 3"),
            "{error}"
        );
    }

    #[test]
    fn a_part_is_told_how_much_to_run() {
        let told = "echo $ACCESS_GROUPS_RELIABILITY_FULL $ACCESS_GROUPS_RELIABILITY_SEED";
        assert_eq!(run_full(told, ""), Ok(vec!["1 7".to_owned()]));
    }

    #[test]
    fn what_did_not_run_is_no_count() {
        let counted = row("part", "reliability: disk full | 50 refused | 7");
        let skipped = row(
            "part",
            "reliability: disk full | NOT RUN: only root may | 7",
        );
        assert_eq!(not_run(std::slice::from_ref(&counted)), None);
        assert_eq!(not_run(&[counted, skipped.clone()]), Some(&skipped));
    }

    #[test]
    fn what_tests_print_is_told_from_the_rest() {
        check("test outage ... ok\n\nsuccesses:\n", &[]);
        check(
            "---- outage stdout ----\nreliability: outage | 3 calls | 7\n\nsuccesses:\n    outage\n",
            &[["outage", "3 calls", "7"]],
        );
        check(
            "---- delays stdout ----\n9 delays, seed 8\n4 forms\n\n",
            &[["part", "9 delays", "8"], ["part", "4 forms", ""]],
        );
    }
}
