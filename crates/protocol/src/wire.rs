//! The wire table: path, methods, fields and reply of every operation, for both halves.

pub(crate) mod parameters;

// All of them: a new operation is a row of the table, and nothing else here.
use access_groups_core::operation::*;
use access_groups_core::{
    AccessGroupFilter, AccessGroupId, AcsSystemFilter, AcsSystemId, AcsUserFilter, AcsUserId,
    AcsUserSelector, AcsUserUpdate, EntranceFilter, EntranceId, Error, NewAcsUser, NewUserIdentity,
    PageRequest, UserIdentityFilter, UserIdentityId, UserIdentitySelector, UserIdentityUpdate,
    UserRef,
};
use http::Method;

use crate::{
    Action,
    envelope::{Envelope, Unreadable},
    fields::{FieldReader, FieldWriter},
};

use parameters::Parameter;

/// Everything that the wire says of an operation, in one row:
///
/// ```text
/// Operation { field: type, … }: METHODS "path" flags;
/// ```
///
/// The fields are read in this order, so that complaints come in it. Their names and formats are
/// those of their types (see [`parameters`]); the envelope of the reply is that of its type (see
/// [`envelope`](crate::envelope)). A second path, which the client prefers if the condition holds,
/// follows `or`. Operations that the API lacks are listed first.
macro_rules! wire {
    (without: $($absent:ident)*; $(
        $name:ident { $($field:ident: $type:ty),* }: $methods:ident $path:literal $($flag:ident)*
        $(, or $other_methods:ident $other:literal { $($other_field:ident: $other_type:ty),* }
            if $condition:ident($condition_field:ident))?;
    )*) => {
        static ROUTES: &[Route] = &[$(
            Route::new($path, $methods, |reader| {
                let _ = &reader; // one row has no fields
                // All fields are read before the first is missed: every complaint counts.
                $(let $field = <$type>::read(reader);)*
                Some(Ok(Action::Call($name::new($($field?),*).into())))
            })$(.$flag())*,
            $(Route::new($other, $other_methods, |reader| {
                $(let $other_field = <$other_type>::read(reader);)*
                Some(Ok(Action::Call($name::new($($other_field?),*).into())))
            }),)?
        )*];

        /// The path to which the client sends an operation, and its fields; `None` if the API lacks
        /// the operation.
        #[allow(unused_variables, reason = "one row has no fields")]
        pub(crate) fn write(operation: &Operation) -> Option<(&'static str, FieldWriter)> {
            let mut writer = FieldWriter::default();
            let path = match operation {
                $(Operation::$name(op) => {
                    $(op.$field.write(&mut writer);)*
                    $(if $condition(&op.$condition_field) {
                        return Some(($other, writer));
                    })?
                    $path
                })*
                $(Operation::$absent(_))|* => return None,
            };
            Some((path, writer))
        }

        /// Reads the reply of an operation from the body of a success.
        pub(crate) fn read_reply(operation: &Operation, body: &str) -> Result<Reply, Unreadable> {
            match operation {
                $(Operation::$name(_) => Envelope::read(body).map($name::answer),)*
                $(Operation::$absent(_) => Envelope::read(body).map($absent::answer),)*
            }
        }

        /// How many bytes the reply to an operation may have.
        pub(crate) fn reply_limit(operation: &Operation) -> usize {
            match operation {
                $(Operation::$name(_) => <<$name as Call>::Reply as Envelope>::LIMIT,)*
                $(Operation::$absent(_) => <<$absent as Call>::Reply as Envelope>::LIMIT,)*
            }
        }

        /// The names of the operations that the API lacks: clients answer
        /// [`Unsupported`](access_groups_core::ErrorKind::Unsupported) before anything is sent, and
        /// servers have no path for them.
        pub const WITHOUT_WIRE: &[&str] = &[$(<$absent as Call>::NAME),*];
    };
}

wire! {
    without: CreateAccessGroup UpdateAccessGroup RevokeAccess CreateAcsSystem UpdateAcsSystem
        DeleteAcsSystem CreateEntrance UpdateEntrance DeleteEntrance;

    AddUser { user: UserRef, group: AccessGroupId }: ADD "/acs/access_groups/add_user",
        // The one path that does not know identities.
        or ADD "/acs/users/add_to_access_group" { user: AcsUserId, group: AccessGroupId }
            if is_acs_user(user);
    RemoveUser { user: UserRef, group: AccessGroupId }: REMOVE "/acs/access_groups/remove_user",
        or REMOVE "/acs/users/remove_from_access_group" { user: UserRef, group: AccessGroupId }
            if is_acs_user(user);
    GetAccessGroup { group: AccessGroupId }: READ "/acs/access_groups/get";
    ListAccessGroups { filter: AccessGroupFilter }: READ "/acs/access_groups/list";
    ListUsersInGroup { group: AccessGroupId }: READ "/acs/access_groups/list_users";
    ListEntrancesOfGroup { group: AccessGroupId }:
        READ "/acs/access_groups/list_accessible_entrances";
    DeleteAccessGroup { group: AccessGroupId }:
        REMOVE "/acs/access_groups/delete" for_client_sessions;

    CreateAcsUser { user: NewAcsUser }: DO "/acs/users/create" in_body;
    GetAcsUser { user: AcsUserSelector }: READ "/acs/users/get";
    ListAcsUsers { filter: AcsUserFilter, page: PageRequest }:
        READ "/acs/users/list" for_client_sessions;
    UpdateAcsUser { user: AcsUserSelector, update: AcsUserUpdate }:
        CHANGE "/acs/users/update" in_body;
    DeleteAcsUser { user: AcsUserSelector }: REMOVE "/acs/users/delete";
    SuspendAcsUser { user: AcsUserSelector }: DO "/acs/users/suspend";
    UnsuspendAcsUser { user: AcsUserSelector }: DO "/acs/users/unsuspend";
    ListEntrancesOfUser { user: AcsUserSelector }:
        READ "/acs/users/list_accessible_entrances" for_client_sessions;
    GrantAccess { user: UserRef, entrance: EntranceId }: DO "/acs/entrances/grant_access" in_body;
    RevokeAccessToAllEntrances { user: AcsUserSelector }:
        DO "/acs/users/revoke_access_to_all_entrances" in_body;

    GetWorkspace {}: READ "/workspaces/get" for_client_sessions;
    GetAcsSystem { system: AcsSystemId }: READ "/acs/systems/get";
    ListAcsSystems { filter: AcsSystemFilter }: READ "/acs/systems/list" for_client_sessions;
    GetEntrance { entrance: EntranceId }: READ "/acs/entrances/get" for_client_sessions;
    ListEntrances { filter: EntranceFilter, page: PageRequest }:
        READ "/acs/entrances/list" for_client_sessions;

    CreateUserIdentity { identity: NewUserIdentity }: DO "/user_identities/create";
    GetUserIdentity { identity: UserIdentitySelector }:
        READ "/user_identities/get" for_client_sessions;
    ListUserIdentities { filter: UserIdentityFilter, page: PageRequest }:
        READ "/user_identities/list" for_client_sessions;
    UpdateUserIdentity { identity: UserIdentityId, update: UserIdentityUpdate }:
        CHANGE "/user_identities/update" in_body;
    DeleteUserIdentity { identity: UserIdentityId }: REMOVE "/user_identities/delete";
    LinkAcsUser { user: AcsUserId, identity: UserIdentitySelector }:
        ADD "/user_identities/add_acs_user";
    UnlinkAcsUser { user: AcsUserId, identity: UserIdentityId }:
        REMOVE "/user_identities/remove_acs_user";
    ListUsersOfIdentity { identity: UserIdentityId }: READ "/user_identities/list_acs_users";
    ListSystemsOfIdentity { identity: UserIdentityId }:
        READ "/user_identities/list_acs_systems" for_client_sessions;
    ListEntrancesOfIdentity { identity: UserIdentityId }:
        READ "/user_identities/list_accessible_entrances" for_client_sessions;
}

/// Unmanaged groups and users are those of a system that Seam does not manage. There are none
/// here, whatever the port, so these paths are answered without it.
static UNMANAGED: &[Route] = &[
    Route::new("/acs/access_groups/unmanaged/get", READ, |reader| {
        AccessGroupId::read(reader).map(|group| Err(Error::unknown(group)))
    }),
    Route::new("/acs/access_groups/unmanaged/list", READ, |reader| {
        parameters::check_unmanaged_group_filter(reader);
        Some(Ok(Action::Reply(ListAccessGroups::answer(Vec::new()))))
    }),
    Route::new("/acs/users/unmanaged/get", READ, |reader| {
        AcsUserId::read(reader).map(|user| Err(Error::unknown(user)))
    }),
    Route::new("/acs/users/unmanaged/list", READ, |reader| {
        parameters::check_unmanaged_user_filter(reader);
        Some(Ok(Action::Reply(ListUsersInGroup::answer(Vec::new()))))
    }),
];

const ADD: &[Method] = &[Method::PUT, Method::POST];
const REMOVE: &[Method] = &[Method::DELETE, Method::POST];
const READ: &[Method] = &[Method::GET, Method::POST];
const CHANGE: &[Method] = &[Method::PATCH, Method::POST];
const DO: &[Method] = &[Method::POST];

fn is_acs_user(user: &UserRef) -> bool {
    matches!(user, UserRef::AcsUser(_))
}

/// What a server accepts at one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouteInfo {
    /// The path.
    pub path: &'static str,
    /// The accepted methods, in the order in which a refusal lists them.
    pub methods: &'static [Method],
    /// Where its parameters may travel.
    pub parameters: Parameters,
    /// Whether Seam also accepts client sessions, even those of a single customer.
    pub client_sessions: bool,
}

/// Where the parameters of a path may travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Parameters {
    /// In the query, in the body, or in both; the body wins.
    Anywhere,
    /// In the body only; a query is ignored.
    InBody,
}

/// Every path of the API that this crate knows, in no particular order.
pub fn routes() -> impl Iterator<Item = RouteInfo> {
    all().map(|route| route.info)
}

fn all() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().chain(UNMANAGED)
}

/// One path of the API.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) info: RouteInfo,
    pub(crate) read: Read,
}

/// What the fields ask for; `None` if one is missing or wrong, which the reader then knows.
pub(crate) type Read = fn(&mut FieldReader<'_>) -> Option<Result<Action, Error>>;

impl Route {
    /// The route of a path, if there is one.
    pub(crate) fn find(path: &str) -> Option<&'static Self> {
        all().find(|route| route.info.path == path)
    }

    /// A route whose parameters may travel anywhere, closed to client sessions.
    const fn new(path: &'static str, methods: &'static [Method], read: Read) -> Self {
        let info = RouteInfo {
            path,
            methods,
            parameters: Parameters::Anywhere,
            client_sessions: false,
        };
        Self { info, read }
    }

    const fn in_body(mut self) -> Self {
        self.info.parameters = Parameters::InBody;
        self
    }

    const fn for_client_sessions(mut self) -> Self {
        self.info.client_sessions = true;
        self
    }
}
