//! `cargo xtask interop`: Seam's own SDKs drive our server.
//!
//! An application that uses one of the SDKs must see no difference between this server and Seam.
//! All are pinned, by the lock files in `xtask/interop`, and installed into `target/interop`.
//! Each drives a server of its own, so that no SDK sees the changes of another. The
//! drivers are in `xtask/interop/js` and `xtask/interop/python`; see the README there.

mod driver;
mod example;
pub(crate) mod install;
mod rows;
mod server;
mod verdict;

use std::{fs, path::Path};

use crate::commands::root;
use driver::Transcript;
use rows::{SDKS, Sdk};
use server::Server;
pub(crate) use server::build;
use verdict::Verdict;

/// Installs the SDKs, lets each drive a server, and prints the table: operation by SDK. Then it runs
/// `examples/faults`.
///
/// # Errors
///
/// Something is missing and cannot be installed, the server does not build, or not every
/// check of every SDK has passed, or the example differs from its README.
pub(crate) fn run() -> Result<(), String> {
    let root = root();
    let folder = root.join("target/interop");
    let tools = install::all(&root.join("xtask/interop"), &folder)?;
    let server = build(&root)?;

    let site = root.join("examples/maple-court/site.json");
    let transcripts = SDKS
        .iter()
        .map(|sdk| driven(sdk, &tools, &server, &site, &folder))
        .collect::<Result<Vec<_>, _>>()?;

    let verdict = Verdict::of(&rows::operations(), &transcripts);
    println!("\n{verdict}");
    verdict.into_result()?;
    example::run(&root, &tools, rows::PYTHON_ENVIRONMENT, &server, &folder)
}

/// Lets one SDK drive a server over a fresh copy of the site.
fn driven(
    sdk: &'static Sdk,
    tools: &install::Tools,
    binary: &Path,
    site: &Path,
    folder: &Path,
) -> Result<Transcript, String> {
    progress(&format!("{} drives the server", sdk.title()));
    let folder = folder.join("run").join(sdk.slug());
    fresh(&folder)?;
    let server = Server::start(binary, site, &folder, &[])?;
    let mut transcript = driver::drive(sdk, tools, server.settings());
    transcript.problems.extend(server.stop().err());
    Ok(transcript)
}

/// Empties a folder, or makes it.
pub(crate) fn fresh(folder: &Path) -> Result<(), String> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| cannot("empty", folder, &error))?;
    }
    fs::create_dir_all(folder).map_err(|error| cannot("create", folder, &error))
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to)
        .map(|_| ())
        .map_err(|error| cannot("copy", from, &error))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| cannot("write", path, &error))
}

fn cannot(what: &str, path: &Path, error: &dyn std::error::Error) -> String {
    format!("cannot {what} {}: {error}", path.display())
}

fn progress(line: &str) {
    println!("interop: {line}");
}
