//! Both adapters keep the contract of the ports, and so does the lifted one.

use access_groups_conformance::{Fixture, Site, block_on, laws};
use access_groups_core::{BlockingPorts, Lift, Ports};
use access_groups_in_memory::{BlockingInMemory, State};

laws!(mod in_memory, |site: &Site| {
    let adapter = filled_with(site).asynchronous();
    let fixture = |it| Fixture::asynchronous(Ports::of(it), block_on);
    fixture(adapter.clone()).with_clone(fixture(adapter))
});

laws!(mod blocking_in_memory, |site: &Site| {
    let adapter = filled_with(site);
    let fixture = |it| Fixture::blocking(BlockingPorts::of(it));
    fixture(adapter.clone()).with_clone(fixture(adapter))
});

laws!(mod lifted_blocking_in_memory, |site: &Site| {
    let adapter = Lift(filled_with(site));
    let fixture = |it| Fixture::asynchronous(Ports::of(it), block_on);
    fixture(adapter.clone()).with_clone(fixture(adapter))
});

// Two flavours, one state.
laws!(mod blocking_beside_async, |site: &Site| {
    let adapter = filled_with(site);
    let asynchronous = Fixture::asynchronous(Ports::of(adapter.asynchronous()), block_on);
    Fixture::blocking(BlockingPorts::of(adapter)).with_clone(asynchronous)
});

fn filled_with(site: &Site) -> BlockingInMemory {
    let state = State::from_site_json(&site.to_json());
    BlockingInMemory::new(state.expect("the kit's sites are sound"))
}
