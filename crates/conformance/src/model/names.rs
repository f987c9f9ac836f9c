//! Which of the adapter's ids stand for which of the oracle's.

use std::collections::BTreeMap;

use access_groups_core::{
    AcsUserId, AcsUserSelector, Operation, Subject, UserIdentityId, UserIdentitySelector, UserRef,
};

use super::oracle::Oracle;
use crate::answer::{Answer, IdentitySeen, UserSeen};

/// Whom the adapter created: the oracle's id, and the adapter's once it was read.
#[derive(Debug, Default)]
pub(super) struct Names {
    users: BTreeMap<AcsUserId, Option<AcsUserId>>,
    identities: BTreeMap<UserIdentityId, Option<UserIdentityId>>,
}

impl Names {
    /// Everybody who was created, those who are gone among them.
    pub(super) fn users(&self) -> impl Iterator<Item = AcsUserId> {
        self.users.keys().copied()
    }

    pub(super) fn identities(&self) -> impl Iterator<Item = UserIdentityId> {
        self.identities.keys().copied()
    }

    pub(super) fn unmet_users(&self) -> Vec<AcsUserId> {
        let unmet = self.users.iter().filter(|(_, theirs)| theirs.is_none());
        unmet.map(|(ours, _)| *ours).collect()
    }

    pub(super) fn unmet_identities(&self) -> Vec<UserIdentityId> {
        let unmet = self.identities.iter().filter(|(_, met)| met.is_none());
        unmet.map(|(ours, _)| *ours).collect()
    }

    /// Whoever the oracle has just created has an id that nobody has read.
    pub(super) fn expect_newcomers(&mut self, oracle: &Oracle) {
        for user in oracle.newcomers() {
            self.users.entry(user).or_default();
        }
        for identity in oracle.new_identities() {
            self.identities.entry(identity).or_default();
        }
    }

    /// Learns whose the ids in the answer are that nobody has seen before, and what the
    /// adapter chose for them.
    pub(super) fn meet(&mut self, oracle: &mut Oracle, answer: &Answer) {
        match answer {
            Answer::Users(users) => {
                for user in users {
                    self.meet_user(oracle, user);
                }
            }
            Answer::Identities(identities) => {
                for identity in identities {
                    self.meet_identity(oracle, identity);
                }
            }
            _ => {}
        }
    }

    fn meet_user(&mut self, oracle: &mut Oracle, seen: &UserSeen) {
        if let Some(theirs) = seen.identity
            && let Some(ours) = oracle
                .user(self.our_user(seen.id))
                .and_then(|it| it.identity)
            && oracle.identity(self.our_identity(theirs)).is_none()
            && let Some(unmet @ None) = self.identities.get_mut(&ours)
        {
            *unmet = Some(theirs);
        }
        if oracle.user(self.our_user(seen.id)).is_none() {
            let identity = seen.identity.map(|it| self.our_identity(it));
            let of_them = |ours: &AcsUserId| {
                let guess = oracle.user(*ours);
                guess.is_some_and(|it| it.system == seen.system && it.identity == identity)
            };
            let mut unmet = self.users.iter_mut().filter(|(_, met)| met.is_none());
            if let Some((_, unmet)) = unmet.find(|(ours, _)| of_them(ours)) {
                *unmet = Some(seen.id);
            }
        }
        oracle.learn_user(self.our_user(seen.id), seen);
    }

    fn meet_identity(&mut self, oracle: &mut Oracle, seen: &IdentitySeen) {
        if oracle.identity(self.our_identity(seen.id)).is_none() {
            let has_key = |ours: &UserIdentityId| {
                let guess = oracle.identity(*ours);
                guess.is_some_and(|it| it.key == seen.key)
            };
            let mut unmet = self.identities.iter_mut().filter(|(_, met)| met.is_none());
            if let Some((_, unmet)) = unmet.find(|(ours, _)| has_key(ours)) {
                *unmet = Some(seen.id);
            }
        }
        oracle.learn_identity(self.our_identity(seen.id), seen);
    }

    /// The call with the adapter's ids; `None` if one of them is not known.
    pub(super) fn outward(&self, operation: &Operation) -> Option<Operation> {
        let mut operation = operation.clone();
        let mut known = true;
        let mut user = |id: &mut AcsUserId| match self.users.get(id) {
            Some(Some(theirs)) => *id = *theirs,
            Some(None) => known = false,
            None => {}
        };
        users_named(&mut operation).into_iter().for_each(&mut user);
        let mut identity = |id: &mut UserIdentityId| match self.identities.get(id) {
            Some(Some(theirs)) => *id = *theirs,
            Some(None) => known = false,
            None => {}
        };
        let identities = identities_named(&mut operation);
        identities.into_iter().for_each(&mut identity);
        known.then_some(operation)
    }

    /// The answer with the oracle's ids.
    pub(super) fn inward(&self, answer: Answer) -> Answer {
        match answer {
            Answer::Users(mut users) => {
                for user in &mut users {
                    user.id = self.our_user(user.id);
                    user.identity = user.identity.map(|it| self.our_identity(it));
                }
                users.sort();
                Answer::Users(users)
            }
            Answer::Identities(mut identities) => {
                for identity in &mut identities {
                    identity.id = self.our_identity(identity.id);
                    let users = identity.users.iter();
                    identity.users = users.map(|it| self.our_user(*it)).collect();
                }
                identities.sort();
                Answer::Identities(identities)
            }
            Answer::Refused(kind, Some(Subject::AcsUser(user))) => {
                Answer::refused(kind, self.our_user(user))
            }
            Answer::Refused(kind, Some(Subject::UserIdentity(identity))) => {
                Answer::refused(kind, self.our_identity(identity))
            }
            other => other,
        }
    }

    /// The same without the users of identities some of whose users nobody could read.
    pub(super) fn as_far_as_met(&self, oracle: &Oracle, mut answer: Answer) -> Answer {
        if let Answer::Identities(identities) = &mut answer {
            let unmet = self.unmet_users();
            let unmet = unmet.into_iter().filter_map(|it| oracle.user(it)?.identity);
            let unmet: Vec<_> = unmet.collect();
            let partly_known = identities.iter_mut().filter(|it| unmet.contains(&it.id));
            partly_known.for_each(|it| it.users.clear());
        }
        answer
    }

    fn our_user(&self, theirs: AcsUserId) -> AcsUserId {
        let mut met = self.users.iter();
        let ours = met.find(|(_, met)| **met == Some(theirs));
        ours.map_or(theirs, |(ours, _)| *ours)
    }

    fn our_identity(&self, theirs: UserIdentityId) -> UserIdentityId {
        let mut met = self.identities.iter();
        let ours = met.find(|(_, met)| **met == Some(theirs));
        ours.map_or(theirs, |(ours, _)| *ours)
    }
}

/// Every user that the call names by id.
fn users_named(operation: &mut Operation) -> Vec<&mut AcsUserId> {
    let named = match operation {
        Operation::AddUser(op) => user_of(&mut op.user),
        Operation::RemoveUser(op) => user_of(&mut op.user),
        Operation::GrantAccess(op) => user_of(&mut op.user),
        Operation::ListAccessGroups(op) => op.filter.user.as_mut(),
        Operation::LinkAcsUser(op) => Some(&mut op.user),
        Operation::UnlinkAcsUser(op) => Some(&mut op.user),
        Operation::GetUnmanagedAcsUser(op) => Some(&mut op.user),
        Operation::ListUnmanagedAccessGroups(op) => op.user.as_mut(),
        _ => match selector(operation) {
            Some(AcsUserSelector::Id(user)) => Some(user),
            _ => None,
        },
    };
    named.into_iter().collect()
}

/// Every identity that the call names by id.
fn identities_named(operation: &mut Operation) -> Vec<&mut UserIdentityId> {
    let named = match operation {
        Operation::ListUserIdentities(op) => {
            return op.filter.identities.iter_mut().flatten().collect();
        }
        Operation::AddUser(op) => identity_of(&mut op.user),
        Operation::RemoveUser(op) => identity_of(&mut op.user),
        Operation::GrantAccess(op) => identity_of(&mut op.user),
        Operation::ListAccessGroups(op) => op.filter.identity.as_mut(),
        Operation::CreateAcsUser(op) => op.user.identity.as_mut(),
        Operation::ListAcsUsers(op) => op.filter.identity.as_mut(),
        Operation::GetUserIdentity(op) => by_id(&mut op.identity),
        Operation::LinkAcsUser(op) => by_id(&mut op.identity),
        Operation::UpdateUserIdentity(op) => Some(&mut op.identity),
        Operation::DeleteUserIdentity(op) => Some(&mut op.identity),
        Operation::UnlinkAcsUser(op) => Some(&mut op.identity),
        Operation::ListUsersOfIdentity(op) => Some(&mut op.identity),
        Operation::ListSystemsOfIdentity(op) => Some(&mut op.identity),
        Operation::ListEntrancesOfIdentity(op) => Some(&mut op.identity),
        _ => match selector(operation) {
            Some(AcsUserSelector::Identity { identity, .. }) => Some(identity),
            _ => None,
        },
    };
    named.into_iter().collect()
}

fn selector(operation: &mut Operation) -> Option<&mut AcsUserSelector> {
    match operation {
        Operation::GetAcsUser(op) => Some(&mut op.user),
        Operation::UpdateAcsUser(op) => Some(&mut op.user),
        Operation::DeleteAcsUser(op) => Some(&mut op.user),
        Operation::SuspendAcsUser(op) => Some(&mut op.user),
        Operation::UnsuspendAcsUser(op) => Some(&mut op.user),
        Operation::ListEntrancesOfUser(op) => Some(&mut op.user),
        Operation::RevokeAccessToAllEntrances(op) => Some(&mut op.user),
        _ => None,
    }
}

fn user_of(user: &mut UserRef) -> Option<&mut AcsUserId> {
    match user {
        UserRef::AcsUser(user) => Some(user),
        UserRef::Identity(_) => None,
    }
}

fn identity_of(user: &mut UserRef) -> Option<&mut UserIdentityId> {
    match user {
        UserRef::Identity(identity) => Some(identity),
        UserRef::AcsUser(_) => None,
    }
}

fn by_id(identity: &mut UserIdentitySelector) -> Option<&mut UserIdentityId> {
    match identity {
        UserIdentitySelector::Id(identity) => Some(identity),
        UserIdentitySelector::Key(_) => None,
    }
}
