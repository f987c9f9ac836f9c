use super::*;
use crate::{
    AccessSchedule, AcsSystemId, EntranceSide, GroupSide, PendingMutation, ResourceError,
    ScheduleSide, SuspensionSide, Update, UserSide,
};

/// The verdict on a member of a group that holds the entrance, after `change`.
fn check(change: impl FnOnce(&mut AcsUser, &mut AccessGroup), expected: GroupReason) {
    let (mut user, mut group) = (user(), group());
    change(&mut user, &mut group);
    let candidate = Candidate::new(&group).with_member(true).with_entrance(true);
    let verdict = Verdict::new(&user, &door(), [candidate], NOW);
    assert_eq!(verdict.groups[0].reason, expected);
    assert_eq!(verdict.opens(), expected == GroupReason::Opens);
}

#[test]
fn a_group_opens_while_its_schedule_runs() {
    check(|_, _| (), GroupReason::Opens);
    let window = AccessSchedule::new(PAST).with_end(FUTURE);
    check(
        |_, group| group.access_schedule = Some(window),
        GroupReason::Opens,
    );
    let starting_now = AccessSchedule::new(NOW);
    check(
        |_, group| group.access_schedule = Some(starting_now),
        GroupReason::Opens,
    );
    let ending_now = AccessSchedule::new(PAST).with_end(NOW);
    check(
        |_, group| group.access_schedule = Some(ending_now),
        GroupReason::Ended(NOW),
    );
    let later = AccessSchedule::new(FUTURE);
    check(
        |_, group| group.access_schedule = Some(later),
        GroupReason::NotStarted(FUTURE),
    );
}

#[test]
fn a_group_needs_both_the_member_and_the_entrance() {
    let group = group();
    let candidates = [
        (Candidate::new(&group), GroupReason::DoesNotHoldEntrance),
        (
            Candidate::new(&group).with_member(true),
            GroupReason::DoesNotHoldEntrance,
        ),
        (
            Candidate::new(&group).with_entrance(true),
            GroupReason::NotAMember,
        ),
    ];
    for (candidate, expected) in candidates {
        let verdict = Verdict::new(&user(), &door(), [candidate], NOW);
        assert_eq!(verdict.groups[0].reason, expected);
        assert!(!verdict.opens());
    }
    assert!(!Verdict::new(&user(), &door(), [], NOW).opens());
}

#[test]
fn a_direct_grant_opens_nothing_to_whom_the_doors_do_not_know() {
    let opens = |user: &AcsUser| {
        Verdict::new(user, &door(), [], NOW)
            .with_grant(true)
            .opens()
    };
    for code in [
        AcsUserErrorCode::DeletedExternally,
        AcsUserErrorCode::FailedToCreateOnAcsSystem,
    ] {
        let mut gone = user();
        gone.errors.push(ResourceError::new(code, "", PAST));
        assert!(!opens(&gone));
    }
    let deferring = AcsUserChange::DeferringCreation { scheduled_at: None };
    for change in [AcsUserChange::Creating, AcsUserChange::Deleting, deferring] {
        let mut coming = user();
        pend(&mut coming.pending_mutations, change);
        assert!(!opens(&coming));
    }
}

#[test]
fn a_direct_grant_is_enough_unless_the_user_may_not() {
    let granted = |user| Verdict::new(&user, &door(), [], NOW).with_grant(true);
    assert!(granted(user()).opens());
    assert!(!granted(user().with_suspended(true)).opens());
    let ended = AccessSchedule::new(PAST).with_end(NOW);
    assert!(!granted(user().with_access_schedule(ended)).opens());
}

#[test]
fn one_group_is_enough() {
    let (open, ended) = (
        group(),
        group().with_access_schedule(AccessSchedule::new(FUTURE)),
    );
    let candidates = [&ended, &open].map(|group| Candidate {
        group,
        is_member: true,
        holds_entrance: true,
    });
    assert!(Verdict::new(&user(), &door(), candidates, NOW).opens());
}

#[test]
fn what_is_pending_on_either_side_is_not_granted() {
    use AccessGroupChange::{UpdatingEntranceMembership, UpdatingUserMembership};
    let joins = |user| {
        let (from, to) = (
            UserSide { acs_user_id: None },
            UserSide {
                acs_user_id: Some(user),
            },
        );
        UpdatingUserMembership(Update { from, to })
    };
    check(
        |_, group| pend(&mut group.pending_mutations, joins(USER)),
        GroupReason::Pending,
    );
    let other = AcsUserId::from_u128(9);
    check(
        |_, group| pend(&mut group.pending_mutations, joins(other)),
        GroupReason::Opens,
    );

    let door_comes = UpdatingEntranceMembership(Update {
        from: EntranceSide {
            acs_entrance_id: None,
        },
        to: EntranceSide {
            acs_entrance_id: Some(DOOR),
        },
    });
    check(
        |_, group| pend(&mut group.pending_mutations, door_comes),
        GroupReason::Pending,
    );

    let leaves = |group| {
        AcsUserChange::UpdatingGroupMembership(Update {
            from: GroupSide {
                acs_access_group_id: Some(group),
            },
            to: GroupSide {
                acs_access_group_id: None,
            },
        })
    };
    check(
        |user, _| pend(&mut user.pending_mutations, leaves(GROUP)),
        GroupReason::Pending,
    );
    let other = AccessGroupId::from_u128(9);
    check(
        |user, _| pend(&mut user.pending_mutations, leaves(other)),
        GroupReason::Opens,
    );
}

#[test]
fn a_schedule_that_the_doors_do_not_know_yet_opens_nothing_new() {
    use AccessGroupChange::UpdatingAccessSchedule;
    let replacing = |starts_at: Option<Timestamp>| {
        let from = ScheduleSide {
            starts_at,
            ends_at: None,
        };
        let to = ScheduleSide {
            starts_at: Some(PAST),
            ends_at: None,
        };
        UpdatingAccessSchedule(Update { from, to })
    };
    let old = |start| {
        move |_: &mut AcsUser, group: &mut AccessGroup| {
            group.access_schedule = Some(AccessSchedule::new(PAST));
            pend(&mut group.pending_mutations, replacing(start));
        }
    };
    check(old(Some(FUTURE)), GroupReason::Pending);
    check(old(Some(PAST)), GroupReason::Opens);
    check(old(None), GroupReason::Opens);
    let clearing = AcsUserChange::UpdatingAccessSchedule(Update {
        from: ScheduleSide {
            starts_at: Some(PAST),
            ends_at: Some(NOW),
        },
        to: ScheduleSide {
            starts_at: None,
            ends_at: None,
        },
    });
    check_user(
        |user| pend(&mut user.pending_mutations, clearing),
        UserReason::Ended(NOW),
    );
}

#[test]
fn a_membership_that_ends_later_counts_until_then() {
    let deferred = |variant| AccessGroupChange::DeferringUserMembershipUpdate {
        acs_user_id: USER,
        variant,
    };
    let ends = deferred(DeferredVariant::Removing);
    check(
        |_, group| pend(&mut group.pending_mutations, ends),
        GroupReason::Opens,
    );
    let begins = deferred(DeferredVariant::Adding);
    check(
        |_, group| pend(&mut group.pending_mutations, begins),
        GroupReason::Pending,
    );
    let deferred = |variant| AcsUserChange::DeferringGroupMembershipUpdate {
        acs_access_group_id: GROUP,
        variant,
    };
    let ends = deferred(DeferredVariant::Removing);
    check(
        |user, _| pend(&mut user.pending_mutations, ends),
        GroupReason::Opens,
    );
    let begins = deferred(DeferredVariant::Adding);
    check(
        |user, _| pend(&mut user.pending_mutations, begins),
        GroupReason::Pending,
    );
}

#[test]
fn who_or_what_the_provider_does_not_have_opens_nothing() {
    let missing = AcsUserErrorCode::DeletedExternally;
    let error = ResourceError::new(missing, "gone", PAST);
    check(|user, _| user.errors.push(error), GroupReason::Pending);
    let missing = AccessGroupErrorCode::FailedToCreateOnAcsSystem;
    let error = ResourceError::new(missing, "never was", PAST);
    check(|_, group| group.errors.push(error), GroupReason::Pending);
    let other = AcsUserErrorCode::FailedToUpdateOnAcsSystem;
    let error = ResourceError::new(other, "an old name", PAST);
    check(|user, _| user.errors.push(error), GroupReason::Opens);
}

fn check_user(change: impl FnOnce(&mut AcsUser), expected: UserReason) {
    let (mut user, group) = (user(), group());
    change(&mut user);
    let candidate = Candidate::new(&group).with_member(true).with_entrance(true);
    let verdict = Verdict::new(&user, &door(), [candidate], NOW);
    assert_eq!(verdict.user, expected);
    assert_eq!(
        verdict.groups[0].reason,
        GroupReason::Opens,
        "the group is as it was"
    );
    assert_eq!(verdict.opens(), expected == UserReason::Active);
}

#[test]
fn the_users_own_state_can_stand_in_the_way_of_every_group() {
    check_user(|_| (), UserReason::Active);
    check_user(|user| user.is_suspended = Some(false), UserReason::Active);
    check_user(|user| user.is_suspended = Some(true), UserReason::Suspended);
    let later = AccessSchedule::new(FUTURE);
    check_user(
        |user| user.access_schedule = Some(later),
        UserReason::NotStarted(FUTURE),
    );
    let over = AccessSchedule::new(PAST).with_end(NOW);
    check_user(
        |user| user.access_schedule = Some(over),
        UserReason::Ended(NOW),
    );
    let unsuspending = AcsUserChange::UpdatingSuspensionState(Update {
        from: SuspensionSide { is_suspended: true },
        to: SuspensionSide {
            is_suspended: false,
        },
    });
    check_user(
        |user| pend(&mut user.pending_mutations, unsuspending),
        UserReason::Suspended,
    );
    let suspending = AcsUserChange::UpdatingSuspensionState(Update {
        from: SuspensionSide {
            is_suspended: false,
        },
        to: SuspensionSide { is_suspended: true },
    });
    check_user(
        |user| pend(&mut user.pending_mutations, suspending),
        UserReason::Suspended,
    );
}

fn pend<C>(list: &mut Vec<PendingMutation<C>>, change: C) {
    list.push(PendingMutation::new(change, "on its way", PAST));
}

fn user() -> AcsUser {
    AcsUser::new(USER, SYSTEM, "Ada")
}

fn group() -> AccessGroup {
    AccessGroup::new(GROUP, SYSTEM, "Residents")
}

fn door() -> Entrance {
    Entrance::new(DOOR, SYSTEM, "Front Door")
}

const SYSTEM: AcsSystemId = AcsSystemId::from_u128(1);
const USER: AcsUserId = AcsUserId::from_u128(2);
const GROUP: AccessGroupId = AccessGroupId::from_u128(3);
const DOOR: EntranceId = EntranceId::from_u128(4);
const PAST: Timestamp = Timestamp::UNIX_EPOCH;
const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000_000);
const FUTURE: Timestamp = Timestamp::from_unix_seconds(2_000_000_000);
