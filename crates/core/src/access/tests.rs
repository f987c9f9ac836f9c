use super::*;
use crate::{
    AccessEffect, AccessGroupErrorCode, AccessSchedule, AcsSystemErrorCode, AcsSystemId,
    AcsUserErrorCode, AcsUserId, AcsUserSelector, AcsUserWarningCode, AsyncFromBlocking,
    DeferredVariant, EntranceId, EntranceWarningCode, GetAcsUser, GetEntrance, IssueCode,
    ListAccessGroups, ListAcsUsers, ListEntrancesOfGroup, ListEntrancesOfUser, ListUsersInGroup,
    Page, PageCursor, PendingEntrance, PendingGroup, PendingMutation, PendingSchedule,
    PendingSuspension, PendingUser, ResourceError, ResourceWarning, Update,
    machine::{drive_at_once_blocking, ready},
    prelude::*,
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
fn a_group_opens_during_its_schedule() {
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
fn a_group_needs_member_and_entrance() {
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
fn a_grant_needs_a_provisioned_user() {
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
fn a_grant_suffices_when_active() {
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
fn pending_changes_open_nothing() {
    use AccessGroupChange::{UpdatingEntranceMembership, UpdatingUserMembership};
    let joins = |user| {
        let (from, to) = (
            PendingUser { acs_user_id: None },
            PendingUser {
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
        from: PendingEntrance {
            acs_entrance_id: None,
        },
        to: PendingEntrance {
            acs_entrance_id: Some(DOOR),
        },
    });
    check(
        |_, group| pend(&mut group.pending_mutations, door_comes),
        GroupReason::Pending,
    );

    let leaves = |group| {
        AcsUserChange::UpdatingGroupMembership(Update {
            from: PendingGroup {
                acs_access_group_id: Some(group),
            },
            to: PendingGroup {
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
fn a_pending_schedule_opens_nothing_new() {
    use AccessGroupChange::UpdatingAccessSchedule;
    let replacing = |starts_at: Option<Timestamp>| {
        let from = PendingSchedule {
            starts_at,
            ends_at: None,
        };
        let to = PendingSchedule {
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
        from: PendingSchedule {
            starts_at: Some(PAST),
            ends_at: Some(NOW),
        },
        to: PendingSchedule {
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
fn a_deferred_removal_still_counts() {
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
fn unprovisioned_resources_open_nothing() {
    let missing = AcsUserErrorCode::DeletedExternally;
    let error = ResourceError::new(missing, "gone", PAST);
    check(|user, _| user.errors.push(error), GroupReason::Pending);
    let missing = AccessGroupErrorCode::FailedToCreateOnAcsSystem;
    let error = ResourceError::new(missing, "never was", PAST);
    let (mut user, mut group) = (user(), group());
    group.errors.push(error);
    let issue = blocking(group.issues()).expect("an error that blocks");
    check(|_, other| *other = group, GroupReason::Blocked(issue));
    let other = AcsUserErrorCode::FailedToUpdateOnAcsSystem;
    let error = ResourceError::new(other, "an old name", PAST);
    user.errors.push(error);
    check(|other, _| *other = user, GroupReason::Opens);
}

/// The verdict on a grant and a group that opens, beside this error or warning.
fn check_issue(change: impl FnOnce(&mut AcsUser, &mut Entrance, &mut AcsSystem), expected: bool) {
    let (mut user, group, mut door) = (user(), group(), door());
    let mut system = AcsSystem::new(door.acs_system_id, "Main");
    change(&mut user, &mut door, &mut system);
    let candidate = Candidate::new(&group).with_member(true).with_entrance(true);
    let verdict = Verdict::new(&user, &door, [candidate], NOW).with_system(Some(&system));
    assert_eq!(verdict.opens(), expected);
    assert_eq!(verdict.with_grant(true).opens(), expected);
}

#[test]
fn errors_and_warnings_that_block_count() {
    for code in AcsUserWarningCode::KNOWN {
        let blocks = code.effect_on_access() == AccessEffect::Blocks;
        let warning = ResourceWarning::new(code.clone(), "", PAST);
        check_issue(|user, _, _| user.warnings.push(warning), !blocks);
    }
    for code in EntranceWarningCode::KNOWN {
        let blocks = code.effect_on_access() == AccessEffect::Blocks;
        let warning = ResourceWarning::new(code.clone(), "", PAST);
        check_issue(|_, door, _| door.warnings.push(warning), !blocks);
    }
    for code in AcsSystemErrorCode::KNOWN {
        let error = ResourceError::new(code.clone(), "", PAST);
        check_issue(|_, _, system| system.errors.push(error), true);
    }
    let unknown = ResourceError::new(AcsUserErrorCode::from("haunted"), "", PAST);
    check_issue(|user, _, _| user.errors.push(unknown), true);
}

#[test]
fn a_grant_needs_a_user_at_the_provider() {
    let creating = PendingMutation::new(AcsUserChange::Creating, "", PAST);
    let (mut user, door) = (user(), door());
    user.pending_mutations.push(creating);
    let verdict = Verdict::new(&user, &door, [], NOW).with_grant(true);
    assert_eq!(verdict.user_reason, UserReason::Pending);
    assert!(!verdict.opens());
}

fn check_user(change: impl FnOnce(&mut AcsUser), expected: UserReason) {
    let (mut user, group) = (user(), group());
    change(&mut user);
    let candidate = Candidate::new(&group).with_member(true).with_entrance(true);
    let verdict = Verdict::new(&user, &door(), [candidate], NOW);
    assert_eq!(verdict.user_reason, expected);
    assert_eq!(
        verdict.groups[0].reason,
        GroupReason::Opens,
        "the group is as it was"
    );
    assert_eq!(verdict.opens(), expected == UserReason::Active);
}

#[test]
fn the_user_state_prevents_access() {
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
        from: PendingSuspension { is_suspended: true },
        to: PendingSuspension {
            is_suspended: false,
        },
    });
    check_user(
        |user| pend(&mut user.pending_mutations, unsuspending),
        UserReason::Suspended,
    );
    let suspending = AcsUserChange::UpdatingSuspensionState(Update {
        from: PendingSuspension {
            is_suspended: false,
        },
        to: PendingSuspension { is_suspended: true },
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

/// A service with two groups, of which only the first holds the door.
struct Service {
    door: Entrance,
    users: Vec<AcsUser>,
    members: Vec<AcsUserId>,
    granted: Vec<AcsUserId>,
    lists_entrances: bool,
}

impl Service {
    fn new() -> Self {
        Self {
            door: door(),
            users: vec![user()],
            members: Vec::new(),
            granted: Vec::new(),
            lists_entrances: true,
        }
    }
}

impl BlockingAccessGroupPort for Service {
    fn call(&self, operation: Operation, _: &Context) -> Result<Reply, Error> {
        let pool = AccessGroup::new(AccessGroupId::from_u128(9), SYSTEM, "Pool");
        let user = |id: AcsUserId| {
            let mut users = self.users.iter();
            users.find(|user| user.acs_user_id == id).cloned()
        };
        match operation {
            Operation::GetAcsUser(GetAcsUser {
                user: AcsUserSelector::Id(id),
                ..
            }) => Ok(GetAcsUser::answer(
                user(id).ok_or_else(|| Error::unknown(id))?,
            )),
            Operation::GetEntrance(_) => Ok(GetEntrance::answer(self.door.clone())),
            Operation::ListAccessGroups(op) => Ok(ListAccessGroups::answer(match op.filter.user {
                Some(user) if !self.members.contains(&user) => Vec::new(),
                Some(_) => vec![group()],
                None => vec![pool, group()],
            })),
            Operation::ListEntrancesOfGroup(op) => Ok(ListEntrancesOfGroup::answer(
                match op.group == group().acs_access_group_id {
                    true => vec![door()],
                    false => Vec::new(),
                },
            )),
            Operation::ListUsersInGroup(_) => Ok(ListUsersInGroup::answer(
                self.members.iter().filter_map(|id| user(*id)).collect(),
            )),
            Operation::ListAcsUsers(op) => {
                // Pages of one user each.
                let at = op.page.cursor.map_or(0, |cursor| {
                    cursor.as_str().parse().expect("a cursor of this service")
                });
                let next =
                    (at + 1 < self.users.len()).then(|| PageCursor::new((at + 1).to_string()));
                let items = vec![self.users[at].clone()];
                Ok(ListAcsUsers::answer(Page { items, next }))
            }
            Operation::ListEntrancesOfUser(ListEntrancesOfUser {
                user: AcsUserSelector::Id(id),
                ..
            }) if self.lists_entrances => {
                let opens = self.members.contains(&id) || self.granted.contains(&id);
                let entrances = if opens { vec![door()] } else { Vec::new() };
                Ok(ListEntrancesOfUser::answer(entrances))
            }
            other => Err(Error::unsupported_operation(&other)),
        }
    }
}

#[test]
fn a_check_separates_group_and_grant() {
    let mut service = Service::new();
    let id = user().acs_user_id;
    let check = |service: &Service| {
        let verdict = service
            .check(id, door().acs_entrance_id, NOW)
            .expect("a verdict");
        let reasons: Vec<_> = verdict
            .groups
            .iter()
            .map(|group| group.reason.clone())
            .collect();
        (reasons, verdict.granted, verdict.opens())
    };
    use GroupReason::{DoesNotHoldEntrance, NotAMember, Opens};
    assert_eq!(
        check(&service),
        (vec![DoesNotHoldEntrance, NotAMember], false, false)
    );
    service.granted.push(id);
    assert_eq!(
        check(&service),
        (vec![DoesNotHoldEntrance, NotAMember], true, true)
    );
    // A grant that a group explains is not reported: the service does not tell the two apart.
    service.members.push(id);
    assert_eq!(
        check(&service),
        (vec![DoesNotHoldEntrance, Opens], false, true)
    );
    service.lists_entrances = false;
    assert_eq!(
        check(&service),
        (vec![DoesNotHoldEntrance, Opens], false, true)
    );
}

#[test]
fn both_flavours_check_alike() {
    let mut service = Service::new();
    service.members.push(user().acs_user_id);
    let blocking = service
        .check(&user(), door().acs_entrance_id, NOW)
        .expect("a verdict");
    let port = AsyncFromBlocking(service);
    let asynchronous = ready(port.check(&user(), door().acs_entrance_id, NOW));
    assert_eq!(asynchronous.expect("a verdict"), blocking);
    let everybody = ready(port.who_can_open(door().acs_entrance_id, NOW)).expect("verdicts");
    assert_eq!(everybody.len(), 1);
}

#[test]
fn checking_a_nonexistent_user_fails() {
    let service = Service::new();
    let nobody = AcsUserId::from_u128(77);
    let error = service
        .check(nobody, door().acs_entrance_id, NOW)
        .expect_err("nobody");
    assert_eq!(error.subject(), Some(nobody.into()));
}

#[test]
fn nobody_opens_a_blocked_entrance() {
    let check = |code: Option<EntranceWarningCode>, expected: (usize, Option<&str>)| {
        let mut service = Service::new();
        service.members.push(user().acs_user_id);
        let warning = code.map(|code| ResourceWarning::new(code, "", PAST));
        service.door.warnings.extend(warning);
        let mut machine = WhoCanOpen::new(door().acs_entrance_id, NOW);
        let found = drive_at_once_blocking(&service, &mut machine).expect("verdicts");
        let reason = machine.blocked_by().map(|issue| issue.code);
        assert_eq!((found.len(), reason.as_deref()), expected);
    };
    check(None, (1, None));
    check(Some(EntranceWarningCode::EntranceSharesZone), (1, None));
    let locked = EntranceWarningCode::PrivacyMode;
    check(Some(locked), (0, Some("privacy_mode")));
}

#[test]
fn who_can_open_reads_all_pages() {
    let person = |id, name: &str| AcsUser::new(AcsUserId::from_u128(id), SYSTEM, name);
    let (ada, grace) = (person(21, "Ada"), person(22, "Grace"));
    let suspended = person(23, "Ken").with_suspended(true);
    let mut service = Service::new();
    service.users = vec![
        grace.clone(),
        suspended.clone(),
        person(24, "Linus"),
        ada.clone(),
    ];
    service.members = vec![ada.acs_user_id, suspended.acs_user_id];
    service.granted = vec![grace.acs_user_id, suspended.acs_user_id];
    let found = |service: &Service| {
        let verdicts = service
            .who_can_open(door().acs_entrance_id, NOW)
            .expect("verdicts");
        let shown = verdicts
            .into_iter()
            .map(|verdict| (verdict.user.display_name, verdict.granted));
        shown.collect::<Vec<_>>()
    };
    let (by_group, by_grant) = (("Ada".to_owned(), false), ("Grace".to_owned(), true));
    assert_eq!(found(&service), [by_group.clone(), by_grant]);
    service.lists_entrances = false; // then no user has a grant
    assert_eq!(found(&service), [by_group]);
    let machine = WhoCanOpen::new(door().acs_entrance_id, NOW).without_direct_grants();
    service.lists_entrances = true;
    let verdicts = drive_at_once_blocking(&service, machine).expect("verdicts");
    assert_eq!(verdicts.len(), 1);
}
