//! Identities in groups: which ACS user they are there.

use access_groups_core::{
    AccessGroupId, AcsSystemId, AcsUser, AcsUserId, Error, Timestamp, UserIdentity, UserIdentityId,
    UserRef,
};
use uuid::Uuid;

use super::{State, people::Contact};

impl State {
    /// Makes the user a member of the group, however they are named; `false` if nothing had
    /// to change.
    ///
    /// An identity joins as the ACS user of the group's system that is linked to it. Without
    /// one, it is linked to an unlinked user of that system with its e-mail address, else with
    /// its phone number (of several, to the one created first, then to the smallest id);
    /// without one of those, it gets a new user, created `now`, whose id follows from the
    /// identity, the system and the [`revision`](Self::revision).
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
        let before = self.revision;
        let user = match self.user_of(identity, system) {
            Some(user) => user,
            None => self.link_or_create(identity, system, now)?,
        };
        self.add_user(user, group)?;
        Ok(self.revision != before)
    }

    /// Ends the user's membership of the group, however they are named; `false` if there was
    /// none.
    ///
    /// An identity leaves as the user that is linked to it. Without one in the group's system,
    /// nothing happens: nobody is created or linked.
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

    /// The users linked to the identity, of every system; of an unknown one there are none.
    pub fn users_of_identity(&self, identity: UserIdentityId) -> impl Iterator<Item = AcsUserId> {
        self.people.linked(identity)
    }

    /// The system in which the identity is looked for, the identity looked at first.
    fn system_for(
        &self,
        identity: UserIdentityId,
        group: AccessGroupId,
    ) -> Result<AcsSystemId, Error> {
        self.user_identity(identity)?;
        Ok(self.access_group(group)?.acs_system_id)
    }

    fn user_of(&self, identity: UserIdentityId, system: AcsSystemId) -> Option<AcsUserId> {
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
            Some(id) => {
                let user = self.acs_user(id)?.clone();
                self.replace_user(linked_to(&identity, user))?;
                id
            }
            None => {
                let user = linked_to(&identity, self.user_for(&identity, system, now)?);
                let id = user.acs_user_id;
                self.insert_user(user)?;
                id
            }
        };
        if let Some(identity) = self.identities.get_mut(&identity.user_identity_id) {
            identity.acs_user_ids.push(id.to_string());
        }
        Ok(id)
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
        let of = self.acs_system(system)?;
        let name = identity
            .full_name
            .as_ref()
            .unwrap_or(&identity.display_name);
        let id = self.new_user_id(identity.user_identity_id, system);
        let mut user = AcsUser::new(id, system, name)
            .with_workspace(of.workspace_id)
            .with_created_at(now);
        user.connected_account_id
            .clone_from(&of.connected_account_id);
        user.email_address.clone_from(&identity.email_address);
        user.phone_number.clone_from(&identity.phone_number);
        Ok(user)
    }

    /// An id that nobody has and, thanks to the revision, that nobody had in this state.
    fn new_user_id(&self, identity: UserIdentityId, system: AcsSystemId) -> AcsUserId {
        let name = |number: u64| [system.as_uuid().as_bytes(), &number.to_be_bytes()[..]].concat();
        (self.revision..)
            .map(|number| Uuid::new_v5(identity.as_uuid(), &name(number)).into())
            .find(|id| !self.users.contains(*id))
            .expect("some of 2^64 ids are free")
    }
}

fn linked_to(identity: &UserIdentity, user: AcsUser) -> AcsUser {
    let mut user = user.with_user_identity(identity.user_identity_id);
    user.user_identity_full_name = Some(identity.full_name.clone());
    user.user_identity_email_address = Some(identity.email_address.clone());
    user.user_identity_phone_number = Some(identity.phone_number.clone());
    user
}

fn first_created<'a>(users: impl Iterator<Item = &'a AcsUser>) -> Option<AcsUserId> {
    users
        .min_by_key(|user| (user.created_at, user.acs_user_id))
        .map(|user| user.acs_user_id)
}
