//! Answers are lost after the change was made: the end is that of a model which was told only what the
//! calls answered, and what reading told where they could not say.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{
        Arc, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use access_groups_core::prelude::*;
use access_groups_core::{NewUserIdentity, UserIdentityKey};
use access_groups_in_memory::{BlockingInMemory, SiteBuilder};
use access_groups_tests::{
    fault_server::{Act, End, FaultServer, Received},
    virtual_time::VirtualTime,
};

use crate::{
    client::{Adapter, Client, Setup},
    run,
};

#[test]
fn lost_answers_leave_no_doubt() {
    let _sockets = run::SOCKETS.read().unwrap_or_else(PoisonError::into_inner);
    // Half of them through each adapter.
    let changes = if run::is_full() { 50_000 } else { 2_000 };
    let [through_async, through_blocking] = thread::scope(|scope| {
        let runs = Adapter::ALL.map(|adapter| scope.spawn(move || Run::new(adapter).make(changes)));
        runs.map(|run| run.join().expect("no violation"))
    });
    // Everything is decided by the seed, so the adapters cannot differ.
    assert_eq!(through_async, through_blocking);
    through_async.check();
    run::report("lost answers", &format!("2 adapters x {through_async}"));
}

/// What was counted.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    changes: usize,
    requests: usize,
    /// Of the requests, those whose answers were lost after the store had made the change.
    lost: usize,
    ambiguous: usize,
    happened: usize,
    /// Errors that only repeat what the call's own first attempt did.
    false_conflicts: usize,
}

impl Counts {
    /// So much was lost that the rest means something, and nothing was told wrong.
    fn check(&self) {
        let share = 100.0 * self.lost as f64 / self.requests as f64;
        assert!(
            (27.0..33.0).contains(&share),
            "{share:.1} % are lost: {self}"
        );
        assert!(self.requests > self.changes, "nothing was repeated: {self}");
        assert!((1..self.ambiguous).contains(&self.happened), "{self}");
        assert_eq!(self.false_conflicts, 0, "{self}");
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            changes,
            requests,
            lost,
            ambiguous,
            happened,
            false_conflicts,
        } = self;
        write!(
            f,
            "{changes} changes, {requests} requests, {lost} answers lost, {ambiguous} ambiguous and \
             verified ({happened} had happened), {false_conflicts} false conflicts"
        )
    }
}

/// A user or group by number, and an identity by its key.
#[derive(Debug, Clone, Copy)]
enum Change {
    Add(usize, usize),
    Remove(usize, usize),
    Create(usize),
    Delete(usize),
}

struct Run {
    random: fastrand::Rng,
    store: BlockingInMemory,
    server: FaultServer,
    lost: Arc<AtomicUsize>,
    client: Client,
    users: Vec<AcsUserId>,
    groups: Vec<AccessGroupId>,
    /// The model: who is a member, and the identities by their keys.
    members: BTreeSet<(usize, usize)>,
    identities: BTreeMap<usize, UserIdentityId>,
    counts: Counts,
}

impl Run {
    fn new(adapter: Adapter) -> Self {
        let mut site = SiteBuilder::new();
        let users = (0..50)
            .map(|number| site.user(format!("User {number}")))
            .collect();
        let groups = (0..10)
            .map(|number| site.group(format!("Group {number}")))
            .collect();
        let store = site.build_blocking();
        let seed = run::seed();
        let lost = Arc::<AtomicUsize>::default();
        let losses = lost.clone();
        let server = FaultServer::start(store.clone(), move |received| {
            let act = fate(seed, received);
            losses.fetch_add(usize::from(act == Act::LOSE_ANSWER), Ordering::SeqCst);
            act
        });
        let client = Setup::new(VirtualTime::default(), seed).client(adapter, &server.url());
        Self {
            random: fastrand::Rng::with_seed(seed),
            store,
            server,
            lost,
            client,
            users,
            groups,
            members: BTreeSet::new(),
            identities: BTreeMap::new(),
            counts: Counts::default(),
        }
    }

    fn make(mut self, changes: usize) -> Counts {
        for _ in 0..changes {
            let change = self.choose();
            match self.call(change) {
                Ok(()) => {}
                Err(error) if error.is_ambiguous() => {
                    // Every change is valid: only its own first attempt can stand in its way.
                    let is_own = matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound);
                    self.counts.false_conflicts += usize::from(is_own);
                    self.verify(change);
                }
                Err(error) => panic!("{change:?} was valid: {error:?}"),
            }
        }
        self.compare();
        self.counts.changes = changes;
        self.counts.requests = self.server.requests();
        self.counts.lost = self.lost.load(Ordering::SeqCst);
        self.counts
    }

    /// A change that the model allows.
    fn choose(&mut self) -> Change {
        let user = self.random.usize(..self.users.len());
        let group = self.random.usize(..self.groups.len());
        match self.random.u8(..10) {
            0..4 => Change::Add(user, group),
            4..8 => Change::Remove(user, group),
            _ if self.identities.contains_key(&user) => Change::Delete(user),
            _ => Change::Create(user),
        }
    }

    /// Makes the change, and tells the model if it was answered.
    fn call(&mut self, change: Change) -> Result<(), Error> {
        match change {
            Change::Add(user, group) => {
                self.client.add_user(self.users[user], self.groups[group])?;
                self.members.insert((user, group));
            }
            Change::Remove(user, group) => {
                self.client
                    .remove_user(self.users[user], self.groups[group])?;
                self.members.remove(&(user, group));
            }
            Change::Create(key) => {
                let created = self.client.create_user_identity(NewUserIdentity {
                    key: Some(key_of(key)),
                    ..NewUserIdentity::default()
                })?;
                self.identities.insert(key, created.user_identity_id);
            }
            Change::Delete(key) => {
                self.client.delete_user_identity(self.identities[&key])?;
                self.identities.remove(&key);
            }
        }
        Ok(())
    }

    /// Reads whether the change has happened, which must be the truth, and tells the model.
    fn verify(&mut self, change: Change) {
        self.counts.ambiguous += 1;
        match change {
            Change::Add(user, group) | Change::Remove(user, group) => {
                let (id, of) = (self.users[user], self.groups[group]);
                let is_member = answered(|| self.client.verify(id, of));
                let truth = self.store.read(|state| state.is_member(id, of));
                assert_eq!(is_member, truth, "{change:?} verifies wrong");
                match is_member {
                    true => self.members.insert((user, group)),
                    false => self.members.remove(&(user, group)),
                };
                let has_happened = is_member == matches!(change, Change::Add(..));
                self.counts.happened += usize::from(has_happened);
            }
            Change::Create(key) | Change::Delete(key) => {
                let found = identity(&self.client, key);
                let is_new = found.is_some() == matches!(change, Change::Create(_));
                self.counts.happened += usize::from(is_new);
                match found {
                    Some(id) => self.identities.insert(key, id),
                    None => self.identities.remove(&key),
                };
            }
        }
    }

    /// The store holds what the model does, and nothing else.
    fn compare(&self) {
        for (number, group) in self.groups.iter().enumerate() {
            let members = self.store.users_in_group(*group).expect("the group exists");
            let actual: BTreeSet<_> = members.iter().map(|user| user.acs_user_id).collect();
            let expected = self.members.iter().filter(|(_, group)| *group == number);
            let expected: BTreeSet<_> = expected.map(|(user, _)| self.users[*user]).collect();
            assert_eq!(actual, expected, "group {number}");
        }
        let all = self.store.all_user_identities(UserIdentityFilter::new());
        let all = all.collect::<Result<Vec<_>, _>>().expect("identities");
        let actual: BTreeSet<_> = all.iter().map(|row| row.user_identity_id).collect();
        assert_eq!(actual, self.identities.values().copied().collect());
    }
}

/// The identity of the key, if there is one.
fn identity(client: &Client, key: usize) -> Option<UserIdentityId> {
    answered(|| match client.user_identity(key_of(key)) {
        Ok(identity) => Ok(Some(identity.user_identity_id)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    })
}

/// Repeats a read until it is answered: its answers are lost, too.
fn answered<T>(mut read: impl FnMut() -> Result<T, Error>) -> T {
    loop {
        match read() {
            Ok(answer) => return answer,
            Err(error) => assert!(error.is_retryable() && !error.is_ambiguous(), "{error:?}"),
        }
    }
}

fn key_of(number: usize) -> UserIdentityKey {
    format!("key-{number}").parse().expect("a key")
}

/// Loses 30 % of the answers after the store has made the change, and 5 % of the requests before.
fn fate(seed: u64, received: &Received) -> Act {
    let seed = seed.wrapping_add(received.number as u64);
    match fastrand::Rng::with_seed(seed).u8(..100) {
        0..30 => Act::LOSE_ANSWER,
        30..35 => Act::ignore(End::Reset),
        _ => Act::SERVE,
    }
}
