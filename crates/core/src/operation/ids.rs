//! Which ids each part of an operation names.

use crate::{
    AccessGroupFilter, AccessGroupUpdate, AcsSystemFilter, AcsSystemUpdate, AcsUserFilter,
    AcsUserSelector, AcsUserUpdate, EntranceFilter, EntranceUpdate, NewAccessGroup, NewAcsSystem,
    NewAcsUser, NewEntrance, NewUserIdentity, PageRequest, Subject, UserIdentityFilter,
    UserIdentitySelector, UserIdentityUpdate, UserRef, id,
};

/// A part of an operation that may name ids.
pub(super) trait NamesIds {
    fn visit_ids(&self, visit: &mut dyn FnMut(Subject));
}

impl<T: NamesIds> NamesIds for Option<T> {
    fn visit_ids(&self, visit: &mut dyn FnMut(Subject)) {
        self.iter().for_each(|part| part.visit_ids(visit));
    }
}

impl<T: NamesIds> NamesIds for Vec<T> {
    fn visit_ids(&self, visit: &mut dyn FnMut(Subject)) {
        self.iter().for_each(|part| part.visit_ids(visit));
    }
}

/// Ids, and types that hold exactly one id of several kinds.
macro_rules! subjects {
    ($($type:ty),* $(,)?) => {$(
        impl NamesIds for $type {
            fn visit_ids(&self, visit: &mut dyn FnMut(Subject)) {
                visit((*self).into());
            }
        }
    )*};
}

subjects! {
    id::AcsUserId, id::AccessGroupId, id::AcsSystemId, id::EntranceId, id::UserIdentityId,
    id::ConnectedAccountId, id::AcsCredentialId, id::AccessMethodId, id::SpaceId, id::LocationId,
    UserRef,
}

/// Structs: first the fields that name ids, then all others.
macro_rules! structs {
    ($($type:ident { $($named:ident),* ; $($other:ident),* })*) => {$(
        impl NamesIds for $type {
            fn visit_ids(&self, visit: &mut dyn FnMut(Subject)) {
                // No `..` in the pattern: a new field does not compile before it is listed here.
                let Self { $($named,)* $($other: _,)* } = self;
                $($named.visit_ids(visit);)*
                // Otherwise unused in a struct that names no id.
                let _ = &visit;
            }
        }
    )*};
}

structs! {
    AccessGroupFilter { system, user, identity; search }
    AcsUserFilter {
        system, identity;
        identity_email_address, identity_phone_number, search, created_before
    }
    AcsSystemFilter { connected_account; customer_key, search }
    EntranceFilter {
        system, entrances, connected_account, space, location, credential, access_method;
        customer_key, search
    }
    UserIdentityFilter { identities, credential_manager; search, created_before }
    NewAcsUser {
        system, identity, groups;
        full_name, email_address, phone_number, access_schedule
    }
    AcsUserUpdate { hid_acs_system; full_name, email_address, phone_number, access_schedule }
    NewAccessGroup { system, entrances; name, access_schedule }
    AccessGroupUpdate { add_entrances, remove_entrances; name, access_schedule }
    NewAcsSystem { ; name, time_zone }
    AcsSystemUpdate { ; name, time_zone }
    NewEntrance { system; name }
    EntranceUpdate { ; name }
    NewUserIdentity { systems; key, full_name, email_address, phone_number }
    UserIdentityUpdate { ; key, full_name, email_address, phone_number }
    // Only the service that made a cursor can read it.
    PageRequest { ; limit, cursor }
}

impl NamesIds for AcsUserSelector {
    fn visit_ids(&self, visit: &mut dyn FnMut(Subject)) {
        match *self {
            Self::Id(user) => visit(user.into()),
            Self::Identity { identity, system } => {
                visit(identity.into());
                visit(system.into());
            }
        }
    }
}

impl NamesIds for UserIdentitySelector {
    fn visit_ids(&self, visit: &mut dyn FnMut(Subject)) {
        match self {
            Self::Id(identity) => visit((*identity).into()),
            // A key is the caller's own name for the identity, not an id.
            Self::Key(_) => {}
        }
    }
}
