//! Identities as ACS users: which user of a system acts for an identity.

use access_groups_core::{
    AccessGroupId, AcsSystemId, AcsUser, AcsUserId, Error, Timestamp, UserIdentity, UserIdentityId,
    UserIdentitySelector, UserRef,
};

use super::State;
use crate::index::{Contact, Paged, identity_of};

impl State {
    /// Adds a user or an identity to the group; `false` if nothing had to change.
    ///
    /// An identity joins as the ACS user of the group's system that is linked to it. Without
    /// one, it is linked to a user of that system without an identity and with its e-mail address,
    /// else with its phone number (of several, to the one created first, then to the smallest id);
    /// without such a user, it gets a new one, created `now`, whose id follows from the system, the
    /// [`revision`](Self::revision) and `now`.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such user or identity, else no such group.
    /// - `Invalid`: user and group belong to different systems.
    pub fn join(
        &mut self,
        user: impl Into<UserRef>,
        group: AccessGroupId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let identity = match user.into() {
            UserRef::AcsUser(user) => return self.add_user(user, group),
            UserRef::Identity(identity) => identity,
        };
        let system = self.system_for(identity, group)?;
        // A new link alone is a change too, even if the user is a member already.
        let before = self.revision;
        let user = self.user_in(identity, system, now)?;
        self.add_user(user, group)?;
        Ok(self.revision != before)
    }

    /// Removes a user or an identity from the group; `false` if they were not a member.
    ///
    /// An identity leaves as the user that is linked to it. Without one in the group's system,
    /// nothing changes: no user is created or linked.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such user or identity, else no such group.
    pub fn leave(&mut self, user: impl Into<UserRef>, group: AccessGroupId) -> Result<bool, Error> {
        let identity = match user.into() {
            UserRef::AcsUser(user) => return self.remove_user(user, group),
            UserRef::Identity(identity) => identity,
        };
        let system = self.system_for(identity, group)?;
        match self.user_of(identity, system) {
            Some(user) => self.remove_user(user, group),
            None => Ok(false),
        }
    }

    /// Links the user to the identity; `false` if they are linked.
    ///
    /// A key that no identity has creates an identity with that key, and with the name and the
    /// contacts of the user; its id follows from the workspace, the
    /// [`revision`](Self::revision) and `now`.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such user, else no identity with that id.
    /// - `Conflict`: the user is linked to another identity, or the identity to another user of
    ///   that system; or the new identity would have the e-mail address or the phone number of
    ///   another one.
    pub fn link_acs_user(
        &mut self,
        user: AcsUserId,
        identity: impl Into<UserIdentitySelector>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let user = self.acs_user(user)?.clone();
        let identity = match identity.into() {
            UserIdentitySelector::Key(key) => match self.identity_with(&key) {
                Some(identity) => identity.clone(),
                None => {
                    check_unlinked(&user)?;
                    let identity = self.create_identity_of(&user, key, now)?;
                    self.link(&identity, user)?;
                    return Ok(true);
                }
            },
            by_id => self.user_identity(by_id)?.clone(),
        };
        let id = identity.user_identity_id;
        if identity_of(&user) == Some(id) {
            return Ok(false);
        }
        // The user's link is checked before the identity's: the user comes first in all errors.
        check_unlinked(&user)?;
        self.check_no_user(id, user.acs_system_id)?;
        self.link(&identity, user)?;
        Ok(true)
    }

    /// Unlinks the user from the identity; `false` if they are not linked.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such user, else no such identity.
    pub fn unlink_acs_user(
        &mut self,
        user: AcsUserId,
        identity: UserIdentityId,
    ) -> Result<bool, Error> {
        let mut unlinked = self.acs_user(user)?.clone();
        self.user_identity(identity)?;
        if identity_of(&unlinked) != Some(identity) {
            return Ok(false);
        }
        unlinked.user_identity_id = None;
        unlinked.user_identity_full_name = None;
        unlinked.user_identity_email_address = None;
        unlinked.user_identity_phone_number = None;
        self.replace_user(unlinked)?;
        self.unlist_user(identity, user);
        Ok(true)
    }

    /// The user of the system that acts for the identity: the linked one, else one that is linked
    /// now, else a new one.
    pub(super) fn user_in(
        &mut self,
        identity: UserIdentityId,
        system: AcsSystemId,
        now: Timestamp,
    ) -> Result<AcsUserId, Error> {
        if let Some(user) = self.user_of(identity, system) {
            return Ok(user);
        }
        let identity = self.user_identity(identity)?.clone();
        let id = match self.match_for(&identity, system) {
            Some(id) => id,
            None => self.create_user_for(&identity, system, now)?,
        };
        let user = self.acs_user(id)?.clone();
        self.link(&identity, user)?;
        Ok(id)
    }

    /// The user of the system that is linked to the identity.
    pub(super) fn user_of(
        &self,
        identity: UserIdentityId,
        system: AcsSystemId,
    ) -> Option<AcsUserId> {
        let linked = self.users_of_identity(identity);
        let linked = linked.filter_map(|id| self.users.get(id));
        first_created(linked.filter(|user| user.acs_system_id == system))
    }

    /// Refuses a second user for the identity in this system.
    pub(super) fn check_no_user(
        &self,
        identity: UserIdentityId,
        system: AcsSystemId,
    ) -> Result<(), Error> {
        match self.user_of(identity, system) {
            None => Ok(()),
            Some(user) => Err(Error::conflict(format!(
                "user identity {identity} has an ACS user in ACS system {system} already: {user}"
            ))
            .with_subject(user)),
        }
    }

    /// Lists the user, once, among those of the identity.
    pub(super) fn list_user(&mut self, identity: UserIdentityId, user: AcsUserId) {
        // A site file may list the user already.
        self.unlist_user(identity, user);
        if let Some(identity) = self.identities.get_mut(&identity) {
            identity.acs_user_ids.push(user.to_string());
        }
    }

    /// Removes the user from those of the identity.
    pub(super) fn unlist_user(&mut self, identity: UserIdentityId, user: AcsUserId) {
        if let Some(identity) = self.identities.get_mut(&identity) {
            // Compared as ids: a site file may spell one in capitals.
            identity.acs_user_ids.retain(|id| id.parse() != Ok(user));
        }
    }

    /// Links the two, and updates what each shows of the other.
    fn link(&mut self, identity: &UserIdentity, user: AcsUser) -> Result<(), Error> {
        let id = user.acs_user_id;
        self.replace_user(linked_to(identity, user))?;
        self.list_user(identity.user_identity_id, id);
        Ok(())
    }

    /// The system of the group, the identity checked first.
    fn system_for(
        &self,
        identity: UserIdentityId,
        group: AccessGroupId,
    ) -> Result<AcsSystemId, Error> {
        self.user_identity(identity)?;
        Ok(self.access_group(group)?.acs_system_id)
    }

    /// The user without an identity that has a contact of this one.
    fn match_for(&self, identity: &UserIdentity, system: AcsSystemId) -> Option<AcsUserId> {
        let (email, phone) = (&identity.email_address, &identity.phone_number);
        // The order of contacts is part of the contract of `join`.
        Contact::all(email.as_deref(), phone.as_deref()).find_map(|contact| {
            let ids = self.user_index.unlinked(system, contact);
            first_created(ids.filter_map(|id| self.users.get(id)))
        })
    }

    /// Creates a user with the name and the contacts of the identity.
    fn create_user_for(
        &mut self,
        identity: &UserIdentity,
        system: AcsSystemId,
        now: Timestamp,
    ) -> Result<AcsUserId, Error> {
        let name = identity.full_name.as_ref();
        let name = name.unwrap_or(&identity.display_name);
        let mut user = self.new_user(self.acs_system(system)?, name, now);
        user.email_address.clone_from(&identity.email_address);
        user.phone_number.clone_from(&identity.phone_number);
        let id = user.acs_user_id;
        self.insert_user(user)?;
        self.propagator().user_created(id);
        Ok(id)
    }
}

/// The user with the link, and with the attributes that it shows of the identity.
pub(super) fn linked_to(identity: &UserIdentity, user: AcsUser) -> AcsUser {
    let mut user = user.with_user_identity(identity.user_identity_id);
    user.user_identity_full_name = Some(identity.full_name.clone());
    user.user_identity_email_address = Some(identity.email_address.clone());
    user.user_identity_phone_number = Some(identity.phone_number.clone());
    user
}

/// Refuses a user who is linked.
fn check_unlinked(user: &AcsUser) -> Result<(), Error> {
    let id = user.acs_user_id;
    match &user.user_identity_id {
        None => Ok(()),
        Some(other) => {
            let message = format!("ACS user {id} is linked to user identity {other}");
            Err(Error::conflict(message).with_subject(id))
        }
    }
}

fn first_created<'a>(users: impl Iterator<Item = &'a AcsUser>) -> Option<AcsUserId> {
    users
        .min_by_key(|user| user.position())
        .map(|user| user.acs_user_id)
}
