//! Which user, which identity: exactly one way to name them, by type.

use crate::{AcsSystemId, AcsUserId, UserIdentityId, UserIdentityKey};

/// Names an ACS user: by id, or as the user of an identity in one system.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AcsSystemId, AcsUserId, AcsUserSelector, UserIdentityId};
///
/// let by_id: AcsUserSelector = AcsUserId::from_u128(1).into();
/// let by_identity = AcsUserSelector::of(UserIdentityId::from_u128(1), AcsSystemId::from_u128(2));
/// assert_ne!(by_id, by_identity);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AcsUserSelector {
    /// By id.
    Id(AcsUserId),
    /// The user of that system who is linked to that identity.
    Identity {
        /// The identity.
        identity: UserIdentityId,
        /// The system.
        system: AcsSystemId,
    },
}

impl AcsUserSelector {
    /// The user of that system who is linked to that identity.
    #[must_use]
    pub const fn of(identity: UserIdentityId, system: AcsSystemId) -> Self {
        Self::Identity { identity, system }
    }
}

impl From<AcsUserId> for AcsUserSelector {
    fn from(id: AcsUserId) -> Self {
        Self::Id(id)
    }
}

/// Names a user identity: by id, or by your own key for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserIdentitySelector {
    /// By id.
    Id(UserIdentityId),
    /// By key.
    Key(UserIdentityKey),
}

impl From<UserIdentityId> for UserIdentitySelector {
    fn from(id: UserIdentityId) -> Self {
        Self::Id(id)
    }
}

impl From<UserIdentityKey> for UserIdentitySelector {
    fn from(key: UserIdentityKey) -> Self {
        Self::Key(key)
    }
}
