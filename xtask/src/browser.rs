//! `cargo xtask browser`: the report of a plan, in a real browser.
//!
//! A manager approves what it shows, so that search, filters, colours and the policy against foreign
//! content are tested where they work: in Chromium, which `playwright-core` drives from the pinned
//! Node of `cargo xtask interop`. The tests are in `xtask/report`.

use std::{env, ffi::OsString, path::PathBuf, process::Command};

use serde_json::json;

use crate::{
    commands::{self, root},
    interop::{self, install},
};

/// Plans two rosters with the command-line program, and tests the reports in Chromium.
///
/// # Errors
///
/// There is no Chromium, something cannot be installed or built, or a test fails.
pub(crate) fn run() -> Result<(), String> {
    let chromium = chromium(env::var_os(VARIABLE), env::var_os("PATH"))?;
    let root = root();
    let (sources, folder) = (root.join("xtask/report"), root.join("target/browser"));
    let toolchain = root.join("xtask/interop/toolchain");
    let (node, npm) = install::toolchain(&toolchain, &root.join("target/interop/toolchain"))?;
    let driver = folder.join("driver");
    install::packages("Playwright", &sources, FILES, &driver, &node, &npm)?;
    install::scripts(&sources, &driver)?;
    let binary = interop::build(&root)?;

    let made = folder.join("made");
    interop::fresh(&made)?;
    let settings = json!({"binary": binary, "chromium": chromium, "folder": made});
    commands::run(
        Command::new(node)
            .arg("--test-reporter=spec")
            .arg(driver.join("report.test.mjs"))
            .env("REPORT_SETTINGS", settings.to_string()),
    )
}

/// The browser that the variable names, else the first of that name in the path.
fn chromium(named: Option<OsString>, path: Option<OsString>) -> Result<PathBuf, String> {
    if let Some(named) = named {
        let named = PathBuf::from(named);
        return match named.is_file() {
            true => Ok(named),
            false => Err(format!("{VARIABLE}: there is no {}", named.display())),
        };
    }
    let folders = path.unwrap_or_default();
    let found = env::split_paths(&folders).map(|folder| folder.join("chromium"));
    let found = found.into_iter().find(|program| program.is_file());
    found.ok_or_else(|| {
        format!(
            "there is no Chromium: install it (Debian's package is `chromium`), or name another \
             Chromium or Chrome with {VARIABLE}"
        )
    })
}

const VARIABLE: &str = "ACCESS_GROUPS_CHROMIUM";

const FILES: &[&str] = &["package.json", "package-lock.json", ".npmrc"];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn check(named: Option<&Path>, path: &str, expected: Result<&Path, &str>) {
        let found = chromium(named.map(Into::into), Some(path.into()));
        match expected {
            Ok(expected) => assert_eq!(found.as_deref(), Ok(expected)),
            Err(part) => assert!(found.is_err_and(|error| error.contains(part)), "{part}"),
        }
    }

    #[test]
    fn a_missing_browser_is_a_failure() {
        let this = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        check(Some(&this), "", Ok(&this));
        let missing = this.with_file_name("no-such-browser");
        check(Some(&missing), "", Err("there is no"));
        check(None, env!("CARGO_MANIFEST_DIR"), Err("Debian's package"));
        check(None, "", Err(VARIABLE));
    }
}
