//! One field of one request at a time.

use std::collections::BTreeMap;

use access_groups_core::Operation;
use serde_json::{Map, Value};

use super::wire::{Refusal, decode};
use crate::{
    contract::{CONTRACT, Fields, Place, places},
    differences::{Listed, judge_all},
    sample::{full, sample},
};

/// One place in the request of one path.
#[derive(Debug)]
pub(super) struct Case<'c> {
    pub(super) path: &'c str,
    fields: &'c Fields,
    /// Whether the request has one of several sets of fields.
    is_alternative: bool,
    pub(super) place: Place<'c>,
    /// One that is accepted, with as little as possible beside the place.
    pub(super) request: Map<String, Value>,
}

/// Judges every place of every request; those listed must fail, and all others must not.
pub(super) fn each_field(listed: &[Listed], judge: impl Fn(&Case<'_>) -> Result<(), String>) {
    let mut verdicts = BTreeMap::new();
    for case in cases() {
        let key = format!("{} {}", case.path, case.place.name);
        verdicts.insert(key, judge(&case));
    }
    assert!(verdicts.len() > 100, "only {} fields", verdicts.len());
    judge_all(&verdicts, listed);
}

fn cases() -> Vec<Case<'static>> {
    let mut cases = Vec::new();
    for (path, operation) in &CONTRACT.paths {
        let alternatives = operation.request.alternatives();
        for fields in alternatives {
            for place in places(fields) {
                let request = accepted(path, fields, |request| has(request, &place.pointer));
                cases.push(Case {
                    path,
                    fields,
                    is_alternative: alternatives.len() > 1,
                    request: request
                        .unwrap_or_else(|| panic!("{path} takes no request with {}", place.name)),
                    place,
                });
            }
        }
    }
    cases
}

impl Case<'_> {
    /// What the request has at the place.
    pub(super) fn value(&self) -> Value {
        let request = Value::from(self.request.clone());
        let value = request.pointer(&self.place.pointer);
        value.expect("the request has the place").clone()
    }

    /// A fitting value that the request does not have there.
    pub(super) fn other_value(&self) -> Value {
        let name = self.place.pointer.rsplit('/').next().unwrap_or_default();
        sample(name, self.place.shape, 7)
    }

    /// The request with another value at the place.
    pub(super) fn with(&self, value: Value) -> Map<String, Value> {
        let mut request = Value::from(self.request.clone());
        let place = request.pointer_mut(&self.place.pointer);
        *place.expect("the request has the place") = value;
        into_object(request)
    }

    /// The request without the place, unless it is an item of an array.
    pub(super) fn without(&self) -> Option<Map<String, Value>> {
        if self.place.is_item {
            return None;
        }
        let (outer, name) = self.place.pointer.rsplit_once('/')?;
        let mut request = Value::from(self.request.clone());
        request.pointer_mut(outer)?.as_object_mut()?.remove(name);
        Some(into_object(request))
    }

    /// Whether there is a request without it: it is a field of the request itself, and the
    /// others can do without.
    pub(super) fn can_be_avoided(&self) -> bool {
        let name = self.place.pointer.trim_start_matches('/');
        self.fields.contains_key(name)
            && accepted(self.path, self.fields, |request| {
                !request.contains_key(name)
            })
            .is_some()
    }

    /// Whether an outcome is the refusal of an input that is wrong at the place; of one of
    /// several sets of fields, the request as a whole may be wrong.
    ///
    /// # Errors
    ///
    /// What it is instead.
    pub(super) fn is_refused(&self, outcome: Result<Operation, Refusal>) -> Result<(), String> {
        let refusal = match outcome {
            Ok(operation) => return Err(format!("it is taken: {operation:?}")),
            Err(refusal) => refusal,
        };
        let place = self.place.pointer.trim_start_matches('/').replace('/', ".");
        let is_here = |it: &String| *it == place || (it.is_empty() && self.is_alternative);
        if refusal.code == "invalid_input" && refusal.places.iter().any(is_here) {
            return Ok(());
        }
        Err(format!("refused for another reason: {refusal:?}"))
    }
}

/// The smallest request that is accepted and wanted.
pub(super) fn accepted(
    path: &str,
    fields: &Fields,
    is_wanted: impl Fn(&Map<String, Value>) -> bool,
) -> Option<Map<String, Value>> {
    let mut candidates = candidates(fields).into_iter();
    candidates.find(|request| is_wanted(request) && decode(path, request).is_ok())
}

/// Requests with all that is required, and with none, one or two of the other fields: which
/// go together, the contract does not tell. Small ones first.
pub(crate) fn candidates(fields: &Fields) -> Vec<Map<String, Value>> {
    let all = full(fields, 0);
    let optional = fields.iter().filter(|(_, shape)| !shape.required);
    let names: Vec<_> = optional.map(|(name, _)| Some(name)).chain([None]).collect();
    let mut candidates = Vec::new();
    for (index, one) in names.iter().enumerate() {
        for other in &names[index..] {
            let mut request = all.clone();
            request.retain(|name, _| {
                fields[name].required
                    || [one, other].contains(&&fields.get_key_value(name).map(|it| it.0))
            });
            candidates.push(request);
        }
    }
    candidates.sort_by_key(Map::len);
    candidates
}

fn has(request: &Map<String, Value>, pointer: &str) -> bool {
    Value::from(request.clone()).pointer(pointer).is_some()
}

fn into_object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}
