//! Changes: the one that a call makes, and its effect on the state.

use std::time::SystemTime;

use access_groups_core::{
    AccessGroupId, AcsSystemId, AcsUser, AcsUserId, Error, Timestamp, UserIdentity, UserIdentityId,
    UserRef,
};
use serde::{Deserialize, Serialize};

use crate::state::State;

/// One line of the journal. A call writes at most one, so that it is never read in part.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    /// The user joined the group.
    Added {
        user: AcsUserId,
        group: AccessGroupId,
    },
    /// The user was linked to the identity, and joined the group.
    Linked {
        user: AcsUserId,
        identity: UserIdentityId,
        group: AccessGroupId,
    },
    /// The user is new, and joined the group.
    Created {
        user: Box<AcsUser>,
        group: AccessGroupId,
    },
    /// The user left the group.
    Removed {
        user: AcsUserId,
        group: AccessGroupId,
    },
    /// The group was deleted, with all its memberships.
    Deleted { group: AccessGroupId },
}

impl State {
    /// The change that makes the user a member, unless they are one. The user is checked before
    /// the group.
    pub(crate) fn adding(
        &self,
        user: UserRef,
        group: AccessGroupId,
    ) -> Result<Option<Change>, Error> {
        let user = match user {
            UserRef::AcsUser(user) => self.user(user)?,
            UserRef::Identity(identity) => {
                let identity = self.identity(identity)?;
                let system = self.group(group)?.acs_system_id;
                match self.linked_in(identity.user_identity_id, system) {
                    Some(user) => user,
                    None => return self.adding_unlinked(identity, group, system).map(Some),
                }
            }
        };
        if user.acs_system_id != self.group(group)?.acs_system_id {
            let message = "user and group belong to different systems";
            return Err(Error::invalid(message).with_subject(user.acs_user_id));
        }
        let user = user.acs_user_id;
        // A line for each repeated call would let the file grow for nothing.
        let new = !self.members.contains(&(user, group));
        Ok(new.then_some(Change::Added { user, group }))
    }

    fn adding_unlinked(
        &self,
        identity: &UserIdentity,
        group: AccessGroupId,
        system: AcsSystemId,
    ) -> Result<Change, Error> {
        if let Some(user) = self.match_in(identity, system) {
            return Ok(Change::Linked {
                user: user.acs_user_id,
                identity: identity.user_identity_id,
                group,
            });
        }
        // Written whole: id and age are the same after the next opening.
        let user = Box::new(new_user(identity, system)?);
        Ok(Change::Created { user, group })
    }

    /// The change that ends the user's membership, if they are a member.
    pub(crate) fn removing(
        &self,
        user: UserRef,
        group: AccessGroupId,
    ) -> Result<Option<Change>, Error> {
        let user = match user {
            UserRef::AcsUser(user) => Some(self.user(user)?),
            UserRef::Identity(identity) => {
                self.identity(identity)?;
                self.linked_in(identity, self.group(group)?.acs_system_id)
            }
        };
        // After the user, as the contract orders it, and for an id as well.
        self.group(group)?;
        let user = user.map(|user| user.acs_user_id);
        let member = user.filter(|user| self.members.contains(&(*user, group)));
        Ok(member.map(|user| Change::Removed { user, group }))
    }

    /// Checks that every id in the change exists.
    pub(crate) fn check(&self, change: &Change) -> Result<(), Error> {
        match *change {
            Change::Added { user, group } | Change::Removed { user, group } => {
                self.user(user)?;
                self.group(group)?;
            }
            Change::Linked {
                user,
                identity,
                group,
            } => {
                self.user(user)?;
                self.identity(identity)?;
                self.group(group)?;
            }
            Change::Created { group, .. } | Change::Deleted { group } => {
                self.group(group)?;
            }
        }
        Ok(())
    }

    /// Applies a change that was checked.
    pub(crate) fn apply(&mut self, change: Change) {
        match change {
            Change::Added { user, group } => {
                self.members.insert((user, group));
            }
            Change::Linked {
                user,
                identity,
                group,
            } => {
                let identity = self.identities.get(&identity);
                if let (Some(user), Some(identity)) = (self.users.get_mut(&user), identity) {
                    link(user, identity);
                }
                self.members.insert((user, group));
            }
            Change::Created { user, group } => {
                self.members.insert((user.acs_user_id, group));
                self.users.insert(user.acs_user_id, *user);
            }
            Change::Removed { user, group } => {
                self.members.remove(&(user, group));
            }
            Change::Deleted { group } => {
                self.groups.remove(&group);
                self.members.retain(|(_, joined)| *joined != group);
            }
        }
    }
}

/// Copies to the user what they show of their identity.
fn link(user: &mut AcsUser, identity: &UserIdentity) {
    user.user_identity_id = Some(identity.user_identity_id.to_string());
    user.user_identity_full_name = Some(identity.full_name.clone());
    user.user_identity_email_address = Some(identity.email_address.clone());
    user.user_identity_phone_number = Some(identity.phone_number.clone());
}

/// A new user for an identity that matches nobody in the system.
fn new_user(identity: &UserIdentity, system: AcsSystemId) -> Result<AcsUser, Error> {
    let now = Timestamp::try_from(SystemTime::now())
        .map_err(|cause| Error::internal("the clock is out of range").with_source(cause))?
        .whole_milliseconds();
    let id = AcsUserId::from_u128(fastrand::u128(..));
    let mut user = AcsUser::new(id, system, identity.display_name.clone())
        .with_workspace(identity.workspace_id)
        .with_created_at(now);
    link(&mut user, identity);
    user.email_address.clone_from(&identity.email_address);
    user.phone_number.clone_from(&identity.phone_number);
    Ok(user)
}
