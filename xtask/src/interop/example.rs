//! `examples/faults`: an SDK against a server with faults, as the README there shows it.

use std::{fs, path::Path, process::Command};

use super::{cannot, fresh, install::Tools, progress, server::Server};
use crate::commands::{hide_variables, output};

/// Runs the example with the SDK of this virtual environment.
///
/// # Errors
///
/// The script fails, prints something else than its README says, or has not met every fault.
pub(crate) fn run(
    root: &Path,
    tools: &Tools,
    environment: &str,
    binary: &Path,
    folder: &Path,
) -> Result<(), String> {
    progress("the example meets faults");
    let example = root.join("examples/faults");
    let folder = folder.join("run/faults");
    fresh(&folder)?;
    let site = root.join("examples/maple-court/site.json");
    let plan = example.join("plan.json");
    let faults = ["--faults".as_ref(), plan.as_os_str()];
    let server = Server::start(binary, &site, &folder, &faults)?;

    let mut script = Command::new(tools.python(environment));
    script.arg(example.join("add_user.py"));
    hide_variables(&mut script, &["SEAM_", "PYTHON"]);
    let (name, value) = server.api_key();
    let script = script
        .env(name, value)
        .env("SEAM_ENDPOINT", server.endpoint())
        .env("NO_PROXY", "127.0.0.1")
        .env("no_proxy", "127.0.0.1")
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let printed = output(script)?;
    let log = server.stop()?;

    let readme = example.join("README.md");
    let text = fs::read_to_string(&readme).map_err(|error| cannot("read", &readme, &error))?;
    check(&String::from_utf8_lossy(&printed), &text, &log)
}

fn check(printed: &str, readme: &str, log: &str) -> Result<(), String> {
    let expected = shown(readme).ok_or("examples/faults/README.md does not show the script")?;
    if printed != expected {
        return Err(format!(
            "the example prints\n{printed}and its README says\n{expected}"
        ));
    }
    // A plan that never hits anything shows nothing.
    if !log.contains(": once\n") || log.contains(": never\n") {
        return Err(format!("the example has not met every fault:\n{log}"));
    }
    Ok(())
}

/// What the script prints, according to the README.
fn shown(readme: &str) -> Option<&str> {
    let (_, after) = readme.split_once("python examples/faults/add_user.py\n")?;
    Some(after.split_once("```")?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = "```console\n$ python examples/faults/add_user.py\nyes\n```\n";
    const LOG: &str = "faults:\n  1. add_user: once\n";

    #[test]
    fn an_example_that_has_changed_is_noticed() {
        assert_eq!(check("yes\n", README, LOG), Ok(()));
        assert!(check("no\n", README, LOG).is_err());
        assert!(check("yes\n", "", LOG).is_err());
    }

    #[test]
    fn a_fault_that_was_not_met_is_noticed() {
        let unused = format!("{LOG}  2. reads: never\n");
        assert!(check("yes\n", README, &unused).is_err());
        assert!(check("yes\n", README, "").is_err());
    }
}
