//! What holds for every store that is behind a server.

use std::io::{self, Write};

use access_groups_core::{
    CreateUserIdentity, NewUserIdentity, Operation, Patch, UpdateUserIdentity, UserIdentityUpdate,
};

use crate::{
    judge::{Told, judge},
    request::Request,
    service::{Caller, Service},
    world::{World, email, key, phone},
};

pub(crate) fn foreign_resources_look_nonexistent(service: &Service, store: &str) {
    let report = judge(service, service);
    assert!(report.told.is_empty(), "{}", Told(&report.told));
    assert!(report.asked >= 1_000, "only {} requests", report.asked);
    // `println` is captured when the test passes.
    writeln!(
        io::stderr(),
        "tenancy, {store}: {} requests named another workspace's things in {} places, made from {} \
         that succeed for their owners; none told them from things that do not exist",
        report.asked,
        report.tried.len(),
        report.proven,
    )
    .expect("stderr is open");
}

/// A key, an address and a number belong to one identity of each workspace.
pub(crate) fn unique_values_are_unique_per_workspace(in_place: &Service) {
    for operation in taken(World::Second, 2) {
        assert_eq!(status(in_place, &operation), 200, "{operation:?}");
    }
    for operation in taken(World::First, 2) {
        assert_eq!(status(in_place, &operation), 409, "{operation:?}");
    }
}

/// Operations of the first workspace that want what an identity of this world has.
pub(crate) fn taken(world: World, number: u16) -> [Operation; 2] {
    let (key, email, phone) = (key(world, 1), email(world, 11), phone(world, 1));
    let new = NewUserIdentity {
        key: key.parse().ok(),
        email_address: email.parse().ok(),
        phone_number: phone.parse().ok(),
        ..NewUserIdentity::default()
    };
    let update = UserIdentityUpdate {
        key: Patch::Set(key.parse().expect("a key")),
        email_address: Patch::Set(email.parse().expect("an address")),
        phone_number: Patch::Set(phone.parse().expect("short")),
        ..UserIdentityUpdate::default()
    };
    let identity = World::First.identity(number);
    [
        CreateUserIdentity::new(new).into(),
        UpdateUserIdentity::new(identity, update).into(),
    ]
}

pub(crate) fn status(service: &Service, operation: &Operation) -> u16 {
    let request = &Request::all_of(operation)[0];
    service.ask(request, Caller::Key(World::First)).status
}
