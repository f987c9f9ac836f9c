//! Reading a site file: all of its problems, not just the first one.

mod document;
mod resource;

use std::collections::{BTreeMap, btree_map::Entry};

use access_groups_core::{
    AccessGroup, AcsSystem, AcsSystemId, AcsUser, Entrance, Error, Extra, TextProblem,
    UserIdentity, Workspace, lenient_json,
};
use serde_json::Value;

use self::document::{File, parse, tree};
use super::{
    ENTRANCE_GRANTS, GROUP_ENTRANCES, MEMBERSHIPS, WORKSPACE,
    kind::{Kind, SiteContext},
    problem::{Place, SiteError, SiteProblem, child},
};
use crate::State;

/// Reads the whole file. Only one element of it at a time is in memory as a tree: that of a large file
/// would take several times as much as the state.
pub(super) fn state(text: &str) -> Result<State, SiteError> {
    let text = lenient_json(text);
    let mut reader = Reader::default();
    match parse(&text) {
        Ok(Some(file)) => {
            // JSON has no other way to write U+0000, so that most files need no second look.
            if text.contains("\\u0000") {
                reader.refuse_nul(&tree(&text), "$");
            }
            reader.file(file);
        }
        Ok(None) => reader.problem("$".into(), expected("an object", &tree(&text))),
        Err(error) => reader.problem("$".into(), format!("this is not JSON: {error}")),
    }
    if !reader.problems.is_empty() {
        return Err(SiteError::new(reader.problems));
    }
    reader.state.propagator().loaded();
    Ok(reader.state)
}

/// What has been read so far.
#[derive(Default)]
struct Reader {
    /// Only worth something while there are no problems.
    state: State,
    problems: Vec<SiteProblem>,
    context: SiteContext,
    systems: Seen<AcsSystemId>,
}

/// The resources of a kind by id, with the place in the array, and the system if that is valid.
/// Broken resources are among them: a reference to one is no second problem. `None` if the array
/// cannot be read: then any reference may be valid.
type Seen<Id> = Option<BTreeMap<Id, (Place, Option<AcsSystemId>)>>;

impl Reader {
    /// Reads every part, each after the parts that its defaults depend on.
    fn file(&mut self, mut file: File<'_>) {
        let workspace = file
            .remove(WORKSPACE)
            .and_then(|given| self.workspace(tree(given)));
        if let Some(workspace) = workspace {
            self.context.workspace = workspace.workspace_id;
            self.state.set_workspace(workspace);
        }
        self.systems = self.resources(&mut file, |reader, system: AcsSystem| {
            reader.context.add_system(&system);
            reader.insert(system, State::insert_system);
        });
        let users = self.resources(&mut file, |reader, user: AcsUser| {
            // An identity lists the users that name it.
            reader.context.link(&user);
            reader.insert(user, State::insert_user);
        });
        self.resources(&mut file, |reader, identity: UserIdentity| {
            reader.insert(identity, State::insert_identity);
        });
        let groups = self.resources(&mut file, |reader, group: AccessGroup| {
            reader.insert(group, State::insert_group);
        });
        let entrances = self.resources(&mut file, |reader, entrance: Entrance| {
            reader.insert(entrance, State::insert_entrance);
        });
        for (group, user) in
            self.pairs::<AccessGroup, AcsUser>(&mut file, MEMBERSHIPS, &groups, &users)
        {
            self.insert(user, |state, user| state.add_user(user, group).map(drop));
        }
        for (group, entrance) in
            self.pairs::<AccessGroup, Entrance>(&mut file, GROUP_ENTRANCES, &groups, &entrances)
        {
            self.insert(entrance, |state, entrance| {
                state.insert_group_entrance(group, entrance)
            });
        }
        for (user, entrance) in
            self.pairs::<AcsUser, Entrance>(&mut file, ENTRANCE_GRANTS, &users, &entrances)
        {
            self.insert(entrance, |state, entrance| {
                state.insert_entrance_grant(user, entrance)
            });
        }
        self.refuse_rest(&file);
    }

    /// Inserts an item of a part into the state.
    fn insert<T>(&mut self, item: T, insert: impl Fn(&mut State, T) -> Result<(), Error>) {
        // After a problem, a refusal only follows from it: a system that is missing, say.
        if let Err(error) = insert(&mut self.state, item)
            && self.problems.is_empty()
        {
            self.problem("$".into(), error.to_string());
        }
    }

    /// Reports the parts that no site file has.
    fn refuse_rest(&mut self, file: &File<'_>) {
        for key in file.keys() {
            let message = "no such part: a site file has acs_systems, acs_users, user_identities, \
                           acs_access_groups, acs_entrances, memberships, group_entrances, \
                           entrance_grants and workspace";
            self.problem(child("$", key), message);
        }
    }

    /// Reports the texts that hold U+0000, which no call would accept.
    fn refuse_nul(&mut self, value: &Value, path: &str) {
        match value {
            Value::String(text) if text.contains('\0') => {
                self.problem(path.to_owned(), TextProblem::HoldsNul.to_string());
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.refuse_nul(item, &format!("{path}[{index}]"));
                }
            }
            Value::Object(object) => {
                for (key, value) in object {
                    let path = child(path, key);
                    if key.contains('\0') {
                        self.problem(path.clone(), TextProblem::HoldsNul.to_string());
                    }
                    self.refuse_nul(value, &path);
                }
            }
            _ => {}
        }
    }

    fn workspace(&mut self, given: Value) -> Option<Workspace> {
        let place = Place::Field(WORKSPACE);
        let given = self.object(given, place)?;
        self.resource(given, place).resource
    }

    /// Reads an array of resources: keeps the valid ones, and returns the ids of all.
    fn resources<K: Kind>(
        &mut self,
        file: &mut File<'_>,
        mut keep: impl FnMut(&mut Self, K),
    ) -> Seen<K::Id> {
        let mut seen = BTreeMap::new();
        self.each(file, K::PART, |reader, place, given| {
            let read = reader.resource::<K>(given, place);
            if let Some(id) = read.id {
                match seen.entry(id) {
                    Entry::Vacant(entry) => {
                        entry.insert((place, read.system));
                    }
                    Entry::Occupied(entry) => {
                        let message = format!("{} already is {} {id}", entry.get().0, K::NOUN);
                        reader.problem(place.key(K::ID), message);
                    }
                }
            }
            if let Some(resource) = read.resource {
                keep(reader, resource);
            }
        })?;
        Some(seen)
    }

    /// Reads an array of pairs of two resources of the same system; sorted.
    fn pairs<A: Kind, B: Kind>(
        &mut self,
        file: &mut File<'_>,
        array: &'static str,
        firsts: &Seen<A::Id>,
        seconds: &Seen<B::Id>,
    ) -> impl Iterator<Item = (A::Id, B::Id)> + use<A, B> {
        let mut pairs = Vec::new();
        self.each(file, array, |reader, place, given| {
            let pair = reader.pair::<A, B>(given, place, firsts, seconds);
            pairs.extend(pair.map(|pair| (pair, place)));
        });
        pairs.sort_unstable();
        let repeated = pairs
            .chunk_by(|one, next| one.0 == next.0)
            .flat_map(|same| {
                let (_, first) = same[0];
                same[1..].iter().map(move |(_, place)| (*place, first))
            });
        let mut repeated: Vec<_> = repeated.collect();
        repeated.sort_unstable();
        for (place, first) in repeated {
            self.problem(place.to_string(), format!("the same as {first}"));
        }
        pairs.dedup_by_key(|(pair, _)| *pair);
        pairs.into_iter().map(|(pair, _)| pair)
    }

    /// Reads a pair; `None` if one of its ends has a problem.
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

    /// Takes one end out of a pair: its id, and its system if that is known.
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

    fn problem(&mut self, path: String, message: impl Into<String>) {
        self.problems.push(SiteProblem::new(path, message));
    }
}

fn unknown<K: Kind>(id: K::Id) -> String {
    format!("there is no {} {id} in this file", K::NOUN)
}

fn expected(what: &str, found: &Value) -> String {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    format!("expected {what}, found {found}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_others_write_it() {
        let refused = state("\u{feff}{\"Tom \\ud83d\": []}").expect_err("no such part");
        assert_eq!(refused.problems()[0].path(), "$[\"Tom \u{fffd}\"]");
    }
}
