//! Finds people by what they are known by, without looking at everybody.

use std::collections::{BTreeMap, BTreeSet, btree_map};

use access_groups_core::{AcsSystemId, AcsUser, AcsUserId, UserIdentity, UserIdentityId};

use super::identity_of;

/// Users by identity, and unlinked users by e-mail address and phone number.
///
/// E-mail addresses are the same in any case of their letters, phone numbers only letter by
/// letter; an empty one reaches nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct People {
    linked: BTreeMap<UserIdentityId, BTreeSet<AcsUserId>>,
    unlinked: BTreeMap<(AcsSystemId, Contact), BTreeSet<AcsUserId>>,
}

/// One way to reach somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Contact {
    Email(String),
    Phone(String),
}

impl Contact {
    /// The ways to reach somebody, in the order in which they are tried.
    pub(super) fn all(email: Option<&str>, phone: Option<&str>) -> impl Iterator<Item = Self> {
        let given = |text: &&str| !text.is_empty(); // an empty one reaches nobody
        let email = email
            .filter(given)
            .map(|address| Self::Email(address.to_lowercase()));
        let phone = phone
            .filter(given)
            .map(|number| Self::Phone(number.to_owned()));
        email.into_iter().chain(phone)
    }
}

impl People {
    pub(super) fn insert(&mut self, user: &AcsUser) {
        let id = user.acs_user_id;
        if let Some(identity) = identity_of(user) {
            self.linked.entry(identity).or_default().insert(id);
        } else if user.user_identity_id.is_none() {
            for contact in contacts(user) {
                let key = (user.acs_system_id, contact);
                self.unlinked.entry(key).or_default().insert(id);
            }
        }
    }

    pub(super) fn remove(&mut self, user: &AcsUser) {
        let id = user.acs_user_id;
        if let Some(identity) = identity_of(user) {
            remove_from(&mut self.linked, identity, id);
        }
        for contact in contacts(user) {
            remove_from(&mut self.unlinked, (user.acs_system_id, contact), id);
        }
    }

    /// The users linked to the identity, of every system.
    pub(super) fn linked(&self, identity: UserIdentityId) -> impl Iterator<Item = AcsUserId> {
        self.linked.get(&identity).into_iter().flatten().copied()
    }

    /// The users of the system that can be reached so and are linked to no identity.
    pub(super) fn unlinked(
        &self,
        system: AcsSystemId,
        contact: Contact,
    ) -> impl Iterator<Item = AcsUserId> {
        let ids = self.unlinked.get(&(system, contact));
        ids.into_iter().flatten().copied()
    }
}

/// Identities by what belongs to one of them only, unless a file gave it to several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Marks(BTreeMap<Mark, BTreeSet<UserIdentityId>>);

/// What an identity is told apart by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    Key(String),
    Contact(Contact),
}

impl Mark {
    pub(super) fn all(identity: &UserIdentity) -> impl Iterator<Item = Self> {
        let key = identity.user_identity_key.clone().map(Self::Key);
        let (email, phone) = (&identity.email_address, &identity.phone_number);
        let contacts = Contact::all(email.as_deref(), phone.as_deref());
        key.into_iter().chain(contacts.map(Self::Contact))
    }

    /// What a message calls it. The text itself is personal data, and in no message.
    pub(super) fn noun(&self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::Contact(Contact::Email(_)) => "e-mail address",
            Self::Contact(Contact::Phone(_)) => "phone number",
        }
    }
}

impl Marks {
    pub(super) fn insert(&mut self, identity: &UserIdentity) {
        for mark in Mark::all(identity) {
            let ids = self.0.entry(mark).or_default();
            ids.insert(identity.user_identity_id);
        }
    }

    pub(super) fn remove(&mut self, identity: &UserIdentity) {
        for mark in Mark::all(identity) {
            remove_from(&mut self.0, mark, identity.user_identity_id);
        }
    }

    pub(super) fn with(&self, mark: Mark) -> impl Iterator<Item = UserIdentityId> {
        self.0.get(&mark).into_iter().flatten().copied()
    }
}

/// Takes the id out of the set at the key, and the key with its last id: keys are personal data.
fn remove_from<K: Ord, Id: Ord>(index: &mut BTreeMap<K, BTreeSet<Id>>, key: K, id: Id) {
    if let btree_map::Entry::Occupied(mut ids) = index.entry(key) {
        ids.get_mut().remove(&id);
        if ids.get().is_empty() {
            ids.remove();
        }
    }
}

fn contacts(user: &AcsUser) -> impl Iterator<Item = Contact> {
    Contact::all(user.email_address.as_deref(), user.phone_number.as_deref())
}
