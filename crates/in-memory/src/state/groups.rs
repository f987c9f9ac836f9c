//! Access groups: their members, and the entrances that these can open.

use std::collections::BTreeSet;

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsSystemId, AcsUser, AcsUserId, Entrance,
    EntranceId, Error,
};

use super::{State, check_free, check_same_system};
use crate::membership::sorted;

impl State {
    /// Adds the user to the group; `false` if they were a member.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such user, else no such group.
    /// - `Invalid`: user and group belong to different systems.
    pub fn add_user(&mut self, user: AcsUserId, group: AccessGroupId) -> Result<bool, Error> {
        let (of_user, of_group) = self.systems_of(user, group)?;
        if of_user != of_group {
            return Err(Error::invalid(format!(
                "ACS user {user} belongs to ACS system {of_user}, access group {group} to ACS \
                 system {of_group}: only users of its own system can be members"
            )));
        }
        let changed = self.memberships.insert(user, group);
        Ok(self.membership_changed(changed, user, group))
    }

    /// Removes the user from the group; `false` if they were not a member.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such user, else no such group.
    pub fn remove_user(&mut self, user: AcsUserId, group: AccessGroupId) -> Result<bool, Error> {
        // Another system is no error here: its users are never members, so nothing has to change.
        self.systems_of(user, group)?;
        let changed = self.memberships.remove(user, group);
        Ok(self.membership_changed(changed, user, group))
    }

    /// Whether the user is a member of the group; `false` if one of them does not exist.
    #[must_use]
    pub fn is_member(&self, user: AcsUserId, group: AccessGroupId) -> bool {
        self.memberships.contains(user, group)
    }

    /// The groups of the user, in no order; none if the user does not exist.
    pub fn groups_of(&self, user: AcsUserId) -> impl Iterator<Item = AccessGroupId> {
        self.memberships.groups_of(user)
    }

    /// The members of the group, in no order; none if the group does not exist.
    pub fn members_of(&self, group: AccessGroupId) -> impl Iterator<Item = AcsUserId> {
        self.memberships.members_of(group)
    }

    /// Every membership, group by group, sorted by id.
    pub fn memberships(&self) -> impl Iterator<Item = (AcsUserId, AccessGroupId)> {
        self.memberships.pairs()
    }

    /// The group.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such group.
    pub fn access_group(&self, group: AccessGroupId) -> Result<&AccessGroup, Error> {
        self.groups.get(group).ok_or_else(|| Error::unknown(group))
    }

    /// The groups that match the filter; none if its system, user or identity does not exist.
    pub fn access_groups<'a>(
        &'a self,
        filter: &'a AccessGroupFilter,
    ) -> impl Iterator<Item = &'a AccessGroup> {
        // The first condition with an index leaves the fewest candidates.
        let candidates: Box<dyn Iterator<Item = &AccessGroup>> = match filter {
            AccessGroupFilter {
                user: Some(user), ..
            } => Box::new(self.groups_among(sorted(self.groups_of(*user)).into_iter())),
            AccessGroupFilter {
                identity: Some(identity),
                ..
            } => {
                let users = self.users_of_identity(*identity);
                let ids: BTreeSet<_> = users.flat_map(|user| self.groups_of(user)).collect();
                Box::new(self.groups_among(ids.into_iter()))
            }
            AccessGroupFilter {
                system: Some(system),
                ..
            } => {
                let ids = self.groups_of_system.get(system);
                Box::new(self.groups_among(ids.into_iter().flatten().copied()))
            }
            _ => Box::new(self.groups.sorted()),
        };
        candidates.filter(|group| filter.fits(group) && self.has_identity(filter, group))
    }

    /// The members of the group, including suspended ones.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such group.
    pub fn users_in_group(
        &self,
        group: AccessGroupId,
    ) -> Result<impl Iterator<Item = &AcsUser>, Error> {
        self.access_group(group)?;
        // The index keeps no order: sorting when asked keeps changes cheap.
        let members = sorted(self.members_of(group)).into_iter();
        Ok(members.filter_map(|user| self.users.get(user)))
    }

    /// The entrances that the members of the group can open.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such group.
    pub fn entrances_of_group(
        &self,
        group: AccessGroupId,
    ) -> Result<impl Iterator<Item = &Entrance>, Error> {
        self.access_group(group)?;
        let ids = self.entrances_of_group.get(&group).into_iter().flatten();
        Ok(ids.filter_map(|id| self.entrances.get(id)))
    }

    /// Every pair of a group and an entrance that its members can open, group by group.
    pub fn group_entrances(&self) -> impl Iterator<Item = (AccessGroupId, EntranceId)> {
        let groups = self.entrances_of_group.iter();
        groups.flat_map(|(group, ids)| ids.iter().map(|entrance| (*group, *entrance)))
    }

    /// Inserts a group without members and entrances.
    ///
    /// # Errors
    ///
    /// - `NotFound`: its system does not exist.
    /// - `Conflict`: there is one with that id.
    pub fn insert_group(&mut self, group: AccessGroup) -> Result<(), Error> {
        let (id, system) = (group.acs_access_group_id, group.acs_system_id);
        self.acs_system(system)?;
        check_free(self.groups.contains(id), id)?;
        self.hold_group(group);
        self.note(true);
        Ok(())
    }

    /// Lets the members of the group open the entrance.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such group, else no such entrance.
    /// - `Invalid`: they belong to different systems; the subject is the entrance.
    /// - `Conflict`: the group opens it already.
    pub fn insert_group_entrance(
        &mut self,
        group: AccessGroupId,
        entrance: EntranceId,
    ) -> Result<(), Error> {
        let of_group = self.access_group(group)?.acs_system_id;
        let of_entrance = self.entrance(entrance)?.acs_system_id;
        if of_group != of_entrance {
            return Err(Error::invalid(format!(
                "access group {group} belongs to ACS system {of_group}, entrance {entrance} to \
                 ACS system {of_entrance}: a group opens entrances of its own system only"
            ))
            .with_subject(entrance));
        }
        let entrances = self.entrances_of_group.entry(group).or_default();
        if !entrances.insert(entrance) {
            let message = format!("access group {group} already opens entrance {entrance}");
            return Err(Error::conflict(message).with_subject(entrance));
        }
        self.note(true);
        Ok(())
    }

    /// Replaces the group with that id; members and entrances stay.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is none with that id.
    /// - `Invalid`: it would move to another system.
    pub fn replace_group(&mut self, group: AccessGroup) -> Result<(), Error> {
        let id = group.acs_access_group_id;
        let old = self.groups.get_mut(id).ok_or_else(|| Error::unknown(id))?;
        check_same_system(old.acs_system_id, group.acs_system_id, id)?;
        let changed = *old != group;
        *old = group;
        self.note(changed);
        Ok(())
    }

    /// Deletes the group and all its memberships.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such group.
    pub fn delete_group(&mut self, group: AccessGroupId) -> Result<(), Error> {
        let deleted = self.groups.remove(group);
        let deleted = deleted.ok_or_else(|| Error::unknown(group))?;
        if let Some(ids) = self.groups_of_system.get_mut(&deleted.acs_system_id) {
            ids.remove(&group);
        }
        self.entrances_of_group.remove(&group);
        self.memberships.remove_group(group);
        // Deletions propagate immediately: there is no group left to show anything pending.
        self.propagator().group_deleted(group);
        self.note(true);
        Ok(())
    }

    /// Tells the provider, and counts the change, if it is one.
    pub(super) fn membership_changed(
        &mut self,
        changed: bool,
        user: AcsUserId,
        group: AccessGroupId,
    ) -> bool {
        if changed {
            self.propagator().membership_changed(user, group);
        }
        self.note(changed)
    }

    /// The systems of both, the user checked first.
    fn systems_of(
        &self,
        user: AcsUserId,
        group: AccessGroupId,
    ) -> Result<(AcsSystemId, AcsSystemId), Error> {
        // Both lookups come first: the processor can load both rows at the same time.
        let of_user = self.users.system_of(user);
        let of_group = self.groups.system_of(group);
        Ok((
            of_user.ok_or_else(|| Error::unknown(user))?,
            of_group.ok_or_else(|| Error::unknown(group))?,
        ))
    }

    fn groups_among(
        &self,
        ids: impl Iterator<Item = AccessGroupId>,
    ) -> impl Iterator<Item = &AccessGroup> {
        ids.filter_map(|id| self.groups.get(id))
    }

    /// Whether a user of the filter's identity, if it has one, is a member of the group.
    fn has_identity(&self, filter: &AccessGroupFilter, group: &AccessGroup) -> bool {
        filter.identity.is_none_or(|identity| {
            let mut users = self.users_of_identity(identity);
            users.any(|user| self.is_member(user, group.acs_access_group_id))
        })
    }
}
