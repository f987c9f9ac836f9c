//! The store itself: one site in memory, and the rules.

mod directory;
mod execute;
mod groups;
mod identities;
mod links;
mod provision;
mod slice;
#[cfg(test)]
mod tests;
mod users;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use access_groups_core::{
    AccessGroup, AccessGroupId, AcsSystem, AcsSystemId, AcsUser, AcsUserId, Entrance, EntranceId,
    Error, Subject, Timestamp, UserIdentity, UserIdentityId, Workspace,
};
use uuid::Uuid;

pub use slice::Slice;

use crate::{
    index::{ByCreation, IdentityIndex, Table, UserIndex},
    membership::Membership,
    provider::{PropagationMode, Propagator, Provider},
};

/// A site in memory: systems, users, identities, groups, entrances, who is in which group, and
/// which entrances were granted to whom.
///
/// It is pure and single-threaded: no I/O, no clock, no lock; a call that creates something, or
/// checks a schedule, is given the time. It is the reference that adapters are compared with;
/// [`InMemory`](crate::InMemory) and [`BlockingInMemory`](crate::BlockingInMemory) share one
/// between threads.
///
/// # Contract
///
/// - *Membership is a set of pairs.* `true` from [`add_user`](Self::add_user) and
///   [`remove_user`](Self::remove_user) means that the set has changed. Direct grants are
///   another such set.
/// - *`true` means that something has changed*, from every method that returns `bool` for a
///   change.
/// - *The user is checked before the group*, and before the entrance and the identity.
/// - *Systems do not mix.* A user, a group and an entrance must belong to the same system.
/// - *A refused call changes nothing*, [`revision`](Self::revision) included.
/// - *Within one system, an identity has one user.* Only an inserted user or a site file can break
///   this; then the user created first acts for the identity, of those the one with the smallest
///   id.
/// - *New ids follow from the state and the time*: equal states with equal revisions make the
///   same ids at the same time, and different ids at another time.
/// - Lists of resources, [`memberships`](Self::memberships) and [`grants`](Self::grants) are
///   sorted by id, pages by creation and then by id; the ids from
///   [`groups_of`](Self::groups_of) and [`members_of`](Self::members_of) are in no order.
/// - *No query costs more than its answer*, up to a logarithm: the groups of a user, of a
///   system, and the members of a group each have an index. Only a list of groups without a
///   condition, or by text alone, visits all groups; one by user *and* text or system visits the
///   groups of that user. A page starts at its first item, of everything or of one system, and
///   visits only what is old enough; one by identity, or by an identity's address or number,
///   visits the users linked to it; one of named resources, those. Other conditions, such as a
///   text, are checked item by item until the page is full. A change costs the number of the
///   user's groups and grants.
///
/// Two states are equal if they hold the same data; their revisions may differ.
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
/// assert!(!state.add_user(user, group)?); // the second time, nothing changes
/// assert!(state.is_member(user, group));
///
/// let unknown = AcsUserId::from_u128(9);
/// let refused = state.add_user(unknown, group).expect_err("no such user");
/// assert_eq!(refused.code(), Some("acs_user_not_found"));
/// # Ok::<(), access_groups_core::Error>(())
/// ```
#[derive(Clone, Default)]
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
    user_index: UserIndex,
    identity_index: IdentityIndex,
    users_by_creation: ByCreation,
    identities_by_creation: ByCreation,
    entrances_by_creation: ByCreation,
    provider: Provider,
    revision: u64,
}

impl State {
    /// An empty site.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A number that grows with each change, and only then.
    ///
    /// A call that was refused, or had nothing to change, is no change. Compare it with an
    /// earlier one to know whether there is anything to save; the number itself has no meaning.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Sets when changes propagate from now on; a pending change keeps its time.
    pub fn set_propagation(&mut self, mode: PropagationMode) {
        self.provider.set_mode(mode);
    }

    /// Makes the provider refuse the next change of this membership, with this message.
    ///
    /// The call that makes the change still succeeds. When the change should propagate, it is
    /// reverted, and the user has an error `failed_to_update_on_acs_system` until the same change
    /// succeeds.
    pub fn refuse_next_change(
        &mut self,
        user: AcsUserId,
        group: AccessGroupId,
        message: impl Into<String>,
    ) {
        self.provider.refuse_next_change(user, group, message);
    }

    /// Propagates everything that is pending, except what waits for a schedule to start; `false`
    /// if there was nothing to propagate.
    pub fn propagate_all(&mut self) -> bool {
        self.propagator().propagate_all()
    }

    /// Lets time pass until `now`: what is due propagates, and later changes are recorded at this
    /// time. Time never goes back. `false` if nothing was due.
    pub fn advance_to(&mut self, now: Timestamp) -> bool {
        self.propagator().advance_to(now)
    }

    /// When time alone will change something; `None` if it will not.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.provider.next_due()
    }

    /// The provider, who is told of each change that may be pending.
    pub(crate) fn propagator(&mut self) -> Propagator<'_> {
        Propagator {
            provider: &mut self.provider,
            users: &mut self.users,
            groups: &mut self.groups,
            memberships: &mut self.memberships,
            revision: &mut self.revision,
        }
    }

    /// Counts a change, if it is one.
    fn note(&mut self, changed: bool) -> bool {
        self.revision += u64::from(changed);
        changed
    }

    /// An unused id.
    // The revision keeps it from being the id of something deleted, and the time from being an id
    // of another state with the same beginning.
    fn new_id<Id: Copy + From<Uuid>>(
        &self,
        within: &Uuid,
        now: Timestamp,
        is_taken: impl Fn(Id) -> bool,
    ) -> Id {
        (self.revision..)
            .map(|number| Uuid::new_v5(within, format!("{number} {now}").as_bytes()).into())
            .find(|id| !is_taken(*id))
            .expect("some of 2^64 ids are free")
    }

    /// How much there is, and nothing of it: a site has thousands of people.
    pub(crate) fn describe(&self, shown: &mut fmt::DebugStruct<'_, '_>) {
        shown
            .field("users", &self.users.len())
            .field("memberships", &self.memberships.len())
            .field("revision", &self.revision);
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("State");
        self.describe(&mut shown);
        shown.finish_non_exhaustive()
    }
}

// What the indexes and the provider hold is left out: equal data has equal indexes, and what is
// pending is in the resources.
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

/// Refuses an id that is taken.
fn check_free(is_taken: bool, subject: impl Into<Subject>) -> Result<(), Error> {
    if !is_taken {
        return Ok(());
    }
    let subject = subject.into();
    Err(Error::conflict(format!("there already is {subject}")).with_subject(subject))
}

/// Refuses the move of a resource to another system.
fn check_same_system(
    old: AcsSystemId,
    new: AcsSystemId,
    subject: impl Into<Subject>,
) -> Result<(), Error> {
    if old == new {
        return Ok(());
    }
    let subject = subject.into();
    let message = format!("{subject} belongs to ACS system {old} and cannot move to {new}");
    Err(Error::invalid(message).with_subject(subject))
}
