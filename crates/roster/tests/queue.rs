//! Whatever the site, the changes and the order of the answers: the queue keeps its promises, and the
//! store holds what a model says.

use std::collections::{BTreeMap, BTreeSet};

use access_groups_core::{
    CancelToken, MembershipChange, Operation, Reply, Ticket, UserRef, prelude::*,
};
use access_groups_in_memory::{SiteBuilder, State};
use access_groups_roster::{Change, ChangeQueue, ChangeStep, Limits, Outcome, StopReason};
use proptest::{collection::vec, prelude::*};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_change_has_its_true_outcome(
        changes in vec(changes(), 0..60),
        members in vec((0..USERS, 0..GROUPS), 0..12),
        concurrency in 1_usize..6,
        reads in any::<bool>(),
        verifies in any::<bool>(),
        fates in vec(fates(), 1..200),
        failures in proptest::option::weighted(0.2, 1_usize..5),
        stop in proptest::option::weighted(0.3, 0_usize..150),
    ) {
        let mut limits = Limits::new().with_concurrency(concurrency.try_into().expect("not zero"));
        limits.failures = failures.map(|failures| failures.try_into().expect("not zero"));
        limits.reads_before = reads;
        limits.verifies = verifies;
        let run = Run::new(&members).of(&changes, limits, &fates, stop);
        prop_assert!(run.most_open <= concurrency);
        check_reports(&run, &changes, failures)?;
        prop_assert!(run.unverified == 0 || !verifies, "an outcome was guessed after a stop");
        check_outcomes(&run, reads)?;
        prop_assert_eq!(memberships(&run.state), model(&members, &run));
    }
}

/// One report each; those of a person in order; nothing untried unless the limit was reached, or
/// everything was stopped.
fn check_reports(
    run: &Run,
    changes: &[Change],
    failures: Option<usize>,
) -> Result<(), TestCaseError> {
    let indices: BTreeSet<_> = run.reports.iter().map(|(index, ..)| *index).collect();
    prop_assert_eq!(run.reports.len(), changes.len());
    prop_assert!(indices.into_iter().eq(0..changes.len()));
    let mut last = BTreeMap::new();
    let mut was_made = BTreeMap::new();
    let [mut failed, mut not_tried] = [0, 0];
    for (index, change, outcome) in &run.reports {
        prop_assert_eq!(*change, changes[*index]);
        prop_assert!(
            last.insert(change.user, *index)
                .is_none_or(|before| before < *index)
        );
        match outcome {
            Outcome::Failed(_) => failed += 1,
            Outcome::NotTried(StopReason::Earlier) => {
                prop_assert!(change.only_after_success);
                prop_assert_eq!(was_made.get(&change.user), Some(&false));
            }
            Outcome::NotTried(StopReason::Failures) => not_tried += 1,
            Outcome::NotTried(reason) => {
                prop_assert!(*reason == StopReason::Cancelled && run.is_stopped);
            }
            _ => {
                let was_made = was_made.get(&change.user).is_none_or(|was_made| *was_made);
                prop_assert!(was_made || !change.only_after_success);
            }
        }
        was_made.insert(change.user, outcome.is_accepted());
    }
    let is_stopped = failures.is_some_and(|limit| failed >= limit);
    prop_assert!(is_stopped || not_tried == 0);
    // Only what was open when the limit was reached may fail beyond it.
    prop_assert!(failures.is_none_or(|limit| failed < limit + run.most_open));
    Ok(())
}

/// What the store did is what was reported.
fn check_outcomes(run: &Run, reads: bool) -> Result<(), TestCaseError> {
    for (index, change, outcome) in &run.reports {
        let did_change = run.did_change.get(index).copied();
        match outcome {
            Outcome::Changed => prop_assert_eq!(did_change, Some(true)),
            Outcome::Unchanged => prop_assert_eq!(did_change, Some(false)),
            Outcome::Accepted => {
                prop_assert!(did_change.is_some());
                let lost = |user, group| run.lost.contains(&(user, group));
                let is_unread = !reads || run.unread.contains(&change.group);
                prop_assert!(is_unread || lost(change.user, change.group));
            }
            Outcome::Failed(error) => {
                prop_assert!(error.is_ambiguous() || did_change.is_none());
            }
            Outcome::NotTried(_) => prop_assert_eq!(did_change, None),
            other => prop_assert!(false, "nothing is pending here: {:?}", other),
        }
    }
    Ok(())
}

/// The memberships after the changes that were reported, in order, as a set of pairs.
fn model(members: &[(u128, u128)], run: &Run) -> BTreeSet<(AcsUserId, AccessGroupId)> {
    let mut model: BTreeSet<_> = members
        .iter()
        .map(|(user, group)| (user_id(*user), group_id(*group)))
        .collect();
    let mut reports: Vec<_> = run.reports.iter().collect();
    reports.sort_by_key(|(index, ..)| *index);
    for (_, change, outcome) in reports {
        let is_made = match outcome {
            Outcome::Failed(error) => error.is_ambiguous(), // here, it was always made
            outcome => outcome.is_accepted(),
        };
        if let (true, UserRef::AcsUser(user)) = (is_made, change.user) {
            match change.kind {
                MembershipChange::Added => model.insert((user, change.group)),
                MembershipChange::Removed => model.remove(&(user, change.group)),
            };
        }
    }
    model
}

/// A driver that answers the open calls in any order, and carries each out when it answers it.
struct Run {
    state: State,
    reports: Vec<(usize, Change, Outcome)>,
    most_open: usize,
    did_change: BTreeMap<usize, bool>,
    lost: BTreeSet<(UserRef, AccessGroupId)>,
    unread: BTreeSet<AccessGroupId>,
    is_stopped: bool,
    /// Lost answers that nobody has asked about.
    unverified: usize,
}

/// Which open call is answered next, and how.
#[derive(Debug, Clone, Copy)]
struct Fate {
    which: usize,
    fails: bool,
    is_lost: bool,
}

impl Run {
    fn new(members: &[(u128, u128)]) -> Self {
        let mut site = SiteBuilder::new();
        for number in 0..USERS {
            assert_eq!(site.user(format!("{number}")), user_id(number));
        }
        for number in 0..GROUPS {
            assert_eq!(site.group(format!("{number}")), group_id(number));
        }
        for (user, group) in members {
            site.members(group_id(*group), [user_id(*user)]);
        }
        Self {
            state: site.build_state(),
            reports: Vec::new(),
            most_open: 0,
            did_change: BTreeMap::new(),
            lost: BTreeSet::new(),
            unread: BTreeSet::new(),
            is_stopped: false,
            unverified: 0,
        }
    }

    /// Makes these changes; before the step with this number, everything is stopped.
    fn of(
        mut self,
        changes: &[Change],
        limits: Limits,
        fates: &[Fate],
        stop: Option<usize>,
    ) -> Self {
        let token = CancelToken::new();
        let limits = limits.with_stop(token.clone());
        let mut queue = ChangeQueue::new(changes.iter().copied(), limits);
        let mut fates = fates.iter().cycle();
        let mut open: Vec<(Ticket, Operation)> = Vec::new();
        let mut begun = BTreeMap::new();
        let mut begins = None;
        for step in 0.. {
            if stop == Some(step) {
                token.cancel();
                self.is_stopped = true;
                begins = None; // what was announced is not called any more
            }
            match queue.step() {
                ChangeStep::Begin(index) => {
                    assert!(!self.is_stopped, "a call after the stop");
                    assert_eq!(begins.replace(index), None);
                }
                ChangeStep::Call(ticket, operation) => {
                    let is_verification = matches!(operation, Operation::ListAccessGroups(_));
                    assert!(!self.is_stopped || is_verification, "a call after the stop");
                    self.unverified -= usize::from(is_verification);
                    if let Some(index) = begins.take() {
                        assert_eq!(operation, operation_of(changes[index]));
                        begun.insert(ticket, index);
                    }
                    open.push((ticket, operation));
                    check_one_a_person(&open);
                    self.most_open = self.most_open.max(open.len());
                    assert_eq!(queue.open(), open.len());
                }
                ChangeStep::Report(report) => {
                    self.reports
                        .push((report.index, report.change, report.outcome));
                }
                ChangeStep::AwaitAnswer => {
                    let fate = fates.next().expect("an endless iterator");
                    let (ticket, operation) = open.swap_remove(fate.which % open.len());
                    let answer = self.answer(operation, *fate, begun.remove(&ticket));
                    queue.answer(ticket, answer);
                }
                ChangeStep::Done => {
                    assert!(open.is_empty(), "calls are open: {open:?}");
                    return self;
                }
            }
        }
        unreachable!("the steps have no end");
    }

    fn answer(
        &mut self,
        operation: Operation,
        fate: Fate,
        begun: Option<usize>,
    ) -> Result<Reply, Error> {
        let (user, group) = match &operation {
            Operation::AddUser(op) => (op.user, op.group),
            Operation::RemoveUser(op) => (op.user, op.group),
            // What is verified.
            Operation::ListAccessGroups(_) if fate.fails => return Err(Error::unavailable("away")),
            Operation::GetAccessGroup(op) if fate.fails => {
                self.unread.insert(op.group);
                return Err(Error::unavailable("away"));
            }
            Operation::ListUsersInGroup(op) if fate.fails => {
                self.unread.insert(op.group);
                return Err(Error::unavailable("away"));
            }
            _ => return self.state.execute(operation, Timestamp::UNIX_EPOCH),
        };
        if fate.fails && !fate.is_lost {
            return Err(Error::unavailable("away"));
        }
        let before = memberships(&self.state);
        let answer = self.state.execute(operation, Timestamp::UNIX_EPOCH);
        if answer.is_ok() {
            let index = begun.expect("a change is announced");
            self.did_change
                .insert(index, before != memberships(&self.state));
        }
        if fate.fails {
            self.lost.insert((user, group));
            self.unverified += usize::from(answer.is_ok());
            return answer.and(Err(Error::unavailable("lost").with_ambiguity(true)));
        }
        answer
    }
}

fn check_one_a_person(open: &[(Ticket, Operation)]) {
    let users = open.iter().filter_map(|(_, operation)| match operation {
        Operation::AddUser(op) => Some(op.user),
        Operation::RemoveUser(op) => Some(op.user),
        _ => None,
    });
    let users: Vec<_> = users.collect();
    let distinct: BTreeSet<_> = users.iter().collect();
    assert_eq!(
        distinct.len(),
        users.len(),
        "two calls at once for one person"
    );
}

fn memberships(state: &State) -> BTreeSet<(AcsUserId, AccessGroupId)> {
    state.memberships().collect()
}

/// One user more than there are, and one group.
fn changes() -> impl Strategy<Value = Change> {
    let numbers = (any::<bool>(), 0..=USERS, 0..=GROUPS, any::<bool>());
    numbers.prop_map(|(adds, user, group, depends)| {
        let change = match adds {
            true => Change::add(user_id(user), group_id(group)),
            false => Change::remove(user_id(user), group_id(group)),
        };
        match depends {
            true => change.only_after_success(),
            false => change,
        }
    })
}

fn operation_of(change: Change) -> Operation {
    match change.kind {
        MembershipChange::Added => AddUser::new(change.user, change.group).into(),
        MembershipChange::Removed => RemoveUser::new(change.user, change.group).into(),
    }
}

fn fates() -> impl Strategy<Value = Fate> {
    let fails = prop::bool::weighted(0.15);
    (any::<usize>(), fails, any::<bool>()).prop_map(|(which, fails, is_lost)| Fate {
        which,
        fails,
        is_lost,
    })
}

const USERS: u128 = 6;
const GROUPS: u128 = 4;

/// The ids that the builder of sites gives.
fn user_id(number: u128) -> AcsUserId {
    format!("a0000000-0000-4000-8000-{:012}", number + 1)
        .parse()
        .expect("an id")
}

fn group_id(number: u128) -> AccessGroupId {
    format!("60000000-0000-4000-8000-{:012}", number + 1)
        .parse()
        .expect("an id")
}

/// A group of one member, whose addition or removal is pending.
fn pending_site(removes: bool) -> (State, AcsUserId, AccessGroupId) {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    if removes {
        site.members(gym, [ada]);
    }
    let mut state = site.build_state();
    state.set_propagation(access_groups_in_memory::PropagationMode::Manual);
    let change = match removes {
        true => RemoveUser::new(ada, gym).into(),
        false => AddUser::new(ada, gym).into(),
    };
    state
        .execute(change, Timestamp::UNIX_EPOCH)
        .expect("accepted");
    (state, ada, gym)
}

fn outcomes(state: &mut State, changes: &[Change]) -> Vec<Outcome> {
    let mut queue = ChangeQueue::new(changes.iter().copied(), Limits::new());
    let mut outcomes = Vec::new();
    loop {
        match queue.step() {
            ChangeStep::Begin(_) => {}
            ChangeStep::Call(ticket, operation) => {
                queue.answer(ticket, state.execute(operation, Timestamp::UNIX_EPOCH));
            }
            ChangeStep::Report(report) => outcomes.push(report.outcome),
            ChangeStep::AwaitAnswer => panic!("every call was answered"),
            ChangeStep::Done => return outcomes,
        }
    }
}

#[test]
fn what_was_accepted_earlier_is_pending() {
    for removes in [false, true] {
        let (mut state, ada, gym) = pending_site(removes);
        let (same, opposite) = match removes {
            true => (Change::remove(ada, gym), Change::add(ada, gym)),
            false => (Change::add(ada, gym), Change::remove(ada, gym)),
        };
        let found = outcomes(&mut state, &[same, same, opposite]);
        assert!(
            matches!(
                found[..],
                [Outcome::Pending, Outcome::Unchanged, Outcome::Changed]
            ),
            "{found:?}"
        );
        state.propagate_all();
        let found = outcomes(&mut state, &[opposite]);
        assert!(matches!(found[..], [Outcome::Unchanged]), "{found:?}");
    }
}

#[test]
fn an_identity_is_its_user() {
    let mut site = SiteBuilder::new();
    let ([ada, grace], gym) = (site.users(["Ada", "Grace"]), site.group("Gym"));
    let [ada_herself, grace_herself] = [ada, grace].map(|user| site.identity("", [user]));
    let mut state = site.members(gym, [ada]).build_state();
    let changes = [
        Change::add(ada_herself, gym),
        Change::remove(ada, gym),
        Change::remove(grace_herself, gym),
    ];
    let found = outcomes(&mut state, &changes);
    assert!(
        matches!(
            found[..],
            [Outcome::Unchanged, Outcome::Changed, Outcome::Unchanged]
        ),
        "{found:?}"
    );
}

#[test]
fn a_full_queue_takes_no_more() {
    let taken = std::cell::Cell::new(0);
    let (ada, gym) = (user_id(0), group_id(0));
    let endless = std::iter::repeat_with(|| {
        taken.set(taken.get() + 1);
        Change::add(ada, gym)
    });
    let mut queue = ChangeQueue::new(endless, Limits::new().without_reading());
    assert!(matches!(queue.step(), ChangeStep::Begin(0)));
    assert!(matches!(queue.step(), ChangeStep::Call(..)));
    assert!(matches!(queue.step(), ChangeStep::AwaitAnswer));
    assert_eq!(taken.get(), 1024);
}

#[test]
fn a_cancelled_queue_waits_for_open_calls() {
    let cancel = CancelToken::new();
    check_cancelled(Limits::new().with_cancel(cancel.clone()), &cancel);
    let stop = CancelToken::new();
    check_cancelled(Limits::new().with_stop(stop.clone()), &stop);
}

fn check_cancelled(limits: Limits, cancel: &CancelToken) {
    let limits = limits.without_reading();
    let changes = (0..5).map(|user| Change::add(user_id(user), group_id(0)));
    let mut queue = ChangeQueue::new(changes, limits);
    assert!(matches!(queue.step(), ChangeStep::Begin(0)));
    let ChangeStep::Call(ticket, _) = queue.step() else {
        panic!("a call")
    };
    cancel.cancel();
    assert!(matches!(queue.step(), ChangeStep::AwaitAnswer));
    queue.answer(ticket, Err(Error::cancelled("stopped")));
    let mut reports = Vec::new();
    while let ChangeStep::Report(report) = queue.step() {
        reports.push(report);
    }
    assert!(matches!(reports[0].outcome, Outcome::Failed(_)));
    let mut others = reports[1..].iter();
    assert_eq!(others.len(), 4);
    assert!(
        others.all(|report| matches!(report.outcome, Outcome::NotTried(StopReason::Cancelled)))
    );
    assert!(matches!(queue.step(), ChangeStep::Done));
}

/// What is reported of an addition whose answer was lost, if it was made or not.
fn verified(was_made: bool) -> Outcome {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    if was_made {
        site.members(gym, [ada]);
    }
    let mut state = site.build_state();
    let mut queue = ChangeQueue::new([Change::add(ada, gym)], Limits::of_plan());
    let lost = Error::unavailable("lost").with_ambiguity(true);
    assert!(matches!(queue.step(), ChangeStep::Begin(0)));
    let ChangeStep::Call(ticket, _) = queue.step() else {
        panic!("the addition")
    };
    queue.answer(ticket, Err(lost));
    let ChangeStep::Call(ticket, operation) = queue.step() else {
        panic!("the verification")
    };
    queue.answer(ticket, state.execute(operation, Timestamp::UNIX_EPOCH));
    let ChangeStep::Report(report) = queue.step() else {
        panic!("an outcome")
    };
    assert!(matches!(queue.step(), ChangeStep::Done));
    report.outcome
}

#[test]
fn a_lost_answer_is_verified() {
    assert!(matches!(verified(true), Outcome::Accepted));
    // The request may still arrive.
    assert!(matches!(verified(false), Outcome::Failed(error) if error.is_ambiguous()));
}

#[test]
fn an_announced_call_can_be_stopped() {
    let stop = CancelToken::new();
    let limits = Limits::of_plan().with_stop(stop.clone());
    let mut queue = ChangeQueue::new([Change::add(user_id(0), group_id(0))], limits);
    assert!(matches!(queue.step(), ChangeStep::Begin(0)));
    stop.cancel();
    let ChangeStep::Report(report) = queue.step() else {
        panic!("no call")
    };
    let reason = StopReason::Cancelled;
    assert!(matches!(report.outcome, Outcome::NotTried(found) if found == reason));
    assert!(matches!(queue.step(), ChangeStep::Done));
}

#[test]
fn an_answer_to_nothing_is_ignored() {
    let changes = [Change::add(user_id(0), group_id(0))];
    let mut queue = ChangeQueue::new(changes, Limits::new());
    queue.answer(Ticket::new(7), Err(Error::internal("a late answer")));
    assert!(matches!(queue.step(), ChangeStep::Call(..)));
}
