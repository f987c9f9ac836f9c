//! Identities: made, found, changed, linked and deleted.

use std::collections::BTreeSet;

use access_groups_core::{
    AcsUserId, ErrorKind, NewUserIdentity, Operation, Patch, UserIdentityFilter, UserIdentityId,
    UserIdentityKey, UserIdentitySelector, UserIdentityUpdate, UserRef,
};

use super::{Oracle, Refusals, is_found, refused, unknown, users::SOME_DAY};
use crate::answer::{Answer, ContactSeen, IdentitySeen, UserSeen};

impl Oracle {
    pub(super) fn create_identity(&mut self, new: &NewUserIdentity) -> Result<Answer, Refusals> {
        let key = new.key.as_ref().map(ToString::to_string);
        let contact = contact_of(new);
        let mut refusals = Vec::new();
        for system in &new.systems {
            refusals.extend(self.system(*system).err().unwrap_or_default());
        }
        if self.belongs_to_another(None, key.as_ref(), &contact) {
            refusals.push(refused(ErrorKind::Conflict));
        }
        if !refusals.is_empty() {
            return Err(refusals);
        }
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
            among.is_none_or(|it| it.contains(&identity.id))
                && before.is_none_or(|it| identity.created_at < it)
                && text.is_none_or(|it| is_found(it, texts.map(String::as_str)))
        };
        let found = self.identities.values().filter(passes);
        Answer::Identities(found.filter_map(|it| self.identity(it.id)).collect())
    }

    pub(super) fn update_identity(
        &mut self,
        id: UserIdentityId,
        update: &UserIdentityUpdate,
    ) -> Result<Answer, Refusals> {
        let mut refusals = self.look_at(id.into()).err().unwrap_or_default();
        let update = update.clone();
        let key = update.key.map(String::from);
        let email = update.email_address.map(String::from);
        let wanted = ContactSeen {
            name: None,
            email: set(&email),
            phone: set(&update.phone_number),
        };
        if self.belongs_to_another(Some(id), set(&key).as_ref(), &wanted) {
            refusals.push(refused(ErrorKind::Conflict));
        }
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let Some(known) = self.identities.get_mut(&id) else {
            return Err(unknown(id));
        };
        key.apply(&mut known.key);
        let name = update.full_name.map(String::from);
        name.apply(&mut known.contact.name);
        email.apply(&mut known.contact.email);
        update.phone_number.apply(&mut known.contact.phone);
        Ok(Answer::Done)
    }

    pub(super) fn delete_identity(&mut self, id: UserIdentityId) -> Result<Answer, Refusals> {
        self.look_at(id.into())?;
        let users: Vec<_> = self.linked(id).map(|it| it.id).collect();
        users.into_iter().for_each(|it| self.forget_user(it));
        self.identities.remove(&id);
        Ok(Answer::Done)
    }

    pub(super) fn link(
        &mut self,
        user: AcsUserId,
        identity: &UserIdentitySelector,
    ) -> Result<Answer, Refusals> {
        let known = self.user(user).cloned().ok_or_else(|| unknown(user))?;
        let conflict = || vec![refused(ErrorKind::Conflict)];
        let identity = match identity {
            UserIdentitySelector::Key(key) if self.with_key(key).is_none() => {
                if known.identity.is_some() {
                    return Err(conflict());
                }
                let contact = ContactSeen {
                    name: known.full_name,
                    email: known.email,
                    phone: known.phone,
                };
                self.make_identity(Some(key.to_string()), contact)
            }
            identity => self.find_identity(identity)?,
        };
        let others_user = known.identity.is_some_and(|it| it != identity);
        let other_user = self.linked_in(identity, known.system);
        if others_user || other_user.is_some_and(|it| it != user) {
            return Err(conflict());
        }
        if let Some(known) = self.users.get_mut(&user) {
            known.identity = Some(identity);
        }
        Ok(Answer::Done)
    }

    pub(super) fn unlink(
        &mut self,
        user: AcsUserId,
        identity: UserIdentityId,
    ) -> Result<Answer, Refusals> {
        self.look_at(user.into())?;
        self.look_at(identity.into())?;
        if let Some(known) = self.users.get_mut(&user)
            && known.identity == Some(identity)
        {
            known.identity = None;
        }
        Ok(Answer::Done)
    }

    /// Whether the contract leaves it open what the call comes to: which of several users of
    /// one age is linked, and what becomes of a new identity whose user is reached like another
    /// one.
    pub(crate) fn is_open(&self, operation: &Operation) -> bool {
        let many = |contact: &ContactSeen, system| {
            let candidates = self.candidates_for(contact, system);
            let unread = |it: &&UserSeen| {
                let free = self.free_users.get(&it.id);
                free.is_some_and(|it| it.created_at)
            };
            let of_one_age = self.matches_for(contact, system).len() > 1;
            of_one_age || candidates.len() > 1 && candidates.iter().any(unread)
        };
        let joins = |user: UserRef, system| match user {
            UserRef::Identity(identity) if self.linked_in(identity, system).is_none() => {
                let identity = self.identities.get(&identity);
                identity.is_some_and(|it| many(&it.contact, system))
            }
            _ => false,
        };
        match operation {
            Operation::AddUser(op) => {
                let group = self.groups.get(&op.group);
                group.is_some_and(|it| joins(op.user, it.system))
            }
            Operation::GrantAccess(op) => {
                let entrance = self.entrances.get(&op.entrance);
                entrance.is_some_and(|it| joins(op.user, it.system))
            }
            Operation::CreateUserIdentity(op) => {
                let contact = contact_of(&op.identity);
                let mut systems = op.identity.systems.iter();
                systems.any(|it| many(&contact, *it))
            }
            Operation::LinkAcsUser(op) => {
                let user = self.users.get(&op.user).filter(|it| it.identity.is_none());
                let contact = user.map(|it| ContactSeen {
                    name: None,
                    email: it.email.clone(),
                    phone: it.phone.clone(),
                });
                let makes_one = self.find_identity(&op.identity).is_err();
                let taken = |it: &ContactSeen| self.belongs_to_another(None, None, it);
                makes_one && contact.as_ref().is_some_and(taken)
            }
            _ => false,
        }
    }

    fn with_key(&self, key: &UserIdentityKey) -> Option<UserIdentityId> {
        let mut identities = self.identities.values();
        let found = identities.find(|it| it.key.as_deref() == Some(key.as_str()));
        found.map(|it| it.id)
    }

    fn make_identity(&mut self, key: Option<String>, contact: ContactSeen) -> UserIdentityId {
        let id = UserIdentityId::from_u128(self.placeholder());
        let identity = IdentitySeen {
            id,
            key,
            contact,
            created_at: SOME_DAY,
            users: BTreeSet::new(),
        };
        self.identities.insert(id, identity);
        self.free_identities.insert(id);
        id
    }

    /// Addresses are the same in any case of their letters.
    fn belongs_to_another(
        &self,
        one: Option<UserIdentityId>,
        key: Option<&String>,
        contact: &ContactSeen,
    ) -> bool {
        let same =
            |ours: Option<&String>, theirs: Option<&String>| ours.is_some() && ours == theirs;
        let in_small_letters = |it: &Option<String>| it.as_ref().map(|it| it.to_lowercase());
        let email = in_small_letters(&contact.email);
        let mut others = self.identities.values().filter(|it| Some(it.id) != one);
        others.any(|it| {
            same(key, it.key.as_ref())
                || same(email.as_ref(), in_small_letters(&it.contact.email).as_ref())
                || same(contact.phone.as_ref(), it.contact.phone.as_ref())
        })
    }
}

fn contact_of(new: &NewUserIdentity) -> ContactSeen {
    ContactSeen {
        name: new.full_name.as_ref().map(ToString::to_string),
        email: new.email_address.as_ref().map(ToString::to_string),
        phone: new.phone_number.clone(),
    }
}

/// The value that it sets, if it sets one.
fn set(patch: &Patch<String>) -> Option<String> {
    match patch {
        Patch::Set(value) => Some(value.clone()),
        Patch::Keep | Patch::Clear => None,
    }
}
