//! What is read back is what the service shows, and the wait for it ends when it must.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use access_groups_conformance::block_on;
use access_groups_core::{Machine, Operation, Reply, Step, Ticket, Timestamp, UserRef, prelude::*};
use access_groups_in_memory::{BlockingInMemory, PropagationMode, SiteBuilder, State};
use access_groups_roster::{Change, ReadBack, Shown, ShownChanges, read_back, read_back_blocking};
use proptest::{collection::vec, prelude::*};

/// A change that the service has accepted, of a membership of its own.
#[derive(Debug, Clone, Copy)]
struct Asked {
    adds: bool,
    was_member: bool,
    group: usize,
    by_identity: bool,
    /// Otherwise the service has forgotten it.
    is_made: bool,
}

/// How the service behaves.
#[derive(Debug, Clone)]
struct Service {
    /// In seconds; `None`: never.
    propagates_after: Option<u64>,
    /// Which calls of each group fail: from which one on, and how many.
    failures: Vec<(usize, usize)>,
    /// How long an answer takes, in milliseconds.
    latency: u64,
}

fn asked() -> impl Strategy<Value = Asked> {
    let is_made = prop::bool::weighted(0.8);
    let parts = (
        any::<bool>(),
        any::<bool>(),
        0..GROUPS,
        any::<bool>(),
        is_made,
    );
    parts.prop_map(|(adds, was_member, group, by_identity, is_made)| Asked {
        adds,
        was_member,
        group,
        by_identity,
        is_made,
    })
}

fn services() -> impl Strategy<Value = Service> {
    let count = prop_oneof![6 => Just(0_usize), 2 => 1_usize..4, 1 => Just(usize::MAX)];
    let failures = (0_usize..5, count);
    let latency = prop_oneof![1 => Just(0_u64), 1 => 1_u64..3000];
    let parts = (
        proptest::option::of(0_u64..60),
        vec(failures, GROUPS),
        latency,
    );
    parts.prop_map(|(propagates_after, failures, latency)| Service {
        propagates_after,
        failures,
        latency,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_is_shown_is_what_the_service_has(
        asked in vec(asked(), 0..20),
        service in services(),
        timeout in prop_oneof![1 => Just(0_u64), 3 => 1_u64..90],
        turns in vec(any::<usize>(), 1..20),
    ) {
        let timeout = Duration::from_secs(timeout);
        let mut world = World::new(&asked, &service);
        let shown = world.read(timeout, &turns);
        let (reading, ended_at) = (&world, world.now);
        prop_assert!(reading.most_open <= 8);
        // Waits end in time, and one after the other is longer, up to ten seconds.
        prop_assert!(reading.waits.iter().all(|(_, until)| *until <= timeout));
        for (number, (wait, until)) in reading.waits.iter().enumerate() {
            let usual = Duration::from_millis(500 << number.min(10)).min(Duration::from_secs(10));
            prop_assert!(*wait == usual || (*wait < usual && *until == timeout));
        }

        let settled = shown.of_changes.iter().all(|shown| *shown == Shown::AsAsked);
        // The last look is when the time is over, not some seconds before.
        prop_assert!(settled || ended_at >= timeout, "gave up after {:?}", ended_at);
        if settled && service.latency == 0 && service.failures.iter().all(|(_, count)| *count == 0) {
            let usual = reading.waits.last().map_or(Duration::ZERO, |(wait, _)| *wait);
            let before = ended_at - usual;
            let is_late = asked.iter().any(|asked| !world.is_settled(*asked, before));
            prop_assert!(usual.is_zero() || is_late, "waited in vain");
        }
        check_shown(&world, &asked, &shown)?;
    }
}

fn check_shown(world: &World, asked: &[Asked], shown: &ShownChanges) -> Result<(), TestCaseError> {
    let unread: BTreeSet<_> = shown.unread.iter().map(|(group, _)| *group).collect();
    let named: BTreeSet<_> = asked
        .iter()
        .map(|asked| world.groups[asked.group])
        .collect();
    let failed = named
        .into_iter()
        .filter(|group| world.has_failed.contains(group));
    prop_assert_eq!(&unread, &failed.collect());
    prop_assert_eq!(shown.of_changes.len(), asked.len());
    for (asked, shown) in asked.iter().zip(&shown.of_changes) {
        let group = world.groups[asked.group];
        let expected = match unread.contains(&group) {
            true => Shown::Unread,
            // Something may propagate between the two calls of a group: then it is still pending.
            false => world.expected(*asked, world.read_at[&group]),
        };
        prop_assert_eq!(*shown, expected, "{:?}", asked);
    }
    Ok(())
}

const GROUPS: usize = 12;

struct World {
    state: State,
    changes: Vec<Change>,
    groups: Vec<AccessGroupId>,
    service: Service,
    now: Duration,
    /// Each with when it ends.
    waits: Vec<(Duration, Duration)>,
    most_open: usize,
    /// When the group itself was read last.
    read_at: BTreeMap<AccessGroupId, Duration>,
    /// Those whose last reading has failed.
    has_failed: BTreeSet<AccessGroupId>,
}

impl World {
    fn new(asked: &[Asked], service: &Service) -> Self {
        let mut site = SiteBuilder::new();
        let groups: Vec<_> = (0..GROUPS)
            .map(|number| site.group(format!("{number}")))
            .collect();
        let mut changes = Vec::new();
        for asked in asked {
            let (user, group) = (site.user("Somebody"), groups[asked.group]);
            if asked.was_member {
                site.members(group, [user]);
            }
            let user = match asked.by_identity {
                true => UserRef::from(site.identity("Somebody", [user])),
                false => user.into(),
            };
            changes.push(match asked.adds {
                true => Change::add(user, group),
                false => Change::remove(user, group),
            });
        }
        let mut state = site.build_state();
        state.set_propagation(match service.propagates_after {
            Some(seconds) => PropagationMode::After(Duration::from_secs(seconds)),
            None => PropagationMode::Manual,
        });
        for (change, asked) in changes.iter().zip(asked).filter(|(_, asked)| asked.is_made) {
            let operation = match asked.adds {
                true => AddUser::new(change.user, change.group).into(),
                false => RemoveUser::new(change.user, change.group).into(),
            };
            state
                .execute(operation, Timestamp::UNIX_EPOCH)
                .expect("accepted");
        }
        Self {
            state,
            changes,
            groups,
            service: service.clone(),
            now: Duration::ZERO,
            waits: Vec::new(),
            most_open: 0,
            read_at: BTreeMap::new(),
            has_failed: BTreeSet::new(),
        }
    }

    /// Drives the machine, and answers the open calls in any order.
    fn read(&mut self, timeout: Duration, turns: &[usize]) -> ShownChanges {
        let mut reading = ReadBack::new(self.changes.iter().copied()).with_timeout(timeout);
        let mut turns = turns.iter().cycle();
        let mut open: Vec<(Ticket, Operation)> = Vec::new();
        loop {
            match reading.step(self.now) {
                Step::Call(ticket, operation) => {
                    open.push((ticket, operation));
                    self.most_open = self.most_open.max(open.len());
                }
                Step::Wait(wait) => {
                    assert!(open.is_empty(), "nothing is waited for twice");
                    self.now += wait;
                    self.waits.push((wait, self.now));
                }
                Step::AwaitAnswer => {
                    let which = *turns.next().expect("an endless iterator") % open.len();
                    let (ticket, operation) = open.swap_remove(which);
                    self.now += Duration::from_millis(self.service.latency);
                    let answer = self.answer(operation);
                    reading.answer(ticket, answer, self.now);
                }
                Step::Done(shown) => {
                    assert!(open.is_empty(), "calls are open: {open:?}");
                    return shown.expect("no group is an error of the whole");
                }
            }
        }
    }

    fn answer(&mut self, operation: Operation) -> Result<Reply, Error> {
        let group = match &operation {
            Operation::GetAccessGroup(op) => op.group,
            Operation::ListUsersInGroup(op) => op.group,
            other => panic!("not for reading groups: {other:?}"),
        };
        let number = self
            .groups
            .iter()
            .position(|known| *known == group)
            .expect("a group");
        let (answered, failures) = &mut self.service.failures[number];
        if *answered > 0 {
            *answered -= 1;
        } else if *failures > 0 {
            *failures -= 1;
            self.has_failed.insert(group);
            return Err(Error::unavailable("away"));
        }
        self.has_failed.remove(&group);
        if matches!(operation, Operation::GetAccessGroup(_)) {
            self.read_at.insert(group, self.now);
        }
        let now = Timestamp::UNIX_EPOCH.saturating_add(self.now);
        self.state.execute(operation, now)
    }

    /// What is shown of it at this time.
    fn expected(&self, asked: Asked, at: Duration) -> Shown {
        let is_effective = asked.is_made && asked.adds != asked.was_member;
        let is_member = if is_effective {
            asked.adds
        } else {
            asked.was_member
        };
        if is_member != asked.adds {
            return Shown::NotAsAsked;
        }
        // A pending removal names the user, and an identity that is gone cannot be told to be that user.
        let is_visible = asked.adds || !asked.by_identity;
        let after = self.service.propagates_after.map(Duration::from_secs);
        let is_pending = is_effective && is_visible && after.is_none_or(|after| at < after);
        if is_pending {
            Shown::Pending
        } else {
            Shown::AsAsked
        }
    }

    fn is_settled(&self, asked: Asked, at: Duration) -> bool {
        self.expected(asked, at) == Shown::AsAsked
    }
}

/// A store in which an addition takes three seconds of a clock that only waiting moves.
fn slow_store() -> (BlockingInMemory, Arc<AtomicU64>, Change) {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let millis = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&millis);
    let store = site
        .build_blocking()
        .with_clock(move || {
            let now = Duration::from_millis(clock.load(Ordering::SeqCst));
            Timestamp::UNIX_EPOCH.saturating_add(now)
        })
        .with_propagation(PropagationMode::After(Duration::from_secs(3)));
    store.add_user(ada, gym).expect("accepted");
    (store, millis, Change::add(ada, gym))
}

#[test]
fn both_drivers_wait_as_long_as_it_takes() {
    let waits = RefCell::new(Vec::new());
    let check = |shown: ShownChanges| {
        assert_eq!(shown.of_changes, [Shown::AsAsked]);
        // Half a second, one, and two: three and a half in all.
        let waited: Vec<_> = waits.take().iter().map(Duration::as_millis).collect();
        assert_eq!(waited, [500, 1000, 2000]);
    };
    let reading = |change| ReadBack::new([change]).with_timeout(Duration::from_secs(60));
    let now = |millis: &AtomicU64| Duration::from_millis(millis.load(Ordering::SeqCst));
    let wait = |millis: &AtomicU64, wait: Duration| {
        let passed = u64::try_from(wait.as_millis()).expect("a short wait");
        millis.fetch_add(passed, Ordering::SeqCst);
        waits.borrow_mut().push(wait);
    };

    let (store, millis, change) = slow_store();
    let shown = read_back_blocking(
        store,
        reading(change),
        || now(&millis),
        |time| wait(&millis, time),
    );
    check(shown.expect("memory"));

    let (store, millis, change) = slow_store();
    let sleep = |time| {
        wait(&millis, time);
        std::future::ready(())
    };
    let port = store.asynchronous();
    let shown = block_on(read_back(&port, reading(change), || now(&millis), sleep));
    check(shown.expect("memory"));
}

#[test]
fn nothing_to_read_takes_no_call() {
    let mut reading = ReadBack::new([]).with_timeout(Duration::from_secs(9));
    let Step::Done(Ok(shown)) = reading.step(Duration::from_secs(5)) else {
        panic!("there is nothing to do")
    };
    assert!(shown.of_changes.is_empty() && shown.unread.is_empty());
}
