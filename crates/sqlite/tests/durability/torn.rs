//! A power cut: the WAL ends somewhere, and what is behind that is missing, or garbage.

use std::{
    fs,
    path::{Path, PathBuf},
};

use access_groups_core::AcsUserId;
use access_groups_sqlite::Database;

use crate::{
    count,
    record::{Held, WORKSPACE, Writer, furnish},
    show,
};

/// A database whose process is gone, and the length of its WAL after each change.
struct Cut {
    file: Vec<u8>,
    wal: Vec<u8>,
    changes: Vec<(usize, AcsUserId)>,
}

impl Cut {
    fn new(changes: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("site.db");
        furnish(&Database::open(&path).expect("opened"), WORKSPACE);
        // The WAL begins anew: all that it holds are these changes.
        let database = Database::open(&path).expect("opened");
        let writer = Writer::new(&database, WORKSPACE);
        let changes = (0..changes).map(|number| {
            let user = writer.create(&format!("User {number}")).expect("created");
            let length = fs::metadata(beside(&path)).expect("there").len();
            (usize::try_from(length).expect("small"), user)
        });
        let changes = changes.collect();
        Self {
            changes,
            file: fs::read(&path).expect("read"),
            wal: fs::read(beside(&path)).expect("read"),
        }
    }

    /// Opens what a disk holds that has kept so many bytes of the WAL.
    fn check(&self, at: usize, garbage: &[u8]) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("site.db");
        fs::write(&path, &self.file).expect("written");
        let wal = [&self.wal[..at], garbage].concat();
        fs::write(beside(&path), wal).expect("written");
        let database = Database::open(&path).expect("opened");
        let held = Held::of(&database, WORKSPACE);
        let all: Vec<_> = self.changes.iter().map(|(_, user)| *user).collect();
        let acknowledged = self.changes.iter().filter(|(end, _)| *end <= at).count();
        assert!(held.created.len() >= acknowledged, "lost at {at}");
        assert_eq!(
            held.created,
            all[..held.created.len()],
            "none is missing between"
        );
    }
}

#[test]
fn a_torn_wal_loses_nothing_acknowledged() {
    let cuts = count(200, 5_000);
    // Every 97th byte in a full run. Otherwise as far apart as it takes to reach the end.
    let cut = Cut::new(count(15, 25));
    let step = (cut.wal.len() / cuts).max(97);
    let step = if cuts == 5_000 { 97 } else { step };
    let places: Vec<_> = (0..cut.wal.len()).step_by(step).collect();
    assert!(
        places.len() >= cuts,
        "{} cuts of {} bytes",
        places.len(),
        cut.wal.len()
    );
    let counts = format!(
        "{} cuts, {step} bytes apart, 0 lost, 0 half done",
        places.len()
    );
    for (number, at) in places.into_iter().enumerate() {
        match number % 3 {
            0 => cut.check(at, &[]),
            // What was there before, or what a torn sector leaves.
            1 => cut.check(at, &vec![0; 8_192]),
            _ => cut.check(at, &cut.wal[..cut.wal.len().min(8_192)]),
        }
    }
    show("torn WAL", &counts);
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}
