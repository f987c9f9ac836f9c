//! What is made here: new users, new ids.

use access_groups_core::{
    AcsSystem, AcsSystemId, AcsUser, AcsUserId, Error, NewAcsUser, Timestamp, UserIdentityId,
};
use uuid::Uuid;

use super::{State, link::linked_to};

impl State {
    /// A new user of a system, who is linked to the identity and in the groups that are named.
    ///
    /// They are created `now`, and their id follows from the system, the
    /// [`revision`](Self::revision) and `now`. Workspace and connected account are the
    /// system's; they are not suspended.
    ///
    /// # Errors
    ///
    /// In this order, and before anything changes:
    ///
    /// - `NotFound`: there is no such system, else no such identity.
    /// - `Conflict`: the identity has a user in this system.
    /// - `NotFound`, `Invalid`: a group does not exist, or belongs to another system.
    /// - `Invalid`: the schedule does not end after `now` and after it starts.
    pub fn create_acs_user(&mut self, new: NewAcsUser, now: Timestamp) -> Result<AcsUser, Error> {
        let of = self.acs_system(new.system)?;
        let identity = match new.identity {
            Some(identity) => Some(self.user_identity(identity)?.clone()),
            None => None,
        };
        if let Some(identity) = &identity {
            self.refuse_second_user(identity.user_identity_id, new.system)?;
        }
        self.check_groups(&new)?;
        let schedule = new.access_schedule.map(|it| it.starting_from(now));
        let mut user = self.new_user(of, new.full_name, now);
        user.access_schedule = schedule.transpose()?;
        user.email_address = new.email_address.map(Into::into);
        user.phone_number = new.phone_number;
        let id = user.acs_user_id;
        if let Some(identity) = &identity {
            user = linked_to(identity, user);
        }
        self.insert_user(user)?;
        if let Some(identity) = identity {
            self.remember_user(identity.user_identity_id, id);
        }
        self.user_created(id);
        for group in new.groups {
            self.add_user(id, group)?;
        }
        Ok(self.acs_user(id)?.clone())
    }

    /// A user of the system with an id of their own and nothing but a name.
    pub(super) fn new_user(
        &self,
        of: &AcsSystem,
        name: impl Into<String>,
        now: Timestamp,
    ) -> AcsUser {
        let system = of.acs_system_id;
        let id: AcsUserId = self.new_id(system.as_uuid(), now, |id| self.users.contains(id));
        let mut user = AcsUser::new(id, system, name)
            .with_workspace(of.workspace_id)
            .with_suspended(false)
            .with_created_at(now);
        user.connected_account_id
            .clone_from(&of.connected_account_id);
        user
    }

    /// An id that nobody has and, thanks to the revision, that nobody had in this state; thanks
    /// to `now`, nobody has it in another state that began alike.
    pub(super) fn new_id<Id: Copy + From<Uuid>>(
        &self,
        within: &Uuid,
        now: Timestamp,
        is_taken: impl Fn(Id) -> bool,
    ) -> Id {
        (self.revision..)
            .map(|number| Uuid::new_v5(within, format!("{number} {now}").as_bytes()).into())
            .find(|id| !is_taken(*id))
            .expect("some of 2^64 ids are free")
    }

    fn check_groups(&self, new: &NewAcsUser) -> Result<(), Error> {
        for group in &new.groups {
            let of_group = self.access_group(*group)?.acs_system_id;
            if of_group != new.system {
                return Err(Error::invalid(format!(
                    "access group {group} belongs to ACS system {of_group}: a user of ACS system \
                     {} cannot be a member",
                    new.system
                )));
            }
        }
        Ok(())
    }

    /// Within one system, an identity has one user.
    pub(super) fn refuse_second_user(
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
}
