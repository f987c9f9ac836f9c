//! A part of a site as a state: the rules for a store that keeps rows elsewhere.

use access_groups_core::{
    AccessGroup, AccessGroupId, AcsSystem, AcsUser, AcsUserId, Entrance, EntranceId, UserIdentity,
    Workspace,
};

use super::State;
use crate::index::Paged;

/// Some resources of a site and some of its pairs, in any order.
///
/// A pair may name what is not in the slice. Of two resources with one id, the later one counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slice {
    /// The workspace, if it was set. Default: none.
    pub workspace: Option<Workspace>,
    /// Systems. Default: none.
    pub systems: Vec<AcsSystem>,
    /// Identities. Default: none.
    pub identities: Vec<UserIdentity>,
    /// Users. Default: none.
    pub users: Vec<AcsUser>,
    /// Groups. Default: none.
    pub groups: Vec<AccessGroup>,
    /// Entrances. Default: none.
    pub entrances: Vec<Entrance>,
    /// Who is in which group. Default: none.
    pub memberships: Vec<(AcsUserId, AccessGroupId)>,
    /// Direct grants. Default: none.
    pub grants: Vec<(AcsUserId, EntranceId)>,
    /// Which group holds which entrance. Default: none.
    pub group_entrances: Vec<(AccessGroupId, EntranceId)>,
}

impl Slice {
    /// Adds what another slice holds.
    pub fn append(&mut self, mut other: Self) {
        if other.workspace.is_some() {
            self.workspace = other.workspace;
        }
        self.systems.append(&mut other.systems);
        self.identities.append(&mut other.identities);
        self.users.append(&mut other.users);
        self.groups.append(&mut other.groups);
        self.entrances.append(&mut other.entrances);
        self.memberships.append(&mut other.memberships);
        self.grants.append(&mut other.grants);
        self.group_entrances.append(&mut other.group_entrances);
    }
}

impl State {
    /// The state that holds the slice, with this [`revision`](Self::revision). New ids follow from it.
    ///
    /// An operation that sees nothing beyond the slice has the same outcome as on the whole site
    /// with the same revision. Nothing is checked, so the answers of other operations are wrong, and
    /// so are those of lists. Nothing is pending, whatever the resources show.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::{AccessGroup, AccessGroupId, AcsSystemId, AcsUser, AcsUserId};
    /// use access_groups_in_memory::{Slice, State};
    ///
    /// let (system, ada) = (AcsSystemId::from_u128(1), AcsUserId::from_u128(2));
    /// let gym = AccessGroupId::from_u128(3);
    /// let slice = Slice {
    ///     users: vec![AcsUser::new(ada, system, "Ada")],
    ///     groups: vec![AccessGroup::new(gym, system, "Gym")], // without their system
    ///     ..Slice::default()
    /// };
    /// let mut state = State::from_slice(slice, 7);
    /// assert!(state.add_user(ada, gym)?);
    /// assert_eq!(state.revision(), 8);
    /// # Ok::<(), access_groups_core::Error>(())
    /// ```
    #[must_use]
    pub fn from_slice(slice: Slice, revision: u64) -> Self {
        let mut state = Self {
            workspace: slice.workspace,
            revision,
            ..Self::default()
        };
        for system in slice.systems {
            state.systems.insert(system.acs_system_id, system);
        }
        slice
            .identities
            .into_iter()
            .for_each(|row| state.hold_identity(row));
        slice.users.into_iter().for_each(|row| state.hold_user(row));
        slice
            .groups
            .into_iter()
            .for_each(|row| state.hold_group(row));
        slice
            .entrances
            .into_iter()
            .for_each(|row| state.hold_entrance(row));
        for (user, group) in slice.memberships {
            state.memberships.insert(user, group);
        }
        state.grants.extend(slice.grants);
        for (group, entrance) in slice.group_entrances {
            let held = state.entrances_of_group.entry(group).or_default();
            held.insert(entrance);
        }
        state
    }

    /// Puts the identity into the table and its indexes, in place of one with that id.
    pub(super) fn hold_identity(&mut self, identity: UserIdentity) {
        let id = identity.user_identity_id;
        if let Some(old) = self.identities.remove(&id) {
            self.identity_index.remove(&old);
            self.identities_by_creation.remove(None, old.position());
        }
        self.identity_index.insert(&identity);
        self.identities_by_creation
            .insert(None, identity.position());
        self.identities.insert(id, identity);
    }

    /// Puts the user into the table and its indexes, in place of one with that id.
    pub(super) fn hold_user(&mut self, user: AcsUser) {
        let (id, system) = (user.acs_user_id, user.acs_system_id);
        if let Some(old) = self.users.remove(id) {
            self.user_index.remove(&old);
            self.users_by_creation
                .remove(Some(old.acs_system_id), old.position());
        }
        self.user_index.insert(&user);
        self.users_by_creation.insert(Some(system), user.position());
        self.users.insert(id, system, user);
    }

    /// Puts the group into the table and its index, in place of one with that id.
    pub(super) fn hold_group(&mut self, group: AccessGroup) {
        let (id, system) = (group.acs_access_group_id, group.acs_system_id);
        if let Some(old) = self.groups.remove(id)
            && let Some(ids) = self.groups_of_system.get_mut(&old.acs_system_id)
        {
            ids.remove(&id);
        }
        self.groups.insert(id, system, group);
        self.groups_of_system.entry(system).or_default().insert(id);
    }

    /// Puts the entrance into the table and its index, in place of one with that id.
    pub(super) fn hold_entrance(&mut self, entrance: Entrance) {
        let (id, system) = (entrance.acs_entrance_id, entrance.acs_system_id);
        if let Some(old) = self.entrances.remove(&id) {
            self.entrances_by_creation
                .remove(Some(old.acs_system_id), old.position());
        }
        self.entrances_by_creation
            .insert(Some(system), entrance.position());
        self.entrances.insert(id, entrance);
    }
}
