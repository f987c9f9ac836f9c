//! Who can open what, and why: the meaning of an access group.

use crate::{
    AccessGroup, AccessGroupChange, AccessGroupErrorCode, AccessGroupId, AcsUser, AcsUserChange,
    AcsUserErrorCode, AcsUserId, DeferredVariant, Entrance, EntranceId, SchedulePhase, Timestamp,
};

/// Whether a user may open an entrance at an instant, and what each group has to say to it.
///
/// A user may open an entrance when nothing about the user stands in the way, and it was
/// granted to them directly or at least one group [opens](GroupReason::Opens) it.
///
/// What is pending is not granted: a membership, a door, a schedule or an end of suspension that
/// the doors do not know yet does not open anything, and neither does what is being taken away.
/// A membership that ends at a scheduled time counts until then. A user or group that could not
/// be created at the provider opens nothing.
///
/// # Examples
///
/// ```
/// use access_groups_core::{
///     AccessGroup, AccessGroupId, AcsSystemId, AcsUser, AcsUserId, Candidate, Entrance,
///     EntranceId, GroupReason, Timestamp, UserReason, Verdict,
/// };
///
/// let (system, now) = (AcsSystemId::from_u128(1), "2026-07-01T08:00:00Z".parse()?);
/// let ada = AcsUser::new(AcsUserId::from_u128(1), system, "Ada");
/// let door = Entrance::new(EntranceId::from_u128(1), system, "Front Door");
/// let residents = AccessGroup::new(AccessGroupId::from_u128(1), system, "Residents");
/// let staff = AccessGroup::new(AccessGroupId::from_u128(2), system, "Staff");
///
/// let candidates = [
///     Candidate::new(&residents).with_member(true).with_entrance(true),
///     Candidate::new(&staff).with_entrance(true),
/// ];
/// let verdict = Verdict::new(&ada, &door, candidates.clone(), now);
/// assert!(verdict.opens());
/// assert_eq!(verdict.groups[0].reason, GroupReason::Opens);
/// assert_eq!(verdict.groups[1].reason, GroupReason::NotAMember);
///
/// let suspended = ada.with_suspended(true);
/// let verdict = Verdict::new(&suspended, &door, candidates, now);
/// assert_eq!(verdict.user, UserReason::Suspended);
/// assert!(!verdict.opens());
/// # Ok::<(), access_groups_core::ParseTimestampError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// Who wants to open it.
    pub user_id: AcsUserId,
    /// What they want to open.
    pub entrance_id: EntranceId,
    /// When.
    pub at: Timestamp,
    /// What about the user stands in the way, if anything does.
    pub user: UserReason,
    /// What each candidate has to say, in the order in which they were given.
    pub groups: Vec<GroupVerdict>,
    /// Whether the entrance was granted to the user directly, beside all groups.
    pub granted: bool,
}

impl Verdict {
    /// Judges the candidates: the groups that might open the entrance to the user. A group
    /// that is left out opens nothing.
    #[must_use]
    pub fn new<'a>(
        user: &AcsUser,
        entrance: &Entrance,
        candidates: impl IntoIterator<Item = Candidate<'a>>,
        at: Timestamp,
    ) -> Self {
        let judge = |candidate: Candidate<'a>| GroupVerdict {
            group_id: candidate.group.acs_access_group_id,
            name: shown_name(candidate.group),
            reason: candidate.reason(user, entrance, at),
        };
        Self {
            user_id: user.acs_user_id,
            entrance_id: entrance.acs_entrance_id,
            at,
            user: UserReason::of(user, at),
            groups: candidates.into_iter().map(judge).collect(),
            granted: false,
        }
    }

    /// Whether the entrance was granted to the user directly; by default it was not.
    ///
    /// Services do not say so: they list what a user can open, whatever the reason. An
    /// entrance of that list that no group of the user holds was granted.
    #[must_use]
    pub fn with_grant(mut self, granted: bool) -> Self {
        self.granted = granted;
        self
    }

    /// Whether the user may open the entrance.
    #[must_use]
    pub fn opens(&self) -> bool {
        let mut groups = self.groups.iter();
        self.user == UserReason::Active
            && (self.granted || groups.any(|group| group.reason == GroupReason::Opens))
    }
}

/// What about a user stands in the way of opening anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserReason {
    /// Nothing.
    Active,
    /// Access is suspended, or the end of the suspension has not reached the doors.
    Suspended,
    /// The user's own schedule begins only then.
    NotStarted(Timestamp),
    /// The user's own schedule ended then.
    Ended(Timestamp),
}

impl UserReason {
    /// The first thing in the way, suspension before schedule.
    #[must_use]
    pub fn of(user: &AcsUser, at: Timestamp) -> Self {
        if user.is_suspended == Some(true) || has_pending_suspension(user) {
            return Self::Suspended;
        }
        let pending = user
            .pending_mutations
            .iter()
            .filter_map(|pending| match &pending.change {
                AcsUserChange::UpdatingAccessSchedule(update) => update.from.schedule(),
                _ => None,
            });
        // The doors may know the old schedule still: both must be running.
        for schedule in user.access_schedule.into_iter().chain(pending) {
            match (schedule.phase_at(at), schedule.ends_at) {
                (SchedulePhase::NotStarted, _) => return Self::NotStarted(schedule.starts_at),
                (SchedulePhase::Ended, Some(end)) => return Self::Ended(end),
                (SchedulePhase::Running | SchedulePhase::Ended, _) => {}
            }
        }
        Self::Active
    }
}

/// What one group has to say to a user at an entrance.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupVerdict {
    /// The group.
    pub group_id: AccessGroupId,
    /// Its name; without one its display name, else its id.
    pub name: String,
    /// What it says.
    pub reason: GroupReason,
}

/// Why a group opens an entrance to a user, or why not: the first reason that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupReason {
    /// The user is a member, the group holds the entrance, and its schedule is running.
    Opens,
    /// The group does not hold the entrance.
    DoesNotHoldEntrance,
    /// The user is not a member.
    NotAMember,
    /// The user is a member and the group holds the entrance, but the doors do not know it: a
    /// change is on its way, or has failed.
    Pending,
    /// Everything fits, but the group's schedule begins only then.
    NotStarted(Timestamp),
    /// Everything fits, but the group's schedule ended then.
    Ended(Timestamp),
}

/// A group that might open an entrance to a user; by default, the user is no member and the
/// group does not hold the entrance.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Candidate<'a> {
    group: &'a AccessGroup,
    is_member: bool,
    holds_entrance: bool,
}

impl<'a> Candidate<'a> {
    /// This group.
    #[must_use]
    pub const fn new(group: &'a AccessGroup) -> Self {
        Self {
            group,
            is_member: false,
            holds_entrance: false,
        }
    }

    /// Whether the user is a member.
    #[must_use]
    pub const fn with_member(mut self, is_member: bool) -> Self {
        self.is_member = is_member;
        self
    }

    /// Whether the group holds the entrance.
    #[must_use]
    pub const fn with_entrance(mut self, holds_entrance: bool) -> Self {
        self.holds_entrance = holds_entrance;
        self
    }

    fn reason(&self, user: &AcsUser, entrance: &Entrance, at: Timestamp) -> GroupReason {
        if !self.holds_entrance {
            return GroupReason::DoesNotHoldEntrance;
        }
        if !self.is_member {
            return GroupReason::NotAMember;
        }
        if self.is_pending(user, entrance, at) {
            return GroupReason::Pending;
        }
        let Some(schedule) = self.group.access_schedule else {
            return GroupReason::Opens;
        };
        match (schedule.phase_at(at), schedule.ends_at) {
            (SchedulePhase::NotStarted, _) => GroupReason::NotStarted(schedule.starts_at),
            (SchedulePhase::Ended, Some(end)) => GroupReason::Ended(end),
            (SchedulePhase::Running | SchedulePhase::Ended, _) => GroupReason::Opens,
        }
    }

    /// Whether either resource says that the doors know something else: in either direction,
    /// for what is being taken away is no longer granted.
    fn is_pending(&self, user: &AcsUser, entrance: &Entrance, at: Timestamp) -> bool {
        let (user_id, group_id) = (user.acs_user_id, self.group.acs_access_group_id);
        let on_the_group = |change: &AccessGroupChange| match change {
            AccessGroupChange::Creating | AccessGroupChange::Deleting => true,
            AccessGroupChange::DeferringUserMembershipUpdate {
                variant: DeferredVariant::Removing,
                ..
            } => false, // a member until then
            AccessGroupChange::UpdatingAccessSchedule(update) => {
                let known = update.from.schedule();
                known.is_some_and(|known| known.phase_at(at) != SchedulePhase::Running)
            }
            change => {
                change.is_about_user(user_id) || change.is_about_entrance(entrance.acs_entrance_id)
            }
        };
        let on_the_user = |change: &AcsUserChange| match change {
            AcsUserChange::Creating
            | AcsUserChange::Deleting
            | AcsUserChange::DeferringCreation { .. } => true,
            AcsUserChange::DeferringGroupMembershipUpdate {
                variant: DeferredVariant::Removing,
                ..
            } => false,
            change => change.is_about_group(group_id),
        };
        let group_pending = &self.group.pending_mutations;
        group_pending
            .iter()
            .any(|pending| on_the_group(&pending.change))
            || user
                .pending_mutations
                .iter()
                .any(|pending| on_the_user(&pending.change))
            || is_missing_at_the_provider(user, self.group)
    }
}

fn is_missing_at_the_provider(user: &AcsUser, group: &AccessGroup) -> bool {
    use AcsUserErrorCode::{DeletedExternally, FailedToCreateOnAcsSystem};
    let user_is =
        |code: &AcsUserErrorCode| matches!(code, DeletedExternally | FailedToCreateOnAcsSystem);
    user.errors.iter().any(|error| user_is(&error.code))
        || group
            .errors
            .iter()
            .any(|error| error.code == AccessGroupErrorCode::FailedToCreateOnAcsSystem)
}

fn shown_name(group: &AccessGroup) -> String {
    let names = [&group.name, &group.display_name];
    match names.into_iter().find(|name| !name.is_empty()) {
        Some(name) => name.clone(),
        None => group.acs_access_group_id.to_string(),
    }
}

/// Whether the doors know the user as suspended still, or are about to.
fn has_pending_suspension(user: &AcsUser) -> bool {
    user.pending_mutations
        .iter()
        .any(|pending| match &pending.change {
            AcsUserChange::UpdatingSuspensionState(update) => {
                update.from.is_suspended || update.to.is_suspended
            }
            _ => false,
        })
}

#[cfg(test)]
mod tests {
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
}
