//! `cargo xtask postgres`: the tests that need a PostgreSQL server.
//!
//! `cargo test` lists them as ignored, so that it passes on a machine without one. This runs all of them,
//! and fails if one did not run: nobody else would miss it. They start their servers by themselves.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use crate::commands::{CARGO_RUN, hide_variables, output, root};

/// How much to run.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Run what takes long, too: the laws at the isolation level SERIALIZABLE
    #[arg(long)]
    full: bool,
    /// Accept that a test could not run on this machine: some need root, for a network or a disk of their own
    #[arg(long, env = "ACCESS_GROUPS_ALLOW_NOT_RUN")]
    allow_not_run: bool,
}

/// Which database to try.
#[derive(Debug, clap::Args)]
pub(crate) struct Own {
    /// The database: `postgres://USER@HOST:PORT/DATABASE`. The tables are made in it if they are not there,
    /// and workspaces of the tests stay. A URL with a password belongs into the variable
    #[arg(
        long,
        value_name = "URL",
        env = "ACCESS_GROUPS_TEST_POSTGRES",
        hide_env_values = true
    )]
    postgres: String,
}

/// Runs the laws of the port on a database of one's own, through two nodes.
///
/// # Errors
///
/// A law is broken, or did not run.
pub(crate) fn run_on(own: &Own) -> Result<(), String> {
    let url = ("ACCESS_GROUPS_TEST_POSTGRES", &*own.postgres);
    let count = LAWS.run(&["laws::direct::"], &[], Some(url))?;
    println!("\n{count} tests with this database");
    Ok(())
}

/// Runs every test that says that it needs PostgreSQL.
///
/// # Errors
///
/// A test fails, did not run, or is where nobody runs it; so do all if PostgreSQL is not installed.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let mut git = Command::new("git");
    let files = git.args(["grep", "-lF", NEEDED, "--", "*.rs", ":!xtask"]);
    let files = output(files.current_dir(root()))?;
    let files = String::from_utf8_lossy(&files);
    if let Some(file) = files.lines().find(|file| !is_run(file)) {
        return Err(format!(
            "{file} has tests that need PostgreSQL, which this chore does not run"
        ));
    }
    let mut count = 0;
    for target in TARGETS {
        let skipped: &[_] = if options.full {
            &[]
        } else {
            &[target.only_full]
        };
        let allowed = options
            .allow_not_run
            .then_some(("ACCESS_GROUPS_ALLOW_NOT_RUN", "true"));
        count += target.run(&[], skipped, allowed)?;
    }
    println!("\n{count} tests with PostgreSQL");
    Ok(())
}

/// One binary with tests.
struct Target {
    /// Where its tests are.
    folder: &'static str,
    /// What follows `cargo test`.
    arguments: &'static [&'static str],
    /// How names of its tests begin. There must be one of each at least.
    groups: &'static [&'static str],
    /// What stands in the names of those that take long.
    only_full: &'static str,
}

const TARGETS: &[Target] = &[LAWS, COMMANDS];

const LAWS: Target = Target {
    folder: "tests/tests/postgres/",
    arguments: &["-p", "access-groups-tests", "--test", "postgres"],
    groups: &[
        "cluster::",
        "laws::direct::",
        "laws::through_pgbouncer::",
        "laws::serializable::",
        "calls::",
        "commits::",
        "history::",
        "odd::",
        "races::",
        "schema::",
        "search::",
        "store::",
        "tls::",
        "trips::",
        "workspaces::",
    ],
    only_full: "serializable",
};

const COMMANDS: Target = Target {
    folder: "crates/cli/tests/command_line/",
    arguments: &["-p", "access-groups-cli", "--test", "command_line"],
    groups: &["postgres::"],
    only_full: "serializable",
};

fn is_run(file: &str) -> bool {
    TARGETS.iter().any(|target| file.starts_with(target.folder))
}

impl Target {
    /// Runs those whose names begin so, or all, without those that have this in their names. How many.
    fn run(
        &self,
        begins: &[&str],
        skipped: &[&str],
        variable: Option<(&str, &str)>,
    ) -> Result<usize, String> {
        let mut cargo = self.cargo(begins, skipped);
        let listed = output(cargo.arg("--list"))?;
        let listed = listed_in(&String::from_utf8_lossy(&listed));
        let groups = if begins.is_empty() {
            self.groups
        } else {
            begins
        };
        let is_run = |group: &&&str| !skipped.iter().any(|part| group.contains(part));
        let groups: Vec<_> = groups.iter().filter(is_run).copied().collect();
        if let Some(group) = missing(&groups, &listed) {
            return Err(format!("{}: there is no test {group}…", self.folder));
        }
        let mut cargo = self.cargo(begins, skipped);
        cargo.envs(variable);
        let arguments: Vec<_> = cargo
            .get_args()
            .map(|word| word.to_string_lossy())
            .collect();
        println!("\n$ cargo {}", arguments.join(" "));
        let child = cargo.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let failed = |error: std::io::Error| format!("{}: {error}", self.folder);
        let mut child = child.map_err(failed)?;
        let mut passed = BTreeSet::new();
        for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
            let line = line.map_err(failed)?;
            println!("{line}");
            passed.extend(passed_in(&line));
        }
        let status = child.wait().map_err(failed)?;
        if !status.success() {
            return Err(format!("{} ended with {status}", self.folder));
        }
        match listed.difference(&passed).next() {
            Some(name) => Err(format!("{}: {name} did not run", self.folder)),
            None => Ok(passed.len()),
        }
    }

    fn cargo(&self, begins: &[&str], skipped: &[&str]) -> Command {
        let mut cargo = Command::new("cargo");
        hide_variables(&mut cargo, CARGO_RUN);
        cargo.args(["test", "--quiet", "--locked"]);
        cargo.args(self.arguments).args(["--", "--ignored"]);
        // Progress as names, one a line; `--quiet` is for cargo.
        cargo.arg("--format=pretty").args(begins);
        cargo.args(skipped.iter().flat_map(|part| ["--skip", part]));
        cargo.current_dir(root());
        cargo
    }
}

/// A group of which there is no test.
fn missing<'a>(groups: &[&'a str], listed: &BTreeSet<String>) -> Option<&'a str> {
    let mut groups = groups.iter();
    groups
        .find(|group| !listed.iter().any(|name| name.starts_with(**group)))
        .copied()
}

/// The names in a list of the test harness.
fn listed_in(text: &str) -> BTreeSet<String> {
    let names = text.lines().filter_map(|line| line.strip_suffix(": test"));
    names.map(str::to_owned).collect()
}

/// The name in a line of the test harness that says that a test has passed.
fn passed_in(line: &str) -> Option<String> {
    let name = line.strip_prefix("test ")?.strip_suffix(" ... ok")?;
    Some(name.to_owned())
}

/// How such tests say it.
const NEEDED: &str = "needs PostgreSQL: cargo xtask postgres";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_harness() {
        let listed = listed_in("a::b: test\nc: benchmark\n\n1 test, 1 benchmark\n");
        assert_eq!(listed, BTreeSet::from(["a::b".to_owned()]));
        assert_eq!(passed_in("test a::b ... ok").as_deref(), Some("a::b"));
        assert_eq!(passed_in("test a::b ... FAILED"), None);
        assert_eq!(passed_in("test a::b ... ignored, why"), None);
        assert_eq!(passed_in("test result: ok. 1 passed"), None);
    }

    #[test]
    fn group_without_a_test_is_missed() {
        for target in TARGETS {
            let all = target.groups.iter().map(|group| format!("{group}some"));
            let all: BTreeSet<_> = all.collect();
            assert_eq!(missing(target.groups, &all), None);
            for group in target.groups {
                let others = all.iter().filter(|name| !name.starts_with(group));
                assert_eq!(
                    missing(target.groups, &others.cloned().collect()),
                    Some(*group)
                );
            }
        }
    }

    #[test]
    fn test_elsewhere_is_not_run() {
        assert!(is_run("tests/tests/postgres/cluster.rs"));
        assert!(!is_run("tests/tests/model.rs"));
    }
}
