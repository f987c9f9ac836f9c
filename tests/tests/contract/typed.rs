//! Each field of each resource has a type in core, or is carried as it is on purpose; and each
//! code of the contract is known to core by name, and core knows no others.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
};

use access_groups_core::{
    AccessGroup, AccessGroupChange, AccessGroupErrorCode, AccessGroupType, AccessGroupWarningCode,
    AcsSystem, AcsSystemErrorCode, AcsSystemType, AcsSystemWarningCode, AcsUser, AcsUserChange,
    AcsUserErrorCode, AcsUserType, AcsUserWarningCode, DeferredVariant, Entrance,
    EntranceWarningCode, UserIdentity, UserIdentityErrorCode, UserIdentityWarningCode, Workspace,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    contract::{CONTRACT, Fields, Place, full, of_another_kind, places},
    differences::{ALIASES, CARRIED, KNOWN_BEFORE, Listed, judge_all},
    validate::{NOTHING, problems},
};

#[test]
fn fields_are_typed_or_listed_as_carried() {
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

/// Places where a value of another kind is accepted, so that no type can read them; without those
/// inside of other such places.
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
fn full_resources_are_written_as_read() {
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
fn minimal_resources_have_all_required_fields() {
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
fn every_schema_is_covered() {
    let names = RESOURCES.iter().map(|(name, _)| *name);
    let mut names: Vec<_> = names.chain(["pagination"]).collect();
    names.sort_unstable();
    assert_eq!(names, CONTRACT.schemas.keys().collect::<Vec<_>>());
}

#[test]
fn core_knows_exactly_the_contracts_codes() {
    let mut verdicts = BTreeMap::new();
    for (resource, _) in RESOURCES {
        for code in codes(resource) {
            let known: BTreeSet<String> = known(&code.name).into_iter().collect();
            for value in known.union(&code.values) {
                let verdict = match (known.contains(value), code.values.contains(value)) {
                    (true, true) => Ok(()),
                    (true, false) => Err("the contract does not have it".to_owned()),
                    _ => Err("core does not know it".to_owned()),
                };
                verdicts.insert(format!("{} {value}", code.name), verdict);
            }
        }
    }
    judge_all(&verdicts, KNOWN_BEFORE);
}

#[test]
fn unknown_codes_are_kept_as_text() {
    for (resource, read) in RESOURCES {
        let sample = sample(resource, &CONTRACT.schemas[*resource], 0);
        for code in codes(resource) {
            let at_its_place = |value: &str| {
                let mut sent = sample.clone();
                let place = sent.pointer_mut(&code.pointer).expect("a full sample");
                *place = value.into();
                let sent = with_aliases(resource, sent, &code.pointer);
                let read = read(sent.clone()).expect("a resource");
                assert_eq!(read.1, sent, "{} {value}", code.name);
                has_unknown(&read)
            };
            for value in code.values.iter().filter(|_| code.is_plain) {
                assert!(!at_its_place(value), "{} {value}", code.name);
            }
            assert!(at_its_place("unknown_code"), "{}", code.name);
        }
    }
}

/// Reads a resource: its debug text, and the JSON that is written again; `None` if it is refused.
type Read = fn(Value) -> Option<(String, Value)>;

fn read<T: DeserializeOwned + Serialize + Debug>(value: Value) -> Option<(String, Value)> {
    let resource: T = serde_json::from_value(value).ok()?;
    let written = serde_json::to_value(&resource).expect("JSON");
    Some((format!("{resource:?}"), written))
}

/// Whether it holds a code that this version does not know. A change that cannot be read is
/// kept like one of an unknown code.
fn has_unknown((printed, _): &(String, Value)) -> bool {
    printed.contains("Other(")
}

/// A full resource.
pub(crate) fn sample(resource: &str, fields: &Fields, turn: usize) -> Value {
    with_aliases(resource, full(fields, turn).into(), "")
}

/// The resource, with deprecated names saying the same as the current ones; unless it is the
/// deprecated one at the pointer that was set last.
fn with_aliases(resource: &str, mut sample: Value, last: &str) -> Value {
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

const RESOURCES: &[(&str, Read)] = &[
    ("acs_access_group", read::<AccessGroup>),
    ("acs_entrance", read::<Entrance>),
    ("acs_system", read::<AcsSystem>),
    ("acs_user", read::<AcsUser>),
    ("unmanaged_acs_access_group", read::<AccessGroup>),
    ("unmanaged_acs_user", read::<AcsUser>),
    ("user_identity", read::<UserIdentity>),
    ("workspace", read::<Workspace>),
];

/// A place whose values are codes.
struct Code {
    /// The same for a managed and an unmanaged resource.
    name: String,
    /// Where a full sample has one.
    pointer: String,
    /// Whether a value means the same whatever stands beside it.
    is_plain: bool,
    values: BTreeSet<String>,
}

/// The codes of a resource, less those in what is carried as it is.
fn codes(resource: &str) -> Vec<Code> {
    let name = resource.trim_start_matches("unmanaged_");
    let fields: &Fields = &CONTRACT.schemas[resource];
    let mut codes = Vec::new();
    for place in places(fields) {
        let name = format!("{name}.{}", place.name);
        let is_inside = |(outer, _): &Listed| format!("{name}.").starts_with(&format!("{outer}."));
        if CARRIED.iter().any(is_inside) {
            continue;
        }
        let texts = place.shape.values.iter().filter_map(Value::as_str);
        let values: BTreeSet<String> = texts.map(str::to_owned).collect();
        let items = place.shape.items.as_deref();
        let (pointer, values) = match items.and_then(|items| Some((items, items.tag.as_ref()?))) {
            Some((items, tag)) => {
                let values = items.variants.keys().cloned().collect();
                (format!("{}/0/{tag}", place.pointer), values)
            }
            None if values.is_empty() => continue,
            None => (place.pointer.clone(), values),
        };
        codes.push(Code {
            name,
            pointer,
            is_plain: items.is_none(),
            values,
        });
    }
    codes
}

/// What core knows by name.
fn known(code: &str) -> Vec<String> {
    match code {
        "acs_access_group.access_group_type" | "acs_access_group.external_type" => {
            texts(AccessGroupType::KNOWN)
        }
        "acs_access_group.errors" => texts(AccessGroupErrorCode::KNOWN),
        "acs_access_group.warnings" => texts(AccessGroupWarningCode::KNOWN),
        "acs_access_group.pending_mutations" => variants::<AccessGroupChange>(tagged()),
        "acs_user.external_type" => texts(AcsUserType::KNOWN),
        "acs_user.errors" => texts(AcsUserErrorCode::KNOWN),
        "acs_user.warnings" => texts(AcsUserWarningCode::KNOWN),
        "acs_user.pending_mutations" => variants::<AcsUserChange>(tagged()),
        "acs_entrance.warnings" => texts(EntranceWarningCode::KNOWN),
        "acs_system.external_type" | "acs_system.system_type" => texts(AcsSystemType::KNOWN),
        "acs_system.errors" => texts(AcsSystemErrorCode::KNOWN),
        "acs_system.warnings" => texts(AcsSystemWarningCode::KNOWN),
        "user_identity.errors" => texts(UserIdentityErrorCode::KNOWN),
        "user_identity.warnings" => texts(UserIdentityWarningCode::KNOWN),
        name if name.ends_with("membership_update].variant") => {
            variants::<DeferredVariant>(json!(UNKNOWN))
        }
        _ => Vec::new(), // so that none of its values is known
    }
}

fn texts(codes: &[impl ToString]) -> Vec<String> {
    codes.iter().map(ToString::to_string).collect()
}

/// The variants of an enum: serde lists them when it refuses an unknown one.
fn variants<T: DeserializeOwned>(unknown_code: Value) -> Vec<String> {
    let refusal = serde_json::from_value::<T>(unknown_code)
        .err()
        .expect("a refusal");
    let refusal = refusal.to_string();
    let quoted = refusal.split('`').skip(1).step_by(2);
    quoted.skip(1).map(str::to_owned).collect()
}

fn tagged() -> Value {
    json!({"mutation_code": UNKNOWN})
}

const UNKNOWN: &str = "unknown_code";
