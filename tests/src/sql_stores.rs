//! What every SQL store does alike, beside the laws of the port.

use std::collections::BTreeSet;

// It asks every operation.
use access_groups_core::*;
use access_groups_in_memory::{SiteBuilder, State};
use access_groups_sql::{CredentialKind, Event, HistoryFilter, IMPORT, SqlStore, StoredCredential};
use serde_json::{Value, json};

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

/// Of many who create the first workspace at once, one does.
///
/// # Panics
///
/// If not, or if the database has a workspace already.
pub async fn one_workspace_is_the_first(store: &dyn SqlStore) {
    let create = |number| async move {
        let workspace = Workspace::new(WorkspaceId::from_u128(number), "Maple Court");
        store.create_first_workspace(&workspace).await
    };
    // In the first rounds, some come late: they have no connection yet.
    for _ in 0..20 {
        let (one, two, three, four) = tokio::join!(create(1), create(2), create(3), create(4));
        let created = [one, two, three, four].map(|created| created.expect("answered"));
        let created = created.into_iter();
        assert_eq!(created.filter(|is_created| *is_created).count(), 1);
        let all = store.workspaces().await.expect("read");
        let [first] = &*all else { panic!("{all:?}") };
        assert!(
            store
                .delete_empty_workspace(first.id)
                .await
                .expect("deleted")
        );
    }
}

/// A workspace is deleted as an empty one if nothing is in it, and stays if anything is.
///
/// # Panics
///
/// If not.
pub async fn only_an_empty_workspace_is_deleted(store: &dyn SqlStore) {
    let (id, port) = create(store, "Maple Court").await;
    port.import("{").await.expect_err("no site");
    for expected in [true, false] {
        let deleted = store.delete_empty_workspace(id).await;
        assert_eq!(deleted.expect("answered"), expected);
    }
    let (full, port) = create(store, "Full").await;
    let mut site = SiteBuilder::new();
    site.system();
    let site = site.build_state().to_site_json();
    port.import(&site).await.expect("imported");
    check_kept(store, full).await;
    let (with_key, _) = create(store, "Opened").await;
    let key = StoredCredential::new(
        std::array::from_fn(|_| fastrand::u8(..)),
        CredentialKind::Key,
        with_key,
        "front",
        Timestamp::UNIX_EPOCH,
    );
    assert!(store.add_credential(&key).await.expect("added"));
    check_kept(store, with_key).await;
    let (with_past, port) = create(store, "Past").await;
    let system = port.create_acs_system(NewAcsSystem::new("Main".parse().expect("a name")));
    let system = system.await.expect("created").acs_system_id;
    port.delete_acs_system(system).await.expect("deleted");
    check_kept(store, with_past).await;
}

async fn check_kept(store: &dyn SqlStore, id: WorkspaceId) {
    let deleted = store.delete_empty_workspace(id).await;
    assert!(!deleted.expect("answered"), "something is in it");
    assert!(store.workspace(id).await.expect("read").is_some());
}

/// A site file becomes the site of the workspace that it is imported into, whose id and name stay, also if
/// it names none or another one: so say the resources in it, like those that are created later. One with
/// resources of another workspace than its own is refused.
///
/// # Panics
///
/// If it does not.
pub async fn imported_site_is_that_of_its_workspace(store: &dyn SqlStore) {
    let other = WorkspaceId::from_u128(8);
    for own in [None, Some(other)] {
        let (id, port) = create(store, "Maple Court").await;
        let mut site = SiteBuilder::new();
        let (system, ada, gym) = (site.system(), site.user("Ada"), site.group("Gym"));
        site.identity("Ada", [ada]);
        let site: Value = serde_json::from_str(&site.build_state().to_site_json()).expect("JSON");
        let mut site = with_workspace(site, own);
        let mut foreign = site.clone();
        foreign["acs_users"][0]["workspace_id"] = WorkspaceId::from_u128(7).to_string().into();
        let refused = port.import(&foreign.to_string()).await;
        assert_eq!(refused.expect_err("foreign").kind(), ErrorKind::Invalid);
        site["acs_entrances"] = json!([entrance(system, own)]);
        port.import(&site.to_string()).await.expect("empty still");

        let all = PageRequest::first;
        let identities = UserIdentityFilter::new();
        let identities = port.user_identities(identities, all()).await.expect("read");
        let name = "Pool".parse().expect("a name");
        let created = port.create_access_group(NewAccessGroup::new(system, name));
        let workspace = port.workspace().await.expect("read");
        assert_eq!(workspace.name, "Maple Court");
        assert_eq!(
            workspace.is_sandbox,
            own.is_some(),
            "the rest is the site's"
        );
        let shown = [
            workspace.workspace_id,
            port.acs_system(system).await.expect("read").workspace_id,
            port.acs_user(ada).await.expect("read").workspace_id,
            port.access_group(gym).await.expect("read").workspace_id,
            identities.items[0].workspace_id,
            created.await.expect("created").workspace_id,
        ];
        assert_eq!(shown, [id; 6]);
        let entrance = port.entrance(ENTRANCE).await.expect("read");
        let shown = entrance.extra.get("workspace_id");
        assert_eq!(shown, own.map(|_| json!(id)).as_ref());
        let stored = store.workspaces().await.expect("read");
        let stored = stored.iter().find(|stored| stored.id == id);
        let stored = stored.and_then(|stored| stored.name.as_deref());
        assert_eq!(stored, Some("Maple Court"));
    }
}

fn with_workspace(mut site: Value, own: Option<WorkspaceId>) -> Value {
    let Some(own) = own else { return site };
    site["workspace"] = json!({"workspace_id": own, "name": "Lab", "is_sandbox": true});
    let parts = site.as_object_mut().expect("an object").values_mut();
    let resources = parts.filter_map(Value::as_array_mut).flatten();
    for resource in resources.filter(|resource| resource.get("workspace_id").is_some()) {
        resource["workspace_id"] = json!(own);
    }
    site
}

fn entrance(system: AcsSystemId, own: Option<WorkspaceId>) -> Value {
    let mut entrance = json!({
        "acs_entrance_id": ENTRANCE,
        "acs_system_id": system,
        "display_name": "Door",
    });
    if let Some(own) = own {
        entrance["workspace_id"] = json!(own);
    }
    entrance
}

/// A workspace that has the id and the name of a site exports what was imported, byte for byte.
///
/// # Panics
///
/// If it does not.
pub async fn export_is_what_was_imported(store: &dyn SqlStore) {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    site.members(gym, [ada]);
    let mut state = site.build_state();
    let id = WorkspaceId::from_u128(fastrand::u128(..));
    let mut workspace = Workspace::new(id, "Lab");
    workspace.is_sandbox = true;
    state.set_workspace(workspace);
    let site: Value = serde_json::from_str(&state.to_site_json()).expect("JSON");
    let site = with_workspace(site, Some(id));
    let site = State::from_site_json(&site.to_string()).expect("a site");
    let site = site.to_site_json();
    let created = store.create_workspace(&Workspace::new(id, "Lab")).await;
    assert!(created.expect("created"), "its id is new");
    let port = store.workspace(id).await.expect("read").expect("created");
    port.import(&site).await.expect("empty");
    assert_eq!(port.export().await.expect("exported"), site);
}

/// An import leaves one line in the history, which says on whose behalf.
///
/// # Panics
///
/// If it does not.
pub async fn an_import_leaves_a_line(store: &dyn SqlStore) {
    let (id, port) = create(store, "Maple Court").await;
    let mut site = SiteBuilder::new();
    site.user("Ada");
    let site = site.build_state().to_site_json();
    let context = Context::new().with_actor("ada");
    port.import_with("{", &context).await.expect_err("no site");
    port.import_with(&site, &context).await.expect("empty");
    let again = port.import_with(&site, &Context::new()).await;
    assert_eq!(again.expect_err("full").kind(), ErrorKind::Conflict);
    let lines = store.history(id, &HistoryFilter::default()).await;
    let lines = lines.expect("read");
    let [line] = &*lines else { panic!("{lines:?}") };
    assert_eq!(line.line, Event::Imported.line());
    assert_eq!(line.operation, IMPORT);
    assert_eq!(line.actor.as_deref(), Some("ada"));
}

/// The history of a key is found by its name, with the fingerprint or without, and nobody else's is.
///
/// # Panics
///
/// If it is not.
pub async fn a_key_is_found_by_its_name(store: &dyn SqlStore) {
    let (id, port) = create(store, "Maple Court").await;
    let mut site = SiteBuilder::new();
    let system = site.system();
    let site = site.build_state().to_site_json();
    port.import(&site).await.expect("empty");
    let long = "x".repeat(190);
    let of_key = |name: &str| format!("{name} (sha256:9686a06c)");
    let actors = ["front", "front desk", "front desk 2", &long].map(str::to_owned);
    let keys = ["front desk", "front desk 2", &long].map(of_key);
    for actor in actors.iter().chain(&keys) {
        let new = NewAccessGroup::new(system, "Gym".parse().expect("a name"));
        let context = Context::new().with_actor(&**actor);
        let created = port.call(CreateAccessGroup::new(new).into(), &context);
        created.await.expect("created");
    }
    for (actor, expected) in [
        ("front desk", 2),
        (&*keys[0], 1),
        (&long, 2),
        (&*keys[2], 1),
        ("front", 1),
        ("front desk (sha256:", 0),
        ("", 0),
    ] {
        let mut filter = HistoryFilter::default();
        filter.actor = Some(actor.to_owned());
        let lines = store.history(id, &filter).await.expect("read");
        assert_eq!(lines.len(), expected, "{actor:?}: {lines:?}");
    }
}

/// Of two who import into one workspace at once, one hears that it is not empty.
///
/// # Panics
///
/// If not.
pub async fn of_two_imports_one_finds_it_full(store: &dyn SqlStore) {
    let (id, port) = create(store, "Maple Court").await;
    let other = store.workspace(id).await.expect("read").expect("created");
    let mut site = SiteBuilder::new();
    for number in 0..2_000 {
        site.user(format!("Person {number}"));
    }
    let site = site.build_state().to_site_json();
    let (one, two) = tokio::join!(port.import(&site), other.import(&site));
    let ((Err(loser), Ok(())) | (Ok(()), Err(loser))) = (one, two) else {
        panic!("both, or none")
    };
    assert_eq!(loser.kind(), ErrorKind::Conflict, "{loser}");
    let lines = store.history(id, &HistoryFilter::default()).await;
    assert_eq!(lines.expect("read").len(), 1);
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
