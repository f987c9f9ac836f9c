//! Instants and searches: what the contract says of them, and what it leaves open.

use std::time::Duration;

use super::*;
use crate::site::{is_far_off, long_ago};

impl Oracle {
    /// Forgets the time that the random calls were made up with.
    pub(crate) fn without_clock(mut self) -> Self {
        self.now = None;
        self
    }

    pub(super) fn ends_well(&self, schedule: NewSchedule) -> bool {
        // Without a start it is from now on, and a future end is later.
        let starts_at = schedule.starts_at.unwrap_or(Timestamp::MIN);
        let ends_at = schedule.ends_at;
        ends_at.is_none_or(|ends_at| self.is_sound(ClosedSchedule { starts_at, ends_at }))
    }

    /// Whether it ends after it starts, and in the future.
    pub(super) fn is_sound(&self, schedule: ClosedSchedule) -> bool {
        // Without a clock, the call is made only if any clock would do.
        let now = self.now.unwrap_or_else(|| long_ago(0));
        schedule.starts_at < schedule.ends_at && schedule.ends_at > now
    }

    /// Whether a schedule of the call may be good or bad: by a clock that is unknown or going on,
    /// or by what is cut off its instants.
    pub(super) fn has_open_schedule(&self, operation: &Operation) -> bool {
        let ends = match operation {
            Operation::CreateAcsUser(op) => op.user.access_schedule.map(ends_of),
            Operation::CreateAccessGroup(op) => op.group.access_schedule.map(ends_of),
            Operation::UpdateAcsUser(op) => closed(op.update.access_schedule),
            Operation::UpdateAccessGroup(op) => closed(op.update.access_schedule),
            _ => None,
        };
        let Some((starts_at, Some(ends_at))) = ends else {
            return false;
        };
        if starts_at.is_some_and(|starts_at| starts_at >= ends_at) {
            return false;
        }
        let starts_at = starts_at.map(Timestamp::whole_milliseconds);
        starts_at == Some(ends_at.whole_milliseconds())
            || match self.now {
                // Later calls are made a few minutes after, at most.
                Some(now) => ends_at > now && ends_at < now.saturating_add(SOME_MINUTES),
                None => ends_at > long_ago(0) && !is_far_off(ends_at),
            }
    }

    /// Whether the list is open: by what is cut off an instant, or as the search may occur in an id
    /// that the adapter chose.
    pub(super) fn is_open_list(&self, operation: &Operation) -> bool {
        match operation {
            Operation::ListAccessGroups(op) => {
                is_like_an_id(&op.filter.search) && self.new_groups().next().is_some()
            }
            Operation::ListAcsUsers(op) => {
                let unread = self.free_users.values().any(|free| free.created_at);
                let ages = self.users.values().map(|user| user.created_at);
                is_like_an_id(&op.filter.search) && self.has_created()
                    || is_open_age(op.filter.created_before, unread, ages)
            }
            Operation::ListUserIdentities(op) => {
                let unread = !self.free_identities.is_empty();
                let ages = self.identities.values().map(|identity| identity.created_at);
                is_like_an_id(&op.filter.search) && self.new_identities().next().is_some()
                    || is_open_age(op.filter.created_before, unread, ages)
            }
            // Accounts and spaces of what an adapter creates are its choice.
            Operation::ListAcsSystems(op) => {
                is_like_an_id(&op.filter.search) && self.new_systems().next().is_some()
                    || op.filter.connected_account.is_some() && !self.free_systems.is_empty()
            }
            Operation::ListEntrances(op) => {
                (op.filter.connected_account.is_some() || op.filter.space.is_some())
                    && !self.free_entrances.is_empty()
            }
            _ => false,
        }
    }
}

/// Whether the text may be a part of an id, as digits are.
fn is_like_an_id(search: &Option<SearchText>) -> bool {
    let folded = search.as_ref().map(|text| names::fold(text.as_str()));
    // A text of blanks is in any.
    let folded = folded.filter(|text| !text.is_empty());
    folded.is_some_and(|text| {
        let mut letters = text.bytes();
        letters.all(|letter| letter.is_ascii_hexdigit() || letter == b'-')
    })
}

/// Whether a row was created before the instant depends on what was cut off one of the two.
fn is_open_age(
    before: Option<Timestamp>,
    unread: bool,
    mut ages: impl Iterator<Item = Timestamp>,
) -> bool {
    let Some(before) = before else {
        return false;
    };
    let cut = before.whole_milliseconds();
    unread || before != cut && ages.any(|age| age == cut)
}

/// When a schedule starts and ends, each if it does.
type Ends = (Option<Timestamp>, Option<Timestamp>);

fn ends_of(schedule: NewSchedule) -> Ends {
    (schedule.starts_at, schedule.ends_at)
}

fn closed(patch: Patch<ClosedSchedule>) -> Option<Ends> {
    match patch {
        Patch::Set(schedule) => Some((Some(schedule.starts_at), Some(schedule.ends_at))),
        Patch::Keep | Patch::Clear => None,
    }
}

/// The schedules of the random calls end later than this, or have ended.
const SOME_MINUTES: Duration = Duration::from_secs(9 * 60);
