//! Reading a site file: all of its problems, not just the first one.

mod resource;

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    fmt,
};

use access_groups_core::{
    AccessGroup, AcsSystem, AcsSystemId, AcsUser, Entrance, Error, Extra, TextProblem,
    UserIdentity, Workspace, lenient_json,
};
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use super::{
    ENTRANCE_GRANTS, GROUP_ENTRANCES, MEMBERSHIPS, WORKSPACE,
    kind::{Kind, SiteContext},
    problem::{Place, SiteError, SiteProblem, child},
};
use crate::State;

/// Reads the whole file.
pub(super) fn state(text: &str) -> Result<State, SiteError> {
    let mut reader = Reader::default();
    match parse(text) {
        Ok(Value::Object(file)) => {
            // JSON has no other way to write U+0000, so that most files need no second look.
            if text.contains("\\u0000") {
                reader.refuse_nul(&file, "$");
            }
            reader.file(file);
        }
        Ok(other) => reader.problem("$".into(), expected("an object", &other)),
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
    fn file(&mut self, mut file: Extra) {
        let workspace = file
            .remove(WORKSPACE)
            .and_then(|given| self.workspace(given));
        if let Some(workspace) = workspace {
            self.context.workspace = workspace.workspace_id;
            self.state.set_workspace(workspace);
        }
        let (systems, seen) = self.resources::<AcsSystem>(&mut file);
        self.systems = seen;
        self.context.set_systems(&systems);
        self.insert(systems, State::insert_system);
        let (users, seen_users) = self.resources::<AcsUser>(&mut file);
        // An identity lists the users that name it.
        self.context.link(&users);
        self.insert(users, State::insert_user);
        let (identities, _) = self.resources::<UserIdentity>(&mut file);
        self.insert(identities, State::insert_identity);
        let (groups, seen_groups) = self.resources::<AccessGroup>(&mut file);
        self.insert(groups, State::insert_group);
        let (entrances, seen_entrances) = self.resources::<Entrance>(&mut file);
        self.insert(entrances, State::insert_entrance);
        let pairs =
            self.pairs::<AccessGroup, AcsUser>(&mut file, MEMBERSHIPS, &seen_groups, &seen_users);
        self.insert(pairs, |state, (group, user)| {
            state.add_user(user, group).map(drop)
        });
        let pairs = self.pairs::<AccessGroup, Entrance>(
            &mut file,
            GROUP_ENTRANCES,
            &seen_groups,
            &seen_entrances,
        );
        self.insert(pairs, |state, (group, entrance)| {
            state.insert_group_entrance(group, entrance)
        });
        let pairs = self.pairs::<AcsUser, Entrance>(
            &mut file,
            ENTRANCE_GRANTS,
            &seen_users,
            &seen_entrances,
        );
        self.insert(pairs, |state, (user, entrance)| {
            state.insert_entrance_grant(user, entrance)
        });
        self.refuse_rest(&file);
    }

    /// Inserts items of a part into the state.
    fn insert<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        insert: impl Fn(&mut State, T) -> Result<(), Error>,
    ) {
        for item in items {
            // After a problem, a refusal only follows from it: a system that is missing, say.
            if let Err(error) = insert(&mut self.state, item)
                && self.problems.is_empty()
            {
                self.problem("$".into(), error.to_string());
            }
        }
    }

    /// Reports the parts that no site file has.
    fn refuse_rest(&mut self, file: &Extra) {
        for key in file.keys() {
            let message = "no such part: a site file has acs_systems, acs_users, user_identities, \
                           acs_access_groups, acs_entrances, memberships, group_entrances, \
                           entrance_grants and workspace";
            self.problem(child("$", key), message);
        }
    }

    /// Reports the texts that hold U+0000, which no call would accept.
    fn refuse_nul(&mut self, object: &Extra, path: &str) {
        for (key, value) in object {
            let path = child(path, key);
            if key.contains('\0') {
                self.problem(path.clone(), TextProblem::HoldsNul.to_string());
            }
            self.refuse_nul_in(value, &path);
        }
    }

    fn refuse_nul_in(&mut self, value: &Value, path: &str) {
        match value {
            Value::String(text) if text.contains('\0') => {
                self.problem(path.to_owned(), TextProblem::HoldsNul.to_string());
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.refuse_nul_in(item, &format!("{path}[{index}]"));
                }
            }
            Value::Object(object) => self.refuse_nul(object, path),
            _ => {}
        }
    }

    fn workspace(&mut self, given: Value) -> Option<Workspace> {
        let place = Place::Field(WORKSPACE);
        let given = self.object(given, place)?;
        self.resource(given, place).resource
    }

    /// Reads an array of resources: the valid ones, and the ids of all.
    fn resources<K: Kind>(&mut self, file: &mut Extra) -> (Vec<K>, Seen<K::Id>) {
        let Some(elements) = self.array(file, K::PART) else {
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

    /// Reads an array of pairs of two resources of the same system.
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

/// Parses JSON without repeated keys, as others write it.
fn parse(text: &str) -> Result<Value, serde_json::Error> {
    // serde_json keeps the last of two equal keys: the other one would be lost in silence.
    let text = lenient_json(text);
    serde_json::from_str::<Unambiguous>(&text)?;
    serde_json::from_str(&text)
}

/// A document in which no object has a key twice.
struct Unambiguous;

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk)
    }
}

/// Visits a whole document.
struct Walk;

impl<'de> Visitor<'de> for Walk {
    type Value = Unambiguous;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unambiguous, A::Error> {
        let mut seen = BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if seen.contains(&key) {
                return Err(de::Error::custom(format_args!(
                    "the key {key:?} is there twice"
                )));
            }
            seen.insert(key);
            map.next_value::<Unambiguous>()?;
        }
        Ok(Unambiguous)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Unambiguous, A::Error> {
        while seq.next_element::<Unambiguous>()?.is_some() {}
        Ok(Unambiguous)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, problem: Option<&str>) {
        let found = parse(text).err().map(|error| error.to_string());
        assert_eq!(found.as_deref(), problem, "{text}");
    }

    #[test]
    fn a_file_is_read_as_others_write_it() {
        check("\u{feff}{\"\\ude00\": [\"Tom \\ud83d\"]}", None);
        let read = parse("\u{feff}[\"Tom \\ud83d\"]").expect("JSON");
        assert_eq!(read[0], "Tom \u{fffd}");
    }

    #[test]
    fn repeated_keys_are_refused() {
        check(
            r#"{"a": [{"a": 1}, {"a": -1.5e3}, true, null, "x"], "b": {}}"#,
            None,
        );
        check(
            r#"{"a": 1, "b": [{"c": 1, "c": 1}]}"#,
            Some(r#"the key "c" is there twice at line 1 column 27"#),
        );
    }
}
