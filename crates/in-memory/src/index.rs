//! Indexes: they find resources without visiting all of them.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, btree_map},
    fmt,
    hash::Hash,
    ops::Bound,
};

use access_groups_core::{
    AcsSystemId, AcsUser, AcsUserId, Entrance, Page, Position, UserIdentity, UserIdentityId, names,
};
use rapidhash::fast::RandomState;

/// Resources of systems by id, sorted only when they are listed.
///
/// The system is stored beside the id, and the resource elsewhere: every change of a membership
/// compares the systems of its user and its group, and needs to load neither resource for that.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table<Id: Eq + Hash, T>(HashMap<Id, Row<T>, RandomState>);

#[derive(Debug, Clone, PartialEq)]
struct Row<T> {
    system: AcsSystemId,
    resource: Box<T>,
}

impl<Id: Copy + Ord + Hash, T> Table<Id, T> {
    pub(crate) fn system_of(&self, id: Id) -> Option<AcsSystemId> {
        self.0.get(&id).map(|row| row.system)
    }

    pub(crate) fn get(&self, id: Id) -> Option<&T> {
        self.0.get(&id).map(|row| &*row.resource)
    }

    /// The resource, for changes that keep its system.
    pub(crate) fn get_mut(&mut self, id: Id) -> Option<&mut T> {
        self.0.get_mut(&id).map(|row| &mut *row.resource)
    }

    /// All resources in no order, for changes that keep their systems.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.values_mut().map(|row| &mut *row.resource)
    }

    pub(crate) fn contains(&self, id: Id) -> bool {
        self.0.contains_key(&id)
    }

    /// Inserts the resource, or replaces the one with that id.
    pub(crate) fn insert(&mut self, id: Id, system: AcsSystemId, resource: T) {
        let resource = Box::new(resource);
        self.0.insert(id, Row { system, resource });
    }

    pub(crate) fn remove(&mut self, id: Id) -> Option<T> {
        self.0.remove(&id).map(|row| *row.resource)
    }

    /// All resources, sorted by id.
    // Sorted on each call: such lists are rare, and sorted maps would slow down every lookup.
    pub(crate) fn sorted(&self) -> impl Iterator<Item = &T> {
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_unstable_by_key(|(id, _)| **id);
        all.into_iter().map(|(_, row)| &*row.resource)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl<Id: Eq + Hash, T> Default for Table<Id, T> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

/// Positions of resources in pages, which are sorted by creation: of all, and of each system.
///
/// A page starts at its first item without sorting or skipping others.
#[derive(Debug, Clone, Default)]
pub(crate) struct ByCreation {
    all: BTreeSet<Position>,
    of_system: BTreeMap<AcsSystemId, BTreeSet<Position>>,
}

impl ByCreation {
    pub(crate) fn insert(&mut self, system: Option<AcsSystemId>, position: Position) {
        self.all.insert(position);
        if let Some(system) = system {
            self.of_system.entry(system).or_default().insert(position);
        }
    }

    pub(crate) fn remove(&mut self, system: Option<AcsSystemId>, position: Position) {
        self.all.remove(&position);
        if let Some(positions) = system.and_then(|system| self.of_system.get_mut(&system)) {
            positions.remove(&position);
        }
    }

    /// Moves a resource whose creation time may have changed.
    pub(crate) fn replace(&mut self, system: Option<AcsSystemId>, old: Position, new: Position) {
        // Most changes keep the creation time.
        if old != new {
            self.remove(system, old);
            self.insert(system, new);
        }
    }

    /// The positions after `start`, of that system or of all systems.
    pub(crate) fn after(
        &self,
        system: Option<AcsSystemId>,
        start: Option<Position>,
    ) -> impl Iterator<Item = Position> {
        let positions = match system {
            Some(system) => self.of_system.get(&system),
            None => Some(&self.all),
        };
        let start = start.map_or(Bound::Unbounded, Bound::Excluded);
        let after = positions.map(|positions| positions.range((start, Bound::Unbounded)));
        after.into_iter().flatten().copied()
    }
}

/// A resource that is listed in pages.
pub(crate) trait Paged: Clone {
    fn position(&self) -> Position;
}

impl Paged for AcsUser {
    fn position(&self) -> Position {
        Position::new(self.created_at, self.acs_user_id)
    }
}

impl Paged for UserIdentity {
    fn position(&self) -> Position {
        Position::new(self.created_at, self.user_identity_id)
    }
}

impl Paged for Entrance {
    fn position(&self) -> Position {
        Position::new(self.created_at, self.acs_entrance_id)
    }
}

/// These resources, each once, in the order of pages and after `start`.
pub(crate) fn in_order<'a, T: Paged + 'a>(
    resources: impl Iterator<Item = &'a T>,
    start: Option<Position>,
) -> impl Iterator<Item = &'a T> {
    let is_after = |resource: &&T| start.is_none_or(|start| resource.position() > start);
    let mut sorted: Vec<_> = resources.filter(is_after).collect();
    sorted.sort_unstable_by_key(|resource| resource.position());
    // A filter may name a resource twice, and a user may be found by two identities.
    sorted.dedup_by_key(|resource| resource.position());
    sorted.into_iter()
}

/// The page with clones of its items.
pub(crate) fn owned<T: Clone>(page: Page<&T>) -> Page<T> {
    Page {
        items: page.items.into_iter().cloned().collect(),
        next: page.next,
    }
}

/// Users by identity, and users without an identity by e-mail address and phone number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct UserIndex {
    linked: BTreeMap<UserIdentityId, BTreeSet<AcsUserId>>,
    unlinked: BTreeMap<(AcsSystemId, Contact), BTreeSet<AcsUserId>>,
}

/// An e-mail address or a phone number.
///
/// E-mail addresses match in any case of the letters A to Z, phone numbers only exactly: a letter
/// that merely looks like another may be a stranger's. Its `Debug` shows no text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Contact {
    /// An e-mail address, with A to Z in lower case.
    Email(String),
    /// A phone number, as it was given.
    Phone(String),
}

impl Contact {
    /// The contacts that are given, in the order in which they are tried. An empty text is none.
    pub fn all(email: Option<&str>, phone: Option<&str>) -> impl Iterator<Item = Self> {
        // An empty number identifies nobody: many users may have one.
        let is_given = |text: &&str| !text.is_empty();
        let email = email.filter(is_given).map(names::fold_address);
        let phone = phone.filter(is_given).map(str::to_owned);
        let email = email.map(Self::Email).into_iter();
        email.chain(phone.map(Self::Phone))
    }

    /// The contacts by which an identity finds this user: none if the user is linked.
    // A link that is no id is one, too: the user is linked to something unknown.
    pub fn of_unlinked(user: &AcsUser) -> impl Iterator<Item = Self> {
        let is_unlinked = user.user_identity_id.is_none();
        Self::of_user(user).filter(move |_| is_unlinked)
    }

    fn of_user(user: &AcsUser) -> impl Iterator<Item = Self> {
        Self::all(user.email_address.as_deref(), user.phone_number.as_deref())
    }
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Email(_) => "Email(…)",
            Self::Phone(_) => "Phone(…)",
        })
    }
}

impl UserIndex {
    pub(crate) fn insert(&mut self, user: &AcsUser) {
        let id = user.acs_user_id;
        // A user whose link is no id is in neither index.
        if let Some(identity) = identity_of(user) {
            self.linked.entry(identity).or_default().insert(id);
        }
        for contact in Contact::of_unlinked(user) {
            let key = (user.acs_system_id, contact);
            self.unlinked.entry(key).or_default().insert(id);
        }
    }

    pub(crate) fn remove(&mut self, user: &AcsUser) {
        let id = user.acs_user_id;
        if let Some(identity) = identity_of(user) {
            remove_from(&mut self.linked, identity, id);
        }
        for contact in Contact::of_user(user) {
            remove_from(&mut self.unlinked, (user.acs_system_id, contact), id);
        }
    }

    /// The users linked to the identity, of every system.
    pub(crate) fn linked(&self, identity: UserIdentityId) -> impl Iterator<Item = AcsUserId> {
        self.linked.get(&identity).into_iter().flatten().copied()
    }

    /// The users of the system with this contact and without an identity.
    pub(crate) fn unlinked(
        &self,
        system: AcsSystemId,
        contact: Contact,
    ) -> impl Iterator<Item = AcsUserId> {
        let ids = self.unlinked.get(&(system, contact));
        ids.into_iter().flatten().copied()
    }
}

/// Identities by the values that only one of them may have.
///
/// A site file may give a value to several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct IdentityIndex(BTreeMap<UniqueValue, BTreeSet<UserIdentityId>>);

/// A value that only one identity may be given. Its `Debug` shows no text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UniqueValue {
    /// A key of the caller's, compared exactly.
    Key(String),
    /// An e-mail address or a phone number.
    Contact(Contact),
}

impl UniqueValue {
    /// The values of the identity, in the order in which they are checked.
    pub fn of(identity: &UserIdentity) -> impl Iterator<Item = Self> {
        let key = identity.user_identity_key.clone().map(Self::Key);
        let (email, phone) = (&identity.email_address, &identity.phone_number);
        let contacts = Contact::all(email.as_deref(), phone.as_deref());
        key.into_iter().chain(contacts.map(Self::Contact))
    }

    /// Its name in messages. The value itself is personal data and never in a message.
    pub(crate) fn noun(&self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::Contact(Contact::Email(_)) => "e-mail address",
            Self::Contact(Contact::Phone(_)) => "phone number",
        }
    }
}

impl fmt::Debug for UniqueValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(_) => f.write_str("Key(…)"),
            Self::Contact(contact) => fmt::Debug::fmt(contact, f),
        }
    }
}

impl IdentityIndex {
    pub(crate) fn insert(&mut self, identity: &UserIdentity) {
        for value in UniqueValue::of(identity) {
            let ids = self.0.entry(value).or_default();
            ids.insert(identity.user_identity_id);
        }
    }

    pub(crate) fn remove(&mut self, identity: &UserIdentity) {
        for value in UniqueValue::of(identity) {
            remove_from(&mut self.0, value, identity.user_identity_id);
        }
    }

    pub(crate) fn with(&self, value: UniqueValue) -> impl Iterator<Item = UserIdentityId> {
        self.0.get(&value).into_iter().flatten().copied()
    }
}

/// The identity that the user is linked to, if its opaque text is an id. The identity need not exist.
#[must_use]
pub fn identity_of(user: &AcsUser) -> Option<UserIdentityId> {
    user.user_identity_id.as_ref()?.parse().ok()
}

/// Removes the id, and with the last id the key.
// A key is personal data: it must not outlive the people who had it.
fn remove_from<K: Ord, Id: Ord>(index: &mut BTreeMap<K, BTreeSet<Id>>, key: K, id: Id) {
    if let btree_map::Entry::Occupied(mut ids) = index.entry(key) {
        ids.get_mut().remove(&id);
        if ids.get().is_empty() {
            ids.remove();
        }
    }
}
