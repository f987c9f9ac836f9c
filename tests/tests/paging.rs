//! Lists in pages, walked whole over a real socket: as a stream, and as an iterator.

use std::{future::poll_fn, num::NonZeroU32, pin::Pin};

use access_groups_core::{
    AcsUserFilter, AcsUserPortExt, BlockingAcsUserPortExt, BlockingDirectoryPortExt,
    BlockingUserIdentityPortExt, DirectoryPortExt, EntranceFilter, Ports, UserIdentityFilter,
    UserIdentityPortExt,
};
use access_groups_http_async::HttpAsync;
use access_groups_http_blocking::HttpBlocking;
use access_groups_in_memory::{InMemory, SiteBuilder};
use access_groups_protocol::{Credential, Secret};
use access_groups_server::Credentials;
use access_groups_tests::server::TestServer;
use futures_core::Stream;
use tokio::runtime::Runtime;

/// More than two pages of each, at the size that a service chooses.
const COUNT: usize = 1_900;

fn start() -> TestServer {
    let mut site = SiteBuilder::new();
    for number in 0..COUNT {
        let user = site.user(format!("user {number}"));
        site.identity(format!("identity {number}"), [user]);
        site.entrance(format!("door {number}"));
    }
    let store: InMemory = site.build();
    let credentials = Credentials::new().with_key(&Secret::new(KEY), Ports::of(store));
    TestServer::start(credentials)
}

/// Every row of a stream, which must not be polled past its end here.
async fn all<T>(
    mut rows: impl Stream<Item = Result<T, access_groups_core::Error>> + Unpin,
) -> Vec<T> {
    let mut all = Vec::new();
    while let Some(row) = poll_fn(|context| Pin::new(&mut rows).poll_next(context)).await {
        all.push(row.expect("a row"));
    }
    all
}

fn check<Id: Ord + std::fmt::Debug>(mut ids: Vec<Id>) {
    assert_eq!(ids.len(), COUNT);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), COUNT, "each once");
}

#[test]
fn an_async_adapter_streams_every_page() {
    let server = start();
    let builder = HttpAsync::builder(key()).endpoint(server.endpoint());
    let adapter = builder.build().expect("an adapter");
    Runtime::new().expect("a runtime").block_on(async {
        let users = all(adapter.all_acs_users(AcsUserFilter::new())).await;
        check(users.iter().map(|it| it.acs_user_id).collect());
        let doors = all(adapter.all_entrances(EntranceFilter::new())).await;
        check(doors.iter().map(|it| it.acs_entrance_id).collect());
        let identities = adapter.all_user_identities(UserIdentityFilter::new());
        let identities = all(identities.with_limit(SMALL)).await;
        check(identities.iter().map(|it| it.user_identity_id).collect());
    });
}

#[test]
fn a_blocking_adapter_iterates_over_every_page() {
    let server = start();
    let builder = HttpBlocking::builder(key()).endpoint(server.endpoint());
    let adapter = builder.build().expect("an adapter");
    let users = adapter.all_acs_users(AcsUserFilter::new());
    check(users.map(|it| it.expect("a row").acs_user_id).collect());
    let doors = adapter
        .all_entrances(EntranceFilter::new())
        .with_limit(SMALL);
    check(doors.map(|it| it.expect("a row").acs_entrance_id).collect());
    let identities = adapter.all_user_identities(UserIdentityFilter::new());
    check(
        identities
            .map(|it| it.expect("a row").user_identity_id)
            .collect(),
    );
}

#[test]
fn a_walk_may_be_told_how_many_pages_are_too_many() {
    let server = start();
    let builder = HttpBlocking::builder(key()).endpoint(server.endpoint());
    let adapter = builder.build().expect("an adapter");
    let walk = adapter.all_acs_users(AcsUserFilter::new());
    let rows: Vec<_> = walk.with_limit(SMALL).with_max_pages(2).collect();
    let (good, bad): (Vec<_>, Vec<_>) = rows.into_iter().partition(Result::is_ok);
    assert_eq!(
        (good.len(), bad.len()),
        (100, 1),
        "the second page names a third: too many"
    );
}

fn key() -> Credential {
    Credential::api_key(KEY).expect("a key")
}

const SMALL: NonZeroU32 = NonZeroU32::new(100).expect("not zero");
const KEY: &str = "seam_test_paging";
