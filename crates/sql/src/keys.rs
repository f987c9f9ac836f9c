//! What rows are found by, as every SQL store keeps it in columns of its own.

use std::fmt;

use access_groups_core::{AcsUser, UserIdentity, UserIdentityId};
use access_groups_in_memory::identity_of;

use crate::{Contact, UniqueValue};

/// What a user is found by, beside id, system and creation.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AcsSystemId, AcsUser, AcsUserId, UserIdentityId};
/// use access_groups_sql::UserKeys;
///
/// let ada = AcsUser::new(AcsUserId::from_u128(1), AcsSystemId::from_u128(2), "Ada")
///     .with_email_address("Ada@Example.com");
/// assert_eq!(UserKeys::of(&ada).email.as_deref(), Some("ada@example.com"));
///
/// let identity = UserIdentityId::from_u128(3);
/// let linked = UserKeys::of(&ada.with_user_identity(identity));
/// assert_eq!((linked.identity, linked.email), (Some(identity), None));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserKeys {
    /// The identity that the user is linked to. Site files may link several users of one system to
    /// it, and it need not exist: neither a unique index nor a foreign key would hold.
    pub identity: Option<UserIdentityId>,
    /// The e-mail address with A to Z in lower case, of a user without an identity.
    pub email: Option<String>,
    /// The phone number, of a user without an identity.
    pub phone: Option<String>,
}

impl UserKeys {
    /// The keys of the user.
    #[must_use]
    pub fn of(user: &AcsUser) -> Self {
        let mut keys = Self {
            identity: identity_of(user),
            ..Self::default()
        };
        for contact in Contact::of_unlinked(user) {
            match contact {
                Contact::Email(address) => keys.email = Some(address),
                Contact::Phone(number) => keys.phone = Some(number),
            }
        }
        keys
    }
}

/// Without the contacts, which are personal data.
impl fmt::Debug for UserKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("UserKeys");
        shown.field("identity", &self.identity);
        shown.finish_non_exhaustive()
    }
}

/// What an identity is found by, beside id and creation. Site files may give one value to several
/// identities: a unique index would not hold for all of them.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IdentityKeys {
    /// The key.
    pub key: Option<String>,
    /// The e-mail address with A to Z in lower case.
    pub email: Option<String>,
    /// The phone number.
    pub phone: Option<String>,
}

impl IdentityKeys {
    /// The keys of the identity.
    #[must_use]
    pub fn of(identity: &UserIdentity) -> Self {
        let mut keys = Self::default();
        for value in UniqueValue::of(identity) {
            match value {
                UniqueValue::Key(key) => keys.key = Some(key),
                UniqueValue::Contact(Contact::Email(address)) => keys.email = Some(address),
                UniqueValue::Contact(Contact::Phone(number)) => keys.phone = Some(number),
            }
        }
        keys
    }
}

/// Without the values, which are personal data.
impl fmt::Debug for IdentityKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityKeys").finish_non_exhaustive()
    }
}
