//! A database as an operator fills it, by the commands of the command line.

use std::{ffi::OsStr, path::Path, process::Command};

use super::{Keys, OTHER_WORKSPACE, WORKSPACE, other_site, write};
use crate::commands::{hide_variables, output};

/// Makes the two workspaces with what is in them, and what opens them.
pub(super) fn fill(binary: &Path, site: &Path, folder: &Path, store: &str) -> Result<Keys, String> {
    let other = folder.join("other.json");
    write(&other, &other_site().to_string())?;
    let operator = Operator { binary, store };
    // A SQLite file is created on first use.
    if !store.starts_with("sqlite:") {
        operator.run(&["migrate"])?;
    }
    for (id, name, site) in [
        (WORKSPACE, "Maple Court", site),
        (OTHER_WORKSPACE, "Elsewhere", &other),
    ] {
        operator.run(&["workspaces", "create", name, "--id", id])?;
        let import = ["import", "--workspace", id].map(OsStr::new);
        operator.run(&[&import[..], &[site.as_os_str()]].concat())?;
    }
    // Names are unique in a workspace.
    let key_of = |workspace, name, options: &[&str]| {
        let create = ["keys", "create", "--workspace", workspace, "--name", name];
        operator.key(&[&create[..], options].concat())
    };
    Ok(Keys {
        main: key_of(WORKSPACE, "key", &[])?,
        other: key_of(OTHER_WORKSPACE, "key", &[])?,
        token: key_of(WORKSPACE, "token", &["--token"])?,
    })
}

struct Operator<'a> {
    binary: &'a Path,
    store: &'a str,
}

impl Operator<'_> {
    fn run(&self, arguments: &[impl AsRef<OsStr>]) -> Result<Vec<u8>, String> {
        let mut command = Command::new(self.binary);
        command.args(arguments).args(["--store", self.store]);
        hide_variables(&mut command, &["SEAM_", "ACCESS_GROUPS_"]);
        output(&mut command)
    }

    /// A key is printed once, alone on its line.
    fn key(&self, arguments: &[&str]) -> Result<String, String> {
        let printed = self.run(arguments)?;
        let printed = String::from_utf8_lossy(&printed).trim().to_owned();
        match printed.starts_with("seam_") {
            true => Ok(printed),
            false => Err(format!(
                "`keys create` does not print a key, but {printed:?}"
            )),
        }
    }
}
