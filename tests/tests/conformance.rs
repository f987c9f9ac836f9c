//! Both HTTP adapters keep the contract of the port, through a real socket and the server.

use std::sync::LazyLock;

use access_groups_conformance::{Capability, Fixture, ModelRun, Site, laws};
use access_groups_in_memory::State;
use access_groups_protocol::WITHOUT_WIRE;
use access_groups_tests::workspaces::Workspace;
use tokio::runtime::Runtime;

laws!(mod http_async, http_async, few_cases());
laws!(mod http_blocking, http_blocking, few_cases());

fn http_async(site: &Site) -> Fixture {
    let workspace = Workspace::holding(state(site));
    // Each with connections of its own, as two processes would have.
    let fixture = || {
        let client = workspace.client();
        Fixture::asynchronous(client, |call| RUNTIME.block_on(call))
    };
    without_wire(fixture().with_clone(fixture()).keeping(workspace))
}

fn http_blocking(site: &Site) -> Fixture {
    let workspace = Workspace::holding(state(site));
    let fixture = || Fixture::blocking(workspace.blocking_client());
    without_wire(fixture().with_clone(fixture()).keeping(workspace))
}

fn state(site: &Site) -> State {
    State::from_site_json(&site.to_json()).expect("the kit's sites are sound")
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

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));
