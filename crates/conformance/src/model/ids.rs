//! Which of the adapter's ids stand for which of the oracle's.

use std::collections::BTreeMap;

use access_groups_core::{
    AcsUserId, AcsUserSelector, Operation, Subject, UserIdentityId, UserIdentitySelector, UserRef,
};

use super::oracle::Oracle;
use crate::answer::{Answer, IdentitySeen, UserSeen};

/// The users and identities that the adapter created: the oracle's id of each, and the adapter's
/// once it was read.
#[derive(Debug, Default)]
pub(super) struct CreatedIds {
    users: BTreeMap<AcsUserId, Option<AcsUserId>>,
    identities: BTreeMap<UserIdentityId, Option<UserIdentityId>>,
}

impl CreatedIds {
    /// All users that were created, deleted ones among them.
    pub(super) fn users(&self) -> impl Iterator<Item = AcsUserId> {
        self.users.keys().copied()
    }

    pub(super) fn identities(&self) -> impl Iterator<Item = UserIdentityId> {
        self.identities.keys().copied()
    }

    pub(super) fn unread_users(&self) -> Vec<AcsUserId> {
        let unread = self.users.iter().filter(|(_, theirs)| theirs.is_none());
        unread.map(|(ours, _)| *ours).collect()
    }

    pub(super) fn unread_identities(&self) -> Vec<UserIdentityId> {
        let unread = self
            .identities
            .iter()
            .filter(|(_, theirs)| theirs.is_none());
        unread.map(|(ours, _)| *ours).collect()
    }

    /// Adds what the oracle has just created; the adapter's ids are not read yet.
    pub(super) fn expect_created(&mut self, oracle: &Oracle) {
        for user in oracle.newcomers() {
            self.users.entry(user).or_default();
        }
        for identity in oracle.new_identities() {
            self.identities.entry(identity).or_default();
        }
    }

    /// Learns the ids in the answer that are new, and what else the adapter chose for their owners.
    pub(super) fn learn(&mut self, oracle: &mut Oracle, answer: &Answer) {
        match answer {
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
        if let Some(theirs) = seen.identity
            && let Some(ours) = oracle
                .user(self.oracle_user(seen.id))
                .and_then(|user| user.identity)
            && oracle.identity(self.oracle_identity(theirs)).is_none()
            && let Some(unread @ None) = self.identities.get_mut(&ours)
        {
            *unread = Some(theirs);
        }
        if oracle.user(self.oracle_user(seen.id)).is_none() {
            let identity = seen.identity.map(|identity| self.oracle_identity(identity));
            let of_them = |ours: &AcsUserId| {
                let guess = oracle.user(*ours);
                guess.is_some_and(|guess| guess.system == seen.system && guess.identity == identity)
            };
            let mut unread = self.users.iter_mut().filter(|(_, theirs)| theirs.is_none());
            if let Some((_, unread)) = unread.find(|(ours, _)| of_them(ours)) {
                *unread = Some(seen.id);
            }
        }
        oracle.learn_user(self.oracle_user(seen.id), seen);
    }

    fn learn_identity_id(&mut self, oracle: &mut Oracle, seen: &IdentitySeen) {
        if oracle.identity(self.oracle_identity(seen.id)).is_none() {
            let has_key = |ours: &UserIdentityId| {
                let guess = oracle.identity(*ours);
                guess.is_some_and(|guess| guess.key == seen.key)
            };
            let mut unread = self
                .identities
                .iter_mut()
                .filter(|(_, theirs)| theirs.is_none());
            if let Some((_, unread)) = unread.find(|(ours, _)| has_key(ours)) {
                *unread = Some(seen.id);
            }
        }
        oracle.learn_identity(self.oracle_identity(seen.id), seen);
    }

    /// The call with the adapter's ids; `None` if one of them was not read yet.
    pub(super) fn to_adapter(&self, operation: &Operation) -> Option<Operation> {
        let mut operation = operation.clone();
        let mut known = true;
        visit(&mut operation, &mut |id| match id {
            Named::User(id) => known &= replace(&self.users, id),
            Named::Identity(id) => known &= replace(&self.identities, id),
        });
        known.then_some(operation)
    }

    /// The answer with the oracle's ids.
    pub(super) fn translated(&self, answer: Answer) -> Answer {
        match answer {
            Answer::Users(mut users) => {
                for user in &mut users {
                    user.id = self.oracle_user(user.id);
                    user.identity = user.identity.map(|identity| self.oracle_identity(identity));
                }
                users.sort();
                Answer::Users(users)
            }
            Answer::Identities(mut identities) => {
                for identity in &mut identities {
                    identity.id = self.oracle_identity(identity.id);
                    let users = identity.users.iter();
                    identity.users = users.map(|user| self.oracle_user(*user)).collect();
                }
                identities.sort();
                Answer::Identities(identities)
            }
            Answer::Refused(kind, Some(Subject::AcsUser(user))) => {
                Answer::refused(kind, self.oracle_user(user))
            }
            Answer::Refused(kind, Some(Subject::UserIdentity(identity))) => {
                Answer::refused(kind, self.oracle_identity(identity))
            }
            other => other,
        }
    }

    /// The same without the users of identities some of whose users could not be read.
    pub(super) fn without_unread_users(&self, oracle: &Oracle, mut answer: Answer) -> Answer {
        if let Answer::Identities(identities) = &mut answer {
            let unread = self.unread_users();
            let unread = unread
                .into_iter()
                .filter_map(|user| oracle.user(user)?.identity);
            let unread: Vec<_> = unread.collect();
            let partly_known = identities
                .iter_mut()
                .filter(|identity| unread.contains(&identity.id));
            partly_known.for_each(|identity| identity.users.clear());
        }
        answer
    }

    fn oracle_user(&self, theirs: AcsUserId) -> AcsUserId {
        let mut met = self.users.iter();
        let ours = met.find(|(_, id)| **id == Some(theirs));
        ours.map_or(theirs, |(ours, _)| *ours)
    }

    fn oracle_identity(&self, theirs: UserIdentityId) -> UserIdentityId {
        let mut met = self.identities.iter();
        let ours = met.find(|(_, id)| **id == Some(theirs));
        ours.map_or(theirs, |(ours, _)| *ours)
    }
}

/// Puts the adapter's id in place of the oracle's; `false` if it was not read yet.
fn replace<I: Ord + Copy>(ids: &BTreeMap<I, Option<I>>, id: &mut I) -> bool {
    match ids.get(id) {
        Some(Some(theirs)) => *id = *theirs,
        Some(None) => return false,
        // The ids of the site are the same for both.
        None => {}
    }
    true
}

/// An id that an operation names, of a kind that adapters create.
enum Named<'o> {
    User(&'o mut AcsUserId),
    Identity(&'o mut UserIdentityId),
}

/// Visits every id of a user or an identity that the operation names.
fn visit(operation: &mut Operation, visit: &mut dyn FnMut(Named<'_>)) {
    match operation {
        Operation::AddUser(op) => visit_user(&mut op.user, visit),
        Operation::RemoveUser(op) => visit_user(&mut op.user, visit),
        Operation::GrantAccess(op) => visit_user(&mut op.user, visit),
        Operation::ListAccessGroups(op) => {
            op.filter
                .user
                .iter_mut()
                .for_each(|id| visit(Named::User(id)));
            op.filter
                .identity
                .iter_mut()
                .for_each(|id| visit(Named::Identity(id)));
        }
        Operation::CreateAcsUser(op) => {
            op.user
                .identity
                .iter_mut()
                .for_each(|id| visit(Named::Identity(id)));
        }
        Operation::ListAcsUsers(op) => {
            op.filter
                .identity
                .iter_mut()
                .for_each(|id| visit(Named::Identity(id)));
        }
        Operation::GetAcsUser(op) => visit_selector(&mut op.user, visit),
        Operation::UpdateAcsUser(op) => visit_selector(&mut op.user, visit),
        Operation::DeleteAcsUser(op) => visit_selector(&mut op.user, visit),
        Operation::SuspendAcsUser(op) => visit_selector(&mut op.user, visit),
        Operation::UnsuspendAcsUser(op) => visit_selector(&mut op.user, visit),
        Operation::ListEntrancesOfUser(op) => visit_selector(&mut op.user, visit),
        Operation::RevokeAccessToAllEntrances(op) => visit_selector(&mut op.user, visit),
        Operation::GetUserIdentity(op) => visit_identity(&mut op.identity, visit),
        Operation::ListUserIdentities(op) => {
            let among = op.filter.identities.iter_mut().flatten();
            among.for_each(|id| visit(Named::Identity(id)));
        }
        Operation::UpdateUserIdentity(op) => visit(Named::Identity(&mut op.identity)),
        Operation::DeleteUserIdentity(op) => visit(Named::Identity(&mut op.identity)),
        Operation::LinkAcsUser(op) => {
            visit(Named::User(&mut op.user));
            visit_identity(&mut op.identity, visit);
        }
        Operation::UnlinkAcsUser(op) => {
            visit(Named::User(&mut op.user));
            visit(Named::Identity(&mut op.identity));
        }
        Operation::ListUsersOfIdentity(op) => visit(Named::Identity(&mut op.identity)),
        Operation::ListSystemsOfIdentity(op) => visit(Named::Identity(&mut op.identity)),
        Operation::ListEntrancesOfIdentity(op) => visit(Named::Identity(&mut op.identity)),
        Operation::GetAccessGroup(_)
        | Operation::ListUsersInGroup(_)
        | Operation::ListEntrancesOfGroup(_)
        | Operation::DeleteAccessGroup(_)
        | Operation::GetWorkspace(_)
        | Operation::GetAcsSystem(_)
        | Operation::ListAcsSystems(_)
        | Operation::GetEntrance(_)
        | Operation::ListEntrances(_)
        | Operation::CreateUserIdentity(_) => {}
    }
}

fn visit_user(user: &mut UserRef, visit: &mut dyn FnMut(Named<'_>)) {
    match user {
        UserRef::AcsUser(user) => visit(Named::User(user)),
        UserRef::Identity(identity) => visit(Named::Identity(identity)),
    }
}

fn visit_selector(user: &mut AcsUserSelector, visit: &mut dyn FnMut(Named<'_>)) {
    match user {
        AcsUserSelector::Id(user) => visit(Named::User(user)),
        AcsUserSelector::Identity { identity, .. } => visit(Named::Identity(identity)),
    }
}

fn visit_identity(identity: &mut UserIdentitySelector, visit: &mut dyn FnMut(Named<'_>)) {
    match identity {
        UserIdentitySelector::Id(identity) => visit(Named::Identity(identity)),
        UserIdentitySelector::Key(_) => {}
    }
}
