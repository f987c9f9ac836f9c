//! Who can open what, and why: the meaning of an access group.
//!
//! [`Verdict`] is the rule, over resources that are already read. [`AccessCheck`] and [`WhoCanOpen`]
//! are machines that read them and apply it.

mod check;
mod who_can_open;

use std::fmt;

use crate::{
    AccessGroup, AccessGroupChange, AccessGroupId, AcsSystem, AcsUser, AcsUserChange, Entrance,
    PendingMembership, ResourceIssue, SchedulePhase, Timestamp, status::blocking,
};

pub use check::{AccessCheck, explains_access};
pub use who_can_open::WhoCanOpen;

/// Whether a user may open an entrance at an instant, and what each group contributes.
///
/// A user may open an entrance if the user is [active](UserReason::Active) and either has a direct
/// grant or is in at least one group that [opens](GroupReason::Opens) it.
///
/// Only what has propagated counts: a membership, an entrance, a schedule or an end of suspension
/// that is pending opens nothing, and neither does one whose removal is pending. A membership that
/// ends at a scheduled time counts until then. An error or a warning that [blocks](crate::AccessEffect)
/// access counts, whether it is on the user, the group, the entrance or the system: a user or group
/// that could not be created at the provider opens nothing.
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
/// assert_eq!(verdict.user_reason, UserReason::Suspended);
/// assert!(!verdict.opens());
/// # Ok::<(), access_groups_core::ParseTimestampError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// The user.
    pub user: AcsUser,
    /// The entrance.
    pub entrance: Entrance,
    /// The instant.
    pub at: Timestamp,
    /// What prevents access of the user as such, if anything does.
    pub user_reason: UserReason,
    /// What each candidate contributes, in the order of the candidates.
    pub groups: Vec<GroupVerdict>,
    /// Whether the user has a direct grant of the entrance, in addition to all groups.
    pub granted: bool,
    /// The entrance's system, if it was read.
    pub system: Option<AcsSystem>,
}

impl Verdict {
    /// Evaluates the candidates: the groups that might open the entrance to the user. A group that
    /// is not among them opens nothing.
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
            issues: candidate.group.issues(),
            reason: candidate.reason(user, entrance, at),
        };
        Self {
            user: user.clone(),
            entrance: entrance.clone(),
            at,
            user_reason: UserReason::of(user, at),
            groups: candidates.into_iter().map(judge).collect(),
            granted: false,
            system: None,
        }
    }

    crate::setters! {
        /// Sets whether the user has a direct grant of the entrance. Default: no.
        ///
        /// Seam's API does not list grants; it lists the entrances that a user can open, for any
        /// reason. An entrance in that list that no group of the user holds was granted directly.
        ///
        /// # Examples
        ///
        /// A grant does not override a suspension:
        ///
        /// ```
        /// use access_groups_core::{
        ///     AcsSystemId, AcsUser, AcsUserId, Entrance, EntranceId, Timestamp, Verdict,
        /// };
        ///
        /// let system = AcsSystemId::from_u128(1);
        /// let ada = AcsUser::new(AcsUserId::from_u128(1), system, "Ada");
        /// let door = Entrance::new(EntranceId::from_u128(1), system, "Front Door");
        /// let verdict = |user: &AcsUser| {
        ///     Verdict::new(user, &door, [], Timestamp::UNIX_EPOCH).with_grant(true)
        /// };
        /// assert!(verdict(&ada).opens());
        /// assert!(!verdict(&ada.with_suspended(true)).opens());
        /// ```
        with_grant(granted: bool) => granted = granted;
    }

    /// Sets the entrance's system, whose errors and warnings may block access, too.
    #[must_use]
    pub fn with_system(mut self, system: Option<&AcsSystem>) -> Self {
        self.system = system.cloned();
        self
    }

    /// The error or warning of the entrance, or of its system, because of which nobody opens it.
    #[must_use]
    pub fn blocked_by(&self) -> Option<ResourceIssue> {
        blocked_by(&self.entrance, self.system.as_ref())
    }

    /// Whether the user may open the entrance.
    #[must_use]
    pub fn opens(&self) -> bool {
        let mut groups = self.groups.iter();
        self.blocked_by().is_none()
            && self.user_reason == UserReason::Active
            && (self.granted || groups.any(|group| group.reason == GroupReason::Opens))
    }
}

/// What prevents access of a user as such, if anything does.
///
/// # Examples
///
/// ```
/// use access_groups_core::{
///     AccessSchedule, AcsSystemId, AcsUser, AcsUserId, Timestamp, UserReason,
/// };
///
/// let at = Timestamp::from_unix_seconds;
/// let ada = AcsUser::new(AcsUserId::from_u128(1), AcsSystemId::from_u128(1), "Ada");
/// assert_eq!(UserReason::of(&ada, at(100)), UserReason::Active);
///
/// let guest = ada.with_access_schedule(AccessSchedule::new(at(0)).with_end(at(100)));
/// assert_eq!(UserReason::of(&guest, at(100)), UserReason::Ended(at(100)));
///
/// // Suspension comes first:
/// let suspended = guest.with_suspended(true);
/// assert_eq!(UserReason::of(&suspended, at(100)), UserReason::Suspended);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UserReason {
    /// Nothing.
    Active,
    /// The user is suspended, or a change of suspension is pending in either direction.
    Suspended,
    /// An error or a warning of the user stops all access; of several, the first.
    Blocked(ResourceIssue),
    /// The user is being created at the provider, or deleted there.
    Pending,
    /// The user's own schedule starts at this later instant.
    NotStarted(Timestamp),
    /// The user's own schedule ended at this instant.
    Ended(Timestamp),
}

impl UserReason {
    /// The first reason that applies: suspension, errors and warnings, a pending creation or
    /// deletion, then the schedule.
    #[must_use]
    pub fn of(user: &AcsUser, at: Timestamp) -> Self {
        if user.is_suspended == Some(true) || has_pending_suspension(user) {
            return Self::Suspended;
        }
        if let Some(issue) = blocking(user.issues()) {
            return Self::Blocked(issue);
        }
        if PendingMembership::of_user(user).is_ineffective() {
            return Self::Pending;
        }
        let pending = user
            .pending_mutations
            .iter()
            .filter_map(|pending| match &pending.change {
                AcsUserChange::UpdatingAccessSchedule(update) => update.from.schedule(),
                _ => None,
            });
        // Until the change has propagated, the access control system may use either schedule: both
        // must be running.
        for schedule in user.access_schedule.into_iter().chain(pending) {
            match (schedule.phase_at(at), schedule.ends_at) {
                (SchedulePhase::NotStarted, _) => return Self::NotStarted(schedule.starts_at),
                (SchedulePhase::Ended, Some(end)) => return Self::Ended(end),
                // Ended without an end does not occur.
                (SchedulePhase::Running | SchedulePhase::Ended, _) => {}
            }
        }
        Self::Active
    }
}

/// The reason in words: "suspended".
impl fmt::Display for UserReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Active => f.write_str("active"),
            Self::Suspended => f.write_str("suspended"),
            Self::Blocked(issue) => write!(f, "blocked: {issue}"),
            Self::Pending => f.write_str("a change is pending"),
            Self::NotStarted(start) => write!(f, "starts at {start}"),
            Self::Ended(end) => write!(f, "ended at {end}"),
        }
    }
}

/// What one group contributes to a verdict.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupVerdict {
    /// The group.
    pub group_id: AccessGroupId,
    /// The name of the group; if it is empty the display name, else the id.
    pub name: String,
    /// Why it opens the entrance, or why not.
    pub reason: GroupReason,
    /// The group's errors and warnings, whatever they mean for access.
    pub issues: Vec<ResourceIssue>,
}

/// Why a group opens an entrance to a user, or why not: the first reason that applies.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GroupReason {
    /// The user is a member, the group holds the entrance, and its schedule is running.
    Opens,
    /// The group does not hold the entrance.
    DoesNotHoldEntrance,
    /// The user is not a member.
    NotAMember,
    /// An error or a warning of the group stops access through it; of several, the first.
    Blocked(ResourceIssue),
    /// The user is a member and the group holds the entrance, but a change has not propagated, or
    /// has failed.
    Pending,
    /// All conditions are met, but the group's schedule starts at this later instant.
    NotStarted(Timestamp),
    /// All conditions are met, but the group's schedule ended at this instant.
    Ended(Timestamp),
}

/// The reason in words: "a change is pending".
impl fmt::Display for GroupReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opens => f.write_str("opens"),
            Self::DoesNotHoldEntrance => f.write_str("the group does not hold the entrance"),
            Self::NotAMember => f.write_str("not a member"),
            Self::Blocked(issue) => write!(f, "blocked: {issue}"),
            Self::Pending => f.write_str("a change is pending"),
            Self::NotStarted(start) => write!(f, "starts at {start}"),
            Self::Ended(end) => write!(f, "ended at {end}"),
        }
    }
}

/// A group that might open an entrance to a user, with what is known about both. By default, the
/// user is not a member and the group does not hold the entrance.
///
/// # Examples
///
/// A schedule includes its start and excludes its end:
///
/// ```
/// use access_groups_core::{
///     AccessGroup, AccessGroupId, AccessSchedule, AcsSystemId, AcsUser, AcsUserId, Candidate,
///     Entrance, EntranceId, GroupReason, Timestamp, Verdict,
/// };
///
/// let (system, at) = (AcsSystemId::from_u128(1), Timestamp::from_unix_seconds);
/// let ada = AcsUser::new(AcsUserId::from_u128(1), system, "Ada");
/// let door = Entrance::new(EntranceId::from_u128(1), system, "Front Door");
/// let gym = AccessGroup::new(AccessGroupId::from_u128(1), system, "Gym")
///     .with_access_schedule(AccessSchedule::new(at(100)).with_end(at(200)));
///
/// let reason = |now| {
///     let candidate = Candidate::new(&gym).with_member(true).with_entrance(true);
///     Verdict::new(&ada, &door, [candidate], now).groups[0].reason.clone()
/// };
/// assert_eq!(reason(at(99)), GroupReason::NotStarted(at(100)));
/// assert_eq!(reason(at(100)), GroupReason::Opens);
/// assert_eq!(reason(at(200)), GroupReason::Ended(at(200)));
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Candidate<'a> {
    group: &'a AccessGroup,
    is_member: bool,
    holds_entrance: bool,
}

impl<'a> Candidate<'a> {
    /// A candidate of which only the group is known.
    #[must_use]
    pub const fn new(group: &'a AccessGroup) -> Self {
        Self {
            group,
            is_member: false,
            holds_entrance: false,
        }
    }

    /// Sets whether the user is a member. Default: no.
    #[must_use]
    pub const fn with_member(mut self, is_member: bool) -> Self {
        self.is_member = is_member;
        self
    }

    /// Sets whether the group holds the entrance. Default: no.
    #[must_use]
    pub const fn with_entrance(mut self, holds_entrance: bool) -> Self {
        self.holds_entrance = holds_entrance;
        self
    }

    fn reason(&self, user: &AcsUser, entrance: &Entrance, at: Timestamp) -> GroupReason {
        // Each reason makes the later ones irrelevant: a schedule matters to members only.
        if !self.holds_entrance {
            return GroupReason::DoesNotHoldEntrance;
        }
        if !self.is_member {
            return GroupReason::NotAMember;
        }
        if let Some(issue) = blocking(self.group.issues()) {
            return GroupReason::Blocked(issue);
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

    /// Whether a change between user, group and entrance is pending, in either direction: access
    /// whose removal is pending is no longer granted.
    fn is_pending(&self, user: &AcsUser, entrance: &Entrance, at: Timestamp) -> bool {
        let of_group = |change: &AccessGroupChange| match change {
            // Until the change has propagated, the old schedule may still be in force.
            AccessGroupChange::UpdatingAccessSchedule(update) => {
                let old = update.from.schedule();
                old.is_some_and(|old| old.phase_at(at) != SchedulePhase::Running)
            }
            change => change.is_about_entrance(entrance.acs_entrance_id),
        };
        // Both sides: Seam reports a change on the user, on the group, or on both.
        let mut pending = self.group.pending_mutations.iter();
        pending.any(|pending| of_group(&pending.change))
            || PendingMembership::between(user, self.group).is_ineffective()
    }
}

/// The error or warning because of which nobody opens the entrance.
fn blocked_by(entrance: &Entrance, system: Option<&AcsSystem>) -> Option<ResourceIssue> {
    let of_system = || blocking(system.map(AcsSystem::issues).unwrap_or_default());
    blocking(entrance.issues()).or_else(of_system)
}

fn shown_name(group: &AccessGroup) -> String {
    // Either may be empty: providers allow unnamed groups, and servers leave out the display name.
    let names = [&group.name, &group.display_name];
    match names.into_iter().find(|name| !name.is_empty()) {
        Some(name) => name.clone(),
        None => group.acs_access_group_id.to_string(),
    }
}

/// Whether the access control system may still suspend the user, or soon will.
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
mod tests;
