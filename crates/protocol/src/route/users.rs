use access_groups_core::{
    AcsUserFilter, AcsUserSelector, AcsUserUpdate, ClosedSchedule, CreateAcsUser, DeleteAcsUser,
    GetAcsUser, GetUnmanagedAcsUser, ListAcsUsers, ListEntrancesOfUser, ListUnmanagedAcsUsers,
    NewAcsUser, NewSchedule, Operation, Patch, RevokeAccessToAllEntrances, SuspendAcsUser,
    UnmanagedAcsUserFilter, UnsuspendAcsUser, UpdateAcsUser,
};
use serde_json::{Map, Value, json};

use super::{
    CHANGE, DO, IDENTITY, READ, REMOVE, Route, SEARCH, SYSTEM, USER, Written, text, write_page,
};
use crate::{fields::Fields, texts};

pub(super) static ROUTES: &[&Route] = &[
    &CREATE,
    &GET,
    &LIST,
    &UPDATE,
    &DELETE,
    &SUSPEND,
    &UNSUSPEND,
    &LIST_ACCESSIBLE_ENTRANCES,
    &REVOKE_ACCESS_TO_ALL_ENTRANCES,
    &GET_UNMANAGED,
    &LIST_UNMANAGED,
];

pub(super) fn write(operation: &Operation) -> Option<(&'static Route, Written)> {
    Some(match operation {
        Operation::CreateAcsUser(op) => (&CREATE, write_new(&op.user)),
        Operation::GetAcsUser(op) => (&GET, write_selector(op.user)),
        Operation::ListAcsUsers(op) => (&LIST, write_page(write_filter(&op.filter), &op.page)),
        Operation::UpdateAcsUser(op) => (&UPDATE, write_update(op.user, &op.update)),
        Operation::DeleteAcsUser(op) => (&DELETE, write_selector(op.user)),
        Operation::SuspendAcsUser(op) => (&SUSPEND, write_selector(op.user)),
        Operation::UnsuspendAcsUser(op) => (&UNSUSPEND, write_selector(op.user)),
        Operation::ListEntrancesOfUser(op) => (&LIST_ACCESSIBLE_ENTRANCES, write_selector(op.user)),
        Operation::RevokeAccessToAllEntrances(op) => {
            (&REVOKE_ACCESS_TO_ALL_ENTRANCES, write_selector(op.user))
        }
        Operation::GetUnmanagedAcsUser(op) => {
            (&GET_UNMANAGED, Written::default().with(USER, op.user))
        }
        Operation::ListUnmanagedAcsUsers(op) => (&LIST_UNMANAGED, write_unmanaged(&op.filter)),
        _ => return None,
    })
}

static CREATE: Route = Route::new("/acs/users/create", DO, |fields| {
    let user = read_new(fields)?;
    Some(CreateAcsUser { user }.into())
})
.in_body();

static GET: Route = Route::new("/acs/users/get", READ, |fields| {
    let user = read_selector(fields)?;
    Some(GetAcsUser { user }.into())
});

static LIST: Route = Route::new("/acs/users/list", READ, |fields| {
    let (filter, page) = (read_filter(fields), fields.page());
    Some(ListAcsUsers { filter, page }.into())
})
.for_client_sessions();

static UPDATE: Route = Route::new("/acs/users/update", CHANGE, |fields| {
    let (user, update) = (read_selector(fields), read_update(fields));
    let user = user?;
    Some(UpdateAcsUser { user, update }.into())
})
.in_body();

static DELETE: Route = Route::new("/acs/users/delete", REMOVE, |fields| {
    let user = read_selector(fields)?;
    Some(DeleteAcsUser { user }.into())
});

static SUSPEND: Route = Route::new("/acs/users/suspend", DO, |fields| {
    let user = read_selector(fields)?;
    Some(SuspendAcsUser { user }.into())
});

static UNSUSPEND: Route = Route::new("/acs/users/unsuspend", DO, |fields| {
    let user = read_selector(fields)?;
    Some(UnsuspendAcsUser { user }.into())
});

static LIST_ACCESSIBLE_ENTRANCES: Route =
    Route::new("/acs/users/list_accessible_entrances", READ, |fields| {
        let user = read_selector(fields)?;
        Some(ListEntrancesOfUser { user }.into())
    })
    .for_client_sessions();

static REVOKE_ACCESS_TO_ALL_ENTRANCES: Route =
    Route::new("/acs/users/revoke_access_to_all_entrances", DO, |fields| {
        let user = read_selector(fields)?;
        Some(RevokeAccessToAllEntrances { user }.into())
    })
    .in_body();

static GET_UNMANAGED: Route = Route::new("/acs/users/unmanaged/get", READ, |fields| {
    let user = fields.required(USER, texts::id)?;
    Some(GetUnmanagedAcsUser { user }.into())
});

static LIST_UNMANAGED: Route = Route::new("/acs/users/unmanaged/list", READ, |fields| {
    let mut filter = UnmanagedAcsUserFilter::default();
    filter.system = fields.optional(SYSTEM, texts::id);
    filter.identity = fields.optional(IDENTITY, texts::id);
    filter.identity_email_address = fields.optional(IDENTITY_EMAIL, texts::any);
    filter.identity_phone_number = fields.optional(IDENTITY_PHONE, texts::any);
    filter.search = fields.optional(SEARCH, texts::search);
    filter.limit = fields.limit();
    Some(ListUnmanagedAcsUsers { filter }.into())
});

/// By id, or by identity and system: nothing else, and nothing of both.
fn read_selector(fields: &mut Fields<'_>) -> Option<AcsUserSelector> {
    match (fields.has(USER), fields.has(IDENTITY), fields.has(SYSTEM)) {
        (true, false, false) => fields.required(USER, texts::id).map(AcsUserSelector::Id),
        (false, true, true) => {
            let identity = fields.required(IDENTITY, texts::id);
            let system = fields.required(SYSTEM, texts::id);
            Some(AcsUserSelector::of(identity?, system?))
        }
        (false, true, false) => {
            fields.complain("", format!("{SYSTEM} is required with {IDENTITY}"));
            None
        }
        (false, false, _) => {
            let expected = format!("Either {USER}, or {IDENTITY} with {SYSTEM}, is required");
            fields.complain("", expected);
            None
        }
        (true, true, _) => {
            let too_much = format!("Only one of {USER} and {IDENTITY} may be given");
            fields.complain("", too_much);
            None
        }
        (true, false, true) => {
            fields.complain("", format!("{SYSTEM} may only be given with {IDENTITY}"));
            None
        }
    }
}

fn write_selector(user: AcsUserSelector) -> Written {
    let written = Written::default();
    match user {
        AcsUserSelector::Id(id) => written.with(USER, id),
        AcsUserSelector::Identity { identity, system } => {
            written.with(IDENTITY, identity).with(SYSTEM, system)
        }
    }
}

fn read_new(fields: &mut Fields<'_>) -> Option<NewAcsUser> {
    let system = fields.required(SYSTEM, texts::id);
    let full_name = fields.required(FULL_NAME, texts::person_name);
    let email_address = read_email_address(fields);
    let phone_number = fields.optional(PHONE, texts::any);
    let identity = fields.optional(IDENTITY, texts::id);
    let groups = fields.list(GROUPS, texts::id);
    let schedule = fields.object(SCHEDULE, false, |fields| {
        let starts_at = fields.optional(STARTS_AT, texts::instant);
        let ends_at = fields.nullable(ENDS_AT, texts::instant).flatten();
        Some(NewSchedule { starts_at, ends_at })
    });
    let mut user = NewAcsUser::new(system?, full_name?);
    user.email_address = email_address;
    user.phone_number = phone_number;
    user.identity = identity;
    user.groups = groups.unwrap_or_default();
    user.access_schedule = schedule.flatten();
    Some(user)
}

fn write_new(user: &NewAcsUser) -> Written {
    let groups = Some(user.groups.as_slice()).filter(|groups| !groups.is_empty());
    let schedule = user.access_schedule.map(|schedule| {
        let times = [(STARTS_AT, schedule.starts_at), (ENDS_AT, schedule.ends_at)];
        let given = times.into_iter().filter_map(|(name, at)| {
            let at = at?.to_string();
            Some((name.to_owned(), Value::from(at)))
        });
        Value::Object(given.collect::<Map<_, _>>())
    });
    Written::default()
        .with(SYSTEM, user.system)
        .with(FULL_NAME, &user.full_name)
        .with_some(EMAIL, user.email_address.as_ref())
        .with_some(PHONE, user.phone_number.as_ref())
        .with_some(IDENTITY, user.identity)
        .with_list(GROUPS, groups)
        .with_json(SCHEDULE, schedule)
}

fn read_update(fields: &mut Fields<'_>) -> AcsUserUpdate {
    let schedule = fields.object(SCHEDULE, true, |fields| {
        let starts_at = fields.required(STARTS_AT, texts::instant);
        let ends_at = fields.required(ENDS_AT, texts::instant);
        let (starts_at, ends_at) = (starts_at?, ends_at?);
        Some(ClosedSchedule { starts_at, ends_at })
    });
    AcsUserUpdate {
        full_name: fields.optional(FULL_NAME, texts::person_name),
        email_address: read_email_address(fields),
        phone_number: fields.optional(PHONE, texts::any),
        hid_acs_system: fields.optional(HID_SYSTEM, texts::id),
        access_schedule: schedule.map_or(Patch::Keep, Patch::from),
    }
}

fn write_update(user: AcsUserSelector, update: &AcsUserUpdate) -> Written {
    let schedule = update.access_schedule.map(|schedule| {
        json!({
            STARTS_AT: schedule.starts_at,
            ENDS_AT: schedule.ends_at,
        })
    });
    write_selector(user)
        .with_some(FULL_NAME, update.full_name.as_ref())
        .with_some(EMAIL, update.email_address.as_ref())
        .with_some(PHONE, update.phone_number.as_ref())
        .with_some(HID_SYSTEM, update.hid_acs_system)
        .with_patch(SCHEDULE, schedule)
}

/// Under its name, or else under its deprecated one; both must be sound.
fn read_email_address(fields: &mut Fields<'_>) -> Option<access_groups_core::EmailAddress> {
    let deprecated = fields.optional(DEPRECATED_EMAIL, texts::email_address);
    fields.optional(EMAIL, texts::email_address).or(deprecated)
}

fn read_filter(fields: &mut Fields<'_>) -> AcsUserFilter {
    let mut filter = AcsUserFilter::new();
    filter.system = fields.optional(SYSTEM, texts::id);
    filter.identity = fields.optional(IDENTITY, texts::id);
    filter.identity_email_address = fields.nullable(IDENTITY_EMAIL, texts::any);
    filter.identity_phone_number = fields.nullable(IDENTITY_PHONE, texts::any);
    filter.search = fields.optional(SEARCH, texts::search);
    filter.created_before = fields.optional("created_before", texts::instant);
    filter
}

fn write_filter(filter: &AcsUserFilter) -> Written {
    let nullable = |value: &Option<Option<String>>| {
        let value = value.as_ref();
        value.map(|value| text(value.as_deref()))
    };
    Written::default()
        .with_some(SYSTEM, filter.system)
        .with_some(IDENTITY, filter.identity)
        .with_json(IDENTITY_EMAIL, nullable(&filter.identity_email_address))
        .with_json(IDENTITY_PHONE, nullable(&filter.identity_phone_number))
        .with_some(SEARCH, filter.search.as_ref())
        .with_some("created_before", filter.created_before)
}

fn write_unmanaged(filter: &UnmanagedAcsUserFilter) -> Written {
    Written::default()
        .with_some(SYSTEM, filter.system)
        .with_some(IDENTITY, filter.identity)
        .with_some(IDENTITY_EMAIL, filter.identity_email_address.as_ref())
        .with_some(IDENTITY_PHONE, filter.identity_phone_number.as_ref())
        .with_some(SEARCH, filter.search.as_ref())
        .with_json("limit", filter.limit.map(|limit| limit.get()))
}

const FULL_NAME: &str = "full_name";
const EMAIL: &str = "email_address";
const DEPRECATED_EMAIL: &str = "email";
const PHONE: &str = "phone_number";
const GROUPS: &str = "acs_access_group_ids";
const HID_SYSTEM: &str = "hid_acs_system_id";
const IDENTITY_EMAIL: &str = "user_identity_email_address";
const IDENTITY_PHONE: &str = "user_identity_phone_number";
const SCHEDULE: &str = "access_schedule";
const STARTS_AT: &str = "starts_at";
const ENDS_AT: &str = "ends_at";
