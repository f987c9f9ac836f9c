//! What the doors know: some changes reach them later than the model records them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use access_groups_core::{
    AccessGroupChange, AccessGroupId, AcsUserChange, AcsUserErrorCode, AcsUserId, DeferredVariant,
    GroupSide, PendingMutation, ResourceError, SuspensionSide, Timestamp, Update, UserSide,
};

use super::State;

/// When a change reaches the doors.
///
/// Until then, the resources that it is about show it among their `pending_mutations`.
/// Listings show what was accepted: a member who is being added is listed, one who is being
/// removed is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Settling {
    /// With the call that makes it: nothing is ever pending.
    #[default]
    AtOnce,
    /// So long after the call, by the adapter's clock.
    After(Duration),
    /// When [`State::settle`] says so.
    OnCommand,
}

/// What the doors do not know yet, and what the provider will refuse.
#[derive(Debug, Clone)]
pub(super) struct Doors {
    settling: Settling,
    now: Timestamp,
    pending: BTreeMap<Change, Until>,
    /// The pending changes that time alone moves on.
    times: BTreeSet<(Timestamp, Change)>,
    refusals: BTreeMap<(AcsUserId, AccessGroupId), String>,
    /// The errors that refusals left, until the same change succeeds.
    refused: BTreeMap<(AcsUserId, AccessGroupId), String>,
}

impl Doors {
    /// Whether nothing is pending, and nothing will be.
    fn know_everything(&self) -> bool {
        self.settling == Settling::AtOnce
            && self.pending.is_empty()
            && self.refusals.is_empty()
            && self.refused.is_empty()
    }
}

impl Default for Doors {
    fn default() -> Self {
        Self {
            settling: Settling::AtOnce,
            now: Timestamp::UNIX_EPOCH,
            pending: BTreeMap::new(),
            times: BTreeSet::new(),
            refusals: BTreeMap::new(),
            refused: BTreeMap::new(),
        }
    }
}

/// A change that the doors may have yet to learn: at most one of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Membership(AcsUserId, AccessGroupId),
    Creation(AcsUserId),
    Suspension(AcsUserId),
}

/// Until when a change is pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    /// Until this instant it is not even on its way.
    Started(Timestamp),
    /// Until this instant, or else until the command.
    Settled(Option<Timestamp>),
}

impl Until {
    fn instant(self) -> Option<Timestamp> {
        match self {
            Self::Started(at) => Some(at),
            Self::Settled(at) => at,
        }
    }
}

impl State {
    /// From now on, changes reach the doors like this. What is pending stays so until it is
    /// settled.
    pub fn set_settling(&mut self, settling: Settling) {
        self.doors.settling = settling;
    }

    /// Lets the provider refuse the next change of this membership, in these words.
    ///
    /// The call that makes the change succeeds all the same. When the change should reach the
    /// doors, it is undone, and the user has an error `failed_to_update_on_acs_system` until the
    /// same change succeeds.
    pub fn refuse_next_change(
        &mut self,
        user: AcsUserId,
        group: AccessGroupId,
        message: impl Into<String>,
    ) {
        self.doors.refusals.insert((user, group), message.into());
    }

    /// Lets everything that is pending reach the doors, but for what waits for a schedule to
    /// start; `false` if nothing was pending.
    pub fn settle(&mut self) -> bool {
        let on_its_way = |(change, until): (&Change, &Until)| match until {
            Until::Settled(_) => Some(*change),
            Until::Started(_) => None,
        };
        let changes: Vec<_> = self.doors.pending.iter().filter_map(on_its_way).collect();
        for change in &changes {
            self.reach(*change);
        }
        !changes.is_empty()
    }

    /// Lets time pass until `now`: what is due reaches the doors, and what is recorded from now
    /// on is recorded at this time. Time does not go back. `false` if nothing was due.
    pub fn advance_to(&mut self, now: Timestamp) -> bool {
        self.doors.now = self.doors.now.max(now);
        let mut moved = false;
        while let Some((at, change)) = self.doors.times.first().copied()
            && at <= self.doors.now
        {
            moved = true;
            match self.doors.pending.get(&change) {
                Some(Until::Started(_)) => self.start(change, at),
                _ => self.reach(change),
            }
        }
        moved
    }

    /// When time alone will change something; `None` if it will not.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.doors.times.first().map(|(at, _)| *at)
    }

    /// The membership has changed: do the doors know?
    pub(super) fn membership_changed(&mut self, user: AcsUserId, group: AccessGroupId) {
        if self.doors.know_everything() {
            return;
        }
        let starts_at = match self.is_member(user, group) {
            true => self.start_of(user),
            false => None,
        };
        self.change(Change::Membership(user, group), starts_at);
    }

    /// The user is new: do the doors know?
    pub(super) fn user_created(&mut self, user: AcsUserId) {
        if !self.doors.know_everything() {
            self.change(Change::Creation(user), self.start_of(user));
        }
    }

    /// The user was suspended, or no longer is: do the doors know?
    pub(super) fn suspension_changed(&mut self, user: AcsUserId) {
        if !self.doors.know_everything() {
            self.change(Change::Suspension(user), None);
        }
    }

    /// The user goes: nothing is pending about them any more.
    pub(super) fn forget_pending_of_user(&mut self, user: AcsUserId) {
        self.forget_pending(|change| match change {
            Change::Membership(it, _) | Change::Creation(it) | Change::Suspension(it) => it == user,
        });
        self.doors.refused.retain(|(it, _), _| *it != user);
    }

    /// The group goes: nothing is pending about it any more.
    pub(super) fn forget_pending_of_group(&mut self, group: AccessGroupId) {
        self.forget_pending(|change| matches!(change, Change::Membership(_, it) if it == group));
        self.doors.refused.retain(|(_, it), _| *it != group);
    }

    fn forget_pending(&mut self, is_gone: impl Fn(Change) -> bool) {
        let pending = self.doors.pending.keys().copied();
        let gone: Vec<_> = pending.filter(|change| is_gone(*change)).collect();
        for change in gone {
            self.take_pending(change);
        }
    }

    /// The start of the user's schedule, if that is still to come.
    fn start_of(&self, user: AcsUserId) -> Option<Timestamp> {
        let schedule = self.users.get(user)?.access_schedule?;
        (schedule.starts_at > self.doors.now).then_some(schedule.starts_at)
    }

    /// Something has changed; or it is again as the doors know it.
    fn change(&mut self, change: Change, starts_at: Option<Timestamp>) {
        if self.take_pending(change) {
            return;
        }
        match (self.doors.settling, starts_at) {
            (Settling::AtOnce, _) => self.reach(change),
            (_, Some(starts_at)) => self.put_pending(change, Until::Started(starts_at)),
            (_, None) => self.start(change, self.doors.now),
        }
    }

    /// The change is on its way, since this instant.
    fn start(&mut self, change: Change, since: Timestamp) {
        self.take_pending(change);
        match self.doors.settling {
            Settling::AtOnce => self.reach(change),
            Settling::After(delay) => {
                let due = since.saturating_add(delay);
                self.put_pending(change, Until::Settled(Some(due)));
            }
            Settling::OnCommand => self.put_pending(change, Until::Settled(None)),
        }
    }

    /// The change is at the doors, or refused there.
    fn reach(&mut self, change: Change) {
        let was_pending = self.take_pending(change);
        if let Change::Membership(user, group) = change {
            self.clear_refusal(user, group);
            if let Some(message) = self.doors.refusals.remove(&(user, group)) {
                self.undo(user, group, message);
            }
        }
        self.note(was_pending);
    }

    /// The provider does not want this membership to be as it is.
    fn undo(&mut self, user: AcsUserId, group: AccessGroupId, message: String) {
        if !self.memberships.remove(user, group) {
            self.memberships.insert(user, group);
        }
        let now = self.doors.now;
        if let Some(user) = self.users.get_mut(user) {
            let code = AcsUserErrorCode::FailedToUpdateOnAcsSystem;
            let error = ResourceError::new(code, message.as_str(), now);
            user.errors.push(error);
        }
        self.doors.refused.insert((user, group), message);
        self.note(true);
    }

    /// What was refused before has succeeded now, or is refused anew.
    fn clear_refusal(&mut self, user: AcsUserId, group: AccessGroupId) {
        let Some(message) = self.doors.refused.remove(&(user, group)) else {
            return;
        };
        let Some(user) = self.users.get_mut(user) else {
            return;
        };
        let is_it = |error: &ResourceError<AcsUserErrorCode>| {
            error.code == AcsUserErrorCode::FailedToUpdateOnAcsSystem && error.message == message
        };
        if let Some(index) = user.errors.iter().position(is_it) {
            user.errors.remove(index);
        }
        self.note(true);
    }

    fn put_pending(&mut self, change: Change, until: Until) {
        self.doors.pending.insert(change, until);
        self.doors
            .times
            .extend(until.instant().map(|at| (at, change)));
        let deferred = match until {
            Until::Started(at) => Some(at),
            Until::Settled(_) => None,
        };
        match change {
            Change::Membership(user, group) => self.show_membership(user, group, deferred),
            Change::Creation(user) => {
                let pending = match deferred {
                    None => AcsUserChange::Creating,
                    Some(at) => AcsUserChange::DeferringCreation {
                        scheduled_at: Some(at),
                    },
                };
                self.show_on_user(user, pending, "The user is being created.");
            }
            Change::Suspension(user) => {
                let suspended = self.users.get(user).and_then(|user| user.is_suspended);
                let side = |is_suspended| SuspensionSide { is_suspended };
                let to = suspended.unwrap_or_default();
                let (from, to) = (side(!to), side(to));
                let pending = AcsUserChange::UpdatingSuspensionState(Update { from, to });
                self.show_on_user(user, pending, "The suspension is changing.");
            }
        }
    }

    /// Both name each other, and say in which direction.
    fn show_membership(
        &mut self,
        user: AcsUserId,
        group: AccessGroupId,
        deferred: Option<Timestamp>,
    ) {
        let joins = self.is_member(user, group);
        let (before, after) = match joins {
            true => (false, true),
            false => (true, false),
        };
        let users = |is_in: bool| UserSide {
            acs_user_id: is_in.then_some(user),
        };
        let groups = |is_in: bool| GroupSide {
            acs_access_group_id: is_in.then_some(group),
        };
        let variant = || match joins {
            true => DeferredVariant::Adding,
            false => DeferredVariant::Removing,
        };
        let (on_user, on_group) = match deferred {
            None => (
                AcsUserChange::UpdatingGroupMembership(Update {
                    from: groups(before),
                    to: groups(after),
                }),
                AccessGroupChange::UpdatingUserMembership(Update {
                    from: users(before),
                    to: users(after),
                }),
            ),
            Some(_) => (
                AcsUserChange::DeferringGroupMembershipUpdate {
                    acs_access_group_id: group,
                    variant: variant(),
                },
                AccessGroupChange::DeferringUserMembershipUpdate {
                    acs_user_id: user,
                    variant: variant(),
                },
            ),
        };
        let words = match joins {
            true => "The user is being added to the group.",
            false => "The user is being removed from the group.",
        };
        self.show_on_user(user, on_user, words);
        if let Some(it) = self.groups.get_mut(group) {
            let pending = PendingMutation::new(on_group, words, self.doors.now);
            it.pending_mutations.push(pending);
        }
    }

    fn show_on_user(&mut self, user: AcsUserId, change: AcsUserChange, words: &str) {
        if let Some(user) = self.users.get_mut(user) {
            let pending = PendingMutation::new(change, words, self.doors.now);
            user.pending_mutations.push(pending);
        }
    }

    /// Takes the change off what is pending; false if it was not.
    fn take_pending(&mut self, change: Change) -> bool {
        let Some(until) = self.doors.pending.remove(&change) else {
            return false;
        };
        if let Some(at) = until.instant() {
            self.doors.times.remove(&(at, change));
        }
        let (Change::Membership(user, _) | Change::Creation(user) | Change::Suspension(user)) =
            change;
        let is_it = |pending: &PendingMutation<AcsUserChange>| match change {
            Change::Membership(_, group) => pending.change.is_about_group(group),
            Change::Creation(_) => matches!(
                pending.change,
                AcsUserChange::Creating | AcsUserChange::DeferringCreation { .. }
            ),
            Change::Suspension(_) => {
                matches!(pending.change, AcsUserChange::UpdatingSuspensionState(_))
            }
        };
        if let Some(user) = self.users.get_mut(user) {
            user.pending_mutations.retain(|pending| !is_it(pending));
        }
        if let Change::Membership(user, group) = change
            && let Some(group) = self.groups.get_mut(group)
        {
            let pending = &mut group.pending_mutations;
            pending.retain(|pending| !pending.change.is_about_user(user));
        }
        true
    }
}
