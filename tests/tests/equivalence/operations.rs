//! Random operations on the small site; most of them find something there.

use access_groups_core::*;
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::{entrance_id, group_id, identity_id, system_id, user_id};

pub(crate) fn operations() -> impl Strategy<Value = Operation> {
    prop_oneof![4 => groups(), 3 => users(), 1 => directory(), 3 => identities()]
}

fn groups() -> impl Strategy<Value = Operation> {
    prop_oneof![
        4 => (user_ref(), group()).prop_map(|(user, group)| AddUser::new(user, group).into()),
        2 => (user_ref(), group()).prop_map(|(user, group)| RemoveUser::new(user, group).into()),
        1 => group().prop_map(|group| GetAccessGroup::new(group).into()),
        1 => filters().prop_map(|filter| ListAccessGroups::new(filter).into()),
        1 => group().prop_map(|group| ListUsersInGroup::new(group).into()),
        1 => group().prop_map(|group| ListEntrancesOfGroup::new(group).into()),
        1 => group().prop_map(|group| DeleteAccessGroup::new(group).into()),
    ]
}

fn users() -> impl Strategy<Value = Operation> {
    prop_oneof![
        2 => new_users().prop_map(|user| CreateAcsUser::new(user).into()),
        2 => selector().prop_map(|user| GetAcsUser::new(user).into()),
        2 => (user_filters(), page())
            .prop_map(|(filter, page)| ListAcsUsers::new(filter, page).into()),
        2 => (selector(), user_updates())
            .prop_map(|(user, update)| UpdateAcsUser::new(user, update).into()),
        1 => selector().prop_map(|user| DeleteAcsUser::new(user).into()),
        1 => selector().prop_map(|user| SuspendAcsUser::new(user).into()),
        1 => selector().prop_map(|user| UnsuspendAcsUser::new(user).into()),
        2 => selector().prop_map(|user| ListEntrancesOfUser::new(user).into()),
        2 => (user_ref(), entrance())
            .prop_map(|(user, entrance)| GrantAccess::new(user, entrance).into()),
        1 => selector().prop_map(|user| RevokeAccessToAllEntrances::new(user).into()),
    ]
}

fn directory() -> impl Strategy<Value = Operation> {
    prop_oneof![
        1 => Just(GetWorkspace::new().into()),
        1 => system().prop_map(|system| GetAcsSystem::new(system).into()),
        1 => option::of(select(vec!["system", "0002", "none"])).prop_map(|search| {
            let mut filter = AcsSystemFilter::new();
            filter.search = search.map(|text| text.parse().expect("not empty"));
            ListAcsSystems::new(filter).into()
        }),
        1 => entrance().prop_map(|entrance| GetEntrance::new(entrance).into()),
        1 => (option::of(system()), option::of(vec(entrance(), 0..3)), page()).prop_map(
            |(system, entrances, page)| {
                let mut filter = EntranceFilter::new();
                filter.system = system;
                filter.entrances = entrances;
                ListEntrances::new(filter, page).into()
            }
        ),
    ]
}

fn identities() -> impl Strategy<Value = Operation> {
    prop_oneof![
        2 => new_identities().prop_map(|identity| CreateUserIdentity::new(identity).into()),
        2 => identity_selector().prop_map(|identity| GetUserIdentity::new(identity).into()),
        2 => (option::of(vec(identity(), 0..3)), page()).prop_map(|(identities, page)| {
            let mut filter = UserIdentityFilter::new();
            filter.identities = identities;
            ListUserIdentities::new(filter, page).into()
        }),
        2 => (identity(), identity_updates())
            .prop_map(|(identity, update)| UpdateUserIdentity::new(identity, update).into()),
        1 => identity().prop_map(|identity| DeleteUserIdentity::new(identity).into()),
        2 => (user(), identity_selector())
            .prop_map(|(user, identity)| LinkAcsUser::new(user, identity).into()),
        1 => (user(), identity())
            .prop_map(|(user, identity)| UnlinkAcsUser::new(user, identity).into()),
        1 => identity().prop_map(|identity| ListUsersOfIdentity::new(identity).into()),
        1 => identity().prop_map(|identity| ListSystemsOfIdentity::new(identity).into()),
        1 => identity().prop_map(|identity| ListEntrancesOfIdentity::new(identity).into()),
    ]
}

fn filters() -> impl Strategy<Value = AccessGroupFilter> {
    let search = option::of(select(vec!["group", "GROUP 1", "0002", "nothing"]));
    let ids = (
        option::of(system()),
        option::of(user()),
        option::of(identity()),
    );
    (ids, search).prop_map(|((system, user, identity), search)| {
        let mut filter = AccessGroupFilter::new();
        filter.system = system;
        filter.user = user;
        filter.identity = identity;
        filter.search = search.map(|text| text.parse().expect("not empty"));
        filter
    })
}

fn user_filters() -> impl Strategy<Value = AcsUserFilter> {
    let search = option::of(select(vec![
        "user",
        "TWO@",
        "0003",
        "identity 1",
        "nothing",
    ]));
    let reached = || option::of(option::of(email().prop_map(ContactDetail::from)));
    let ids = (option::of(system()), option::of(identity()));
    (ids, reached(), search).prop_map(|((system, identity), address, search)| {
        let mut filter = AcsUserFilter::new();
        filter.system = system;
        filter.identity = identity;
        filter.identity_email_address = address;
        filter.search = search.map(|text| text.parse().expect("not empty"));
        filter
    })
}

fn new_users() -> impl Strategy<Value = NewAcsUser> {
    let reached = (option::of(email()), option::of(phone()));
    (
        system(),
        name(),
        reached,
        option::of(identity()),
        vec(group(), 0..3),
        schedule(),
    )
        .prop_map(
            |(system, name, (email, phone), identity, groups, schedule)| {
                let mut user = NewAcsUser::new(system, name);
                user.email_address = email;
                user.phone_number = phone;
                user.identity = identity;
                user.groups = groups;
                user.access_schedule = schedule;
                user
            },
        )
}

/// None, one without times, one that ended, one that ends in the far future.
fn schedule() -> impl Strategy<Value = Option<NewSchedule>> {
    let ending = |second| {
        let ends_at = Some(Timestamp::from_unix_seconds(second));
        Some(NewSchedule {
            starts_at: None,
            ends_at,
        })
    };
    select(vec![
        None,
        None,
        Some(NewSchedule::default()),
        ending(1),
        ending(4_000_000_000),
    ])
}

fn user_updates() -> impl Strategy<Value = AcsUserUpdate> {
    let closed = (0_u32..3, 0_u32..3).prop_map(|(start, end)| ClosedSchedule {
        starts_at: Timestamp::from_unix_seconds(start * 2_000_000_000),
        ends_at: Timestamp::from_unix_seconds(end * 2_000_000_000),
    });
    (
        option::of(name()),
        option::of(email()),
        option::of(phone()),
        patch(closed),
    )
        .prop_map(
            |(full_name, email_address, phone_number, access_schedule)| AcsUserUpdate {
                full_name,
                email_address,
                phone_number,
                hid_acs_system: None,
                access_schedule,
            },
        )
}

fn new_identities() -> impl Strategy<Value = NewUserIdentity> {
    let reached = (option::of(email()), option::of(phone()));
    (
        option::of(key()),
        option::of(name()),
        reached,
        vec(system(), 0..3),
    )
        .prop_map(
            |(key, full_name, (email_address, phone_number), systems)| NewUserIdentity {
                key,
                full_name,
                email_address,
                phone_number,
                systems,
            },
        )
}

fn identity_updates() -> impl Strategy<Value = UserIdentityUpdate> {
    (patch(key()), patch(name()), patch(email()), patch(phone())).prop_map(
        |(key, full_name, email_address, phone_number)| UserIdentityUpdate {
            key,
            full_name,
            email_address,
            phone_number,
        },
    )
}

fn patch<T: Clone + std::fmt::Debug + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Patch<T>> {
    prop_oneof![2 => Just(Patch::Keep), 1 => Just(Patch::Clear), 1 => value.prop_map(Patch::Set)]
}

fn user_ref() -> BoxedStrategy<UserRef> {
    prop_oneof![2 => user().prop_map(UserRef::from), 1 => identity().prop_map(UserRef::from)]
        .boxed()
}

fn selector() -> impl Strategy<Value = AcsUserSelector> {
    prop_oneof![
        2 => user().prop_map(AcsUserSelector::from),
        1 => (identity(), system())
            .prop_map(|(identity, system)| AcsUserSelector::of(identity, system)),
    ]
}

fn identity_selector() -> impl Strategy<Value = UserIdentitySelector> {
    prop_oneof![
        2 => identity().prop_map(UserIdentitySelector::from),
        1 => key().prop_map(UserIdentitySelector::from),
    ]
}

/// A first page: cursors have tests of their own.
fn page() -> impl Strategy<Value = PageRequest> {
    option::of(1_u32..4).prop_map(|limit| {
        let mut page = PageRequest::first();
        page.limit = limit.and_then(std::num::NonZeroU32::new);
        page
    })
}

fn system() -> impl Strategy<Value = AcsSystemId> {
    (1_u128..=3).prop_map(system_id)
}

fn user() -> impl Strategy<Value = AcsUserId> {
    (1_u128..=5).prop_map(user_id)
}

fn identity() -> impl Strategy<Value = UserIdentityId> {
    (1_u128..=4).prop_map(identity_id)
}

fn group() -> impl Strategy<Value = AccessGroupId> {
    select(vec![1, 2, 3, 5]).prop_map(group_id)
}

fn entrance() -> impl Strategy<Value = EntranceId> {
    select(vec![1, 2, 5]).prop_map(entrance_id)
}

fn email() -> impl Strategy<Value = EmailAddress> {
    let addresses = vec!["two@example.com", "TWO@example.com", "new@example.com"];
    select(addresses).prop_map(|text| text.parse().expect("an address"))
}

fn phone() -> impl Strategy<Value = ContactDetail> {
    select(vec!["+15550100", "+15550101"]).prop_map(|text| text.parse().expect("short"))
}

fn key() -> impl Strategy<Value = UserIdentityKey> {
    select(vec!["k1", "k2"]).prop_map(|text| text.parse().expect("not empty"))
}

fn name() -> impl Strategy<Value = PersonName> {
    select(vec!["Ada", "Grace"]).prop_map(|text| text.parse().expect("a name"))
}
