use serde::Serialize;

use crate::{
    AccessMethodId, AcsCredentialId, AcsSystem, AcsSystemId, ConnectedAccountId, CustomerKey,
    Entrance, EntranceId, LocationId, SearchText, SpaceId,
};

/// Conditions of a listing of systems. A system is listed if it meets all of them.
///
/// The default has no condition and lists all systems of the workspace.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AcsSystem, AcsSystemFilter, AcsSystemId};
///
/// let east = AcsSystem::new(AcsSystemId::from_u128(1), "East Wing");
/// assert!(AcsSystemFilter::new().fits(&east));
/// assert!(AcsSystemFilter::new().matching("wing".parse()?).fits(&east));
/// assert!(!AcsSystemFilter::new().matching("west".parse()?).fits(&east));
/// # Ok::<(), access_groups_core::ParseSearchError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize)]
#[non_exhaustive]
pub struct AcsSystemFilter {
    /// Systems that Seam reaches through this account.
    pub connected_account: Option<ConnectedAccountId>,
    /// Systems of this customer. Adapters without customers list none.
    pub customer_key: Option<CustomerKey>,
    /// Systems whose name or id contains this text, in any case.
    pub search: Option<SearchText>,
}

impl AcsSystemFilter {
    /// All systems.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    crate::setters! {
        /// Only systems whose name or id contains this text.
        matching(search: SearchText) => search = Some(search);
    }

    /// Whether the system meets every condition. A condition on a customer is met by none.
    #[must_use]
    pub fn fits(&self, system: &AcsSystem) -> bool {
        // Seam's resource does not name its customer: listing nothing is safer than everything.
        self.customer_key.is_none()
            && is_account(self.connected_account, &system.connected_account_id)
            && self.search.as_ref().is_none_or(|search| {
                search.is_in(&system.name) || search.is_in(&system.acs_system_id.to_string())
            })
    }
}

/// Conditions of a listing of entrances. An entrance is listed if it meets all of them.
///
/// The default has no condition and lists all entrances of the workspace.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AcsSystemId, Entrance, EntranceFilter, EntranceId};
///
/// let id = EntranceId::from_u128(1);
/// let door = Entrance::new(id, AcsSystemId::from_u128(2), "Front Door");
/// assert!(EntranceFilter::new().fits(&door)); // no condition: everything
/// assert!(EntranceFilter::new().among([id]).fits(&door));
///
/// assert!(!EntranceFilter::new().among([]).fits(&door)); // an empty list: nothing
///
/// // The name only: unlike groups and systems, entrances are not found by id.
/// assert!(!EntranceFilter::new().matching(id.to_string().parse()?).fits(&door));
/// # Ok::<(), access_groups_core::ParseSearchError>(())
/// ```
// Page cursors are bound to the serialised filter: renaming a field invalidates those in use.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize)]
#[non_exhaustive]
pub struct EntranceFilter {
    /// Entrances of this system. An unknown system has none.
    pub system: Option<AcsSystemId>,
    /// Only these entrances; an empty list selects none. Seam: `acs_entrance_ids`.
    pub entrances: Option<Vec<EntranceId>>,
    /// Entrances that Seam reaches through this account.
    pub connected_account: Option<ConnectedAccountId>,
    /// Entrances of this space.
    pub space: Option<SpaceId>,
    /// Entrances of this location; deprecated by Seam in favour of spaces. Adapters without
    /// locations list none.
    pub location: Option<LocationId>,
    /// Entrances that this credential opens. Adapters without credentials list none.
    pub credential: Option<AcsCredentialId>,
    /// Entrances that this access method opens. Adapters without access methods list none.
    pub access_method: Option<AccessMethodId>,
    /// Entrances of this customer. Adapters without customers list none.
    pub customer_key: Option<CustomerKey>,
    /// Entrances whose display name contains this text, in any case.
    pub search: Option<SearchText>,
}

impl EntranceFilter {
    /// All entrances.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    crate::setters! {
        /// Only entrances of this system.
        in_system(system: AcsSystemId) => system = Some(system);

        /// Only these entrances.
        among(entrances: impl IntoIterator<Item = EntranceId>) => entrances = Some(entrances.into_iter().collect());

        /// Only entrances whose display name contains this text.
        matching(search: SearchText) => search = Some(search);
    }

    /// Whether the entrance meets every condition. Conditions on a customer, a location, a
    /// credential or an access method are met by none.
    #[must_use]
    pub fn fits(&self, entrance: &Entrance) -> bool {
        // Seam's resource does not name these four: listing nothing is safer than everything.
        self.customer_key.is_none()
            && self.location.is_none()
            && self.credential.is_none()
            && self.access_method.is_none()
            && self
                .system
                .is_none_or(|system| entrance.acs_system_id == system)
            && self
                .entrances
                .as_ref()
                .is_none_or(|ids| ids.contains(&entrance.acs_entrance_id))
            && is_account(self.connected_account, &entrance.connected_account_id)
            && self.space.is_none_or(|space| {
                // Ids that are only shown are opaque texts: one that is not a UUID matches nothing.
                let mut spaces = entrance.space_ids.iter();
                spaces.any(|id| id.parse() == Ok(space))
            })
            && self
                .search
                .as_ref()
                .is_none_or(|search| search.is_in(&entrance.display_name))
    }
}

/// Whether the opaque text is the id of this account; without a condition, any text is.
fn is_account(condition: Option<ConnectedAccountId>, text: &str) -> bool {
    condition.is_none_or(|account| text.parse() == Ok(account))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYSTEM: AcsSystemId = AcsSystemId::from_u128(1);

    fn check(edit: impl FnOnce(&mut EntranceFilter), expected: bool) {
        let mut door = Entrance::new(EntranceId::from_u128(5), SYSTEM, "Front Door");
        door.space_ids = vec![SpaceId::from_u128(7).to_string()];
        door.connected_account_id = ConnectedAccountId::from_u128(8).to_string();
        let mut filter = EntranceFilter::new();
        edit(&mut filter);
        assert_eq!(filter.fits(&door), expected, "{filter:?}");
    }

    #[test]
    fn every_entrance_condition_must_hold() {
        check(|_| (), true);
        check(|filter| filter.system = Some(SYSTEM), true);
        check(
            |filter| filter.system = Some(AcsSystemId::from_u128(2)),
            false,
        );
        check(
            |filter| filter.entrances = Some(vec![EntranceId::from_u128(5)]),
            true,
        );
        check(
            |filter| filter.entrances = Some(vec![EntranceId::from_u128(6)]),
            false,
        );
        check(|filter| filter.entrances = Some(Vec::new()), false);
        check(|filter| filter.space = Some(SpaceId::from_u128(7)), true);
        check(|filter| filter.space = Some(SpaceId::from_u128(8)), false);
        let account = |id| Some(ConnectedAccountId::from_u128(id));
        check(|filter| filter.connected_account = account(8), true);
        check(|filter| filter.connected_account = account(7), false);
        check(|filter| filter.search = "front".parse().ok(), true);
        check(|filter| filter.search = "back".parse().ok(), false);
    }

    #[test]
    fn unknown_attributes_match_no_entrance() {
        check(|filter| filter.customer_key = "acme".parse().ok(), false);
        check(
            |filter| filter.location = Some(LocationId::from_u128(1)),
            false,
        );
        check(
            |filter| filter.credential = Some(AcsCredentialId::from_u128(1)),
            false,
        );
        check(
            |filter| filter.access_method = Some(AccessMethodId::from_u128(1)),
            false,
        );
    }

    fn check_system(edit: impl FnOnce(&mut AcsSystemFilter), expected: bool) {
        let mut system = AcsSystem::new(SYSTEM, "East Wing");
        system.connected_account_id = ConnectedAccountId::from_u128(8).to_string();
        let mut filter = AcsSystemFilter::new();
        edit(&mut filter);
        assert_eq!(filter.fits(&system), expected, "{filter:?}");
    }

    #[test]
    fn every_system_condition_must_hold() {
        check_system(|_| (), true);
        check_system(|filter| filter.search = "wing".parse().ok(), true);
        check_system(|filter| filter.search = "-000000000001".parse().ok(), true);
        check_system(|filter| filter.search = "west".parse().ok(), false);
        let account = |id| Some(ConnectedAccountId::from_u128(id));
        check_system(|filter| filter.connected_account = account(8), true);
        check_system(|filter| filter.connected_account = account(7), false);
        check_system(|filter| filter.customer_key = "acme".parse().ok(), false);
    }
}
