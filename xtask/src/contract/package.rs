//! Seam's package, downloaded by npm.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, de::DeserializeOwned};
use sha2::{Digest, Sha512};

use crate::commands::{Workspace, output};

/// The name of the package.
pub(crate) const NAME: &str = "@seamapi/types";

/// The parts of one version of the package that matter here.
#[derive(Debug)]
pub(crate) struct Package {
    /// Its number.
    pub(crate) version: String,
    /// The hash of its archive, as npm writes it: `sha512-` and base64.
    pub(crate) integrity: String,
    /// The OpenAPI document, as a JavaScript module.
    pub(crate) openapi: String,
    /// The routes, as TypeScript declarations.
    pub(crate) route_types: String,
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
        let folder = Workspace::read(root)?.target_directory.join("contract");
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Self { folder })
    }

    /// The number of a version: of a tag, that which it stands for.
    ///
    /// # Errors
    ///
    /// npm does not start, or knows no such version.
    pub(crate) fn version(&self, tag: &str) -> Result<String, String> {
        self.run(&["view", &format!("{NAME}@{tag}"), "version", "--json"])
            .map_err(|error| format!("{NAME} {tag} is not one version: {error}"))
    }

    /// Downloads one version, which must have this hash if there is one.
    ///
    /// # Errors
    ///
    /// npm does not start, or knows no such version; its hash is another; `tar` does not start,
    /// or the archive lacks a file.
    pub(crate) fn fetch(&self, version: &str, pinned: Option<&str>) -> Result<Package, String> {
        let [Packed { filename }] = self.run(&["pack", &format!("{NAME}@{version}"), "--json"])?;
        let file = self.folder.join(filename);
        let bytes = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let integrity = integrity(&bytes);
        if let Some(pinned) = pinned.filter(|pinned| *pinned != integrity) {
            return Err(format!(
                "{NAME} {version} is not the pinned one: its hash is {integrity}, not {pinned}"
            ));
        }
        let member = |name: &str| {
            let name = format!("package/lib/seam/connect/{name}");
            let mut tar = Command::new("tar");
            let text = tool(tar.arg("-xzOf").arg(&file).arg(&name))?;
            String::from_utf8(text).map_err(|error| format!("{name}: {error}"))
        };
        Ok(Package {
            openapi: member("openapi.js")?,
            route_types: member("route-types.d.ts")?,
            version: version.to_owned(),
            integrity,
        })
    }

    fn run<T: DeserializeOwned>(&self, arguments: &[&str]) -> Result<T, String> {
        let mut npm = Command::new("npm");
        npm.args(arguments).arg("--ignore-scripts");
        let answer = tool(npm.current_dir(&self.folder))?;
        serde_json::from_slice(&answer).map_err(|error| format!("npm {arguments:?}: {error}"))
    }
}

/// The answer of `npm pack`, for each package.
#[derive(Deserialize)]
struct Packed {
    filename: PathBuf,
}

fn integrity(archive: &[u8]) -> String {
    format!("sha512-{}", STANDARD.encode(Sha512::digest(archive)))
}

fn tool(command: &mut Command) -> Result<Vec<u8>, String> {
    output(command).map_err(|error| format!("{error}; this chore needs npm, tar and a network"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_has_the_form_of_npm() {
        let expected = "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";
        assert_eq!(integrity(b""), expected);
    }
}
