//! Every operation that can be refused, refused.

use std::collections::BTreeSet;

use access_groups_core::{
    AcsUserFilter, AcsUserUpdate, CreateAcsUser, CreateUserIdentity, DeleteAccessGroup,
    DeleteAcsUser, DeleteUserIdentity, EntranceFilter, GetAccessGroup, GetAcsSystem, GetAcsUser,
    GetUnmanagedAccessGroup, GetUnmanagedAcsUser, GetUserIdentity, GrantAccess, LinkAcsUser,
    ListAcsUsers, ListEntrances, ListEntrancesOfGroup, ListEntrancesOfIdentity,
    ListEntrancesOfUser, ListSystemsOfIdentity, ListUserIdentities, ListUsersOfIdentity,
    NewAcsUser, NewUserIdentity, Operation, PageCursor, PageRequest, RevokeAccessToAllEntrances,
    SuspendAcsUser, UnlinkAcsUser, UnsuspendAcsUser, UpdateAcsUser, UpdateUserIdentity,
    UserIdentityFilter, UserIdentityUpdate,
};

use super::*;

/// Operations that always have an answer.
const NEVER_REFUSED: [&str; 5] = [
    "access_groups",
    "workspace",
    "acs_systems",
    "unmanaged_access_groups",
    "unmanaged_acs_users",
];

/// One of each, about what is not there.
fn refused() -> Vec<Operation> {
    let (group, entrance) = (NO_GROUP, NO_ENTRANCE);
    let (user, identity) = (AcsUserSelector::Id(NO_USER), NO_IDENTITY);
    let page = PageRequest::first().after(PageCursor::new("strange"));
    let name = || "Ada".parse().expect("a name");
    let new_user = NewAcsUser::new(NO_SYSTEM, name());
    let mut new_identity = NewUserIdentity::named(name());
    new_identity.systems = vec![NO_SYSTEM];
    let somebody = UserRef::from(NO_USER);
    vec![
        AddUser {
            user: somebody,
            group,
        }
        .into(),
        RemoveUser {
            user: somebody,
            group,
        }
        .into(),
        GetAccessGroup { group }.into(),
        ListUsersInGroup { group }.into(),
        ListEntrancesOfGroup { group }.into(),
        DeleteAccessGroup { group }.into(),
        CreateAcsUser { user: new_user }.into(),
        GetAcsUser { user }.into(),
        ListAcsUsers {
            filter: AcsUserFilter::new(),
            page: page.clone(),
        }
        .into(),
        UpdateAcsUser {
            user,
            update: AcsUserUpdate::default(),
        }
        .into(),
        DeleteAcsUser { user }.into(),
        SuspendAcsUser { user }.into(),
        UnsuspendAcsUser { user }.into(),
        ListEntrancesOfUser { user }.into(),
        RevokeAccessToAllEntrances { user }.into(),
        GetAcsSystem { system: NO_SYSTEM }.into(),
        GetEntrance { entrance }.into(),
        ListEntrances {
            filter: EntranceFilter::new(),
            page: page.clone(),
        }
        .into(),
        GrantAccess {
            user: somebody,
            entrance,
        }
        .into(),
        CreateUserIdentity {
            identity: new_identity,
        }
        .into(),
        GetUserIdentity {
            identity: identity.into(),
        }
        .into(),
        ListUserIdentities {
            filter: UserIdentityFilter::new(),
            page,
        }
        .into(),
        UpdateUserIdentity {
            identity,
            update: UserIdentityUpdate::default(),
        }
        .into(),
        DeleteUserIdentity { identity }.into(),
        LinkAcsUser {
            user: NO_USER,
            identity: identity.into(),
        }
        .into(),
        UnlinkAcsUser {
            user: NO_USER,
            identity,
        }
        .into(),
        ListUsersOfIdentity { identity }.into(),
        ListSystemsOfIdentity { identity }.into(),
        ListEntrancesOfIdentity { identity }.into(),
        GetUnmanagedAccessGroup { group }.into(),
        GetUnmanagedAcsUser { user: NO_USER }.into(),
    ]
}

#[test]
fn a_refused_operation_changes_nothing_and_is_named() {
    let Wings { mut state, .. } = wings();
    let before = state.clone();
    for operation in refused() {
        let name = operation.name();
        let error = state.execute(operation, NOW).expect_err(name);
        assert_eq!(error.operation(), Some(name));
        assert_eq!(
            (&state, state.revision()),
            (&before, before.revision()),
            "{name}"
        );
    }
}

#[test]
fn every_operation_is_here() {
    let here: BTreeSet<_> = refused().iter().map(Operation::name).collect();
    let known = Operation::NAMES.iter().copied();
    let expected: BTreeSet<_> = known.filter(|name| !NEVER_REFUSED.contains(name)).collect();
    assert_eq!(here, expected);
}
