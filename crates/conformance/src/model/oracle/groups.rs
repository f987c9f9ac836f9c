//! Groups and who is in them.

use access_groups_core::{
    AccessGroupFilter, AccessGroupId, AcsSystemId, AcsUserId, ErrorKind, UserIdentityId, UserRef,
};

use super::{FreeUser, Oracle, Refusals, is_found, refused, unknown};
use crate::answer::{Answer, ContactSeen, GroupSeen, UserSeen};

impl Oracle {
    pub(super) fn group(&self, group: AccessGroupId) -> Result<&GroupSeen, Refusals> {
        self.groups.get(&group).ok_or_else(|| unknown(group))
    }

    pub(super) fn add(&mut self, user: UserRef, group: AccessGroupId) -> Result<Answer, Refusals> {
        self.look_at(user)?;
        let system = self.group(group)?.system;
        let user = self.user_in(user, system)?;
        self.members.insert((user, group));
        Ok(Answer::Done)
    }

    pub(super) fn remove(
        &mut self,
        user: UserRef,
        group: AccessGroupId,
    ) -> Result<Answer, Refusals> {
        self.look_at(user)?;
        let system = self.group(group)?.system;
        let user = match user {
            UserRef::AcsUser(user) => Some(user),
            UserRef::Identity(identity) => self.linked_in(identity, system),
        };
        if let Some(user) = user {
            self.members.remove(&(user, group));
        }
        Ok(Answer::Done)
    }

    pub(super) fn delete_group(&mut self, group: AccessGroupId) -> Result<Answer, Refusals> {
        self.group(group)?;
        self.groups.remove(&group);
        self.members.retain(|(_, of)| *of != group);
        self.holds.retain(|(of, _)| *of != group);
        Ok(Answer::Done)
    }

    pub(super) fn list_groups(&self, filter: &AccessGroupFilter) -> Answer {
        let passes = |group: &&GroupSeen| {
            let is_in = |user: AcsUserId| self.members.contains(&(user, group.id));
            let has = |identity| self.linked(identity).any(|it| is_in(it.id));
            let id = group.id.to_string();
            let text = filter.search.as_ref();
            filter.system.is_none_or(|system| group.system == system)
                && filter.user.is_none_or(is_in)
                && filter.identity.is_none_or(has)
                && text.is_none_or(|it| is_found(it, [&*group.name, &*id]))
        };
        Answer::Groups(self.groups.values().filter(passes).cloned().collect())
    }

    /// Whoever is meant in that system; an identity is linked, or gets a user, if need be.
    pub(super) fn user_in(
        &mut self,
        user: UserRef,
        system: AcsSystemId,
    ) -> Result<AcsUserId, Refusals> {
        match user {
            UserRef::AcsUser(user) if self.user(user).map(|it| it.system) == Some(system) => {
                Ok(user)
            }
            UserRef::AcsUser(_) => Err(vec![refused(ErrorKind::Invalid)]),
            UserRef::Identity(identity) => Ok(self.user_for(identity, system)),
        }
    }

    /// The identity's user of the system: linked, now to be linked, or new.
    pub(super) fn user_for(&mut self, identity: UserIdentityId, system: AcsSystemId) -> AcsUserId {
        if let Some(user) = self.linked_in(identity, system) {
            return user;
        }
        let contact = self.identities.get(&identity).map(|it| it.contact.clone());
        let matches = self.matches_for(&contact.unwrap_or_default(), system);
        if let Some(user) = matches.first() {
            if let Some(known) = self.users.get_mut(user) {
                known.identity = Some(identity);
            }
            return *user;
        }
        let everything = FreeUser {
            name: true,
            full_name: true,
            email: true,
            phone: true,
            created_at: true,
        };
        self.make_user(system, Some(identity), everything)
    }

    /// The oldest of those who can be linked to somebody reached like that, or several of one
    /// age.
    pub(super) fn matches_for(&self, contact: &ContactSeen, system: AcsSystemId) -> Vec<AcsUserId> {
        let found = self.candidates_for(contact, system);
        let oldest = found.iter().map(|it| it.created_at).min();
        let oldest = found.iter().filter(|it| Some(it.created_at) == oldest);
        oldest.map(|it| it.id).collect()
    }

    /// Identities and groups in whose system somebody can be linked to them; and those that
    /// have an empty address, like which nobody is reached.
    pub(crate) fn could_join(&self) -> impl Iterator<Item = (UserIdentityId, AccessGroupId)> {
        let pairs = self.identities.values();
        let pairs = pairs.flat_map(|it| self.groups.values().map(move |group| (it, group)));
        let could_join = pairs.filter(|(identity, group)| {
            self.linked_in(identity.id, group.system).is_none()
                && !self
                    .candidates_for(&identity.contact, group.system)
                    .is_empty()
        });
        could_join.map(|(identity, group)| (identity.id, group.id))
    }

    /// Those without an identity who have its e-mail address; if there are none, its number.
    pub(super) fn candidates_for(
        &self,
        contact: &ContactSeen,
        system: AcsSystemId,
    ) -> Vec<&UserSeen> {
        let users = self.users.values();
        let free = users.filter(|it| it.system == system && it.identity.is_none());
        let in_small_letters = |it: &Option<String>| given(it).map(str::to_lowercase);
        let (email, phone) = (in_small_letters(&contact.email), given(&contact.phone));
        let same_email = |it: &&UserSeen| email.is_some() && in_small_letters(&it.email) == email;
        let same_phone = |it: &&UserSeen| phone.is_some() && given(&it.phone) == phone;
        let found: Vec<_> = free.clone().filter(same_email).collect();
        if found.is_empty() {
            return free.filter(same_phone).collect();
        }
        found
    }
}

fn given(contact: &Option<String>) -> Option<&str> {
    contact.as_deref().filter(|it| !it.is_empty())
}
