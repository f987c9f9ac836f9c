//! Seam's package, downloaded by npm.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use sha2::{Digest, Sha512};

/// The name of the package.
pub(crate) const NAME: &str = "@seamapi/types";

/// One version of the package, as it was downloaded.
#[derive(Debug)]
pub(crate) struct Archive {
    version: String,
    /// The hash, as npm writes it: `sha512-` and base64.
    pub(crate) integrity: String,
    file: PathBuf,
}

/// The parts of an archive that matter here.
#[derive(Debug)]
pub(crate) struct Package {
    /// Its number.
    pub(crate) version: String,
    /// The hash of its archive.
    pub(crate) integrity: String,
    /// The OpenAPI document, as a JavaScript module.
    pub(crate) openapi: String,
    /// The routes, as TypeScript declarations.
    pub(crate) route_types: String,
}

impl Archive {
    /// Extracts these parts.
    ///
    /// # Errors
    ///
    /// `tar` does not start, or there is no such file.
    pub(crate) fn open(self) -> Result<Package, String> {
        Ok(Package {
            openapi: self.member("openapi.js")?,
            route_types: self.member("route-types.d.ts")?,
            version: self.version,
            integrity: self.integrity,
        })
    }

    fn member(&self, name: &str) -> Result<String, String> {
        let mut tar = Command::new("tar");
        let name = format!("package/lib/seam/connect/{name}");
        tar.arg("-xzOf").arg(&self.file).arg(&name);
        String::from_utf8(output(&mut tar)?).map_err(|error| format!("{name}: {error}"))
    }
}

/// The installed npm, with the registry that it is configured with.
///
/// It never runs any code of a package.
#[derive(Debug)]
pub(crate) struct Npm {
    /// The folder for archives.
    folder: PathBuf,
}

impl Npm {
    /// Archives go to a folder of their own below cargo's target folder.
    ///
    /// # Errors
    ///
    /// Cargo does not say where that is, or it cannot be made.
    pub(crate) fn new(root: &Path) -> Result<Self, String> {
        let mut cargo = Command::new("cargo");
        cargo
            .args(["metadata", "--no-deps", "--format-version", "1", "--locked"])
            .current_dir(root);
        let metadata = json(&output(&mut cargo)?)?;
        let target = metadata["target_directory"]
            .as_str()
            .ok_or("cargo metadata names no target directory")?;
        let folder = Path::new(target).join("contract");
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Self { folder })
    }

    /// The number of a version: of a tag, that which it stands for.
    ///
    /// # Errors
    ///
    /// npm does not start, or knows no such version.
    pub(crate) fn version(&self, tag: &str) -> Result<String, String> {
        let answer = self.run(&["view", &format!("{NAME}@{tag}"), "version", "--json"])?;
        match answer {
            Value::String(version) => Ok(version),
            other => Err(format!("{NAME} {tag} is not one version: {other}")),
        }
    }

    /// Downloads one version.
    ///
    /// # Errors
    ///
    /// npm does not start, or knows no such version.
    pub(crate) fn fetch(&self, version: &str) -> Result<Archive, String> {
        let answer = self.run(&["pack", &format!("{NAME}@{version}"), "--json"])?;
        let name = answer[0]["filename"]
            .as_str()
            .ok_or("npm pack names no file")?;
        let file = self.folder.join(name);
        let bytes = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(Archive {
            version: version.to_owned(),
            integrity: integrity(&bytes),
            file,
        })
    }

    fn run(&self, arguments: &[&str]) -> Result<Value, String> {
        let mut npm = Command::new("npm");
        npm.args(arguments)
            .arg("--ignore-scripts")
            .current_dir(&self.folder);
        json(&output(&mut npm)?)
    }
}

fn integrity(archive: &[u8]) -> String {
    format!("sha512-{}", STANDARD.encode(Sha512::digest(archive)))
}

fn json(text: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(text).map_err(|error| format!("this is not JSON: {error}"))
}

/// The standard output of a command that succeeds.
fn output(command: &mut Command) -> Result<Vec<u8>, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| {
        format!("`{program}` does not start: {error}; this chore needs npm, tar and a network")
    })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "`{program}` failed ({}): {}",
        output.status,
        words.trim_end()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_has_the_form_of_npm() {
        let expected = "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";
        assert_eq!(integrity(b""), expected);
    }

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
}
