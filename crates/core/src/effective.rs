//! Waits until the doors know of a membership.

#[cfg(test)]
mod tests;

use std::{future::Future, time::Duration};

use crate::{
    AccessGroup, AccessGroupChange, AccessGroupErrorCode, AccessGroupFilter, AccessGroupId,
    AcsUser, AcsUserChange, AcsUserErrorCode, AcsUserSelector, BlockingPorts, Error, ErrorKind,
    GetAccessGroup, GetAcsUser, ListAccessGroups, Operation, Ports, Reply, ResourceError, UserRef,
    access::is_missing_at_the_provider, dispatch, dispatch_blocking,
};

/// Waits until the doors know that a user is in a group, or no longer is.
///
/// Services answer before the doors know. Meanwhile the user and the group name each other in
/// their `pending_mutations`; the wait is over when neither does any more.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use access_groups_core::{AccessGroupId, AcsUserId, EffectiveWait, Goal};
///
/// let (ada, gym) = (AcsUserId::from_u128(1), AccessGroupId::from_u128(2));
/// let wait = EffectiveWait::new(ada, gym, Goal::Member).with_limit(Duration::from_secs(30));
/// ```
#[derive(Debug)]
pub struct EffectiveWait {
    user: UserRef,
    group: AccessGroupId,
    goal: Goal,
    limit: Duration,
    next_wait: Duration,
    deadline: Option<Duration>,
    state: State,
}

/// What the membership is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Goal {
    /// The user is in the group.
    Member,
    /// The user is not in the group. Who or what does not exist is in no group: a mistyped id
    /// is reached at once.
    NonMember,
}

/// What the driver of an [`EffectiveWait`] does next.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "moved once a step")]
pub enum EffectiveStep {
    /// Make this call, and hand the answer to [`EffectiveWait::answer`].
    Call(Operation),
    /// Wait so long.
    Wait(Duration),
    /// The wait is over.
    Done(Result<Settlement, Error>),
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settlement {
    /// How far it came.
    pub settled: Settled,
    /// What the user has to say about itself: after a failure, why.
    pub user_errors: Vec<ResourceError<AcsUserErrorCode>>,
    /// What the group has to say about itself.
    pub group_errors: Vec<ResourceError<AccessGroupErrorCode>>,
}

/// How far a change came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Settled {
    /// The service has recorded it, and the doors did not know within the time allowed.
    Accepted,
    /// The doors know.
    Effective,
    /// Nothing is pending any more, and the membership is not what it was to be: the provider
    /// refused, or somebody changed it back.
    Failed,
}

#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one")]
enum State {
    AskGroup,
    AskUser(AccessGroup),
    AskMembership(AccessGroup, AcsUser),
    Wait(Duration),
    Done(Option<Result<Settlement, Error>>),
}

impl EffectiveWait {
    /// How long it may take by default: 2 minutes.
    pub const LIMIT: Duration = Duration::from_secs(120);

    /// How long between the first look and the second by default: 500 ms. Each further wait is
    /// twice as long, up to 10 s.
    pub const FIRST_WAIT: Duration = Duration::from_millis(500);

    const LONGEST_WAIT: Duration = Duration::from_secs(10);

    /// Until the doors know that the user is in the group, or is not.
    #[must_use]
    pub fn new(user: impl Into<UserRef>, group: AccessGroupId, goal: Goal) -> Self {
        Self {
            user: user.into(),
            group,
            goal,
            limit: Self::LIMIT,
            next_wait: Self::FIRST_WAIT,
            deadline: None,
            state: State::AskGroup,
        }
    }

    /// For so long, counted from the first step: no look begins later, and calls that are under
    /// way then are not cut off.
    #[must_use]
    pub fn with_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// With this wait after the first look; at least 1 ms.
    #[must_use]
    pub fn with_first_wait(mut self, wait: Duration) -> Self {
        self.next_wait = wait.max(Duration::from_millis(1));
        self
    }

    /// What to do now; `now` is the time since any fixed moment.
    pub fn step(&mut self, now: Duration) -> EffectiveStep {
        self.deadline
            .get_or_insert_with(|| now.saturating_add(self.limit));
        match &mut self.state {
            State::AskGroup => EffectiveStep::Call(GetAccessGroup { group: self.group }.into()),
            State::AskUser(group) => {
                let user = match self.user {
                    UserRef::AcsUser(user) => user.into(),
                    UserRef::Identity(identity) => {
                        AcsUserSelector::of(identity, group.acs_system_id)
                    }
                };
                EffectiveStep::Call(GetAcsUser { user }.into())
            }
            State::AskMembership(_, user) => {
                let filter = AccessGroupFilter::new().of_user(user.acs_user_id);
                EffectiveStep::Call(ListAccessGroups { filter }.into())
            }
            State::Wait(until) if now < *until => EffectiveStep::Wait(*until - now),
            State::Wait(_) => {
                self.state = State::AskGroup;
                self.step(now)
            }
            State::Done(result) => EffectiveStep::Done(
                result
                    .take()
                    .unwrap_or_else(|| Err(Error::internal("the wait is over already"))),
            ),
        }
    }

    /// What came of the call of the last [`EffectiveStep::Call`].
    pub fn answer(&mut self, answer: Result<Reply, Error>, now: Duration) {
        let state = std::mem::replace(&mut self.state, State::Done(None));
        self.state = match (state, answer) {
            (State::AskGroup, Ok(Reply::AccessGroup(group))) => State::AskUser(group),
            (State::AskUser(group), Ok(Reply::AcsUser(user))) => State::AskMembership(group, user),
            (State::AskMembership(group, user), Ok(Reply::AccessGroups(groups))) => {
                self.judge(&group, &user, &groups, now)
            }
            (_, Err(error)) => self.refused(error, now),
            (_, Ok(_)) => State::Done(Some(Err(Error::internal(
                "the answer belongs to another operation",
            )))),
        };
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
            .find(|it| it.acs_access_group_id == self.group);
        // The listing may be newer than the group that was read before it.
        if is_pending(user, listed.unwrap_or(group), self.goal) {
            let accepted = settlement(Settled::Accepted, user, group);
            return self.wait_or(now, self.next_wait, Ok(accepted));
        }
        let settled = match (listed.is_some(), self.goal) {
            (true, Goal::Member) if !is_missing_at_the_provider(user, group) => Settled::Effective,
            (false, Goal::NonMember) => Settled::Effective,
            _ => Settled::Failed,
        };
        State::Done(Some(Ok(settlement(settled, user, group))))
    }

    /// Who or what is gone is in no group; whoever is busy may answer later.
    fn refused(&mut self, error: Error, now: Duration) -> State {
        if error.kind() == ErrorKind::NotFound && self.goal == Goal::NonMember {
            return State::Done(Some(Ok(Settlement {
                settled: Settled::Effective,
                user_errors: Vec::new(),
                group_errors: Vec::new(),
            })));
        }
        match error.is_retryable() {
            true => {
                let asked = error.retry_after().unwrap_or_default();
                self.wait_or(now, self.next_wait.max(asked), Err(error))
            }
            false => State::Done(Some(Err(error))),
        }
    }

    /// The last look is at the deadline; then that is all there is to say.
    fn wait_or(&mut self, now: Duration, wait: Duration, last: Result<Settlement, Error>) -> State {
        let deadline = self.deadline.unwrap_or(now);
        if now >= deadline {
            return State::Done(Some(last));
        }
        let until = now.saturating_add(wait).min(deadline);
        self.next_wait = self.next_wait.saturating_mul(2).min(Self::LONGEST_WAIT);
        State::Wait(until)
    }
}

/// Drives an [`EffectiveWait`] over async ports, with this clock (the time since any fixed
/// moment) and this sleep.
///
/// # Errors
///
/// Those of reading the group and the user; `Unsupported` without a port of ACS users.
pub async fn wait_until_effective<S: Future<Output = ()>>(
    ports: &Ports,
    mut wait: EffectiveWait,
    now: impl Fn() -> Duration,
    sleep: impl Fn(Duration) -> S,
) -> Result<Settlement, Error> {
    loop {
        match wait.step(now()) {
            EffectiveStep::Call(operation) => {
                let answer = dispatch(ports, operation).await;
                wait.answer(answer, now());
            }
            EffectiveStep::Wait(duration) => sleep(duration).await,
            EffectiveStep::Done(result) => return result,
        }
    }
}

/// The blocking twin of [`wait_until_effective`].
///
/// # Errors
///
/// The same.
pub fn wait_until_effective_blocking(
    ports: &BlockingPorts,
    mut wait: EffectiveWait,
    now: impl Fn() -> Duration,
    sleep: impl Fn(Duration),
) -> Result<Settlement, Error> {
    loop {
        match wait.step(now()) {
            EffectiveStep::Call(operation) => {
                let answer = dispatch_blocking(ports, operation);
                wait.answer(answer, now());
            }
            EffectiveStep::Wait(duration) => sleep(duration),
            EffectiveStep::Done(result) => return result,
        }
    }
}

/// Whether the doors have yet to learn of what is between the two, or of one of them that
/// comes (who is to be a member must be known) or goes (who is going may still get in).
fn is_pending(user: &AcsUser, group: &AccessGroup, goal: Goal) -> bool {
    let (user_id, group_id) = (user.acs_user_id, group.acs_access_group_id);
    let mut of_group = group.pending_mutations.iter().map(|it| &it.change);
    let mut of_user = user.pending_mutations.iter().map(|it| &it.change);
    of_group.any(|it| {
        let itself = match goal {
            Goal::Member => *it == AccessGroupChange::Creating,
            Goal::NonMember => *it == AccessGroupChange::Deleting,
        };
        itself || it.is_about_user(user_id)
    }) || of_user.any(|it| {
        let themself = match (goal, it) {
            (Goal::Member, AcsUserChange::Creating | AcsUserChange::DeferringCreation { .. }) => {
                true
            }
            (Goal::NonMember, change) => *change == AcsUserChange::Deleting,
            _ => false,
        };
        themself || it.is_about_group(group_id)
    })
}

fn settlement(settled: Settled, user: &AcsUser, group: &AccessGroup) -> Settlement {
    Settlement {
        settled,
        user_errors: user.errors.clone(),
        group_errors: group.errors.clone(),
    }
}
