//! Both drivers make the same changes, several at a time.

use std::{
    collections::BTreeSet,
    future::poll_fn,
    num::NonZeroUsize,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
};

use access_groups_conformance::block_on;
use access_groups_core::{
    CancelToken, Context, MembershipChange, Operation, Reply, async_trait, prelude::*,
};
use access_groups_in_memory::{BlockingInMemory, SiteBuilder};
use access_groups_layers::{FaultPlan, FaultRule, Faults};
use access_groups_roster::{
    Change, Limits, Outcome, Report, StopReason, change_all, change_all_blocking,
};
use proptest::{collection::vec, prelude::*};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn both_drivers_leave_what_a_model_says(changes in vec((any::<bool>(), 0..12_usize, 0..4_usize), 0..80)) {
        let site = Site::new();
        let changes: Vec<_> = changes
            .iter()
            .map(|(adds, user, group)| match adds {
                true => Change::add(site.users[*user], site.groups[*group]),
                false => Change::remove(site.users[*user], site.groups[*group]),
            })
            .collect();
        let mut model = BTreeSet::new();
        for change in &changes {
            match change.kind {
                MembershipChange::Added => model.insert((change.user, change.group)),
                MembershipChange::Removed => model.remove(&(change.user, change.group)),
            };
        }
        let through_threads = blocking(&site.store(), &changes, Limits::new());
        let through_polls = asynchronous(&site.store(), &changes, Limits::new());
        for (store, reports) in [through_threads, through_polls] {
            prop_assert_eq!(reports.len(), changes.len());
            let found = store.read(|state| {
                let pairs = state.memberships().map(|(user, group)| (user.into(), group));
                pairs.collect::<BTreeSet<_>>()
            });
            prop_assert_eq!(&found, &model);
            prop_assert!(reports.iter().all(|report| report.outcome.is_accepted()));
        }
    }
}

type Ran = (BlockingInMemory, Vec<Report>);

fn blocking(store: &BlockingInMemory, changes: &[Change], limits: Limits) -> Ran {
    let reports = change_all_blocking(store.clone(), changes.iter().copied(), limits);
    (store.clone(), reports.collect())
}

fn asynchronous(store: &BlockingInMemory, changes: &[Change], limits: Limits) -> Ran {
    let port = Late(store.clone());
    let mut all = change_all(&port, changes.iter().copied(), limits);
    let mut reports = Vec::new();
    block_on(async {
        while let Some(report) = all.next().await {
            reports.push(report);
        }
    });
    (store.clone(), reports)
}

struct Site {
    builder: SiteBuilder,
    users: [AcsUserId; 12],
    groups: [AccessGroupId; 4],
}

impl Site {
    fn new() -> Self {
        let mut builder = SiteBuilder::new();
        let users = builder.users([(); 12].map(|()| "Somebody"));
        let groups = builder.groups(["A", "B", "C", "D"]);
        Self {
            builder,
            users,
            groups,
        }
    }

    fn store(&self) -> BlockingInMemory {
        self.builder.build_blocking()
    }
}

/// Answers at the second poll, so that several calls are open at a time.
struct Late(BlockingInMemory);

#[async_trait]
impl AccessGroupPort for Late {
    async fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        let mut is_first = true;
        poll_fn(|task| match std::mem::take(&mut is_first) {
            true => {
                task.waker().wake_by_ref();
                Poll::Pending
            }
            false => Poll::Ready(()),
        })
        .await;
        self.0.call(operation, context)
    }
}

/// Answers no call before so many have come since the last ones.
#[derive(Clone)]
struct Together {
    store: BlockingInMemory,
    wanted: usize,
    come: Arc<(Mutex<usize>, Condvar)>,
    open: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl BlockingAccessGroupPort for Together {
    fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        let open = self.open.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(open, Ordering::SeqCst);
        let (count, changed) = &*self.come;
        let mut come = count.lock().expect("no panic");
        *come += 1;
        changed.notify_all();
        let all = come.next_multiple_of(self.wanted);
        let come = changed.wait_while(come, |come| *come < all);
        drop(come.expect("no panic"));
        self.open.fetch_sub(1, Ordering::SeqCst);
        self.store.call(operation, context)
    }
}

#[test]
fn as_many_threads_as_the_limit_call_at_once() {
    let site = Site::new();
    let port = Together {
        store: site.store(),
        wanted: 4,
        come: Arc::default(),
        open: Arc::default(),
        most: Arc::default(),
    };
    let limits = Limits::new().without_reading();
    let limits = limits.with_concurrency(NonZeroUsize::new(4).expect("not zero"));
    let changes = site.users.map(|user| Change::add(user, site.groups[0]));
    // Twelve calls, four at a time: with three threads, this would never end.
    let reports = change_all_blocking(port.clone(), changes, limits);
    assert_eq!(reports.count(), 12);
    assert_eq!(port.most.load(Ordering::SeqCst), 4);
    assert_eq!(
        port.store
            .read(|state| state.members_of(site.groups[0]).count()),
        12
    );
}

#[test]
fn a_limit_of_failures_stops_both() {
    let site = Site::new();
    let changes = site.users.map(|user| Change::add(user, site.groups[0]));
    let one = NonZeroUsize::MIN;
    let limits = || {
        Limits::new()
            .without_reading()
            .with_concurrency(one)
            .with_failures(one)
    };
    let refuses = || {
        let full = Error::conflict("the group is full");
        FaultPlan::new().with_rule(FaultRule::of::<AddUser>().nth(3).fails(full))
    };
    let check = |reports: Vec<Report>| {
        let of = |fits: fn(&Outcome) -> bool| {
            reports
                .iter()
                .filter(|report| fits(&report.outcome))
                .count()
        };
        assert_eq!(of(|outcome| matches!(outcome, Outcome::Accepted)), 2);
        assert_eq!(of(|outcome| matches!(outcome, Outcome::Failed(_))), 1);
        let not_tried =
            |outcome: &Outcome| matches!(outcome, Outcome::NotTried(StopReason::Failures));
        assert_eq!(of(not_tried), 9);
    };
    let port = Faults::new(site.store(), refuses());
    check(change_all_blocking(port, changes, limits()).collect());

    let port = Faults::new(site.store().asynchronous(), refuses());
    let mut all = change_all(&port, changes, limits());
    let mut reports = Vec::new();
    while let Some(report) = block_on(all.next()) {
        reports.push(report);
    }
    check(reports);
}

#[test]
fn every_call_carries_the_token() {
    /// Refuses what comes without a token.
    #[derive(Clone)]
    struct Strict;
    impl BlockingAccessGroupPort for Strict {
        fn call(&self, _: Operation, context: &Context) -> Result<Reply, Error> {
            match context.cancel {
                Some(_) => Err(Error::cancelled("it was asked for")),
                None => Err(Error::internal("no token")),
            }
        }
    }
    let site = Site::new();
    let changes = [Change::add(site.users[0], site.groups[0])];
    let limits = Limits::new().with_cancel(CancelToken::new());
    let mut reports: Vec<_> = change_all_blocking(Strict, changes, limits.clone()).collect();
    let port = access_groups_core::AsyncFromBlocking(Strict);
    reports.extend(block_on(change_all(&port, changes, limits).next()));
    assert_eq!(reports.len(), 2);
    for report in reports {
        let Outcome::Failed(error) = report.outcome else {
            panic!("a failure")
        };
        assert_eq!(error.kind(), ErrorKind::Cancelled);
    }
}

#[test]
#[should_panic(expected = "a port with a bug")]
fn a_panic_of_the_port_is_passed_on() {
    #[derive(Clone)]
    struct Broken;
    impl BlockingAccessGroupPort for Broken {
        fn call(&self, _: Operation, _: &Context) -> Result<Reply, Error> {
            panic!("a port with a bug");
        }
    }
    let site = Site::new();
    let changes = [Change::add(site.users[0], site.groups[0])];
    change_all_blocking(Broken, changes, Limits::new()).for_each(drop);
}

#[test]
fn a_dropped_iterator_makes_no_further_call() {
    let site = Site::new();
    let store = site.store();
    let changes = site.users.map(|user| Change::add(user, site.groups[0]));
    let limits = Limits::new().without_reading();
    let limits = limits.with_concurrency(NonZeroUsize::new(2).expect("not zero"));
    let mut reports = change_all_blocking(store.clone(), changes, limits);
    assert!(reports.next().is_some());
    drop(reports);
    // The reported one and what was open with it.
    let members = store.read(|state| state.members_of(site.groups[0]).count());
    assert!((1..=2).contains(&members), "{members}");
}
