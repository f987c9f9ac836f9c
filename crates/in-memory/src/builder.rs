//! Builds small sites for tests and examples.

#[cfg(test)]
mod tests;

use access_groups_core::{
    AccessGroup, AccessGroupId, AccessSchedule, AcsSystem, AcsSystemId, AcsUser, AcsUserId,
    Entrance, EntranceId, Error, UserIdentity, UserIdentityId, Workspace, WorkspaceId,
};

use crate::{
    in_memory::{BlockingInMemory, InMemory},
    state::State,
};

/// Builds a small site, for tests and examples.
///
/// Everything belongs to the *current system*. The first one is created when it is needed, with
/// the name "Main"; [`new_system`](Self::new_system) creates another one and makes it current.
///
/// Ids are the same in every run: the first digits show the kind, the last ones count from 1.
///
/// | kind | id |
/// |---|---|
/// | ACS system | `50000000-0000-4000-8000-000000000001` |
/// | access group | `60000000-0000-4000-8000-000000000001` |
/// | ACS user | `a0000000-0000-4000-8000-000000000001` |
/// | entrance | `e0000000-0000-4000-8000-000000000001` |
/// | user identity | `1d000000-0000-4000-8000-000000000001` |
///
/// # Panics
///
/// An invalid site is a mistake in the test: every method panics, at the caller's line, if an id
/// is another builder's, or if two ids belong to different systems.
///
/// # Examples
///
/// ```
/// use access_groups_in_memory::SiteBuilder;
///
/// let mut site = SiteBuilder::new();
/// let [ada, grace] = site.users(["Ada", "Grace"]);
/// let [gym, pool] = site.groups(["Gym", "Pool"]);
/// let [front, side] = site.entrances(["Front Door", "Side Door"]);
/// site.members(gym, [ada, grace]).opens(gym, [front, side]).suspend(grace);
///
/// let state = site.build_state();
/// assert!(state.is_member(grace, gym) && !state.is_member(grace, pool));
/// assert_eq!(state.acs_user(grace)?.is_suspended, Some(true));
/// # Ok::<(), access_groups_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct SiteBuilder {
    state: State,
    current: Option<AcsSystemId>,
    systems: Count,
    users: Count,
    identities: Count,
    groups: Count,
    entrances: Count,
}

impl SiteBuilder {
    /// An empty site.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty site in this workspace.
    #[must_use]
    pub fn in_workspace(workspace: Workspace) -> Self {
        let mut site = Self::new();
        site.state.set_workspace(workspace);
        site
    }

    /// The current system, to which everything that is built next belongs.
    #[track_caller]
    pub fn system(&mut self) -> AcsSystemId {
        match self.current {
            Some(system) => system,
            None => self.new_system("Main"),
        }
    }

    /// Creates a system and makes it the current one.
    #[track_caller]
    pub fn new_system(&mut self, name: impl Into<String>) -> AcsSystemId {
        let id = AcsSystemId::from_u128(self.systems.next(0x5000_0000));
        let mut system = AcsSystem::new(id, name).with_workspace(self.workspace());
        // As a site file has it by default, so that a built site is written without it.
        system.connected_account_ids = vec![system.connected_account_id.clone()];
        valid(self.state.insert_system(system));
        self.current = Some(id);
        id
    }

    /// Makes an earlier system current again.
    #[track_caller]
    pub fn in_system(&mut self, system: AcsSystemId) -> &mut Self {
        valid(self.state.acs_system(system));
        self.current = Some(system);
        self
    }

    /// Creates a user.
    #[track_caller]
    pub fn user(&mut self, full_name: impl Into<String>) -> AcsUserId {
        let id = AcsUserId::from_u128(self.users.next(0xa000_0000));
        let user = AcsUser::new(id, self.system(), full_name).with_workspace(self.workspace());
        valid(self.state.insert_user(user));
        id
    }

    /// Creates users with these names.
    #[track_caller]
    pub fn users<const N: usize>(&mut self, names: [impl Into<String>; N]) -> [AcsUserId; N] {
        names.map(|name| self.user(name))
    }

    /// Creates a group.
    #[track_caller]
    pub fn group(&mut self, name: impl Into<String>) -> AccessGroupId {
        let id = AccessGroupId::from_u128(self.groups.next(0x6000_0000));
        let group = AccessGroup::new(id, self.system(), name).with_workspace(self.workspace());
        valid(self.state.insert_group(group));
        id
    }

    /// Creates groups with these names.
    #[track_caller]
    pub fn groups<const N: usize>(&mut self, names: [impl Into<String>; N]) -> [AccessGroupId; N] {
        names.map(|name| self.group(name))
    }

    /// Creates an entrance.
    #[track_caller]
    pub fn entrance(&mut self, name: impl Into<String>) -> EntranceId {
        let id = EntranceId::from_u128(self.entrances.next(0xe000_0000));
        let entrance = Entrance::new(id, self.system(), name);
        valid(self.state.insert_entrance(entrance));
        id
    }

    /// Creates entrances with these names.
    #[track_caller]
    pub fn entrances<const N: usize>(&mut self, names: [impl Into<String>; N]) -> [EntranceId; N] {
        names.map(|name| self.entrance(name))
    }

    /// Creates an identity and links these users, of any systems, to it.
    #[track_caller]
    pub fn identity(
        &mut self,
        full_name: impl Into<String>,
        users: impl IntoIterator<Item = AcsUserId>,
    ) -> UserIdentityId {
        let id = UserIdentityId::from_u128(self.identities.next(0x1d00_0000));
        let mut identity = UserIdentity::new(id, full_name).with_workspace(self.workspace());
        for user in users {
            self.edit_user(user, |user| user.with_user_identity(id));
            identity.acs_user_ids.push(user.to_string());
        }
        valid(self.state.insert_identity(identity));
        id
    }

    /// Adds users to a group.
    #[track_caller]
    pub fn members(
        &mut self,
        group: AccessGroupId,
        users: impl IntoIterator<Item = AcsUserId>,
    ) -> &mut Self {
        for user in users {
            valid(self.state.add_user(user, group));
        }
        self
    }

    /// Lets the members of a group open entrances.
    #[track_caller]
    pub fn opens(
        &mut self,
        group: AccessGroupId,
        entrances: impl IntoIterator<Item = EntranceId>,
    ) -> &mut Self {
        for entrance in entrances {
            valid(self.state.insert_group_entrance(group, entrance));
        }
        self
    }

    /// Grants entrances to a user directly.
    #[track_caller]
    pub fn grant(
        &mut self,
        user: AcsUserId,
        entrances: impl IntoIterator<Item = EntranceId>,
    ) -> &mut Self {
        for entrance in entrances {
            valid(self.state.insert_entrance_grant(user, entrance));
        }
        self
    }

    /// Suspends a user.
    #[track_caller]
    pub fn suspend(&mut self, user: AcsUserId) -> &mut Self {
        self.edit_user(user, |user| user.with_suspended(true))
    }

    /// Limits the access of a group to these times.
    #[track_caller]
    pub fn schedule(&mut self, group: AccessGroupId, schedule: AccessSchedule) -> &mut Self {
        self.edit_group(group, |group| group.with_access_schedule(schedule))
    }

    /// Changes any attribute of a user except id and system.
    ///
    /// # Panics
    ///
    /// If the user is another builder's, or `edit` changes id or system.
    #[track_caller]
    pub fn edit_user(
        &mut self,
        user: AcsUserId,
        edit: impl FnOnce(AcsUser) -> AcsUser,
    ) -> &mut Self {
        let edited = edit(valid(self.state.acs_user(user)).clone());
        assert_eq!(edited.acs_user_id, user, "an edited user keeps the id");
        valid(self.state.replace_user(edited));
        self
    }

    /// Changes any attribute of a group except id and system.
    ///
    /// # Panics
    ///
    /// If the group is another builder's, or `edit` changes id or system.
    #[track_caller]
    pub fn edit_group(
        &mut self,
        group: AccessGroupId,
        edit: impl FnOnce(AccessGroup) -> AccessGroup,
    ) -> &mut Self {
        let edited = edit(valid(self.state.access_group(group)).clone());
        assert_eq!(
            edited.acs_access_group_id, group,
            "an edited group keeps the id"
        );
        valid(self.state.replace_group(edited));
        self
    }

    /// An async store with the site.
    #[must_use]
    pub fn build(&self) -> InMemory {
        InMemory::new(self.build_state())
    }

    /// A blocking store with the site.
    #[must_use]
    pub fn build_blocking(&self) -> BlockingInMemory {
        BlockingInMemory::new(self.build_state())
    }

    /// The state of the site.
    #[must_use]
    pub fn build_state(&self) -> State {
        self.state.clone()
    }

    fn workspace(&self) -> WorkspaceId {
        self.state
            .workspace()
            .map_or_else(WorkspaceId::default, |workspace| workspace.workspace_id)
    }
}

/// How many ids of a kind were given out.
#[derive(Debug, Clone, Copy, Default)]
struct Count(u64);

impl Count {
    /// The next id: the kind, then the bits of a version 4 UUID, then the number.
    fn next(&mut self, kind: u32) -> u128 {
        self.0 += 1;
        // Valid UUIDs: other parsers of the ids may check version and variant.
        u128::from(kind) << 96 | 0x4 << 76 | 0x8 << 60 | u128::from(self.0)
    }
}

/// The value, unless the site is invalid.
#[track_caller]
fn valid<T>(result: Result<T, Error>) -> T {
    result.unwrap_or_else(|error| panic!("invalid site: {error}"))
}
