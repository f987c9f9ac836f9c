//! What every SQL store does alike, beside the laws of the port.

use std::collections::BTreeSet;

// It asks every operation.
use access_groups_core::*;
use access_groups_in_memory::SiteBuilder;
use access_groups_sql::{HistoryFilter, SqlStore};
use serde_json::Value;

/// A call on a workspace that was deleted after its port was made says so, whatever it asks for.
///
/// # Panics
///
/// If one says anything else.
pub async fn deleted_workspace_is_not_found(store: &dyn SqlStore) {
    let (id, port) = create(store, "Maple Court").await;
    let deleted = store.delete_workspace(id).await;
    assert!(deleted.expect("deleted"), "it was there");
    let check = |what: &str, outcome: Result<(), Error>| {
        let Err(error) = outcome else {
            panic!("{what} succeeds");
        };
        assert_eq!(error.kind(), ErrorKind::NotFound, "{what}: {error}");
        assert_eq!(error.code(), Some("workspace_not_found"), "{what}: {error}");
        assert!(!error.is_ambiguous(), "{what}");
    };
    let all = all_operations();
    let names: BTreeSet<_> = all.iter().map(Operation::name).collect();
    assert_eq!(names, Operation::NAMES.iter().copied().collect());
    for operation in all {
        let name = operation.name();
        let reply = port.call(operation, &Context::new()).await;
        check(name, reply.map(drop));
    }
    check("an export", port.export().await.map(drop));
    let empty = SiteBuilder::new().build_state().to_site_json();
    check("an import", port.import(&empty).await);
    let mut filter = HistoryFilter::default();
    for user in [None, Some(AcsUserId::default())] {
        filter.user = user;
        check("history", store.history(id, &filter).await.map(drop));
    }
}

/// A site file that names no workspace becomes the site of the one that it is imported into: so say the
/// resources in it, like those that are created later. One with resources of another workspace is refused.
///
/// # Panics
///
/// If it does not.
pub async fn imported_site_is_that_of_its_workspace(store: &dyn SqlStore) {
    let (id, port) = create(store, "Maple Court").await;
    let mut site = SiteBuilder::new();
    let (system, ada, gym) = (site.system(), site.user("Ada"), site.group("Gym"));
    site.identity("Ada", [ada]);
    let site: Value = serde_json::from_str(&site.build_state().to_site_json()).expect("JSON");
    let mut foreign = site.clone();
    foreign["acs_users"][0]["workspace_id"] = WorkspaceId::from_u128(7).to_string().into();
    let refused = port.import(&foreign.to_string()).await;
    assert_eq!(refused.expect_err("foreign").kind(), ErrorKind::Invalid);
    port.import(&site.to_string()).await.expect("empty still");

    let all = PageRequest::first;
    let identities = UserIdentityFilter::new();
    let identities = port.user_identities(identities, all()).await.expect("read");
    let name = "Pool".parse().expect("a name");
    let created = port.create_access_group(NewAccessGroup::new(system, name));
    let shown = [
        port.workspace().await.expect("read").workspace_id,
        port.acs_system(system).await.expect("read").workspace_id,
        port.acs_user(ada).await.expect("read").workspace_id,
        port.access_group(gym).await.expect("read").workspace_id,
        identities.items[0].workspace_id,
        created.await.expect("created").workspace_id,
    ];
    assert_eq!(shown, [id; 6]);
}

async fn create(store: &dyn SqlStore, name: &str) -> (WorkspaceId, std::sync::Arc<dyn Store>) {
    let id = WorkspaceId::from_u128(fastrand::u128(..));
    let created = store.create_workspace(&Workspace::new(id, name)).await;
    assert!(created.expect("created"), "its id is new");
    let port = store.workspace(id).await.expect("read");
    (id, port.expect("created before"))
}

const USER: AcsUserId = AcsUserId::from_u128(1);
const GROUP: AccessGroupId = AccessGroupId::from_u128(2);
const SYSTEM: AcsSystemId = AcsSystemId::from_u128(3);
const ENTRANCE: EntranceId = EntranceId::from_u128(4);
const IDENTITY: UserIdentityId = UserIdentityId::from_u128(5);

/// All of them, at least one of each.
fn all_operations() -> Vec<Operation> {
    [memberships(), groups(), users(), directory(), identities()].concat()
}

fn memberships() -> Vec<Operation> {
    vec![
        AddUser::new(USER, GROUP).into(),
        AddUser::new(IDENTITY, GROUP).into(),
        RemoveUser::new(USER, GROUP).into(),
        RemoveUser::new(IDENTITY, GROUP).into(),
        GrantAccess::new(USER, ENTRANCE).into(),
        RevokeAccess::new(IDENTITY, ENTRANCE).into(),
        RevokeAccessToAllEntrances::new(USER).into(),
    ]
}

fn groups() -> Vec<Operation> {
    let new = NewAccessGroup::new(SYSTEM, "Gym".parse().expect("a name"));
    vec![
        GetAccessGroup::new(GROUP).into(),
        ListAccessGroups::new(AccessGroupFilter::new()).into(),
        ListAccessGroups::new(AccessGroupFilter::new().of_identity(IDENTITY)).into(),
        ListUsersInGroup::new(GROUP).into(),
        ListEntrancesOfGroup::new(GROUP).into(),
        DeleteAccessGroup::new(GROUP).into(),
        CreateAccessGroup::new(new).into(),
        UpdateAccessGroup::new(GROUP, AccessGroupUpdate::default()).into(),
    ]
}

fn users() -> Vec<Operation> {
    let new = NewAcsUser::new(SYSTEM, "Ada".parse().expect("a name"));
    let search = AcsUserFilter::new().matching("ada".parse().expect("a search"));
    vec![
        CreateAcsUser::new(new).into(),
        GetAcsUser::new(USER).into(),
        ListAcsUsers::new(AcsUserFilter::new(), PageRequest::first()).into(),
        ListAcsUsers::new(search, PageRequest::first()).into(),
        UpdateAcsUser::new(USER, AcsUserUpdate::default()).into(),
        DeleteAcsUser::new(USER).into(),
        SuspendAcsUser::new(USER).into(),
        UnsuspendAcsUser::new(USER).into(),
        ListEntrancesOfUser::new(USER).into(),
    ]
}

fn directory() -> Vec<Operation> {
    let name = || "Main".parse::<ResourceName>().expect("a name");
    vec![
        GetWorkspace::new().into(),
        GetAcsSystem::new(SYSTEM).into(),
        ListAcsSystems::new(AcsSystemFilter::new()).into(),
        // Nothing is wanted for it: the row that it writes is what refers to the workspace.
        CreateAcsSystem::new(NewAcsSystem::new(name())).into(),
        UpdateAcsSystem::new(SYSTEM, AcsSystemUpdate::default()).into(),
        DeleteAcsSystem::new(SYSTEM).into(),
        GetEntrance::new(ENTRANCE).into(),
        ListEntrances::new(EntranceFilter::new(), PageRequest::first()).into(),
        CreateEntrance::new(NewEntrance::new(SYSTEM, name())).into(),
        UpdateEntrance::new(ENTRANCE, EntranceUpdate::default()).into(),
        DeleteEntrance::new(ENTRANCE).into(),
    ]
}

fn identities() -> Vec<Operation> {
    let new = NewUserIdentity {
        key: Some("ada".parse().expect("a key")),
        ..NewUserIdentity::named("Ada".parse().expect("a name"))
    };
    let search = UserIdentityFilter::new().matching("ada".parse().expect("a search"));
    vec![
        CreateUserIdentity::new(new).into(),
        GetUserIdentity::new(IDENTITY).into(),
        ListUserIdentities::new(search, PageRequest::first()).into(),
        UpdateUserIdentity::new(IDENTITY, UserIdentityUpdate::default()).into(),
        DeleteUserIdentity::new(IDENTITY).into(),
        LinkAcsUser::new(USER, IDENTITY).into(),
        UnlinkAcsUser::new(USER, IDENTITY).into(),
        ListUsersOfIdentity::new(IDENTITY).into(),
        ListSystemsOfIdentity::new(IDENTITY).into(),
        ListEntrancesOfIdentity::new(IDENTITY).into(),
    ]
}
