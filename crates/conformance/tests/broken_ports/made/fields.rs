//! A field that is missing in one of the places where a resource is shown.

use access_groups_core::*;

use super::{Class, Made, Store, content::*, made};

pub(super) fn table() -> Vec<Made> {
    [
        of(USER_PLACES, USER_FIELDS, |content| {
            users(content).iter_mut()
        }),
        of(GROUP_PLACES, GROUP_FIELDS, |content| {
            groups(content).iter_mut()
        }),
        of(ENTRANCE_PLACES, ENTRANCE_FIELDS, |content| {
            entrances(content).iter_mut()
        }),
        of(SYSTEM_PLACES, SYSTEM_FIELDS, |content| {
            systems(content).iter_mut()
        }),
        of(IDENTITY_PLACES, IDENTITY_FIELDS, |content| {
            identities(content).iter_mut()
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A field, and how to lose it.
type Field<T> = (&'static str, fn(&mut T));

fn of<T: 'static>(
    places: &'static [&'static str],
    fields: &'static [Field<T>],
    shown: for<'c> fn(&'c mut Content) -> std::slice::IterMut<'c, T>,
) -> Vec<Made> {
    let pairs = places
        .iter()
        .flat_map(|place| fields.iter().map(move |field| (*place, *field)))
        .filter(|(place, field)| !NEVER_SHOWN.contains(&(*place, field.0)));
    let port = |(place, (field, lose)): (&'static str, Field<T>)| {
        let layer = move |store: &mut Store<'_>, operation: &Operation| {
            let reply = store.call(operation)?;
            if operation.name() != place {
                return Ok(reply);
            }
            Ok(edited(operation, reply, |content| {
                shown(content).for_each(lose)
            }))
        };
        made(Class::Fields, format!("{place} loses {field}"), layer)
    };
    pairs.map(port).collect()
}

/// What a new resource does not have.
const NEVER_SHOWN: &[(&str, &str)] = &[
    (CreateAcsUser::NAME, "is_suspended"),
    (CreateEntrance::NAME, "space_ids"),
    (CreateEntrance::NAME, "one of the space_ids"),
];

const USER_PLACES: &[&str] = &[
    GetAcsUser::NAME,
    ListAcsUsers::NAME,
    ListUsersInGroup::NAME,
    ListUsersOfIdentity::NAME,
    CreateAcsUser::NAME,
];
const USER_FIELDS: &[Field<AcsUser>] = &[
    ("full_name", |user| user.full_name = None),
    ("email_address", |user| user.email_address = None),
    ("phone_number", |user| user.phone_number = None),
    ("is_suspended", |user| user.is_suspended = None),
    ("access_schedule", |user| user.access_schedule = None),
    ("the end of the schedule", |user| {
        lose_end(&mut user.access_schedule)
    }),
    ("user_identity_id", |user| user.user_identity_id = None),
    ("user_identity_full_name", |user| {
        user.user_identity_full_name = None
    }),
    ("user_identity_email_address", |user| {
        user.user_identity_email_address = None
    }),
    ("user_identity_phone_number", |user| {
        user.user_identity_phone_number = None
    }),
    ("created_at", |user| user.created_at = Timestamp::UNIX_EPOCH),
    ("workspace_id", |user| {
        user.workspace_id = WorkspaceId::from_u128(0)
    }),
];

const GROUP_PLACES: &[&str] = &[
    GetAccessGroup::NAME,
    ListAccessGroups::NAME,
    CreateAccessGroup::NAME,
];
const GROUP_FIELDS: &[Field<AccessGroup>] = &[
    ("name", |group| group.name.clear()),
    ("access_schedule", |group| group.access_schedule = None),
    ("the end of the schedule", |group| {
        lose_end(&mut group.access_schedule)
    }),
    ("workspace_id", |group| {
        group.workspace_id = WorkspaceId::from_u128(0)
    }),
];

const ENTRANCE_PLACES: &[&str] = &[
    GetEntrance::NAME,
    ListEntrances::NAME,
    ListEntrancesOfGroup::NAME,
    ListEntrancesOfUser::NAME,
    ListEntrancesOfIdentity::NAME,
    CreateEntrance::NAME,
];
const ENTRANCE_FIELDS: &[Field<Entrance>] = &[
    ("display_name", |entrance| entrance.display_name.clear()),
    ("connected_account_id", |entrance| {
        entrance.connected_account_id.clear()
    }),
    ("space_ids", |entrance| entrance.space_ids.clear()),
    ("one of the space_ids", |entrance| {
        entrance.space_ids.truncate(1)
    }),
];

const SYSTEM_PLACES: &[&str] = &[
    GetAcsSystem::NAME,
    ListAcsSystems::NAME,
    ListSystemsOfIdentity::NAME,
    CreateAcsSystem::NAME,
];
const SYSTEM_FIELDS: &[Field<AcsSystem>] = &[
    ("name", |system| system.name.clear()),
    ("connected_account_id", |system| {
        system.connected_account_id.clear()
    }),
    ("time_zone", |system| system.location.time_zone = None),
];

const IDENTITY_PLACES: &[&str] = &[
    GetUserIdentity::NAME,
    ListUserIdentities::NAME,
    CreateUserIdentity::NAME,
];
const IDENTITY_FIELDS: &[Field<UserIdentity>] = &[
    ("user_identity_key", |identity| {
        identity.user_identity_key = None
    }),
    ("full_name", |identity| identity.full_name = None),
    ("email_address", |identity| identity.email_address = None),
    ("phone_number", |identity| identity.phone_number = None),
    ("acs_user_ids", |identity| identity.acs_user_ids.clear()),
    ("one of the acs_user_ids", |identity| {
        identity.acs_user_ids.truncate(1)
    }),
    ("created_at", |identity| {
        identity.created_at = Timestamp::UNIX_EPOCH
    }),
];

fn lose_end(schedule: &mut Option<AccessSchedule>) {
    if let Some(schedule) = schedule {
        schedule.ends_at = None;
    }
}
