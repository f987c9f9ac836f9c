use access_groups_core::{
    AcsSystemFilter, EntranceFilter, GetAcsSystem, GetEntrance, GetWorkspace, GrantAccess,
    ListAcsSystems, ListEntrances, Operation,
};

use super::{
    DO, ENTRANCE, READ, Route, SEARCH, SYSTEM, Written, read_user_ref, write_page, write_user_ref,
};
use crate::{fields::Fields, texts};

pub(super) static ROUTES: &[&Route] = &[
    &GET_WORKSPACE,
    &GET_SYSTEM,
    &LIST_SYSTEMS,
    &GET_ENTRANCE,
    &LIST_ENTRANCES,
    &GRANT_ACCESS,
];

pub(super) fn write(operation: &Operation) -> Option<(&'static Route, Written)> {
    let written = Written::default();
    Some(match operation {
        Operation::GetWorkspace(_) => (&GET_WORKSPACE, written),
        Operation::GetAcsSystem(op) => (&GET_SYSTEM, written.with(SYSTEM, op.system)),
        Operation::ListAcsSystems(op) => (&LIST_SYSTEMS, write_system_filter(&op.filter)),
        Operation::GetEntrance(op) => (&GET_ENTRANCE, written.with(ENTRANCE, op.entrance)),
        Operation::ListEntrances(op) => (
            &LIST_ENTRANCES,
            write_page(write_entrance_filter(&op.filter), &op.page),
        ),
        Operation::GrantAccess(op) => (
            &GRANT_ACCESS,
            write_user_ref(op.user).with(ENTRANCE, op.entrance),
        ),
        _ => return None,
    })
}

static GET_WORKSPACE: Route =
    Route::new("/workspaces/get", READ, |_| Some(GetWorkspace {}.into())).for_client_sessions();

static GET_SYSTEM: Route = Route::new("/acs/systems/get", READ, |fields| {
    let system = fields.required(SYSTEM, texts::id)?;
    Some(GetAcsSystem { system }.into())
});

static LIST_SYSTEMS: Route = Route::new("/acs/systems/list", READ, |fields| {
    let filter = read_system_filter(fields);
    Some(ListAcsSystems { filter }.into())
})
.for_client_sessions();

static GET_ENTRANCE: Route = Route::new("/acs/entrances/get", READ, |fields| {
    let entrance = fields.required(ENTRANCE, texts::id)?;
    Some(GetEntrance { entrance }.into())
})
.for_client_sessions();

static LIST_ENTRANCES: Route = Route::new("/acs/entrances/list", READ, |fields| {
    let (filter, page) = (read_entrance_filter(fields), fields.page());
    Some(ListEntrances { filter, page }.into())
})
.for_client_sessions();

static GRANT_ACCESS: Route = Route::new("/acs/entrances/grant_access", DO, |fields| {
    let (user, entrance) = (read_user_ref(fields), fields.required(ENTRANCE, texts::id));
    let (user, entrance) = (user?, entrance?);
    Some(GrantAccess { user, entrance }.into())
})
.in_body();

fn read_system_filter(fields: &mut Fields<'_>) -> AcsSystemFilter {
    let mut filter = AcsSystemFilter::new();
    filter.connected_account = fields.optional(ACCOUNT, texts::id);
    filter.customer_key = fields.optional(CUSTOMER, texts::customer_key);
    filter.search = fields.optional(SEARCH, texts::search);
    filter
}

fn write_system_filter(filter: &AcsSystemFilter) -> Written {
    Written::default()
        .with_some(ACCOUNT, filter.connected_account)
        .with_some(CUSTOMER, filter.customer_key.as_ref())
        .with_some(SEARCH, filter.search.as_ref())
}

fn read_entrance_filter(fields: &mut Fields<'_>) -> EntranceFilter {
    let mut filter = EntranceFilter::new();
    filter.system = fields.optional(SYSTEM, texts::id);
    filter.entrances = fields.list(ENTRANCES, texts::id);
    filter.connected_account = fields.optional(ACCOUNT, texts::id);
    filter.space = fields.optional(SPACE, texts::id);
    filter.location = fields.nullable(LOCATION, texts::id).flatten();
    filter.credential = fields.optional(CREDENTIAL, texts::id);
    filter.access_method = fields.optional(ACCESS_METHOD, texts::id);
    filter.customer_key = fields.optional(CUSTOMER, texts::customer_key);
    filter.search = fields.optional(SEARCH, texts::search);
    filter
}

fn write_entrance_filter(filter: &EntranceFilter) -> Written {
    Written::default()
        .with_some(SYSTEM, filter.system)
        .with_list(ENTRANCES, filter.entrances.as_deref())
        .with_some(ACCOUNT, filter.connected_account)
        .with_some(SPACE, filter.space)
        .with_some(LOCATION, filter.location)
        .with_some(CREDENTIAL, filter.credential)
        .with_some(ACCESS_METHOD, filter.access_method)
        .with_some(CUSTOMER, filter.customer_key.as_ref())
        .with_some(SEARCH, filter.search.as_ref())
}

const ACCOUNT: &str = "connected_account_id";
const CUSTOMER: &str = "customer_key";
const ENTRANCES: &str = "acs_entrance_ids";
const SPACE: &str = "space_id";
const LOCATION: &str = "location_id";
const CREDENTIAL: &str = "acs_credential_id";
const ACCESS_METHOD: &str = "access_method_id";
