use super::SearchText;
use crate::{
    AccessMethodId, AcsCredentialId, AcsSystem, AcsSystemId, ConnectedAccountId, CustomerKey,
    Entrance, EntranceId, LocationId, SpaceId,
};

/// Which systems a listing shows: those that pass every condition given.
///
/// The default has no condition and shows all systems of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct AcsSystemFilter {
    /// Systems that Seam reaches through this account.
    pub connected_account: Option<ConnectedAccountId>,
    /// Systems of this customer. Adapters that know no customers show none.
    pub customer_key: Option<CustomerKey>,
    /// Systems whose name or id contains this text.
    pub search: Option<SearchText>,
}

impl AcsSystemFilter {
    /// All systems.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only systems whose name or id contains this text.
    #[must_use]
    pub fn matching(mut self, search: SearchText) -> Self {
        self.search = Some(search);
        self
    }

    /// Whether the system passes every condition; no system has a customer.
    #[must_use]
    pub fn fits(&self, system: &AcsSystem) -> bool {
        self.customer_key.is_none()
            && is_account(self.connected_account, &system.connected_account_id)
            && self.search.as_ref().is_none_or(|search| {
                search.is_in_any([
                    Some(system.name.as_str()),
                    Some(system.acs_system_id.to_string().as_str()),
                ])
            })
    }
}

/// Which entrances a listing shows: those that pass every condition given.
///
/// The default has no condition and shows all entrances of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct EntranceFilter {
    /// Entrances of this system; of an unknown one there are none.
    pub system: Option<AcsSystemId>,
    /// These entrances only; an empty list shows none.
    pub entrances: Option<Vec<EntranceId>>,
    /// Entrances that Seam reaches through this account.
    pub connected_account: Option<ConnectedAccountId>,
    /// Entrances of this space.
    pub space: Option<SpaceId>,
    /// Entrances of this location: deprecated by Seam. Adapters that know no locations show
    /// none.
    pub location: Option<LocationId>,
    /// Entrances that this credential opens. Adapters that know no credentials show none.
    pub credential: Option<AcsCredentialId>,
    /// Entrances that this access method opens. Adapters that know none show none.
    pub access_method: Option<AccessMethodId>,
    /// Entrances of this customer. Adapters that know no customers show none.
    pub customer_key: Option<CustomerKey>,
    /// Entrances whose display name contains this text.
    pub search: Option<SearchText>,
}

impl EntranceFilter {
    /// All entrances.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only entrances of this system.
    #[must_use]
    pub fn in_system(mut self, system: AcsSystemId) -> Self {
        self.system = Some(system);
        self
    }

    /// Only these entrances.
    #[must_use]
    pub fn among(mut self, entrances: impl IntoIterator<Item = EntranceId>) -> Self {
        self.entrances = Some(entrances.into_iter().collect());
        self
    }

    /// Only entrances whose display name contains this text.
    #[must_use]
    pub fn matching(mut self, search: SearchText) -> Self {
        self.search = Some(search);
        self
    }

    /// Whether the entrance passes every condition; no entrance has a customer, a location, a
    /// credential or an access method.
    #[must_use]
    pub fn fits(&self, entrance: &Entrance) -> bool {
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
                let mut spaces = entrance.space_ids.iter();
                spaces.any(|id| id.parse() == Ok(space))
            })
            && self
                .search
                .as_ref()
                .is_none_or(|search| search.is_in(&entrance.display_name))
    }
}

/// Whether the opaque text is the account that is wanted, if one is.
fn is_account(wanted: Option<ConnectedAccountId>, text: &str) -> bool {
    wanted.is_none_or(|account| text.parse() == Ok(account))
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
    fn every_condition_on_an_entrance_must_hold() {
        check(|_| (), true);
        check(|it| it.system = Some(SYSTEM), true);
        check(|it| it.system = Some(AcsSystemId::from_u128(2)), false);
        check(
            |it| it.entrances = Some(vec![EntranceId::from_u128(5)]),
            true,
        );
        check(
            |it| it.entrances = Some(vec![EntranceId::from_u128(6)]),
            false,
        );
        check(|it| it.entrances = Some(Vec::new()), false);
        check(|it| it.space = Some(SpaceId::from_u128(7)), true);
        check(|it| it.space = Some(SpaceId::from_u128(8)), false);
        let account = |id| Some(ConnectedAccountId::from_u128(id));
        check(|it| it.connected_account = account(8), true);
        check(|it| it.connected_account = account(7), false);
        check(|it| it.search = "front".parse().ok(), true);
        check(|it| it.search = "back".parse().ok(), false);
    }

    #[test]
    fn what_no_entrance_has_finds_none() {
        check(|it| it.customer_key = "acme".parse().ok(), false);
        check(|it| it.location = Some(LocationId::from_u128(1)), false);
        check(
            |it| it.credential = Some(AcsCredentialId::from_u128(1)),
            false,
        );
        check(
            |it| it.access_method = Some(AccessMethodId::from_u128(1)),
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
    fn every_condition_on_a_system_must_hold() {
        check_system(|_| (), true);
        check_system(|it| it.search = "wing".parse().ok(), true);
        check_system(|it| it.search = "-000000000001".parse().ok(), true);
        check_system(|it| it.search = "west".parse().ok(), false);
        let account = |id| Some(ConnectedAccountId::from_u128(id));
        check_system(|it| it.connected_account = account(8), true);
        check_system(|it| it.connected_account = account(7), false);
        check_system(|it| it.customer_key = "acme".parse().ok(), false);
    }
}
