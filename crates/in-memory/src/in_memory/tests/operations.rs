//! Both adapters are the state behind a port: no operation answers otherwise.

use std::collections::BTreeSet;

use access_groups_core::{
    AccessGroupFilter, AccessGroupId, AcsSystemFilter, AcsSystemId, AcsUserFilter, AcsUserId,
    AcsUserSelector, AcsUserUpdate, AddUser, BlockingPorts, CreateAcsUser, CreateUserIdentity,
    DeleteAccessGroup, DeleteAcsUser, DeleteUserIdentity, EntranceFilter, EntranceId, Error,
    GetAccessGroup, GetAcsSystem, GetAcsUser, GetEntrance, GetUnmanagedAccessGroup,
    GetUnmanagedAcsUser, GetUserIdentity, GetWorkspace, GrantAccess, LinkAcsUser, ListAccessGroups,
    ListAcsSystems, ListAcsUsers, ListEntrances, ListEntrancesOfGroup, ListEntrancesOfIdentity,
    ListEntrancesOfUser, ListSystemsOfIdentity, ListUnmanagedAccessGroups, ListUnmanagedAcsUsers,
    ListUserIdentities, ListUsersInGroup, ListUsersOfIdentity, NewAcsUser, NewUserIdentity,
    Operation, PageRequest, Ports, RemoveUser, RevokeAccessToAllEntrances, SuspendAcsUser,
    Timestamp, UnlinkAcsUser, UnmanagedAcsUserFilter, UnsuspendAcsUser, UpdateAcsUser,
    UpdateUserIdentity, UserIdentityFilter, UserIdentityId, UserIdentityUpdate, dispatch,
    dispatch_blocking,
};

use super::ready;
use crate::{BlockingInMemory, InMemory, SiteBuilder, State};

const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000_000);

/// One of each kind.
struct Some {
    system: AcsSystemId,
    user: AcsUserId,
    group: AccessGroupId,
    entrance: EntranceId,
    identity: UserIdentityId,
}

const NONE: Some = Some {
    system: AcsSystemId::from_u128(404),
    user: AcsUserId::from_u128(404),
    group: AccessGroupId::from_u128(404),
    entrance: EntranceId::from_u128(404),
    identity: UserIdentityId::from_u128(404),
};

fn site() -> (State, Some) {
    let mut site = SiteBuilder::new();
    let [ada, grace] = site.users(["Ada", "Grace"]);
    let groups = site.groups(["Gym", "Pool"]);
    let doors = site.entrances(["Front Door", "Side Door"]);
    site.members(groups[0], [grace])
        .opens(groups[0], [doors[1]]);
    let identity = site.identity("Ada", []);
    let some = Some {
        system: site.system(),
        user: ada,
        group: groups[0],
        entrance: doors[0],
        identity,
    };
    (site.build_state(), some)
}

/// Every operation about these, reads after changes; what is deleted comes last.
fn operations(about: &Some) -> Vec<Operation> {
    let Some {
        system,
        user,
        group,
        entrance,
        identity,
    } = *about;
    let selector = AcsUserSelector::from(user);
    let page = PageRequest::first;
    let name = || "Eve".parse().expect("a name");
    let new = NewAcsUser::new(system, name()).in_group(group);
    let mut person = NewUserIdentity::named(name());
    person.systems = vec![system];
    let update = AcsUserUpdate {
        full_name: Option::Some(name()),
        ..AcsUserUpdate::default()
    };
    let renamed = UserIdentityUpdate {
        full_name: access_groups_core::Patch::Set(name()),
        ..UserIdentityUpdate::default()
    };
    let mut all: Vec<Operation> = vec![
        AddUser {
            user: user.into(),
            group,
        }
        .into(),
        CreateAcsUser { user: new }.into(),
        UpdateAcsUser {
            user: selector,
            update,
        }
        .into(),
        SuspendAcsUser { user: selector }.into(),
        GrantAccess {
            user: user.into(),
            entrance,
        }
        .into(),
        CreateUserIdentity { identity: person }.into(),
        UpdateUserIdentity {
            identity,
            update: renamed,
        }
        .into(),
        LinkAcsUser {
            user,
            identity: identity.into(),
        }
        .into(),
        UnlinkAcsUser { user, identity }.into(),
        LinkAcsUser {
            user,
            identity: identity.into(),
        }
        .into(),
        GrantAccess {
            user: identity.into(),
            entrance,
        }
        .into(),
    ];
    all.extend(reads(about));
    let gone: [Operation; 6] = [
        UnsuspendAcsUser { user: selector }.into(),
        RemoveUser {
            user: user.into(),
            group,
        }
        .into(),
        RevokeAccessToAllEntrances { user: selector }.into(),
        DeleteAcsUser { user: selector }.into(),
        DeleteUserIdentity { identity }.into(),
        DeleteAccessGroup { group }.into(),
    ];
    all.extend(gone);
    all.push(
        ListAcsUsers {
            filter: AcsUserFilter::new(),
            page: page(),
        }
        .into(),
    );
    all
}

fn reads(about: &Some) -> Vec<Operation> {
    let Some {
        system,
        user,
        group,
        entrance,
        identity,
    } = *about;
    let page = || PageRequest::first().with_limit(std::num::NonZeroU32::MIN);
    vec![
        GetAccessGroup { group }.into(),
        ListAccessGroups {
            filter: AccessGroupFilter::new().of_user(user),
        }
        .into(),
        ListUsersInGroup { group }.into(),
        ListEntrancesOfGroup { group }.into(),
        GetAcsUser { user: user.into() }.into(),
        GetAcsUser {
            user: AcsUserSelector::of(identity, system),
        }
        .into(),
        ListAcsUsers {
            filter: AcsUserFilter::new(),
            page: page(),
        }
        .into(),
        ListEntrancesOfUser { user: user.into() }.into(),
        GetWorkspace {}.into(),
        GetAcsSystem { system }.into(),
        ListAcsSystems {
            filter: AcsSystemFilter::new(),
        }
        .into(),
        GetEntrance { entrance }.into(),
        ListEntrances {
            filter: EntranceFilter::new(),
            page: page(),
        }
        .into(),
        GetUserIdentity {
            identity: identity.into(),
        }
        .into(),
        ListUserIdentities {
            filter: UserIdentityFilter::new(),
            page: page(),
        }
        .into(),
        ListUsersOfIdentity { identity }.into(),
        ListSystemsOfIdentity { identity }.into(),
        ListEntrancesOfIdentity { identity }.into(),
        GetUnmanagedAccessGroup { group }.into(),
        GetUnmanagedAcsUser { user }.into(),
        ListUnmanagedAccessGroups {
            system: None,
            user: None,
            search: None,
        }
        .into(),
        ListUnmanagedAcsUsers {
            filter: UnmanagedAcsUserFilter::default(),
        }
        .into(),
    ]
}

#[test]
fn both_adapters_answer_as_the_state_does() {
    let (mut state, some) = site();
    let port = InMemory::new(state.clone()).with_clock(|| NOW);
    let blocking = BlockingInMemory::new(state.clone()).with_clock(|| NOW);
    let (ports, blocking_ports) = (Ports::of(port.clone()), BlockingPorts::of(blocking.clone()));
    for operation in [operations(&NONE), operations(&some)].concat() {
        let shown = |error: Error| format!("{error:?}");
        let expected = state.execute(operation.clone(), NOW).map_err(shown);
        let answer = ready(dispatch(&ports, operation.clone())).map_err(shown);
        assert_eq!(answer, expected, "{operation:?}");
        let answer = dispatch_blocking(&blocking_ports, operation.clone()).map_err(shown);
        assert_eq!(answer, expected, "{operation:?}");
        for snapshot in [port.snapshot(), blocking.snapshot()] {
            assert_eq!(
                (&snapshot, snapshot.revision()),
                (&state, state.revision()),
                "{operation:?}"
            );
        }
    }
}

#[test]
fn every_operation_is_tried_and_succeeds_where_it_can() {
    let (mut state, some) = site();
    let mut succeeded = BTreeSet::new();
    for operation in operations(&some) {
        let name = operation.name();
        if state.execute(operation, NOW).is_ok() {
            succeeded.insert(name);
        }
    }
    let unmanaged = ["unmanaged_access_group", "unmanaged_acs_user"]; // nothing is
    let known = Operation::NAMES.iter().copied();
    let expected: BTreeSet<_> = known.filter(|name| !unmanaged.contains(name)).collect();
    assert_eq!(succeeded, expected);
}
