//! The store keeps the contract of the port.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use access_groups_conformance::{Fixture, ModelRun, Site, block_on, laws};
use access_groups_core::{BlockingStore, Workspace, WorkspaceId};
use access_groups_sqlite::{BlockingSqlite, Database, OpenOptions};
use tempfile::TempDir;

laws!(mod blocking, |site: &Site| {
    let opened = IN_MEMORY.opened();
    let port = opened.hold(site);
    Fixture::blocking(port.clone())
        .with_clone(Fixture::blocking(port))
        .keeping(opened)
});

// On no runtime, and on a disk that commits wait for. The clone is the other flavour.
laws!(mod asynchronous, asynchronous, few_cases());

fn asynchronous(site: &Site) -> Fixture {
    let opened = ON_DISK.opened();
    let port = opened.hold(site);
    Fixture::asynchronous(port.asynchronous(), block_on)
        .with_clone(Fixture::blocking(port))
        .with_bulk(FEW)
        .keeping(opened)
}

// The clone is another opening of the same file, as another process has it.
laws!(mod two_openings, two_openings, few_cases());

fn two_openings(site: &Site) -> Fixture {
    let opened = IN_MEMORY.opened();
    let port = opened.hold(site);
    let other = opened.other.workspace(port.workspace_id());
    let other = other.expect("opened").expect("created through the first");
    Fixture::blocking(port)
        .with_clone(Fixture::blocking(other))
        .with_bulk(FEW)
        .keeping(opened)
}

/// The first run makes more than fill a page. What is behind the ports is the same.
const FEW: usize = 200;

/// The rules are the same as in the first run. Two writers of one file wait for each other by sleeping,
/// and a disk makes all wait.
fn few_cases() -> ModelRun {
    ModelRun::new().with_cases(200)
}

/// One file for all fixtures: each is a workspace of its own.
struct Opened {
    one: Database,
    other: Database,
    workspaces: Mutex<u128>,
    // Last, so that the file is closed before it is deleted.
    _folder: TempDir,
}

/// A file that is open as long as one of its fixtures is.
struct File {
    opened: Mutex<Weak<Opened>>,
    folder: fn() -> TempDir,
}

static ON_DISK: File = File {
    opened: Mutex::new(Weak::new()),
    folder: || tempfile::tempdir().expect("a folder"),
};

/// Where fsync takes no time, if the system has such a place.
static IN_MEMORY: File = File {
    opened: Mutex::new(Weak::new()),
    folder: || {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        folder.expect("a folder")
    },
};

impl File {
    fn opened(&self) -> Arc<Opened> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.upgrade().unwrap_or_else(|| {
            let new = Arc::new(Opened::new((self.folder)()));
            *opened = Arc::downgrade(&new);
            new
        })
    }
}

impl Opened {
    fn new(folder: TempDir) -> Self {
        let path: PathBuf = folder.path().join("site.db");
        // Two writers of one file, on a disk that others write to as well.
        let options = OpenOptions::new().with_busy_timeout(Duration::from_secs(60));
        let open = || options.open(&path).expect("opened");
        Self {
            one: open(),
            other: open(),
            workspaces: Mutex::new(0),
            _folder: folder,
        }
    }

    /// A workspace of its own with this site in it.
    fn hold(&self, site: &Site) -> BlockingSqlite {
        let mut last = self
            .workspaces
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *last += 1;
        let workspace = WorkspaceId::from_u128(*last);
        drop(last);
        let workspace = Workspace::new(workspace, "Lab");
        let created = self.one.create_workspace(&workspace);
        assert!(created.expect("created"));
        let port = self.one.workspace(workspace.workspace_id).expect("read");
        let port = port.expect("created");
        port.import(&site.to_json())
            .expect("the kit's sites are sound");
        port
    }
}
