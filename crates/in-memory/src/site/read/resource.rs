//! Reading arrays, objects and resources.

use std::{collections::BTreeMap, fmt};

use access_groups_core::{AcsSystem, AcsSystemId, Extra};
use serde::{
    Deserializer,
    de::{SeqAccess, Visitor},
};
use serde_json::Value;

use super::{
    Reader,
    document::{File, tree},
    expected, unknown,
};
use crate::site::{
    SYSTEM,
    kind::{Kind, Mandatory},
    problem::{Place, child},
};

impl Reader {
    /// Takes the objects of an array out of the file, one after another, with their places; `None` if it is no
    /// array.
    pub(super) fn each(
        &mut self,
        file: &mut File<'_>,
        key: &'static str,
        mut take: impl FnMut(&mut Self, Place, Extra),
    ) -> Option<()> {
        let Some(part) = file.remove(key) else {
            return Some(());
        };
        if !part.starts_with('[') {
            let message = expected("an array", &tree(part));
            self.problem(Place::Field(key).to_string(), message);
            return None;
        }
        let mut index = 0;
        let elements = Elements(|element| {
            let place = Place::Element(key, index);
            index += 1;
            if let Some(fields) = self.object(element, place) {
                take(self, place, fields);
            }
        });
        let mut part = serde_json::Deserializer::from_str(part);
        part.deserialize_seq(elements).expect("this is JSON");
        Some(())
    }

    pub(super) fn object(&mut self, given: Value, place: Place) -> Option<Extra> {
        match given {
            Value::Object(fields) => Some(fields),
            other => {
                self.problem(place.to_string(), expected("an object", &other));
                None
            }
        }
    }

    /// Reads a resource: its defaults, overwritten by the given fields.
    pub(super) fn resource<K: Kind>(&mut self, mut given: Extra, place: Place) -> Read<K> {
        let problems_before = self.problems.len();
        let id = self.id::<K>(&mut given, place);
        let system = if K::IN_SYSTEM {
            self.system(&mut given, place)
        } else {
            None
        };
        let name = self.name::<K>(&mut given, place);
        let aliases = self.current_keys::<K>(&mut given, place);
        let mandatory = Mandatory {
            id: id.unwrap_or_default(),
            system: system.unwrap_or_default(),
            name: name.unwrap_or_default(),
        };
        let defaults = K::of(mandatory, &given, &self.context).fields();
        let path_of = |key: &str| place.key(aliases.get(key).copied().unwrap_or(key));
        let resource = self.overlay::<K>(defaults, given, place, path_of);
        Read {
            id,
            system,
            resource: resource.filter(|_| self.problems.len() == problems_before),
        }
    }

    /// Reads the id of a resource, or of an end of a pair.
    pub(super) fn id<K: Kind>(&mut self, given: &mut Extra, place: Place) -> Option<K::Id> {
        let text = self.mandatory_text(given, K::ID, place)?;
        match text.parse() {
            Ok(id) => Some(id),
            Err(error) => self.bad_key(given, K::ID, place, error.to_string()),
        }
    }

    fn system(&mut self, given: &mut Extra, place: Place) -> Option<AcsSystemId> {
        let text = self.mandatory_text(given, SYSTEM, place)?;
        match text.parse() {
            Ok(id) if self.may_be_system(id) => Some(id),
            Ok(id) => self.bad_key(given, SYSTEM, place, unknown::<AcsSystem>(id)),
            Err(error) => self.bad_key(given, SYSTEM, place, error.to_string()),
        }
    }

    /// Whether the system is in the file; also true if the systems could not be read.
    fn may_be_system(&self, id: AcsSystemId) -> bool {
        let seen = self.systems.as_ref();
        seen.is_none_or(|seen| seen.contains_key(&id))
    }

    fn name<K: Kind>(&mut self, given: &mut Extra, place: Place) -> Option<String> {
        let key = K::name_key(given).unwrap_or(K::NAMES[0]);
        self.mandatory_text(given, key, place)
    }

    /// Reads a text. A wrong value is reported and removed, so that the rest can be read.
    fn mandatory_text(&mut self, given: &mut Extra, key: &str, place: Place) -> Option<String> {
        match given.get(key) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(other) => {
                let message = expected("a text", other);
                self.bad_key(given, key, place, message)
            }
            None => self.bad_key(given, key, place, "it is missing".into()),
        }
    }

    /// Reports a problem with a key, and removes the key.
    pub(super) fn bad_key<T>(
        &mut self,
        given: &mut Extra,
        key: &str,
        place: Place,
        message: String,
    ) -> Option<T> {
        given.remove(key);
        self.problem(place.key(key), message);
        None
    }

    /// Moves values from deprecated keys to current ones that have none. Returns the current keys
    /// that were filled, each with the deprecated key in the file.
    fn current_keys<K: Kind>(
        &mut self,
        given: &mut Extra,
        place: Place,
    ) -> BTreeMap<&'static str, &'static str> {
        let mut aliases = BTreeMap::new();
        for (deprecated, current) in K::ALIASES {
            let Some(value) = given.remove(*deprecated) else {
                continue;
            };
            if given.get(*current).is_none_or(Value::is_null) {
                given.insert((*current).to_owned(), value);
                aliases.insert(*current, *deprecated);
            }
        }
        for key in K::NEVER_NULL {
            if given.get(*key).is_some_and(Value::is_null) {
                given.remove(*key);
                let key = aliases.get(key).unwrap_or(key);
                self.problem(place.key(key), expected("a text", &Value::Null));
            }
        }
        aliases
    }

    /// Reads the whole resource, and reports the fields that cannot be read or would be lost.
    fn overlay<K: Kind>(
        &mut self,
        defaults: Extra,
        given: Extra,
        place: Place,
        path_of: impl Fn(&str) -> String,
    ) -> Option<K> {
        let mut whole = defaults.clone();
        whole.extend(given.clone());
        match serde_json::from_value::<K>(Value::Object(whole)) {
            Ok(resource) => {
                // Only values inside others can be dropped, and most resources have none.
                let nested = given.iter().filter(|(_, value)| is_nested(value));
                let nested: Vec<_> = nested.collect();
                if !nested.is_empty() {
                    let kept = resource.fields();
                    for (key, value) in nested {
                        if let Some(kept) = kept.get(key) {
                            self.report_dropped(value, kept, &path_of(key));
                        }
                    }
                }
                Some(resource)
            }
            Err(error) => {
                self.report_unreadable::<K>(&defaults, given, place, path_of, &error);
                None
            }
        }
    }

    /// Reports which of the given fields cannot be read. serde names the first one only, and not its
    /// key, so each field is tried alone.
    fn report_unreadable<K: Kind>(
        &mut self,
        defaults: &Extra,
        given: Extra,
        place: Place,
        path_of: impl Fn(&str) -> String,
        error: &serde_json::Error,
    ) {
        let problems_before = self.problems.len();
        for (key, value) in given {
            let path = path_of(&key);
            let mut alone = defaults.clone();
            alone.insert(key, value);
            if let Err(error) = serde_json::from_value::<K>(Value::Object(alone)) {
                self.problem(path, error.to_string());
            }
        }
        if self.problems.len() == problems_before {
            // The fields cannot be read together only. No kind has such fields today.
            self.problem(place.to_string(), error.to_string());
        }
    }

    /// Reports keys inside a value that reading has dropped: with a mistyped `ends_at`, a schedule
    /// would never end. Resources keep unknown keys; some objects in them do not.
    fn report_dropped(&mut self, given: &Value, kept: &Value, path: &str) {
        match (given, kept) {
            (Value::Object(given), Value::Object(kept)) => {
                for (key, value) in given {
                    match kept.get(key) {
                        Some(kept) => self.report_dropped(value, kept, &child(path, key)),
                        None => self.problem(child(path, key), "no such key here"),
                    }
                }
            }
            (Value::Array(given), Value::Array(kept)) => {
                for (index, (value, kept)) in given.iter().zip(kept).enumerate() {
                    self.report_dropped(value, kept, &format!("{path}[{index}]"));
                }
            }
            _ => {}
        }
    }
}

/// Visits an array, of which it keeps nothing.
struct Elements<F>(F);

impl<'de, F: FnMut(Value)> Visitor<'de> for Elements<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut array: A) -> Result<(), A::Error> {
        while let Some(element) = array.next_element()? {
            self.0(element);
        }
        Ok(())
    }
}

fn is_nested(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_))
}

/// A resource, as far as it could be read.
pub(super) struct Read<K: Kind> {
    pub(super) id: Option<K::Id>,
    pub(super) system: Option<AcsSystemId>,
    pub(super) resource: Option<K>,
}
