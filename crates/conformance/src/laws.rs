//! The laws: each function is the sentence of its name.
//!
//! A law makes the smallest site that can break it, and looks at nothing that belongs to
//! another law, so that a port is told which sentence it broke.

mod concurrency;
mod deletion;
mod identity;
mod listing;
mod membership;
mod reading;
mod refusal;

pub(crate) use concurrency::*;
pub(crate) use deletion::*;
pub(crate) use identity::*;
pub(crate) use listing::*;
pub(crate) use membership::*;
pub(crate) use reading::*;
pub(crate) use refusal::*;

use access_groups_core::{
    AccessGroupFilter, AccessGroupId, AcsUserId, AddUser, DeleteAccessGroup, EntranceId,
    GetAccessGroup, ListAccessGroups, ListEntrancesOfGroup, ListUsersInGroup, Operation,
    RemoveUser, UserIdentityId, UserRef,
};

pub(crate) const NO_USER: AcsUserId = AcsUserId::from_u128(0xa0000000_0000_4000_8000_ffffffffffff);
pub(crate) const NO_GROUP: AccessGroupId =
    AccessGroupId::from_u128(0x60000000_0000_4000_8000_ffffffffffff);
pub(crate) const NO_ENTRANCE: EntranceId =
    EntranceId::from_u128(0xe0000000_0000_4000_8000_ffffffffffff);
pub(crate) const NO_IDENTITY: UserIdentityId =
    UserIdentityId::from_u128(0x1d000000_0000_4000_8000_ffffffffffff);

fn all() -> AccessGroupFilter {
    AccessGroupFilter::new()
}

fn add(user: impl Into<UserRef>, group: AccessGroupId) -> Operation {
    let user = user.into();
    AddUser { user, group }.into()
}

fn remove(user: impl Into<UserRef>, group: AccessGroupId) -> Operation {
    let user = user.into();
    RemoveUser { user, group }.into()
}

/// Every call that takes a group and would be refused if there were no such group.
fn calls_on(group: AccessGroupId, user: AcsUserId) -> [Operation; 6] {
    [
        add(user, group),
        remove(user, group),
        GetAccessGroup { group }.into(),
        ListUsersInGroup { group }.into(),
        ListEntrancesOfGroup { group }.into(),
        DeleteAccessGroup { group }.into(),
    ]
}

fn list(filter: AccessGroupFilter) -> Operation {
    ListAccessGroups { filter }.into()
}
