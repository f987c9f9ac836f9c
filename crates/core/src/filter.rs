//! Filters: the conditions of a listing.
//!
//! A filter decides what a listing shows. Services apply it themselves; the `fits` methods are for
//! adapters that keep the data, and define what each condition means.

mod directory;
mod people;

use serde::Serialize;

use crate::{AccessGroup, AcsSystemId, AcsUserId, SearchText, UserIdentityId};

pub use directory::{AcsSystemFilter, EntranceFilter};
pub use people::{AcsUserFilter, UserIdentityFilter};

/// Conditions of a listing of groups. A group is listed if it meets all of them.
///
/// The default has no condition and lists all groups of the workspace.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessGroupFilter, AcsUserId, SearchText};
///
/// let filter = AccessGroupFilter::new()
///     .of_user(AcsUserId::from_u128(1))
///     .matching("gym".parse()?);
/// assert_eq!(filter.system, None); // in any system
///
/// assert!("".parse::<SearchText>().is_err()); // no condition is `None`, not an empty text
/// # Ok::<(), access_groups_core::ParseSearchError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize)]
#[non_exhaustive]
pub struct AccessGroupFilter {
    /// Groups of this system. An unknown system has none.
    pub system: Option<AcsSystemId>,
    /// Groups that this user is a member of. An unknown user is a member of none.
    pub user: Option<AcsUserId>,
    /// Groups that an ACS user linked to this identity is a member of. An unknown identity has
    /// none.
    pub identity: Option<UserIdentityId>,
    /// Groups whose name or id contains this text, in any case.
    pub search: Option<SearchText>,
}

impl AccessGroupFilter {
    /// All groups.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    crate::setters! {
        /// Only groups of this system.
        in_system(system: AcsSystemId) => system = Some(system);

        /// Only groups that this user is a member of.
        of_user(user: AcsUserId) => user = Some(user);

        /// Only groups that an ACS user linked to this identity is a member of.
        of_identity(identity: UserIdentityId) => identity = Some(identity);

        /// Only groups whose name or id contains this text.
        matching(search: SearchText) => search = Some(search);
    }

    /// Whether the group meets the conditions on system and text.
    ///
    /// A group does not list its members, so an adapter checks [`user`](Self::user) and
    /// [`identity`](Self::identity) itself.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::{
    ///     AccessGroup, AccessGroupFilter, AccessGroupId, AcsSystemId, AcsUserId,
    /// };
    ///
    /// let system = AcsSystemId::from_u128(1);
    /// let gym = AccessGroup::new(AccessGroupId::from_u128(2), system, "North Gym");
    /// let filter = AccessGroupFilter::new().in_system(system).matching("GYM".parse()?);
    /// assert!(filter.fits(&gym));
    /// assert!(!filter.clone().matching("pool".parse()?).fits(&gym));
    ///
    /// assert!(filter.of_user(AcsUserId::from_u128(3)).fits(&gym)); // membership is not checked
    /// # Ok::<(), access_groups_core::ParseSearchError>(())
    /// ```
    #[must_use]
    pub fn fits(&self, group: &AccessGroup) -> bool {
        // As in Seam's API, the display name is not searched.
        self.system
            .is_none_or(|system| group.acs_system_id == system)
            && self.search.as_ref().is_none_or(|search| {
                search.is_in(&group.name) || search.is_in(&group.acs_access_group_id.to_string())
            })
    }
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

    const SYSTEM: AcsSystemId = AcsSystemId::from_u128(1);
}
