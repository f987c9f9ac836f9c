//! Which of the adapter's ids stand for which of the oracle's.

use std::collections::BTreeMap;

use access_groups_core::{
    AccessGroupId, AcsSystemId, AcsUserId, AcsUserSelector, EntranceId, Operation, Subject,
    UserIdentityId, UserIdentitySelector, UserRef,
};

use super::oracle::Oracle;
use crate::answer::{Answer, IdentitySeen, UserSeen};

/// What the adapter created, deleted ones among it.
#[derive(Debug, Default)]
pub(super) struct CreatedIds {
    pub(super) systems: Created<AcsSystemId>,
    pub(super) groups: Created<AccessGroupId>,
    pub(super) entrances: Created<EntranceId>,
    pub(super) users: Created<AcsUserId>,
    pub(super) identities: Created<UserIdentityId>,
}

/// Of one kind: the oracle's id of each, and the adapter's once it was read.
#[derive(Debug, Default)]
pub(super) struct Created<I>(BTreeMap<I, Option<I>>);

impl<I: Ord + Copy> Created<I> {
    pub(super) fn all(&self) -> impl Iterator<Item = I> {
        self.0.keys().copied()
    }

    pub(super) fn unread(&self) -> Vec<I> {
        let unread = self.0.iter().filter(|(_, theirs)| theirs.is_none());
        unread.map(|(ours, _)| *ours).collect()
    }

    fn expect(&mut self, ids: impl Iterator<Item = I>) {
        for ours in ids {
            self.0.entry(ours).or_default();
        }
    }

    /// Notes the adapter's id of the first unread one that is meant.
    fn learn(&mut self, theirs: I, is_meant: impl Fn(&I) -> bool) {
        let mut unread = self.0.iter_mut().filter(|(_, known)| known.is_none());
        if let Some((_, unread)) = unread.find(|(ours, _)| is_meant(ours)) {
            *unread = Some(theirs);
        }
    }

    /// The oracle's id for one of the adapter's.
    fn ours(&self, theirs: I) -> I {
        let mut read = self.0.iter();
        let ours = read.find(|(_, id)| **id == Some(theirs));
        ours.map_or(theirs, |(ours, _)| *ours)
    }

    /// Puts the adapter's id in place of the oracle's; `false` if it was not read yet.
    fn replace(&self, id: &mut I) -> bool {
        match self.0.get(id) {
            Some(Some(theirs)) => *id = *theirs,
            Some(None) => return false,
            // The ids of the site are the same for both.
            None => {}
        }
        true
    }
}

impl CreatedIds {
    /// Adds what the oracle has just created; the adapter's ids are not read yet.
    pub(super) fn expect_created(&mut self, oracle: &Oracle) {
        self.systems.expect(oracle.new_systems());
        self.groups.expect(oracle.new_groups());
        self.entrances.expect(oracle.new_entrances());
        self.users.expect(oracle.newcomers());
        self.identities.expect(oracle.new_identities());
    }

    /// Learns the ids in the answer that are new, and what else the adapter chose for their owners.
    pub(super) fn learn(&mut self, oracle: &mut Oracle, answer: &Answer) {
        match answer {
            // Only their creation leaves one of these unread, and its answer is the new one.
            Answer::Systems(systems) => {
                if let [system] = &**systems {
                    self.systems.learn(system.id, |_| true);
                }
                for system in systems {
                    oracle.learn_system(self.systems.ours(system.id), system);
                }
            }
            Answer::Groups(groups) => {
                if let [group] = &**groups {
                    self.groups.learn(group.id, |_| true);
                }
                for group in groups {
                    oracle.learn_group(self.groups.ours(group.id), group);
                }
            }
            Answer::Entrances(entrances) => {
                if let [entrance] = &**entrances {
                    self.entrances.learn(entrance.id, |_| true);
                }
                for entrance in entrances {
                    oracle.learn_entrance(self.entrances.ours(entrance.id), entrance);
                }
            }
            Answer::Users(users) => {
                for user in users {
                    self.learn_user_id(oracle, user);
                }
            }
            Answer::Identities(identities) => {
                for identity in identities {
                    self.learn_identity_id(oracle, identity);
                }
            }
            _ => {}
        }
    }

    // The adapter's id is unknown here, so a new user is recognised by system and identity.
    fn learn_user_id(&mut self, oracle: &mut Oracle, seen: &UserSeen) {
        // A link by key may have made the identity that the user shows.
        if let Some(theirs) = seen.identity
            && let Some(user) = oracle.users.get(&self.users.ours(seen.id))
            && let Some(ours) = user.identity
            && oracle.identity(self.identities.ours(theirs)).is_none()
        {
            self.identities.learn(theirs, |id| *id == ours);
        }
        if !oracle.users.contains_key(&self.users.ours(seen.id)) {
            let identity = seen.identity.map(|identity| self.identities.ours(identity));
            let system = self.systems.ours(seen.system);
            self.users.learn(seen.id, |ours| {
                let guess = oracle.users.get(ours);
                guess.is_some_and(|guess| guess.system == system && guess.identity == identity)
            });
        }
        oracle.learn_user(self.users.ours(seen.id), seen);
    }

    // As above, by the key: no two identities share one.
    fn learn_identity_id(&mut self, oracle: &mut Oracle, seen: &IdentitySeen) {
        if oracle.identity(self.identities.ours(seen.id)).is_none() {
            self.identities.learn(seen.id, |ours| {
                let guess = oracle.identity(*ours);
                guess.is_some_and(|guess| guess.key == seen.key)
            });
        }
        oracle.learn_identity(self.identities.ours(seen.id), seen);
    }

    /// The call with the adapter's ids; `None` if one of them was not read yet.
    pub(super) fn to_adapter(&self, operation: &Operation) -> Option<Operation> {
        let (mut operation, ids) = (operation.clone(), self);
        let mut translation = Translation { ids, known: true };
        translation.operation(&mut operation);
        translation.known.then_some(operation)
    }

    /// The answer with the oracle's ids.
    pub(super) fn translated(&self, mut answer: Answer) -> Answer {
        match &mut answer {
            Answer::Users(users) => {
                for user in users.iter_mut() {
                    user.id = self.users.ours(user.id);
                    user.system = self.systems.ours(user.system);
                    user.hid_system = user.hid_system.take().map(|text| self.system_text(text));
                    user.identity = user.identity.map(|identity| self.identities.ours(identity));
                }
                // The lists were in the order of the adapter's ids.
                users.sort();
            }
            Answer::Identities(identities) => {
                for identity in identities.iter_mut() {
                    identity.id = self.identities.ours(identity.id);
                    let users = identity.users.iter();
                    identity.users = users.map(|user| self.users.ours(*user)).collect();
                }
                identities.sort();
            }
            Answer::Systems(systems) => {
                for system in systems.iter_mut() {
                    system.id = self.systems.ours(system.id);
                }
                systems.sort();
            }
            Answer::Groups(groups) => {
                for group in groups.iter_mut() {
                    group.id = self.groups.ours(group.id);
                    group.system = self.systems.ours(group.system);
                }
                groups.sort();
            }
            Answer::Entrances(entrances) => {
                for entrance in entrances.iter_mut() {
                    entrance.id = self.entrances.ours(entrance.id);
                    entrance.system = self.systems.ours(entrance.system);
                }
                entrances.sort();
            }
            Answer::Refused(_, Some(Subject::AcsSystem(system))) => {
                *system = self.systems.ours(*system);
            }
            Answer::Refused(_, Some(Subject::AccessGroup(group))) => {
                *group = self.groups.ours(*group);
            }
            Answer::Refused(_, Some(Subject::Entrance(entrance))) => {
                *entrance = self.entrances.ours(*entrance);
            }
            Answer::Refused(_, Some(Subject::AcsUser(user))) => *user = self.users.ours(*user),
            Answer::Refused(_, Some(Subject::UserIdentity(identity))) => {
                *identity = self.identities.ours(*identity);
            }
            _ => {}
        }
        answer
    }

    /// The id of a system that a user shows as text.
    fn system_text(&self, text: String) -> String {
        let id = text.parse().map(|id| self.systems.ours(id));
        id.map_or(text, |id| id.to_string())
    }

    /// The same without the users of identities some of whose users could not be read.
    pub(super) fn without_unread_users(&self, oracle: &Oracle, mut answer: Answer) -> Answer {
        if let Answer::Identities(identities) = &mut answer {
            let unread = self.users.unread().into_iter();
            let unread = unread.filter_map(|user| oracle.users.get(&user)?.identity);
            let unread: Vec<_> = unread.collect();
            for identity in identities {
                if unread.contains(&identity.id) {
                    identity.users.clear();
                }
            }
        }
        answer
    }
}

/// Puts the adapter's ids in place of the oracle's, wherever an operation names one of a kind that
/// adapters create.
struct Translation<'i> {
    ids: &'i CreatedIds,
    /// Whether all of them were read.
    known: bool,
}

impl Translation<'_> {
    fn operation(&mut self, operation: &mut Operation) {
        match operation {
            Operation::AddUser(op) => {
                self.user_or_identity(&mut op.user);
                self.group(&mut op.group);
            }
            Operation::RemoveUser(op) => {
                self.user_or_identity(&mut op.user);
                self.group(&mut op.group);
            }
            Operation::GrantAccess(op) => {
                self.user_or_identity(&mut op.user);
                self.entrance(&mut op.entrance);
            }
            Operation::RevokeAccess(op) => {
                self.user_or_identity(&mut op.user);
                self.entrance(&mut op.entrance);
            }
            Operation::GetAccessGroup(op) => self.group(&mut op.group),
            Operation::ListAccessGroups(op) => {
                self.systems(&mut op.filter.system);
                op.filter.user.iter_mut().for_each(|id| self.user(id));
                self.identities(&mut op.filter.identity);
            }
            Operation::ListUsersInGroup(op) => self.group(&mut op.group),
            Operation::ListEntrancesOfGroup(op) => self.group(&mut op.group),
            Operation::DeleteAccessGroup(op) => self.group(&mut op.group),
            Operation::CreateAccessGroup(op) => {
                self.system(&mut op.group.system);
                self.entrances(&mut op.group.entrances);
            }
            Operation::UpdateAccessGroup(op) => {
                self.group(&mut op.group);
                self.entrances(&mut op.update.add_entrances);
                self.entrances(&mut op.update.remove_entrances);
            }
            Operation::CreateAcsUser(op) => {
                self.system(&mut op.user.system);
                self.identities(&mut op.user.identity);
                op.user.groups.iter_mut().for_each(|id| self.group(id));
            }
            Operation::ListAcsUsers(op) => {
                self.systems(&mut op.filter.system);
                self.identities(&mut op.filter.identity);
            }
            Operation::GetAcsUser(op) => self.selected_user(&mut op.user),
            Operation::UpdateAcsUser(op) => {
                self.selected_user(&mut op.user);
                self.systems(&mut op.update.hid_acs_system);
            }
            Operation::DeleteAcsUser(op) => self.selected_user(&mut op.user),
            Operation::SuspendAcsUser(op) => self.selected_user(&mut op.user),
            Operation::UnsuspendAcsUser(op) => self.selected_user(&mut op.user),
            Operation::ListEntrancesOfUser(op) => self.selected_user(&mut op.user),
            Operation::RevokeAccessToAllEntrances(op) => self.selected_user(&mut op.user),
            Operation::GetAcsSystem(op) => self.system(&mut op.system),
            Operation::UpdateAcsSystem(op) => self.system(&mut op.system),
            Operation::DeleteAcsSystem(op) => self.system(&mut op.system),
            Operation::GetEntrance(op) => self.entrance(&mut op.entrance),
            Operation::ListEntrances(op) => {
                self.systems(&mut op.filter.system);
                self.entrances(op.filter.entrances.iter_mut().flatten());
            }
            Operation::CreateEntrance(op) => self.system(&mut op.entrance.system),
            Operation::UpdateEntrance(op) => self.entrance(&mut op.entrance),
            Operation::DeleteEntrance(op) => self.entrance(&mut op.entrance),
            Operation::CreateUserIdentity(op) => self.systems(&mut op.identity.systems),
            Operation::GetUserIdentity(op) => self.selected_identity(&mut op.identity),
            Operation::ListUserIdentities(op) => {
                self.identities(op.filter.identities.iter_mut().flatten());
            }
            Operation::UpdateUserIdentity(op) => self.identity(&mut op.identity),
            Operation::DeleteUserIdentity(op) => self.identity(&mut op.identity),
            Operation::LinkAcsUser(op) => {
                self.user(&mut op.user);
                self.selected_identity(&mut op.identity);
            }
            Operation::UnlinkAcsUser(op) => {
                self.user(&mut op.user);
                self.identity(&mut op.identity);
            }
            Operation::ListUsersOfIdentity(op) => self.identity(&mut op.identity),
            Operation::ListSystemsOfIdentity(op) => self.identity(&mut op.identity),
            Operation::ListEntrancesOfIdentity(op) => self.identity(&mut op.identity),
            Operation::GetWorkspace(_)
            | Operation::ListAcsSystems(_)
            | Operation::CreateAcsSystem(_) => {}
        }
    }

    fn system(&mut self, system: &mut AcsSystemId) {
        self.known &= self.ids.systems.replace(system);
    }

    fn systems<'a>(&mut self, all: impl IntoIterator<Item = &'a mut AcsSystemId>) {
        all.into_iter().for_each(|system| self.system(system));
    }

    fn group(&mut self, group: &mut AccessGroupId) {
        self.known &= self.ids.groups.replace(group);
    }

    fn entrance(&mut self, entrance: &mut EntranceId) {
        self.known &= self.ids.entrances.replace(entrance);
    }

    fn entrances<'a>(&mut self, all: impl IntoIterator<Item = &'a mut EntranceId>) {
        all.into_iter().for_each(|entrance| self.entrance(entrance));
    }

    fn user(&mut self, user: &mut AcsUserId) {
        self.known &= self.ids.users.replace(user);
    }

    fn identity(&mut self, identity: &mut UserIdentityId) {
        self.known &= self.ids.identities.replace(identity);
    }

    fn identities<'a>(&mut self, all: impl IntoIterator<Item = &'a mut UserIdentityId>) {
        all.into_iter().for_each(|identity| self.identity(identity));
    }

    fn user_or_identity(&mut self, user: &mut UserRef) {
        match user {
            UserRef::AcsUser(user) => self.user(user),
            UserRef::Identity(identity) => self.identity(identity),
        }
    }

    fn selected_user(&mut self, user: &mut AcsUserSelector) {
        match user {
            AcsUserSelector::Id(user) => self.user(user),
            AcsUserSelector::Identity { identity, system } => {
                self.identity(identity);
                self.system(system);
            }
        }
    }

    fn selected_identity(&mut self, identity: &mut UserIdentitySelector) {
        if let UserIdentitySelector::Id(identity) = identity {
            self.identity(identity);
        }
    }
}
