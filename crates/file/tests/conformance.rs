//! The store keeps the contract of the port.

use std::{fs, sync::Arc};

use access_groups_conformance::{Fixture, ModelRun, Site, laws};
use access_groups_file::SiteFile;

laws!(mod file, open, few_cases());

fn open(site: &Site) -> Fixture {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("site.json");
    fs::write(&path, site.to_json()).expect("written");
    let store = Arc::new(SiteFile::open(&path).expect("the kit's sites are sound"));
    Fixture::blocking(store.clone())
        .with_clone(Fixture::blocking(store))
        // Each change writes the whole file.
        .with_bulk(20)
        .keeping(folder)
}

/// The rules are those of the store in memory, which has its own full run; here each change waits
/// for the disk.
fn few_cases() -> ModelRun {
    ModelRun::new().with_cases(16)
}
