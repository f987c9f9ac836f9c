//! What there is: resources come, change and go.

use access_groups_core::{
    AccessGroup, AccessGroupId, AcsSystem, AcsSystemId, AcsUser, AcsUserSelector, Entrance,
    EntranceId, Error, Subject, UserIdentity, UserIdentityId, Workspace,
};

use super::{State, age::age_of};

impl State {
    /// Says which workspace this is. What is already in it keeps the workspace id it came with.
    pub fn set_workspace(&mut self, workspace: Workspace) {
        let changed = self.workspace.as_ref() != Some(&workspace);
        self.workspace = Some(workspace);
        self.note(changed);
    }

    /// A new system.
    ///
    /// # Errors
    ///
    /// - `Conflict`: there is one with that id.
    pub fn insert_system(&mut self, system: AcsSystem) -> Result<(), Error> {
        let id = system.acs_system_id;
        refuse_if(self.systems.contains_key(&id), id)?;
        self.systems.insert(id, system);
        self.note(true);
        Ok(())
    }

    /// A new user, in no group.
    ///
    /// Their identity need not be in this state.
    ///
    /// # Errors
    ///
    /// - `Conflict`: there is one with that id.
    /// - `NotFound`: their system does not exist.
    pub fn insert_user(&mut self, user: AcsUser) -> Result<(), Error> {
        let id = user.acs_user_id;
        refuse_if(self.users.contains(id), id)?;
        let system = user.acs_system_id;
        self.acs_system(system)?;
        self.people.insert(&user);
        self.users_by_age.insert(Some(system), age_of(&user));
        self.users.insert(id, system, user);
        self.note(true);
        Ok(())
    }

    /// A new identity.
    ///
    /// Its `acs_user_ids` are kept as they are.
    ///
    /// # Errors
    ///
    /// - `Conflict`: there is one with that id.
    pub fn insert_identity(&mut self, identity: UserIdentity) -> Result<(), Error> {
        let id = identity.user_identity_id;
        refuse_if(self.identities.contains_key(&id), id)?;
        self.marks.insert(&identity);
        self.identities_by_age.insert(None, age_of(&identity));
        self.identities.insert(id, identity);
        self.note(true);
        Ok(())
    }

    /// A new group, without members and entrances.
    ///
    /// # Errors
    ///
    /// - `Conflict`: there is one with that id.
    /// - `NotFound`: its system does not exist.
    pub fn insert_group(&mut self, group: AccessGroup) -> Result<(), Error> {
        let (id, system) = (group.acs_access_group_id, group.acs_system_id);
        refuse_if(self.groups.contains(id), id)?;
        self.acs_system(system)?;
        self.groups.insert(id, system, group);
        self.groups_of_system.entry(system).or_default().insert(id);
        self.note(true);
        Ok(())
    }

    /// A new entrance, which no group opens.
    ///
    /// # Errors
    ///
    /// - `Conflict`: there is one with that id.
    /// - `NotFound`: its system does not exist.
    pub fn insert_entrance(&mut self, entrance: Entrance) -> Result<(), Error> {
        let id = entrance.acs_entrance_id;
        refuse_if(self.entrances.contains_key(&id), id)?;
        let system = entrance.acs_system_id;
        self.acs_system(system)?;
        self.entrances_by_age
            .insert(Some(system), age_of(&entrance));
        self.entrances.insert(id, entrance);
        self.note(true);
        Ok(())
    }

    /// Lets the members of the group open the entrance.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such group, else no such entrance.
    /// - `Invalid`: they belong to different systems; the subject is the entrance.
    /// - `Conflict`: they can open it already.
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

    /// Puts the user in the place of the one with that id; memberships stay.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is none with that id.
    /// - `Invalid`: they would move to another system.
    pub fn replace_user(&mut self, user: AcsUser) -> Result<(), Error> {
        let id = user.acs_user_id;
        let old = self.users.get_mut(id).ok_or_else(|| Error::unknown(id))?;
        stays_in(old.acs_system_id, user.acs_system_id, id)?;
        let changed = *old != user;
        self.people.remove(old);
        self.people.insert(&user);
        let system = Some(user.acs_system_id);
        self.users_by_age
            .move_to(system, age_of(old), age_of(&user));
        *old = user;
        self.note(changed);
        Ok(())
    }

    /// Puts the identity in the place of the one with that id; its users keep what they say.
    pub(super) fn replace_identity(&mut self, identity: UserIdentity) -> Result<bool, Error> {
        let id = identity.user_identity_id;
        let old = self.identities.get_mut(&id);
        let old = old.ok_or_else(|| Error::unknown(id))?;
        let changed = *old != identity;
        self.marks.remove(old);
        self.marks.insert(&identity);
        self.identities_by_age
            .move_to(None, age_of(old), age_of(&identity));
        *old = identity;
        Ok(self.note(changed))
    }

    /// Puts the group in the place of the one with that id; members and entrances stay.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is none with that id.
    /// - `Invalid`: it would move to another system.
    pub fn replace_group(&mut self, group: AccessGroup) -> Result<(), Error> {
        let id = group.acs_access_group_id;
        let old = self.groups.get_mut(id).ok_or_else(|| Error::unknown(id))?;
        stays_in(old.acs_system_id, group.acs_system_id, id)?;
        let changed = *old != group;
        *old = group;
        self.note(changed);
        Ok(())
    }

    /// Takes the user out of all groups and of their identity, ends their grants, and forgets
    /// them.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such user; see [`acs_user`](Self::acs_user).
    pub fn delete_user(&mut self, user: impl Into<AcsUserSelector>) -> Result<(), Error> {
        let user = self.acs_user_id(user)?;
        let gone = self
            .users
            .remove(user)
            .ok_or_else(|| Error::unknown(user))?;
        self.people.remove(&gone);
        let system = Some(gone.acs_system_id);
        self.users_by_age.remove(system, age_of(&gone));
        self.memberships.drop_user(user);
        self.forget_pending_of_user(user);
        self.drop_grants(user);
        if let Some(identity) = identity_of(&gone) {
            self.forget_user(identity, user);
        }
        self.note(true);
        Ok(())
    }

    /// Ends all memberships of the group, and forgets it.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such group.
    pub fn delete_group(&mut self, group: AccessGroupId) -> Result<(), Error> {
        let gone = self
            .groups
            .remove(group)
            .ok_or_else(|| Error::unknown(group))?;
        if let Some(ids) = self.groups_of_system.get_mut(&gone.acs_system_id) {
            ids.remove(&group);
        }
        self.entrances_of_group.remove(&group);
        self.memberships.drop_group(group);
        self.forget_pending_of_group(group);
        self.note(true);
        Ok(())
    }
}

/// The identity that the user is linked to, if its opaque text is an id.
pub(crate) fn identity_of(user: &AcsUser) -> Option<UserIdentityId> {
    user.user_identity_id.as_ref()?.parse().ok()
}

fn refuse_if(taken: bool, subject: impl Into<Subject>) -> Result<(), Error> {
    if !taken {
        return Ok(());
    }
    let subject = subject.into();
    Err(Error::conflict(format!("there already is {subject}")).with_subject(subject))
}

fn stays_in(old: AcsSystemId, new: AcsSystemId, subject: impl Into<Subject>) -> Result<(), Error> {
    if old == new {
        return Ok(());
    }
    let subject = subject.into();
    let message = format!("{subject} belongs to ACS system {old} and cannot move to {new}");
    Err(Error::invalid(message).with_subject(subject))
}
