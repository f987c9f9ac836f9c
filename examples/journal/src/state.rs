//! The state of the building, and what can be read of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
};

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsSystem, AcsSystemFilter, AcsSystemId,
    AcsUser, AcsUserFilter, AcsUserId, AcsUserSelector, Entrance, EntranceFilter, EntranceId,
    Error, Page, PageRequest, Position, UserIdentity, UserIdentityId, names,
};
use serde::Serialize;

/// The resources of a building, given at every opening; only their memberships change.
#[derive(Debug, Clone, Default)]
pub struct Building {
    /// The access control systems.
    pub systems: Vec<AcsSystem>,
    /// The ACS users.
    pub users: Vec<AcsUser>,
    /// The user identities; a user's `user_identity_id` links the two.
    pub identities: Vec<UserIdentity>,
    /// The groups; their members are in the journal.
    pub groups: Vec<AccessGroup>,
    /// The entrances.
    pub entrances: Vec<Entrance>,
    /// Which group holds which entrances.
    pub group_entrances: Vec<(AccessGroupId, EntranceId)>,
}

/// The building after all changes.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) systems: BTreeMap<AcsSystemId, AcsSystem>,
    pub(crate) users: BTreeMap<AcsUserId, AcsUser>,
    pub(crate) identities: BTreeMap<UserIdentityId, UserIdentity>,
    pub(crate) groups: BTreeMap<AccessGroupId, AccessGroup>,
    pub(crate) entrances: BTreeMap<EntranceId, Entrance>,
    pub(crate) group_entrances: BTreeSet<(AccessGroupId, EntranceId)>,
    pub(crate) members: BTreeSet<(AcsUserId, AccessGroupId)>,
}

impl From<Building> for State {
    fn from(building: Building) -> Self {
        let systems = building.systems.into_iter();
        let users = building.users.into_iter();
        let identities = building.identities.into_iter();
        let groups = building.groups.into_iter();
        let entrances = building.entrances.into_iter();
        Self {
            systems: systems
                .map(|system| (system.acs_system_id, system))
                .collect(),
            users: users.map(|user| (user.acs_user_id, user)).collect(),
            identities: identities
                .map(|identity| (identity.user_identity_id, identity))
                .collect(),
            groups: groups
                .map(|group| (group.acs_access_group_id, group))
                .collect(),
            entrances: entrances
                .map(|entrance| (entrance.acs_entrance_id, entrance))
                .collect(),
            group_entrances: building.group_entrances.into_iter().collect(),
            members: BTreeSet::new(),
        }
    }
}

/// Single reads.
impl State {
    pub(crate) fn user(&self, user: AcsUserId) -> Result<&AcsUser, Error> {
        let found = self.users.get(&user);
        found.ok_or_else(|| Error::unknown(user))
    }

    /// The user, by id or by identity and system.
    pub(crate) fn selected(&self, user: AcsUserSelector) -> Result<&AcsUser, Error> {
        let (identity, system) = match user {
            AcsUserSelector::Id(user) => return self.user(user),
            AcsUserSelector::Identity { identity, system } => (identity, system),
        };
        self.identity(identity)?;
        self.system(system)?;
        self.linked_in(identity, system).ok_or_else(|| {
            let message =
                format!("user identity {identity} has no ACS user in ACS system {system}");
            Error::not_found(message).with_code("acs_user_not_found")
        })
    }

    pub(crate) fn system(&self, system: AcsSystemId) -> Result<&AcsSystem, Error> {
        let found = self.systems.get(&system);
        found.ok_or_else(|| Error::unknown(system))
    }

    pub(crate) fn group(&self, group: AccessGroupId) -> Result<&AccessGroup, Error> {
        let found = self.groups.get(&group);
        found.ok_or_else(|| Error::unknown(group))
    }

    pub(crate) fn entrance(&self, entrance: EntranceId) -> Result<&Entrance, Error> {
        let found = self.entrances.get(&entrance);
        found.ok_or_else(|| Error::unknown(entrance))
    }

    pub(crate) fn groups(&self, filter: &AccessGroupFilter) -> Vec<AccessGroup> {
        // `fits` compares system and text; a group does not know its members.
        let passes = |group: &&AccessGroup| {
            let id = group.acs_access_group_id;
            let has = |user| self.members.contains(&(user, id));
            let has_linked = |identity| self.linked(identity).any(|user| has(user.acs_user_id));
            filter.fits(group)
                && filter.user.is_none_or(has)
                && filter.identity.is_none_or(has_linked)
        };
        self.groups.values().filter(passes).cloned().collect()
    }

    pub(crate) fn members(&self, group: AccessGroupId) -> Result<Vec<AcsUser>, Error> {
        self.group(group)?;
        let is_member = move |user: &&AcsUser| self.members.contains(&(user.acs_user_id, group));
        Ok(self.users.values().filter(is_member).cloned().collect())
    }

    pub(crate) fn entrances_of_group(&self, group: AccessGroupId) -> Result<Vec<Entrance>, Error> {
        self.group(group)?;
        let held = move |entrance: &&Entrance| {
            let pair = (group, entrance.acs_entrance_id);
            self.group_entrances.contains(&pair)
        };
        Ok(self.entrances.values().filter(held).cloned().collect())
    }

    pub(crate) fn identity(&self, identity: UserIdentityId) -> Result<&UserIdentity, Error> {
        let found = self.identities.get(&identity);
        found.ok_or_else(|| Error::unknown(identity))
    }

    /// The users of the identity, in all systems.
    pub(crate) fn linked(&self, identity: UserIdentityId) -> impl Iterator<Item = &AcsUser> {
        let identity = identity.to_string();
        let users = self.users.values();
        users.filter(move |user| user.user_identity_id.as_ref() == Some(&identity))
    }

    pub(crate) fn linked_in(
        &self,
        identity: UserIdentityId,
        system: AcsSystemId,
    ) -> Option<&AcsUser> {
        self.linked(identity)
            .find(|user| user.acs_system_id == system)
    }

    /// The unlinked user that matches the identity: by e-mail address, else by phone number.
    pub(crate) fn match_in(
        &self,
        identity: &UserIdentity,
        system: AcsSystemId,
    ) -> Option<&AcsUser> {
        let unlinked = || {
            let users = self.users.values();
            users.filter(|user| user.acs_system_id == system && user.user_identity_id.is_none())
        };
        let (email, phone) = (&identity.email_address, &identity.phone_number);
        let by_email = unlinked().filter(|user| is_same_email(&user.email_address, email));
        let by_phone = unlinked().filter(|user| is_same(&user.phone_number, phone));
        let first = by_email.min_by_key(|user| user.created_at);
        first.or_else(|| by_phone.min_by_key(|user| user.created_at))
    }
}

/// Lists; those in pages are sorted by age.
impl State {
    pub(crate) fn systems(&self, filter: &AcsSystemFilter) -> Vec<AcsSystem> {
        let systems = self.systems.values();
        systems
            .filter(|system| filter.fits(system))
            .cloned()
            .collect()
    }

    pub(crate) fn page_of_users(
        &self,
        filter: &AcsUserFilter,
        page: &PageRequest,
    ) -> Result<Page<AcsUser>, Error> {
        let users = self.users.values();
        let passing = users.filter(|user| filter.fits(user, self.identity_of(user)));
        let position = |user: &AcsUser| Position::new(user.created_at, user.acs_user_id);
        cut(passing.cloned().collect(), position, filter, page)
    }

    pub(crate) fn page_of_entrances(
        &self,
        filter: &EntranceFilter,
        page: &PageRequest,
    ) -> Result<Page<Entrance>, Error> {
        let entrances = self.entrances.values();
        let passing = entrances.filter(|entrance| filter.fits(entrance));
        let position =
            |entrance: &Entrance| Position::new(entrance.created_at, entrance.acs_entrance_id);
        cut(passing.cloned().collect(), position, filter, page)
    }

    /// The entrances of the user's groups, each once.
    pub(crate) fn entrances_of_user(&self, user: AcsUserSelector) -> Result<Vec<Entrance>, Error> {
        let user = self.selected(user)?.acs_user_id;
        let opens = move |entrance: &&Entrance| {
            let mut held = self.group_entrances.iter();
            held.any(|(group, entrance_id)| {
                *entrance_id == entrance.acs_entrance_id && self.members.contains(&(user, *group))
            })
        };
        Ok(self.entrances.values().filter(opens).cloned().collect())
    }

    fn identity_of(&self, user: &AcsUser) -> Option<&UserIdentity> {
        let id = user.user_identity_id.as_ref()?.parse().ok()?;
        self.identities.get(&id)
    }
}

/// Sorts the rows by age and cuts the page out of them; the core makes the cursor.
fn cut<T>(
    mut rows: Vec<T>,
    position: impl Fn(&T) -> Position,
    question: &impl Serialize,
    page: &PageRequest,
) -> Result<Page<T>, Error> {
    let start = page.start(question)?;
    rows.retain(|row| start.is_none_or(|start| position(row) > start));
    rows.sort_by_key(&position);
    Ok(page.cut(question, ROWS, rows, position))
}

/// The default number of rows in a page.
const ROWS: NonZeroU32 = NonZeroU32::new(500).expect("not zero");

/// Compares e-mail addresses as the contract says; an empty one equals nothing.
fn is_same_email(ours: &Option<String>, theirs: &Option<String>) -> bool {
    let (Some(ours), Some(theirs)) = (ours, theirs) else {
        return false;
    };
    !ours.is_empty() && names::are_same_address(ours, theirs)
}

/// Compares exactly; an empty value equals nothing.
fn is_same(ours: &Option<String>, theirs: &Option<String>) -> bool {
    ours == theirs && ours.as_ref().is_some_and(|text| !text.is_empty())
}
