//! The simulated provider behind the store: it delays changes and refuses some of them.
//!
//! The rules of the store record every change immediately. The provider decides when a change has
//! *propagated*. Until then, the resources show it among their `pending_mutations`; when its time
//! has come, the provider may refuse it, which reverts it.

mod pending;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use access_groups_core::{
    AccessGroup, AccessGroupId, AcsUser, AcsUserErrorCode, AcsUserId, PendingMutation,
    ResourceError, Timestamp,
};

use crate::{index::Table, membership::Membership};

use pending::{Change, Stage};

/// When changes propagate to the access control system.
///
/// Until then, the resources that a change concerns show it among their `pending_mutations`.
/// Lists show what was accepted: a member who is being added is listed, one who is being removed
/// is not.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use access_groups_in_memory::{PropagationMode, SiteBuilder};
///
/// let delay = PropagationMode::After(Duration::from_secs(3));
/// let port = SiteBuilder::new().build_blocking().with_propagation(delay);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PropagationMode {
    /// With the call that makes the change: nothing is ever pending.
    #[default]
    Immediate,
    /// This long after the call, by the adapter's clock.
    After(Duration),
    /// When [`propagate_all`](crate::State::propagate_all) is called.
    Manual,
}

/// What is pending, and what will be refused.
#[derive(Debug, Clone)]
pub(crate) struct Provider {
    mode: PropagationMode,
    /// The latest time that the provider was told.
    now: Timestamp,
    pending: BTreeMap<Change, Stage>,
    /// The pending changes that time alone moves on, the earliest first.
    due: BTreeSet<(Timestamp, Change)>,
    /// The memberships whose next change will be refused, with the message.
    refusals: BTreeMap<(AcsUserId, AccessGroupId), String>,
    /// The memberships whose last change was refused: their users have an error with this message.
    refused: BTreeMap<(AcsUserId, AccessGroupId), String>,
}

/// A provider and the resources that it changes.
///
/// It shows pending mutations and errors in users and groups, and reverts the memberships that it
/// refuses.
pub(crate) struct Propagator<'a> {
    pub(crate) provider: &'a mut Provider,
    pub(crate) users: &'a mut Table<AcsUserId, AcsUser>,
    pub(crate) groups: &'a mut Table<AccessGroupId, AccessGroup>,
    pub(crate) memberships: &'a mut Membership,
    pub(crate) revision: &'a mut u64,
}

impl Default for Provider {
    fn default() -> Self {
        Self {
            mode: PropagationMode::Immediate,
            now: Timestamp::UNIX_EPOCH,
            pending: BTreeMap::new(),
            due: BTreeSet::new(),
            refusals: BTreeMap::new(),
            refused: BTreeMap::new(),
        }
    }
}

impl Provider {
    /// Later changes propagate in this way; a pending change keeps its time.
    pub(crate) fn set_mode(&mut self, mode: PropagationMode) {
        self.mode = mode;
    }

    /// Refuses the next change of this membership, when it should propagate.
    pub(crate) fn refuse_next_change(
        &mut self,
        user: AcsUserId,
        group: AccessGroupId,
        message: impl Into<String>,
    ) {
        self.refusals.insert((user, group), message.into());
    }

    /// When time alone will change something, if it will.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Whether changes need no bookkeeping: nothing is pending, and nothing can be refused.
    fn is_idle(&self) -> bool {
        self.mode == PropagationMode::Immediate
            && self.pending.is_empty()
            && self.refusals.is_empty()
            && self.refused.is_empty()
    }

    /// How far a change has come that is sent at this time; `None` if it propagates with that.
    fn sent_at(&self, at: Timestamp) -> Option<Stage> {
        match self.mode {
            PropagationMode::Immediate => None,
            PropagationMode::After(delay) => Some(Stage::Sent(Some(at.saturating_add(delay)))),
            PropagationMode::Manual => Some(Stage::Sent(None)),
        }
    }

    fn set_stage(&mut self, change: Change, stage: Stage) {
        self.unset_stage(change);
        self.pending.insert(change, stage);
        self.due.extend(stage.due_at().map(|at| (at, change)));
    }

    /// `false` if the change was not pending.
    fn unset_stage(&mut self, change: Change) -> bool {
        let Some(stage) = self.pending.remove(&change) else {
            return false;
        };
        if let Some(at) = stage.due_at() {
            self.due.remove(&(at, change));
        }
        true
    }
}

impl Propagator<'_> {
    /// Takes over what the resources of a loaded site show as pending. Its time counts from when
    /// time passes next, in the mode of then; until then, the resources are as they were loaded.
    pub(crate) fn loaded(&mut self) {
        let of_users = self.users.sorted().flat_map(|user| {
            let pending = user.pending_mutations.iter();
            pending.flat_map(|shown| Change::of_user(user.acs_user_id, &shown.change))
        });
        let of_groups = self.groups.sorted().flat_map(|group| {
            let pending = group.pending_mutations.iter();
            pending.flat_map(|shown| Change::of_group(group.acs_access_group_id, &shown.change))
        });
        let changes: Vec<_> = of_users.chain(of_groups).collect();
        for change in changes {
            self.provider.set_stage(change, Stage::Loaded);
        }
    }

    /// Propagates every pending change that is not deferred; `false` if there was none.
    pub(crate) fn propagate_all(&mut self) -> bool {
        let before = *self.revision;
        // Collected first: propagation takes each change off what is pending.
        for change in self.in_stage(|stage| stage == Stage::Loaded) {
            self.resume(change);
        }
        for change in self.in_stage(|stage| matches!(stage, Stage::Sent(_))) {
            self.propagate(change);
        }
        *self.revision != before
    }

    /// Lets time pass: what is due propagates; `false` if nothing was due. Time never goes back.
    pub(crate) fn advance_to(&mut self, now: Timestamp) -> bool {
        // Threads read the clock before they wait for the lock, so calls may come out of order.
        self.provider.now = self.provider.now.max(now);
        let mut any_due = false;
        while let Some((at, change)) = self.provider.due.first().copied()
            && at <= self.provider.now
        {
            any_due = true;
            match self.provider.pending.get(&change) {
                // Sent at its own time and not now: nobody may have asked for a long while.
                Some(Stage::Deferred(_)) => self.send(change, at),
                Some(Stage::Loaded) => self.resume(change),
                _ => self.propagate(change),
            }
        }
        any_due
    }

    /// Records that a membership was added or removed.
    pub(crate) fn membership_changed(&mut self, user: AcsUserId, group: AccessGroupId) {
        if self.provider.is_idle() {
            return;
        }
        // Only what gives access waits for the schedule: a removal must not.
        let starts_at = match self.memberships.contains(user, group) {
            true => self.start_of(user),
            false => None,
        };
        self.record(Change::Membership(user, group), starts_at);
    }

    /// Records that the user was created.
    pub(crate) fn user_created(&mut self, user: AcsUserId) {
        if !self.provider.is_idle() {
            self.record(Change::Creation(user), self.start_of(user));
        }
    }

    /// Records that the user's schedule was set or cleared: what waits for its start now waits for
    /// the new one, or no longer. What was sent stays so.
    pub(crate) fn schedule_changed(&mut self, user: AcsUserId) {
        let starts_at = self.start_of(user);
        let pending = self.provider.pending.iter();
        let deferred = pending.filter(|(change, stage)| match stage {
            Stage::Deferred(until) => change.user() == Some(user) && Some(*until) != starts_at,
            Stage::Sent(_) | Stage::Loaded => false,
        });
        let deferred: Vec<_> = deferred.map(|(change, _)| *change).collect();
        for change in deferred {
            self.take_pending(change);
            self.start(change, starts_at);
        }
    }

    /// Records that the user was suspended or unsuspended.
    pub(crate) fn suspension_changed(&mut self, user: AcsUserId) {
        if !self.provider.is_idle() {
            self.record(Change::Suspension(user), None);
        }
    }

    /// Drops what is pending about a user who was deleted.
    pub(crate) fn user_deleted(&mut self, user: AcsUserId) {
        self.drop_pending(|change| change.user() == Some(user));
        self.provider.refused.retain(|(of, _), _| *of != user);
    }

    /// Drops what is pending about a group that was deleted.
    pub(crate) fn group_deleted(&mut self, group: AccessGroupId) {
        self.drop_pending(|change| change.group() == Some(group));
        self.provider.refused.retain(|(_, of), _| *of != group);
    }

    fn drop_pending(&mut self, is_dropped: impl Fn(Change) -> bool) {
        let pending = self.provider.pending.keys().copied();
        let dropped: Vec<_> = pending.filter(|change| is_dropped(*change)).collect();
        for change in dropped {
            self.take_pending(change);
        }
    }

    fn in_stage(&self, is_meant: impl Fn(Stage) -> bool) -> Vec<Change> {
        let pending = self.provider.pending.iter();
        let meant = pending.filter(|(_, stage)| is_meant(**stage));
        meant.map(|(change, _)| *change).collect()
    }

    /// The start of the user's schedule, if it is in the future.
    fn start_of(&self, user: AcsUserId) -> Option<Timestamp> {
        let schedule = self.users.get(user)?.access_schedule?;
        (schedule.starts_at > self.provider.now).then_some(schedule.starts_at)
    }

    fn record(&mut self, change: Change, starts_at: Option<Timestamp>) {
        // Each change is a toggle: the second one reverts the first, and nothing is left to send.
        if !self.take_pending(change) {
            self.start(change, starts_at);
        }
    }

    /// Sends the change, now or when the schedule starts.
    fn start(&mut self, change: Change, starts_at: Option<Timestamp>) {
        match (self.provider.mode, starts_at) {
            (PropagationMode::Immediate, _) => self.propagate(change),
            (_, Some(starts_at)) => self.put_pending(change, Stage::Deferred(starts_at)),
            (_, None) => self.send(change, self.provider.now),
        }
    }

    /// Sends the change to the provider at this time.
    fn send(&mut self, change: Change, at: Timestamp) {
        // A deferred change was shown as such until now.
        self.take_pending(change);
        match self.provider.sent_at(at) {
            Some(stage) => self.put_pending(change, stage),
            None => self.propagate(change),
        }
    }

    /// Moves a change of a loaded site on, as if it was made now.
    fn resume(&mut self, change: Change) {
        let user = change.user().and_then(|user| self.users.get(user));
        let waits = user.is_some_and(|user| {
            let mut shown = user.pending_mutations.iter().map(|shown| &shown.change);
            shown.any(|shown| {
                pending::waits_for_schedule(shown)
                    && Change::of_user(user.acs_user_id, shown).contains(&change)
            })
        });
        let starts_at = user.and_then(|user| self.start_of(user.acs_user_id));
        match (waits, starts_at) {
            (true, Some(starts_at)) => self.provider.set_stage(change, Stage::Deferred(starts_at)),
            (true, None) => self.send(change, self.provider.now),
            // Shown as it is in the file, which may say more than the provider would.
            (false, _) => match self.provider.sent_at(self.provider.now) {
                Some(stage) => self.provider.set_stage(change, stage),
                None => self.propagate(change),
            },
        }
    }

    /// The change propagates, or is refused and reverted.
    fn propagate(&mut self, change: Change) {
        let was_pending = self.take_pending(change);
        if let Change::Membership(user, group) = change {
            self.clear_refusal(user, group);
            if let Some(message) = self.provider.refusals.remove(&(user, group)) {
                self.revert(user, group, message);
            }
        }
        // What the resources show has changed, so there is something to save.
        *self.revision += u64::from(was_pending);
    }

    /// Reverts a membership that the provider refuses, and adds an error to the user.
    fn revert(&mut self, user: AcsUserId, group: AccessGroupId, message: String) {
        // The rules have recorded the change: the opposite of what is there was before.
        if !self.memberships.remove(user, group) {
            self.memberships.insert(user, group);
        }
        if let Some(user) = self.users.get_mut(user) {
            let code = AcsUserErrorCode::FailedToUpdateOnAcsSystem;
            let error = ResourceError::new(code, message.as_str(), self.provider.now);
            user.errors.push(error);
        }
        self.provider.refused.insert((user, group), message);
        *self.revision += 1;
    }

    /// Removes the error of an earlier refusal: the change now succeeds, or is refused again.
    fn clear_refusal(&mut self, user: AcsUserId, group: AccessGroupId) {
        let Some(message) = self.provider.refused.remove(&(user, group)) else {
            return;
        };
        let Some(user) = self.users.get_mut(user) else {
            return;
        };
        let is_of_refusal = |error: &ResourceError<AcsUserErrorCode>| {
            error.code == AcsUserErrorCode::FailedToUpdateOnAcsSystem && error.message == message
        };
        // One error only: another group may have refused with the same message.
        if let Some(index) = user.errors.iter().position(is_of_refusal) {
            user.errors.remove(index);
        }
        *self.revision += 1;
    }

    /// Makes the change pending, and shows it in the resources that it concerns.
    fn put_pending(&mut self, change: Change, stage: Stage) {
        self.provider.set_stage(change, stage);
        let shown = match change {
            Change::Membership(user, group) => {
                let is_member = self.memberships.contains(user, group);
                pending::membership(user, group, is_member, stage)
            }
            Change::Creation(_) => pending::creation(stage),
            Change::Suspension(user) => {
                let is_suspended = self.users.get(user).and_then(|user| user.is_suspended);
                pending::suspension(is_suspended.unwrap_or_default())
            }
            // Only a file shows these, and what it shows stays.
            Change::OfUser(_) | Change::OfGroup(_) => return,
        };
        let now = self.provider.now;
        if let Some(user) = change.user().and_then(|user| self.users.get_mut(user)) {
            let pending = PendingMutation::new(shown.on_user, shown.message, now);
            user.pending_mutations.push(pending);
        }
        if let Some(on_group) = shown.on_group
            && let Some(group) = change.group().and_then(|group| self.groups.get_mut(group))
        {
            let pending = PendingMutation::new(on_group, shown.message, now);
            group.pending_mutations.push(pending);
        }
    }

    /// Makes the change no longer pending; `false` if it was not.
    fn take_pending(&mut self, change: Change) -> bool {
        if !self.provider.unset_stage(change) {
            return false;
        }
        if let Some(user) = change.user().and_then(|user| self.users.get_mut(user)) {
            let id = user.acs_user_id;
            let pending = &mut user.pending_mutations;
            pending.retain(|shown| !Change::of_user(id, &shown.change).contains(&change));
        }
        if let Some(group) = change.group().and_then(|group| self.groups.get_mut(group)) {
            let id = group.acs_access_group_id;
            let pending = &mut group.pending_mutations;
            pending.retain(|shown| !Change::of_group(id, &shown.change).contains(&change));
        }
        true
    }
}
