//! Who the users of a roster are.

use std::{
    cell::OnceCell,
    collections::{HashMap, HashSet},
};

use access_groups_core::{AcsSystemId, AcsUserId, UserIdentityId, UserRef};

use super::Planned;
use crate::{
    ProblemKind,
    observed::{KnownIdentity, Observed},
};

/// Everybody who may be in a group, each with a number: those observed, and those who will get a user
/// in a system through their identity.
pub(super) struct People<'o> {
    observed: &'o Observed,
    everybody: Vec<Person<'o>>,
    by_id: HashMap<AcsUserId, u32>,
    by_identity: HashMap<(UserIdentityId, AcsSystemId), u32>,
    by_address: HashMap<&'o str, Vec<u32>>,
    identities: HashMap<UserIdentityId, &'o KnownIdentity>,
    identities_by_address: HashMap<&'o str, Vec<UserIdentityId>>,
    /// Found when an id is not that of a listed user, which is rare.
    unlisted: OnceCell<HashSet<(AcsUserId, AcsSystemId)>>,
    /// For the address of each row, without an allocation.
    folded: String,
}

#[derive(Clone, Copy)]
struct Person<'o> {
    user: UserRef,
    system: AcsSystemId,
    name: &'o str,
    /// Whether it is an identity, or linked to one.
    has_identity: bool,
}

impl<'o> People<'o> {
    pub(super) fn new(observed: &'o Observed) -> Self {
        let mut people = Self {
            observed,
            everybody: Vec::with_capacity(observed.users.len()),
            by_id: HashMap::with_capacity(observed.users.len()),
            by_identity: HashMap::new(),
            by_address: HashMap::with_capacity(observed.users.len()),
            identities: HashMap::with_capacity(observed.identities.len()),
            identities_by_address: HashMap::with_capacity(observed.identities.len()),
            unlisted: OnceCell::new(),
            folded: String::new(),
        };
        people.index();
        people
    }

    fn index(&mut self) {
        for user in &self.observed.users {
            // A list in pages may show somebody twice.
            if self.by_id.contains_key(&user.id) {
                continue;
            }
            let number = self.add(Person {
                user: user.id.into(),
                system: user.system,
                name: &user.name,
                has_identity: user.identity.is_some(),
            });
            self.by_id.insert(user.id, number);
            if let Some(identity) = user.identity {
                self.by_identity.insert((identity, user.system), number);
            }
            for address in &user.addresses {
                self.by_address.entry(address).or_default().push(number);
            }
        }
        for identity in &self.observed.identities {
            let is_new = self.identities.insert(identity.id, identity).is_none();
            if let (true, Some(address)) = (is_new, &identity.address) {
                self.identities_by_address
                    .entry(address)
                    .or_default()
                    .push(identity.id);
            }
        }
    }

    fn add(&mut self, person: Person<'o>) -> u32 {
        self.everybody.push(person);
        u32::try_from(self.everybody.len() - 1).unwrap_or(u32::MAX)
    }

    pub(super) const fn count(&self) -> usize {
        self.everybody.len()
    }

    fn person(&self, number: u32) -> Person<'o> {
        self.everybody[number as usize]
    }

    /// This person, as a plan names them.
    pub(super) fn planned(&self, number: u32, row: Option<u32>) -> Planned {
        let person = self.person(number);
        Planned {
            user: person.user,
            name: person.name.to_owned(),
            row,
            moves: None,
        }
    }

    /// The number of a member, who may be missing in the list of users: an unmanaged one, for example.
    pub(super) fn member(&mut self, user: AcsUserId, system: AcsSystemId) -> u32 {
        match self.by_id.get(&user) {
            Some(number) => *number,
            None => {
                let number = self.add(Person {
                    user: user.into(),
                    system,
                    name: "",
                    has_identity: false,
                });
                self.by_id.insert(user, number);
                number
            }
        }
    }

    /// The person in this system whom a text of a roster names.
    pub(super) fn named(&mut self, text: &str, system: AcsSystemId) -> Result<u32, ProblemKind> {
        if let Ok(id) = text.parse::<AcsUserId>() {
            return self.with_id(id, system);
        }
        // `names::fold_address` of the text.
        self.folded.clear();
        self.folded
            .extend(text.chars().map(|letter| letter.to_ascii_lowercase()));
        let everywhere = self.by_address.get(self.folded.as_str());
        let everywhere = everywhere.map(Vec::as_slice).unwrap_or_default();
        let is_here = |number: &&u32| self.everybody[**number as usize].system == system;
        let mut here = everywhere.iter().filter(is_here);
        match (here.next(), here.count()) {
            (Some(only), 0) => return Ok(*only),
            (Some(_), others) => return Err(ProblemKind::SeveralUsers(others + 1)),
            (None, _) => {}
        }
        let identities = self.identities_by_address.get(self.folded.as_str());
        match identities.map(Vec::as_slice).unwrap_or_default() {
            [] => Err(match everywhere.is_empty() {
                true => ProblemKind::UnknownUser,
                false => ProblemKind::OtherSystem,
            }),
            [only] => self.with_identity(*only, system),
            several => Err(ProblemKind::SeveralUsers(several.len())),
        }
    }

    /// The members who are missing in the list of users: they can be named by id in their system only.
    fn unlisted(&self) -> &HashSet<(AcsUserId, AcsSystemId)> {
        self.unlisted.get_or_init(|| {
            let all = self.observed.members.iter();
            let all = all.filter_map(|(group, members)| {
                Some((self.observed.groups.get(group)?.acs_system_id, members))
            });
            all.flat_map(|(system, members)| {
                let users = members.users.iter().map(|(user, _)| *user);
                let users = users.filter(|user| !self.by_id.contains_key(user));
                users.map(move |user| (user, system))
            })
            .collect()
        })
    }

    fn with_id(&mut self, id: AcsUserId, system: AcsSystemId) -> Result<u32, ProblemKind> {
        match self.by_id.get(&id) {
            Some(number) if self.person(*number).system == system => Ok(*number),
            Some(_) => Err(ProblemKind::OtherSystem),
            None if self.unlisted().contains(&(id, system)) => Ok(self.member(id, system)),
            None => self.with_identity(UserIdentityId::new(*id.as_uuid()), system),
        }
    }

    /// The identity's user in the system; without one, the identity itself, which will get one.
    fn with_identity(
        &mut self,
        identity: UserIdentityId,
        system: AcsSystemId,
    ) -> Result<u32, ProblemKind> {
        if let Some(number) = self.by_identity.get(&(identity, system)) {
            return Ok(*number);
        }
        let known = *self
            .identities
            .get(&identity)
            .ok_or(ProblemKind::UnknownUser)?;
        let number = match self.to_be_linked(known, system)? {
            Some(user) => user,
            None => self.add(Person {
                user: identity.into(),
                system,
                name: &known.name,
                has_identity: true,
            }),
        };
        self.by_identity.insert((identity, system), number);
        Ok(number)
    }

    /// The user whom the service links to the identity when it joins a group: who has its address. They
    /// are one person already, or an authoritative group would add the one and remove the other.
    fn to_be_linked(
        &self,
        identity: &KnownIdentity,
        system: AcsSystemId,
    ) -> Result<Option<u32>, ProblemKind> {
        let address = identity.address.as_deref();
        let users = address.and_then(|address| self.by_address.get(address));
        let mut users = users.into_iter().flatten().filter(|number| {
            let user = self.person(**number);
            user.system == system && !user.has_identity
        });
        match (users.next(), users.count()) {
            (first, 0) => Ok(first.copied()),
            (_, others) => Err(ProblemKind::SeveralUsers(others + 1)),
        }
    }
}
