//! Both HTTP adapters keep the contract of the port, through a real socket and the server.
//!
//! One server for all tests; each port is a workspace of its own in it, under a key of its own.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicU64, Ordering},
};

use access_groups_conformance::{Capability, Fixture, ModelRun, Site, laws};
use access_groups_in_memory::{InMemory, State};
use access_groups_protocol::{Secret, WITHOUT_WIRE};
use access_groups_server::Credentials;
use access_groups_tests::server::TestServer;
use tokio::runtime::Runtime;

laws!(mod http_async, http_async, few_cases());
laws!(mod http_blocking, http_blocking, few_cases());

fn http_async(site: &Site) -> Fixture {
    let workspace = Workspace::holding(site);
    // Each with connections of its own, as two processes would have.
    let fixture = || {
        let client = SERVER.server.client(&workspace.key);
        Fixture::asynchronous(client, |call| RUNTIME.block_on(call))
    };
    without_wire(fixture().with_clone(fixture()).keeping(workspace))
}

fn http_blocking(site: &Site) -> Fixture {
    let workspace = Workspace::holding(site);
    let fixture = || Fixture::blocking(SERVER.server.blocking_client(&workspace.key));
    // Everything in bulk goes through the async client, in the same requests.
    let fixtures = fixture().with_clone(fixture()).with_bulk(20);
    without_wire(fixtures.keeping(workspace))
}

/// Seam's API lacks these, so its clients refuse them before anything is sent.
fn without_wire(fixture: Fixture) -> Fixture {
    fixture.without_all(Capability::WITHOUT_WIRE)
}

#[test]
fn kit_and_protocol_know_what_seam_lacks() {
    let absent = Capability::WITHOUT_WIRE.iter().map(ToString::to_string);
    assert_eq!(absent.collect::<Vec<_>>(), WITHOUT_WIRE);
}

/// The rules are those of the store, which has its own full run; and `equivalence` sends random
/// sequences over the same sockets.
fn few_cases() -> ModelRun {
    ModelRun::new().with_cases(16)
}

/// A workspace of the server, for as long as a port needs it.
struct Workspace {
    key: String,
}

impl Workspace {
    fn holding(site: &Site) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let key = format!("seam_conformance_{number}");
        let state = State::from_site_json(&site.to_json()).expect("the kit's sites are sound");
        let store = Arc::new(InMemory::new(state));
        SERVER.credentials.insert_key(&Secret::new(&key), store);
        Self { key }
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        SERVER.credentials.remove(&Secret::new(&self.key));
    }
}

struct Serving {
    credentials: Credentials,
    server: TestServer,
}

static SERVER: LazyLock<Serving> = LazyLock::new(|| {
    let credentials = Credentials::new();
    Serving {
        server: TestServer::start(credentials.clone()),
        credentials,
    }
});

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));
