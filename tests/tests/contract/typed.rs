//! Each field of each resource has a type in core, or is carried as it is on purpose.

use std::{collections::BTreeMap, fmt::Debug};

use access_groups_core::{AccessGroup, AcsSystem, AcsUser, Entrance, UserIdentity, Workspace};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    contract::{CONTRACT, Fields, Place, places},
    differences::{ALIASES, CARRIED, judge_all},
    sample::{full, of_another_kind},
    validate::{NOTHING, problems},
};

#[test]
fn each_field_is_typed_or_carried_on_purpose() {
    let mut verdicts = BTreeMap::new();
    for (name, read) in RESOURCES {
        let fields = &CONTRACT.schemas[*name];
        let sample = sample(name, fields, 0);
        assert!(!has_unknown(&read(sample.clone()).expect("a resource")));
        for place in outermost_carried(fields, &sample, *read) {
            let verdict = Err("no type looks at it".to_owned());
            let name = name.trim_start_matches("unmanaged_");
            verdicts.insert(format!("{name}.{}", place.name), verdict);
        }
    }
    judge_all(&verdicts, CARRIED);
}

/// A value of another kind is accepted there, so no type can be looking. What is inside of
/// something carried goes without saying.
fn outermost_carried<'c>(fields: &'c Fields, sample: &Value, read: Read) -> Vec<Place<'c>> {
    let mut carried: Vec<Place<'_>> = Vec::new();
    for place in places(fields) {
        let is_inside = carried
            .iter()
            .any(|outer| place.pointer.starts_with(&format!("{}/", outer.pointer)));
        let mut odd = sample.clone();
        let value = odd.pointer_mut(&place.pointer).expect("a full sample");
        *value = of_another_kind(place.shape);
        let is_typed = read(odd).is_none_or(|read| has_unknown(&read));
        if !is_inside && !is_typed {
            carried.push(place);
        }
    }
    carried
}

#[test]
fn a_full_resource_is_written_as_it_was_read_and_fits_the_contract() {
    for (name, read) in RESOURCES {
        let fields = &CONTRACT.schemas[*name];
        let places = places(fields);
        let turns = places.iter().map(|place| place.shape.values.len()).max();
        for turn in 0..turns.unwrap_or_default().max(2) {
            let sent = sample(name, fields, turn);
            let (_, written) = read(sent.clone()).expect("a resource");
            assert_eq!(written, sent, "{name}, turn {turn}");
            assert_eq!(problems(name, fields, &written), NOTHING);
        }
    }
}

#[test]
fn the_least_resource_is_written_with_all_that_is_required() {
    for (name, read) in RESOURCES {
        let fields = &CONTRACT.schemas[*name];
        let mut sent = sample(name, fields, 0);
        let object = sent.as_object_mut().expect("an object");
        object.retain(|field, _| fields[field].required);
        for (field, value) in object {
            if fields[field].nullable {
                *value = Value::Null;
            }
        }
        let (_, written) = read(sent).expect("a resource");
        assert_eq!(problems(name, fields, &written), NOTHING);
    }
}

#[test]
fn every_schema_is_a_resource_or_the_envelope_of_a_page() {
    let names = RESOURCES.iter().map(|(name, _)| *name);
    let mut names: Vec<_> = names.chain(["pagination"]).collect();
    names.sort_unstable();
    assert_eq!(names, CONTRACT.schemas.keys().collect::<Vec<_>>());
}

/// What core makes of a resource: how it prints, and what it writes; `None` if it refuses.
pub(crate) type Read = fn(Value) -> Option<(String, Value)>;

fn read<T: DeserializeOwned + Serialize + Debug>(value: Value) -> Option<(String, Value)> {
    let resource: T = serde_json::from_value(value).ok()?;
    let written = serde_json::to_value(&resource).expect("JSON");
    Some((format!("{resource:?}"), written))
}

/// Whether it holds a code that this version does not know. A change that cannot be read is
/// kept like one of an unknown code.
pub(crate) fn has_unknown((printed, _): &(String, Value)) -> bool {
    printed.contains("Other(")
}

/// A full resource.
pub(crate) fn sample(resource: &str, fields: &Fields, turn: usize) -> Value {
    with_aliases(resource, full(fields, turn).into(), "")
}

/// The resource, with deprecated names saying the same as the current ones; unless it is the
/// deprecated one at the pointer that was set last.
pub(crate) fn with_aliases(resource: &str, mut sample: Value, last: &str) -> Value {
    for (of, deprecated, current) in ALIASES {
        if resource.trim_start_matches("unmanaged_") == *of {
            let is_last = last.strip_prefix('/') == Some(*deprecated);
            let (from, to) = if is_last {
                (deprecated, current)
            } else {
                (current, deprecated)
            };
            sample[*to] = sample[*from].clone();
        }
    }
    sample
}

pub(crate) const RESOURCES: &[(&str, Read)] = &[
    ("acs_access_group", read::<AccessGroup>),
    ("acs_entrance", read::<Entrance>),
    ("acs_system", read::<AcsSystem>),
    ("acs_user", read::<AcsUser>),
    ("unmanaged_acs_access_group", read::<AccessGroup>),
    ("unmanaged_acs_user", read::<AcsUser>),
    ("user_identity", read::<UserIdentity>),
    ("workspace", read::<Workspace>),
];
