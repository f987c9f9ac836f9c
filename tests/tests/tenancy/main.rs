//! A workspace cannot tell another workspace's things from things that do not exist: on every
//! operation, in every place that names something, in every way of sending it.

mod coverage;
mod judge;
mod place;
mod requests;
mod service;
mod world;

use std::io::{self, Write};

use access_groups_core::{
    CreateUserIdentity, NewUserIdentity, Operation, Patch, UpdateUserIdentity, UserIdentityUpdate,
};

use judge::{EVERYTHING, NOTHING, Told, about, judge};
use service::{Caller, Check, Way, ask, before};
use world::{World, email, key, phone};

#[test]
fn another_workspaces_things_are_like_things_that_do_not_exist() {
    let report = judge(Check::InPlace);
    assert!(report.told.is_empty(), "{}", Told(&report.told));
    assert!(report.asked >= 1_000, "only {} requests", report.asked);
    // Not `println`, which nobody sees when the test passes.
    writeln!(
        io::stderr(),
        "tenancy: {} requests named another workspace's things in {} places, made from {} that \
         succeed for their owners; none told them from things that do not exist",
        report.asked,
        report.tried.len(),
        report.proven,
    )
    .expect("somebody reads");
}

/// The same judge, on a server that does not look at the workspace: every place tells, except
/// those that no store looks at.
#[test]
fn a_router_with_the_workspace_check_removed_is_caught_in_every_place() {
    let report = judge(Check::Removed);
    let silent = report
        .tried
        .iter()
        .filter(|it| !report.told.contains_key(*it));
    let silent: Vec<_> = silent.copied().collect();
    assert_eq!(silent, SAYS_NOTHING);
}

/// Places where the answer does not depend on whether what is named there exists: nothing has
/// customers, credentials, access methods, locations or credential managers, nothing is
/// unmanaged, the system of a HID credential manager is kept as it comes, and the one store has
/// one workspace.
const SAYS_NOTHING: &[judge::Tried] = &[
    ("acs_systems", "filter.customer"),
    ("entrances", "filter.access_method"),
    ("entrances", "filter.credential"),
    ("entrances", "filter.customer"),
    ("entrances", "filter.location"),
    ("unmanaged_access_group", "group"),
    ("unmanaged_access_groups", EVERYTHING),
    ("unmanaged_access_groups", "search"),
    ("unmanaged_access_groups", "system"),
    ("unmanaged_access_groups", "user"),
    ("unmanaged_acs_user", "user"),
    ("unmanaged_acs_users", EVERYTHING),
    ("unmanaged_acs_users", "filter.email"),
    ("unmanaged_acs_users", "filter.identity"),
    ("unmanaged_acs_users", "filter.phone"),
    ("unmanaged_acs_users", "filter.search"),
    ("unmanaged_acs_users", "filter.system"),
    ("update_acs_user", "update.hid_system"),
    ("user_identities", "filter.credential_manager"),
    ("workspace", NOTHING),
];

#[test]
fn a_token_for_a_workspace_answers_like_its_key() {
    for operation in requests::all() {
        for world in [World::First, World::Second] {
            let own = about(world, &operation);
            for way in Way::all(&own) {
                let by_key = ask(Check::InPlace, &way, &own, Caller::Key(world));
                let by_token = ask(Check::InPlace, &way, &own, Caller::Token(world));
                assert_eq!(by_key, by_token, "{way:?} {own:?}");
            }
        }
    }
}

#[test]
fn a_token_does_not_tell_which_workspaces_there_are() {
    for operation in requests::all() {
        for world in [World::First, World::Second] {
            let own = about(world, &operation);
            for way in Way::all(&own) {
                let unknown = Caller::UnknownToken(World::First);
                let refused = ask(Check::InPlace, &way, &own, unknown);
                assert_eq!(refused.status, 401, "{way:?} {own:?}");
                assert!(refused.body.contains(r#""unauthorized""#), "{refused:?}");
                let (first, second) = before(Check::InPlace);
                assert_eq!((&refused.first, &refused.second), (first, second));
                for caller in [
                    Caller::TokenOfFirst(World::Second),
                    Caller::TokenOfFirst(World::Nowhere),
                    Caller::Token(World::Nowhere),
                    Caller::UnknownToken(World::Second),
                ] {
                    let refused_too = ask(Check::InPlace, &way, &own, caller);
                    assert_eq!(refused_too, refused, "{caller:?} {way:?} {own:?}");
                }
            }
        }
    }
}

/// What only one identity may have, one in each workspace may have.
#[test]
fn what_another_workspace_has_taken_is_free_here() {
    let wanted = |world, number| -> [Operation; 2] {
        let (key, email, phone) = (key(world, 1), email(world, 11), phone(world, 1));
        let new = NewUserIdentity {
            key: key.parse().ok(),
            email_address: email.parse().ok(),
            phone_number: Some(phone.clone()),
            ..NewUserIdentity::default()
        };
        let update = UserIdentityUpdate {
            key: Patch::Set(key.parse().expect("a key")),
            email_address: Patch::Set(email.parse().expect("an address")),
            phone_number: Patch::Set(phone),
            ..UserIdentityUpdate::default()
        };
        let identity = World::First.identity(number);
        [
            CreateUserIdentity { identity: new }.into(),
            UpdateUserIdentity { identity, update }.into(),
        ]
    };
    let status = |check, operation: &Operation| {
        let way = &Way::all(operation)[0];
        ask(check, way, operation, Caller::Key(World::First)).status
    };
    for operation in wanted(World::Second, 2) {
        assert_eq!(status(Check::InPlace, &operation), 200, "{operation:?}");
        assert_eq!(status(Check::Removed, &operation), 409, "{operation:?}");
    }
    for operation in wanted(World::First, 2) {
        assert_eq!(status(Check::InPlace, &operation), 409, "{operation:?}");
    }
}
