//! A port in memory that does one thing wrong.

mod change;
mod doors;
mod identity;
mod pages;
mod people;
mod ports;
mod show;
mod users;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, ThreadId},
};

use access_groups_conformance::{Capability, Fixture, Open, Site};
use access_groups_core::{
    AccessGroup, AccessGroupId, AcsUserId, BlockingPorts, Call, EntranceId, Error, Operation,
    Reply, Timestamp, UserRef,
};
use access_groups_in_memory::State;

use crate::fault::Fault;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000_000);

/// How often a call lets others go first, if there may be others.
const PATIENCE: usize = 20_000;

/// Opens ports with this fault, or with none.
pub(crate) fn fixtures(fault: Option<Fault>) -> Box<Open<'static>> {
    let opened: Opened = Arc::default();
    Box::new(move |site| {
        let store = Arc::new(Store::new(site));
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
        let blocking = |port| Fixture::blocking(BlockingPorts::of(port));
        let fixture = blocking(port).with_clone(blocking(clone));
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
        let fixture = Fixture::blocking(BlockingPorts::of(Broken {
            store: Arc::new(Store::new(site)),
            fault: None,
            opened: Opened::default(),
            cache: None,
            lacks: capabilities,
        }));
        if declared {
            fixture.without_all(capabilities)
        } else {
            fixture
        }
    })
}

/// Every store of one fixture, this one among them.
type Opened = Arc<Mutex<Vec<Weak<Store>>>>;

/// What several handles of one port share.
struct Store {
    state: Mutex<State>,
    notes: Mutex<Notes>,
    opened_by: ThreadId,
    /// How many calls are between their look and their change.
    in_between: AtomicUsize,
}

/// What a broken port remembers, and should not.
#[derive(Default)]
struct Notes {
    /// How often somebody was added again.
    again: BTreeMap<(AcsUserId, AccessGroupId), usize>,
    /// Deleted groups, with those who were in them.
    deleted: Vec<(AccessGroup, Vec<AcsUserId>)>,
    /// What was granted again.
    granted_again: Vec<(AcsUserId, EntranceId)>,
}

impl Store {
    fn new(site: &Site) -> Self {
        let state = State::from_site_json(&site.to_json()).expect("the kit's sites are sound");
        Self {
            state: Mutex::new(state),
            notes: Mutex::default(),
            opened_by: thread::current().id(),
            in_between: AtomicUsize::new(0),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn notes(&self) -> std::sync::MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the state, lets go of it, and changes it by what was seen: after another call
    /// has looked too, or, if none does, after a while.
    fn look_then_change<T>(&self, change: impl FnOnce(State, &mut State) -> T) -> T {
        let seen = self.state().clone();
        self.in_between.fetch_add(1, Ordering::SeqCst);
        let others = || self.in_between.load(Ordering::SeqCst) > 1;
        let alone = thread::current().id() == self.opened_by;
        for _ in 0..PATIENCE {
            if alone || others() {
                break;
            }
            thread::yield_now();
        }
        let changed = change(seen, &mut self.state());
        self.in_between.fetch_sub(1, Ordering::SeqCst);
        changed
    }
}

#[derive(Clone)]
struct Broken {
    store: Arc<Store>,
    fault: Option<Fault>,
    opened: Opened,
    cache: Option<Arc<State>>,
    lacks: &'static [Capability],
}

impl Broken {
    fn call<C: Call>(&self, call: C) -> Result<C::Reply, Error> {
        let reply = self.answer(call.into())?;
        Ok(C::reply(reply).expect("the operation fixes the reply"))
    }

    fn answer(&self, operation: Operation) -> Result<Reply, Error> {
        let lacking = Capability::needed_by(&operation).any(|it| self.lacks.contains(&it));
        if lacking {
            return Err(Error::unsupported("this port cannot do that"));
        }
        let Some(fault) = self.fault else {
            return honest(&mut self.store.state(), operation);
        };
        let answer = self.change_or_read(fault, &operation);
        let answer = self.instead_of_refusal(fault, &operation, answer);
        answer.map(|reply| self.shown(fault, &operation, reply))
    }

    fn change_or_read(&self, fault: Fault, operation: &Operation) -> Result<Reply, Error> {
        if let Some(cache) = &self.cache
            && !operation.effect().changes_state()
        {
            return honest(&mut State::clone(cache), operation.clone());
        }
        match (fault, operation) {
            (Fault::CreationIsNotAtomic, Operation::AddUser(op)) => {
                if let UserRef::Identity(it) = op.user {
                    let join = |seen, state: &mut _| identity::join_late(seen, state, it, op.group);
                    return self.store.look_then_change(join).map(Reply::from);
                }
            }
            (Fault::DeletionIsNotAtomic, Operation::DeleteAccessGroup(op)) => {
                let delete = |seen, state: &mut _| change::delete_late(seen, state, op.group);
                return self.store.look_then_change(delete).map(Reply::from);
            }
            (Fault::UsersAtOnceAreOne, Operation::CreateAcsUser(_)) => {
                let create = |mut seen: State, state: &mut State| {
                    let created = honest(&mut seen, operation.clone())?;
                    *state = seen;
                    Ok(created)
                };
                return self.store.look_then_change(create);
            }
            (Fault::KeysAtOnceAreShared, Operation::CreateUserIdentity(op)) => {
                let create = |seen, state: &mut _| people::create_late(seen, state, op);
                return self.store.look_then_change(create);
            }
            _ => {}
        }
        let mut state = self.store.state();
        if fault == Fault::LosesCallsOfOtherThreads
            && thread::current().id() != self.store.opened_by
        {
            return honest(&mut state.clone(), operation.clone());
        }
        let mut notes = self.store.notes();
        match operation {
            Operation::AddUser(op) => match op.user {
                UserRef::AcsUser(user) => {
                    change::add(fault, &mut state, &mut notes, user, op.group)
                }
                UserRef::Identity(it) => identity::join(fault, &mut state, it, op.group),
            },
            Operation::RemoveUser(op) => match op.user {
                UserRef::AcsUser(user) => {
                    change::remove(fault, &mut state, &mut notes, user, op.group)
                }
                UserRef::Identity(it) => identity::leave(fault, &mut state, it, op.group),
            },
            Operation::DeleteAccessGroup(op) => {
                change::delete(fault, &mut state, &mut notes, op.group)
            }
            _ => {
                return users::instead(fault, &mut state, operation)
                    .or_else(|| doors::instead(fault, &mut state, &mut notes, operation))
                    .or_else(|| people::instead(fault, &mut state, operation))
                    .or_else(|| pages::instead(fault, &mut state, operation))
                    .unwrap_or_else(|| honest(&mut state, operation.clone()));
            }
        }
        .map(Reply::from)
    }
}

fn honest(state: &mut State, operation: Operation) -> Result<Reply, Error> {
    state.execute(operation, NOW)
}

fn ask<C: Call>(state: &mut State, call: C) -> Result<C::Reply, Error> {
    let reply = honest(state, call.into())?;
    Ok(C::reply(reply).expect("the operation fixes the reply"))
}
