//! The fuzz targets on their seeds and on what is near them: a small part of what
//! `cargo xtask fuzz` does.

#![allow(clippy::print_stdout, reason = "a run shows its counts")]

// Their own package is outside the workspace, because it needs the fuzzer.
#[path = "../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "a library of its own elsewhere")]
mod fuzz;

use std::{fs, path::Path};

// Where the sources that the targets share look for them.
use fuzz::{failure, misplaced};

#[test]
fn targets_accept_everything_near_their_seeds() {
    let targets: [(&str, Target); 7] = [
        ("configuration", fuzz::configuration),
        ("cursor", fuzz::cursor),
        ("query", fuzz::query),
        ("request", fuzz::request),
        ("response", fuzz::response),
        ("retry_after", fuzz::retry_after),
        ("site_file", fuzz::site_file),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let mut names: Vec<_> = files(&folder.join("fuzz_targets"));
    names.sort();
    let known: Vec<_> = targets
        .iter()
        .map(|(name, _)| format!("{name}.rs"))
        .collect();
    assert_eq!(names, known);

    for (name, target) in targets {
        let seeds = folder.join("seeds").join(name);
        let mut runs = 0;
        for file in files(&seeds) {
            let seed = fs::read(seeds.join(file)).expect("readable");
            let near = near(&seed);
            runs += near.len();
            near.iter().for_each(|bytes| target(bytes));
        }
        assert!(runs > 100, "{name}: {runs}");
        println!("{name}: {runs} inputs");
    }
}

/// What a target does with the bytes that it gets.
type Target = fn(&[u8]);

/// The seed, its beginnings, and it with another byte in each of some places.
fn near(seed: &[u8]) -> Vec<Vec<u8>> {
    // Some 200 places of a long one: a site file is read slowly.
    let places = || (0..seed.len()).step_by(seed.len() / 200 + 1);
    let cut = places().map(|end| seed[..end].to_vec());
    let changed = places().flat_map(|place| {
        [0, b'"', b'9', b'@', 0xff].map(|byte| {
            let mut changed = seed.to_vec();
            changed[place] = byte;
            changed
        })
    });
    [seed.to_vec()]
        .into_iter()
        .chain(cut)
        .chain(changed)
        .collect()
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    names
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}
