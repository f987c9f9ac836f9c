//! The packages of the workspace, as cargo tells them.

use std::{path::Path, process::Command};

use serde_json::Value;

/// A package, as far as CI cares.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) has_features: bool,
}

/// All packages of the workspace in this folder.
///
/// # Errors
///
/// Cargo fails, or answers something else than its documented JSON.
pub(crate) fn of_workspace(root: &Path) -> Result<Vec<Package>, String> {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1", "--locked"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        return Err(format!("cargo metadata: {}", message.trim_end()));
    }
    parse(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))
}

fn parse(metadata: &[u8]) -> Result<Vec<Package>, String> {
    let metadata: Value = serde_json::from_slice(metadata).map_err(|error| error.to_string())?;
    let packages = metadata["packages"].as_array().ok_or("no packages")?;
    packages.iter().map(package).collect()
}

fn package(metadata: &Value) -> Result<Package, String> {
    let name = metadata["name"].as_str().ok_or("a package without name")?;
    let features = metadata["features"]
        .as_object()
        .ok_or_else(|| format!("{name} without a table of features"))?;
    Ok(Package {
        name: name.to_owned(),
        has_features: !features.is_empty(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(metadata: &str, expected: Result<Vec<(&str, bool)>, &str>) {
        let expected = expected.map_err(str::to_owned).map(|packages| {
            let package = |(name, has_features): (&str, _)| Package {
                name: name.to_owned(),
                has_features,
            };
            packages.into_iter().map(package).collect()
        });
        assert_eq!(parse(metadata.as_bytes()), expected);
    }

    #[test]
    fn a_package_has_a_name_and_perhaps_features() {
        let metadata = r#"{"packages": [
            {"name": "one", "features": {}},
            {"name": "two", "features": {"default": []}}
        ]}"#;
        check(metadata, Ok(vec![("one", false), ("two", true)]));
    }

    #[test]
    fn anything_else_is_refused() {
        check("{}", Err("no packages"));
        check(r#"{"packages": [{}]}"#, Err("a package without name"));
        let nameless = r#"{"packages": [{"name": "one"}]}"#;
        check(nameless, Err("one without a table of features"));
    }

    #[test]
    fn this_package_is_one_of_the_workspace() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let packages = of_workspace(root);
        assert!(packages.is_ok_and(|all| all.iter().any(|package| package.name == "xtask")));
    }
}
