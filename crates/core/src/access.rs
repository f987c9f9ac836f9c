//! Who can open what, and why: the meaning of an access group.

#[cfg(test)]
mod tests;

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
    /// Whether the doors know the user at all.
    is_known: bool,
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
            is_known: is_known_to_the_doors(user),
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
            && (self.granted && self.is_known
                || groups.any(|group| group.reason == GroupReason::Opens))
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
            AcsUserChange::DeferringGroupMembershipUpdate {
                variant: DeferredVariant::Removing,
                ..
            } => false,
            change => comes_or_goes(change) || change.is_about_group(group_id),
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

/// Whether the user is at the provider, and neither on the way there nor on the way out.
fn is_known_to_the_doors(user: &AcsUser) -> bool {
    let mut pending = user.pending_mutations.iter();
    !is_not_there(user) && !pending.any(|it| comes_or_goes(&it.change))
}

/// Whether one of them is not at the provider at all.
pub(crate) fn is_missing_at_the_provider(user: &AcsUser, group: &AccessGroup) -> bool {
    use AccessGroupErrorCode::FailedToCreateOnAcsSystem;
    let mut errors = group.errors.iter();
    is_not_there(user) || errors.any(|it| it.code == FailedToCreateOnAcsSystem)
}

fn is_not_there(user: &AcsUser) -> bool {
    use AcsUserErrorCode::{DeletedExternally, FailedToCreateOnAcsSystem};
    let mut errors = user.errors.iter();
    errors.any(|it| matches!(it.code, DeletedExternally | FailedToCreateOnAcsSystem))
}

/// Whether the change is that a user comes to the provider, or leaves it.
fn comes_or_goes(change: &AcsUserChange) -> bool {
    matches!(
        change,
        AcsUserChange::Creating | AcsUserChange::Deleting | AcsUserChange::DeferringCreation { .. }
    )
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
