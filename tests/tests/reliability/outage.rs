//! An outage is not amplified: the retry quota is shared by all clones of a client.

use std::sync::PoisonError;

use access_groups_core::prelude::*;
use access_groups_in_memory::SiteBuilder;
use access_groups_tests::{
    fault_server::{Act, FaultServer},
    virtual_time::VirtualTime,
};

use crate::{
    client::{Adapter, Setup},
    run,
};

/// How many requests 10,000 calls make against a service that answers this only.
fn requests(adapter: Adapter, status: u16) -> usize {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let server = FaultServer::start(site.build_blocking(), move |_| Act::status(status, "", ""));
    let setup = Setup::new(VirtualTime::default(), run::seed());
    let client = setup.client(adapter, &server.url());
    run::in_parallel(CALLS, |_| {
        let refused = client.clone().add_user(ada, gym);
        refused.expect_err("the service refuses everything");
    });
    server.requests()
}

fn check(status: u16, most: usize) {
    let _sockets = run::SOCKETS.read().unwrap_or_else(PoisonError::into_inner);
    let [through_async, through_blocking] = Adapter::ALL.map(|adapter| requests(adapter, status));
    let counts = format!(
        "{CALLS} calls make {through_async} requests (async) and {through_blocking} (blocking), \
         at most {most}"
    );
    for requests in [through_async, through_blocking] {
        assert!((CALLS..=most).contains(&requests), "{counts}");
    }
    run::report(&format!("outage, {status}"), &counts);
}

#[test]
fn calls_against_503_are_hardly_repeated() {
    check(503, 10_040);
}

#[test]
fn calls_against_429_are_hardly_repeated() {
    check(429, 10_110);
}

const CALLS: usize = 10_000;
