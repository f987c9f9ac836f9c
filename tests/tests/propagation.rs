//! Waiting until a change has propagated, over a real socket and a clock that only sleeping moves.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use access_groups_core::{
    prelude::*,
    propagation::{
        MembershipChange, Propagation, PropagationStatus, PropagationWait, wait_until_propagated,
        wait_until_propagated_blocking,
    },
};
use access_groups_http_async as http_async;
use access_groups_http_blocking as http_blocking;
use access_groups_in_memory::{InMemory, PropagationMode, SiteBuilder};
use access_groups_tests::server::TestServer;
use tokio::runtime::Runtime;

/// A service in which changes propagate after 5 seconds, by a clock that starts at 1,000 seconds.
struct Service {
    server: TestServer,
    store: InMemory,
    clock: Clock,
    user: AcsUserId,
    group: AccessGroupId,
}

/// Seconds that only sleeping moves; the service and its clients share it.
#[derive(Debug, Clone)]
struct Clock(Arc<AtomicU32>);

impl Clock {
    fn seconds(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }

    fn advance(&self, duration: Duration) {
        let seconds = u32::try_from(duration.as_secs()).expect("a short sleep");
        assert!(seconds > 0, "{duration:?}");
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl http_blocking::Time for Clock {
    fn now(&self) -> Duration {
        Duration::from_secs(self.seconds().into())
    }

    fn sleep(&self, duration: Duration) {
        self.advance(duration);
    }
}

#[access_groups_core::async_trait]
impl http_async::Time for Clock {
    fn now(&self) -> Duration {
        Duration::from_secs(self.seconds().into())
    }

    async fn sleep(&self, duration: Duration) {
        self.advance(duration);
    }
}

impl Service {
    fn start() -> Self {
        let mut site = SiteBuilder::new();
        let (user, group) = (site.user("Ada"), site.group("Gym"));
        let clock = Clock(Arc::new(AtomicU32::new(1_000)));
        let time = clock.clone();
        let store = site
            .build()
            .with_clock(move || Timestamp::from_unix_seconds(time.seconds()))
            .with_propagation(PropagationMode::After(Duration::from_secs(5)));
        Self {
            server: TestServer::over(KEY, store.clone()),
            store,
            clock,
            user,
            group,
        }
    }

    fn client(&self) -> http_async::Client {
        let builder = http_async::Client::builder(KEY).endpoint(self.server.url());
        builder.time(self.clock.clone()).build().expect("a client")
    }

    fn blocking_client(&self) -> http_blocking::Client {
        let builder = http_blocking::Client::builder(KEY).endpoint(self.server.url());
        builder.time(self.clock.clone()).build().expect("a client")
    }

    fn wait(&self, change: MembershipChange, timeout: Duration) -> PropagationWait {
        PropagationWait::new(self.user, self.group)
            .after(change)
            .with_first_wait(FIRST_WAIT)
            .with_timeout(timeout)
    }
}

/// Four ways to wait: the free function and the client's method, async and blocking.
type Wait = fn(&Service, MembershipChange, Duration) -> Result<Propagation, Error>;

const WAYS: [Wait; 4] = [
    |service, change, timeout| {
        let (client, wait) = (service.client(), service.wait(change, timeout));
        let now = || http_async::Time::now(&service.clock);
        let sleep = |duration| http_async::Time::sleep(&service.clock, duration);
        let wait = wait_until_propagated(&client, wait, now, sleep);
        Runtime::new().expect("a runtime").block_on(wait)
    },
    |service, change, timeout| {
        let (client, wait) = (service.blocking_client(), service.wait(change, timeout));
        let now = || http_blocking::Time::now(&service.clock);
        let sleep = |duration| http_blocking::Time::sleep(&service.clock, duration);
        wait_until_propagated_blocking(&client, wait, now, sleep)
    },
    |service, change, timeout| {
        let client = service.client();
        let wait = client
            .wait_until_propagated(service.user, service.group)
            .after(change)
            .first_wait(FIRST_WAIT)
            .timeout(timeout);
        Runtime::new()
            .expect("a runtime")
            .block_on(async { wait.await })
    },
    |service, change, timeout| {
        let client = service.blocking_client();
        let wait = client.wait_until_propagated(service.user, service.group);
        let wait = wait.after(change).first_wait(FIRST_WAIT).timeout(timeout);
        wait.run()
    },
];

fn each_way(check: impl Fn(&Service, &dyn Fn(MembershipChange, u64) -> Propagation)) {
    for way in WAYS {
        let service = Service::start();
        check(&service, &|change, seconds| {
            let timeout = Duration::from_secs(seconds);
            way(&service, change, timeout).expect("the service answers")
        });
    }
}

#[test]
fn a_change_propagates_after_some_time() {
    each_way(|service, wait| {
        let client = service.blocking_client();
        client.add_user(service.user, service.group).expect("added");
        let propagation = wait(MembershipChange::Added, 60);
        assert_eq!(propagation.status, PropagationStatus::Propagated);
        assert_eq!(service.clock.seconds(), 1_007, "asked at 0, 1, 3 and 7");
        let removed = client.remove_user(service.user, service.group);
        removed.expect("removed");
        let propagation = wait(MembershipChange::Removed, 60);
        assert_eq!(propagation.status, PropagationStatus::Propagated);
    });
}

#[test]
fn a_timeout_leaves_an_accepted_change() {
    each_way(|service, wait| {
        let client = service.blocking_client();
        client.add_user(service.user, service.group).expect("added");
        let propagation = wait(MembershipChange::Added, 4);
        assert_eq!(propagation.status, PropagationStatus::Accepted);
        assert_eq!(service.clock.seconds(), 1_004);
    });
}

#[test]
fn a_change_refused_by_the_provider_fails() {
    each_way(|service, wait| {
        let (user, group) = (service.user, service.group);
        service
            .store
            .refuse_next_change(user, group, "The gym is full.");
        service
            .blocking_client()
            .add_user(user, group)
            .expect("added");
        let propagation = wait(MembershipChange::Added, 60);
        assert_eq!(propagation.status, PropagationStatus::Failed);
        assert_eq!(propagation.user_errors[0].message, "The gym is full.");
    });
}

const FIRST_WAIT: Duration = Duration::from_secs(1);
const KEY: &str = "seam_test_propagation";
