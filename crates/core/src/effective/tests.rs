use super::*;
use crate::{
    AcsSystemId, AcsUserId, GroupSide, PendingMutation, Timestamp, Update, UserIdentityId,
};

const USER: AcsUserId = AcsUserId::from_u128(1);
const GROUP: AccessGroupId = AccessGroupId::from_u128(2);
const SYSTEM: AcsSystemId = AcsSystemId::from_u128(3);

/// What a look shows: whether the change is pending, and whether the user is listed.
#[derive(Clone, Copy)]
struct Look {
    pending: bool,
    member: bool,
}

const PENDING: Look = Look {
    pending: true,
    member: true,
};
const IN: Look = Look {
    pending: false,
    member: true,
};
const OUT: Look = Look {
    pending: false,
    member: false,
};

fn group() -> AccessGroup {
    AccessGroup::new(GROUP, SYSTEM, "Gym")
}

fn user(look: Look) -> AcsUser {
    let mut user = AcsUser::new(USER, SYSTEM, "Ada");
    if look.pending {
        let side = |group| GroupSide {
            acs_access_group_id: group,
        };
        let (from, to) = (side(None), side(Some(GROUP)));
        let change = AcsUserChange::UpdatingGroupMembership(Update { from, to });
        let pending = PendingMutation::new(change, "", Timestamp::UNIX_EPOCH);
        user.pending_mutations.push(pending);
    }
    user
}

/// Runs a wait over these looks, the last of them for ever: how it ends, and after how long.
fn run(mut wait: EffectiveWait, looks: &[Look]) -> (Result<Settlement, Error>, Duration) {
    let (mut now, mut at) = (Duration::from_secs(1000), 0);
    loop {
        let look = looks[at.min(looks.len() - 1)];
        match wait.step(now) {
            EffectiveStep::Call(Operation::GetAccessGroup(_)) => {
                wait.answer(Ok(group().into()), now);
            }
            EffectiveStep::Call(Operation::GetAcsUser(_)) => {
                wait.answer(Ok(user(look).into()), now);
            }
            EffectiveStep::Call(Operation::ListAccessGroups(_)) => {
                let groups = if look.member {
                    vec![group()]
                } else {
                    Vec::new()
                };
                wait.answer(Ok(groups.into()), now);
                at += 1;
            }
            EffectiveStep::Call(other) => panic!("{other:?}"),
            EffectiveStep::Wait(duration) => {
                assert!(duration > Duration::ZERO);
                now += duration;
            }
            EffectiveStep::Done(result) => return (result, now - Duration::from_secs(1000)),
        }
    }
}

fn check(goal: Goal, looks: &[Look], settled: Settled, millis: u64) {
    let limit = Duration::from_secs(5);
    let wait = EffectiveWait::new(USER, GROUP, goal).with_limit(limit);
    let (result, took) = run(wait, looks);
    assert_eq!(result.expect("a settlement").settled, settled);
    assert_eq!(took, Duration::from_millis(millis));
}

#[test]
fn it_is_over_when_nothing_pending_names_the_pair() {
    check(Goal::Member, &[IN], Settled::Effective, 0);
    check(Goal::Member, &[PENDING, IN], Settled::Effective, 500);
    check(
        Goal::Member,
        &[PENDING, PENDING, IN],
        Settled::Effective,
        1500,
    );
    let leaving = Look {
        pending: true,
        member: false,
    };
    check(Goal::NonMember, &[leaving, OUT], Settled::Effective, 500);
}

#[test]
fn what_settled_otherwise_has_failed() {
    check(Goal::Member, &[PENDING, OUT], Settled::Failed, 500);
    check(Goal::NonMember, &[IN], Settled::Failed, 0);
}

#[test]
fn at_the_deadline_it_looks_once_more_and_says_that_it_was_accepted() {
    check(Goal::Member, &[PENDING], Settled::Accepted, 5000);
}

#[test]
fn waits_double_up_to_ten_seconds() {
    let limit = Duration::from_secs(3600);
    let mut wait = EffectiveWait::new(USER, GROUP, Goal::Member).with_limit(limit);
    let (mut now, mut waits) = (Duration::ZERO, Vec::new());
    while waits.len() < 7 {
        match wait.step(now) {
            EffectiveStep::Call(_) => wait.answer(Err(Error::unavailable("busy")), now),
            EffectiveStep::Wait(duration) => {
                waits.push(duration.as_millis());
                now += duration;
            }
            EffectiveStep::Done(result) => panic!("{result:?}"),
        }
    }
    assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
}

/// One look at this user and these groups of theirs: whether the wait is over, and how.
fn look(user: AcsUser, group: AccessGroup, listed: Vec<AccessGroup>) -> Option<Settlement> {
    let mut wait = EffectiveWait::new(USER, GROUP, Goal::Member);
    for answer in [Reply::from(group), user.into(), listed.into()] {
        let EffectiveStep::Call(_) = wait.step(Duration::ZERO) else {
            panic!("three calls make a look");
        };
        wait.answer(Ok(answer), Duration::ZERO);
    }
    match wait.step(Duration::ZERO) {
        EffectiveStep::Done(result) => Some(result.expect("a settlement")),
        EffectiveStep::Wait(_) => None,
        EffectiveStep::Call(operation) => panic!("{operation:?}"),
    }
}

fn pend<C>(pending: &mut Vec<PendingMutation<C>>, change: C) {
    pending.push(PendingMutation::new(change, "", Timestamp::UNIX_EPOCH));
}

#[test]
fn who_or_what_is_being_created_is_not_at_the_doors() {
    use AcsUserChange::{Creating, DeferringCreation};
    let deferring = DeferringCreation { scheduled_at: None };
    for change in [Creating, deferring] {
        let mut user = user(IN);
        pend(&mut user.pending_mutations, change);
        assert_eq!(look(user, group(), vec![group()]), None);
    }
    let mut new = group();
    pend(&mut new.pending_mutations, AccessGroupChange::Creating);
    assert_eq!(look(user(IN), new.clone(), vec![new]), None);
}

#[test]
fn the_group_has_a_say_and_the_listing_is_newer_than_it() {
    let side = |user| crate::UserSide { acs_user_id: user };
    let (from, to) = (side(None), side(Some(USER)));
    let joining = AccessGroupChange::UpdatingUserMembership(Update { from, to });
    let mut pending = group();
    pend(&mut pending.pending_mutations, joining);
    assert_eq!(look(user(IN), group(), vec![pending.clone()]), None);
    let settled = look(user(IN), pending, vec![group()]).expect("over");
    assert_eq!(settled.settled, Settled::Effective);
}

#[test]
fn another_group_of_the_user_is_not_the_one() {
    let other = AccessGroup::new(AccessGroupId::from_u128(99), SYSTEM, "Pool");
    let settled = look(user(IN), group(), vec![other]).expect("over");
    assert_eq!(settled.settled, Settled::Failed);
}

#[test]
fn a_member_who_is_not_at_the_provider_gets_in_nowhere() {
    let at = Timestamp::UNIX_EPOCH;
    let mut gone = user(IN);
    let code = AcsUserErrorCode::DeletedExternally;
    gone.errors.push(ResourceError::new(code, "gone", at));
    let settled = look(gone, group(), vec![group()]).expect("over");
    assert_eq!(settled.settled, Settled::Failed);
    let mut never = group();
    let code = AccessGroupErrorCode::FailedToCreateOnAcsSystem;
    never.errors.push(ResourceError::new(code, "no", at));
    let settled = look(user(IN), never.clone(), vec![never]).expect("over");
    assert_eq!(settled.settled, Settled::Failed);
}

#[test]
fn a_wait_is_never_nothing_and_as_long_as_the_service_asks() {
    let waited = |error: Error| {
        let wait = EffectiveWait::new(USER, GROUP, Goal::Member);
        let mut wait = wait.with_first_wait(Duration::ZERO);
        let EffectiveStep::Call(_) = wait.step(Duration::ZERO) else {
            panic!("a first look");
        };
        wait.answer(Err(error), Duration::ZERO);
        match wait.step(Duration::ZERO) {
            EffectiveStep::Wait(duration) => duration,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(waited(Error::unavailable("away")), Duration::from_millis(1));
    let asked = Duration::from_secs(30);
    let busy = Error::rate_limited("slow down").with_retry_after(asked);
    assert_eq!(waited(busy), asked);
}

#[test]
fn who_leaves_the_system_may_get_in_until_that_has_settled() {
    let mut leaving = user(OUT);
    pend(&mut leaving.pending_mutations, AcsUserChange::Deleting);
    let goal = |goal| is_pending(&leaving, &group(), goal);
    assert!(goal(Goal::NonMember));
    let mut coming = user(OUT);
    pend(&mut coming.pending_mutations, AcsUserChange::Creating);
    assert!(
        !is_pending(&coming, &group(), Goal::NonMember),
        "never was a member"
    );
    assert!(is_pending(&coming, &group(), Goal::Member));
    let mut going = group();
    pend(&mut going.pending_mutations, AccessGroupChange::Deleting);
    assert!(is_pending(&user(OUT), &going, Goal::NonMember));
}

#[test]
fn both_say_what_is_wrong_with_them() {
    let (mut user, mut group) = (user(IN), group());
    let at = Timestamp::UNIX_EPOCH;
    let code = AcsUserErrorCode::FailedToUpdateOnAcsSystem;
    user.errors.push(ResourceError::new(code, "full", at));
    let code = AccessGroupErrorCode::FailedToCreateOnAcsSystem;
    group.errors.push(ResourceError::new(code, "gone", at));
    let settled = look(user, group, Vec::new()).expect("over");
    assert_eq!(settled.settled, Settled::Failed);
    assert_eq!(settled.user_errors[0].message, "full");
    assert_eq!(settled.group_errors[0].message, "gone");
}

#[test]
fn a_service_that_is_away_until_the_deadline_says_nothing_about_the_change() {
    let mut wait = EffectiveWait::new(USER, GROUP, Goal::Member);
    let mut now = Duration::ZERO;
    let error = loop {
        match wait.step(now) {
            EffectiveStep::Call(_) => wait.answer(Err(Error::unavailable("away")), now),
            EffectiveStep::Wait(duration) => now += duration,
            EffectiveStep::Done(result) => break result.expect_err("no answer"),
        }
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(now, EffectiveWait::LIMIT);
}

fn refused(goal: Goal, error: Error) -> Result<Settlement, Error> {
    let mut wait = EffectiveWait::new(UserIdentityId::from_u128(9), GROUP, goal);
    let EffectiveStep::Call(_) = wait.step(Duration::ZERO) else {
        panic!("a first look");
    };
    wait.answer(Err(error), Duration::ZERO);
    match wait.step(Duration::ZERO) {
        EffectiveStep::Done(result) => result,
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_is_gone_is_in_no_group() {
    let gone = refused(Goal::NonMember, Error::unknown(GROUP)).expect("settled");
    assert_eq!(gone.settled, Settled::Effective);
    let error = refused(Goal::Member, Error::unknown(GROUP)).expect_err("cannot join");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = refused(Goal::NonMember, Error::unauthenticated("no")).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}
