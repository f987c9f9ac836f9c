//! The operations on the wire: path, methods, fields and reply of each, client half and
//! server half side by side.

use access_groups_core::{
    AccessGroupFilter, AcsUserId, AddUser, DeleteAccessGroup, GetAccessGroup, GetAcsUser,
    GetEntrance, ListAccessGroups, ListEntrancesOfGroup, ListUsersInGroup, Operation, RemoveUser,
    Reply, UserRef,
};
use http::Method;

use crate::{envelope, fields::Fields};

/// One path of the API.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) path: &'static str,
    /// The accepted methods, in the order in which a refusal lists them.
    pub(crate) methods: &'static [Method],
    read: fn(&mut Fields<'_>) -> Option<Operation>,
}

impl Route {
    /// The route of a path, if there is one.
    pub(crate) fn find(path: &str) -> Option<&'static Self> {
        ROUTES.iter().copied().find(|route| route.path == path)
    }

    /// The operation that the fields spell; `None` if a mandatory one is missing or wrong,
    /// which the fields then know.
    pub(crate) fn read(&self, fields: &mut Fields<'_>) -> Option<Operation> {
        (self.read)(fields)
    }

    /// Where the client sends an operation, and its fields; absent ones are left out.
    pub(crate) fn write(operation: &Operation) -> (&'static Self, Vec<(&'static str, String)>) {
        match operation {
            Operation::AddUser(op) => (
                match op.user {
                    UserRef::AcsUser(_) => &ADD_TO_ACCESS_GROUP,
                    UserRef::Identity(_) => &ACCESS_GROUPS_ADD_USER,
                },
                vec![write_user(op.user), (GROUP, op.group.to_string())],
            ),
            Operation::RemoveUser(op) => (
                match op.user {
                    UserRef::AcsUser(_) => &REMOVE_FROM_ACCESS_GROUP,
                    UserRef::Identity(_) => &ACCESS_GROUPS_REMOVE_USER,
                },
                vec![write_user(op.user), (GROUP, op.group.to_string())],
            ),
            Operation::DeleteAccessGroup(op) => {
                (&ACCESS_GROUPS_DELETE, vec![(GROUP, op.group.to_string())])
            }
            Operation::GetAccessGroup(op) => {
                (&ACCESS_GROUPS_GET, vec![(GROUP, op.group.to_string())])
            }
            Operation::ListAccessGroups(op) => (&ACCESS_GROUPS_LIST, write_filter(&op.filter)),
            Operation::ListUsersInGroup(op) => (
                &ACCESS_GROUPS_LIST_USERS,
                vec![(GROUP, op.group.to_string())],
            ),
            Operation::ListEntrancesOfGroup(op) => (
                &ACCESS_GROUPS_LIST_ACCESSIBLE_ENTRANCES,
                vec![(GROUP, op.group.to_string())],
            ),
            Operation::GetAcsUser(op) => (&USERS_GET, vec![(USER, op.user.to_string())]),
            Operation::GetEntrance(op) => {
                (&ENTRANCES_GET, vec![(ENTRANCE, op.entrance.to_string())])
            }
        }
    }
}

/// Reads the reply of an operation from the body of a success.
pub(crate) fn read_reply(operation: &Operation, body: &[u8]) -> serde_json::Result<Reply> {
    Ok(match operation {
        Operation::GetAccessGroup(_) => envelope::read(ONE_GROUP, body).map(Reply::AccessGroup)?,
        Operation::ListAccessGroups(_) => envelope::read(GROUPS, body).map(Reply::AccessGroups)?,
        Operation::ListUsersInGroup(_) => envelope::read(USERS, body).map(Reply::AcsUsers)?,
        Operation::ListEntrancesOfGroup(_) => {
            envelope::read(ENTRANCES, body).map(Reply::Entrances)?
        }
        Operation::GetAcsUser(_) => envelope::read(ONE_USER, body).map(Reply::AcsUser)?,
        Operation::GetEntrance(_) => envelope::read(ONE_ENTRANCE, body).map(Reply::Entrance)?,
        Operation::AddUser(_) | Operation::RemoveUser(_) | Operation::DeleteAccessGroup(_) => {
            envelope::read_ok(body).map(Reply::Done)?
        }
    })
}

/// Writes the body of a success.
pub(crate) fn write_reply(reply: &Reply) -> serde_json::Result<Vec<u8>> {
    match reply {
        Reply::AccessGroup(group) => envelope::success(ONE_GROUP, group),
        Reply::AccessGroups(groups) => envelope::success(GROUPS, groups),
        Reply::AcsUser(user) => envelope::success(ONE_USER, user),
        Reply::AcsUsers(users) => envelope::success(USERS, users),
        Reply::Entrance(entrance) => envelope::success(ONE_ENTRANCE, entrance),
        Reply::Entrances(entrances) => envelope::success(ENTRANCES, entrances),
        Reply::Done(()) => Ok(envelope::OK.to_vec()),
    }
}

static ROUTES: [&Route; 11] = [
    &ADD_TO_ACCESS_GROUP,
    &REMOVE_FROM_ACCESS_GROUP,
    &ACCESS_GROUPS_ADD_USER,
    &ACCESS_GROUPS_REMOVE_USER,
    &ACCESS_GROUPS_DELETE,
    &ACCESS_GROUPS_GET,
    &ACCESS_GROUPS_LIST,
    &ACCESS_GROUPS_LIST_USERS,
    &ACCESS_GROUPS_LIST_ACCESSIBLE_ENTRANCES,
    &USERS_GET,
    &ENTRANCES_GET,
];

static ADD_TO_ACCESS_GROUP: Route = Route {
    path: "/acs/users/add_to_access_group",
    methods: ADD,
    // The one route that does not know identities.
    read: |fields| {
        let (user, group) = (fields.id::<AcsUserId>(USER), fields.id(GROUP));
        Some(
            AddUser {
                user: user?.into(),
                group: group?,
            }
            .into(),
        )
    },
};

static REMOVE_FROM_ACCESS_GROUP: Route = Route {
    path: "/acs/users/remove_from_access_group",
    methods: REMOVE,
    read: read_remove,
};

static ACCESS_GROUPS_ADD_USER: Route = Route {
    path: "/acs/access_groups/add_user",
    methods: ADD,
    read: |fields| {
        let (user, group) = (read_user(fields), fields.id(GROUP));
        Some(
            AddUser {
                user: user?,
                group: group?,
            }
            .into(),
        )
    },
};

static ACCESS_GROUPS_REMOVE_USER: Route = Route {
    path: "/acs/access_groups/remove_user",
    methods: REMOVE,
    read: read_remove,
};

static ACCESS_GROUPS_DELETE: Route = Route {
    path: "/acs/access_groups/delete",
    methods: REMOVE,
    read: |fields| {
        Some(
            DeleteAccessGroup {
                group: fields.id(GROUP)?,
            }
            .into(),
        )
    },
};

static ACCESS_GROUPS_GET: Route = Route {
    path: "/acs/access_groups/get",
    methods: READ,
    read: |fields| {
        Some(
            GetAccessGroup {
                group: fields.id(GROUP)?,
            }
            .into(),
        )
    },
};

static ACCESS_GROUPS_LIST: Route = Route {
    path: "/acs/access_groups/list",
    methods: READ,
    read: |fields| {
        Some(
            ListAccessGroups {
                filter: read_filter(fields),
            }
            .into(),
        )
    },
};

static ACCESS_GROUPS_LIST_USERS: Route = Route {
    path: "/acs/access_groups/list_users",
    methods: READ,
    read: |fields| {
        Some(
            ListUsersInGroup {
                group: fields.id(GROUP)?,
            }
            .into(),
        )
    },
};

static ACCESS_GROUPS_LIST_ACCESSIBLE_ENTRANCES: Route = Route {
    path: "/acs/access_groups/list_accessible_entrances",
    methods: READ,
    read: |fields| {
        Some(
            ListEntrancesOfGroup {
                group: fields.id(GROUP)?,
            }
            .into(),
        )
    },
};

static USERS_GET: Route = Route {
    path: "/acs/users/get",
    methods: READ,
    read: |fields| {
        Some(
            GetAcsUser {
                user: fields.id(USER)?,
            }
            .into(),
        )
    },
};

static ENTRANCES_GET: Route = Route {
    path: "/acs/entrances/get",
    methods: READ,
    read: |fields| {
        Some(
            GetEntrance {
                entrance: fields.id(ENTRANCE)?,
            }
            .into(),
        )
    },
};

fn read_remove(fields: &mut Fields<'_>) -> Option<Operation> {
    let (user, group) = (read_user(fields), fields.id(GROUP));
    Some(
        RemoveUser {
            user: user?,
            group: group?,
        }
        .into(),
    )
}

/// Exactly one of the two ids.
fn read_user(fields: &mut Fields<'_>) -> Option<UserRef> {
    match fields.exactly_one(USER, IDENTITY)? {
        USER => fields.id(USER).map(UserRef::AcsUser),
        _ => fields.id(IDENTITY).map(UserRef::Identity),
    }
}

fn write_user(user: UserRef) -> (&'static str, String) {
    match user {
        UserRef::AcsUser(id) => (USER, id.to_string()),
        UserRef::Identity(id) => (IDENTITY, id.to_string()),
    }
}

fn write_filter(filter: &AccessGroupFilter) -> Vec<(&'static str, String)> {
    [
        (SYSTEM, filter.system.map(|id| id.to_string())),
        (USER, filter.user.map(|id| id.to_string())),
        (IDENTITY, filter.identity.map(|id| id.to_string())),
        (
            SEARCH,
            filter.search.as_ref().map(|search| search.to_string()),
        ),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

fn read_filter(fields: &mut Fields<'_>) -> AccessGroupFilter {
    let mut filter = AccessGroupFilter::new();
    filter.system = fields.optional_id(SYSTEM);
    filter.user = fields.optional_id(USER);
    filter.identity = fields.optional_id(IDENTITY);
    filter.search = fields.optional_search(SEARCH);
    filter
}

const ADD: &[Method] = &[Method::PUT, Method::POST];
const REMOVE: &[Method] = &[Method::DELETE, Method::POST];
const READ: &[Method] = &[Method::GET, Method::POST];

const USER: &str = "acs_user_id";
const IDENTITY: &str = "user_identity_id";
const GROUP: &str = "acs_access_group_id";
const SYSTEM: &str = "acs_system_id";
const ENTRANCE: &str = "acs_entrance_id";
const SEARCH: &str = "search";

const ONE_GROUP: &str = "acs_access_group";
const GROUPS: &str = "acs_access_groups";
const ONE_USER: &str = "acs_user";
const USERS: &str = "acs_users";
const ONE_ENTRANCE: &str = "acs_entrance";
const ENTRANCES: &str = "acs_entrances";
