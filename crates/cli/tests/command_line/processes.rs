//! Two processes on one SQLite file keep the contract of the port: each port is a client of one server, and its
//! clone a client of another one, which is another process with the same file.
//!
//! What Seam's API lacks is left out here. Two openings of a file in one process have it: see the tests of
//! `access-groups-sqlite`.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use access_groups_conformance::{Capability, Fixture, ModelRun, Site, laws};
use access_groups_core::{BlockingStore, Timestamp, Workspace, WorkspaceId};
use access_groups_http_blocking::Client;
use access_groups_protocol::{ProxyVars, Secret};
use access_groups_server::SecretDigest;
use access_groups_sql::{CredentialKind, StoredCredential};
use access_groups_sqlite::{Database, OpenOptions};
use tempfile::TempDir;

use crate::harness::{Running, binary, serve};

laws!(mod two_processes, two_processes, few_cases());

fn two_processes(site: &Site) -> Fixture {
    let file = Shared::opened();
    let key = file.hold(site);
    let [one, other] = [0, 1].map(|index| {
        let client = Client::builder(key.as_str()).endpoint(file.servers[index].1.as_str());
        let client = client.proxy_vars(ProxyVars::default()).build();
        Fixture::blocking(client.expect("a client"))
    });
    one.with_clone(other)
        .with_bulk(FEW)
        .without_all(Capability::WITHOUT_WIRE)
        .keeping(file)
}

/// What is behind the ports is the same in all runs; two writers of one file wait for each other.
const FEW: usize = 200;

fn few_cases() -> ModelRun {
    ModelRun::new().with_cases(32)
}

/// One file for all fixtures, each of which is a workspace of its own, as long as there is one.
struct Shared {
    database: Database,
    workspaces: Mutex<u128>,
    // They end before the file is deleted. In locks only because their pipes cannot be shared.
    servers: [(Mutex<Running>, String); 2],
    _folder: TempDir,
}

impl Shared {
    fn opened() -> Arc<Self> {
        static OPENED: Mutex<Weak<Shared>> = Mutex::new(Weak::new());
        let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        opened.upgrade().unwrap_or_else(|| {
            let new = Arc::new(Self::new());
            *opened = Arc::downgrade(&new);
            new
        })
    }

    fn new() -> Self {
        // Where fsync takes no time, if the system has such a place.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let folder = folder.expect("a folder");
        let path: PathBuf = folder.path().join("site.db");
        let options = OpenOptions::new().with_busy_timeout(Duration::from_secs(60));
        let database = options.open(&path).expect("opened");
        let store = format!("sqlite:{}", path.display());
        let server = |_| {
            let options = ["--store", &store, "--lock-timeout", "60"];
            let (server, address) = serve(binary(&options));
            (Mutex::new(server), address)
        };
        Self {
            database,
            workspaces: Mutex::new(0),
            servers: [0, 1].map(server),
            _folder: folder,
        }
    }

    /// A workspace of its own with this site in it, and a key to it for both servers.
    fn hold(&self, site: &Site) -> String {
        let mut last = self
            .workspaces
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *last += 1;
        let (workspace, key) = (
            WorkspaceId::from_u128(*last),
            format!("seam_of_workspace_{last}"),
        );
        drop(last);
        let lab = Workspace::new(workspace, "Lab");
        assert!(self.database.create_workspace(&lab).expect("created"));
        let digest = SecretDigest::of(&Secret::new(&key)).to_bytes();
        let kind = CredentialKind::Key;
        let credential =
            StoredCredential::new(digest, kind, workspace, "clone", Timestamp::UNIX_EPOCH);
        assert!(self.database.add_credential(&credential).expect("added"));
        let port = self.database.workspace(workspace).expect("read");
        let port = port.expect("created");
        port.import(&site.to_json())
            .expect("the kit's sites are sound");
        key
    }
}
