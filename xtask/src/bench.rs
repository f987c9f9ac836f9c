//! `cargo xtask bench`: how fast the crates are, compared with hand-written code.
//!
//! The benchmark is a package of its own, so that this one stays quick to build.

use std::process::Command;

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Passed on to the benchmark: `--quick` runs everything on tiny sizes
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Builds the benchmark with optimisations and runs it; the table goes to stdout.
///
/// # Errors
///
/// When it cannot be built, or fails.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let status = Command::new(env!("CARGO"))
        .args([
            "run",
            "--release",
            "--quiet",
            "--locked",
            "--package",
            "access-groups-bench",
            "--",
        ])
        .args(&options.arguments)
        .status()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    if status.success() {
        return Ok(());
    }
    Err(format!(
        "the benchmark failed ({status}); its own words are above"
    ))
}
