//! Waits until the doors know of a membership.

use std::{future::Future, time::Duration};

use crate::{
    AccessGroup, AccessGroupChange, AccessGroupErrorCode, AccessGroupFilter, AccessGroupId,
    AcsUser, AcsUserChange, AcsUserErrorCode, AcsUserSelector, BlockingPorts, Error, ErrorKind,
    GetAccessGroup, GetAcsUser, ListAccessGroups, Operation, Ports, Reply, ResourceError, UserRef,
    dispatch, dispatch_blocking,
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
    /// The user is not in the group.
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

    /// For so long at most, counted from the first step.
    #[must_use]
    pub fn with_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// With this wait after the first look.
    #[must_use]
    pub fn with_first_wait(mut self, wait: Duration) -> Self {
        self.next_wait = wait;
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
        if is_pending(user, listed.unwrap_or(group)) {
            return self.wait_or(now, Ok(settlement(Settled::Accepted)));
        }
        let settled = match (listed.is_some(), self.goal) {
            (true, Goal::Member) | (false, Goal::NonMember) => Settled::Effective,
            _ => Settled::Failed,
        };
        State::Done(Some(Ok(Settlement {
            settled,
            user_errors: user.errors.clone(),
            group_errors: group.errors.clone(),
        })))
    }

    /// Who or what is gone is in no group; whoever is busy may answer later.
    fn refused(&mut self, error: Error, now: Duration) -> State {
        if error.kind() == ErrorKind::NotFound && self.goal == Goal::NonMember {
            return State::Done(Some(Ok(settlement(Settled::Effective))));
        }
        match error.is_retryable() {
            true => self.wait_or(now, Err(error)),
            false => State::Done(Some(Err(error))),
        }
    }

    /// The last look is at the deadline; then that is all there is to say.
    fn wait_or(&mut self, now: Duration, last: Result<Settlement, Error>) -> State {
        let deadline = self.deadline.unwrap_or(now);
        if now >= deadline {
            return State::Done(Some(last));
        }
        let until = now.saturating_add(self.next_wait).min(deadline);
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

/// Whether the doors have yet to learn of either, or of what is between them.
fn is_pending(user: &AcsUser, group: &AccessGroup) -> bool {
    let (user_id, group_id) = (user.acs_user_id, group.acs_access_group_id);
    let mut of_group = group.pending_mutations.iter().map(|it| &it.change);
    let mut of_user = user.pending_mutations.iter().map(|it| &it.change);
    of_group.any(|it| it.is_about_user(user_id) || *it == AccessGroupChange::Creating)
        || of_user.any(|it| {
            let unknown = matches!(
                it,
                AcsUserChange::Creating | AcsUserChange::DeferringCreation { .. }
            );
            unknown || it.is_about_group(group_id)
        })
}

fn settlement(settled: Settled) -> Settlement {
    Settlement {
        settled,
        user_errors: Vec::new(),
        group_errors: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        AcsSystemId, AcsUserId, GroupSide, PendingMutation, Timestamp, Update, UserIdentityId,
    };

    const USER: AcsUserId = AcsUserId::from_u128(1);
    const GROUP: AccessGroupId = AccessGroupId::from_u128(2);
    const SYSTEM: AcsSystemId = AcsSystemId::from_u128(3);

    /// What a look shows: whether the change is pending, and whether the user is listed.
    #[derive(Clone, Copy)]
    struct Look {
        pending: bool,
        member: bool,
    }

    const PENDING: Look = Look {
        pending: true,
        member: true,
    };
    const IN: Look = Look {
        pending: false,
        member: true,
    };
    const OUT: Look = Look {
        pending: false,
        member: false,
    };

    fn group() -> AccessGroup {
        AccessGroup::new(GROUP, SYSTEM, "Gym")
    }

    fn user(look: Look) -> AcsUser {
        let mut user = AcsUser::new(USER, SYSTEM, "Ada");
        if look.pending {
            let side = |group| GroupSide {
                acs_access_group_id: group,
            };
            let (from, to) = (side(None), side(Some(GROUP)));
            let change = AcsUserChange::UpdatingGroupMembership(Update { from, to });
            let pending = PendingMutation::new(change, "", Timestamp::UNIX_EPOCH);
            user.pending_mutations.push(pending);
        }
        user
    }

    /// Runs a wait over these looks, the last of them for ever: how it ends, and after how long.
    fn run(mut wait: EffectiveWait, looks: &[Look]) -> (Result<Settlement, Error>, Duration) {
        let (mut now, mut at) = (Duration::from_secs(1000), 0);
        loop {
            let look = looks[at.min(looks.len() - 1)];
            match wait.step(now) {
                EffectiveStep::Call(Operation::GetAccessGroup(_)) => {
                    wait.answer(Ok(group().into()), now);
                }
                EffectiveStep::Call(Operation::GetAcsUser(_)) => {
                    wait.answer(Ok(user(look).into()), now);
                }
                EffectiveStep::Call(Operation::ListAccessGroups(_)) => {
                    let groups = if look.member {
                        vec![group()]
                    } else {
                        Vec::new()
                    };
                    wait.answer(Ok(groups.into()), now);
                    at += 1;
                }
                EffectiveStep::Call(other) => panic!("{other:?}"),
                EffectiveStep::Wait(duration) => {
                    assert!(duration > Duration::ZERO);
                    now += duration;
                }
                EffectiveStep::Done(result) => return (result, now - Duration::from_secs(1000)),
            }
        }
    }

    fn check(goal: Goal, looks: &[Look], settled: Settled, millis: u64) {
        let limit = Duration::from_secs(5);
        let wait = EffectiveWait::new(USER, GROUP, goal).with_limit(limit);
        let (result, took) = run(wait, looks);
        assert_eq!(result.expect("a settlement").settled, settled);
        assert_eq!(took, Duration::from_millis(millis));
    }

    #[test]
    fn it_is_over_when_nothing_pending_names_the_pair() {
        check(Goal::Member, &[IN], Settled::Effective, 0);
        check(Goal::Member, &[PENDING, IN], Settled::Effective, 500);
        check(
            Goal::Member,
            &[PENDING, PENDING, IN],
            Settled::Effective,
            1500,
        );
        let leaving = Look {
            pending: true,
            member: false,
        };
        check(Goal::NonMember, &[leaving, OUT], Settled::Effective, 500);
    }

    #[test]
    fn what_settled_otherwise_has_failed() {
        check(Goal::Member, &[PENDING, OUT], Settled::Failed, 500);
        check(Goal::NonMember, &[IN], Settled::Failed, 0);
    }

    #[test]
    fn at_the_deadline_it_looks_once_more_and_says_that_it_was_accepted() {
        check(Goal::Member, &[PENDING], Settled::Accepted, 5000);
    }

    #[test]
    fn waits_double_up_to_ten_seconds() {
        let limit = Duration::from_secs(3600);
        let mut wait = EffectiveWait::new(USER, GROUP, Goal::Member).with_limit(limit);
        let (mut now, mut waits) = (Duration::ZERO, Vec::new());
        while waits.len() < 7 {
            match wait.step(now) {
                EffectiveStep::Call(_) => wait.answer(Err(Error::unavailable("busy")), now),
                EffectiveStep::Wait(duration) => {
                    waits.push(duration.as_millis());
                    now += duration;
                }
                EffectiveStep::Done(result) => panic!("{result:?}"),
            }
        }
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    }

    /// One look at this user and these groups of theirs: whether the wait is over, and how.
    fn look(user: AcsUser, group: AccessGroup, listed: Vec<AccessGroup>) -> Option<Settlement> {
        let mut wait = EffectiveWait::new(USER, GROUP, Goal::Member);
        for answer in [Reply::from(group), user.into(), listed.into()] {
            let EffectiveStep::Call(_) = wait.step(Duration::ZERO) else {
                panic!("three calls make a look");
            };
            wait.answer(Ok(answer), Duration::ZERO);
        }
        match wait.step(Duration::ZERO) {
            EffectiveStep::Done(result) => Some(result.expect("a settlement")),
            EffectiveStep::Wait(_) => None,
            EffectiveStep::Call(operation) => panic!("{operation:?}"),
        }
    }

    fn pend<C>(pending: &mut Vec<PendingMutation<C>>, change: C) {
        pending.push(PendingMutation::new(change, "", Timestamp::UNIX_EPOCH));
    }

    #[test]
    fn who_or_what_is_being_created_is_not_at_the_doors() {
        use AcsUserChange::{Creating, DeferringCreation};
        let deferring = DeferringCreation { scheduled_at: None };
        for change in [Creating, deferring] {
            let mut user = user(IN);
            pend(&mut user.pending_mutations, change);
            assert_eq!(look(user, group(), vec![group()]), None);
        }
        let mut new = group();
        pend(&mut new.pending_mutations, AccessGroupChange::Creating);
        assert_eq!(look(user(IN), new.clone(), vec![new]), None);
    }

    #[test]
    fn the_group_has_a_say_and_the_listing_is_newer_than_it() {
        let side = |user| crate::UserSide { acs_user_id: user };
        let (from, to) = (side(None), side(Some(USER)));
        let joining = AccessGroupChange::UpdatingUserMembership(Update { from, to });
        let mut pending = group();
        pend(&mut pending.pending_mutations, joining);
        assert_eq!(look(user(IN), group(), vec![pending.clone()]), None);
        let settled = look(user(IN), pending, vec![group()]).expect("over");
        assert_eq!(settled.settled, Settled::Effective);
    }

    #[test]
    fn another_group_of_the_user_is_not_the_one() {
        let other = AccessGroup::new(AccessGroupId::from_u128(99), SYSTEM, "Pool");
        let settled = look(user(IN), group(), vec![other]).expect("over");
        assert_eq!(settled.settled, Settled::Failed);
    }

    #[test]
    fn both_say_what_is_wrong_with_them() {
        let (mut user, mut group) = (user(IN), group());
        let at = Timestamp::UNIX_EPOCH;
        let code = AcsUserErrorCode::FailedToUpdateOnAcsSystem;
        user.errors.push(ResourceError::new(code, "full", at));
        let code = AccessGroupErrorCode::FailedToCreateOnAcsSystem;
        group.errors.push(ResourceError::new(code, "gone", at));
        let settled = look(user, group, Vec::new()).expect("over");
        assert_eq!(settled.settled, Settled::Failed);
        assert_eq!(settled.user_errors[0].message, "full");
        assert_eq!(settled.group_errors[0].message, "gone");
    }

    #[test]
    fn a_service_that_is_away_until_the_deadline_says_nothing_about_the_change() {
        let mut wait = EffectiveWait::new(USER, GROUP, Goal::Member);
        let mut now = Duration::ZERO;
        let error = loop {
            match wait.step(now) {
                EffectiveStep::Call(_) => wait.answer(Err(Error::unavailable("away")), now),
                EffectiveStep::Wait(duration) => now += duration,
                EffectiveStep::Done(result) => break result.expect_err("no answer"),
            }
        };
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(now, EffectiveWait::LIMIT);
    }

    fn refused(goal: Goal, error: Error) -> Result<Settlement, Error> {
        let mut wait = EffectiveWait::new(UserIdentityId::from_u128(9), GROUP, goal);
        let EffectiveStep::Call(_) = wait.step(Duration::ZERO) else {
            panic!("a first look");
        };
        wait.answer(Err(error), Duration::ZERO);
        match wait.step(Duration::ZERO) {
            EffectiveStep::Done(result) => result,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn who_is_gone_is_in_no_group() {
        let gone = refused(Goal::NonMember, Error::unknown(GROUP)).expect("settled");
        assert_eq!(gone.settled, Settled::Effective);
        let error = refused(Goal::Member, Error::unknown(GROUP)).expect_err("cannot join");
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let error = refused(Goal::NonMember, Error::unauthenticated("no")).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    }
}
