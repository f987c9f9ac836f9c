//! Both HTTP adapters keep the contract of the ports, through a real socket and the server.
//!
//! One server for all tests; each port is a workspace of its own in it, under a key of its own.

use std::sync::{
    LazyLock,
    atomic::{AtomicU64, Ordering},
};

use access_groups_conformance::{Fixture, ModelRun, Site, laws};
use access_groups_core::{BlockingPorts, Ports};
use access_groups_http_async::HttpAsync;
use access_groups_http_blocking::HttpBlocking;
use access_groups_in_memory::{InMemory, State};
use access_groups_protocol::{Credential, Secret};
use access_groups_server::Credentials;
use access_groups_tests::server::TestServer;
use tokio::runtime::Runtime;

laws!(mod http_async, http_async, few_cases());
laws!(mod http_blocking, http_blocking, few_cases());

fn http_async(site: &Site) -> Fixture {
    let workspace = Workspace::holding(site);
    let fixture = || Fixture::asynchronous(workspace.ports(), |call| RUNTIME.block_on(call));
    fixture().with_clone(fixture()).keeping(workspace)
}

fn http_blocking(site: &Site) -> Fixture {
    let workspace = Workspace::holding(site);
    let fixture = || Fixture::blocking(workspace.blocking_ports());
    fixture().with_clone(fixture()).keeping(workspace)
}

/// The rules are those of the store, which has its own run: here they are only carried.
fn few_cases() -> ModelRun {
    ModelRun::new().with_cases(64)
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
        let ports = Ports::of(InMemory::new(state));
        SERVER.keys.insert_key(&Secret::new(&key), ports);
        Self { key }
    }

    fn ports(&self) -> Ports {
        let builder = HttpAsync::builder(self.credential());
        let adapter = builder.endpoint(SERVER.server.endpoint()).build();
        Ports::of(adapter.expect("an adapter"))
    }

    fn blocking_ports(&self) -> BlockingPorts {
        let builder = HttpBlocking::builder(self.credential());
        let adapter = builder.endpoint(SERVER.server.endpoint()).build();
        BlockingPorts::of(adapter.expect("an adapter"))
    }

    fn credential(&self) -> Credential {
        Credential::api_key(&self.key).expect("a key")
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        SERVER.keys.remove(&Secret::new(&self.key));
    }
}

struct Serving {
    keys: Credentials,
    server: TestServer,
}

static SERVER: LazyLock<Serving> = LazyLock::new(|| {
    let keys = Credentials::new();
    Serving {
        server: TestServer::start(keys.clone()),
        keys,
    }
});

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));
