//! Every operation, with the address in every text that it has.

use access_groups_core::*;

use crate::{ADDRESS, must_be_all};

/// All of them; those on users and identities both ways.
pub(crate) fn all() -> Vec<Operation> {
    let all = [memberships(), groups(), users(), directory(), identities()].concat();
    must_be_all(all.iter().map(Operation::name));
    all
}

const USER: AcsUserId = AcsUserId::from_u128(1);
const GROUP: AccessGroupId = AccessGroupId::from_u128(2);
const SYSTEM: AcsSystemId = AcsSystemId::from_u128(3);
const ENTRANCE: EntranceId = EntranceId::from_u128(4);
const IDENTITY: UserIdentityId = UserIdentityId::from_u128(5);

fn text<T: std::str::FromStr<Err: std::fmt::Debug>>() -> T {
    ADDRESS.parse().expect("any text may be an address")
}

fn page() -> PageRequest {
    PageRequest::first().after(PageCursor::new(ADDRESS))
}

fn memberships() -> Vec<Operation> {
    vec![
        AddUser::new(USER, GROUP).into(),
        AddUser::new(IDENTITY, GROUP).into(),
        RemoveUser::new(USER, GROUP).into(),
        GrantAccess::new(USER, ENTRANCE).into(),
        RevokeAccess::new(IDENTITY, ENTRANCE).into(),
        RevokeAccessToAllEntrances::new(USER).into(),
    ]
}

fn groups() -> Vec<Operation> {
    let update = AccessGroupUpdate {
        name: Some(text()),
        ..AccessGroupUpdate::default()
    };
    vec![
        GetAccessGroup::new(GROUP).into(),
        ListAccessGroups::new(AccessGroupFilter::new().matching(text())).into(),
        ListUsersInGroup::new(GROUP).into(),
        ListEntrancesOfGroup::new(GROUP).into(),
        DeleteAccessGroup::new(GROUP).into(),
        CreateAccessGroup::new(NewAccessGroup::new(SYSTEM, text())).into(),
        UpdateAccessGroup::new(GROUP, update).into(),
    ]
}

fn users() -> Vec<Operation> {
    let new = NewAcsUser::new(SYSTEM, text())
        .with_email_address(text())
        .with_phone_number(text());
    let update = AcsUserUpdate {
        full_name: Some(text()),
        email_address: Some(text()),
        phone_number: Some(text()),
        ..AcsUserUpdate::default()
    };
    let mut filter = AcsUserFilter::new().matching(text());
    filter.identity_email_address = Some(Some(text()));
    filter.identity_phone_number = Some(Some(text()));
    vec![
        CreateAcsUser::new(new).into(),
        GetAcsUser::new(USER).into(),
        ListAcsUsers::new(filter, page()).into(),
        UpdateAcsUser::new(AcsUserSelector::of(IDENTITY, SYSTEM), update).into(),
        DeleteAcsUser::new(USER).into(),
        SuspendAcsUser::new(USER).into(),
        UnsuspendAcsUser::new(USER).into(),
        ListEntrancesOfUser::new(USER).into(),
    ]
}

fn directory() -> Vec<Operation> {
    let mut systems = AcsSystemFilter::new().matching(text());
    systems.customer_key = Some(text());
    let mut entrances = EntranceFilter::new().matching(text());
    entrances.customer_key = Some(text());
    let system = AcsSystemUpdate {
        name: Some(text()),
        time_zone: Patch::Set(text()),
    };
    vec![
        GetWorkspace::new().into(),
        GetAcsSystem::new(SYSTEM).into(),
        ListAcsSystems::new(systems).into(),
        CreateAcsSystem::new(NewAcsSystem::new(text()).with_time_zone(text())).into(),
        UpdateAcsSystem::new(SYSTEM, system).into(),
        DeleteAcsSystem::new(SYSTEM).into(),
        GetEntrance::new(ENTRANCE).into(),
        ListEntrances::new(entrances, page()).into(),
        CreateEntrance::new(NewEntrance::new(SYSTEM, text())).into(),
        UpdateEntrance::new(ENTRANCE, EntranceUpdate { name: Some(text()) }).into(),
        DeleteEntrance::new(ENTRANCE).into(),
    ]
}

fn identities() -> Vec<Operation> {
    let new = NewUserIdentity {
        key: Some(text()),
        full_name: Some(text()),
        email_address: Some(text()),
        phone_number: Some(text()),
        systems: vec![SYSTEM],
    };
    let update = UserIdentityUpdate {
        key: Patch::Set(text()),
        full_name: Patch::Set(text()),
        email_address: Patch::Set(text()),
        phone_number: Patch::Set(text()),
    };
    let by_key = || UserIdentitySelector::Key(text());
    let filter = UserIdentityFilter::new().matching(text());
    vec![
        CreateUserIdentity::new(new).into(),
        GetUserIdentity::new(by_key()).into(),
        ListUserIdentities::new(filter, page()).into(),
        UpdateUserIdentity::new(IDENTITY, update).into(),
        DeleteUserIdentity::new(IDENTITY).into(),
        LinkAcsUser::new(USER, by_key()).into(),
        UnlinkAcsUser::new(USER, IDENTITY).into(),
        ListUsersOfIdentity::new(IDENTITY).into(),
        ListSystemsOfIdentity::new(IDENTITY).into(),
        ListEntrancesOfIdentity::new(IDENTITY).into(),
    ]
}
