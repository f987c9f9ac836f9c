//! The link between an identity and its user of a system.

use access_groups_core::{
    AcsSystemId, AcsUser, AcsUserId, Error, Timestamp, UserIdentity, UserIdentityId,
    UserIdentityKey, UserIdentitySelector,
};

use super::{State, people::Contact};

impl State {
    /// Links the user to the identity; `false` if they are linked.
    ///
    /// A key that no identity has makes a new identity with that key, named and reached like
    /// the user; its id follows from the workspace, the [`revision`](Self::revision) and `now`.
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
                None => return self.link_to_new(user, key, now),
            },
            by_id => self.user_identity(by_id)?.clone(),
        };
        let id = identity.user_identity_id;
        if super::identity_of(&user) == Some(id) {
            return Ok(false);
        }
        refuse_linked(&user)?;
        self.refuse_second_user(id, user.acs_system_id)?;
        self.tie(&identity, user)?;
        Ok(true)
    }

    /// Ends the link of the user to the identity; `false` if there is none.
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
        if super::identity_of(&unlinked) != Some(identity) {
            return Ok(false);
        }
        unlinked.user_identity_id = None;
        unlinked.user_identity_full_name = None;
        unlinked.user_identity_email_address = None;
        unlinked.user_identity_phone_number = None;
        self.replace_user(unlinked)?;
        self.forget_user(identity, user);
        Ok(true)
    }

    /// The user that the identity is in the system: the one linked to it, else one to be linked,
    /// else a new one.
    pub(super) fn user_in(
        &mut self,
        identity: UserIdentityId,
        system: AcsSystemId,
        now: Timestamp,
    ) -> Result<AcsUserId, Error> {
        match self.user_of(identity, system) {
            Some(user) => Ok(user),
            None => self.link_or_create(identity, system, now),
        }
    }

    pub(super) fn user_of(
        &self,
        identity: UserIdentityId,
        system: AcsSystemId,
    ) -> Option<AcsUserId> {
        let linked = self
            .people
            .linked(identity)
            .filter_map(|id| self.users.get(id));
        first_created(linked.filter(|user| user.acs_system_id == system))
    }

    fn link_or_create(
        &mut self,
        identity: UserIdentityId,
        system: AcsSystemId,
        now: Timestamp,
    ) -> Result<AcsUserId, Error> {
        let identity = self.user_identity(identity)?.clone();
        let id = match self.match_for(&identity, system) {
            Some(id) => id,
            None => {
                let user = self.user_for(&identity, system, now)?;
                let id = user.acs_user_id;
                self.insert_user(user)?;
                self.user_created(id);
                id
            }
        };
        let user = self.acs_user(id)?.clone();
        self.tie(&identity, user)?;
        Ok(id)
    }

    fn link_to_new(
        &mut self,
        user: AcsUser,
        key: UserIdentityKey,
        now: Timestamp,
    ) -> Result<bool, Error> {
        refuse_linked(&user)?;
        let mut identity = self.new_identity(now);
        identity.user_identity_key = Some(key.into());
        identity.full_name = Some(name_of(&user).to_owned()).filter(|name| !name.is_empty());
        identity.email_address.clone_from(&user.email_address);
        identity.phone_number.clone_from(&user.phone_number);
        self.refuse_shared(&identity)?;
        identity.display_name = super::identities::display_name(&identity);
        self.insert_identity(identity.clone())?;
        self.tie(&identity, user)?;
        Ok(true)
    }

    /// Links the two, on both sides.
    fn tie(&mut self, identity: &UserIdentity, user: AcsUser) -> Result<(), Error> {
        let id = user.acs_user_id;
        self.replace_user(linked_to(identity, user))?;
        self.remember_user(identity.user_identity_id, id);
        Ok(())
    }

    /// Lists the user among those of the identity.
    pub(super) fn remember_user(&mut self, identity: UserIdentityId, user: AcsUserId) {
        if let Some(identity) = self.identities.get_mut(&identity) {
            identity.acs_user_ids.retain(|id| id.parse() != Ok(user));
            identity.acs_user_ids.push(user.to_string());
        }
    }

    /// Takes the user out of those of the identity.
    pub(super) fn forget_user(&mut self, identity: UserIdentityId, user: AcsUserId) {
        if let Some(identity) = self.identities.get_mut(&identity) {
            identity.acs_user_ids.retain(|id| id.parse() != Ok(user));
        }
    }

    /// The unlinked user who can be reached like the identity.
    fn match_for(&self, identity: &UserIdentity, system: AcsSystemId) -> Option<AcsUserId> {
        let (email, phone) = (&identity.email_address, &identity.phone_number);
        Contact::all(email.as_deref(), phone.as_deref()).find_map(|contact| {
            let ids = self.people.unlinked(system, contact);
            first_created(ids.filter_map(|id| self.users.get(id)))
        })
    }

    fn user_for(
        &self,
        identity: &UserIdentity,
        system: AcsSystemId,
        now: Timestamp,
    ) -> Result<AcsUser, Error> {
        let name = identity.full_name.as_ref();
        let name = name.unwrap_or(&identity.display_name);
        let mut user = self.new_user(self.acs_system(system)?, name, now);
        user.email_address.clone_from(&identity.email_address);
        user.phone_number.clone_from(&identity.phone_number);
        Ok(user)
    }
}

/// The user with the link, and with what is shown of the identity.
pub(super) fn linked_to(identity: &UserIdentity, user: AcsUser) -> AcsUser {
    let mut user = user.with_user_identity(identity.user_identity_id);
    user.user_identity_full_name = Some(identity.full_name.clone());
    user.user_identity_email_address = Some(identity.email_address.clone());
    user.user_identity_phone_number = Some(identity.phone_number.clone());
    user
}

fn refuse_linked(user: &AcsUser) -> Result<(), Error> {
    let id = user.acs_user_id;
    match &user.user_identity_id {
        None => Ok(()),
        Some(other) => {
            let message = format!("ACS user {id} is linked to user identity {other}");
            Err(Error::conflict(message).with_subject(id))
        }
    }
}

fn name_of(user: &AcsUser) -> &str {
    user.full_name.as_ref().unwrap_or(&user.display_name)
}

fn first_created<'a>(users: impl Iterator<Item = &'a AcsUser>) -> Option<AcsUserId> {
    users
        .min_by_key(|user| (user.created_at, user.acs_user_id))
        .map(|user| user.acs_user_id)
}
