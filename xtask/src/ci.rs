//! `cargo xtask ci`: every check of the repository, from cheap to dear.
//!
//! Each step is one line for the shell, printed before it runs, so that whoever sees it fail
//! can repeat it. `.ci/run` installs what the steps need.

mod readme;
mod step;

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use crate::commands::{self, Package, Workspace};
use step::{Expect, Step};

/// What to check.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Run everything that takes long, too, and look for security advisories, whose database is out of
    /// reach where CI runs
    #[arg(long)]
    full: bool,
}

/// Runs the steps in order, up to the first that fails, and says how long each took.
///
/// # Errors
///
/// Tells which step failed, and how to repeat it.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let root = commands::root();
    let steps = steps(&root, options)?;
    let mut times = Vec::new();
    let outcome = steps.iter().try_for_each(|step| {
        let start = Instant::now();
        let outcome = step.run(&root);
        times.push((step.name.as_str(), start.elapsed()));
        outcome
    });
    println!("\n{}", summary(&times));
    outcome
}

fn steps(root: &Path, options: &Options) -> Result<Vec<Step>, String> {
    let readme = fs::read_to_string(root.join("README.md"))
        .map_err(|error| format!("README.md cannot be read: {error}"))?;
    let first = readme::first_command(&readme).map_err(|error| format!("README.md: {error}"))?;
    let workspace = Workspace::read(root)?;

    let mut steps = vec![
        Step::new("format", "cargo fmt --all --check"),
        // Where packages come from is the business of the machine, not of the repository. The
        // dots stand in brackets so that this line does not find itself.
        Step::new(
            "no registry host is named",
            "git grep -nIiE '(index|static)[.]crates[.]io|registry[.]npmjs[.]org\
             |pypi[.]org|pythonhosted[.]org|proxy[.]golang[.]org|deb[.]debian[.]org' \
             -- . ':!Cargo.lock'",
        )
        .expecting(Expect::NothingFound),
        licences_bans_sources(options.full),
        Step::new(
            "clippy",
            "cargo clippy --workspace --all-targets --locked -- -D warnings",
        ),
        Step::new("README: first command", first.command).expecting(Expect::Prints(first.prints)),
        Step::new("README: second command, the tests", readme::TEST),
        postgres(options.full),
        kit_on_broken_ports(options.full),
        reliability(options.full),
        // The SDKs come through npm and pip, as the machine has them configured.
        Step::new(
            "Seam's own SDKs drive the server",
            "cargo xtask interop --on files,sqlite,postgres",
        ),
        Step::new("the report of a plan, in Chromium", "cargo xtask browser"),
        // That it runs, not how fast: this machine is nobody's stopwatch. Instructions can be relied on.
        Step::new("benchmark, quick", "cargo xtask bench --quick").noting(
            "of what is measured, only the instructions that counting costs have a limit here; \
             `cargo xtask ci --full` checks the CPU time, too, and the server beside that before it had \
             limits; all other limits are checked by `cargo xtask bench` alone",
        ),
        // One after another first: a page links only to crates whose pages exist already.
        Step::new(
            "docs",
            "export RUSTDOCFLAGS='-D warnings'; \
             for crate in core protocol in-memory layers http-async http-blocking file sql \
             sqlite postgres; do cargo doc -p access-groups-$crate --no-deps --all-features --locked || exit; done; \
             cargo doc --workspace --no-deps --all-features --locked",
        ),
        // Reads the pages that the step before has made.
        Step::new("docs: calls and tasks are linked", "cargo xtask docs"),
    ];
    steps.extend(options.full.then(laws_of_sql));
    steps.extend(options.full.then(costs));
    steps.extend(workspace.packages.iter().flat_map(alone));
    Ok(steps)
}

/// `cargo test` lists these as ignored.
fn postgres(full: bool) -> Step {
    let name = "the tests that need PostgreSQL";
    if full {
        return Step::new(name, "cargo xtask postgres --full");
    }
    Step::new(name, "cargo xtask postgres")
        .noting("without the laws at SERIALIZABLE; `cargo xtask ci --full` runs them")
}

/// With their tables in sight. `cargo test` leaves these targets out: there, each broken port only has
/// to break the law it is named for.
fn kit_on_broken_ports(full: bool) -> Step {
    let target = |name| format!("--locked -p access-groups-conformance --test {name} --");
    let (exhaustive, lost_updates) = (target("exhaustive"), target("lost_updates"));
    let lint =
        format!("cargo clippy {exhaustive} -D warnings && cargo clippy {lost_updates} -D warnings");
    let test = format!("cargo test {exhaustive} --show-output");
    if full {
        let race = format!("cargo test {lost_updates} --show-output");
        let all = format!("{lint} && ACCESS_GROUPS_CONFORMANCE_FULL=1 {test} && {race}");
        return Step::new("the conformance kit on broken ports, with ten seeds", all);
    }
    Step::new(
        "the conformance kit on broken ports, exhaustively",
        format!("{lint} && {test}"),
    )
    .noting(
        "one seed; `cargo xtask ci --full` takes ten, and counts how often lost updates are found",
    )
}

/// `cargo test` leaves these out, too.
fn reliability(full: bool) -> Step {
    let lint = "cargo clippy --locked -p access-groups-tests --test reliability -- -D warnings";
    if full {
        let all = format!("{lint} && cargo xtask reliability --full");
        return Step::new("what calls survive, in full", all);
    }
    Step::new(
        "what calls survive",
        format!("{lint} && cargo xtask reliability"),
    )
    .noting("small counts, and nothing by the wall clock; `cargo xtask ci --full` runs all of it")
}

/// `cargo test` tries fewer cases of them.
fn laws_of_sql() -> Step {
    let test = "cargo test --release --locked -p access-groups-sql --test";
    Step::new(
        "the laws of SQL stores, in full",
        format!(
            "ACCESS_GROUPS_SLICE_CASES=100000 {test} slice -- --show-output \
             && ACCESS_GROUPS_LOCKS_CASES=20000 {test} locks -- --show-output"
        ),
    )
}

/// The server beside the build of it before it had limits, made from the history.
fn costs() -> Step {
    let before = "target/before-limits";
    Step::new(
        "what limits and counting cost",
        format!(
            "git worktree prune && rm -rf {before} && git worktree add --detach {before} {BEFORE_LIMITS} \
             && cargo build --release --locked -p access-groups-bench \
             --manifest-path {before}/Cargo.toml --target-dir {before}-build \
             && cargo xtask bench --only costs \
             --against {before}-build/release/access-groups-bench"
        ),
    )
}

/// The last commit before the server had limits.
const BEFORE_LIMITS: &str = "02def2250fca973f00bbe16dbba9f59a8cd9ca2d";

fn licences_bans_sources(full: bool) -> Step {
    let checks = "cargo deny --config .deny.toml check licenses bans sources";
    if full {
        let checks = format!("{checks} advisories");
        return Step::new("advisories, licences, bans, sources", checks);
    }
    Step::new("licences, bans, sources", checks).noting(
        "security advisories are NOT checked: their database is out of reach where CI runs; \
         `cargo xtask ci --full` checks them",
    )
}

/// The package must build without what its neighbours switch on in a common dependency, and
/// its library without what its own tests do.
fn alone(package: &Package) -> Vec<Step> {
    let name = &package.name;
    let check = |features| {
        format!(
            "cargo check -p {name} --locked{features} \
             && cargo check -p {name} --all-targets --locked{features}"
        )
    };
    if package.features.is_empty() {
        let note = "it has no features: with none and with all of them would be the same check";
        return vec![Step::new(format!("{name} alone"), check("")).noting(note)];
    }
    [" --no-default-features", " --all-features"]
        .map(|features| Step::new(format!("{name} alone,{features}"), check(features)))
        .into()
}

fn summary(times: &[(&str, Duration)]) -> String {
    let total: Duration = times.iter().map(|(_, time)| *time).sum();
    let row = |(name, time): &(&str, Duration)| format!("{:>8.1} s  {name}\n", time.as_secs_f64());
    times.iter().chain([&("total", total)]).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(features: &str, expected: &[(&str, &str)]) {
        let package = format!(r#"{{"name": "some", "features": {features}}}"#);
        let package = serde_json::from_str(&package).expect("a package");
        let steps = alone(&package);
        let actual: Vec<_> = steps
            .iter()
            .map(|step| (step.name.as_str(), step.line.as_str()))
            .collect();
        assert_eq!(actual, expected);
    }

    #[test]
    fn a_package_with_features_is_checked_with_none_and_with_all_of_them() {
        check(
            r#"{"default": []}"#,
            &[
                (
                    "some alone, --no-default-features",
                    "cargo check -p some --locked --no-default-features \
                     && cargo check -p some --all-targets --locked --no-default-features",
                ),
                (
                    "some alone, --all-features",
                    "cargo check -p some --locked --all-features \
                     && cargo check -p some --all-targets --locked --all-features",
                ),
            ],
        );
    }

    #[test]
    fn a_package_without_features_is_checked_once() {
        check(
            "{}",
            &[(
                "some alone",
                "cargo check -p some --locked && cargo check -p some --all-targets --locked",
            )],
        );
    }

    #[test]
    fn the_summary_ends_with_the_total() {
        let times = [
            ("format", Duration::from_millis(540)),
            ("clippy", Duration::from_secs(61)),
        ];
        let expected = "     0.5 s  format\n    61.0 s  clippy\n    61.5 s  total\n";
        assert_eq!(summary(&times), expected);
    }
}
