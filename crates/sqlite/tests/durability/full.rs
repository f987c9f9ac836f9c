//! A disk that is full, and has room again.
//!
//! The limit is SQLite's own on the pages of a file: it fails as a full disk does, without the rights that a
//! small file system needs.

use access_groups_core::{ErrorKind, WorkspaceId};
use access_groups_sqlite::{Database, OpenOptions};

use crate::{
    record::{Held, WORKSPACE, Writer, furnish},
    show,
};

#[test]
fn a_full_disk_stops_changes_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("site.db");
    let roomy = Database::open(&path).expect("opened");
    let other = WorkspaceId::from_u128(2);
    for workspace in [WORKSPACE, other] {
        furnish(&roomy, workspace);
    }
    let filler = Writer::new(&roomy, other);
    for number in 0..200 {
        filler.create(&format!("User {number}")).expect("created");
    }
    let database = OpenOptions::new()
        .with_max_pages(200)
        .open(&path)
        .expect("opened");
    let writer = Writer::new(&database, WORKSPACE);
    let mut acknowledged = Vec::new();
    let error = loop {
        match writer.create("Ada") {
            Ok(user) => acknowledged.push(user),
            Err(error) => break error,
        }
        assert!(acknowledged.len() < 10_000, "the limit does not hold");
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert_eq!(error.code(), Some("store_full"));
    assert!(!error.is_ambiguous());
    assert_eq!(writer.members().expect("read").len(), acknowledged.len());
    assert_eq!(Held::of(&database, WORKSPACE).created, acknowledged);

    // Room in the file, without opening anything again.
    assert!(roomy.delete_workspace(other).expect("deleted"));
    acknowledged.push(writer.create("Eve").expect("there is room"));
    assert_eq!(Held::of(&database, WORKSPACE).created, acknowledged);
    let counts = format!("{} changes acknowledged, 0 lost", acknowledged.len());
    show("disk full", &counts);
}
