//! Each code of the contract is known to core by name, and core knows no others.

use std::collections::{BTreeMap, BTreeSet};

use access_groups_core::{
    AccessGroupChange, AccessGroupErrorCode, AccessGroupType, AccessGroupWarningCode,
    AcsSystemErrorCode, AcsSystemType, AcsSystemWarningCode, AcsUserChange, AcsUserErrorCode,
    AcsUserType, AcsUserWarningCode, DeferredVariant, EntranceWarningCode, UserIdentityErrorCode,
    UserIdentityWarningCode,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{
    contract::{CONTRACT, Fields, places},
    differences::{CARRIED, KNOWN_BEFORE, Listed, judge_all},
    typed::{RESOURCES, has_unknown, sample, with_aliases},
};

#[test]
fn core_knows_the_codes_of_the_contract_and_no_others() {
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
fn a_code_of_the_contract_is_read_by_name_and_any_other_is_kept_as_its_text() {
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
            assert!(at_its_place("unheard_of"), "{}", code.name);
        }
    }
}

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
            variants::<DeferredVariant>(json!(UNHEARD_OF))
        }
        _ => Vec::new(), // so that none of its values is known
    }
}

fn texts(codes: &[impl ToString]) -> Vec<String> {
    codes.iter().map(ToString::to_string).collect()
}

/// The variants of an enum: serde lists them where it refuses one that nobody has heard of.
fn variants<T: DeserializeOwned>(unheard_of: Value) -> Vec<String> {
    let refusal = serde_json::from_value::<T>(unheard_of)
        .err()
        .expect("a refusal");
    let refusal = refusal.to_string();
    let quoted = refusal.split('`').skip(1).step_by(2);
    quoted.skip(1).map(str::to_owned).collect()
}

fn tagged() -> Value {
    json!({"mutation_code": UNHEARD_OF})
}

const UNHEARD_OF: &str = "unheard_of";
