//! A token or a shutdown ends a blocking call at its next wait or attempt, and the error says the truth.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use access_groups_core::{AddUser, CancelToken, prelude::*};
use access_groups_in_memory::{BlockingInMemory, SiteBuilder};
use access_groups_tests::{
    fault_server::{FaultServer, Received},
    virtual_time::VirtualTime,
};

use super::fate;
use crate::{
    client::{Adapter, Client, Setup},
    left::Left,
    run,
};

#[test]
fn cancelled_calls_stop_and_say_the_truth() {
    let _alone = run::SOCKETS.write().unwrap_or_else(PoisonError::into_inner);
    let wanted = if run::is_full() { 20_000 } else { 5_000 };
    let world = World::new();
    let mut random = fastrand::Rng::with_seed(run::seed());
    let mut counts = Counts::default();
    world.call(&Plan::random(&mut random), &mut Counts::default());
    let before = Left::settled(None);
    while counts.cancelled < wanted {
        world.call(&Plan::random(&mut random), &mut counts);
    }
    before.check(None);
    let Counts {
        cancelled,
        answered,
        ambiguous,
    } = counts;
    run::report(
        "cancellations, blocking",
        &format!(
            "{cancelled} ended by a token or a shutdown ({ambiguous} ambiguous), {answered} answered \
             before, 0 sockets and threads left"
        ),
    );
}

#[derive(Debug, Default)]
struct Counts {
    cancelled: usize,
    answered: usize,
    ambiguous: usize,
}

/// When a call is cancelled, and how.
#[derive(Debug, Clone)]
struct Plan {
    moment: Moment,
    /// Whether the whole client is shut down.
    is_shutdown: bool,
    seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// Before the call.
    Before,
    /// When the service has received this many requests, and before it answers the last.
    Request(usize),
    /// When the driver waits for the so many-th time.
    Wait(usize),
}

impl Plan {
    fn random(random: &mut fastrand::Rng) -> Self {
        let number = random.usize(1..3);
        let moment = match random.u8(..10) {
            0 => Moment::Before,
            1..6 => Moment::Request(number),
            _ => Moment::Wait(number),
        };
        Self {
            moment,
            is_shutdown: random.bool(),
            seed: random.u64(..),
        }
    }
}

/// The store and the service, and the call that is being made.
struct World {
    store: BlockingInMemory,
    user: AcsUserId,
    gym: AccessGroupId,
    server: FaultServer,
    current: Arc<Mutex<Current>>,
}

/// What has been seen of the call, and what cancels it.
#[derive(Default)]
struct Current {
    plan: Option<Plan>,
    requests: usize,
    waits: usize,
    is_cancelled: bool,
    token: CancelToken,
    client: Option<Client>,
}

impl Current {
    fn reach(&mut self, moment: Moment) {
        let Some(plan) = &self.plan else { return };
        if plan.moment != moment {
            return;
        }
        self.is_cancelled = true;
        match &self.client {
            Some(Client::Blocking(client)) if plan.is_shutdown => client.shutdown(),
            _ => self.token.cancel(),
        }
    }
}

impl World {
    fn new() -> Self {
        let mut site = SiteBuilder::new();
        let (user, gym) = (site.user("Ada"), site.group("Gym"));
        let store = site.build_blocking();
        let current = Arc::new(Mutex::new(Current::default()));
        let seen = current.clone();
        let server = FaultServer::start(store.clone(), move |received: &Received| {
            let mut current = lock(&seen);
            current.requests += 1;
            let requests = current.requests;
            current.reach(Moment::Request(requests));
            let seed = current.plan.as_ref().map_or(0, |plan| plan.seed);
            fate(seed, received)
        });
        Self {
            store,
            user,
            gym,
            server,
            current,
        }
    }

    fn call(&self, plan: &Plan, counts: &mut Counts) {
        let (user, gym) = (self.user, self.gym);
        self.store
            .remove_user(user, gym)
            .expect("a change of the store itself");
        let waiting = self.current.clone();
        let time = VirtualTime::observed(move |_| {
            let mut current = lock(&waiting);
            current.waits += 1;
            let waits = current.waits;
            current.reach(Moment::Wait(waits));
        });
        let client = Setup::new(time, plan.seed).client(Adapter::Blocking, &self.server.url());
        let token = CancelToken::new();
        *lock(&self.current) = Current {
            plan: Some(plan.clone()),
            token: token.clone(),
            client: Some(client.clone()),
            ..Current::default()
        };
        lock(&self.current).reach(Moment::Before);
        let context = Context::new().with_cancel(token);
        let result = client.call(AddUser::new(user, gym).into(), &context);
        let current = std::mem::take(&mut *lock(&self.current));
        drop(client);
        self.check(plan, &current, &result);
        if plan.is_shutdown && current.is_cancelled {
            self.check_closed(&current);
        }
        drop(current);
        self.server.wait_until_idle();
        match result {
            Err(error) if error.kind() == ErrorKind::Cancelled => {
                counts.cancelled += 1;
                counts.ambiguous += usize::from(error.is_ambiguous());
            }
            _ => counts.answered += 1,
        }
    }

    fn check(&self, plan: &Plan, current: &Current, result: &Result<Reply, Error>) {
        let is_member = self
            .store
            .read(|state| state.is_member(self.user, self.gym));
        match result {
            Ok(_) => assert!(is_member, "{plan:?}: what was answered is lost"),
            Err(error) if error.is_ambiguous() => assert!(current.requests > 0, "{plan:?}"),
            Err(error) => assert!(!is_member, "{plan:?}: it happened: {error:?}"),
        }
        let (requests, waits) = (current.requests, current.waits);
        match plan.moment {
            Moment::Before => assert_eq!((requests, waits), (0, 0), "{plan:?}"),
            Moment::Request(number) => assert!(requests <= number && waits < number, "{plan:?}"),
            Moment::Wait(number) => assert!(requests <= number && waits <= number, "{plan:?}"),
        }
        if let Err(error) = result {
            let is_cancelled = error.kind() == ErrorKind::Cancelled;
            assert_eq!(is_cancelled, current.is_cancelled, "{plan:?}: {error:?}");
        }
    }

    /// A client that is shut down sends nothing any more.
    fn check_closed(&self, current: &Current) {
        let before = self.server.requests();
        let client = current.client.as_ref().expect("it made the call");
        let error = client
            .add_user(self.user, self.gym)
            .expect_err("it is closed");
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        assert!(!error.is_ambiguous());
        assert_eq!(self.server.requests(), before);
    }
}

fn lock(current: &Mutex<Current>) -> MutexGuard<'_, Current> {
    current.lock().unwrap_or_else(PoisonError::into_inner)
}
