//! Waits until a change of membership has reached the access control system.
//!
//! A service answers as soon as it has *accepted* a change. The change has *propagated* when it has
//! reached the access control system; until then, the user and the group name each other in their
//! `pending_mutations`.
//!
//! [`PropagationWait`] polls until that is so. It needs a clock and a sleep: the HTTP clients have
//! their own, others pass them to [`wait_until_propagated`] or [`wait_until_propagated_blocking`].

mod pending_membership;

use std::{collections::BTreeSet, fmt, future::Future, time::Duration};

use serde::Serialize;

use crate::{
    AccessGroup, AccessGroupErrorCode, AccessGroupFilter, AccessGroupId, AccessGroupPort, AcsUser,
    AcsUserErrorCode, AcsUserSelector, BlockingAccessGroupPort, Call, Error, ErrorKind,
    GetAccessGroup, GetAcsUser, ListAccessGroups, Machine, Reply, ResourceError, Step, Ticket,
    UserRef,
    machine::{self, Calls},
};

pub use pending_membership::PendingMembership;

/// Waits until the addition of a user to a group, or their removal, has propagated: a
/// [`Machine`].
///
/// It polls the group, the user and the user's groups: three calls each time. By default it waits
/// for an addition, up to [`TIMEOUT`](Self::TIMEOUT). Retryable errors do not end it before the
/// deadline, unless the service asks for a longer pause than is left. An error of the user or the
/// group that blocks access, and that the first poll did not show, ends it as failed.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use access_groups_core::prelude::*;
/// use access_groups_core::propagation::{MembershipChange, PropagationWait};
///
/// let (ada, gym) = (AcsUserId::from_u128(1), AccessGroupId::from_u128(2));
/// let wait = PropagationWait::new(ada, gym)
///     .after(MembershipChange::Removed)
///     .with_timeout(Duration::from_secs(30));
/// ```
///
/// If the service fails until the deadline, its last error is the result:
///
/// ```
/// use std::{cell::Cell, time::Duration};
///
/// use access_groups_core::prelude::*;
/// use access_groups_core::propagation::{PropagationWait, wait_until_propagated_blocking};
///
/// /// A service that is always busy.
/// struct Busy;
///
/// impl BlockingAccessGroupPort for Busy {
///     fn call(&self, _: Operation, _: &Context) -> Result<Reply, Error> {
///         Err(Error::unavailable("busy"))
///     }
/// }
///
/// let (ada, gym) = (AcsUserId::from_u128(1), AccessGroupId::from_u128(2));
/// let wait = PropagationWait::new(ada, gym).with_timeout(Duration::from_secs(1));
/// let (clock, pauses) = (Cell::new(Duration::ZERO), Cell::new(0));
/// let result = wait_until_propagated_blocking(&Busy, wait, || clock.get(), |pause| {
///     clock.set(clock.get() + pause);
///     pauses.set(pauses.get() + 1);
/// });
/// assert_eq!(result.unwrap_err().kind(), ErrorKind::Unavailable);
/// assert_eq!(pauses.get(), 2); // 500 ms, and the rest of the second
/// ```
#[derive(Debug)]
pub struct PropagationWait {
    user: UserRef,
    group: AccessGroupId,
    change: MembershipChange,
    timeout: Duration,
    next_wait: Duration,
    deadline: Option<Duration>,
    calls: Calls<Question>,
    state: State,
    /// Whether a poll has shown the change as pending.
    was_pending: bool,
    /// The errors that were there before the change, or at the first poll.
    known: Option<BlockingErrors>,
}

/// The change of a membership that a wait is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MembershipChange {
    /// The user was added to the group.
    #[default]
    Added,
    /// The user was removed from the group. A nonexistent user or group counts as a non-member:
    /// the wait completes immediately.
    Removed,
}

/// The result of a [`PropagationWait`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "`status` says whether the change has propagated"]
#[non_exhaustive]
pub struct Propagation {
    /// Whether the change has propagated.
    pub status: PropagationStatus,
    /// The errors of the user. After a failure, they may contain the reason.
    pub user_errors: Vec<ResourceError<AcsUserErrorCode>>,
    /// The errors of the group. After a failure, they may contain the reason.
    pub group_errors: Vec<ResourceError<AccessGroupErrorCode>>,
}

/// Whether a change has propagated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PropagationStatus {
    /// The service has accepted the change, but it had not propagated by the deadline.
    Accepted,
    /// The change has reached the access control system.
    Propagated,
    /// Nothing is pending, but the membership is not in the expected state: the provider refused the
    /// change, or it was reverted. Without a sign of either, a pending change before or an error,
    /// this is the result at the deadline only.
    Failed,
}

impl fmt::Display for PropagationStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accepted => "accepted",
            Self::Propagated => "propagated",
            Self::Failed => "failed",
        })
    }
}

/// The purpose of the open call, with what earlier calls have returned.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "one at a time; a box costs more")]
enum Question {
    Group,
    User(AccessGroup),
    Membership(AccessGroup, AcsUser),
}

#[derive(Debug)]
enum State {
    Ready,
    Asking,
    Waiting { until: Duration },
    Done(Option<Result<Propagation, Error>>),
}

impl PropagationWait {
    /// The default time limit of a wait: 2 minutes.
    pub const TIMEOUT: Duration = Duration::from_secs(120);

    /// The default pause between the first and the second poll: 500 ms. Each further pause is twice
    /// as long, up to 10 s.
    pub const FIRST_WAIT: Duration = Duration::from_millis(500);

    // A longer pause would delay the result noticeably and save few calls.
    const LONGEST_WAIT: Duration = Duration::from_secs(10);

    /// A wait for the addition of the user to the group. The user may be named by identity.
    #[must_use]
    pub fn new(user: impl Into<UserRef>, group: AccessGroupId) -> Self {
        Self {
            user: user.into(),
            group,
            change: MembershipChange::Added,
            timeout: Self::TIMEOUT,
            next_wait: Self::FIRST_WAIT,
            deadline: None,
            calls: Calls::new(),
            state: State::Ready,
            was_pending: false,
            known: None,
        }
    }

    crate::setters! {
        /// Sets the change to wait for. Default: an addition.
        after(change: MembershipChange) => change = change;

        /// Sets the time limit, counted from the first step. Default: [`TIMEOUT`](Self::TIMEOUT), 2
        /// minutes. The last poll starts at the deadline; calls that are open then are completed.
        with_timeout(timeout: Duration) => timeout = timeout;

        /// Sets the pause after the first poll; at least 1 ms. Default:
        /// [`FIRST_WAIT`](Self::FIRST_WAIT), 500 ms.
        // Doubling zero would poll without a pause until the deadline.
        with_first_wait(wait: Duration) => next_wait = wait.max(Duration::from_millis(1));
    }

    /// Sets the user and the group as they were before the change, so that an error which appears
    /// even before the first poll counts as new. Default: what the first poll shows is known.
    #[must_use]
    pub fn since(mut self, user: &AcsUser, group: &AccessGroup) -> Self {
        self.known = Some(blocking_errors(user, group));
        self
    }

    /// The next call after this answer, or the result of the poll.
    fn next(&mut self, question: Question, reply: Reply, now: Duration) -> Result<State, Error> {
        Ok(match question {
            Question::Group => {
                let group = GetAccessGroup::reply(reply)?;
                // The group first: only its system tells which user of an identity is meant.
                let user = match self.user {
                    UserRef::AcsUser(user) => user.into(),
                    UserRef::Identity(identity) => {
                        AcsUserSelector::of(identity, group.acs_system_id)
                    }
                };
                self.calls
                    .push(Question::User(group), GetAcsUser::new(user));
                State::Asking
            }
            Question::User(group) => {
                let user = GetAcsUser::reply(reply)?;
                let filter = AccessGroupFilter::new().of_user(user.acs_user_id);
                self.calls.push(
                    Question::Membership(group, user),
                    ListAccessGroups::new(filter),
                );
                State::Asking
            }
            // Last, because a change may propagate between the calls: a listing that is older than the
            // pending mutations would show a completed change as failed.
            Question::Membership(group, user) => {
                let groups = ListAccessGroups::reply(reply)?;
                self.judge(&group, &user, &groups, now)
            }
        })
    }

    fn judge(
        &mut self,
        group: &AccessGroup,
        user: &AcsUser,
        groups: &[AccessGroup],
        now: Duration,
    ) -> State {
        let listed = groups
            .iter()
            .find(|listed| listed.acs_access_group_id == self.group);
        // The listing was read after the group, so its pending mutations are newer.
        let group = listed.unwrap_or(group);
        let pending = PendingMembership::between(user, group);
        let errors = blocking_errors(user, group);
        let known = self.known.get_or_insert_with(|| errors.clone());
        let has_new = !errors.is_subset(known);
        // A removal needs no access, so that nothing which ends it is a failure.
        if has_new && self.change == MembershipChange::Added {
            let failed = propagation(PropagationStatus::Failed, user, group);
            return State::Done(Some(Ok(failed)));
        }
        if pending.holds_up(self.change) {
            self.was_pending = true;
            let accepted = propagation(PropagationStatus::Accepted, user, group);
            return self.wait_or(now, self.next_wait, Ok(accepted));
        }
        let status = match (listed.is_some(), self.change) {
            // A member that does not exist at the provider is one on paper only.
            (true, MembershipChange::Added) if !pending.is_impossible => {
                PropagationStatus::Propagated
            }
            (false, MembershipChange::Removed) => PropagationStatus::Propagated,
            _ => PropagationStatus::Failed,
        };
        let result = propagation(status, user, group);
        let is_explained = self.was_pending || !user.errors.is_empty() || !group.errors.is_empty();
        if status == PropagationStatus::Failed && !is_explained && !pending.is_impossible {
            // Nothing tells of a refusal: a service may show what it has accepted a little later.
            return self.wait_or(now, self.next_wait, Ok(result));
        }
        State::Done(Some(Ok(result)))
    }

    /// A nonexistent user or group counts as a non-member; a retryable error leads to another poll.
    fn refused(&mut self, error: Error, now: Duration) -> State {
        if error.kind() == ErrorKind::NotFound && self.change == MembershipChange::Removed {
            return State::Done(Some(Ok(Propagation {
                status: PropagationStatus::Propagated,
                user_errors: Vec::new(),
                group_errors: Vec::new(),
            })));
        }
        match error.is_retryable() {
            true => {
                // The service's own minimum counts, even beyond the longest pause.
                let asked = error.retry_after().unwrap_or_default();
                let left = self.deadline.unwrap_or(now).saturating_sub(now);
                if asked > left {
                    // The poll at the deadline would come sooner than the service allows.
                    return State::Done(Some(Err(error)));
                }
                self.wait_or(now, self.next_wait.max(asked), Err(error))
            }
            false => State::Done(Some(Err(error))),
        }
    }

    /// Another poll after the pause; at the deadline, the result of this one.
    fn wait_or(
        &mut self,
        now: Duration,
        wait: Duration,
        last: Result<Propagation, Error>,
    ) -> State {
        let deadline = self.deadline.unwrap_or(now);
        if now >= deadline {
            return State::Done(Some(last));
        }
        // Not beyond the deadline: the last poll is made exactly then.
        let until = now.saturating_add(wait).min(deadline);
        self.next_wait = self.next_wait.saturating_mul(2).min(Self::LONGEST_WAIT);
        State::Waiting { until }
    }
}

impl Machine for PropagationWait {
    type Output = Propagation;

    fn step(&mut self, now: Duration) -> Step<Propagation> {
        // From the first step rather than from `new`, which has no clock.
        self.deadline
            .get_or_insert_with(|| now.saturating_add(self.timeout));
        match &mut self.state {
            State::Waiting { until } if now < *until => return Step::Wait(*until - now),
            State::Ready | State::Waiting { .. } => {
                let group = GetAccessGroup::new(self.group);
                self.calls.push(Question::Group, group);
                self.state = State::Asking;
            }
            State::Asking => {}
            State::Done(result) => {
                let over = || Err(Error::internal("the wait is over already"));
                return Step::Done(result.take().unwrap_or_else(over));
            }
        }
        self.calls
            .step()
            .unwrap_or_else(|| Step::Done(Err(Error::internal("the wait has no open call"))))
    }

    fn answer(&mut self, ticket: Ticket, answer: Result<Reply, Error>, now: Duration) {
        let Some(question) = self.calls.take(ticket) else {
            return;
        };
        self.state = answer
            .and_then(|reply| self.next(question, reply, now))
            .unwrap_or_else(|error| self.refused(error, now));
    }
}

/// Waits over any async port, with this clock (the time since any fixed moment) and this sleep.
///
/// The HTTP clients have a method of the same name that uses their own clock.
///
/// # Cancel safety
///
/// Dropping the future only stops the polling; the change itself is not affected. The sleep is the
/// caller's, and knows nothing of the [token](crate::CancelToken) of the port's context: a wait that is
/// cancelled ends at the next look, which is after 10 s at most.
///
/// # Errors
///
/// - `NotFound`: the group or the user does not exist. After a removal it is not an error.
/// - Errors of the calls that are not retryable, and the last retryable one at the deadline.
///
/// A change that fails is not an error: see [`PropagationStatus::Failed`].
pub async fn wait_until_propagated<S: Future<Output = ()>>(
    port: &(impl AccessGroupPort + ?Sized),
    wait: PropagationWait,
    now: impl Fn() -> Duration,
    sleep: impl Fn(Duration) -> S,
) -> Result<Propagation, Error> {
    machine::drive(port, wait, now, sleep).await
}

/// The blocking flavour of [`wait_until_propagated`].
///
/// # Errors
///
/// - `NotFound`: the group or the user does not exist. After a removal it is not an error.
/// - Errors of the calls that are not retryable, and the last retryable one at the deadline.
pub fn wait_until_propagated_blocking(
    port: &(impl BlockingAccessGroupPort + ?Sized),
    wait: PropagationWait,
    now: impl Fn() -> Duration,
    sleep: impl Fn(Duration),
) -> Result<Propagation, Error> {
    machine::drive_blocking(port, wait, now, sleep)
}

/// Who has an error that blocks access, and its code: a service may word the same error anew.
type BlockingErrors = BTreeSet<(&'static str, String)>;

fn blocking_errors(user: &AcsUser, group: &AccessGroup) -> BlockingErrors {
    let of_user = user.issues().into_iter().map(|issue| ("user", issue));
    let of_group = group.issues().into_iter().map(|issue| ("group", issue));
    of_user
        .chain(of_group)
        .filter(|(_, issue)| issue.is_error && issue.blocks())
        .map(|(owner, issue)| (owner, issue.code))
        .collect()
}

fn propagation(status: PropagationStatus, user: &AcsUser, group: &AccessGroup) -> Propagation {
    Propagation {
        status,
        user_errors: user.errors.clone(),
        group_errors: group.errors.clone(),
    }
}

#[cfg(test)]
mod tests;
