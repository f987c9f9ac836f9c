//! Ids: UUID newtypes, checked once at the edge.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

/// The ids: each row is a type and the noun that messages use for it.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $noun:literal;)*) => {$(
        $(#[$doc])*
        ///
        /// A UUID: `Copy`, ordered, hashed, and checked once, when it is parsed.
        /// The default is the nil UUID.
        ///
        /// # Examples
        ///
        /// ```
        #[doc = concat!("use access_groups_core::", stringify!($name), ";")]
        ///
        #[doc = concat!("let id: ", stringify!($name), " = \"3f2504e0-4f89-41d3-9a0c-0305e82c3301\".parse()?;")]
        /// assert_eq!(id.to_string(), "3f2504e0-4f89-41d3-9a0c-0305e82c3301");
        ///
        #[doc = concat!("assert!(\"front door\".parse::<", stringify!($name), ">().is_err());")]
        /// # Ok::<(), access_groups_core::ParseIdError>(())
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            #[doc = concat!("The noun for it in messages: \"", $noun, "\".")]
            pub const NOUN: &'static str = $noun;

            /// The id with this UUID.
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The id with this 128-bit value: useful in tests, `from_u128(1)`.
            #[must_use]
            pub const fn from_u128(value: u128) -> Self {
                Self(Uuid::from_u128(value))
            }

            /// The UUID behind the id.
            #[must_use]
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                parse_uuid(text).map(Self).ok_or(ParseIdError { noun: $noun })
            }
        }

        // Not derived: uuid reads more forms, and its messages do not name the kind of id.
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <Cow<'de, str>>::deserialize(deserializer)?
                    .parse()
                    .map_err(serde::de::Error::custom)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    )*};
}

ids! {
    /// Identifies a person within one access control system.
    AcsUserId = "ACS user";
    /// Identifies a set of ACS users combined with permissions.
    AccessGroupId = "access group";
    /// Identifies an access control system: a site or a building.
    AcsSystemId = "ACS system";
    /// Identifies a door, an area or another asset that a user can open.
    EntranceId = "entrance";
    /// Identifies a person across access control systems.
    UserIdentityId = "user identity";
    /// Identifies a tenant; a credential belongs to exactly one.
    WorkspaceId = "workspace";
    /// Identifies the account through which Seam reaches a provider: a condition of a listing.
    ConnectedAccountId = "connected account";
    /// Identifies a credential, such as a card or a code: a condition of a listing.
    AcsCredentialId = "ACS credential";
    /// Identifies an access method, which an access grant creates: a condition of a listing.
    AccessMethodId = "access method";
    /// Identifies a space, such as a room or a floor: a condition of a listing.
    SpaceId = "space";
    /// Identifies a location, the former name of a space in Seam: a condition of a listing.
    LocationId = "location";
}

/// The error of a text that is not an id.
///
/// The message names the kind of id. It does not contain the text, which may be personal data or a
/// secret in the wrong place.
///
/// # Examples
///
/// ```
/// use access_groups_core::EntranceId;
///
/// let error = "front door".parse::<EntranceId>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "invalid id (entrance): expected a UUID like 3f2504e0-4f89-41d3-9a0c-0305e82c3301",
/// );
///
/// // Only the hyphenated form is an id:
/// assert!("3f2504e04f8941d39a0c0305e82c3301".parse::<EntranceId>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid id ({noun}): expected a UUID like 3f2504e0-4f89-41d3-9a0c-0305e82c3301")]
pub struct ParseIdError {
    noun: &'static str,
}

/// The hyphenated form only: what Seam's API shows and accepts.
pub(crate) fn parse_uuid(text: &str) -> Option<Uuid> {
    // uuid also reads braces, URNs and bare digits: one resource would then have several texts.
    if text.len() != uuid::fmt::Hyphenated::LENGTH {
        return None;
    }
    Uuid::try_parse(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: bool) {
        assert_eq!(text.parse::<AcsUserId>().is_ok(), expected, "{text:?}");
    }

    #[test]
    fn only_hyphenated_uuids_are_ids() {
        check("3f2504e0-4f89-41d3-9a0c-0305e82c3301", true);
        check("3F2504E0-4F89-41D3-9A0C-0305E82C3301", true);
        check("00000000-0000-0000-0000-000000000000", true);
        check("", false);
        check("abc", false);
        check("3f2504e04f8941d39a0c0305e82c3301", false);
        check("{3f2504e0-4f89-41d3-9a0c-0305e82c3301}", false);
        check("urn:uuid:3f2504e0-4f89-41d3-9a0c-0305e82c3301", false);
        check(" 3f2504e0-4f89-41d3-9a0c-0305e82c3301", false);
        check("3f2504e0-4f89-41d3-9a0c-0305e82c330g", false);
    }

    #[test]
    fn a_parse_error_names_the_kind_and_not_the_text() {
        let error = "swordfish".parse::<AccessGroupId>().expect_err("no id");
        let message = format!("{error} {error:?}");
        assert!(message.contains("access group"), "{message}");
        assert!(message.contains("expected a UUID"), "{message}");
        assert!(!message.contains("swordfish"), "{message}");
    }
}
