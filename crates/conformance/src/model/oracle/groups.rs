//! Groups, systems and entrances, and who has them.

use super::*;

impl Oracle {
    pub(super) fn group(&self, group: AccessGroupId) -> Result<&GroupSeen, Refusals> {
        self.groups.get(&group).ok_or_else(|| unknown(group))
    }

    pub(super) fn add(&mut self, user: UserRef, group: AccessGroupId) -> Result<Answer, Refusals> {
        // The order of the checks is a sentence of the contract.
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
            // Of another system, they are no member, and removing succeeds.
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
            let has = |identity| self.linked(identity).any(|user| is_in(user.id));
            let id = group.id.to_string();
            let text = filter.search.as_ref();
            filter.system.is_none_or(|system| group.system == system)
                && filter.user.is_none_or(is_in)
                && filter.identity.is_none_or(has)
                && text.is_none_or(|text| is_found(text, [&*group.name, &*id]))
        };
        Answer::Groups(self.groups.values().filter(passes).cloned().collect())
    }

    /// The user of that system; an identity is linked, or gets a new user, if it has none.
    pub(super) fn user_in(
        &mut self,
        user: UserRef,
        system: AcsSystemId,
    ) -> Result<AcsUserId, Refusals> {
        match user {
            UserRef::AcsUser(user) => match self.users.get(&user) {
                Some(known) if known.system == system => Ok(user),
                _ => Err(vec![refused(ErrorKind::Invalid)]),
            },
            UserRef::Identity(identity) => Ok(self.user_for(identity, system)),
        }
    }

    /// The identity's user of the system, linked or created now if there is none.
    pub(super) fn user_for(&mut self, identity: UserIdentityId, system: AcsSystemId) -> AcsUserId {
        if let Some(user) = self.linked_in(identity, system) {
            return user;
        }
        let contact = self.contact_of(Some(identity)).unwrap_or_default();
        // Where several match equally well, `is_open` leaves the call out.
        let matches = self.matches_for(&contact, system);
        if let Some(user) = matches.first() {
            if let Some(known) = self.users.get_mut(user) {
                known.identity = Some(identity);
            }
            return *user;
        }
        // The contract does not say what a new user takes over from the identity.
        let everything = FreeUser {
            name: true,
            full_name: true,
            email: true,
            phone: true,
            created_at: true,
        };
        self.make_user(system, Some(identity), everything)
    }

    /// The oldest users that match this contact, several if they have one age.
    pub(super) fn matches_for(&self, contact: &ContactSeen, system: AcsSystemId) -> Vec<AcsUserId> {
        let found = self.candidates_for(contact, system);
        let oldest = found.iter().map(|user| user.created_at).min();
        let oldest = found.iter().filter(|user| Some(user.created_at) == oldest);
        oldest.map(|user| user.id).collect()
    }

    /// Pairs of an identity without a user in the group's system, and that group, where a user
    /// matches it.
    pub(crate) fn could_join(&self) -> impl Iterator<Item = (UserIdentityId, AccessGroupId)> {
        // Seldom among random pairs, so that calls are led to them.
        let pairs = self.identities.values();
        let pairs =
            pairs.flat_map(|identity| self.groups.values().map(move |group| (identity, group)));
        let could_join = pairs.filter(|(identity, group)| {
            self.linked_in(identity.id, group.system).is_none()
                && !self
                    .candidates_for(&identity.contact, group.system)
                    .is_empty()
        });
        could_join.map(|(identity, group)| (identity.id, group.id))
    }

    /// Unlinked users with this e-mail address; if there are none, with this phone number.
    pub(super) fn candidates_for(
        &self,
        contact: &ContactSeen,
        system: AcsSystemId,
    ) -> Vec<&UserSeen> {
        let users = self.users.values();
        let free = users.filter(|user| user.system == system && user.identity.is_none());
        let in_small_letters = |text: &Option<String>| given(text).map(str::to_ascii_lowercase);
        let (email, phone) = (in_small_letters(&contact.email), given(&contact.phone));
        let same_email =
            |user: &&UserSeen| email.is_some() && in_small_letters(&user.email) == email;
        let same_phone = |user: &&UserSeen| phone.is_some() && given(&user.phone) == phone;
        let found: Vec<_> = free.clone().filter(same_email).collect();
        if found.is_empty() {
            return free.filter(same_phone).collect();
        }
        found
    }
}

fn is_account(condition: Option<ConnectedAccountId>, account: &str) -> bool {
    condition.is_none_or(|wanted| account == wanted.to_string())
}

fn given(contact: &Option<String>) -> Option<&str> {
    // Two empty addresses do not make one person.
    contact.as_deref().filter(|contact| !contact.is_empty())
}

// The filters of the model run name systems, entrances and texts only.
impl Oracle {
    pub(super) fn system(&self, system: AcsSystemId) -> Result<&SystemSeen, Refusals> {
        self.systems.get(&system).ok_or_else(|| unknown(system))
    }

    pub(super) fn entrance(&self, entrance: EntranceId) -> Result<&EntranceSeen, Refusals> {
        let known = self.entrances.get(&entrance);
        known.ok_or_else(|| unknown(entrance))
    }

    pub(super) fn list_systems(&self, filter: &AcsSystemFilter) -> Answer {
        let passes = |system: &&SystemSeen| {
            let id = system.id.to_string();
            let text = filter.search.as_ref();
            filter.customer_key.is_none()
                && is_account(filter.connected_account, &system.account)
                && text.is_none_or(|text| is_found(text, [&*system.name, &*id]))
        };
        Answer::Systems(self.systems.values().filter(passes).cloned().collect())
    }

    pub(super) fn list_entrances(&self, filter: &EntranceFilter) -> Answer {
        self.entrances_that(|entrance| {
            let among = filter.entrances.as_ref();
            let text = filter.search.as_ref();
            filter.system.is_none_or(|system| entrance.system == system)
                && among.is_none_or(|among| among.contains(&entrance.id))
                && is_account(filter.connected_account, &entrance.account)
                && filter.space.is_none_or(|space| entrance.spaces.contains(&space.to_string()))
                // The site has none of these.
                && filter.location.is_none()
                && filter.credential.is_none()
                && filter.access_method.is_none()
                && filter.customer_key.is_none()
                // Unlike groups and systems, they are not found by id.
                && text.is_none_or(|text| is_found(text, [&*entrance.name]))
        })
    }

    pub(super) fn grant(
        &mut self,
        user: UserRef,
        entrance: EntranceId,
    ) -> Result<Answer, Refusals> {
        self.look_at(user)?;
        let system = self.entrance(entrance)?.system;
        let user = self.user_in(user, system)?;
        self.grants.insert((user, entrance));
        Ok(Answer::Done)
    }

    pub(super) fn systems_of(&self, identity: UserIdentityId) -> Result<Answer, Refusals> {
        self.look_at(identity.into())?;
        let systems = self.systems.values();
        let has_user = |system: &&SystemSeen| self.linked_in(identity, system.id).is_some();
        Ok(Answer::Systems(systems.filter(has_user).cloned().collect()))
    }
}
