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
    sync::{Arc, Condvar, Mutex, PoisonError, Weak},
    thread::{self, ThreadId},
    time::Duration,
};

use access_groups_conformance::{Capability, Fixture, Open, Site};
use access_groups_core::{
    AccessGroup, AccessGroupId, AcsUserId, BlockingPorts, Call, EntranceId, Error, Operation,
    Reply, Timestamp, UserRef,
};
use access_groups_in_memory::State;

use crate::fault::Fault;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000_000);

/// How long a call waits at most for another one to look at the same, where some are made at
/// once: far longer than they need to arrive.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Opens ports with this fault, or with none, whose calls wait so long for company.
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
            store: Arc::new(Store::new(site, Duration::ZERO)),
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
    patience: Duration,
    looks: Mutex<Looks>,
    looked: Condvar,
}

/// Who has looked before a change.
#[derive(Default)]
struct Looks {
    /// How many calls have looked at each thing.
    at: BTreeMap<String, usize>,
    /// Whether two have looked at one before either changed it: that is fault enough.
    met: bool,
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
    fn new(site: &Site, patience: Duration) -> Self {
        let state = State::from_site_json(&site.to_json()).expect("the kit's sites are sound");
        Self {
            state: Mutex::new(state),
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

    /// Looks at the state, lets go of it, and changes it by what was seen: when another call has
    /// looked at the same thing, too.
    fn look_then_change<T>(&self, thing: String, change: impl FnOnce(State, &mut State) -> T) -> T {
        let seen = self.state().clone();
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        *looks.at.entry(thing.clone()).or_default() += 1;
        self.looked.notify_all();
        if thread::current().id() != self.opened_by {
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
                    return self
                        .store
                        .look_then_change(it.to_string(), join)
                        .map(Reply::from);
                }
            }
            (Fault::DeletionIsNotAtomic, Operation::DeleteAccessGroup(op)) => {
                let delete = |seen, state: &mut _| change::delete_late(seen, state, op.group);
                let delete = self.store.look_then_change(String::new(), delete);
                return delete.map(Reply::from);
            }
            (Fault::UsersAtOnceAreOne, Operation::CreateAcsUser(_)) => {
                let create = |mut seen: State, state: &mut State| {
                    let created = honest(&mut seen, operation.clone())?;
                    *state = seen;
                    Ok(created)
                };
                return self.store.look_then_change(String::new(), create);
            }
            (Fault::KeysAtOnceAreShared, Operation::CreateUserIdentity(op)) => {
                let create = |seen, state: &mut _| people::create_late(seen, state, op);
                let key = format!("{:?}", op.identity.key);
                return self.store.look_then_change(key, create);
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
