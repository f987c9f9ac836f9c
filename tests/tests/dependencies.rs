//! Rules on who may depend on whom, and on what may be in the tree at all.
//!
//! They hold for the platform of this build; what must be nowhere in the tree is looked for
//! on every platform by `cargo deny`.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

/// Which packages of the workspace a package may depend on. Dependencies point one way, and
/// no adapter knows another; only the file is a store in memory that is saved, and SQL stores decide
/// in memory.
const DIRECTION: &[(&str, &[&str])] = &[
    ("access-groups-core", &[]),
    ("access-groups-protocol", &["access-groups-core"]),
    ("access-groups-in-memory", &["access-groups-core"]),
    ("access-groups-layers", &["access-groups-core"]),
    ("access-groups-roster", &["access-groups-core"]),
    ("access-groups-http-async", CORE_AND_PROTOCOL),
    ("access-groups-http-blocking", CORE_AND_PROTOCOL),
    ("access-groups-conformance", &["access-groups-core"]),
    ("access-groups-server", CORE_AND_PROTOCOL),
    (
        "access-groups-file",
        &["access-groups-core", "access-groups-in-memory"],
    ),
    (
        "access-groups-sql",
        &["access-groups-core", "access-groups-in-memory"],
    ),
    (
        "access-groups-sqlite",
        &[
            "access-groups-core",
            "access-groups-in-memory",
            "access-groups-sql",
        ],
    ),
    (
        "access-groups-postgres",
        &[
            "access-groups-core",
            "access-groups-in-memory",
            "access-groups-sql",
        ],
    ),
    ("access-groups", LIBRARIES),
    ("access-groups-cli", LIBRARIES),
    ("access-groups-tests", LIBRARIES),
    ("access-groups-example-jobs", &["access-groups"]),
    ("access-groups-example-journal", &["access-groups-core"]),
    ("xtask", CORE_AND_PROTOCOL),
    (
        "access-groups-bench",
        &[
            "access-groups-core",
            "access-groups-protocol",
            "access-groups-in-memory",
            "access-groups-roster",
            "access-groups-http-async",
            "access-groups-http-blocking",
            "access-groups-sqlite",
            "access-groups-postgres",
            "access-groups-server",
            "access-groups-tests", // servers of PostgreSQL
        ],
    ),
];

const CORE_AND_PROTOCOL: &[&str] = &["access-groups-core", "access-groups-protocol"];

const LIBRARIES: &[&str] = &[
    "access-groups-core",
    "access-groups-protocol",
    "access-groups-in-memory",
    "access-groups-layers",
    "access-groups-roster",
    "access-groups-http-async",
    "access-groups-http-blocking",
    "access-groups-file",
    "access-groups-sql",
    "access-groups-sqlite",
    "access-groups-postgres",
    "access-groups-server",
];

/// Everything that rustls can take its cryptography from.
const CRYPTO_PROVIDERS: &[&str] = &[
    "aws-lc-rs",
    "boring",
    "graviola",
    "mbedtls",
    "openssl",
    "ring",
    "rustls-rustcrypto",
    "symcrypt",
    "wolfcrypt-rs",
];

#[test]
fn every_package_has_a_row() {
    let packages = tree(&["--workspace", "--depth", "0"], ALL);
    let rows = DIRECTION.iter().map(|(package, _)| *package);
    assert_eq!(names(&packages), rows.collect());
}

#[test]
fn dependencies_point_one_way() {
    for (package, allowed) in DIRECTION {
        let direct = tree(&["-p", package, "-e", "normal", "--depth", "1"], ALL);
        let ours = DIRECTION.iter().map(|(name, _)| *name);
        let others = ours.filter(|name| name != package && !allowed.contains(name));
        check(&direct, package, others);
    }
}

#[test]
fn blocking_packages_have_no_async_runtime() {
    for (package, features) in [
        ("access-groups-core", ALL),
        ("access-groups-protocol", ALL),
        ("access-groups-in-memory", ALL),
        ("access-groups-layers", ALL),
        ("access-groups-roster", ALL),
        ("access-groups-file", ALL),
        ("access-groups-sql", ALL),
        ("access-groups-sqlite", ALL),
        ("access-groups-http-blocking", ALL),
        (
            "access-groups",
            &["--no-default-features", "--features", "blocking,file"],
        ),
    ] {
        let tree = tree(&["-p", package, "-e", "normal"], features);
        check(&tree, package, ["tokio", "async-std", "smol"]);
    }
}

#[test]
fn tls_is_rustls_alone() {
    let tree = tree(&["--workspace"], ALL);
    check(
        &tree,
        "the workspace",
        ["native-tls", "openssl", "openssl-sys"],
    );
}

#[test]
fn rustls_has_one_version() {
    let tree = tree(&["--workspace"], ALL);
    let versions = tree.get("rustls").map_or(0, BTreeSet::len);
    assert_eq!(versions, 1, "{:?}", tree.get("rustls"));
}

#[test]
fn aws_lc_is_the_one_crypto_provider() {
    let tree = tree(&["--workspace"], ALL);
    let providers = CRYPTO_PROVIDERS.iter().copied();
    check(
        &tree,
        "the workspace",
        providers.filter(|name| *name != "aws-lc-rs"),
    );
    assert!(tree.contains_key("aws-lc-rs"), "its name has changed");
}

/// With every feature.
const ALL: &[&str] = &["--all-features"];

/// Each name in a tree of dependencies, with its versions.
type Tree = BTreeMap<String, BTreeSet<String>>;

fn check<'n>(tree: &Tree, whose: &str, forbidden: impl IntoIterator<Item = &'n str>) {
    assert!(
        !tree.is_empty(),
        "the tree of {whose} is empty, so it proves nothing"
    );
    let found: Vec<_> = forbidden
        .into_iter()
        .filter(|name| tree.contains_key(*name))
        .collect();
    assert!(found.is_empty(), "the tree of {whose} holds {found:?}");
}

fn names(tree: &Tree) -> BTreeSet<&str> {
    tree.keys().map(String::as_str).collect()
}

/// What `cargo tree` answers of these packages with these features.
///
/// Not with `-i NAME`, which fails when the name is in no tree at all. Offline and locked,
/// since a test neither waits for a network nor changes `Cargo.lock`: building the workspace has
/// already downloaded everything that the tree names.
fn tree(selection: &[&str], features: &[&str]) -> Tree {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked"])
        .args(["--prefix", "none", "--format", "{p}"])
        .args(features)
        .args(selection)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo built this test, so it is there");
    assert!(
        output.status.success(),
        "cargo tree {selection:?}: {}\nIs everything downloaded? `cargo fetch --locked` does it.",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut tree = Tree::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            let versions = tree.entry(name.to_owned()).or_default();
            versions.insert(version.to_owned());
        }
    }
    tree
}
