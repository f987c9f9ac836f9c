//! Identities in groups: which ACS user they are there.

use access_groups_core::{AccessGroupId, AcsSystemId, Error, Timestamp, UserIdentityId, UserRef};

use super::State;

impl State {
    /// Makes the user a member of the group, however they are named; `false` if nothing had
    /// to change.
    ///
    /// An identity joins as the ACS user of the group's system that is linked to it. Without
    /// one, it is linked to an unlinked user of that system with its e-mail address, else with
    /// its phone number (of several, to the one created first, then to the smallest id);
    /// without one of those, it gets a new user, created `now`, whose id follows from the
    /// system, the [`revision`](Self::revision) and `now`.
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
        let user = self.user_in(identity, system, now)?;
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

    /// The system in which the identity is looked for, the identity looked at first.
    fn system_for(
        &self,
        identity: UserIdentityId,
        group: AccessGroupId,
    ) -> Result<AcsSystemId, Error> {
        self.user_identity(identity)?;
        Ok(self.access_group(group)?.acs_system_id)
    }
}
