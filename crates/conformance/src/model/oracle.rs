//! What every call must answer: the sentences of the contracts over ordered sets.

use std::collections::{BTreeMap, BTreeSet};

use access_groups_core::{
    AccessGroupFilter, AccessGroupId, AcsSystemId, AcsUserId, EntranceId, ErrorKind, Operation,
    Subject, Timestamp, UserIdentity, UserIdentityId, UserRef,
};

use crate::{
    Site,
    answer::{Answer, EntranceSeen, GroupSeen, UserSeen},
};

/// A site as plain sets. It asks no adapter and shares no code with one.
#[derive(Debug, Clone)]
pub(crate) struct Oracle {
    site: Site,
    users: BTreeMap<AcsUserId, Known>,
    identities: BTreeMap<UserIdentityId, UserIdentity>,
    groups: BTreeMap<AccessGroupId, GroupSeen>,
    entrances: BTreeMap<EntranceId, EntranceSeen>,
    holds: BTreeSet<(AccessGroupId, EntranceId)>,
    members: BTreeSet<(AcsUserId, AccessGroupId)>,
}

#[derive(Debug, Clone)]
struct Known {
    seen: UserSeen,
    /// `None` for those created on the way: they are linked, so nobody asks.
    created_at: Option<Timestamp>,
}

/// What a call must come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) answer: Answer,
    /// The user that the adapter must have created, under the oracle's own id.
    pub(crate) newcomer: Option<AcsUserId>,
}

impl Oracle {
    pub(crate) fn new(site: Site) -> Self {
        let users = site.users.iter().map(|it| {
            let known = Known {
                seen: it.into(),
                created_at: Some(it.created_at),
            };
            (it.acs_user_id, known)
        });
        let identities = site.identities.iter();
        let groups = site.groups.iter();
        let entrances = site.entrances.iter();
        Self {
            users: users.collect(),
            identities: identities
                .map(|it| (it.user_identity_id, it.clone()))
                .collect(),
            groups: groups
                .map(|it| (it.acs_access_group_id, it.into()))
                .collect(),
            entrances: entrances
                .map(|it| (it.acs_entrance_id, it.into()))
                .collect(),
            holds: site.group_entrances.iter().copied().collect(),
            members: site.memberships.iter().copied().collect(),
            site,
        }
    }

    /// What it began with.
    pub(crate) fn site(&self) -> &Site {
        &self.site
    }

    pub(crate) fn users(&self) -> impl Iterator<Item = AcsUserId> {
        self.users.keys().copied()
    }

    pub(crate) fn groups(&self) -> impl Iterator<Item = AccessGroupId> {
        self.groups.keys().copied()
    }

    pub(crate) fn memberships(&self) -> impl Iterator<Item = (AcsUserId, AccessGroupId)> {
        self.members.iter().copied()
    }

    pub(crate) fn user(&self, user: AcsUserId) -> Option<&UserSeen> {
        Some(&self.users.get(&user)?.seen)
    }

    /// Takes over what an adapter may choose of a user that it created.
    pub(crate) fn learn(&mut self, user: UserSeen) {
        let created_at = None;
        self.users.insert(
            user.id,
            Known {
                seen: user,
                created_at,
            },
        );
    }

    /// Carries the call out, and says what it must come to.
    pub(crate) fn execute(&mut self, operation: &Operation) -> Expected {
        let before = self.users.len();
        let answer = self.answer(operation).unwrap_or_else(|refused| refused);
        let newcomer = match operation {
            Operation::AddUser(op) if self.users.len() > before => match op.user {
                UserRef::Identity(identity) => Some(self.placeholder(identity, op.group)),
                UserRef::AcsUser(_) => None,
            },
            _ => None,
        };
        Expected { answer, newcomer }
    }

    fn answer(&mut self, operation: &Operation) -> Result<Answer, Answer> {
        Ok(match operation {
            Operation::AddUser(op) => self.add(op.user, op.group)?,
            Operation::RemoveUser(op) => self.remove(op.user, op.group)?,
            Operation::DeleteAccessGroup(op) => self.delete(op.group)?,
            Operation::GetAccessGroup(op) => Answer::Groups(vec![self.group(op.group)?.clone()]),
            Operation::ListAccessGroups(op) => self.listed(&op.filter),
            Operation::ListUsersInGroup(op) => {
                self.group(op.group)?;
                let members = self
                    .users
                    .values()
                    .filter(|it| self.is_member(it, op.group));
                Answer::Users(members.map(|it| it.seen.clone()).collect())
            }
            Operation::ListEntrancesOfGroup(op) => {
                self.group(op.group)?;
                let entrances = self.entrances.values();
                let held = entrances.filter(|it| self.holds.contains(&(op.group, it.id)));
                Answer::Entrances(held.cloned().collect())
            }
            Operation::GetAcsUser(op) => {
                let known = self.users.get(&op.user);
                Answer::Users(vec![known.ok_or_else(|| unknown(op.user))?.seen.clone()])
            }
            Operation::GetEntrance(op) => {
                let known = self.entrances.get(&op.entrance);
                Answer::Entrances(vec![known.ok_or_else(|| unknown(op.entrance))?.clone()])
            }
        })
    }

    fn add(&mut self, user: UserRef, group: AccessGroupId) -> Result<Answer, Answer> {
        self.look_at(user)?;
        let system = self.group(group)?.system;
        let user = match user {
            UserRef::AcsUser(user) if self.system_of(user) == Some(system) => user,
            UserRef::AcsUser(user) => return Err(Answer::refused(ErrorKind::Invalid, user)),
            UserRef::Identity(identity) => self.user_for(identity, system, group),
        };
        self.members.insert((user, group));
        Ok(Answer::Done)
    }

    fn remove(&mut self, user: UserRef, group: AccessGroupId) -> Result<Answer, Answer> {
        self.look_at(user)?;
        let system = self.group(group)?.system;
        let user = match user {
            UserRef::AcsUser(user) => Some(user),
            UserRef::Identity(identity) => self.linked(identity, system),
        };
        if let Some(user) = user {
            self.members.remove(&(user, group));
        }
        Ok(Answer::Done)
    }

    fn delete(&mut self, group: AccessGroupId) -> Result<Answer, Answer> {
        self.group(group)?;
        self.groups.remove(&group);
        self.members.retain(|(_, of)| *of != group);
        self.holds.retain(|(of, _)| *of != group);
        Ok(Answer::Done)
    }

    fn listed(&self, filter: &AccessGroupFilter) -> Answer {
        let passes = |group: &&GroupSeen| {
            let is_in = |user: AcsUserId| self.members.contains(&(user, group.id));
            let of_identity = |identity| {
                let linked = |it: &&Known| it.seen.identity == Some(identity);
                self.users
                    .values()
                    .filter(linked)
                    .any(|it| is_in(it.seen.id))
            };
            let found = |text: &str| {
                let text = text.to_lowercase();
                let id = group.id.to_string();
                group.name.to_lowercase().contains(&text) || id.contains(&text)
            };
            filter.system.is_none_or(|system| group.system == system)
                && filter.user.is_none_or(is_in)
                && filter.identity.is_none_or(of_identity)
                && filter
                    .search
                    .as_ref()
                    .is_none_or(|text| found(text.as_str()))
        };
        Answer::Groups(self.groups.values().filter(passes).cloned().collect())
    }

    fn look_at(&self, user: UserRef) -> Result<(), Answer> {
        let known = match user {
            UserRef::AcsUser(user) => self.users.contains_key(&user),
            UserRef::Identity(identity) => self.identities.contains_key(&identity),
        };
        if known { Ok(()) } else { Err(unknown(user)) }
    }

    fn group(&self, group: AccessGroupId) -> Result<&GroupSeen, Answer> {
        self.groups.get(&group).ok_or_else(|| unknown(group))
    }

    fn system_of(&self, user: AcsUserId) -> Option<AcsSystemId> {
        Some(self.user(user)?.system)
    }

    fn is_member(&self, user: &Known, group: AccessGroupId) -> bool {
        self.members.contains(&(user.seen.id, group))
    }

    fn linked(&self, identity: UserIdentityId, system: AcsSystemId) -> Option<AcsUserId> {
        let mut users = self.users.values().map(|it| &it.seen);
        let linked = users.find(|it| it.system == system && it.identity == Some(identity));
        linked.map(|it| it.id)
    }

    /// The identity's user of the system: linked, now to be linked, or new.
    fn user_for(
        &mut self,
        identity: UserIdentityId,
        system: AcsSystemId,
        group: AccessGroupId,
    ) -> AcsUserId {
        if let Some(user) = self.linked(identity, system) {
            return user;
        }
        let Some(user) = self.match_for(identity, system) else {
            let new = UserSeen {
                id: self.placeholder(identity, group),
                system,
                name: String::new(),
                email: None,
                phone: None,
                suspended: false,
                schedule: None,
                identity: Some(identity),
            };
            let id = new.id;
            self.learn(new);
            return id;
        };
        if let Some(known) = self.users.get_mut(&user) {
            known.seen.identity = Some(identity);
        }
        user
    }

    fn match_for(&self, identity: UserIdentityId, system: AcsSystemId) -> Option<AcsUserId> {
        let identity = self.identities.get(&identity)?;
        let email = identity.email_address.as_deref();
        let phone = identity.phone_number.as_deref();
        let same_email = |theirs: &str| email.map(str::to_lowercase) == Some(theirs.to_lowercase());
        let free = |it: &&Known| it.seen.system == system && it.seen.identity.is_none();
        let oldest = |same: &dyn Fn(&UserSeen) -> bool| {
            let found = self.users.values().filter(free).filter(|it| same(&it.seen));
            found.min_by_key(|it| it.created_at).map(|it| it.seen.id)
        };
        let given = |contact: &Option<String>| contact.clone().filter(|it| !it.is_empty());
        oldest(&|it| given(&it.email).is_some_and(|theirs| same_email(&theirs)))
            .or_else(|| oldest(&|it| given(&it.phone).is_some_and(|it| Some(&*it) == phone)))
    }

    /// The oracle's id of the user that the identity gets in the group's system: there is one
    /// at most, so it is the same however a sequence is shortened.
    fn placeholder(&self, identity: UserIdentityId, group: AccessGroupId) -> AcsUserId {
        let systems = &self.site.systems;
        let system = self.groups.get(&group).map(|it| it.system);
        let number = systems
            .iter()
            .position(|it| Some(it.acs_system_id) == system);
        let salt = (number.unwrap_or(0) as u128 + 1) << 32;
        AcsUserId::from_u128(identity.as_uuid().as_u128() ^ (NEWCOMER << 96) ^ salt)
    }
}

fn unknown(subject: impl Into<Subject>) -> Answer {
    Answer::refused(ErrorKind::NotFound, subject)
}

/// Turns the first digits of an identity's id into `cafe…`.
const NEWCOMER: u128 = 0x1d00_0000 ^ 0xcafe_0000;
