//! Memberships in process: our store, and a pair of standard maps.

use std::{
    collections::{HashMap, HashSet},
    hint::black_box,
    pin::pin,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{Ordering, fence},
    },
    task::{Context, Poll, Waker},
    thread,
    time::Instant,
};

use access_groups_core::{
    AccessGroupId, AccessGroupPort, AccessGroups, AcsUserId, BlockingAccessGroupPort,
    BlockingAccessGroups,
};
use access_groups_in_memory::{BlockingInMemory, State};
use fastrand::Rng;
use uuid::Uuid;

use crate::site::{Pair, Site};

/// Memberships that several threads share.
pub(crate) trait Store: Sync {
    /// Adds the pair; false if it was there already.
    fn add(&self, pair: Pair) -> bool;
    fn remove(&self, pair: Pair) -> bool;
    fn check(&self, pair: Pair) -> bool;
    /// Visits the groups of the user; the sum of their ids proves that it did.
    fn groups_of(&self, user: AcsUserId) -> Found;
    fn members_of(&self, group: AccessGroupId) -> Found;
    /// Removes the pair and puts it back through the port, as an application does; the yardstick
    /// has no port.
    fn change_through_port(&self, pair: Pair) -> bool {
        self.remove(pair) && self.add(pair)
    }
    /// The same through the async port.
    fn change_through_async_port(&self, pair: Pair) -> bool {
        self.change_through_port(pair)
    }
}

/// A number of operations or of ids, and a result that every correct store returns.
pub(crate) type Found = (usize, u128);

fn visit(ids: impl Iterator<Item = impl Into<Uuid>>) -> Found {
    ids.map(|id| (1, id.into().as_u128())).fold((0, 0), both)
}

fn both(one: Found, other: Found) -> Found {
    (one.0 + other.0, one.1.wrapping_add(other.1))
}

/// Ours: the whole model, which knows users and groups and checks that they exist and belong
/// together before it adds; and its ports, as an application holds them.
pub(crate) struct Ours {
    store: BlockingInMemory,
    port: Arc<dyn BlockingAccessGroupPort>,
    async_port: Arc<dyn AccessGroupPort>,
}

impl Ours {
    pub(crate) fn new(state: State) -> Self {
        let store = BlockingInMemory::new(state);
        Self {
            port: Arc::new(store.clone()),
            async_port: Arc::new(store.asynchronous()),
            store,
        }
    }
}

impl Store for Ours {
    fn add(&self, (user, group): Pair) -> bool {
        let added = self.store.update(|state| state.add_user(user, group));
        added.is_ok_and(|changed| changed)
    }

    fn remove(&self, (user, group): Pair) -> bool {
        let removed = self.store.update(|state| state.remove_user(user, group));
        removed.is_ok_and(|changed| changed)
    }

    fn check(&self, (user, group): Pair) -> bool {
        self.store.read(|state| state.is_member(user, group))
    }

    fn groups_of(&self, user: AcsUserId) -> Found {
        self.store.read(|state| visit(state.groups_of(user)))
    }

    fn members_of(&self, group: AccessGroupId) -> Found {
        self.store.read(|state| visit(state.members_of(group)))
    }

    fn change_through_port(&self, (user, group): Pair) -> bool {
        self.port.remove_user(user, group).is_ok() && self.port.add_user(user, group).is_ok()
    }

    fn change_through_async_port(&self, (user, group): Pair) -> bool {
        ready(self.async_port.remove_user(user, group)).is_ok()
            && ready(self.async_port.add_user(user, group)).is_ok()
    }
}

/// The output of a future that never waits.
fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("a store in memory never waits"),
    }
}

/// The yardstick: both directions in the standard maps, behind the standard lock.
pub(crate) type Maps = RwLock<(
    HashMap<AcsUserId, HashSet<AccessGroupId>>,
    HashMap<AccessGroupId, HashSet<AcsUserId>>,
)>;

impl Store for Maps {
    fn add(&self, (user, group): Pair) -> bool {
        let mut maps = self.write().unwrap_or_else(PoisonError::into_inner);
        maps.0.entry(user).or_default().insert(group)
            && maps.1.entry(group).or_default().insert(user)
    }

    fn remove(&self, (user, group): Pair) -> bool {
        let mut maps = self.write().unwrap_or_else(PoisonError::into_inner);
        let groups = maps.0.get_mut(&user);
        groups.is_some_and(|groups| groups.remove(&group)) && {
            let users = maps.1.get_mut(&group);
            users.is_some_and(|users| users.remove(&user))
        }
    }

    fn check(&self, (user, group): Pair) -> bool {
        let maps = self.read().unwrap_or_else(PoisonError::into_inner);
        let groups = maps.0.get(&user);
        groups.is_some_and(|groups| groups.contains(&group))
    }

    fn groups_of(&self, user: AcsUserId) -> Found {
        let maps = self.read().unwrap_or_else(PoisonError::into_inner);
        visit(maps.0.get(&user).into_iter().flatten().copied())
    }

    fn members_of(&self, group: AccessGroupId) -> Found {
        let maps = self.read().unwrap_or_else(PoisonError::into_inner);
        visit(maps.1.get(&group).into_iter().flatten().copied())
    }
}

/// The arguments of all operations, made before every measurement.
#[derive(Debug)]
pub(crate) struct Questions {
    /// Half of them are memberships; in random order.
    checks: Vec<Pair>,
    users: Vec<AcsUserId>,
    groups: Vec<AccessGroupId>,
    /// Memberships that are removed and added again, each once.
    changes: Vec<Pair>,
}

impl Questions {
    pub(crate) fn new(site: &Site, count: usize) -> Self {
        let mut random = Rng::with_seed(3);
        let member = |random: &mut Rng| site.memberships[random.usize(..site.memberships.len())];
        let checks = (0..count).map(|_| match random.bool() {
            true => member(&mut random),
            false => site.any_pair(&mut random),
        });
        let checks = checks.collect();
        let mut changes = random.choose_multiple(site.memberships.iter().copied(), count);
        random.shuffle(&mut changes);
        Self {
            checks,
            users: (0..count).map(|_| member(&mut random).0).collect(),
            groups: random.choose_multiple(site.groups.iter().copied(), count / 1000 + 1),
            changes,
        }
    }
}

/// A measurement: its name, and what it does to a store.
pub(crate) type Measure<S> = (&'static str, fn(&S, &Site, &Questions) -> Found);

/// All measurements in the order of a round: the first fills the store.
pub(crate) fn measures<S: Store>() -> [Measure<S>; 10] {
    [
        ("add, until all are in", |store, site, _| {
            add(store, &site.memberships)
        }),
        ("check, in a stream", |store, _, asked| {
            check(store, &asked.checks)
        }),
        ("check, isolated", |store, _, asked| {
            check_isolated(store, &asked.checks)
        }),
        ("groups of a user", |store, _, asked| {
            let visits = asked.users.iter().map(|user| store.groups_of(*user));
            (asked.users.len(), visits.fold((0, 0), both).1)
        }),
        ("users of a group, per element", |store, _, asked| {
            let visits = asked.groups.iter().map(|group| store.members_of(*group));
            visits.fold((0, 0), both)
        }),
        ("50/50 mix of check and change", |store, _, asked| {
            mix(store, &asked.changes, &asked.checks)
        }),
        (
            "`remove_user`, `add_user` on a `dyn` port",
            |store, _, asked| change(&asked.changes, |pair| store.change_through_port(pair)),
        ),
        ("the same on an async `dyn` port", |store, _, asked| {
            change(&asked.changes, |pair| store.change_through_async_port(pair))
        }),
        ("check, two threads", |store, _, asked| {
            in_two_threads(&asked.checks, |checks| check(store, checks))
        }),
        ("50/50 mix, two threads", |store, _, asked| {
            in_two_threads(&asked.changes, |changes| mix(store, changes, &asked.checks))
        }),
    ]
}

/// Nanoseconds per operation, and the result.
pub(crate) fn timed<S>(
    (_, measure): &Measure<S>,
    store: &S,
    site: &Site,
    asked: &Questions,
) -> (f64, u128) {
    let start = Instant::now();
    let (operations, proof) = measure(store, site, asked);
    let time = start.elapsed().as_secs_f64() * 1e9 / operations as f64;
    (time, proof)
}

fn add(store: &impl Store, pairs: &[Pair]) -> Found {
    let new = pairs.iter().filter(|pair| store.add(**pair)).count();
    (pairs.len(), new as u128)
}

/// The next check may begin before the last one has ended, as far as the processor can.
fn check(store: &impl Store, pairs: &[Pair]) -> Found {
    let found = pairs.iter().map(|pair| u128::from(store.check(*pair)));
    (pairs.len(), found.sum())
}

/// The next check waits for the last one, as those of two requests do.
fn check_isolated(store: &impl Store, pairs: &[Pair]) -> Found {
    let found = pairs.iter().map(|pair| {
        let is_in = black_box(store.check(*pair));
        fence(Ordering::SeqCst); // no later load begins before the earlier ones are done
        u128::from(is_in)
    });
    (pairs.len(), found.sum())
}

/// Alternates checks with removals, then with additions of the same memberships.
fn mix(store: &impl Store, changes: &[Pair], checks: &[Pair]) -> Found {
    let mut found = 0;
    for (change, check) in changes.iter().zip(checks) {
        found += u128::from(store.remove(*change));
        black_box(store.check(*check));
    }
    for (change, check) in changes.iter().zip(checks) {
        found += u128::from(store.add(*change));
        black_box(store.check(*check));
    }
    (changes.len() * 4, found)
}

/// Two operations for each pair, which restore the membership.
fn change(pairs: &[Pair], change: impl Fn(Pair) -> bool) -> Found {
    let found = pairs.iter().map(|pair| u128::from(change(*pair)));
    (pairs.len() * 2, found.sum())
}

/// Each thread does half of it.
fn in_two_threads(pairs: &[Pair], work: impl Fn(&[Pair]) -> Found + Sync) -> Found {
    let (one, two) = pairs.split_at(pairs.len() / 2);
    thread::scope(|scope| {
        let one = scope.spawn(|| work(one));
        let two = work(two);
        both(one.join().expect("no thread of the load panics"), two)
    })
}
