//! Reads whether a user is a member of a group: for changes whose answer was lost.
//!
//! An error of `add_user` or `remove_user` that [is ambiguous](Error::is_ambiguous) leaves open
//! whether the change was made. [`MembershipCheck`] reads it, and
//! [`verify`](crate::AccessGroupPortExt::verify) drives it.

use std::time::Duration;

use crate::{
    AccessGroupFilter, AccessGroupId, Call, Error, ErrorKind, ListAccessGroups, Machine, Reply,
    Step, Subject, Ticket, UserRef, machine::Calls,
};

/// Reads whether the user is a member of the group: a [`Machine`].
///
/// It makes one call, for the groups of the user, who is in few groups while a group may have
/// thousands of users. What the service has accepted counts, whether it has propagated or not. A
/// nonexistent user or group counts as a non-member.
///
/// # Examples
///
/// Driven by hand:
///
/// ```
/// use std::time::Duration;
///
/// use access_groups_core::{
///     AccessGroupId, AcsUserId, Call, ListAccessGroups, Machine, MembershipCheck, Step,
/// };
///
/// let (ada, gym) = (AcsUserId::from_u128(1), AccessGroupId::from_u128(2));
/// let mut check = MembershipCheck::new(ada, gym);
/// let Step::Call(ticket, operation) = check.step(Duration::ZERO) else { panic!("a call") };
/// assert_eq!(operation.name(), "access_groups");
///
/// check.answer(ticket, Ok(ListAccessGroups::answer(Vec::new())), Duration::ZERO);
/// let Step::Done(Ok(is_member)) = check.step(Duration::ZERO) else { panic!("an answer") };
/// assert!(!is_member);
/// ```
#[derive(Debug)]
pub struct MembershipCheck {
    user: UserRef,
    group: AccessGroupId,
    calls: Calls<()>,
    result: Option<Result<bool, Error>>,
}

impl MembershipCheck {
    /// Checks this pair. A user who is named by identity is the identity's user of the group's system.
    #[must_use]
    pub fn new(user: impl Into<UserRef>, group: AccessGroupId) -> Self {
        let user = user.into();
        let filter = AccessGroupFilter::new();
        let filter = match user {
            UserRef::AcsUser(user) => filter.of_user(user),
            // The group is of one system, and so are its members: users of other systems, whose groups
            // are listed as well, cannot be meant.
            UserRef::Identity(identity) => filter.of_identity(identity),
        };
        let mut calls = Calls::new();
        calls.push((), ListAccessGroups::new(filter));
        Self {
            user,
            group,
            calls,
            result: None,
        }
    }

    fn read(&self, answer: Result<Reply, Error>) -> Result<bool, Error> {
        match answer.and_then(ListAccessGroups::reply) {
            Ok(groups) => Ok(groups
                .iter()
                .any(|group| group.acs_access_group_id == self.group)),
            Err(error) if self.is_about_user(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether it is the user that does not exist. Any other thing that was not found, the path or
    /// the workspace for example, says nothing of the user.
    fn is_about_user(&self, error: &Error) -> bool {
        let code = Subject::from(self.user).not_found_code();
        error.kind() == ErrorKind::NotFound && error.code() == Some(code)
    }
}

impl Machine for MembershipCheck {
    type Output = bool;

    fn step(&mut self, _: Duration) -> Step<bool> {
        let over = || Err(Error::internal("the check is over already"));
        self.calls
            .step()
            .unwrap_or_else(|| Step::Done(self.result.take().unwrap_or_else(over)))
    }

    fn answer(&mut self, ticket: Ticket, answer: Result<Reply, Error>, _: Duration) {
        if self.calls.take(ticket).is_some() {
            self.result = Some(self.read(answer));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        AccessGroup, AcsSystemId, AcsUserId, AsyncFromBlocking, Context, Operation, UserIdentityId,
        WorkspaceId, machine::ready, prelude::*,
    };

    const GYM: AccessGroupId = AccessGroupId::from_u128(2);

    /// Ada, user 1 and identity 1, is in the gym; user 2 is in the pool; nobody else is known, and
    /// the service is away for user 7.
    struct Site;

    impl BlockingAccessGroupPort for Site {
        fn call(&self, operation: Operation, _: &Context) -> Result<Reply, Error> {
            let Operation::ListAccessGroups(op) = operation else {
                panic!("one call is enough: {operation:?}");
            };
            let system = AcsSystemId::from_u128(1);
            let group = |id| AccessGroup::new(AccessGroupId::from_u128(id), system, "");
            let ada = UserIdentityId::from_u128(1);
            let groups = match (op.filter.user, op.filter.identity) {
                (None, Some(identity)) if identity == ada => vec![group(3), group(2)],
                (None, Some(identity)) => return Err(Error::unknown(identity)),
                (Some(user), None) if user == AcsUserId::from_u128(1) => vec![group(2)],
                (Some(user), None) if user == AcsUserId::from_u128(2) => vec![group(3)],
                (Some(user), None) if user == AcsUserId::from_u128(7) => {
                    return Err(Error::unavailable("away"));
                }
                (Some(user), None) if user == AcsUserId::from_u128(8) => {
                    return Err(Error::of_kind(ErrorKind::NotFound, "no such path"));
                }
                (Some(user), None) if user == AcsUserId::from_u128(10) => {
                    return Err(Error::unknown(WorkspaceId::from_u128(1)));
                }
                (Some(user), None) if user == AcsUserId::from_u128(11) => {
                    return Err(Error::not_found("no such path"));
                }
                (Some(user), None) if user == AcsUserId::from_u128(12) => {
                    return Err(Error::unknown(user));
                }
                _ => Vec::new(),
            };
            Ok(ListAccessGroups::answer(groups))
        }
    }

    fn check(user: impl Into<UserRef>, expected: Result<bool, ErrorKind>) {
        let user = user.into();
        let blocking = Site.verify(user, GYM).map_err(|error| error.kind());
        assert_eq!(blocking, expected, "{user}");
        let found = ready(AsyncFromBlocking(Site).verify(user, GYM));
        assert_eq!(found.map_err(|error| error.kind()), expected, "{user}");
    }

    #[test]
    fn both_flavours_tell_whether_the_pair_is_a_member() {
        check(AcsUserId::from_u128(1), Ok(true));
        check(AcsUserId::from_u128(2), Ok(false));
        check(UserIdentityId::from_u128(1), Ok(true));
    }

    #[test]
    fn whoever_does_not_exist_is_no_member() {
        check(AcsUserId::from_u128(9), Ok(false));
        check(AcsUserId::from_u128(12), Ok(false));
        check(UserIdentityId::from_u128(9), Ok(false));
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        check(AcsUserId::from_u128(7), Err(ErrorKind::Unavailable));
        for id in [8, 10, 11] {
            check(AcsUserId::from_u128(id), Err(ErrorKind::NotFound));
        }
    }
}
