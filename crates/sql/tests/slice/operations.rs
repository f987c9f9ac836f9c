//! Random operations of every kind that changes something, with ids that are known and that are not.

use std::{fmt, str::FromStr};

use access_groups_core::*;
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::sites::{
    ENTRANCES, GROUPS, IDENTITIES, KEYS, NAMES, PHONES, SYSTEMS, USERS, entrance_id, group_id,
    identity_id, system_id, user_id,
};

pub(crate) fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        // Those with the most to see, more often.
        3 => (person(), group()).prop_map(|(user, group)| AddUser::new(user, group).into()),
        3 => (person(), entrance()).prop_map(|(user, door)| GrantAccess::new(user, door).into()),
        2 => (person(), group()).prop_map(|(user, group)| RemoveUser::new(user, group).into()),
        2 => (person(), entrance()).prop_map(|(user, door)| RevokeAccess::new(user, door).into()),
        13 => of_users(),
        11 => of_identities(),
        11 => of_places(),
    ]
}

/// Before, during and after the schedules of the site.
pub(crate) fn instant() -> impl Strategy<Value = Timestamp> {
    (0..9_u32).prop_map(Timestamp::from_unix_seconds)
}

fn of_users() -> impl Strategy<Value = Operation> {
    prop_oneof![
        3 => new_user().prop_map(|user| CreateAcsUser::new(user).into()),
        2 => (selected(), user_update())
            .prop_map(|(user, update)| UpdateAcsUser::new(user, update).into()),
        2 => selected().prop_map(|user| DeleteAcsUser::new(user).into()),
        2 => selected().prop_map(|user| SuspendAcsUser::new(user).into()),
        2 => selected().prop_map(|user| UnsuspendAcsUser::new(user).into()),
        2 => selected().prop_map(|user| RevokeAccessToAllEntrances::new(user).into()),
    ]
}

fn of_identities() -> impl Strategy<Value = Operation> {
    let named = prop_oneof![
        identity().prop_map(UserIdentitySelector::Id),
        text(KEYS).prop_map(UserIdentitySelector::Key),
    ];
    prop_oneof![
        3 => new_identity().prop_map(|new| CreateUserIdentity::new(new).into()),
        3 => (identity(), identity_update())
            .prop_map(|(id, update)| UpdateUserIdentity::new(id, update).into()),
        1 => identity().prop_map(|id| DeleteUserIdentity::new(id).into()),
        3 => (user(), named).prop_map(|(user, name)| LinkAcsUser::new(user, name).into()),
        1 => (user(), identity()).prop_map(|(user, id)| UnlinkAcsUser::new(user, id).into()),
    ]
}

fn of_places() -> impl Strategy<Value = Operation> {
    let new_system = (text(NAMES), option::of(text(ZONES))).prop_map(|(name, zone)| {
        let mut new = NewAcsSystem::new(name);
        new.time_zone = zone;
        new
    });
    let system_update = (option::of(text(NAMES)), patch(text(ZONES)))
        .prop_map(|(name, time_zone)| AcsSystemUpdate { name, time_zone });
    let entrance_update = option::of(text(DOORS)).prop_map(|name| EntranceUpdate { name });
    prop_oneof![
        1 => new_group().prop_map(|new| CreateAccessGroup::new(new).into()),
        2 => (group(), group_update())
            .prop_map(|(group, update)| UpdateAccessGroup::new(group, update).into()),
        1 => group().prop_map(|group| DeleteAccessGroup::new(group).into()),
        1 => new_system.prop_map(|new| CreateAcsSystem::new(new).into()),
        1 => (system(), system_update)
            .prop_map(|(system, update)| UpdateAcsSystem::new(system, update).into()),
        2 => system().prop_map(|system| DeleteAcsSystem::new(system).into()),
        1 => (system(), text(DOORS)).prop_map(|(system, name)| {
            CreateEntrance::new(NewEntrance::new(system, name)).into()
        }),
        1 => (entrance(), entrance_update)
            .prop_map(|(door, update)| UpdateEntrance::new(door, update).into()),
        1 => entrance().prop_map(|door| DeleteEntrance::new(door).into()),
    ]
}

fn new_user() -> impl Strategy<Value = NewAcsUser> {
    let contacts = (option::of(text(EMAILS)), option::of(text(PHONES)));
    let rest = (
        option::of(identity()),
        vec(group(), 0..3),
        option::weighted(0.3, new_schedule()),
    );
    (system(), text(NAMES), contacts, rest).prop_map(|(system, name, contacts, rest)| {
        let mut new = NewAcsUser::new(system, name);
        (new.email_address, new.phone_number) = contacts;
        (new.identity, new.groups, new.access_schedule) = rest;
        new
    })
}

fn user_update() -> impl Strategy<Value = AcsUserUpdate> {
    let texts = (
        option::of(text(NAMES)),
        option::of(text(EMAILS)),
        option::of(text(PHONES)),
    );
    (
        texts,
        option::weighted(0.2, system()),
        patch(closed_schedule()),
    )
        .prop_map(
            |((full_name, email_address, phone_number), hid_acs_system, access_schedule)| {
                AcsUserUpdate {
                    full_name,
                    email_address,
                    phone_number,
                    hid_acs_system,
                    access_schedule,
                }
            },
        )
}

fn new_identity() -> impl Strategy<Value = NewUserIdentity> {
    let texts = (
        option::weighted(0.3, text(NEW_KEYS)),
        option::of(text(NAMES)),
        option::of(text(EMAILS)),
        option::of(text(PHONES)),
    );
    // A system may be named twice.
    (texts, vec(system(), 0..3)).prop_map(|(texts, systems)| {
        let (key, full_name, email_address, phone_number) = texts;
        NewUserIdentity {
            key,
            full_name,
            email_address,
            phone_number,
            systems,
        }
    })
}

fn identity_update() -> impl Strategy<Value = UserIdentityUpdate> {
    let texts = (
        patch(text(NEW_KEYS)),
        patch(text(NAMES)),
        patch(text(EMAILS)),
        patch(text(PHONES)),
    );
    texts.prop_map(
        |(key, full_name, email_address, phone_number)| UserIdentityUpdate {
            key,
            full_name,
            email_address,
            phone_number,
        },
    )
}

fn new_group() -> impl Strategy<Value = NewAccessGroup> {
    let rest = (vec(entrance(), 0..3), option::weighted(0.3, new_schedule()));
    (system(), text(NAMES), rest).prop_map(|(system, name, rest)| {
        let mut new = NewAccessGroup::new(system, name);
        (new.entrances, new.access_schedule) = rest;
        new
    })
}

fn group_update() -> impl Strategy<Value = AccessGroupUpdate> {
    let moved = (vec(entrance(), 0..3), vec(entrance(), 0..3));
    (option::of(text(DOORS)), patch(closed_schedule()), moved).prop_map(
        |(name, access_schedule, (add_entrances, remove_entrances))| AccessGroupUpdate {
            name,
            access_schedule,
            add_entrances,
            remove_entrances,
        },
    )
}

fn new_schedule() -> impl Strategy<Value = NewSchedule> {
    (option::of(instant()), option::of(instant()))
        .prop_map(|(starts_at, ends_at)| NewSchedule { starts_at, ends_at })
}

fn closed_schedule() -> impl Strategy<Value = ClosedSchedule> {
    (instant(), instant()).prop_map(|(starts_at, ends_at)| ClosedSchedule { starts_at, ends_at })
}

fn patch<T: fmt::Debug + Clone>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Patch<T>> {
    // Mostly kept, so that few things change at once.
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(None)),
        2 => value.prop_map(|value| Some(Some(value))),
    ]
    .prop_map(|given| match given {
        None => Patch::Keep,
        Some(value) => Patch::set_or_clear(value),
    })
}

pub(crate) fn text<T: FromStr<Err: fmt::Debug> + fmt::Debug>(
    texts: &'static [&'static str],
) -> impl Strategy<Value = T> {
    select(texts).prop_map(|text| text.parse().expect("a valid text"))
}

fn person() -> impl Strategy<Value = UserRef> {
    prop_oneof![
        2 => user().prop_map(UserRef::AcsUser),
        3 => identity().prop_map(UserRef::Identity),
    ]
}

pub(crate) fn selected() -> impl Strategy<Value = AcsUserSelector> {
    prop_oneof![
        user().prop_map(AcsUserSelector::Id),
        (identity(), system()).prop_map(|(identity, system)| AcsUserSelector::of(identity, system)),
    ]
}

pub(crate) fn system() -> impl Strategy<Value = AcsSystemId> {
    prop_oneof![3 => Just(0), 1 => 0..=SYSTEMS].prop_map(system_id)
}

pub(crate) fn user() -> impl Strategy<Value = AcsUserId> {
    mostly_known(USERS).prop_map(user_id)
}

pub(crate) fn identity() -> impl Strategy<Value = UserIdentityId> {
    mostly_known(IDENTITIES).prop_map(identity_id)
}

pub(crate) fn group() -> impl Strategy<Value = AccessGroupId> {
    mostly_known(GROUPS).prop_map(group_id)
}

pub(crate) fn entrance() -> impl Strategy<Value = EntranceId> {
    mostly_known(ENTRANCES).prop_map(entrance_id)
}

/// A small number, or any up to one more than a site can hold.
fn mostly_known(most: usize) -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0..most / 2, 1 => 0..=most]
}

const EMAILS: &[&str] = &["a@x.org", "A@X.org", "b@x.org", "c@x.org"];
const NEW_KEYS: &[&str] = &["k", "l", "m", "n"];
const ZONES: &[&str] = &["Europe/Paris", "Europe/Oslo"];
const DOORS: &[&str] = &["Door", "Gym", "Pool"];
