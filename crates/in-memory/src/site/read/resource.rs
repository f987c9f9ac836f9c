//! Reading one resource.

use std::collections::BTreeMap;

use access_groups_core::{AcsSystem, AcsSystemId, Extra};
use serde_json::Value;

use super::{Reader, expected, unknown};
use crate::site::{
    SYSTEM,
    kind::{Kind, Mandatory},
    problem::{Place, child},
};

impl Reader {
    /// One resource: its defaults, and over them what is given.
    pub(super) fn resource<K: Kind>(&mut self, mut given: Extra, place: Place) -> Read<K> {
        let problems_before = self.problems.len();
        let id = self.id::<K>(&mut given, place);
        let system = if K::IN_SYSTEM {
            self.system(&mut given, place)
        } else {
            None
        };
        let name = self.name::<K>(&mut given, place);
        let used = self.current_keys::<K>(&mut given, place);
        let mandatory = Mandatory {
            id: id.unwrap_or_default(),
            system: system.unwrap_or_default(),
            name: name.unwrap_or_default(),
        };
        let defaults = K::of(mandatory, &given, &self.around).fields();
        let shown = |key: &str| place.key(used.get(key).copied().unwrap_or(key));
        let resource = self.overlay::<K>(defaults, given, place, shown);
        Read {
            id,
            system,
            resource: resource.filter(|_| self.problems.len() == problems_before),
        }
    }

    /// The id at the key of that kind.
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

    fn may_be_system(&self, id: AcsSystemId) -> bool {
        let seen = self.systems.as_ref();
        seen.is_none_or(|seen| seen.contains_key(&id))
    }

    fn name<K: Kind>(&mut self, given: &mut Extra, place: Place) -> Option<String> {
        let key = K::name_key(given).unwrap_or(K::NAMES[0]);
        self.mandatory_text(given, key, place)
    }

    /// The text at a key. What is wrong is told and taken out, so that the rest can be read.
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

    /// Tells what is wrong with a key, and takes it out.
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

    /// Moves what is given under a deprecated key to the current one, if that is not given.
    /// Answers which keys came that way.
    fn current_keys<K: Kind>(
        &mut self,
        given: &mut Extra,
        place: Place,
    ) -> BTreeMap<&'static str, &'static str> {
        let mut used = BTreeMap::new();
        for (deprecated, current) in K::ALIASES {
            let Some(value) = given.remove(*deprecated) else {
                continue;
            };
            if given.get(*current).is_none_or(Value::is_null) {
                given.insert((*current).to_owned(), value);
                used.insert(*current, *deprecated);
            }
        }
        for key in K::NEVER_NULL {
            if given.get(*key).is_some_and(Value::is_null) {
                given.remove(*key);
                let key = used.get(key).unwrap_or(key);
                self.problem(place.key(key), expected("a text", &Value::Null));
            }
        }
        used
    }

    /// Reads the resource, and looks whether all of it has been understood.
    fn overlay<K: Kind>(
        &mut self,
        defaults: Extra,
        given: Extra,
        place: Place,
        shown: impl Fn(&str) -> String,
    ) -> Option<K> {
        let mut whole = defaults.clone();
        whole.extend(given.clone());
        match serde_json::from_value::<K>(Value::Object(whole)) {
            Ok(resource) => {
                let kept = resource.fields();
                for (key, value) in &given {
                    if let Some(kept) = kept.get(key) {
                        self.lost(value, kept, &shown(key));
                    }
                }
                Some(resource)
            }
            Err(error) => {
                self.culprits::<K>(&defaults, given, place, shown, &error);
                None
            }
        }
    }

    /// Which of the given keys cannot be read: each is tried on its own.
    fn culprits<K: Kind>(
        &mut self,
        defaults: &Extra,
        given: Extra,
        place: Place,
        shown: impl Fn(&str) -> String,
        error: &serde_json::Error,
    ) {
        let problems_before = self.problems.len();
        for (key, value) in given {
            let path = shown(&key);
            let mut alone = defaults.clone();
            alone.insert(key, value);
            if let Err(error) = serde_json::from_value::<K>(Value::Object(alone)) {
                self.problem(path, error.to_string());
            }
        }
        if self.problems.len() == problems_before {
            // Only together they cannot be read. No kind has such keys today.
            self.problem(place.to_string(), error.to_string());
        }
    }

    /// Tells the keys inside a value that reading has dropped: a mistyped `ends_at` would
    /// open doors for ever. Resources keep unknown keys; some objects in them do not.
    fn lost(&mut self, given: &Value, kept: &Value, path: &str) {
        match (given, kept) {
            (Value::Object(given), Value::Object(kept)) => {
                for (key, value) in given {
                    match kept.get(key) {
                        Some(kept) => self.lost(value, kept, &child(path, key)),
                        None => self.problem(child(path, key), "no such key here"),
                    }
                }
            }
            (Value::Array(given), Value::Array(kept)) => {
                for (index, (value, kept)) in given.iter().zip(kept).enumerate() {
                    self.lost(value, kept, &format!("{path}[{index}]"));
                }
            }
            _ => {}
        }
    }
}

/// As much of a resource as could be read.
pub(super) struct Read<K: Kind> {
    pub(super) id: Option<K::Id>,
    pub(super) system: Option<AcsSystemId>,
    pub(super) resource: Option<K>,
}
