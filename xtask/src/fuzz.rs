//! `cargo xtask fuzz`: every decoder of bytes from outside meets random ones.
//!
//! The targets are in `tests/fuzz`, a package outside the workspace. They run without a sanitizer, so
//! that the stable toolchain will do: there is no unsafe code here for one to watch.

use std::{fs, process::Command};

use crate::commands::{CARGO_RUN, hide_variables, root, run as run_command};

/// Fuzzes every target, one after the other.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many seconds each target gets
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub(crate) seconds: u32,

    /// The seed of the fuzzer's random numbers; with another one, other inputs are tried
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u32,

    /// Only this target
    #[arg(value_name = "TARGET")]
    pub(crate) target: Option<String>,
}

/// What the full run of `cargo xtask reliability` does.
impl Default for Options {
    fn default() -> Self {
        Self {
            seconds: 60,
            seed: 1,
            target: None,
        }
    }
}

/// Builds the targets and fuzzes each from its seeds.
///
/// # Errors
///
/// A target has found something, which is then in `tests/fuzz/artifacts`, or cargo-fuzz is missing.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let targets = match &options.target {
        Some(target) => vec![target.clone()],
        None => targets()?,
    };
    for target in &targets {
        println!(
            "\nfuzz: {target} for {} s, seed {}",
            options.seconds, options.seed
        );
        fuzz(target, options)?;
    }
    println!("\nfuzz: {} targets, nothing found", targets.len());
    Ok(())
}

/// The names of the targets: each is a file.
fn targets() -> Result<Vec<String>, String> {
    let folder = root().join("tests/fuzz/fuzz_targets");
    let cannot = |error| format!("cannot read {}: {error}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        names.extend(
            path.file_stem()
                .map(|stem| stem.to_string_lossy().into_owned()),
        );
    }
    names.sort();
    Ok(names)
}

fn fuzz(target: &str, options: &Options) -> Result<(), String> {
    let folder = root().join("tests/fuzz");
    // What is found on the way stays out of the seeds, which people choose.
    let corpus = folder.join("corpus").join(target);
    fs::create_dir_all(&corpus)
        .map_err(|error| format!("cannot create {}: {error}", corpus.display()))?;
    let mut cargo = Command::new("cargo");
    hide_variables(&mut cargo, CARGO_RUN);
    cargo
        .current_dir(root())
        .args([
            "fuzz",
            "run",
            "--fuzz-dir",
            "tests/fuzz",
            "--sanitizer",
            "none",
        ])
        .arg(target)
        .arg(&corpus)
        .arg(folder.join("seeds").join(target))
        .arg("--")
        .arg(format!("-max_total_time={}", options.seconds))
        .arg(format!("-seed={}", options.seed))
        // A decoder takes a few times the size of its input: more is a fault.
        .args(["-rss_limit_mb=2048", "-malloc_limit_mb=512", "-timeout=10"])
        // Larger than any buffer on the way; by default inputs grow from small ones, so most stay so.
        .args(["-max_len=1048576", "-verbosity=0", "-print_final_stats=1"]);
    run_command(&mut cargo)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_seeds() {
        let targets = targets().expect("a folder");
        assert!(targets.len() >= 7, "{targets:?}");
        for target in targets {
            let seeds = root().join("tests/fuzz/seeds").join(&target);
            assert!(
                fs::read_dir(seeds).is_ok_and(|mut files| files.next().is_some()),
                "{target}"
            );
        }
    }
}
