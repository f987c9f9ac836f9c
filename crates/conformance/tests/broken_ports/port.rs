//! A port in memory that does one thing wrong.

mod fields;
mod groups;
mod identities;
mod limits;
mod lists;
mod past;
mod provision;
mod size;
mod texts;
mod users;
mod write_back;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Condvar, Mutex, PoisonError, Weak},
    thread::{self, ThreadId},
    time::Duration,
};

use access_groups_conformance::{Capability, Fixture, Open, Site};
use access_groups_core::{
    AccessGroup, AccessGroupId, AcsUserId, AddUser, BlockingAccessGroupPort, Call, Context,
    CreateUserIdentity, EntranceId, Error, Operation, Reply, Timestamp, UserIdentityId, UserRef,
};
use access_groups_in_memory::State;

use crate::faults::Fault;

pub(crate) use write_back::{write_backs, writing_back};

pub(crate) const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000_000);

/// The longest time that a call waits for another one that reads the same. On a busy machine
/// threads start late, and a wait that ends early would hide a race.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// More than 16 bits can count.
const SIXTEEN_BITS: usize = 65_600;

/// Opens ports with this fault, or with none. A call with a race waits this long for another one.
pub(crate) fn fixtures(fault: Option<Fault>, patience: Duration) -> Box<Open<'static>> {
    let opened: Opened = Arc::default();
    Box::new(move |site| {
        let store = Arc::new(Store::new(site, patience));
        opened
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::downgrade(&store));
        let port = Broken {
            store,
            fault,
            opened: opened.clone(),
            cache: None,
            lacks: &[],
        };
        let mut clone = port.clone();
        if fault == Some(Fault::CloneIsStale) {
            clone.cache = Some(Arc::new(port.store.state().clone()));
        }
        let fixture = Fixture::blocking(port).with_clone(Fixture::blocking(clone));
        let fixture = match fault {
            Some(fault) if size::needs_bulk(fault) => fixture.with_bulk(SIXTEEN_BITS),
            _ => fixture,
        };
        if fault == Some(Fault::DoesWhatItDeclaresAbsent) {
            return fixture.without(Capability::DeleteAccessGroup);
        }
        fixture
    })
}

/// Opens sound ports that lack these capabilities, declared or not.
pub(crate) fn lacking_fixtures(
    capabilities: &'static [Capability],
    declared: bool,
) -> Box<Open<'static>> {
    Box::new(move |site| {
        let fixture = Fixture::blocking(Broken {
            store: Arc::new(Store::new(site, Duration::ZERO)),
            fault: None,
            opened: Opened::default(),
            cache: None,
            lacks: capabilities,
        })
        .with_bulk(20);
        if declared {
            fixture.without_all(capabilities)
        } else {
            fixture
        }
    })
}

/// Sets of capabilities that adapters often lack together.
pub(crate) const LACKING_TOGETHER: [&[Capability]; 5] = [
    Capability::ACS_USERS,
    Capability::CHANGING_ACS_USERS,
    Capability::DIRECTORY,
    Capability::USER_IDENTITIES,
    Capability::CHANGING_USER_IDENTITIES,
];

/// All stores that one `Open` has opened.
type Opened = Arc<Mutex<Vec<Weak<Store>>>>;

/// What several handles of one port share.
struct Store {
    state: Mutex<State>,
    notes: Mutex<Notes>,
    opened_by: ThreadId,
    patience: Duration,
    looks: Mutex<Looks>,
    looked: Condvar,
}

/// The calls that have read before they change.
#[derive(Default)]
struct Looks {
    /// How many calls have read each thing.
    at: BTreeMap<String, usize>,
    /// Whether two have read one thing before either changed it. One such race suffices, so later
    /// calls do not wait.
    met: bool,
}

/// State that only a broken port keeps.
#[derive(Default)]
struct Notes {
    /// How often a member was added again.
    again: BTreeMap<(AcsUserId, AccessGroupId), usize>,
    /// Deleted groups with their members.
    deleted: Vec<(AccessGroup, Vec<AcsUserId>)>,
    /// The users at which a page ended, by its cursor.
    ends: BTreeMap<String, AcsUserId>,
    /// The groups of deleted users, by e-mail address.
    left: BTreeMap<String, Vec<AccessGroupId>>,
    /// Keys that identities had before.
    keys: BTreeMap<String, UserIdentityId>,
    /// Grants that were made again.
    granted_again: Vec<(AcsUserId, EntranceId)>,
    /// Cursors that were used once.
    used_cursors: BTreeSet<String>,
}

impl Store {
    fn new(site: &Site, patience: Duration) -> Self {
        Self {
            state: Mutex::new(state_of(site).expect("the kit's sites are sound")),
            notes: Mutex::default(),
            opened_by: thread::current().id(),
            patience,
            looks: Mutex::default(),
            looked: Condvar::new(),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn notes(&self) -> std::sync::MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the state, releases the lock, waits until another call has read the same thing, and
    /// changes the state by what was read.
    fn look_then_change<T>(&self, thing: String, change: impl FnOnce(State, &mut State) -> T) -> T {
        let seen = self.state().clone();
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        // The thread that opened the store makes its calls alone: nobody would come.
        if thread::current().id() != self.opened_by {
            *looks.at.entry(thing.clone()).or_default() += 1;
            self.looked.notify_all();
            let is_alone = |looks: &mut Looks| !looks.met && looks.at[&thing] < 2;
            let waited = self
                .looked
                .wait_timeout_while(looks, self.patience, is_alone);
            looks = waited.unwrap_or_else(PoisonError::into_inner).0;
            looks.met |= looks.at[&thing] > 1;
        }
        drop(looks);
        change(seen, &mut self.state())
    }
}

/// The state with this site in it. Built resource by resource, as JSON takes several times as long
/// and the laws open thousands of stores.
pub(crate) fn state_of(site: &Site) -> Result<State, Error> {
    let site = site.clone();
    let mut state = State::new();
    state.set_workspace(site.workspace);
    let (mut systems, mut users) = (site.systems.into_iter(), site.users.into_iter());
    systems.try_for_each(|system| state.insert_system(system))?;
    let mut identities = site.identities.into_iter();
    identities.try_for_each(|identity| state.insert_identity(identity))?;
    users.try_for_each(|user| state.insert_user(user))?;
    let (mut groups, mut entrances) = (site.groups.into_iter(), site.entrances.into_iter());
    groups.try_for_each(|group| state.insert_group(group))?;
    entrances.try_for_each(|entrance| state.insert_entrance(entrance))?;
    let mut held = site.group_entrances.into_iter();
    held.try_for_each(|(group, entrance)| state.insert_group_entrance(group, entrance))?;
    let mut members = site.memberships.into_iter();
    members.try_for_each(|(user, group)| state.add_user(user, group).map(drop))?;
    Ok(state)
}

/// A layer over the state: it intercepts the operation that its fault is about, and delegates
/// every other one.
#[derive(Clone)]
struct Broken {
    store: Arc<Store>,
    fault: Option<Fault>,
    opened: Opened,
    cache: Option<Arc<State>>,
    lacks: &'static [Capability],
}

impl BlockingAccessGroupPort for Broken {
    fn call(&self, operation: Operation, _: &Context) -> Result<Reply, Error> {
        let lacking =
            Capability::needed_by(&operation).any(|capability| self.lacks.contains(&capability));
        if lacking {
            return Err(Error::unsupported_operation(&operation));
        }
        let Some(fault) = self.fault else {
            return execute(&mut self.store.state(), operation);
        };
        let answer = self.instead(fault, &operation);
        let answer = answer.unwrap_or_else(|| execute(&mut self.store.state(), operation.clone()));
        match answer {
            Ok(reply) => {
                let reply = self.spoiled(fault, &operation, reply);
                let reply = fields::spoiled(fault, &operation, reply);
                let reply = limits::spoiled(fault, &operation, reply);
                let reply = size::spoiled(fault, &operation, reply);
                Ok(texts::spoiled(fault, &operation, reply))
            }
            Err(error) => {
                let error = fields::instead_of_refusal(fault, &operation, error);
                self.instead_of_refusal(fault, &operation, error)
            }
        }
    }
}

impl Broken {
    /// What the port does instead of what it should; `None` if this is not the fault's operation.
    fn instead(&self, fault: Fault, operation: &Operation) -> Option<Result<Reply, Error>> {
        // Asked so often that a copy of the state for each call would take minutes.
        if size::needs_bulk(fault) {
            return None;
        }
        if let Some(cache) = &self.cache
            && operation.effect().is_safe()
        {
            return Some(execute(&mut State::clone(cache), operation.clone()));
        }
        if let Some(answer) = self.decide_late(fault, operation) {
            return Some(answer);
        }
        let mut state = self.store.state();
        let is_elsewhere = thread::current().id() != self.store.opened_by;
        if fault == Fault::LosesCallsOfOtherThreads && is_elsewhere {
            return Some(execute(&mut state.clone(), operation.clone()));
        }
        let mut notes = self.store.notes();
        groups::instead(fault, &mut state, &mut notes, operation)
            .or_else(|| users::instead(fault, &mut state, &mut notes, operation))
            .or_else(|| identities::instead(fault, &mut state, operation))
            .or_else(|| fields::instead(fault, &mut state, &mut notes, operation))
            .or_else(|| limits::instead(fault, &mut state, operation))
            .or_else(|| size::instead(fault, &mut state, operation))
            .or_else(|| past::instead(fault, &mut state, &mut notes, operation))
            .or_else(|| provision::instead(fault, &mut state, operation))
            .or_else(|| texts::instead(fault, &mut state, operation))
            .or_else(|| lists::instead(fault, &mut state, operation))
    }

    /// Reads the state, releases the lock, and decides by what was read: a race.
    fn decide_late(&self, fault: Fault, operation: &Operation) -> Option<Result<Reply, Error>> {
        let late = |thing, change: &dyn Fn(State, &mut State) -> _| {
            Some(self.store.look_then_change(thing, change))
        };
        match (fault, operation) {
            (Fault::CreationIsNotAtomic, Operation::AddUser(op)) => match op.user {
                UserRef::AcsUser(_) => None,
                UserRef::Identity(identity) => late(identity.to_string(), &|seen, state| {
                    groups::join_late(seen, state, identity, op.group).map(AddUser::answer)
                }),
            },
            (Fault::DeletionIsNotAtomic, Operation::DeleteAccessGroup(_))
            | (Fault::UsersAtOnceAreOne, Operation::CreateAcsUser(_)) => {
                late(String::new(), &|mut seen, state| {
                    let reply = execute(&mut seen, operation.clone())?;
                    *state = seen;
                    Ok(reply)
                })
            }
            (Fault::KeysAtOnceAreShared, Operation::CreateUserIdentity(op)) => {
                late(format!("{:?}", op.identity.key), &|seen, state| {
                    identities::create_late(seen, state, op).map(CreateUserIdentity::answer)
                })
            }
            _ => None,
        }
    }
}

/// What a sound port does.
fn execute(state: &mut State, operation: Operation) -> Result<Reply, Error> {
    state.execute(operation, NOW)
}

/// What a sound port does, typed.
fn ask<C: Call>(state: &mut State, call: C) -> Result<C::Reply, Error> {
    C::reply(execute(state, call.into())?)
}

/// The answer to this operation, if there is one.
fn answered<C: Call>(answer: Option<Result<C::Reply, Error>>) -> Option<Result<Reply, Error>> {
    answer.map(|answer| answer.map(C::answer))
}
