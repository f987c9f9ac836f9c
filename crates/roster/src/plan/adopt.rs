//! A roster of what is.

use std::{collections::HashMap, fmt};

use access_groups_core::{AccessGroup, AcsSystemId, AcsUserId, names};

use super::{groups::NamedGroups, people::People};
use crate::{
    Mode, Observed,
    observed::KnownUser,
    roster::{names_group, names_user},
};

impl Observed {
    /// The rows of a roster that says what is: each membership of the groups whose members were read,
    /// and a row without a user for a group without members. The plan of these rows has no changes.
    ///
    /// People are named by an e-mail address that is theirs alone in the group's system, groups by a
    /// name that is theirs alone; others by their ids. Groups without members have the mode in their row,
    /// and so has every row of an authoritative group: without one, a group is additive. The rows are
    /// sorted by the names of groups and people.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::Error;
    /// use access_groups_in_memory::SiteBuilder;
    /// use access_groups_roster::{Mode, Survey, observe_blocking};
    ///
    /// let mut site = SiteBuilder::new();
    /// let ([ada, grace], [gym, pool]) = (site.users(["Ada", "Grace"]), site.groups(["Gym", "Pool"]));
    /// site.edit_user(ada, |user| user.with_email_address("Ada@example.com"));
    /// let port = site.members(gym, [ada, grace]).build_blocking();
    ///
    /// let observed = observe_blocking(port, Survey::of_groups([gym, pool]))?;
    /// let rows = observed.adopt(Mode::Additive);
    /// let cells: Vec<_> = rows.iter().map(|row| (&*row.user, &*row.group, row.mode)).collect();
    /// assert_eq!(
    ///     cells,
    ///     [
    ///         ("ada@example.com", "Gym", None),
    ///         (&*grace.to_string(), "Gym", None),
    ///         ("", "Pool", Some(Mode::Additive)),
    ///     ]
    /// );
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn adopt(&self, mode: Mode) -> Vec<Adopted> {
        let mut adopting = Adopting::new(self);
        let mut groups: Vec<_> = self.groups_with_members().collect();
        groups.sort_by_cached_key(|group| order(&group.display_name, group.acs_access_group_id));
        groups
            .into_iter()
            .flat_map(|group| adopting.rows(group, mode))
            .collect()
    }
}

/// A row of a roster of [what is](Observed::adopt).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Adopted {
    /// The e-mail address or the id; empty for a group without members.
    pub user: String,
    /// The name of the group or its id.
    pub group: String,
    /// The name of the person, to show; it may be empty, and may have line breaks.
    pub name: String,
    /// The mode of the group, if this row sets it.
    pub mode: Option<Mode>,
}

/// Without what names people.
impl fmt::Debug for Adopted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adopted")
            .field("group", &self.group)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

struct Adopting<'o> {
    observed: &'o Observed,
    groups: NamedGroups<'o>,
    people: People<'o>,
    users: HashMap<AcsUserId, &'o KnownUser>,
}

impl<'o> Adopting<'o> {
    fn new(observed: &'o Observed) -> Self {
        let users = observed.users.iter().map(|user| (user.id, user));
        Self {
            observed,
            groups: NamedGroups::new(observed),
            people: People::new(observed),
            users: users.collect(),
        }
    }

    fn rows(&mut self, group: &AccessGroup, mode: Mode) -> Vec<Adopted> {
        let text = self.group(group);
        let row = |user, name: &str, mode| Adopted {
            user,
            group: text.clone(),
            name: name.to_owned(),
            mode,
        };
        let name_of = |user: &AcsUserId| self.users.get(user).map_or("", |known| &*known.name);
        let members = self.observed.members_of(group.acs_access_group_id);
        let mut members: Vec<_> = members.map(|user| (user, name_of(&user))).collect();
        members.sort_by_cached_key(|(user, name)| order(name, *user));
        members.dedup();
        if members.is_empty() {
            return vec![row(String::new(), "", Some(mode))];
        }
        let of_rows = Some(mode).filter(|mode| *mode != Mode::default());
        let rows = members.into_iter();
        rows.map(|(user, name)| row(self.user(user, group.acs_system_id), name, of_rows))
            .collect()
    }

    /// What names the group, and no other.
    fn group(&self, group: &AccessGroup) -> String {
        let id = group.acs_access_group_id;
        let names_it = |name: &&String| {
            let found = self.groups.only(name, self.observed);
            names_group(name) && found.is_ok_and(|found| found.acs_access_group_id == id)
        };
        let mut names = [&group.display_name, &group.name].into_iter();
        names
            .find(names_it)
            .map_or_else(|| id.to_string(), Clone::clone)
    }

    /// What names the user in the system, and nobody else.
    fn user(&mut self, user: AcsUserId, system: AcsSystemId) -> String {
        let number = self.people.member(user, system);
        let known = self.users.get(&user);
        let addresses = known.map(|known| known.addresses.iter());
        let mut addresses = addresses.into_iter().flatten();
        // As a plan will understand it.
        let address = addresses.find(|address| {
            names_user(address) && self.people.named(address, system) == Ok(number)
        });
        address.map_or_else(|| user.to_string(), |address| address.to_string())
    }
}

/// By name in any spelling, then by id.
fn order<Id>(name: &str, id: Id) -> (String, String, Id) {
    (names::fold(name), name.to_owned(), id)
}
