//! Identities: created, found, changed, linked and deleted.

use super::*;

impl Oracle {
    pub(super) fn create_identity(&mut self, new: &NewUserIdentity) -> Result<Answer, Refusals> {
        let key = new.key.as_ref().map(ToString::to_string);
        let contact = ContactSeen::from(new);
        let mut refusals = Vec::new();
        for system in &new.systems {
            refusals.extend(self.system(*system).err().unwrap_or_default());
        }
        if self.belongs_to_another(None, key.as_ref(), &contact) {
            refusals.push(refused(ErrorKind::Conflict));
        }
        none_of(of_creation(refusals))?;
        let id = self.make_identity(key, contact);
        for system in &new.systems {
            self.user_for(id, *system);
        }
        Ok(Answer::Identities(self.identity(id).into_iter().collect()))
    }

    pub(super) fn find_identity(
        &self,
        identity: &UserIdentitySelector,
    ) -> Result<UserIdentityId, Refusals> {
        match identity {
            UserIdentitySelector::Id(id) => {
                self.look_at(UserRef::Identity(*id))?;
                Ok(*id)
            }
            UserIdentitySelector::Key(key) => {
                // A key has no id that could be the subject.
                let found = self.with_key(key);
                found.ok_or_else(|| vec![refused(ErrorKind::NotFound)])
            }
        }
    }

    pub(super) fn list_identities(&self, filter: &UserIdentityFilter) -> Answer {
        let passes = |identity: &&IdentitySeen| {
            let id = identity.id.to_string();
            let contact = &identity.contact;
            let texts = [&contact.name, &contact.email, &contact.phone];
            let texts = texts.into_iter().flatten().chain([&id]);
            let among = filter.identities.as_ref();
            let before = filter.created_before;
            let text = filter.search.as_ref();
            filter.credential_manager.is_none()
                && among.is_none_or(|among| among.contains(&identity.id))
                && before.is_none_or(|before| identity.created_at < before)
                && text.is_none_or(|text| is_found(text, texts.map(String::as_str)))
        };
        let found = self.identities.values().filter(passes);
        let found = found.filter_map(|identity| self.identity(identity.id));
        Answer::Identities(found.collect())
    }

    pub(super) fn update_identity(
        &mut self,
        id: UserIdentityId,
        update: &UserIdentityUpdate,
    ) -> Result<Answer, Refusals> {
        let mut refusals = self.look_at(id.into()).err().unwrap_or_default();
        let key = set(update.key.as_ref().map(ToString::to_string));
        let wanted = ContactSeen {
            name: None,
            email: set(update.email_address.as_ref().map(ToString::to_string)),
            phone: set(update.phone_number.as_ref().map(ToString::to_string)),
        };
        if self.belongs_to_another(Some(id), key.as_ref(), &wanted) {
            refusals.push(refused(ErrorKind::Conflict));
        }
        none_of(refusals)?;
        let known = self.identities.get_mut(&id);
        known.ok_or_else(|| unknown(id))?.update(update);
        Ok(Answer::Done)
    }

    pub(super) fn delete_identity(&mut self, id: UserIdentityId) -> Result<Answer, Refusals> {
        self.look_at(id.into())?;
        let users: Vec<_> = self.linked(id).map(|user| user.id).collect();
        users.into_iter().for_each(|user| self.forget_user(user));
        self.identities.remove(&id);
        Ok(Answer::Done)
    }

    pub(super) fn link(
        &mut self,
        user: AcsUserId,
        identity: &UserIdentitySelector,
    ) -> Result<Answer, Refusals> {
        let known = self.known(user)?.clone();
        let conflict = || vec![refused(ErrorKind::Conflict)];
        let identity = match identity {
            UserIdentitySelector::Key(key) if self.with_key(key).is_none() => {
                // Refused before an identity is made, so that none is left behind.
                let contact = known.contact();
                if known.identity.is_some() || self.belongs_to_another(None, None, &contact) {
                    return Err(conflict());
                }
                self.make_identity(Some(key.to_string()), known.contact())
            }
            identity => self.find_identity(identity)?,
        };
        let others_user = known.identity.is_some_and(|other| other != identity);
        // An identity has one user in each system.
        let other_user = self.linked_in(identity, known.system);
        if others_user || other_user.is_some_and(|other_user| other_user != user) {
            return Err(conflict());
        }
        self.known(user)?.identity = Some(identity);
        Ok(Answer::Done)
    }

    pub(super) fn unlink(
        &mut self,
        user: AcsUserId,
        identity: UserIdentityId,
    ) -> Result<Answer, Refusals> {
        self.look_at(user.into())?;
        self.look_at(identity.into())?;
        let linked = &mut self.known(user)?.identity;
        *linked = linked.filter(|other| *other != identity);
        Ok(Answer::Done)
    }

    /// Whether the contract leaves the outcome open: which of several users of one age is linked; or
    /// it depends on an address that could not be read.
    pub(crate) fn is_open(&self, operation: &Operation) -> bool {
        if self.has_open_schedule(operation) || self.is_open_list(operation) {
            return true;
        }
        let many = |contact: &ContactSeen, system| {
            let candidates = self.candidates_for(contact, system);
            let unread = |user: &&UserSeen| {
                let free = self.free_users.get(&user.id);
                free.is_some_and(|free| free.created_at)
            };
            // An age that was not read may be any.
            let of_one_age = self.matches_for(contact, system).len() > 1;
            of_one_age || candidates.len() > 1 && candidates.iter().any(unread)
        };
        let joins = |user: UserRef, system| match user {
            UserRef::Identity(identity) if self.linked_in(identity, system).is_none() => {
                let identity = self.identities.get(&identity);
                identity.is_some_and(|identity| many(&identity.contact, system))
            }
            _ => false,
        };
        if let Operation::AddUser(op) = operation {
            let group = self.groups.get(&op.group);
            group.is_some_and(|group| joins(op.user, group.system))
        } else if let Operation::GrantAccess(op) = operation {
            let entrance = self.entrances.get(&op.entrance);
            entrance.is_some_and(|entrance| joins(op.user, entrance.system))
        } else if let Operation::CreateUserIdentity(op) = operation {
            let contact = ContactSeen::from(&op.identity);
            let mut systems = op.identity.systems.iter();
            systems.any(|system| many(&contact, *system))
        } else if let Operation::LinkAcsUser(op) = operation {
            let free = self.free_users.get(&op.user);
            let makes_one = self.find_identity(&op.identity).is_err();
            makes_one && free.is_some_and(|free| free.email || free.phone)
        } else {
            false
        }
    }

    fn with_key(&self, key: &UserIdentityKey) -> Option<UserIdentityId> {
        let mut identities = self.identities.values();
        let found = identities.find(|identity| identity.key.as_deref() == Some(key.as_str()));
        found.map(|identity| identity.id)
    }

    fn make_identity(&mut self, key: Option<String>, contact: ContactSeen) -> UserIdentityId {
        let id = UserIdentityId::from_u128(self.placeholder());
        let identity = IdentitySeen {
            id,
            key,
            contact,
            created_at: NOW,
            users: BTreeSet::new(),
            issues: Issues::new(),
        };
        self.identities.insert(id, identity);
        self.free_identities.insert(id);
        id
    }

    /// Whether an identity other than `one` has this key, address or number.
    fn belongs_to_another(
        &self,
        one: Option<UserIdentityId>,
        key: Option<&String>,
        contact: &ContactSeen,
    ) -> bool {
        // An empty one belongs to nobody.
        let same = |ours: Option<&String>, theirs: Option<&String>| {
            ours.is_some_and(|ours| !ours.is_empty()) && ours == theirs
        };
        let email = in_small_letters(&contact.email);
        let identities = self.identities.values();
        let mut others = identities.filter(|identity| Some(identity.id) != one);
        others.any(|other| {
            let their_email = in_small_letters(&other.contact.email);
            same(key, other.key.as_ref())
                || same(email.as_ref(), their_email.as_ref())
                || same(contact.phone.as_ref(), other.contact.phone.as_ref())
        })
    }
}

/// The value that the patch sets, if it sets one.
fn set(patch: Patch<String>) -> Option<String> {
    match patch {
        Patch::Set(value) => Some(value),
        Patch::Keep | Patch::Clear => None,
    }
}
