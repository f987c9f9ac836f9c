//! A workspace cannot tell the resources of another workspace from resources that do not exist: in
//! every operation, in every field that names something, in every style of request.

mod judge;
mod laws;
mod learnt;
mod on_sqlite;
mod operations;
mod request;
mod service;
mod stores;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use access_groups_core::Operation;
use access_groups_protocol::{WITHOUT_WIRE, routes};

use judge::{EVERYTHING, NOTHING, judge};
use request::Request;
use service::{Caller, Check, Service};
use world::World;

#[test]
fn foreign_resources_look_nonexistent() {
    laws::foreign_resources_look_nonexistent(&Service::new(Check::InPlace), "memory");
}

/// The same judge finds every place on a server that ignores the workspace, except those that no
/// store reads.
#[test]
fn a_missing_workspace_check_is_caught() {
    // Whether a request is valid is asked where each owner has a workspace.
    let in_place = Service::new(Check::InPlace);
    let report = judge(&Service::new(Check::Removed), &in_place);
    let silent = report
        .tried
        .iter()
        .filter(|tried| !report.told.contains_key(tried));
    let silent: Vec<_> = silent
        .map(|(path, field)| (path.as_str(), field.as_str()))
        .collect();
    assert_eq!(silent, SAYS_NOTHING);
}

/// Places where the answer does not depend on whether what is named there exists: nothing has
/// customers, credentials, access methods, locations or credential managers, nothing is
/// unmanaged, the system of a HID credential manager is kept as it comes, and the one store has
/// one workspace.
const SAYS_NOTHING: &[(&str, &str)] = &[
    ("/acs/access_groups/unmanaged/get", "acs_access_group_id"),
    ("/acs/access_groups/unmanaged/list", "acs_system_id"),
    ("/acs/access_groups/unmanaged/list", "acs_user_id"),
    ("/acs/access_groups/unmanaged/list", EVERYTHING),
    ("/acs/access_groups/unmanaged/list", "search"),
    ("/acs/entrances/list", "access_method_id"),
    ("/acs/entrances/list", "acs_credential_id"),
    ("/acs/entrances/list", "customer_key"),
    ("/acs/entrances/list", "location_id"),
    ("/acs/systems/list", "customer_key"),
    ("/acs/users/unmanaged/get", "acs_user_id"),
    ("/acs/users/unmanaged/list", "acs_system_id"),
    ("/acs/users/unmanaged/list", EVERYTHING),
    ("/acs/users/unmanaged/list", "search"),
    ("/acs/users/unmanaged/list", "user_identity_email_address"),
    ("/acs/users/unmanaged/list", "user_identity_id"),
    ("/acs/users/unmanaged/list", "user_identity_phone_number"),
    ("/acs/users/update", "hid_acs_system_id"),
    ("/user_identities/list", "credential_manager_acs_system_id"),
    ("/workspaces/get", NOTHING),
];

#[test]
fn a_token_answers_like_a_key() {
    let service = Service::new(Check::InPlace);
    for request in Request::all() {
        for world in [World::First, World::Second] {
            let own = request.about(world);
            let by_key = service.ask(&own, Caller::Key(world));
            let by_token = service.ask(&own, Caller::Token(world));
            assert_eq!(by_key, by_token, "{own:?}");
        }
    }
}

#[test]
fn tokens_do_not_reveal_workspaces() {
    let service = Service::new(Check::InPlace);
    for request in Request::all() {
        for world in [World::First, World::Second] {
            let own = request.about(world);
            let refused = service.ask(&own, Caller::UnknownToken(World::First));
            assert_eq!(refused.status, 401, "{own:?}");
            assert!(refused.body.contains(r#""unauthorized""#), "{refused:?}");
            assert_eq!((&refused.first, &refused.second), service.before());
            for caller in [
                Caller::TokenOfFirst(World::Second),
                Caller::TokenOfFirst(World::Nowhere),
                Caller::Token(World::Nowhere),
                Caller::UnknownToken(World::Second),
            ] {
                let refused_too = service.ask(&own, caller);
                assert_eq!(refused_too, refused, "{caller:?} {own:?}");
            }
        }
    }
}

#[test]
fn unique_values_are_unique_per_workspace() {
    laws::unique_values_are_unique_per_workspace(&Service::new(Check::InPlace));
    let removed = Service::new(Check::Removed);
    for operation in laws::taken(World::Second, 2) {
        assert_eq!(laws::status(&removed, &operation), 409, "{operation:?}");
    }
}

#[test]
fn every_operation_is_asked_at_every_path() {
    let names: BTreeSet<_> = operations::all().iter().map(Operation::name).collect();
    let on_wire = Operation::NAMES.iter().copied();
    let on_wire = on_wire.filter(|name| !WITHOUT_WIRE.contains(name));
    assert_eq!(names, on_wire.collect());
    let requests = Request::all();
    let paths: BTreeSet<_> = requests
        .iter()
        .map(|request| request.path.as_str())
        .collect();
    assert_eq!(paths, routes().map(|route| route.path).collect());
}

/// A field that no request uses could tell the workspaces apart unnoticed.
#[test]
fn every_field_of_operations_is_used() {
    let mut fields: BTreeMap<&str, BTreeMap<String, bool>> = BTreeMap::new();
    for operation in operations::all() {
        let of_operation = fields.entry(operation.name()).or_default();
        for (field, is_used) in fields_of(&format!("{operation:?}")) {
            *of_operation.entry(field).or_default() |= is_used;
        }
    }
    assert!(fields["entrances"].contains_key("space"), "{fields:?}");
    for (operation, fields) in fields {
        for (field, is_used) in fields {
            assert!(is_used, "no request of {operation} has a {field}");
        }
    }
}

/// The fields that a debug text shows, and whether they have a value.
fn fields_of(text: &str) -> Vec<(String, bool)> {
    let colons = text.match_indices(": ");
    let field = colons.map(|(at, colon)| {
        let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
        let name = text[..at].rsplit(|c| !is_name(c)).next();
        let value = &text[at + colon.len()..];
        let is_empty = ["None", "[]", "Keep"]
            .iter()
            .any(|empty| value.starts_with(empty));
        (name.unwrap_or_default().to_owned(), !is_empty)
    });
    field.collect()
}

/// Every id that an operation names is in a place of its requests, and nothing of a world stays
/// behind when every place has left it.
#[test]
fn every_id_is_in_a_place() {
    for operation in operations::all() {
        for request in Request::all_of(&operation) {
            let names: BTreeSet<_> = request
                .places()
                .into_iter()
                .map(|place| place.name)
                .collect();
            for id in operation.ids() {
                let id = id.to_string();
                let id = id.rsplit(' ').next().expect("a noun and an id");
                assert!(names.contains(id), "{id} is in no place of {request:?}");
            }
            let moved = request.about(World::Second);
            assert_eq!(moved.about(World::First), request);
            let sent = moved.to_http(&[]);
            let body = String::from_utf8_lossy(sent.body());
            let sent = format!("{} {body}", sent.uri());
            assert!(!World::First.is_in(&sent), "{moved:?}");
        }
    }
}
