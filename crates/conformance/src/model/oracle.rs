//! What every call must answer: the sentences of the contract over ordered sets.

mod groups;
mod identities;
mod open;
mod provision;
mod situations;
mod users;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

// It answers every call of the port.
use access_groups_core::*;

use super::clock::NOW;
use crate::{Site, answer::*};

pub(super) use situations::{JOININGS, SEVERAL_THINGS};

/// A site as plain sets. It shares no code with any adapter, so that no bug is in both.
#[derive(Debug, Clone)]
pub(crate) struct Oracle {
    /// The site that it began with.
    pub(super) site: Arc<Site>,
    pub(super) users: BTreeMap<AcsUserId, UserSeen>,
    pub(super) identities: BTreeMap<UserIdentityId, IdentitySeen>,
    pub(super) groups: BTreeMap<AccessGroupId, GroupSeen>,
    pub(super) systems: BTreeMap<AcsSystemId, SystemSeen>,
    pub(super) entrances: BTreeMap<EntranceId, EntranceSeen>,
    pub(super) holds: BTreeSet<(AccessGroupId, EntranceId)>,
    pub(super) members: BTreeSet<(AcsUserId, AccessGroupId)>,
    pub(super) grants: BTreeSet<(AcsUserId, EntranceId)>,
    /// Fields that the adapter may choose, and that were not read yet.
    free_users: BTreeMap<AcsUserId, FreeUser>,
    /// New identities whose age was not read yet.
    free_identities: BTreeSet<UserIdentityId>,
    /// New systems whose account was not read yet.
    free_systems: BTreeSet<AcsSystemId>,
    /// New entrances whose account, spaces and age were not read yet.
    free_entrances: BTreeSet<EntranceId>,
    /// The adapter's time, as the last creation showed it.
    pub(super) now: Option<Timestamp>,
    /// The seed of the ids that the present call creates.
    seed: u64,
    made: u64,
}

/// The fields of a user that the adapter may choose.
#[derive(Debug, Clone, Copy, Default)]
struct FreeUser {
    name: bool,
    full_name: bool,
    email: bool,
    phone: bool,
    created_at: bool,
}

/// The refusals that are correct for a call with several faults.
type Refusals = Vec<Answer>;

impl Oracle {
    pub(crate) fn new(site: Site) -> Self {
        Self {
            users: by_id(&site.users, |user: &UserSeen| user.id),
            identities: by_id(&site.identities, |identity: &IdentitySeen| identity.id),
            groups: by_id(&site.groups, |group: &GroupSeen| group.id),
            systems: by_id(&site.systems, |system: &SystemSeen| system.id),
            entrances: by_id(&site.entrances, |entrance: &EntranceSeen| entrance.id),
            holds: site.group_entrances.iter().copied().collect(),
            members: site.memberships.iter().copied().collect(),
            // No site grants an entrance.
            grants: BTreeSet::new(),
            free_users: BTreeMap::new(),
            free_identities: BTreeSet::new(),
            free_systems: BTreeSet::new(),
            free_entrances: BTreeSet::new(),
            now: Some(NOW),
            seed: 0,
            made: 0,
            site: Arc::new(site),
        }
    }

    pub(crate) fn groups_of(&self, system: AcsSystemId) -> impl Iterator<Item = AccessGroupId> {
        let groups = self.groups.values();
        let here = groups.filter(move |group| group.system == system);
        here.map(|group| group.id)
    }

    /// The users that the adapter created, under the oracle's ids.
    pub(crate) fn newcomers(&self) -> impl Iterator<Item = AcsUserId> {
        let users = self.users.keys().copied();
        users.filter(|user| is_placeholder(user.as_uuid()))
    }

    /// The identities that the adapter created, under the oracle's ids.
    pub(crate) fn new_identities(&self) -> impl Iterator<Item = UserIdentityId> {
        let identities = self.identities.keys().copied();
        identities.filter(|identity| is_placeholder(identity.as_uuid()))
    }

    /// Whether there is something whose age is the time of its creation.
    pub(crate) fn has_created(&self) -> bool {
        self.newcomers().next().is_some() || self.new_identities().next().is_some()
    }

    /// The identity with its users.
    pub(crate) fn identity(&self, identity: UserIdentityId) -> Option<IdentitySeen> {
        let mut identity = self.identities.get(&identity)?.clone();
        let linked = self.linked(identity.id).map(|user| user.id);
        identity.users = linked.collect();
        Some(identity)
    }

    /// Takes over the fields of a user that the adapter chose.
    pub(crate) fn learn_user(&mut self, user: AcsUserId, seen: &UserSeen) {
        let Some(known) = self.users.get_mut(&user) else {
            return;
        };
        // Chosen once: every later answer must show the same.
        let free = self.free_users.remove(&user).unwrap_or_default();
        if free.name {
            known.name.clone_from(&seen.name);
        }
        if free.full_name {
            known.full_name.clone_from(&seen.full_name);
        }
        if free.email {
            known.email.clone_from(&seen.email);
        }
        if free.phone {
            known.phone.clone_from(&seen.phone);
        }
        if free.created_at {
            known.created_at = seen.created_at;
            self.now = self.now.max(Some(seen.created_at));
        }
        adopt(&mut known.issues, &seen.issues, user.as_uuid());
    }

    /// Takes over the age of an identity that the adapter chose.
    pub(crate) fn learn_identity(&mut self, identity: UserIdentityId, seen: &IdentitySeen) {
        let Some(known) = self.identities.get_mut(&identity) else {
            return;
        };
        if self.free_identities.remove(&identity) {
            known.created_at = seen.created_at;
            self.now = self.now.max(Some(seen.created_at));
        }
        adopt(&mut known.issues, &seen.issues, identity.as_uuid());
    }

    /// Takes over what the adapter chose for a group.
    pub(crate) fn learn_group(&mut self, group: AccessGroupId, seen: &GroupSeen) {
        if let Some(known) = self.groups.get_mut(&group) {
            adopt(&mut known.issues, &seen.issues, group.as_uuid());
        }
    }

    /// Takes over what the adapter chose for a system.
    pub(crate) fn learn_system(&mut self, system: AcsSystemId, seen: &SystemSeen) {
        let Some(known) = self.systems.get_mut(&system) else {
            return;
        };
        if self.free_systems.remove(&system) {
            known.account.clone_from(&seen.account);
        }
        adopt(&mut known.issues, &seen.issues, system.as_uuid());
    }

    /// Takes over what the adapter chose for an entrance.
    pub(crate) fn learn_entrance(&mut self, entrance: EntranceId, seen: &EntranceSeen) {
        let Some(known) = self.entrances.get_mut(&entrance) else {
            return;
        };
        if self.free_entrances.remove(&entrance) {
            known.account.clone_from(&seen.account);
            known.spaces.clone_from(&seen.spaces);
            known.created_at = seen.created_at;
        }
        adopt(&mut known.issues, &seen.issues, entrance.as_uuid());
    }

    /// The same answer with what was learnt since of each resource.
    pub(crate) fn refreshed(&self, mut answer: Answer) -> Answer {
        match &mut answer {
            Answer::Users(users) => {
                for user in users.iter_mut() {
                    if let Some(known) = self.users.get(&user.id) {
                        *user = self.shown(known);
                    }
                }
            }
            Answer::Identities(identities) => {
                for identity in identities.iter_mut() {
                    if let Some(known) = self.identity(identity.id) {
                        *identity = known;
                    }
                }
            }
            Answer::Groups(groups) => refresh(groups, &self.groups, |group| group.id),
            Answer::Systems(systems) => refresh(systems, &self.systems, |system| system.id),
            Answer::Entrances(entrances) => {
                refresh(entrances, &self.entrances, |entrance| entrance.id);
            }
            _ => {}
        }
        answer
    }

    /// Carries the call out and gives the correct answers, of which one must come. What it creates
    /// gets ids made of the seed, so that they stay the same when a sequence is shortened.
    pub(crate) fn execute(&mut self, operation: &Operation, seed: u64) -> Vec<Answer> {
        (self.seed, self.made) = (seed, 0);
        match self.answer(operation) {
            Ok(answer) => vec![answer],
            Err(refusals) => refusals,
        }
    }

    fn answer(&mut self, operation: &Operation) -> Result<Answer, Refusals> {
        Ok(match operation {
            Operation::AddUser(op) => self.add(op.user, op.group)?,
            Operation::RemoveUser(op) => self.remove(op.user, op.group)?,
            Operation::DeleteAccessGroup(op) => self.delete_group(op.group)?,
            Operation::GetAccessGroup(op) => Answer::Groups(vec![self.group(op.group)?.clone()]),
            Operation::ListAccessGroups(op) => self.list_groups(&op.filter),
            Operation::ListUsersInGroup(op) => {
                self.group(op.group)?;
                self.users_that(|user| self.members.contains(&(user.id, op.group)))
            }
            Operation::ListEntrancesOfGroup(op) => {
                self.group(op.group)?;
                self.entrances_that(|entrance| self.holds.contains(&(op.group, entrance.id)))
            }
            Operation::CreateAcsUser(op) => self.create_user(&op.user)?,
            Operation::GetAcsUser(op) => {
                let user = self.find(op.user)?;
                self.users_that(|known| known.id == user)
            }
            Operation::ListAcsUsers(op) => self.users_that(|user| self.passes(user, &op.filter)),
            Operation::UpdateAcsUser(op) => self.update_user(op.user, &op.update)?,
            Operation::DeleteAcsUser(op) => {
                let user = self.find(op.user)?;
                self.forget_user(user);
                Answer::Done
            }
            Operation::SuspendAcsUser(op) => self.set_suspended(op.user, true)?,
            Operation::UnsuspendAcsUser(op) => self.set_suspended(op.user, false)?,
            Operation::ListEntrancesOfUser(op) => {
                let user = self.find(op.user)?;
                self.entrances_that(|entrance| self.opens(user, entrance.id))
            }
            Operation::RevokeAccessToAllEntrances(op) => {
                let user = self.find(op.user)?;
                self.members.retain(|(member, _)| *member != user);
                self.grants.retain(|(holder, _)| *holder != user);
                Answer::Done
            }
            Operation::GetWorkspace(_) => Answer::Workspace(self.site.workspace.workspace_id),
            Operation::GetAcsSystem(op) => Answer::Systems(vec![self.system(op.system)?.clone()]),
            Operation::ListAcsSystems(op) => self.list_systems(&op.filter),
            Operation::GetEntrance(op) => {
                Answer::Entrances(vec![self.entrance(op.entrance)?.clone()])
            }
            Operation::ListEntrances(op) => self.list_entrances(&op.filter),
            Operation::GrantAccess(op) => self.grant(op.user, op.entrance)?,
            Operation::RevokeAccess(op) => self.revoke(op.user, op.entrance)?,
            Operation::CreateAccessGroup(op) => self.create_group(&op.group)?,
            Operation::UpdateAccessGroup(op) => self.update_group(op.group, &op.update)?,
            Operation::CreateAcsSystem(op) => self.create_system(&op.system),
            Operation::UpdateAcsSystem(op) => self.update_system(op.system, &op.update)?,
            Operation::DeleteAcsSystem(op) => self.delete_system(op.system)?,
            Operation::CreateEntrance(op) => self.create_entrance(&op.entrance)?,
            Operation::UpdateEntrance(op) => self.update_entrance(op.entrance, &op.update)?,
            Operation::DeleteEntrance(op) => self.delete_entrance(op.entrance)?,
            Operation::CreateUserIdentity(op) => self.create_identity(&op.identity)?,
            Operation::GetUserIdentity(op) => {
                let identity = self.find_identity(&op.identity)?;
                Answer::Identities(self.identity(identity).into_iter().collect())
            }
            Operation::ListUserIdentities(op) => self.list_identities(&op.filter),
            Operation::UpdateUserIdentity(op) => self.update_identity(op.identity, &op.update)?,
            Operation::DeleteUserIdentity(op) => self.delete_identity(op.identity)?,
            Operation::LinkAcsUser(op) => self.link(op.user, &op.identity)?,
            Operation::UnlinkAcsUser(op) => self.unlink(op.user, op.identity)?,
            Operation::ListUsersOfIdentity(op) => {
                self.look_at(op.identity.into())?;
                self.users_that(|user| user.identity == Some(op.identity))
            }
            Operation::ListSystemsOfIdentity(op) => self.systems_of(op.identity)?,
            Operation::ListEntrancesOfIdentity(op) => {
                self.look_at(op.identity.into())?;
                let users: Vec<_> = self.linked(op.identity).map(|user| user.id).collect();
                self.entrances_that(|entrance| {
                    users.iter().any(|user| self.opens(*user, entrance.id))
                })
            }
        })
    }

    fn look_at(&self, user: UserRef) -> Result<(), Refusals> {
        let known = match user {
            UserRef::AcsUser(user) => self.users.contains_key(&user),
            UserRef::Identity(identity) => self.identities.contains_key(&identity),
        };
        if known { Ok(()) } else { Err(unknown(user)) }
    }

    /// The users linked to the identity.
    pub(super) fn linked(&self, identity: UserIdentityId) -> impl Iterator<Item = &UserSeen> {
        let users = self.users.values();
        users.filter(move |user| user.identity == Some(identity))
    }

    pub(super) fn linked_in(
        &self,
        identity: UserIdentityId,
        system: AcsSystemId,
    ) -> Option<AcsUserId> {
        let mut linked = self.linked(identity);
        let user = linked.find(|user| user.system == system);
        user.map(|user| user.id)
    }

    /// The user with what they show of their identity.
    pub(super) fn shown(&self, user: &UserSeen) -> UserSeen {
        UserSeen {
            of_identity: self.contact_of(user.identity).unwrap_or_default(),
            ..user.clone()
        }
    }

    fn contact_of(&self, identity: Option<UserIdentityId>) -> Option<ContactSeen> {
        let identity = self.identities.get(&identity?)?;
        Some(identity.contact.clone())
    }

    fn users_that(&self, holds: impl Fn(&UserSeen) -> bool) -> Answer {
        let users = self.users.values().filter(|user| holds(user));
        Answer::Users(users.map(|user| self.shown(user)).collect())
    }

    fn entrances_that(&self, holds: impl Fn(&EntranceSeen) -> bool) -> Answer {
        let entrances = self.entrances.values().filter(|entrance| holds(entrance));
        Answer::Entrances(entrances.cloned().collect())
    }

    /// Whether the user opens the entrance: through a group, or by a grant.
    fn opens(&self, user: AcsUserId, entrance: EntranceId) -> bool {
        let mut groups = self.members.iter().filter(|(member, _)| *member == user);
        groups.any(|(_, group)| self.holds.contains(&(*group, entrance)))
            || self.grants.contains(&(user, entrance))
    }

    /// The oracle's own id of what this call creates.
    fn placeholder(&mut self) -> u128 {
        self.made += 1;
        // The seed in the middle digits and a count in the last: unique without a shared counter.
        let number = u128::from(self.seed & 0xff_ffff_ffff) << 8 | u128::from(self.made);
        (PLACEHOLDER << 64) | (0x8000 << 48) | number
    }
}

/// Takes over the errors and warnings of a new resource, each time: only the adapter knows when
/// they come and go.
fn adopt(known: &mut Issues, seen: &Issues, owner: &Uuid) {
    if is_placeholder(owner) && known != seen {
        known.clone_from(seen);
    }
}

fn refresh<I: Ord, S: Clone + PartialEq>(
    shown: &mut [S],
    known: &BTreeMap<I, S>,
    id: impl Fn(&S) -> I,
) {
    for resource in shown {
        // Mostly equal, and then there is nothing to copy.
        if let Some(known) = known.get(&id(resource)).filter(|known| *known != resource) {
            resource.clone_from(known);
        }
    }
}

/// The fields that the laws compare of these resources.
fn by_id<'s, R, S: From<&'s R>, I: Ord>(
    resources: &'s [R],
    id: impl Fn(&S) -> I,
) -> BTreeMap<I, S> {
    let seen = resources.iter().map(S::from);
    seen.map(|resource| (id(&resource), resource)).collect()
}

/// Whether it is one of the oracle's own ids.
fn is_placeholder(id: &Uuid) -> bool {
    id.as_u128() >> 64 == PLACEHOLDER
}

fn unknown(subject: impl Into<Subject>) -> Refusals {
    vec![Answer::not_found(subject)]
}

/// Passes if nothing is wrong with the call.
fn none_of(refusals: Refusals) -> Result<(), Refusals> {
    if refusals.is_empty() {
        Ok(())
    } else {
        Err(refusals)
    }
}

/// The refusals that a creation may answer: a conflict only if everything that it names exists.
fn of_creation(mut refusals: Refusals) -> Refusals {
    let is =
        |kind| move |refusal: &Answer| matches!(refusal, Answer::Refused(of, _) if *of == kind);
    if refusals.iter().any(is(ErrorKind::NotFound)) {
        refusals.retain(|refusal| !is(ErrorKind::Conflict)(refusal));
    }
    refusals
}

/// A refusal of a kind whose subject does not count.
fn refused(kind: ErrorKind) -> Answer {
    Answer::Refused(kind, None)
}

fn in_small_letters(text: &Option<String>) -> Option<String> {
    text.as_ref().map(|text| text.to_ascii_lowercase())
}

/// Whether the text is in one of these, as names are compared.
fn is_found<'a>(text: &SearchText, texts: impl IntoIterator<Item = &'a str>) -> bool {
    let text = names::fold(text.as_str());
    let mut texts = texts.into_iter();
    texts.any(|candidate| names::fold(candidate).contains(&text))
}

/// The first half of the oracle's own ids: `cafe0000-0000-4000`.
const PLACEHOLDER: u128 = 0xcafe_0000_0000_4000;
