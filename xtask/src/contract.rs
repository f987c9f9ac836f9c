//! `cargo xtask contract`: the description of Seam's API, reduced to what this project serves.
//!
//! Seam publishes its API as an npm package. The package of one version, pinned here by its
//! hash, becomes `tests/contract.json`: paths, methods, fields and resources, and no prose. The
//! tests hold the project to that file; only this chore needs npm and a network.

mod canonical;
mod difference;
mod openapi;
mod package;
mod shape;

use std::{fs, path::Path};

use serde_json::Value;

use crate::commands::root;
use package::Npm;

/// What to do with the contract.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Say what a newer version would change, and write nothing
    #[arg(long)]
    check: bool,
    /// The version to compare with: a number, or a tag like `latest`
    #[arg(
        long,
        value_name = "VERSION",
        default_value = "latest",
        requires = "check"
    )]
    against: String,
}

/// Writes the contract of the pinned version, or compares it with that of another one.
///
/// # Errors
///
/// npm does not start or has no such version; the package is not the pinned one; it says
/// something that the reduction does not understand.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let root = root();
    let npm = Npm::new(&root)?;
    if options.check {
        check(&root, &npm, &options.against)
    } else {
        write(&root, &npm)
    }
}

fn write(root: &Path, npm: &Npm) -> Result<(), String> {
    let contract = openapi::reduce(&npm.fetch(VERSION, Some(INTEGRITY))?)?;
    let text = canonical::text(&contract);
    fs::write(root.join(FILE), &text).map_err(|error| format!("{FILE}: {error}"))?;
    println!("{FILE}: {} {VERSION}, {}", package::NAME, count(&contract));
    Ok(())
}

fn check(root: &Path, npm: &Npm, against: &str) -> Result<(), String> {
    let ours = read(&root.join(FILE))?;
    let version = ours["version"].as_str().unwrap_or_default();
    let newer = npm.version(against)?;
    if newer == version {
        println!("No newer version: {against} is {newer}, as in {FILE}.");
        return Ok(());
    }
    let theirs = openapi::reduce(&npm.fetch(&newer, None)?)?;
    let differences = difference::between(&ours, &theirs);
    println!("{FILE} has {version}; this is what {newer} would change:");
    if differences.is_empty() {
        println!("Nothing that this project serves would change.");
    }
    for line in differences {
        println!("{line}");
    }
    Ok(())
}

fn read(file: &Path) -> Result<Value, String> {
    let text = fs::read(file).map_err(|error| format!("{FILE}: {error}"))?;
    serde_json::from_slice(&text).map_err(|error| format!("{FILE}: {error}"))
}

fn count(contract: &Value) -> String {
    let count = |key: &str| contract[key].as_object().map_or(0, |all| all.len());
    format!("{} paths, {} schemas", count("paths"), count("schemas"))
}

const FILE: &str = "tests/contract.json";

const VERSION: &str = "1.977.0";

/// What npm shows as `dist.integrity` of that version.
const INTEGRITY: &str = "sha512-0/9hrUEnX3jtoMWN+R+ze99nEtRn0MOyt5R3Y5ChJwaVldbfpLVIXsmQS1nRZ4UjXXZg+CwRIYP33NphCxXf6w==";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_is_pinned_and_canonical() {
        let file = root().join(FILE);
        let contract = read(&file).expect("a contract");
        assert_eq!(contract["version"], VERSION);
        assert_eq!(contract["integrity"], INTEGRITY);
        let text = fs::read_to_string(file).expect("a text");
        assert_eq!(text, canonical::text(&contract));
    }
}
