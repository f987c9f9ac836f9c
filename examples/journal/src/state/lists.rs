//! Listings of people, systems and doors: those in pages are sorted by age.

use std::num::NonZeroU32;

use access_groups_core::{
    AcsSystem, AcsSystemFilter, AcsUser, AcsUserFilter, AcsUserSelector, Entrance, EntranceFilter,
    Error, Page, PageRequest, Position, UserIdentity,
};

use super::State;

impl State {
    pub(crate) fn systems(&self, filter: &AcsSystemFilter) -> impl Iterator<Item = &AcsSystem> {
        self.systems.values().filter(|system| filter.fits(system))
    }

    pub(crate) fn page_of_users(
        &self,
        filter: &AcsUserFilter,
        page: &PageRequest,
    ) -> Result<Page<AcsUser>, Error> {
        let users = self.users.values();
        let passing = users.filter(|user| filter.fits(user, self.identity_of(user)));
        let position = |user: &AcsUser| Position::new(user.created_at, user.acs_user_id);
        cut(passing.cloned().collect(), position, filter, page)
    }

    pub(crate) fn page_of_entrances(
        &self,
        filter: &EntranceFilter,
        page: &PageRequest,
    ) -> Result<Page<Entrance>, Error> {
        let entrances = self.entrances.values();
        let passing = entrances.filter(|entrance| filter.fits(entrance));
        let position = |it: &Entrance| Position::new(it.created_at, it.acs_entrance_id);
        cut(passing.cloned().collect(), position, filter, page)
    }

    /// What the groups of the user hold, each door once.
    pub(crate) fn opened_by(
        &self,
        user: AcsUserSelector,
    ) -> Result<impl Iterator<Item = &Entrance>, Error> {
        let user = self.selected(user)?.acs_user_id;
        let opens = move |entrance: &&Entrance| {
            let mut held = self.group_entrances.iter();
            held.any(|(group, door)| {
                *door == entrance.acs_entrance_id && self.members.contains(&(user, *group))
            })
        };
        Ok(self.entrances.values().filter(opens))
    }

    fn identity_of(&self, user: &AcsUser) -> Option<&UserIdentity> {
        let id = user.user_identity_id.as_ref()?.parse().ok()?;
        self.identities.get(&id)
    }
}

/// Sorts the rows by age and cuts the page out of them; the cursor is core's.
fn cut<T>(
    mut rows: Vec<T>,
    position: impl Fn(&T) -> Position,
    question: &impl std::fmt::Debug,
    page: &PageRequest,
) -> Result<Page<T>, Error> {
    let start = page.start(question)?;
    rows.retain(|row| start.is_none_or(|start| position(row) > start));
    rows.sort_by_key(&position);
    Ok(page.cut(question, ROWS, rows, position))
}

/// How many rows a page has whose caller does not say.
const ROWS: NonZeroU32 = NonZeroU32::new(500).expect("not zero");
