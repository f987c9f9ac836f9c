//! Whom a membership is about.

use std::fmt;

use crate::{AcsUserId, Subject, UserIdentityId};

/// Names a user by exactly one of two ids: never both, never neither.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AcsUserId, UserIdentityId, UserRef};
///
/// let here: UserRef = AcsUserId::from_u128(1).into();
/// let anywhere: UserRef = UserIdentityId::from_u128(1).into();
/// assert_ne!(here, anywhere);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserRef {
    /// The person as the group's system knows them.
    AcsUser(AcsUserId),
    /// The person across systems; which ACS user of the group's system that is, the service
    /// finds out.
    Identity(UserIdentityId),
}

impl fmt::Display for UserRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Subject::from(*self).fmt(f)
    }
}

impl From<AcsUserId> for UserRef {
    fn from(id: AcsUserId) -> Self {
        Self::AcsUser(id)
    }
}

impl From<UserIdentityId> for UserRef {
    fn from(id: UserIdentityId) -> Self {
        Self::Identity(id)
    }
}

impl From<UserRef> for Subject {
    fn from(user: UserRef) -> Self {
        match user {
            UserRef::AcsUser(id) => id.into(),
            UserRef::Identity(id) => id.into(),
        }
    }
}
