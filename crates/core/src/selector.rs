//! Selectors: references to a user or an identity, each by exactly one kind of name.
//!
//! Seam's API has several optional parameters instead, of which exactly one form must be given
//! (`acs_user_id` alone, or `user_identity_id` with `acs_system_id`). Here the other combinations do
//! not exist.

use std::fmt;

use crate::{
    AcsSystemId, AcsUser, AcsUserId, Subject, UserIdentity, UserIdentityId, UserIdentityKey,
};

/// Names a user of a group's or an entrance's system, by ACS user or by identity.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AcsSystemId, AcsUser, AcsUserId, UserIdentityId, UserRef};
///
/// let ada = AcsUser::new(AcsUserId::from_u128(1), AcsSystemId::from_u128(2), "Ada");
/// assert_eq!(UserRef::from(&ada), UserRef::from(ada.acs_user_id));
/// assert_eq!(
///     UserRef::from(ada.acs_user_id).to_string(),
///     "ACS user 00000000-0000-0000-0000-000000000001",
/// );
///
/// // The two kinds of id stay apart, even with the same UUID:
/// assert_ne!(UserRef::from(ada.acs_user_id), UserIdentityId::from_u128(1).into());
/// ```
///
/// A text must be parsed as one of the two; it is never guessed:
///
/// ```compile_fail,E0277
/// let user: access_groups_core::UserRef = "3f2504e0-4f89-41d3-9a0c-0305e82c3301".parse()?;
/// # Ok::<(), access_groups_core::ParseIdError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserRef {
    /// A user of the same system as the group or the entrance.
    AcsUser(AcsUserId),
    /// The person across systems. The service finds the identity's user in the system of the group
    /// or the entrance; adding and granting create one if there is none.
    Identity(UserIdentityId),
}

impl fmt::Display for UserRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Subject::from(*self).fmt(f)
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

/// Names an ACS user: by id, or as the user of an identity in one system. Unlike a [`UserRef`], it
/// names an existing user, and no call creates one for it.
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
///
/// An identity alone does not select a user, because it may have one in each system:
///
/// ```compile_fail,E0277
/// use access_groups_core::{AcsUserSelector, UserIdentityId};
///
/// let user: AcsUserSelector = UserIdentityId::from_u128(1).into();
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

/// Names a user identity: by id, or by your own key for it.
///
/// # Examples
///
/// ```
/// use access_groups_core::{UserIdentityId, UserIdentityKey, UserIdentitySelector};
///
/// let by_id: UserIdentitySelector = UserIdentityId::from_u128(1).into();
/// let key: UserIdentityKey = "employee-7".parse()?;
/// assert_ne!(by_id, UserIdentitySelector::from(key));
///
/// assert!("".parse::<UserIdentityKey>().is_err()); // a key has at least one character
/// # Ok::<(), access_groups_core::ParseTextError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserIdentitySelector {
    /// By id.
    Id(UserIdentityId),
    /// By key.
    Key(UserIdentityKey),
}

/// What a reference or a selector is made from: a row is the variant, the type and the value of it.
macro_rules! conversions {
    ($($to:ident::$variant:ident: $from:ty, $value:ident => $content:expr;)*) => {$(
        impl From<$from> for $to {
            fn from($value: $from) -> Self {
                Self::$variant($content)
            }
        }
    )*};
}

conversions! {
    UserRef::AcsUser: AcsUserId, id => id;
    UserRef::Identity: UserIdentityId, id => id;
    // By reference only, because callers usually go on using the resource.
    UserRef::AcsUser: &AcsUser, user => user.acs_user_id;
    UserRef::Identity: &UserIdentity, identity => identity.user_identity_id;
    AcsUserSelector::Id: AcsUserId, id => id;
    AcsUserSelector::Id: &AcsUser, user => user.acs_user_id;
    UserIdentitySelector::Id: UserIdentityId, id => id;
    UserIdentitySelector::Key: UserIdentityKey, key => key;
    UserIdentitySelector::Id: &UserIdentity, identity => identity.user_identity_id;
}
