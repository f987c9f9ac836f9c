//! Every operation, with every field it can have.

use std::{num::NonZeroU32, time::Duration};

use access_groups_core::*;
use proptest::{collection::vec, option, prelude::*};

pub(crate) fn operations() -> BoxedStrategy<Operation> {
    prop_oneof![groups(), users(), directory(), identities()].boxed()
}

fn groups() -> impl Strategy<Value = Operation> {
    let group = || id().prop_map(AccessGroupId::from_u128);
    prop_oneof![
        (user_ref(), group()).prop_map(|(user, group)| AddUser::new(user, group).into()),
        (user_ref(), group()).prop_map(|(user, group)| RemoveUser::new(user, group).into()),
        group().prop_map(|group| GetAccessGroup::new(group).into()),
        group_filters().prop_map(|filter| ListAccessGroups::new(filter).into()),
        group().prop_map(|group| ListUsersInGroup::new(group).into()),
        group().prop_map(|group| ListEntrancesOfGroup::new(group).into()),
        group().prop_map(|group| DeleteAccessGroup::new(group).into()),
    ]
}

fn users() -> impl Strategy<Value = Operation> {
    prop_oneof![
        new_users().prop_map(|user| CreateAcsUser::new(user).into()),
        selector().prop_map(|user| GetAcsUser::new(user).into()),
        (user_filters(), pages()).prop_map(|(filter, page)| ListAcsUsers::new(filter, page).into()),
        (selector(), user_updates())
            .prop_map(|(user, update)| UpdateAcsUser::new(user, update).into()),
        selector().prop_map(|user| DeleteAcsUser::new(user).into()),
        selector().prop_map(|user| SuspendAcsUser::new(user).into()),
        selector().prop_map(|user| UnsuspendAcsUser::new(user).into()),
        selector().prop_map(|user| ListEntrancesOfUser::new(user).into()),
        selector().prop_map(|user| RevokeAccessToAllEntrances::new(user).into()),
    ]
}

fn directory() -> impl Strategy<Value = Operation> {
    let entrance = || id().prop_map(EntranceId::from_u128);
    prop_oneof![
        Just(GetWorkspace::new().into()),
        id().prop_map(|id| GetAcsSystem::new(AcsSystemId::from_u128(id)).into()),
        (
            option::of(id()),
            option::of(key::<CustomerKey>()),
            option::of(search())
        )
            .prop_map(|(account, customer_key, search)| {
                let mut filter = AcsSystemFilter::new();
                filter.connected_account = account.map(ConnectedAccountId::from_u128);
                filter.customer_key = customer_key;
                filter.search = search;
                ListAcsSystems::new(filter).into()
            }),
        entrance().prop_map(|entrance| GetEntrance::new(entrance).into()),
        (entrance_filters(), pages())
            .prop_map(|(filter, page)| ListEntrances::new(filter, page).into()),
        (user_ref(), entrance())
            .prop_map(|(user, entrance)| GrantAccess::new(user, entrance).into()),
    ]
}

fn identities() -> impl Strategy<Value = Operation> {
    let identity = || id().prop_map(UserIdentityId::from_u128);
    let user = || id().prop_map(AcsUserId::from_u128);
    prop_oneof![
        new_identities().prop_map(|identity| CreateUserIdentity::new(identity).into()),
        identity_selector().prop_map(|identity| GetUserIdentity::new(identity).into()),
        (identity_filters(), pages())
            .prop_map(|(filter, page)| ListUserIdentities::new(filter, page).into()),
        (identity(), identity_updates())
            .prop_map(|(identity, update)| UpdateUserIdentity::new(identity, update).into()),
        identity().prop_map(|identity| DeleteUserIdentity::new(identity).into()),
        (user(), identity_selector())
            .prop_map(|(user, identity)| LinkAcsUser::new(user, identity).into()),
        (user(), identity()).prop_map(|(user, identity)| UnlinkAcsUser::new(user, identity).into()),
        identity().prop_map(|identity| ListUsersOfIdentity::new(identity).into()),
        identity().prop_map(|identity| ListSystemsOfIdentity::new(identity).into()),
        identity().prop_map(|identity| ListEntrancesOfIdentity::new(identity).into()),
    ]
}

fn group_filters() -> impl Strategy<Value = AccessGroupFilter> {
    let id = || option::of(id());
    (id(), id(), id(), option::of(search())).prop_map(|(system, user, identity, search)| {
        let mut filter = AccessGroupFilter::new();
        filter.system = system.map(AcsSystemId::from_u128);
        filter.user = user.map(AcsUserId::from_u128);
        filter.identity = identity.map(UserIdentityId::from_u128);
        filter.search = search;
        filter
    })
}

fn user_filters() -> impl Strategy<Value = AcsUserFilter> {
    let lacking = || option::of(option::of(text()));
    (
        (option::of(id()), option::of(id())),
        (lacking(), lacking()),
        option::of(search()),
        option::of(instant()),
    )
        .prop_map(|((system, identity), (email, phone), search, before)| {
            let mut filter = AcsUserFilter::new();
            filter.system = system.map(AcsSystemId::from_u128);
            filter.identity = identity.map(UserIdentityId::from_u128);
            filter.identity_email_address = email;
            filter.identity_phone_number = phone;
            filter.search = search;
            filter.created_before = before;
            filter
        })
}

fn entrance_filters() -> impl Strategy<Value = EntranceFilter> {
    (
        vec(option::of(id()), 6),
        option::of(vec(id(), 0..4)),
        option::of(key::<CustomerKey>()),
        option::of(search()),
    )
        .prop_map(|(ids, entrances, customer_key, search)| {
            let mut filter = EntranceFilter::new();
            filter.system = ids[0].map(AcsSystemId::from_u128);
            filter.connected_account = ids[1].map(ConnectedAccountId::from_u128);
            filter.space = ids[2].map(SpaceId::from_u128);
            filter.location = ids[3].map(LocationId::from_u128);
            filter.credential = ids[4].map(AcsCredentialId::from_u128);
            filter.access_method = ids[5].map(AccessMethodId::from_u128);
            let entrance = |ids: Vec<u128>| ids.into_iter().map(EntranceId::from_u128).collect();
            filter.entrances = entrances.map(entrance);
            filter.customer_key = customer_key;
            filter.search = search;
            filter
        })
}

fn identity_filters() -> impl Strategy<Value = UserIdentityFilter> {
    (
        option::of(vec(id(), 0..4)),
        option::of(id()),
        option::of(search()),
        option::of(instant()),
    )
        .prop_map(|(identities, manager, search, before)| {
            let mut filter = UserIdentityFilter::new();
            let identity =
                |ids: Vec<u128>| ids.into_iter().map(UserIdentityId::from_u128).collect();
            filter.identities = identities.map(identity);
            filter.credential_manager = manager.map(AcsSystemId::from_u128);
            filter.search = search;
            filter.created_before = before;
            filter
        })
}

fn new_users() -> impl Strategy<Value = NewAcsUser> {
    let schedule = (option::of(instant()), option::of(instant()))
        .prop_map(|(starts_at, ends_at)| NewSchedule { starts_at, ends_at });
    (
        (id(), key::<PersonName>()),
        (option::of(email()), option::of(text())),
        (option::of(id()), vec(id(), 0..4)),
        option::of(schedule),
    )
        .prop_map(
            |((system, name), (email, phone), (identity, groups), schedule)| {
                let mut user = NewAcsUser::new(AcsSystemId::from_u128(system), name);
                user.email_address = email;
                user.phone_number = phone;
                user.identity = identity.map(UserIdentityId::from_u128);
                user.groups = groups.into_iter().map(AccessGroupId::from_u128).collect();
                user.access_schedule = schedule;
                user
            },
        )
}

fn user_updates() -> impl Strategy<Value = AcsUserUpdate> {
    let schedule = (instant(), instant())
        .prop_map(|(starts_at, ends_at)| ClosedSchedule { starts_at, ends_at });
    (
        option::of(key::<PersonName>()),
        (option::of(email()), option::of(text())),
        option::of(id()),
        patch(schedule),
    )
        .prop_map(
            |(full_name, (email, phone), hid, access_schedule)| AcsUserUpdate {
                full_name,
                email_address: email,
                phone_number: phone,
                hid_acs_system: hid.map(AcsSystemId::from_u128),
                access_schedule,
            },
        )
}

fn new_identities() -> impl Strategy<Value = NewUserIdentity> {
    (
        option::of(key::<UserIdentityKey>()),
        option::of(key::<PersonName>()),
        (option::of(email()), option::of(text())),
        vec(id(), 0..4),
    )
        .prop_map(
            |(key, full_name, (email_address, phone_number), systems)| NewUserIdentity {
                key,
                full_name,
                email_address,
                phone_number,
                systems: systems.into_iter().map(AcsSystemId::from_u128).collect(),
            },
        )
}

fn identity_updates() -> impl Strategy<Value = UserIdentityUpdate> {
    (
        patch(key::<UserIdentityKey>()),
        patch(key::<PersonName>()),
        patch(email()),
        patch(text()),
    )
        .prop_map(
            |(key, full_name, email_address, phone_number)| UserIdentityUpdate {
                key,
                full_name,
                email_address,
                phone_number,
            },
        )
}

fn user_ref() -> impl Strategy<Value = UserRef> {
    prop_oneof![
        id().prop_map(|id| AcsUserId::from_u128(id).into()),
        id().prop_map(|id| UserIdentityId::from_u128(id).into()),
    ]
}

fn selector() -> impl Strategy<Value = AcsUserSelector> {
    prop_oneof![
        id().prop_map(|id| AcsUserId::from_u128(id).into()),
        (id(), id()).prop_map(|(identity, system)| AcsUserSelector::of(
            UserIdentityId::from_u128(identity),
            AcsSystemId::from_u128(system)
        )),
    ]
}

fn identity_selector() -> impl Strategy<Value = UserIdentitySelector> {
    prop_oneof![
        id().prop_map(|id| UserIdentityId::from_u128(id).into()),
        key::<UserIdentityKey>().prop_map(UserIdentitySelector::from),
    ]
}

fn pages() -> impl Strategy<Value = PageRequest> {
    let cursor = vec("[A-Za-z0-9+/]{4}", 1..5).prop_map(|groups| groups.concat());
    (option::of(1..=1000_u32), option::of(cursor)).prop_map(|(limit, cursor)| {
        let mut page = PageRequest::first();
        page.limit = limit.and_then(NonZeroU32::new);
        page.cursor = cursor.map(PageCursor::new);
        page
    })
}

fn patch<T: Clone + std::fmt::Debug + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Patch<T>> {
    prop_oneof![
        Just(Patch::Keep),
        Just(Patch::Clear),
        value.prop_map(Patch::Set)
    ]
}

fn id() -> impl Strategy<Value = u128> {
    any::<u128>()
}

/// Whole milliseconds: what is finer does not come back.
fn instant() -> impl Strategy<Value = Timestamp> {
    (any::<u32>(), 0..1000_u64).prop_map(|(seconds, milliseconds)| {
        Timestamp::from_unix_seconds(seconds) + Duration::from_millis(milliseconds)
    })
}

fn search() -> impl Strategy<Value = SearchText> {
    let longest = Just("\u{10FFFF}".repeat(SearchText::MAX_CHARS));
    let texts = prop_oneof!["\\PC{1,12}", "[^\0\n]{1,4}", "[a-z,&=+% ]{1,8}", longest];
    texts.prop_map(|text| text.parse().expect("not empty"))
}

/// Any text with something in it: the query cannot say an empty one.
fn text() -> impl Strategy<Value = ContactDetail> {
    let longest = Just("\u{10FFFF}".repeat(MAX_TEXT_CHARS));
    let texts = prop_oneof!["[^\0\n]{1,8}", "[a-z,&=+%. ]{1,8}", longest];
    texts.prop_map(|text| text.parse().expect("short"))
}

fn key<T: std::str::FromStr<Err = ParseTextError> + std::fmt::Debug>() -> impl Strategy<Value = T> {
    "\\PC{0,6}[a-z,]".prop_map(|text| text.parse().expect("more than blanks"))
}

fn email() -> impl Strategy<Value = EmailAddress> {
    "[a-z][a-z+_'-]{0,5}[a-z]@[a-z]{1,5}\\.[a-z]{2,3}"
        .prop_map(|text| text.parse().expect("an address"))
}
