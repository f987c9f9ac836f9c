//! Reading a site file: everything that is wrong with it, not just the first thing.

mod resource;

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use access_groups_core::{
    AccessGroup, AccessGroupId, AcsSystem, AcsSystemId, AcsUser, AcsUserId, Entrance, EntranceId,
    Error, Extra, UserIdentity, Workspace,
};
use serde_json::Value;

use super::{
    ENTRANCE_GRANTS, GROUP_ENTRANCES, MEMBERSHIPS, WORKSPACE, json,
    kind::{Kind, Surroundings},
    problem::{Place, SiteError, SiteProblem, child},
};
use crate::State;

/// The whole file.
pub(super) fn state(text: &str) -> Result<State, SiteError> {
    let whole = |message: String| SiteError::new(vec![SiteProblem::new("$", message)]);
    let mut file = match json::parse(text) {
        Ok(Value::Object(file)) => file,
        Ok(other) => return Err(whole(expected("an object", &other))),
        Err(error) => return Err(whole(format!("this is not JSON: {error}"))),
    };
    let mut reader = Reader::default();
    let site = reader.site(&mut file);
    if !reader.problems.is_empty() {
        return Err(SiteError::new(reader.problems));
    }
    site.into_state().map_err(|error| whole(error.to_string()))
}

/// What a file holds. Without problems, it makes a state.
struct Site {
    workspace: Option<Workspace>,
    systems: Vec<AcsSystem>,
    users: Vec<AcsUser>,
    identities: Vec<UserIdentity>,
    groups: Vec<AccessGroup>,
    entrances: Vec<Entrance>,
    memberships: BTreeSet<(AccessGroupId, AcsUserId)>,
    group_entrances: BTreeSet<(AccessGroupId, EntranceId)>,
    entrance_grants: BTreeSet<(AcsUserId, EntranceId)>,
}

impl Site {
    fn into_state(self) -> Result<State, Error> {
        let mut state = State::new();
        if let Some(workspace) = self.workspace {
            state.set_workspace(workspace);
        }
        for system in self.systems {
            state.insert_system(system)?;
        }
        for user in self.users {
            state.insert_user(user)?;
        }
        for identity in self.identities {
            state.insert_identity(identity)?;
        }
        for group in self.groups {
            state.insert_group(group)?;
        }
        for entrance in self.entrances {
            state.insert_entrance(entrance)?;
        }
        for (group, user) in self.memberships {
            state.add_user(user, group)?;
        }
        for (group, entrance) in self.group_entrances {
            state.insert_group_entrance(group, entrance)?;
        }
        for (user, entrance) in self.entrance_grants {
            state.insert_entrance_grant(user, entrance)?;
        }
        Ok(state)
    }
}

/// What is known so far.
#[derive(Default)]
struct Reader {
    problems: Vec<SiteProblem>,
    around: Surroundings,
    systems: Seen<AcsSystemId>,
}

/// The resources of a kind by id, broken ones among them: what names one of those is not
/// wrong. With its place in the array, and its system if that is right. `None`: the array
/// is none, so who knows.
type Seen<Id> = Option<BTreeMap<Id, (Place, Option<AcsSystemId>)>>;

impl Reader {
    /// Everything, in an order in which defaults find what they depend on.
    fn site(&mut self, file: &mut Extra) -> Site {
        let workspace = file
            .remove(WORKSPACE)
            .and_then(|given| self.workspace(given));
        if let Some(workspace) = &workspace {
            self.around.workspace = workspace.workspace_id;
        }
        let (systems, seen_systems) = self.resources::<AcsSystem>(file);
        self.systems = seen_systems;
        self.around.set_systems(&systems);
        let (users, seen_users) = self.resources::<AcsUser>(file);
        self.around.link(&users);
        let (identities, _) = self.resources::<UserIdentity>(file);
        let (groups, seen_groups) = self.resources::<AccessGroup>(file);
        let (entrances, seen_entrances) = self.resources::<Entrance>(file);
        let memberships =
            self.pairs::<AccessGroup, AcsUser>(file, MEMBERSHIPS, &seen_groups, &seen_users);
        let group_entrances = self.pairs::<AccessGroup, Entrance>(
            file,
            GROUP_ENTRANCES,
            &seen_groups,
            &seen_entrances,
        );
        let entrance_grants =
            self.pairs::<AcsUser, Entrance>(file, ENTRANCE_GRANTS, &seen_users, &seen_entrances);
        self.nothing_left(file);
        Site {
            workspace,
            systems,
            users,
            identities,
            groups,
            entrances,
            memberships,
            group_entrances,
            entrance_grants,
        }
    }

    /// Whatever has not been read is no part of a site file.
    fn nothing_left(&mut self, file: &Extra) {
        for key in file.keys() {
            let message = "no such part: a site file has acs_systems, acs_users, user_identities, \
                           acs_access_groups, acs_entrances, memberships, group_entrances, \
                           entrance_grants and workspace";
            self.problem(child("$", key), message);
        }
    }

    fn workspace(&mut self, given: Value) -> Option<Workspace> {
        let place = Place::Field(WORKSPACE);
        let given = self.object(given, place)?;
        self.resource(given, place).resource
    }

    /// An array of resources: those that are right, and all that have an id.
    fn resources<K: Kind>(&mut self, file: &mut Extra) -> (Vec<K>, Seen<K::Id>) {
        let Some(elements) = self.array(file, K::PLACE) else {
            return (Vec::new(), None);
        };
        let mut resources = Vec::new();
        let mut seen = BTreeMap::new();
        for (place, given) in elements {
            let read = self.resource::<K>(given, place);
            resources.extend(read.resource);
            let Some(id) = read.id else { continue };
            match seen.entry(id) {
                Entry::Vacant(entry) => {
                    entry.insert((place, read.system));
                }
                Entry::Occupied(entry) => {
                    let message = format!("{} already is {} {id}", entry.get().0, K::NOUN);
                    self.problem(place.key(K::ID), message);
                }
            }
        }
        (resources, Some(seen))
    }

    /// An array of pairs of two resources of the same system.
    fn pairs<A: Kind, B: Kind>(
        &mut self,
        file: &mut Extra,
        array: &'static str,
        firsts: &Seen<A::Id>,
        seconds: &Seen<B::Id>,
    ) -> BTreeSet<(A::Id, B::Id)> {
        let mut pairs = BTreeMap::new();
        for (place, given) in self.array(file, array).unwrap_or_default() {
            let Some(pair) = self.pair::<A, B>(given, place, firsts, seconds) else {
                continue;
            };
            match pairs.entry(pair) {
                Entry::Vacant(entry) => {
                    entry.insert(place);
                }
                Entry::Occupied(entry) => {
                    let message = format!("the same as {}", entry.get());
                    self.problem(place.to_string(), message);
                }
            }
        }
        pairs.into_keys().collect()
    }

    /// One pair, if both ends are right.
    fn pair<A: Kind, B: Kind>(
        &mut self,
        mut given: Extra,
        place: Place,
        firsts: &Seen<A::Id>,
        seconds: &Seen<B::Id>,
    ) -> Option<(A::Id, B::Id)> {
        let first = self.end::<A>(&mut given, place, firsts);
        let second = self.end::<B>(&mut given, place, seconds);
        for key in given.keys() {
            self.problem(place.key(key), "no such key here");
        }
        let ((first, of_first), (second, of_second)) = (first?, second?);
        if let (Some(of_first), Some(of_second)) = (of_first, of_second)
            && of_first != of_second
        {
            let message = format!(
                "{} {first} belongs to ACS system {of_first}, {} {second} to ACS system {of_second}",
                A::NOUN,
                B::NOUN
            );
            self.problem(place.to_string(), message);
        }
        Some((first, second))
    }

    /// One end of a pair, and its system. Taken out of what is given.
    fn end<K: Kind>(
        &mut self,
        given: &mut Extra,
        place: Place,
        seen: &Seen<K::Id>,
    ) -> Option<(K::Id, Option<AcsSystemId>)> {
        let id = self.id::<K>(given, place)?;
        given.remove(K::ID);
        let Some(seen) = seen else {
            return Some((id, None));
        };
        match seen.get(&id) {
            Some((_, system)) => Some((id, *system)),
            None => self.bad_key(given, K::ID, place, unknown::<K>(id)),
        }
    }

    /// The objects of an array and their places; `None` if it is no array.
    fn array(&mut self, file: &mut Extra, key: &'static str) -> Option<Vec<(Place, Extra)>> {
        let elements = match file.remove(key) {
            None => Vec::new(),
            Some(Value::Array(elements)) => elements,
            Some(other) => {
                self.problem(Place::Field(key).to_string(), expected("an array", &other));
                return None;
            }
        };
        let mut objects = Vec::with_capacity(elements.len());
        for (index, element) in elements.into_iter().enumerate() {
            let place = Place::Element(key, index);
            objects.extend(self.object(element, place).map(|fields| (place, fields)));
        }
        Some(objects)
    }

    fn object(&mut self, given: Value, place: Place) -> Option<Extra> {
        match given {
            Value::Object(fields) => Some(fields),
            other => {
                self.problem(place.to_string(), expected("an object", &other));
                None
            }
        }
    }

    fn problem(&mut self, path: String, message: impl Into<String>) {
        self.problems.push(SiteProblem::new(path, message));
    }
}

fn expected(what: &str, found: &Value) -> String {
    format!("expected {what}, found {}", json::noun(found))
}

fn unknown<K: Kind>(id: K::Id) -> String {
    format!("there is no {} {id} in this file", K::NOUN)
}
