//! What the journal amounts to: the rules of the ports, without the file.

mod lists;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::SystemTime,
};

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsSystem, AcsSystemId, AcsUser, AcsUserId,
    AcsUserSelector, Entrance, EntranceId, Error, Timestamp, UserIdentity, UserIdentityId, UserRef,
};
use serde::{Deserialize, Serialize};

/// What there is before the first change: not in the journal, but given at every opening.
#[derive(Debug, Clone, Default)]
pub struct Building {
    /// The access control systems.
    pub systems: Vec<AcsSystem>,
    /// The people, as each system knows them.
    pub users: Vec<AcsUser>,
    /// The people across systems; a user's `user_identity_id` links the two.
    pub identities: Vec<UserIdentity>,
    /// The groups; who is in them is in the journal.
    pub groups: Vec<AccessGroup>,
    /// The doors.
    pub entrances: Vec<Entrance>,
    /// Which group opens which doors.
    pub group_entrances: Vec<(AccessGroupId, EntranceId)>,
}

/// One line of the journal. Each call writes one at most, so that half a call is never read.
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
    /// The group is gone, and all its memberships.
    Deleted { group: AccessGroupId },
}

/// The building after all changes.
#[derive(Debug)]
pub(crate) struct State {
    systems: BTreeMap<AcsSystemId, AcsSystem>,
    users: BTreeMap<AcsUserId, AcsUser>,
    identities: BTreeMap<UserIdentityId, UserIdentity>,
    groups: BTreeMap<AccessGroupId, AccessGroup>,
    entrances: BTreeMap<EntranceId, Entrance>,
    group_entrances: BTreeSet<(AccessGroupId, EntranceId)>,
    members: BTreeSet<(AcsUserId, AccessGroupId)>,
}

impl From<Building> for State {
    fn from(building: Building) -> Self {
        let systems = building.systems.into_iter();
        let users = building.users.into_iter();
        let identities = building.identities.into_iter();
        let groups = building.groups.into_iter();
        let entrances = building.entrances.into_iter();
        Self {
            systems: systems.map(|it| (it.acs_system_id, it)).collect(),
            users: users.map(|it| (it.acs_user_id, it)).collect(),
            identities: identities.map(|it| (it.user_identity_id, it)).collect(),
            groups: groups.map(|it| (it.acs_access_group_id, it)).collect(),
            entrances: entrances.map(|it| (it.acs_entrance_id, it)).collect(),
            group_entrances: building.group_entrances.into_iter().collect(),
            members: BTreeSet::new(),
        }
    }
}

/// What is read.
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

    pub(crate) fn groups(&self, filter: &AccessGroupFilter) -> impl Iterator<Item = &AccessGroup> {
        // `fits` compares system and text; a group does not know its members.
        let passes = |group: &&AccessGroup| {
            let id = group.acs_access_group_id;
            let has = |user| self.members.contains(&(user, id));
            let has_linked = |identity| self.linked(identity).any(|it| has(it.acs_user_id));
            filter.fits(group)
                && filter.user.is_none_or(has)
                && filter.identity.is_none_or(has_linked)
        };
        self.groups.values().filter(passes)
    }

    pub(crate) fn members(
        &self,
        group: AccessGroupId,
    ) -> Result<impl Iterator<Item = &AcsUser>, Error> {
        self.group(group)?;
        let is_member = move |user: &&AcsUser| self.members.contains(&(user.acs_user_id, group));
        Ok(self.users.values().filter(is_member))
    }

    pub(crate) fn entrances(
        &self,
        group: AccessGroupId,
    ) -> Result<impl Iterator<Item = &Entrance>, Error> {
        self.group(group)?;
        let held = move |entrance: &&Entrance| {
            let pair = (group, entrance.acs_entrance_id);
            self.group_entrances.contains(&pair)
        };
        Ok(self.entrances.values().filter(held))
    }

    fn identity(&self, identity: UserIdentityId) -> Result<&UserIdentity, Error> {
        let found = self.identities.get(&identity);
        found.ok_or_else(|| Error::unknown(identity))
    }

    /// The users of the identity, in all systems.
    fn linked(&self, identity: UserIdentityId) -> impl Iterator<Item = &AcsUser> {
        let identity = identity.to_string();
        let users = self.users.values();
        users.filter(move |user| user.user_identity_id.as_ref() == Some(&identity))
    }

    fn linked_in(&self, identity: UserIdentityId, system: AcsSystemId) -> Option<&AcsUser> {
        self.linked(identity)
            .find(|user| user.acs_system_id == system)
    }

    /// Whom the identity is to be linked to: by e-mail address, else by phone number.
    fn match_in(&self, identity: &UserIdentity, system: AcsSystemId) -> Option<&AcsUser> {
        let unlinked = || {
            let users = self.users.values();
            users.filter(|user| user.acs_system_id == system && user.user_identity_id.is_none())
        };
        let (email, phone) = (&identity.email_address, &identity.phone_number);
        let by_email = unlinked().filter(|it| is_same_email(&it.email_address, email));
        let by_phone = unlinked().filter(|it| is_same(&it.phone_number, phone));
        let first = by_email.min_by_key(|user| user.created_at);
        first.or_else(|| by_phone.min_by_key(|user| user.created_at))
    }
}

/// What is changed.
impl State {
    /// The change that makes the user a member, if they are none. The user is looked at before
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
        self.group(group)?;
        let user = user.map(|user| user.acs_user_id);
        let member = user.filter(|user| self.members.contains(&(*user, group)));
        Ok(member.map(|user| Change::Removed { user, group }))
    }

    /// Whether all that the change names exists.
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

    /// Makes the change, which was checked.
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

/// What the user shows of the identity.
fn link(user: &mut AcsUser, identity: &UserIdentity) {
    user.user_identity_id = Some(identity.user_identity_id.to_string());
    user.user_identity_full_name = Some(identity.full_name.clone());
    user.user_identity_email_address = Some(identity.email_address.clone());
    user.user_identity_phone_number = Some(identity.phone_number.clone());
}

/// In any case of its letters.
fn is_same_email(ours: &Option<String>, theirs: &Option<String>) -> bool {
    let in_small_letters = |it: &Option<String>| it.as_ref().map(|it| it.to_lowercase());
    is_same(&in_small_letters(ours), &in_small_letters(theirs))
}

/// Letter by letter; what is empty is nobody's.
fn is_same(ours: &Option<String>, theirs: &Option<String>) -> bool {
    ours == theirs && ours.as_ref().is_some_and(|it| !it.is_empty())
}

/// The user that an identity gets in a system where nobody matches it.
fn new_user(identity: &UserIdentity, system: AcsSystemId) -> Result<AcsUser, Error> {
    let now = Timestamp::try_from(SystemTime::now())
        .map_err(|cause| Error::internal("the clock is out of range").with_source(cause))?;
    let id = AcsUserId::from_u128(fastrand::u128(..));
    let mut user = AcsUser::new(id, system, identity.display_name.clone())
        .with_workspace(identity.workspace_id)
        .with_created_at(now);
    link(&mut user, identity);
    user.email_address.clone_from(&identity.email_address);
    user.phone_number.clone_from(&identity.phone_number);
    Ok(user)
}
