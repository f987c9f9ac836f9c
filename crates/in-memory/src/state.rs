//! The model: one site in memory, with obviously right rules.

mod age;
mod change;
mod create;
mod directory;
mod doors;
mod execute;
mod grant;
mod identities;
mod identity;
mod link;
mod people;
mod table;
#[cfg(test)]
mod tests;
mod users;

use std::collections::{BTreeMap, BTreeSet};

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsSystem, AcsSystemId, AcsUser, AcsUserId,
    Entrance, EntranceId, Error, UserIdentity, UserIdentityId, Workspace,
};

use crate::membership::{Membership, sorted};

use age::ByAge;
use doors::Doors;
use people::{Marks, People};
use table::Table;

pub use doors::Settling;

pub(crate) use change::identity_of;

/// A site in memory: systems, users, identities, groups, entrances, who is in which group, and
/// who was granted which entrance.
///
/// Pure and single-threaded: no I/O, no clock, no lock; a call that creates something, or judges
/// a schedule, is told the time. It is the model that adapters are compared with;
/// [`InMemory`](crate::InMemory) and [`BlockingInMemory`](crate::BlockingInMemory) share one
/// between threads.
///
/// # Contract
///
/// - *Membership is a set of pairs.* `true` from [`add_user`](Self::add_user) and
///   [`remove_user`](Self::remove_user) means that the set has changed. Direct grants are
///   another such set.
/// - *`true` says that something has changed*, from every call that answers so.
/// - *The user is looked at before the group*, and before the entrance and the identity.
/// - *Systems do not mix.* A user, a group and an entrance meet only within one system.
/// - *A refused call changes nothing*, [`revision`](Self::revision) included.
/// - *Within one system, an identity has one user.* Only what is inserted can break this, or a
///   site file; then the one created first, of those the one with the smallest id, acts for it.
/// - *New ids follow from the state and the time*: equal states with equal revisions make the
///   same ids at the same time, and others at another.
/// - Listings of resources, [`memberships`](Self::memberships) and [`grants`](Self::grants) are
///   sorted by id, pages by age and then by id; the bare ids that
///   [`groups_of`](Self::groups_of) and [`members_of`](Self::members_of) give are in no order.
/// - *No question costs more than its answer*, up to a logarithm: the groups of a user, of a
///   system, and the members of a group each have an index. Only a listing of groups by no
///   condition, or by text alone, visits all groups, as it must; one by user *and* text or
///   system visits the groups of that user. A page begins where it begins, of everything or of
///   one system, and visits only what is early enough; one by identity, or by an identity's
///   address or number, visits the users linked to it; one of named resources, those. Other
///   conditions, a text say, are looked for row by row until the page is full. A change costs
///   the number of the user's groups and grants.
///
/// Two states are equal if they hold the same; their revisions may differ.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessGroup, AccessGroupId, AcsSystem, AcsSystemId, AcsUser, AcsUserId};
/// use access_groups_in_memory::State;
///
/// let (system, user, group) = (
///     AcsSystemId::from_u128(1),
///     AcsUserId::from_u128(2),
///     AccessGroupId::from_u128(3),
/// );
/// let mut state = State::new();
/// state.insert_system(AcsSystem::new(system, "Main"))?;
/// state.insert_user(AcsUser::new(user, system, "Ada"))?;
/// state.insert_group(AccessGroup::new(group, system, "Gym"))?;
///
/// assert!(state.add_user(user, group)?);
/// assert!(!state.add_user(user, group)?); // again: nothing changes
/// assert!(state.is_member(user, group));
///
/// let nobody = AcsUserId::from_u128(9);
/// let refused = state.add_user(nobody, group).expect_err("no such user");
/// assert_eq!(refused.code(), Some("acs_user_not_found"));
/// # Ok::<(), access_groups_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct State {
    workspace: Option<Workspace>,
    systems: BTreeMap<AcsSystemId, AcsSystem>,
    users: Table<AcsUserId, AcsUser>,
    identities: BTreeMap<UserIdentityId, UserIdentity>,
    groups: Table<AccessGroupId, AccessGroup>,
    entrances: BTreeMap<EntranceId, Entrance>,
    groups_of_system: BTreeMap<AcsSystemId, BTreeSet<AccessGroupId>>,
    entrances_of_group: BTreeMap<AccessGroupId, BTreeSet<EntranceId>>,
    memberships: Membership,
    grants: BTreeSet<(AcsUserId, EntranceId)>,
    people: People,
    marks: Marks,
    users_by_age: ByAge,
    identities_by_age: ByAge,
    entrances_by_age: ByAge,
    doors: Doors,
    revision: u64,
}

impl State {
    /// An empty site.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the user a member of the group; `false` if they were one already.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such user, else no such group.
    /// - `Invalid`: user and group belong to different systems.
    pub fn add_user(&mut self, user: AcsUserId, group: AccessGroupId) -> Result<bool, Error> {
        let (of_user, of_group) = self.systems_of(user, group)?;
        if of_user != of_group {
            return Err(Error::invalid(format!(
                "ACS user {user} belongs to ACS system {of_user}, access group {group} to ACS \
                 system {of_group}: only users of its own system can be members"
            )));
        }
        let changed = self.memberships.insert(user, group);
        if changed {
            self.membership_changed(user, group);
        }
        Ok(self.note(changed))
    }

    /// Ends the user's membership of the group; `false` if there was none.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such user, else no such group.
    pub fn remove_user(&mut self, user: AcsUserId, group: AccessGroupId) -> Result<bool, Error> {
        self.systems_of(user, group)?;
        let changed = self.memberships.remove(user, group);
        if changed {
            self.membership_changed(user, group);
        }
        Ok(self.note(changed))
    }

    /// Whether the user is a member of the group; unknown ones are not.
    #[must_use]
    pub fn is_member(&self, user: AcsUserId, group: AccessGroupId) -> bool {
        self.memberships.contains(user, group)
    }

    /// The groups of the user, in no order; of an unknown one there are none.
    pub fn groups_of(&self, user: AcsUserId) -> impl Iterator<Item = AccessGroupId> {
        self.memberships.groups_of(user)
    }

    /// The members of the group, in no order; of an unknown one there are none.
    pub fn members_of(&self, group: AccessGroupId) -> impl Iterator<Item = AcsUserId> {
        self.memberships.members_of(group)
    }

    /// Every membership, group by group, sorted by id.
    pub fn memberships(&self) -> impl Iterator<Item = (AcsUserId, AccessGroupId)> {
        self.memberships.pairs()
    }

    /// The group.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such group.
    pub fn access_group(&self, group: AccessGroupId) -> Result<&AccessGroup, Error> {
        self.groups.get(group).ok_or_else(|| Error::unknown(group))
    }

    /// The groups that pass the filter; an unknown system, user or identity has none.
    pub fn access_groups<'a>(
        &'a self,
        filter: &'a AccessGroupFilter,
    ) -> impl Iterator<Item = &'a AccessGroup> {
        let candidates: Box<dyn Iterator<Item = &AccessGroup>> = match filter {
            AccessGroupFilter {
                user: Some(user), ..
            } => Box::new(self.groups_among(sorted(self.memberships.groups_of(*user)).into_iter())),
            AccessGroupFilter {
                identity: Some(identity),
                ..
            } => {
                let users = self.people.linked(*identity);
                let ids: BTreeSet<_> = users
                    .flat_map(|user| self.memberships.groups_of(user))
                    .collect();
                Box::new(self.groups_among(ids.into_iter()))
            }
            AccessGroupFilter {
                system: Some(system),
                ..
            } => {
                let ids = self.groups_of_system.get(system);
                Box::new(self.groups_among(ids.into_iter().flatten().copied()))
            }
            _ => Box::new(self.groups.sorted()),
        };
        candidates.filter(|group| filter.fits(group) && self.has_identity(filter, group))
    }

    /// The members of the group, suspended ones among them.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such group.
    pub fn users_in_group(
        &self,
        group: AccessGroupId,
    ) -> Result<impl Iterator<Item = &AcsUser>, Error> {
        self.access_group(group)?;
        let members = sorted(self.memberships.members_of(group)).into_iter();
        Ok(members.filter_map(|user| self.users.get(user)))
    }

    /// What the members of the group can open.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such group.
    pub fn entrances_of_group(
        &self,
        group: AccessGroupId,
    ) -> Result<impl Iterator<Item = &Entrance>, Error> {
        self.access_group(group)?;
        let ids = self.entrances_of_group.get(&group).into_iter().flatten();
        Ok(ids.filter_map(|id| self.entrances.get(id)))
    }

    /// Every pair of a group and an entrance that it opens, group by group.
    pub fn group_entrances(&self) -> impl Iterator<Item = (AccessGroupId, EntranceId)> {
        self.entrances_of_group
            .iter()
            .flat_map(|(group, ids)| ids.iter().map(|entrance| (*group, *entrance)))
    }

    /// A number that grows with each change, and with nothing else.
    ///
    /// A call that was refused, or found nothing to do, is no change. Compare it with an
    /// earlier one to know whether there is anything to save; the number itself says nothing.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The systems of both, the user looked at first.
    fn systems_of(
        &self,
        user: AcsUserId,
        group: AccessGroupId,
    ) -> Result<(AcsSystemId, AcsSystemId), Error> {
        let of_user = self.users.system_of(user);
        let of_group = self.groups.system_of(group);
        Ok((
            of_user.ok_or_else(|| Error::unknown(user))?,
            of_group.ok_or_else(|| Error::unknown(group))?,
        ))
    }

    fn groups_among(
        &self,
        ids: impl Iterator<Item = AccessGroupId>,
    ) -> impl Iterator<Item = &AccessGroup> {
        ids.filter_map(|id| self.groups.get(id))
    }

    /// Whether a user of the filter's identity, if it has one, is a member of the group.
    fn has_identity(&self, filter: &AccessGroupFilter, group: &AccessGroup) -> bool {
        filter.identity.is_none_or(|identity| {
            let mut users = self.people.linked(identity);
            users.any(|user| self.is_member(user, group.acs_access_group_id))
        })
    }

    /// Counts a change, if it is one.
    fn note(&mut self, changed: bool) -> bool {
        self.revision += u64::from(changed);
        changed
    }

    pub(crate) fn user_count(&self) -> usize {
        self.users.len()
    }

    pub(crate) fn membership_count(&self) -> usize {
        self.memberships.len()
    }
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.workspace == other.workspace
            && self.systems == other.systems
            && self.users == other.users
            && self.identities == other.identities
            && self.groups == other.groups
            && self.entrances == other.entrances
            && self.entrances_of_group == other.entrances_of_group
            && self.memberships == other.memberships
            && self.grants == other.grants
    }
}

impl Eq for State {}
