//! The workspace, its systems and its entrances.

use std::num::NonZeroU32;

use access_groups_core::{
    AcsSystem, AcsSystemFilter, AcsSystemId, AcsUserId, Entrance, EntranceFilter, EntranceId,
    Error, Page, PageRequest, Position, Workspace, WorkspaceId,
};

use super::{
    State,
    age::{Aged, in_order, owned},
};

impl State {
    /// The workspace, if anything is known about it but that there is one.
    #[must_use]
    pub fn workspace(&self) -> Option<&Workspace> {
        self.workspace.as_ref()
    }

    /// The workspace; if nothing is known about it, one without a name, whose id the first
    /// system tells, by id, or else the nil UUID.
    #[must_use]
    pub fn workspace_or_default(&self) -> Workspace {
        let nameless = || {
            let first = self.systems.values().next();
            let id = first.map_or_else(WorkspaceId::default, |system| system.workspace_id);
            Workspace::new(id, "")
        };
        self.workspace.clone().unwrap_or_else(nameless)
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

    /// The systems that pass the filter.
    pub fn acs_systems_matching(
        &self,
        filter: &AcsSystemFilter,
    ) -> impl Iterator<Item = &AcsSystem> {
        self.acs_systems().filter(|system| filter.fits(system))
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

    /// A page of the entrances that pass the filter, oldest first, those of one instant by id.
    /// A page without a limit holds [`ENTRANCES_PER_PAGE`](Self::ENTRANCES_PER_PAGE) of them.
    ///
    /// # Errors
    ///
    /// - `Invalid`: the cursor belongs to another filter or limit (code
    ///   `mismatched_page_parameters`), or is none of this model.
    pub fn entrances_page(
        &self,
        filter: &EntranceFilter,
        page: &PageRequest,
    ) -> Result<Page<Entrance>, Error> {
        let start = page.start(filter)?;
        let fitting = self
            .entrances_after(filter, start)
            .filter(|entrance| filter.fits(entrance));
        let page = page.cut(filter, Self::ENTRANCES_PER_PAGE, fitting, |entrance| {
            entrance.position()
        });
        Ok(owned(page))
    }

    /// How many entrances a page holds whose caller names no limit: 900, as in Seam's API.
    pub const ENTRANCES_PER_PAGE: NonZeroU32 = NonZeroU32::new(900).expect("not zero");

    /// What any of these users can open, each entrance once, sorted by id.
    pub(super) fn entrances_open_to(
        &self,
        users: impl IntoIterator<Item = AcsUserId>,
    ) -> impl Iterator<Item = &Entrance> {
        let mut ids = std::collections::BTreeSet::new();
        for user in users {
            let groups = self.groups_of(user);
            let through_groups = groups.filter_map(|group| self.entrances_of_group.get(&group));
            ids.extend(through_groups.flatten().copied());
            ids.extend(self.grants_of(user));
        }
        ids.into_iter().filter_map(|id| self.entrances.get(&id))
    }

    /// Entrances in the order of lists, from the smallest index that holds all that can pass.
    fn entrances_after<'a>(
        &'a self,
        filter: &'a EntranceFilter,
        start: Option<Position>,
    ) -> Box<dyn Iterator<Item = &'a Entrance> + 'a> {
        if let Some(ids) = &filter.entrances {
            let named = ids.iter().filter_map(|id| self.entrances.get(id));
            return Box::new(in_order(named, start));
        }
        let positions = self.entrances_by_age.after(filter.system, start);
        Box::new(positions.filter_map(|at| self.entrances.get(&at.id.into())))
    }
}
