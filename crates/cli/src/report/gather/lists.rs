//! The people of a group, in lists of the same meaning.

use std::collections::{BTreeMap, HashMap, HashSet};

use access_groups_core::prelude::*;
use access_groups_roster::{GroupPlan, Planned, Row};

use super::{
    super::{Kind, List, Person},
    Places, Sources,
};
use crate::describe;

/// Everybody in a plan, with what the roster and the store say of them.
pub(super) struct People<'a> {
    places: &'a Places,
    rows: Vec<Row<'a>>,
    addresses: HashMap<UserRef, &'a str>,
    /// For everybody who is removed from a group: the groups of the roster that they stay in or join.
    stays: HashMap<UserRef, Vec<usize>>,
}

impl<'a> People<'a> {
    pub(super) fn new(sources: &Sources<'a>, places: &'a Places) -> Self {
        let mut addresses = HashMap::new();
        for (user, address) in sources.observed.addresses() {
            addresses.entry(user).or_insert(address);
        }
        Self {
            places,
            rows: sources.roster.rows().collect(),
            addresses,
            stays: stays(sources),
        }
    }

    /// The lists of a group: who is added, removed, moves, and is pending.
    pub(super) fn lists(&self, place: usize, plan: &GroupPlan) -> Vec<List> {
        let [added, moved_in] = self.apart(&plan.additions);
        let [removed, moved_out] = self.apart(&plan.removals);
        let arrives = moved_in
            .into_iter()
            .map(|(other, people)| (other, people, true));
        let leaves = moved_out
            .into_iter()
            .map(|(other, people)| (other, people, false));
        let (additions, removals): (Vec<_>, Vec<_>) = plan
            .pending
            .iter()
            .partition(|planned| planned.row.is_some());

        let mut lists = vec![
            (Kind::Added, added.into_values().flatten().collect()),
            (Kind::Removed, removed.into_values().flatten().collect()),
        ];
        for (other, people, is_new) in arrives.chain(leaves) {
            let Some(other) = other else { continue };
            lists.push(match is_new {
                true => (
                    Kind::MovedIn(self.places.moved(other, place, other)),
                    people,
                ),
                false => (
                    Kind::MovedOut(self.places.moved(place, other, other)),
                    people,
                ),
            });
        }
        lists.push((Kind::AdditionPending, additions));
        lists.push((Kind::RemovalPending, removals));
        let lists = lists.into_iter().filter(|(_, people)| !people.is_empty());
        lists
            .map(|(kind, people): (Kind, Vec<&Planned>)| List {
                people: self.people(place, &kind, people),
                kind,
            })
            .collect()
    }

    /// Those who move, by their other group, apart from the others.
    fn apart<'p>(&self, planned: &'p [Planned]) -> [BTreeMap<Option<usize>, Vec<&'p Planned>>; 2] {
        let mut apart = [BTreeMap::new(), BTreeMap::new()];
        for planned in planned {
            let other = planned
                .moves
                .and_then(|group| self.places.by_id.get(&group));
            let side = &mut apart[usize::from(other.is_some())];
            side.entry(other.copied())
                .or_insert_with(Vec::new)
                .push(planned);
        }
        apart
    }

    fn people(&self, place: usize, kind: &Kind, planned: Vec<&Planned>) -> Vec<Person> {
        let mut people: Vec<_> = planned
            .into_iter()
            .map(|planned| self.person(place, kind, planned))
            .collect();
        people.sort_by_cached_key(|person| (describe::order(&person.name), person.contact.clone()));
        people
    }

    fn person(&self, place: usize, kind: &Kind, planned: &Planned) -> Person {
        let row = planned.row.and_then(|number| {
            let found = self.rows.binary_search_by_key(&number, |row| row.number);
            found.ok().map(|index| self.rows[index])
        });
        let contact = row
            .map(|row| row.user.trim())
            .filter(|user| user.contains('@'));
        let contact = contact.or_else(|| self.addresses.get(&planned.user).copied());
        let contact = contact.map_or_else(|| id_of(planned.user), describe::line);
        let leaves = matches!(kind, Kind::Removed | Kind::MovedOut(_));
        let remains = leaves.then(|| self.remains(place, planned)).flatten();
        Person {
            user: planned.user,
            name: describe::line(&planned.name),
            contact,
            row: planned.row,
            note: row.map_or_else(String::new, |row| describe::line(row.note)),
            remains,
        }
    }

    /// The other groups of the roster that hold a door of this one, if somebody who leaves this one is
    /// in them afterwards.
    fn remains(&self, place: usize, planned: &Planned) -> Option<String> {
        let here = self.places.all[place].door_ids();
        let target = planned
            .moves
            .and_then(|group| self.places.by_id.get(&group));
        let others = self.stays.get(&planned.user)?.iter();
        // What the group of a move opens is said above its list.
        let others = others.filter(|other| Some(*other) != target);
        let told: Vec<_> = others
            .filter_map(|other| {
                let other = &self.places.all[*other];
                let doors = other.doors_where(|door| here.contains(door));
                (!doors.is_empty()).then(|| {
                    format!(
                        "{}, which opens {} ({})",
                        other.name,
                        doors.join(", "),
                        other.when
                    )
                })
            })
            .collect();
        (!told.is_empty()).then(|| format!("also in {}", told.join("; in ")))
    }
}

/// For everybody who is removed from a group: the places of the groups that they are in afterwards.
fn stays(sources: &Sources<'_>) -> HashMap<UserRef, Vec<usize>> {
    let groups = sources.plan.groups();
    let removed = groups.iter().flat_map(|plan| &plan.removals);
    let mut stays: HashMap<_, _> = removed.map(|planned| (planned.user, Vec::new())).collect();
    for (place, plan) in groups.iter().enumerate() {
        let leaving: HashSet<_> = plan.removals.iter().map(|planned| planned.user).collect();
        let members = sources.observed.members_of(plan.group).map(UserRef::from);
        let members = members.filter(|user| !leaving.contains(user));
        let joining = plan.additions.iter().map(|planned| planned.user);
        for user in members.chain(joining) {
            if let Some(places) = stays.get_mut(&user) {
                places.push(place);
            }
        }
    }
    stays
}

fn id_of(user: UserRef) -> String {
    match user {
        UserRef::AcsUser(user) => user.to_string(),
        UserRef::Identity(identity) => format!("identity {identity}"),
    }
}
