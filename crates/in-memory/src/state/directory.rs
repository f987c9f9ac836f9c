//! The workspace, its systems and entrances, and the entrances granted to users directly.

use std::{collections::BTreeSet, num::NonZeroU32};

use access_groups_core::{
    AcsSystem, AcsSystemFilter, AcsSystemId, AcsUserId, Entrance, EntranceFilter, EntranceId,
    Error, Page, PageRequest, Position, Timestamp, UserRef, Workspace, WorkspaceId,
};

use super::{State, check_free};
use crate::index::{Paged, in_order, owned};

impl State {
    /// The workspace, if one was set.
    #[must_use]
    pub fn workspace(&self) -> Option<&Workspace> {
        self.workspace.as_ref()
    }

    /// The workspace; if none was set, one without a name and with the workspace id of the first
    /// system, by id, or the nil UUID if there is no system.
    #[must_use]
    pub fn workspace_or_default(&self) -> Workspace {
        let nameless = || Workspace::new(self.workspace_id(), "");
        self.workspace.clone().unwrap_or_else(nameless)
    }

    fn workspace_id(&self) -> WorkspaceId {
        let of_first = || {
            self.systems
                .values()
                .next()
                .map(|system| system.workspace_id)
        };
        let own = self.workspace().map(|own| own.workspace_id);
        own.or_else(of_first).unwrap_or_default()
    }

    /// Sets the workspace. Resources keep the workspace id that they have, but for entrances: what
    /// they show beside their own fields is never another workspace's id.
    pub fn set_workspace(&mut self, workspace: Workspace) {
        let changed = self.workspace.as_ref() != Some(&workspace);
        let entrances = self.entrances.values_mut();
        entrances.for_each(|entrance| drop_foreign_workspace(entrance, workspace.workspace_id));
        self.workspace = Some(workspace);
        self.note(changed);
    }

    /// Takes the content of another state, as one change. The provider stays as it is: it is about
    /// how changes propagate, not about what the site holds.
    pub(crate) fn take_content(&mut self, other: Self) {
        *self = Self {
            provider: std::mem::take(&mut self.provider),
            revision: self.revision + 1,
            ..other
        };
        self.propagator().loaded();
    }

    /// Sets the workspace, also of the resources that have none, without counting it as a change.
    pub(crate) fn name_workspace(&mut self, workspace: Workspace) {
        let id = workspace.workspace_id;
        self.each_workspace_id(|named| {
            if *named == WorkspaceId::default() {
                *named = id;
            }
        });
        let entrances = self.entrances.values_mut();
        entrances.for_each(|entrance| drop_foreign_workspace(entrance, id));
        self.workspace = Some(workspace);
    }

    /// Sets the workspace, and that of every resource, without counting it as a change.
    pub(crate) fn move_to_workspace(&mut self, workspace: Workspace) {
        let id = workspace.workspace_id;
        if self.workspace().is_some_and(|own| own.workspace_id == id) {
            self.workspace = Some(workspace);
            return;
        }
        self.each_workspace_id(|named| *named = id);
        for entrance in self.entrances.values_mut() {
            if let Some(shown) = entrance.extra.get_mut(WORKSPACE_ID) {
                // It is that of the site, or else it would have been dropped.
                *shown = id.to_string().into();
            }
        }
        self.workspace = Some(workspace);
    }

    /// Changes the workspace that each resource says it is of.
    fn each_workspace_id(&mut self, mut change: impl FnMut(&mut WorkspaceId)) {
        let systems = self.systems.values_mut();
        systems.for_each(|system| change(&mut system.workspace_id));
        let identities = self.identities.values_mut();
        identities.for_each(|identity| change(&mut identity.workspace_id));
        let users = self.users.values_mut();
        users.for_each(|user| change(&mut user.workspace_id));
        let groups = self.groups.values_mut();
        groups.for_each(|group| change(&mut group.workspace_id));
    }

    /// The system.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such system.
    pub fn acs_system(&self, system: AcsSystemId) -> Result<&AcsSystem, Error> {
        let found = self.systems.get(&system);
        found.ok_or_else(|| Error::unknown(system))
    }

    /// All systems.
    pub fn acs_systems(&self) -> impl Iterator<Item = &AcsSystem> {
        self.systems.values()
    }

    /// The systems that match the filter.
    pub fn acs_systems_matching(
        &self,
        filter: &AcsSystemFilter,
    ) -> impl Iterator<Item = &AcsSystem> {
        self.acs_systems().filter(|system| filter.fits(system))
    }

    /// Inserts a system.
    ///
    /// # Errors
    ///
    /// - `Conflict`: there is one with that id.
    pub fn insert_system(&mut self, system: AcsSystem) -> Result<(), Error> {
        let id = system.acs_system_id;
        check_free(self.systems.contains_key(&id), id)?;
        self.systems.insert(id, system);
        self.note(true);
        Ok(())
    }

    /// The entrance.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such entrance.
    pub fn entrance(&self, entrance: EntranceId) -> Result<&Entrance, Error> {
        let found = self.entrances.get(&entrance);
        found.ok_or_else(|| Error::unknown(entrance))
    }

    /// All entrances.
    pub fn entrances(&self) -> impl Iterator<Item = &Entrance> {
        self.entrances.values()
    }

    /// A page of the entrances that match the filter, the oldest first, then by id. A page without
    /// a limit holds [`ENTRANCES_PER_PAGE`](Self::ENTRANCES_PER_PAGE) of them.
    ///
    /// # Errors
    ///
    /// - `Invalid`: the cursor belongs to another filter or limit (code
    ///   `mismatched_page_parameters`), or is not a cursor of this store.
    pub fn entrances_page(
        &self,
        filter: &EntranceFilter,
        page: &PageRequest,
    ) -> Result<Page<Entrance>, Error> {
        let start = page.start(filter)?;
        let matching = self
            .entrances_after(filter, start)
            .filter(|entrance| filter.fits(entrance));
        let page = page.cut(filter, Self::ENTRANCES_PER_PAGE, matching, |entrance| {
            entrance.position()
        });
        Ok(owned(page))
    }

    /// The items of a page of entrances without a limit: 900, as in Seam's API.
    pub const ENTRANCES_PER_PAGE: NonZeroU32 = NonZeroU32::new(900).expect("not zero");

    /// Inserts an entrance that no group opens. If its [`extra`](Entrance::extra) fields hold the
    /// `workspace_id` of another workspace, that is left out.
    ///
    /// # Errors
    ///
    /// - `NotFound`: its system does not exist.
    /// - `Conflict`: there is one with that id.
    pub fn insert_entrance(&mut self, mut entrance: Entrance) -> Result<(), Error> {
        let (id, system) = (entrance.acs_entrance_id, entrance.acs_system_id);
        self.acs_system(system)?;
        check_free(self.entrances.contains_key(&id), id)?;
        drop_foreign_workspace(&mut entrance, self.workspace_id());
        self.hold_entrance(entrance);
        self.note(true);
        Ok(())
    }

    /// Lets the user open the entrance directly; `false` if nothing had to change.
    ///
    /// An identity becomes a user of the entrance's system as in [`join`](Self::join).
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such user or identity, else no such entrance.
    /// - `Invalid`: user and entrance belong to different systems.
    pub fn grant(
        &mut self,
        user: impl Into<UserRef>,
        entrance: EntranceId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        // The link of an identity to a user is a change too, even without a new grant.
        let before = self.revision;
        let user = match user.into() {
            UserRef::AcsUser(user) => {
                self.check_grant(user, entrance)?;
                user
            }
            UserRef::Identity(identity) => {
                self.user_identity(identity)?;
                // The user is of the entrance's system, so the grant needs no further check.
                let system = self.entrance(entrance)?.acs_system_id;
                self.user_in(identity, system, now)?
            }
        };
        let changed = self.grants.insert((user, entrance));
        self.note(changed);
        Ok(self.revision != before)
    }

    /// Inserts a direct grant.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such user, else no such entrance.
    /// - `Invalid`: they belong to different systems; the subject is the entrance.
    /// - `Conflict`: it was granted to them already.
    pub fn insert_entrance_grant(
        &mut self,
        user: AcsUserId,
        entrance: EntranceId,
    ) -> Result<(), Error> {
        self.check_grant(user, entrance)?;
        if !self.grants.insert((user, entrance)) {
            let message = format!("ACS user {user} was granted entrance {entrance} already");
            return Err(Error::conflict(message).with_subject(entrance));
        }
        self.note(true);
        Ok(())
    }

    /// Whether the entrance was granted to the user directly; `false` if one of them does not
    /// exist.
    #[must_use]
    pub fn is_granted(&self, user: AcsUserId, entrance: EntranceId) -> bool {
        self.grants.contains(&(user, entrance))
    }

    /// Every direct grant, user by user, sorted by id.
    pub fn grants(&self) -> impl Iterator<Item = (AcsUserId, EntranceId)> {
        self.grants.iter().copied()
    }

    /// Ends every direct grant of the user; `false` if there was none.
    pub(super) fn remove_grants(&mut self, user: AcsUserId) -> bool {
        let granted: Vec<_> = self.grants_of(user).collect();
        for entrance in &granted {
            self.grants.remove(&(user, *entrance));
        }
        !granted.is_empty()
    }

    /// The entrances that any of these users can open, each once, sorted by id.
    pub(super) fn entrances_open_to(
        &self,
        users: impl IntoIterator<Item = AcsUserId>,
    ) -> impl Iterator<Item = &Entrance> {
        let mut ids = BTreeSet::new();
        for user in users {
            let groups = self.groups_of(user);
            let through_groups = groups.filter_map(|group| self.entrances_of_group.get(&group));
            ids.extend(through_groups.flatten().copied());
            ids.extend(self.grants_of(user));
        }
        ids.into_iter().filter_map(|id| self.entrances.get(&id))
    }

    /// The entrances granted to the user directly, sorted by id.
    fn grants_of(&self, user: AcsUserId) -> impl Iterator<Item = EntranceId> {
        // Grants are sorted by user: those of one user are a range.
        let first = EntranceId::from_u128(0);
        let last = EntranceId::from_u128(u128::MAX);
        let grants = self.grants.range((user, first)..=(user, last));
        grants.map(|(_, entrance)| *entrance)
    }

    fn check_grant(&self, user: AcsUserId, entrance: EntranceId) -> Result<(), Error> {
        let of_user = self.users.system_of(user);
        let of_user = of_user.ok_or_else(|| Error::unknown(user))?;
        let of_entrance = self.entrance(entrance)?.acs_system_id;
        if of_user != of_entrance {
            return Err(Error::invalid(format!(
                "ACS user {user} belongs to ACS system {of_user}, entrance {entrance} to ACS \
                 system {of_entrance}: only users of its own system can open it"
            ))
            .with_subject(entrance));
        }
        Ok(())
    }

    /// Entrances in the order of pages, from the smallest index with all that can match.
    fn entrances_after<'a>(
        &'a self,
        filter: &'a EntranceFilter,
        start: Option<Position>,
    ) -> Box<dyn Iterator<Item = &'a Entrance> + 'a> {
        if let Some(ids) = &filter.entrances {
            let named = ids.iter().filter_map(|id| self.entrances.get(id));
            // Named entrances are few: sorting them costs less than a walk over all.
            return Box::new(in_order(named, start));
        }
        let positions = self.entrances_by_creation.after(filter.system, start);
        Box::new(positions.filter_map(|position| self.entrances.get(&position.id.into())))
    }
}

/// Leaves out the id of another workspace. Entrances have none in Seam's API, so that it would be
/// served as a field that nobody knows.
fn drop_foreign_workspace(entrance: &mut Entrance, own: WorkspaceId) {
    let shown = entrance.extra.get(WORKSPACE_ID);
    let id = shown.and_then(|shown| shown.as_str()?.parse().ok());
    if shown.is_some() && id != Some(own) {
        entrance.extra.remove(WORKSPACE_ID);
    }
}

const WORKSPACE_ID: &str = "workspace_id";
