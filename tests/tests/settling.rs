//! Waiting until the doors know, over a real socket and a clock that only sleeping moves.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use access_groups_core::{
    AccessGroupId, AcsUserId, BlockingPorts, EffectiveWait, Goal, Ports, Settled, Settlement,
    Timestamp, dispatch_blocking, wait_until_effective, wait_until_effective_blocking,
};
use access_groups_core::{AddUser, RemoveUser};
use access_groups_http_async::HttpAsync;
use access_groups_http_blocking::HttpBlocking;
use access_groups_in_memory::{InMemory, Settling, SiteBuilder};
use access_groups_protocol::{Credential, Secret};
use access_groups_server::Credentials;
use access_groups_tests::server::TestServer;
use tokio::runtime::Runtime;

/// A service that settles after 5 seconds, by a clock that starts at 1,000 seconds.
struct Service {
    server: TestServer,
    store: InMemory,
    clock: Arc<AtomicU32>,
    user: AcsUserId,
    group: AccessGroupId,
}

impl Service {
    fn start() -> Self {
        let mut site = SiteBuilder::new();
        let (user, group) = (site.user("Ada"), site.group("Gym"));
        let clock = Arc::new(AtomicU32::new(1_000));
        let time = clock.clone();
        let store = site
            .build()
            .with_clock(move || Timestamp::from_unix_seconds(time.load(Ordering::SeqCst)))
            .with_settling(Settling::After(Duration::from_secs(5)));
        let ports = Ports::of(store.clone());
        let credentials = Credentials::new().with_key(&Secret::new(KEY), ports);
        Self {
            server: TestServer::start(credentials),
            store,
            clock,
            user,
            group,
        }
    }

    fn blocking(&self) -> BlockingPorts {
        let builder = HttpBlocking::builder(key()).endpoint(self.server.endpoint());
        BlockingPorts::of(builder.build().expect("an adapter"))
    }

    fn wait(&self, goal: Goal, limit: u64) -> EffectiveWait {
        EffectiveWait::new(self.user, self.group, goal)
            .with_first_wait(Duration::from_secs(1))
            .with_limit(Duration::from_secs(limit))
    }

    fn now(&self) -> Duration {
        Duration::from_secs(self.clock.load(Ordering::SeqCst).into())
    }

    fn sleep(&self, duration: Duration) {
        let seconds = u32::try_from(duration.as_secs()).expect("a short sleep");
        assert!(seconds > 0, "{duration:?}");
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    fn wait_async(&self, wait: EffectiveWait) -> Settlement {
        let builder = HttpAsync::builder(key()).endpoint(self.server.endpoint());
        let ports = Ports::of(builder.build().expect("an adapter"));
        let sleep = |duration| {
            self.sleep(duration);
            std::future::ready(())
        };
        let wait = wait_until_effective(&ports, wait, || self.now(), sleep);
        let runtime = Runtime::new().expect("a runtime");
        runtime.block_on(wait).expect("a settlement")
    }

    fn wait_blocking(&self, wait: EffectiveWait) -> Settlement {
        let (now, sleep) = (|| self.now(), |duration| self.sleep(duration));
        let settlement = wait_until_effective_blocking(&self.blocking(), wait, now, sleep);
        settlement.expect("a settlement")
    }

    fn add(&self) {
        let (user, group) = (self.user.into(), self.group);
        let added = dispatch_blocking(&self.blocking(), AddUser { user, group }.into());
        added.expect("added");
    }

    fn remove(&self) {
        let (user, group) = (self.user.into(), self.group);
        let removed = dispatch_blocking(&self.blocking(), RemoveUser { user, group }.into());
        removed.expect("removed");
    }
}

type Wait = fn(&Service, EffectiveWait) -> Settlement;

const FLAVOURS: [Wait; 2] = [Service::wait_async, Service::wait_blocking];

#[test]
fn a_change_becomes_effective_when_it_settles() {
    for wait in FLAVOURS {
        let service = Service::start();
        service.add();
        let settlement = wait(&service, service.wait(Goal::Member, 60));
        assert_eq!(settlement.settled, Settled::Effective);
        assert_eq!(
            service.now(),
            Duration::from_secs(1_007),
            "looked at 0, 1, 3 and 7 seconds"
        );
        service.remove();
        let settlement = wait(&service, service.wait(Goal::NonMember, 60));
        assert_eq!(settlement.settled, Settled::Effective);
    }
}

#[test]
fn a_deadline_leaves_what_was_accepted() {
    for wait in FLAVOURS {
        let service = Service::start();
        service.add();
        let settlement = wait(&service, service.wait(Goal::Member, 4));
        assert_eq!(settlement.settled, Settled::Accepted);
        assert_eq!(service.now(), Duration::from_secs(1_004));
    }
}

#[test]
fn a_refusal_of_the_provider_is_told() {
    for wait in FLAVOURS {
        let service = Service::start();
        let (user, group) = (service.user, service.group);
        let refuse = |state: &mut access_groups_in_memory::State| {
            state.refuse_next_change(user, group, "The gym is full.");
        };
        service.store.update(refuse);
        service.add();
        let settlement = wait(&service, service.wait(Goal::Member, 60));
        assert_eq!(settlement.settled, Settled::Failed);
        assert_eq!(settlement.user_errors[0].message, "The gym is full.");
    }
}

fn key() -> Credential {
    Credential::api_key(KEY).expect("a key")
}

const KEY: &str = "seam_test_settling";
