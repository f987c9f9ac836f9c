use access_groups_core::{
    AccessGroupFilter, AcsUserId, AddUser, DeleteAccessGroup, GetAccessGroup,
    GetUnmanagedAccessGroup, ListAccessGroups, ListEntrancesOfGroup, ListUnmanagedAccessGroups,
    ListUsersInGroup, Operation, RemoveUser, UserRef,
};

use super::{
    ADD, GROUP, IDENTITY, READ, REMOVE, Route, SEARCH, SYSTEM, USER, Written, read_user_ref,
    write_user_ref,
};
use crate::{fields::Fields, texts};

pub(super) static ROUTES: &[&Route] = &[
    &ADD_TO_ACCESS_GROUP,
    &REMOVE_FROM_ACCESS_GROUP,
    &ADD_USER,
    &REMOVE_USER,
    &DELETE,
    &GET,
    &LIST,
    &LIST_USERS,
    &LIST_ACCESSIBLE_ENTRANCES,
    &GET_UNMANAGED,
    &LIST_UNMANAGED,
];

pub(super) fn write(operation: &Operation) -> Option<(&'static Route, Written)> {
    let group = |group: &access_groups_core::AccessGroupId| Written::default().with(GROUP, group);
    Some(match operation {
        Operation::AddUser(op) => (
            match op.user {
                UserRef::AcsUser(_) => &ADD_TO_ACCESS_GROUP,
                UserRef::Identity(_) => &ADD_USER,
            },
            write_user_ref(op.user).with(GROUP, op.group),
        ),
        Operation::RemoveUser(op) => (
            match op.user {
                UserRef::AcsUser(_) => &REMOVE_FROM_ACCESS_GROUP,
                UserRef::Identity(_) => &REMOVE_USER,
            },
            write_user_ref(op.user).with(GROUP, op.group),
        ),
        Operation::DeleteAccessGroup(op) => (&DELETE, group(&op.group)),
        Operation::GetAccessGroup(op) => (&GET, group(&op.group)),
        Operation::ListAccessGroups(op) => (&LIST, write_filter(&op.filter)),
        Operation::ListUsersInGroup(op) => (&LIST_USERS, group(&op.group)),
        Operation::ListEntrancesOfGroup(op) => (&LIST_ACCESSIBLE_ENTRANCES, group(&op.group)),
        Operation::GetUnmanagedAccessGroup(op) => (&GET_UNMANAGED, group(&op.group)),
        Operation::ListUnmanagedAccessGroups(op) => (
            &LIST_UNMANAGED,
            Written::default()
                .with_some(SYSTEM, op.system)
                .with_some(USER, op.user)
                .with_some(SEARCH, op.search.as_ref()),
        ),
        _ => return None,
    })
}

static ADD_TO_ACCESS_GROUP: Route = Route::new("/acs/users/add_to_access_group", ADD, |fields| {
    // The one route that does not know identities.
    let user = fields.required(USER, texts::id::<AcsUserId>);
    let group = fields.required(GROUP, texts::id);
    let (user, group) = (user?.into(), group?);
    Some(AddUser { user, group }.into())
});

static REMOVE_FROM_ACCESS_GROUP: Route =
    Route::new("/acs/users/remove_from_access_group", REMOVE, read_remove);

static ADD_USER: Route = Route::new("/acs/access_groups/add_user", ADD, |fields| {
    let (user, group) = (read_user_ref(fields), fields.required(GROUP, texts::id));
    let (user, group) = (user?, group?);
    Some(AddUser { user, group }.into())
});

static REMOVE_USER: Route = Route::new("/acs/access_groups/remove_user", REMOVE, read_remove);

static DELETE: Route = Route::new("/acs/access_groups/delete", REMOVE, |fields| {
    let group = fields.required(GROUP, texts::id)?;
    Some(DeleteAccessGroup { group }.into())
})
.for_client_sessions();

static GET: Route = Route::new("/acs/access_groups/get", READ, |fields| {
    let group = fields.required(GROUP, texts::id)?;
    Some(GetAccessGroup { group }.into())
});

static LIST: Route = Route::new("/acs/access_groups/list", READ, |fields| {
    let filter = read_filter(fields);
    Some(ListAccessGroups { filter }.into())
});

static LIST_USERS: Route = Route::new("/acs/access_groups/list_users", READ, |fields| {
    let group = fields.required(GROUP, texts::id)?;
    Some(ListUsersInGroup { group }.into())
});

static LIST_ACCESSIBLE_ENTRANCES: Route = Route::new(
    "/acs/access_groups/list_accessible_entrances",
    READ,
    |fields| {
        let group = fields.required(GROUP, texts::id)?;
        Some(ListEntrancesOfGroup { group }.into())
    },
);

static GET_UNMANAGED: Route = Route::new("/acs/access_groups/unmanaged/get", READ, |fields| {
    let group = fields.required(GROUP, texts::id)?;
    Some(GetUnmanagedAccessGroup { group }.into())
});

static LIST_UNMANAGED: Route = Route::new("/acs/access_groups/unmanaged/list", READ, |fields| {
    let operation = ListUnmanagedAccessGroups {
        system: fields.optional(SYSTEM, texts::id),
        user: fields.optional(USER, texts::id),
        search: fields.optional(SEARCH, texts::search),
    };
    Some(operation.into())
});

fn read_remove(fields: &mut Fields<'_>) -> Option<Operation> {
    let (user, group) = (read_user_ref(fields), fields.required(GROUP, texts::id));
    let (user, group) = (user?, group?);
    Some(RemoveUser { user, group }.into())
}

fn write_filter(filter: &AccessGroupFilter) -> Written {
    Written::default()
        .with_some(SYSTEM, filter.system)
        .with_some(USER, filter.user)
        .with_some(IDENTITY, filter.identity)
        .with_some(SEARCH, filter.search.as_ref())
}

fn read_filter(fields: &mut Fields<'_>) -> AccessGroupFilter {
    let mut filter = AccessGroupFilter::new();
    filter.system = fields.optional(SYSTEM, texts::id);
    filter.user = fields.optional(USER, texts::id);
    filter.identity = fields.optional(IDENTITY, texts::id);
    filter.search = fields.optional(SEARCH, texts::search);
    filter
}
