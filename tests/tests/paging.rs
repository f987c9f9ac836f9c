//! Lists in pages, walked whole over a real socket: as a stream, and as an iterator.

use std::{fmt::Debug, future::poll_fn, num::NonZeroU32, pin::Pin, sync::LazyLock};

use access_groups_core::prelude::*;
use access_groups_in_memory::SiteBuilder;
use access_groups_tests::server::TestServer;
use futures_core::Stream;
use tokio::runtime::Runtime;

/// More than two pages of each, at the size that a service chooses.
const COUNT: usize = 1_900;

/// Nothing here changes anything, so one server is enough.
static SERVER: LazyLock<TestServer> = LazyLock::new(|| {
    let mut site = SiteBuilder::new();
    for number in 0..COUNT {
        let user = site.user(format!("user {number}"));
        site.identity(format!("identity {number}"), [user]);
        site.entrance(format!("door {number}"));
    }
    TestServer::over(KEY, site.build())
});

/// Every row of a stream, which must not be polled past its end here.
async fn all<T>(mut rows: impl Stream<Item = Result<T, Error>> + Unpin) -> Vec<T> {
    let mut all = Vec::new();
    while let Some(row) = poll_fn(|context| Pin::new(&mut rows).poll_next(context)).await {
        all.push(row.expect("a row"));
    }
    all
}

fn check<Id: Ord + Debug>(ids: impl Iterator<Item = Id>) {
    let mut ids: Vec<_> = ids.collect();
    assert_eq!(ids.len(), COUNT);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), COUNT, "each once");
}

#[test]
fn an_async_client_streams_every_page() {
    let client = SERVER.client(KEY);
    Runtime::new().expect("a runtime").block_on(async {
        let users = all(client.all_acs_users(AcsUserFilter::new())).await;
        check(users.iter().map(|user| user.acs_user_id));
        let entrances = all(client.all_entrances(EntranceFilter::new())).await;
        check(entrances.iter().map(|entrance| entrance.acs_entrance_id));
        let identities = client.all_user_identities(UserIdentityFilter::new());
        let identities = all(identities.with_limit(SMALL)).await;
        check(identities.iter().map(|identity| identity.user_identity_id));
    });
}

#[test]
fn a_blocking_client_iterates_over_every_page() {
    let client = SERVER.blocking_client(KEY);
    let users = client.all_acs_users(AcsUserFilter::new());
    check(users.map(|user| user.expect("a row").acs_user_id));
    let entrances = client.all_entrances(EntranceFilter::new());
    let entrances = entrances.with_limit(SMALL);
    check(entrances.map(|entrance| entrance.expect("a row").acs_entrance_id));
    let identities = client.all_user_identities(UserIdentityFilter::new());
    check(identities.map(|identity| identity.expect("a row").user_identity_id));
}

#[test]
fn too_many_pages_end_a_walk() {
    let client = SERVER.blocking_client(KEY);
    let walk = client.all_acs_users(AcsUserFilter::new());
    let rows: Vec<_> = walk.with_limit(SMALL).with_max_pages(2).collect();
    let (rows, errors): (Vec<_>, Vec<_>) = rows.into_iter().partition(Result::is_ok);
    assert_eq!(
        (rows.len(), errors.len()),
        (100, 1),
        "the second page names a third: too many"
    );
}

#[test]
fn too_many_bytes_end_a_walk() {
    let client = SERVER.blocking_client(KEY);
    let walk = || client.all_acs_users(AcsUserFilter::new()).with_limit(SMALL);
    let first = client.acs_users(AcsUserFilter::new(), PageRequest::first().with_limit(SMALL));
    let first = first.expect("a page").items;
    // More than one page has, and less than two: every user is as long as any other.
    let page = serde_json::to_vec(&first).expect("JSON").len();
    let most = u64::try_from(page + page / 2).expect("small");
    let rows: Vec<_> = walk().with_max_bytes(most).collect();
    let (rows, errors): (Vec<_>, Vec<_>) = rows.into_iter().partition(Result::is_ok);
    assert_eq!(
        (rows.len(), errors.len()),
        (100, 1),
        "the second page is too much"
    );
    let error = errors.into_iter().next().and_then(Result::err);
    let error = error.expect("an error");
    assert_eq!(error.code(), Some("too_many_pages"));
    assert!(
        error
            .message()
            .contains("within 2 pages, which had 200 rows"),
        "{error}"
    );
    let client = SERVER.client(KEY);
    let mut walk = client.all_acs_users(AcsUserFilter::new()).with_max_bytes(1);
    let runtime = Runtime::new().expect("a runtime");
    let refused = runtime.block_on(walk.next()).expect("an item");
    assert_eq!(
        refused.expect_err("too much").code(),
        Some("too_many_pages")
    );
}

const SMALL: NonZeroU32 = NonZeroU32::new(100).expect("not zero");
const KEY: &str = "seam_test_paging";
