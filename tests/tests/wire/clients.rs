//! Cases of the client's side: what both HTTP adapters do when the service is not well.

use std::time::Duration;

use access_groups_core::{
    AccessGroupId, AccessGroupPort, AcsUserId, BlockingAccessGroupPort, Error,
};
use access_groups_http_async::HttpAsync;
use access_groups_http_blocking::HttpBlocking;
use access_groups_protocol::Credential;
use access_groups_tests::{
    scripted::{Act, Scripted},
    time::FakeTime,
};
use tokio::runtime::Runtime;

/// Case 49 says PUT, which is what an SDK sends; our clients send POST, which every
/// operation accepts, and repeat it all the same: what may be repeated is a property of the
/// operation. The count and the end are those of the case.
pub(crate) fn a_service_that_is_away_twice_is_asked_three_times() {
    for client in [CLIENT_ASYNC, CLIENT_BLOCKING] {
        let away = Act::status(503, "", "");
        let (result, waits, asked) = client(vec![away.clone(), away, Act::ok()], true);
        result.expect("the third attempt succeeds");
        assert_eq!((asked, waits.len()), (3, 2));
    }
}

/// Case 50 says DELETE: our clients send POST.
pub(crate) fn a_service_that_asks_for_a_second_gets_it() {
    for client in [CLIENT_ASYNC, CLIENT_BLOCKING] {
        let busy = Act::status(429, "retry-after: 1\r\n", "");
        let (result, waits, asked) = client(vec![busy, Act::ok()], false);
        result.expect("the second attempt succeeds");
        assert_eq!((asked, waits.len()), (2, 1));
        assert!(waits[0] >= Duration::from_secs(1), "{waits:?}");
    }
}

/// Adds, or removes, at a service that follows the script: how it ends, the waits between, and
/// how often the service was asked.
type Client = fn(Vec<Act>, bool) -> (Result<(), Error>, Vec<Duration>, usize);

const CLIENT_ASYNC: Client = |script, adds| {
    let (service, time) = (Scripted::start(script), FakeTime::default());
    let endpoint = service.url().parse().expect("loopback");
    let builder = HttpAsync::builder(key())
        .endpoint(endpoint)
        .time(time.clone());
    let adapter = builder.build().expect("an adapter");
    let runtime = Runtime::new().expect("a runtime");
    let result = runtime.block_on(async {
        match adds {
            true => adapter.add_user(USER.into(), GROUP).await,
            false => adapter.remove_user(USER.into(), GROUP).await,
        }
    });
    (result, time.sleeps(), service.connections())
};

const CLIENT_BLOCKING: Client = |script, adds| {
    let (service, time) = (Scripted::start(script), FakeTime::default());
    let endpoint = service.url().parse().expect("loopback");
    let builder = HttpBlocking::builder(key())
        .endpoint(endpoint)
        .time(time.clone());
    let adapter = builder.build().expect("an adapter");
    let result = match adds {
        true => adapter.add_user(USER.into(), GROUP),
        false => adapter.remove_user(USER.into(), GROUP),
    };
    (result, time.sleeps(), service.connections())
};

fn key() -> Credential {
    Credential::api_key("seam_test0003_client").expect("a key")
}

const USER: AcsUserId = AcsUserId::from_u128(1);
const GROUP: AccessGroupId = AccessGroupId::from_u128(2);
