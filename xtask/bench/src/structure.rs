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

use crate::site::{Pair, Site};

/// Memberships that several threads share.
pub(crate) trait Store: Sync {
    /// Adds the pair; false if it was there already.
    fn add(&self, pair: Pair) -> bool;
    fn remove(&self, pair: Pair) -> bool;
    fn check(&self, pair: Pair) -> bool;
    /// Visits the groups of the user; the sum of their ids proves that it did.
    fn groups_of(&self, user: AcsUserId) -> Visit;
    fn members_of(&self, group: AccessGroupId) -> Visit;
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

/// How many ids were visited, and their sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Visit {
    pub(crate) count: usize,
    sum: u128,
}

impl Visit {
    fn of(ids: impl Iterator<Item = u128>) -> Self {
        ids.fold(Self::default(), |visit, id| Self {
            count: visit.count + 1,
            sum: visit.sum.wrapping_add(id),
        })
    }

    fn and(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            sum: self.sum.wrapping_add(other.sum),
        }
    }
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
        self.store
            .update(|state| state.add_user(user, group))
            .is_ok_and(|changed| changed)
    }

    fn remove(&self, (user, group): Pair) -> bool {
        self.store
            .update(|state| state.remove_user(user, group))
            .is_ok_and(|changed| changed)
    }

    fn check(&self, (user, group): Pair) -> bool {
        self.store.read(|state| state.is_member(user, group))
    }

    fn groups_of(&self, user: AcsUserId) -> Visit {
        self.store.read(|state| {
            let groups = state.groups_of(user);
            Visit::of(groups.map(|id| id.as_uuid().as_u128()))
        })
    }

    fn members_of(&self, group: AccessGroupId) -> Visit {
        self.store.read(|state| {
            let members = state.members_of(group);
            Visit::of(members.map(|id| id.as_uuid().as_u128()))
        })
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
        let was_in = maps
            .0
            .get_mut(&user)
            .is_some_and(|groups| groups.remove(&group));
        was_in
            && maps
                .1
                .get_mut(&group)
                .is_some_and(|users| users.remove(&user))
    }

    fn check(&self, (user, group): Pair) -> bool {
        let maps = self.read().unwrap_or_else(PoisonError::into_inner);
        maps.0
            .get(&user)
            .is_some_and(|groups| groups.contains(&group))
    }

    fn groups_of(&self, user: AcsUserId) -> Visit {
        let maps = self.read().unwrap_or_else(PoisonError::into_inner);
        let ids = maps.0.get(&user).into_iter().flatten();
        Visit::of(ids.map(|id| id.as_uuid().as_u128()))
    }

    fn members_of(&self, group: AccessGroupId) -> Visit {
        let maps = self.read().unwrap_or_else(PoisonError::into_inner);
        let ids = maps.1.get(&group).into_iter().flatten();
        Visit::of(ids.map(|id| id.as_uuid().as_u128()))
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

/// One measurement.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Measure {
    Add,
    CheckStream,
    CheckIsolated,
    GroupsOfUser,
    UsersOfGroup,
    Mix,
    Port,
    AsyncPort,
    CheckTwoThreads,
    MixTwoThreads,
}

impl Measure {
    /// In the order of a round: the first fills the store.
    pub(crate) const ALL: [Self; 10] = [
        Self::Add,
        Self::CheckStream,
        Self::CheckIsolated,
        Self::GroupsOfUser,
        Self::UsersOfGroup,
        Self::Mix,
        Self::Port,
        Self::AsyncPort,
        Self::CheckTwoThreads,
        Self::MixTwoThreads,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Add => "add, until all are in",
            Self::CheckStream => "check, in a stream",
            Self::CheckIsolated => "check, isolated",
            Self::GroupsOfUser => "groups of a user",
            Self::UsersOfGroup => "users of a group, per element",
            Self::Mix => "50/50 mix of check and change",
            Self::Port => "`remove_user`, `add_user` on a `dyn` port",
            Self::AsyncPort => "the same on an async `dyn` port",
            Self::CheckTwoThreads => "check, two threads",
            Self::MixTwoThreads => "50/50 mix, two threads",
        }
    }

    /// Nanoseconds per operation, and a result that every correct store returns.
    pub(crate) fn run(self, store: &impl Store, site: &Site, questions: &Questions) -> (f64, u128) {
        let Questions { checks, .. } = questions;
        let changes = questions.changes.as_slice();
        let start = Instant::now();
        let (operations, proof) = match self {
            Self::Add => add(store, &site.memberships),
            Self::CheckStream => check(store, checks),
            Self::CheckIsolated => check_isolated(store, checks),
            Self::GroupsOfUser => {
                let visits = questions.users.iter().map(|user| store.groups_of(*user));
                let all = visits.fold(Visit::default(), Visit::and);
                (questions.users.len(), all.sum)
            }
            Self::UsersOfGroup => {
                let visits = questions
                    .groups
                    .iter()
                    .map(|group| store.members_of(*group));
                let all = visits.fold(Visit::default(), Visit::and);
                (all.count, all.sum)
            }
            Self::Mix => mix(store, changes, checks),
            Self::Port => change(changes, |pair| store.change_through_port(pair)),
            Self::AsyncPort => change(changes, |pair| store.change_through_async_port(pair)),
            Self::CheckTwoThreads => {
                let (one, two) = checks.split_at(checks.len() / 2);
                both(|| check(store, one), || check(store, two))
            }
            Self::MixTwoThreads => {
                let (one, two) = changes.split_at(changes.len() / 2);
                both(|| mix(store, one, checks), || mix(store, two, checks))
            }
        };
        let time = start.elapsed().as_secs_f64() * 1e9 / operations as f64;
        (time, proof)
    }
}

/// The number of operations, and their result.
type Found = (usize, u128);

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

fn both(one: impl FnOnce() -> Found + Send, two: impl FnOnce() -> Found) -> Found {
    thread::scope(|scope| {
        let one = scope.spawn(one);
        let two = two();
        let one = one.join().expect("no thread of the load panics");
        (one.0 + two.0, one.1 + two.1)
    })
}
