use super::{
    MembershipChange::{Added, Removed},
    *,
};
use crate::{
    AccessGroupChange, AcsSystemId, AcsUserChange, AcsUserId, Operation, PendingGroup,
    PendingMutation, Timestamp, Update, UserIdentityId,
};

const USER: AcsUserId = AcsUserId::from_u128(1);
const GROUP: AccessGroupId = AccessGroupId::from_u128(2);
const SYSTEM: AcsSystemId = AcsSystemId::from_u128(3);

/// What a poll shows: whether the change is pending, and whether the user is listed.
#[derive(Clone, Copy)]
struct Poll {
    pending: bool,
    member: bool,
}

const PENDING: Poll = Poll {
    pending: true,
    member: true,
};
const IN: Poll = Poll {
    pending: false,
    member: true,
};
const OUT: Poll = Poll {
    pending: false,
    member: false,
};

fn group() -> AccessGroup {
    AccessGroup::new(GROUP, SYSTEM, "Gym")
}

fn user(poll: Poll) -> AcsUser {
    let mut user = AcsUser::new(USER, SYSTEM, "Ada");
    if poll.pending {
        let side = |group| PendingGroup {
            acs_access_group_id: group,
        };
        let (from, to) = (side(None), side(Some(GROUP)));
        let change = AcsUserChange::UpdatingGroupMembership(Update { from, to });
        let pending = PendingMutation::new(change, "", Timestamp::UNIX_EPOCH);
        user.pending_mutations.push(pending);
    }
    user
}

/// Runs a wait over these polls, repeating the last one: its result, and the time it took.
fn run(mut wait: PropagationWait, polls: &[Poll]) -> (Result<Propagation, Error>, Duration) {
    let (mut now, mut at) = (Duration::from_secs(1000), 0);
    loop {
        let poll = polls[at.min(polls.len() - 1)];
        match wait.step(now) {
            Step::Call(ticket, Operation::GetAccessGroup(_)) => {
                wait.answer(ticket, Ok(GetAccessGroup::answer(group())), now);
            }
            Step::Call(ticket, Operation::GetAcsUser(_)) => {
                wait.answer(ticket, Ok(GetAcsUser::answer(user(poll))), now);
            }
            Step::Call(ticket, Operation::ListAccessGroups(_)) => {
                let groups = if poll.member {
                    vec![group()]
                } else {
                    Vec::new()
                };
                wait.answer(ticket, Ok(ListAccessGroups::answer(groups)), now);
                at += 1;
            }
            other @ (Step::Call(..) | Step::AwaitAnswer) => panic!("{other:?}"),
            Step::Wait(duration) => {
                assert!(duration > Duration::ZERO);
                now += duration;
            }
            Step::Done(result) => return (result, now - Duration::from_secs(1000)),
        }
    }
}

fn check(change: MembershipChange, polls: &[Poll], status: PropagationStatus, millis: u64) {
    let limit = Duration::from_secs(5);
    let wait = PropagationWait::new(USER, GROUP)
        .after(change)
        .with_timeout(limit);
    let (result, took) = run(wait, polls);
    assert_eq!(result.expect("a result").status, status);
    assert_eq!(took, Duration::from_millis(millis));
}

#[test]
fn a_wait_ends_without_pending_changes() {
    check(Added, &[IN], PropagationStatus::Propagated, 0);
    check(Added, &[PENDING, IN], PropagationStatus::Propagated, 500);
    check(
        Added,
        &[PENDING, PENDING, IN],
        PropagationStatus::Propagated,
        1500,
    );
    let leaving = Poll {
        pending: true,
        member: false,
    };
    check(Removed, &[leaving, OUT], PropagationStatus::Propagated, 500);
}

#[test]
fn another_outcome_is_a_failure() {
    check(Added, &[PENDING, OUT], PropagationStatus::Failed, 500);
    check(Removed, &[PENDING, IN], PropagationStatus::Failed, 500);
}

#[test]
fn a_late_listing_is_waited_for() {
    check(Removed, &[IN, IN, OUT], PropagationStatus::Propagated, 1500);
    check(Added, &[OUT, IN], PropagationStatus::Propagated, 500);
    check(Removed, &[IN], PropagationStatus::Failed, 5000);
}

#[test]
fn the_deadline_gets_a_final_poll() {
    check(Added, &[PENDING], PropagationStatus::Accepted, 5000);
}

#[test]
fn waits_double_up_to_ten_seconds() {
    let limit = Duration::from_secs(3600);
    let mut wait = PropagationWait::new(USER, GROUP).with_timeout(limit);
    let (mut now, mut waits) = (Duration::ZERO, Vec::new());
    while waits.len() < 7 {
        match wait.step(now) {
            Step::Call(ticket, _) => wait.answer(ticket, Err(Error::unavailable("busy")), now),
            Step::Wait(duration) => {
                waits.push(duration.as_millis());
                now += duration;
            }
            other @ (Step::Done(_) | Step::AwaitAnswer) => panic!("{other:?}"),
        }
    }
    assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
}

/// One poll of this user and these groups of theirs: whether the wait is over, and how.
fn poll(user: AcsUser, group: AccessGroup, listed: Vec<AccessGroup>) -> Option<Propagation> {
    let mut wait = PropagationWait::new(USER, GROUP);
    poll_at(&mut wait, Duration::ZERO, user, group, listed)
}

fn poll_at(
    wait: &mut PropagationWait,
    now: Duration,
    user: AcsUser,
    group: AccessGroup,
    listed: Vec<AccessGroup>,
) -> Option<Propagation> {
    for answer in [
        GetAccessGroup::answer(group),
        GetAcsUser::answer(user),
        ListAccessGroups::answer(listed),
    ] {
        let Step::Call(ticket, _) = wait.step(now) else {
            panic!("three calls make a poll");
        };
        wait.answer(ticket, Ok(answer), now);
    }
    match wait.step(now) {
        Step::Done(result) => Some(result.expect("a result")),
        Step::Wait(_) => None,
        other @ (Step::Call(..) | Step::AwaitAnswer) => panic!("{other:?}"),
    }
}

#[test]
fn a_new_error_ends_the_wait() {
    let code = AcsUserErrorCode::SaltoKsSubscriptionLimitExceeded;
    let error = ResourceError::new(code, "full", Timestamp::UNIX_EPOCH);
    let (pending, mut full) = (user(PENDING), user(PENDING));
    full.errors.push(error);
    // Two polls of an addition: what each shows, and how the wait ends.
    let check = |change, first: &AcsUser, second: &AcsUser, expected| {
        let mut wait = PropagationWait::new(USER, GROUP).after(change);
        let poll = |wait: &mut _, seconds, user: &AcsUser| {
            let now = Duration::from_secs(seconds);
            poll_at(wait, now, user.clone(), group(), vec![group()])
        };
        assert_eq!(poll(&mut wait, 0, first), None);
        let ended = poll(&mut wait, 1, second);
        assert_eq!(ended.map(|ended| ended.status), expected);
    };
    let failed = Some(PropagationStatus::Failed);
    check(Added, &pending, &full, failed);
    check(Added, &full, &full, None); // known before
    check(Removed, &pending, &full, None);
    let mut reworded = full.clone();
    reworded.errors[0].message = "4 of 3".to_owned();
    check(Added, &full, &reworded, None);
    // The group may have the error that the user had before.
    let (missing, mut nowhere) = (AcsUserErrorCode::FailedToCreateOnAcsSystem, group());
    let mut absent = user(PENDING);
    let error = ResourceError::new(missing, "", Timestamp::UNIX_EPOCH);
    absent.errors.push(error);
    let missing = AccessGroupErrorCode::FailedToCreateOnAcsSystem;
    let error = ResourceError::new(missing, "", Timestamp::UNIX_EPOCH);
    nowhere.errors.push(error);
    let mut wait = PropagationWait::new(USER, GROUP).since(&absent, &group());
    let ended = poll_at(
        &mut wait,
        Duration::ZERO,
        absent,
        nowhere.clone(),
        vec![nowhere],
    );
    assert_eq!(ended.map(|ended| ended.status), failed);
    // Known to the caller: new even at the first poll.
    let mut wait = PropagationWait::new(USER, GROUP).since(&pending, &group());
    let ended = poll_at(&mut wait, Duration::ZERO, full, group(), vec![group()]);
    assert_eq!(ended.map(|ended| ended.status), failed);
}

fn pend<C>(pending: &mut Vec<PendingMutation<C>>, change: C) {
    pending.push(PendingMutation::new(change, "", Timestamp::UNIX_EPOCH));
}

#[test]
fn a_creation_counts_as_pending() {
    use AcsUserChange::{Creating, DeferringCreation};
    let deferring = DeferringCreation { scheduled_at: None };
    for change in [Creating, deferring] {
        let mut user = user(IN);
        pend(&mut user.pending_mutations, change);
        assert_eq!(poll(user, group(), vec![group()]), None);
    }
    let mut new = group();
    pend(&mut new.pending_mutations, AccessGroupChange::Creating);
    assert_eq!(poll(user(IN), new.clone(), vec![new]), None);
}

#[test]
fn the_newer_group_listing_counts() {
    let side = |user| crate::PendingUser { acs_user_id: user };
    let (from, to) = (side(None), side(Some(USER)));
    let joining = AccessGroupChange::UpdatingUserMembership(Update { from, to });
    let mut pending = group();
    pend(&mut pending.pending_mutations, joining);
    assert_eq!(poll(user(IN), group(), vec![pending.clone()]), None);
    let found = poll(user(IN), pending, vec![group()]).expect("over");
    assert_eq!(found.status, PropagationStatus::Propagated);
}

#[test]
fn another_group_does_not_count() {
    let other = AccessGroup::new(AccessGroupId::from_u128(99), SYSTEM, "Pool");
    // Not over: the membership may be shown a little later.
    assert_eq!(poll(user(IN), group(), vec![other]), None);
}

#[test]
fn an_unprovisioned_member_fails() {
    let at = Timestamp::UNIX_EPOCH;
    let mut gone = user(IN);
    let code = AcsUserErrorCode::DeletedExternally;
    gone.errors.push(ResourceError::new(code, "gone", at));
    let found = poll(gone, group(), vec![group()]).expect("over");
    assert_eq!(found.status, PropagationStatus::Failed);
    let mut never = group();
    let code = AccessGroupErrorCode::FailedToCreateOnAcsSystem;
    never.errors.push(ResourceError::new(code, "no", at));
    let found = poll(user(IN), never.clone(), vec![never]).expect("over");
    assert_eq!(found.status, PropagationStatus::Failed);
}

#[test]
fn pauses_respect_the_service() {
    let waited = |error: Error| {
        let wait = PropagationWait::new(USER, GROUP);
        let mut wait = wait.with_first_wait(Duration::ZERO);
        let Step::Call(ticket, _) = wait.step(Duration::ZERO) else {
            panic!("a first poll");
        };
        wait.answer(ticket, Err(error), Duration::ZERO);
        match wait.step(Duration::ZERO) {
            Step::Wait(duration) => duration,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(waited(Error::unavailable("away")), Duration::from_millis(1));
    let asked = Duration::from_secs(30);
    let busy = Error::rate_limited("slow down").with_retry_after(asked);
    assert_eq!(waited(busy), asked);
}

#[test]
fn a_pause_beyond_the_deadline_ends_the_wait() {
    let check = |seconds, expected: Option<ErrorKind>| {
        let mut wait = PropagationWait::new(USER, GROUP).with_timeout(Duration::from_secs(60));
        let Step::Call(ticket, _) = wait.step(Duration::ZERO) else {
            panic!("a first poll");
        };
        let busy = Error::rate_limited("busy").with_retry_after(Duration::from_secs(seconds));
        wait.answer(ticket, Err(busy), Duration::ZERO);
        let ended = match wait.step(Duration::ZERO) {
            Step::Done(Err(error)) => Some(error.kind()),
            _ => None,
        };
        assert_eq!(ended, expected);
    };
    check(60, None);
    check(61, Some(ErrorKind::RateLimited));
}

#[test]
fn a_pending_deletion_delays_removal() {
    let holds_up = |user: &AcsUser, group: &AccessGroup, change| {
        PendingMembership::between(user, group).holds_up(change)
    };
    let mut leaving = user(OUT);
    pend(&mut leaving.pending_mutations, AcsUserChange::Deleting);
    assert!(holds_up(&leaving, &group(), Removed));
    let mut coming = user(OUT);
    pend(&mut coming.pending_mutations, AcsUserChange::Creating);
    assert!(!holds_up(&coming, &group(), Removed), "never was a member");
    assert!(holds_up(&coming, &group(), Added));
    let mut going = group();
    pend(&mut going.pending_mutations, AccessGroupChange::Deleting);
    assert!(holds_up(&user(OUT), &going, Removed));
}

#[test]
fn a_failure_lists_both_errors() {
    let (mut user, mut group) = (user(IN), group());
    let at = Timestamp::UNIX_EPOCH;
    let code = AcsUserErrorCode::FailedToUpdateOnAcsSystem;
    user.errors.push(ResourceError::new(code, "full", at));
    let code = AccessGroupErrorCode::FailedToCreateOnAcsSystem;
    group.errors.push(ResourceError::new(code, "gone", at));
    let found = poll(user, group, Vec::new()).expect("over");
    assert_eq!(found.status, PropagationStatus::Failed);
    assert_eq!(found.user_errors[0].message, "full");
    assert_eq!(found.group_errors[0].message, "gone");
}

#[test]
fn a_failure_lists_the_newest_errors() {
    let at = Timestamp::UNIX_EPOCH;
    let error = |message| {
        let code = AccessGroupErrorCode::FailedToCreateOnAcsSystem;
        ResourceError::new(code, message, at)
    };
    let mut user = user(IN);
    let code = AcsUserErrorCode::FailedToUpdateOnAcsSystem;
    user.errors.push(ResourceError::new(code, "full", at));
    // The listing is read after the group: what it shows has appeared since, or is over.
    let (mut older, mut newer) = (group(), group());
    older.errors.push(error("older"));
    newer.errors.push(error("newer"));
    let mut wait = PropagationWait::new(USER, GROUP).since(&user, &group());
    let listed = vec![newer];
    let found = poll_at(
        &mut wait,
        Duration::ZERO,
        user.clone(),
        older.clone(),
        listed,
    );
    let found = found.expect("over");
    assert_eq!(found.status, PropagationStatus::Failed);
    assert_eq!(found.user_errors[0].message, "full");
    let messages: Vec<_> = found
        .group_errors
        .iter()
        .map(|error| &error.message)
        .collect();
    assert_eq!(messages, ["newer"]);

    let found = poll(user, older, vec![group()]).expect("over");
    assert_eq!(found.status, PropagationStatus::Propagated);
    assert_eq!((found.user_errors.len(), found.group_errors.len()), (1, 0));
}

#[test]
fn an_unavailable_service_returns_its_error() {
    let mut wait = PropagationWait::new(USER, GROUP);
    let mut now = Duration::ZERO;
    let error = loop {
        match wait.step(now) {
            Step::Call(ticket, _) => wait.answer(ticket, Err(Error::unavailable("away")), now),
            Step::Wait(duration) => now += duration,
            Step::Done(result) => break result.expect_err("no answer"),
            Step::AwaitAnswer => panic!("every call was answered"),
        }
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(now, PropagationWait::TIMEOUT);
}

fn refused(change: MembershipChange, error: Error) -> Result<Propagation, Error> {
    let mut wait = PropagationWait::new(UserIdentityId::from_u128(9), GROUP).after(change);
    let Step::Call(ticket, _) = wait.step(Duration::ZERO) else {
        panic!("a first poll");
    };
    wait.answer(ticket, Err(error), Duration::ZERO);
    match wait.step(Duration::ZERO) {
        Step::Done(result) => result,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_nonexistent_group_ends_a_removal() {
    let gone = refused(Removed, Error::unknown(GROUP)).expect("a result");
    assert_eq!(gone.status, PropagationStatus::Propagated);
    let error = refused(Added, Error::unknown(GROUP)).expect_err("cannot join");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = refused(Removed, Error::unauthenticated("no")).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}
