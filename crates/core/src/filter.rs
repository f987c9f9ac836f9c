//! What a listing shows.

mod acs_user;
mod directory;
mod user_identity;

use std::{fmt, str::FromStr};

use crate::{AccessGroup, AcsSystemId, AcsUserId, UserIdentityId};

pub use acs_user::{AcsUserFilter, UnmanagedAcsUserFilter};
pub use directory::{AcsSystemFilter, EntranceFilter};
pub use user_identity::UserIdentityFilter;

/// Which groups a listing shows: those that pass every condition given.
///
/// The default has no condition and shows all groups of the workspace.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessGroupFilter, AcsUserId};
///
/// let filter = AccessGroupFilter::new()
///     .of_user(AcsUserId::from_u128(1))
///     .matching("gym".parse()?);
/// # Ok::<(), access_groups_core::ParseSearchError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct AccessGroupFilter {
    /// Groups of this system; of an unknown one there are none.
    pub system: Option<AcsSystemId>,
    /// Groups that this user is a member of; of an unknown one there are none.
    pub user: Option<AcsUserId>,
    /// Groups that an ACS user linked to this identity is a member of; of an unknown one there
    /// are none.
    pub identity: Option<UserIdentityId>,
    /// Groups whose name or id contains this text.
    pub search: Option<SearchText>,
}

impl AccessGroupFilter {
    /// All groups.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only groups of this system.
    #[must_use]
    pub fn in_system(mut self, system: AcsSystemId) -> Self {
        self.system = Some(system);
        self
    }

    /// Only groups that this user is a member of.
    #[must_use]
    pub fn of_user(mut self, user: AcsUserId) -> Self {
        self.user = Some(user);
        self
    }

    /// Only groups that an ACS user linked to this identity is a member of.
    #[must_use]
    pub fn of_identity(mut self, identity: UserIdentityId) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Only groups whose name or id contains this text.
    #[must_use]
    pub fn matching(mut self, search: SearchText) -> Self {
        self.search = Some(search);
        self
    }

    /// Whether the system and the text of the filter fit the group; membership is not
    /// looked at, for a group does not know its members.
    #[must_use]
    pub fn fits(&self, group: &AccessGroup) -> bool {
        self.system
            .is_none_or(|system| group.acs_system_id == system)
            && self.search.as_ref().is_none_or(|search| {
                search.is_in(&group.name) || search.is_in(&group.acs_access_group_id.to_string())
            })
    }
}

/// A text to search for: 1 to 1,000 characters, matched anywhere and in any case.
///
/// # Examples
///
/// ```
/// use access_groups_core::SearchText;
///
/// let search: SearchText = "GYM".parse()?;
/// assert!(search.is_in("Residents' gym"));
/// assert!("".parse::<SearchText>().is_err());
/// # Ok::<(), access_groups_core::ParseSearchError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SearchText(String);

impl SearchText {
    /// How many characters it may have.
    pub const MAX_CHARS: usize = 1000;

    /// The text as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the text occurs in `name`, whatever the case.
    #[must_use]
    pub fn is_in(&self, name: &str) -> bool {
        name.to_lowercase().contains(&self.0.to_lowercase())
    }

    /// Whether the text occurs in any of these, whatever the case.
    pub(crate) fn is_in_any<'a>(&self, texts: impl IntoIterator<Item = Option<&'a str>>) -> bool {
        let wanted = self.0.to_lowercase();
        let mut texts = texts.into_iter().flatten();
        texts.any(|text| text.to_lowercase().contains(&wanted))
    }
}

impl FromStr for SearchText {
    type Err = ParseSearchError;

    fn from_str(text: &str) -> Result<Self, ParseSearchError> {
        match text.chars().take(Self::MAX_CHARS + 1).count() {
            0 => return Err(ParseSearchError::Empty),
            count if count > Self::MAX_CHARS => return Err(ParseSearchError::TooLong),
            _ => {}
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for SearchText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that nobody can search for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseSearchError {
    /// A search for nothing.
    #[error("a search needs at least one character")]
    Empty,
    /// More than [`SearchText::MAX_CHARS`].
    #[error("a search has at most {} characters", SearchText::MAX_CHARS)]
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccessGroupId;

    fn check(filter: AccessGroupFilter, expected: bool) {
        let group = AccessGroup::new(AccessGroupId::from_u128(0xabc), SYSTEM, "North Gym");
        assert_eq!(filter.fits(&group), expected, "{filter:?}");
    }

    fn search(text: &str) -> AccessGroupFilter {
        AccessGroupFilter::new().matching(text.parse().expect("not empty"))
    }

    #[test]
    fn every_condition_must_hold() {
        check(AccessGroupFilter::new(), true);
        check(search("north g"), true);
        check(search("000abc"), true);
        check(search("pool"), false);
        check(search("gym").in_system(SYSTEM), true);
        check(search("gym").in_system(AcsSystemId::from_u128(2)), false);
        check(search("pool").in_system(SYSTEM), false);
    }

    #[test]
    fn a_search_has_1_to_1000_characters() {
        let parse = |count| "é".repeat(count).parse::<SearchText>();
        assert_eq!(parse(0), Err(ParseSearchError::Empty));
        assert!(parse(1).is_ok() && parse(1000).is_ok());
        assert_eq!(parse(1001), Err(ParseSearchError::TooLong));
    }

    const SYSTEM: AcsSystemId = AcsSystemId::from_u128(1);
}
