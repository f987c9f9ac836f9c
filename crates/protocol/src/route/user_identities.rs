use access_groups_core::{
    CreateUserIdentity, DeleteUserIdentity, GetUserIdentity, LinkAcsUser, ListEntrancesOfIdentity,
    ListSystemsOfIdentity, ListUserIdentities, ListUsersOfIdentity, NewUserIdentity, Operation,
    UnlinkAcsUser, UpdateUserIdentity, UserIdentityFilter, UserIdentitySelector,
    UserIdentityUpdate,
};

use super::{ADD, CHANGE, DO, IDENTITY, READ, REMOVE, Route, SEARCH, USER, Written, write_page};
use crate::{fields::Fields, texts};

pub(super) static ROUTES: &[&Route] = &[
    &CREATE,
    &GET,
    &LIST,
    &UPDATE,
    &DELETE,
    &ADD_ACS_USER,
    &REMOVE_ACS_USER,
    &LIST_ACS_USERS,
    &LIST_ACS_SYSTEMS,
    &LIST_ACCESSIBLE_ENTRANCES,
];

pub(super) fn write(operation: &Operation) -> Option<(&'static Route, Written)> {
    let identity = |id: &access_groups_core::UserIdentityId| Written::default().with(IDENTITY, id);
    Some(match operation {
        Operation::CreateUserIdentity(op) => (&CREATE, write_new(&op.identity)),
        Operation::GetUserIdentity(op) => (&GET, write_selector(&op.identity)),
        Operation::ListUserIdentities(op) => {
            (&LIST, write_page(write_filter(&op.filter), &op.page))
        }
        Operation::UpdateUserIdentity(op) => {
            (&UPDATE, write_update(identity(&op.identity), &op.update))
        }
        Operation::DeleteUserIdentity(op) => (&DELETE, identity(&op.identity)),
        Operation::LinkAcsUser(op) => (
            &ADD_ACS_USER,
            write_selector(&op.identity).with(USER, op.user),
        ),
        Operation::UnlinkAcsUser(op) => {
            (&REMOVE_ACS_USER, identity(&op.identity).with(USER, op.user))
        }
        Operation::ListUsersOfIdentity(op) => (&LIST_ACS_USERS, identity(&op.identity)),
        Operation::ListSystemsOfIdentity(op) => (&LIST_ACS_SYSTEMS, identity(&op.identity)),
        Operation::ListEntrancesOfIdentity(op) => {
            (&LIST_ACCESSIBLE_ENTRANCES, identity(&op.identity))
        }
        _ => return None,
    })
}

static CREATE: Route = Route::new("/user_identities/create", DO, |fields| {
    let identity = read_new(fields);
    Some(CreateUserIdentity { identity }.into())
});

static GET: Route = Route::new("/user_identities/get", READ, |fields| {
    let identity = read_selector(fields)?;
    Some(GetUserIdentity { identity }.into())
})
.for_client_sessions();

static LIST: Route = Route::new("/user_identities/list", READ, |fields| {
    let (filter, page) = (read_filter(fields), fields.page());
    Some(ListUserIdentities { filter, page }.into())
})
.for_client_sessions();

static UPDATE: Route = Route::new("/user_identities/update", CHANGE, |fields| {
    let (identity, update) = (fields.required(IDENTITY, texts::id), read_update(fields));
    let identity = identity?;
    Some(UpdateUserIdentity { identity, update }.into())
})
.in_body();

static DELETE: Route = Route::new("/user_identities/delete", REMOVE, |fields| {
    let identity = fields.required(IDENTITY, texts::id)?;
    Some(DeleteUserIdentity { identity }.into())
});

static ADD_ACS_USER: Route = Route::new("/user_identities/add_acs_user", ADD, |fields| {
    let (user, identity) = (fields.required(USER, texts::id), read_selector(fields));
    let (user, identity) = (user?, identity?);
    Some(LinkAcsUser { user, identity }.into())
});

static REMOVE_ACS_USER: Route = Route::new("/user_identities/remove_acs_user", REMOVE, |fields| {
    let user = fields.required(USER, texts::id);
    let identity = fields.required(IDENTITY, texts::id);
    let (user, identity) = (user?, identity?);
    Some(UnlinkAcsUser { user, identity }.into())
});

static LIST_ACS_USERS: Route = Route::new("/user_identities/list_acs_users", READ, |fields| {
    let identity = fields.required(IDENTITY, texts::id)?;
    Some(ListUsersOfIdentity { identity }.into())
});

static LIST_ACS_SYSTEMS: Route = Route::new("/user_identities/list_acs_systems", READ, |fields| {
    let identity = fields.required(IDENTITY, texts::id)?;
    Some(ListSystemsOfIdentity { identity }.into())
})
.for_client_sessions();

static LIST_ACCESSIBLE_ENTRANCES: Route = Route::new(
    "/user_identities/list_accessible_entrances",
    READ,
    |fields| {
        let identity = fields.required(IDENTITY, texts::id)?;
        Some(ListEntrancesOfIdentity { identity }.into())
    },
)
.for_client_sessions();

fn read_selector(fields: &mut Fields<'_>) -> Option<UserIdentitySelector> {
    match fields.exactly_one(IDENTITY, KEY)? {
        IDENTITY => fields
            .required(IDENTITY, texts::id)
            .map(UserIdentitySelector::Id),
        _ => fields
            .required(KEY, texts::identity_key)
            .map(UserIdentitySelector::Key),
    }
}

fn write_selector(identity: &UserIdentitySelector) -> Written {
    match identity {
        UserIdentitySelector::Id(id) => Written::default().with(IDENTITY, id),
        UserIdentitySelector::Key(key) => Written::default().with(KEY, key),
    }
}

fn read_new(fields: &mut Fields<'_>) -> NewUserIdentity {
    NewUserIdentity {
        key: fields.nullable(KEY, texts::identity_key).flatten(),
        full_name: fields.nullable(FULL_NAME, texts::person_name).flatten(),
        email_address: fields.nullable(EMAIL, texts::email_address).flatten(),
        phone_number: fields.nullable(PHONE, texts::any).flatten(),
        systems: fields.list(SYSTEMS, texts::id).unwrap_or_default(),
    }
}

fn write_new(identity: &NewUserIdentity) -> Written {
    let systems = Some(identity.systems.as_slice()).filter(|systems| !systems.is_empty());
    Written::default()
        .with_some(KEY, identity.key.as_ref())
        .with_some(FULL_NAME, identity.full_name.as_ref())
        .with_some(EMAIL, identity.email_address.as_ref())
        .with_some(PHONE, identity.phone_number.as_ref())
        .with_list(SYSTEMS, systems)
}

fn read_update(fields: &mut Fields<'_>) -> UserIdentityUpdate {
    UserIdentityUpdate {
        key: fields.patch(KEY, texts::identity_key),
        full_name: fields.patch(FULL_NAME, texts::person_name),
        email_address: fields.patch(EMAIL, texts::email_address),
        phone_number: fields.patch(PHONE, texts::any),
    }
}

fn write_update(written: Written, update: &UserIdentityUpdate) -> Written {
    written
        .with_patch(KEY, update.key.as_ref().map(ToString::to_string))
        .with_patch(
            FULL_NAME,
            update.full_name.as_ref().map(ToString::to_string),
        )
        .with_patch(
            EMAIL,
            update.email_address.as_ref().map(ToString::to_string),
        )
        .with_patch(PHONE, update.phone_number.as_ref().map(ToString::to_string))
}

fn read_filter(fields: &mut Fields<'_>) -> UserIdentityFilter {
    let mut filter = UserIdentityFilter::new();
    filter.identities = fields.list(IDENTITIES, texts::id);
    filter.credential_manager = fields.optional(CREDENTIAL_MANAGER, texts::id);
    filter.search = fields.optional(SEARCH, texts::search);
    filter.created_before = fields.optional(CREATED_BEFORE, texts::instant);
    filter
}

fn write_filter(filter: &UserIdentityFilter) -> Written {
    Written::default()
        .with_list(IDENTITIES, filter.identities.as_deref())
        .with_some(CREDENTIAL_MANAGER, filter.credential_manager)
        .with_some(SEARCH, filter.search.as_ref())
        .with_some(CREATED_BEFORE, filter.created_before)
}

const KEY: &str = "user_identity_key";
const FULL_NAME: &str = "full_name";
const EMAIL: &str = "email_address";
const PHONE: &str = "phone_number";
const SYSTEMS: &str = "acs_system_ids";
const IDENTITIES: &str = "user_identity_ids";
const CREDENTIAL_MANAGER: &str = "credential_manager_acs_system_id";
const CREATED_BEFORE: &str = "created_before";
