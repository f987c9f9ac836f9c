//! Both adapters keep the contract of the port, and so does the blocking one behind the async trait.

use access_groups_conformance::{Fixture, ModelRun, Site, block_on, laws};
use access_groups_core::AsyncFromBlocking;
use access_groups_in_memory::{BlockingInMemory, State};

laws!(mod in_memory, |site: &Site| {
    let adapter = filled_with(site).asynchronous();
    let fixture = |port| Fixture::asynchronous(port, block_on);
    fixture(adapter.clone()).with_clone(fixture(adapter))
});

laws!(mod blocking_in_memory, |site: &Site| {
    let adapter = filled_with(site);
    Fixture::blocking(adapter.clone()).with_clone(Fixture::blocking(adapter))
});

laws!(mod async_from_blocking_in_memory, async_from_blocking, few_cases());

fn async_from_blocking(site: &Site) -> Fixture {
    let adapter = AsyncFromBlocking(filled_with(site));
    let fixture = |port| Fixture::asynchronous(port, block_on);
    fixture(adapter.clone()).with_clone(fixture(adapter))
}

// Two flavours, one state.
laws!(mod blocking_beside_async, blocking_beside_async, few_cases());

fn blocking_beside_async(site: &Site) -> Fixture {
    let adapter = filled_with(site);
    let asynchronous = Fixture::asynchronous(adapter.asynchronous(), block_on);
    Fixture::blocking(adapter).with_clone(asynchronous)
}

/// These only pass calls on to the two above, which have the full run.
fn few_cases() -> ModelRun {
    ModelRun::new().with_cases(16)
}

fn filled_with(site: &Site) -> BlockingInMemory {
    let state = State::from_site_json(&site.to_json());
    BlockingInMemory::new(state.expect("the kit's sites are sound"))
}
