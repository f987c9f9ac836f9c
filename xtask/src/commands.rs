//! The commands that chores run, and the repository that they run in.

use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde::{Deserialize, de::IgnoredAny};

/// The folder of the repository.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = xtask.parent();
    root.expect("xtask is a folder of the repository")
        .to_owned()
}

/// Runs a command to its end, with its output going where ours goes.
///
/// # Errors
///
/// It does not start, or it fails.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let status = command.stdin(Stdio::null()).status();
    let status = status.map_err(|error| does_not_start(command, &error))?;
    if status.success() {
        return Ok(());
    }
    Err(format!(
        "{command:?} ended with {status}; its own words are above"
    ))
}

/// The standard output of a command that succeeds.
///
/// # Errors
///
/// It does not start, or it fails: then the error says what it wrote to standard error, unless
/// that goes elsewhere.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>, String> {
    let output = command.output();
    let output = output.map_err(|error| does_not_start(command, &error))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let program = command.get_program().display();
    let words = String::from_utf8_lossy(&output.stderr);
    let (status, words) = (output.status, words.trim_end());
    Err(format!("`{program}` failed ({status}): {words}"))
}

fn does_not_start(command: &Command, error: &std::io::Error) -> String {
    format!(
        "`{}` does not start: {error}",
        command.get_program().display()
    )
}

/// The variables that tell a program of the `cargo run` around it. Cargo takes them for changes,
/// so a build that sees them builds everything anew.
pub(crate) const CARGO_RUN: &[&str] = &["CARGO_PKG_", "CARGO_MANIFEST_"];

/// Hides the variables from the command whose names begin so.
pub(crate) fn hide_variables(command: &mut Command, prefixes: &[&str]) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if prefixes.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
}

/// What cargo tells about the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    pub(crate) packages: Vec<Package>,
    pub(crate) target_directory: PathBuf,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) features: BTreeMap<String, IgnoredAny>,
}

impl Workspace {
    /// Asks cargo about the workspace in this folder.
    ///
    /// # Errors
    ///
    /// Cargo fails, or answers something else than its documented JSON.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let mut cargo = Command::new("cargo");
        let arguments = ["metadata", "--no-deps", "--format-version", "1", "--locked"];
        let metadata = output(cargo.args(arguments).current_dir(root))?;
        serde_json::from_slice(&metadata).map_err(|error| format!("cargo metadata: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(command: &mut Command, expected: &str) {
        let failure = output(command).expect_err("a failure");
        assert!(failure.contains(expected), "{failure}");
    }

    #[test]
    fn a_failed_command_is_named() {
        check(
            &mut Command::new("no-such-npm"),
            "`no-such-npm` does not start",
        );
        check(
            Command::new("sh").args(["-c", "echo why >&2; exit 3"]),
            "`sh` failed (exit status: 3): why",
        );
    }

    fn check_package(metadata: &str, expected: Result<usize, &str>) {
        let package = serde_json::from_str::<Package>(metadata);
        let features = package.map(|package| package.features.len());
        let actual = features.map_err(|error| error.to_string());
        match expected {
            Ok(count) => assert_eq!(actual, Ok(count)),
            Err(part) => assert!(
                actual.is_err_and(|error| error.contains(part)),
                "{metadata}"
            ),
        }
    }

    #[test]
    fn a_package_has_a_name_and_perhaps_features() {
        check_package(r#"{"name": "one", "features": {}}"#, Ok(0));
        check_package(r#"{"name": "two", "features": {"default": []}}"#, Ok(1));
        check_package("{}", Err("missing field `name`"));
        check_package(r#"{"name": "one"}"#, Err("missing field `features`"));
        let workspace = serde_json::from_str::<Workspace>("{}").map_err(|error| error.to_string());
        assert!(workspace.is_err_and(|error| error.contains("missing field `packages`")));
    }

    #[test]
    fn this_package_is_one_of_the_workspace() {
        let workspace = Workspace::read(&root()).expect("the workspace");
        let mut packages = workspace.packages.iter();
        assert!(packages.any(|package| package.name == "xtask"));
    }
}
