//! Workspaces of sites, and import.

use access_groups_core::{
    BlockingAccessGroups, BlockingStore, Error, ErrorKind, Workspace, WorkspaceId,
};
use serde_json::{Value, json};

use crate::{PropagationMode, State};

fn state(text: &str, id: WorkspaceId, name: &str) -> Result<State, Error> {
    let mut state = State::from_site_json(text)?;
    let before = state.revision();
    state.adopt_workspace(id, name)?;
    assert_eq!(state.revision(), before, "reading is no change");
    Ok(state)
}

const NORTH: WorkspaceId = WorkspaceId::from_u128(1);
const SYSTEM: &str = "50000000-0000-4000-8000-000000000001";

fn site(workspace: Option<&str>, of_system: Option<&str>) -> String {
    let mut system = json!({"acs_system_id": SYSTEM, "name": "Main"});
    if let Some(id) = of_system {
        system["workspace_id"] = id.into();
    }
    let mut site = json!({"acs_systems": [system]});
    if let Some(id) = workspace {
        site["workspace"] = json!({"workspace_id": id, "name": "Own", "is_sandbox": true});
    }
    site.to_string()
}

fn check(workspace: Option<&str>, of_system: Option<&str>, expected: Result<(), &str>) {
    let read = state(&site(workspace, of_system), NORTH, "North");
    match (read, expected) {
        (Ok(state), Ok(())) => {
            let own = state.workspace().expect("a workspace");
            assert_eq!((own.workspace_id, own.name.as_str()), (NORTH, "North"));
            assert_eq!(own.is_sandbox, workspace.is_some(), "the rest stays");
            let system = state.acs_systems().next().expect("a system");
            assert_eq!(system.workspace_id, NORTH);
        }
        (Err(error), Err(part)) => assert!(error.message().contains(part), "{error}"),
        (read, expected) => panic!("{read:?}, not {expected:?}"),
    }
}

#[test]
fn only_sites_of_the_workspace_are_adopted() {
    let (own, other) = (NORTH.to_string(), WorkspaceId::from_u128(2).to_string());
    let (own, other) = (Some(own.as_str()), Some(other.as_str()));
    check(None, None, Ok(()));
    check(None, own, Ok(()));
    check(own, None, Ok(()));
    check(own, own, Ok(()));
    check(other, None, Err("the site is that of workspace"));
    check(other, own, Err("the site is that of workspace"));
    check(None, other, Err("a resource of the site"));
    check(own, other, Err("a resource of the site"));
    let nil = WorkspaceId::default().to_string();
    check(None, Some(&nil), Ok(()));
    check(own, Some(&nil), Err("a resource of the site"));
}

#[test]
fn a_bad_site_file_lists_its_problems() {
    let repeated = r#"{"acs_systems": [], "acs_systems": []}"#;
    let refused = state(repeated, NORTH, "North").expect_err("a repeated key");
    assert!(refused.message().contains("there twice"), "{refused}");
}

#[test]
fn resources_of_other_workspaces_are_foreign() {
    let other = WorkspaceId::from_u128(2);
    let (list, id): ([&str; 3], [&str; 3]) = (
        ["acs_users", "user_identities", "acs_access_groups"],
        ["acs_user_id", "user_identity_id", "acs_access_group_id"],
    );
    for (list, id) in list.into_iter().zip(id) {
        let mut resource = json!({"full_name": "Ada", "name": "Gym"});
        resource[id] = "a0000000-0000-4000-8000-000000000001".into();
        resource["workspace_id"] = other.to_string().into();
        if list != "user_identities" {
            resource["acs_system_id"] = SYSTEM.into();
        }
        let mut site: Value = serde_json::from_str(&site(None, None)).expect("JSON");
        site[list] = json!([resource]);
        let refused = state(&site.to_string(), NORTH, "North").expect_err("foreign");
        assert!(
            refused.message().contains(&other.to_string()),
            "{list}: {refused}"
        );
    }
}

/// A site whose entrance shows this workspace, as it is served and exported in the end.
fn shown_by_entrance(workspace: Option<&str>, shown: Value, adopt: bool) -> Value {
    let mut site: Value = serde_json::from_str(&site(workspace, None)).expect("JSON");
    site["acs_entrances"] = json!([{
        "acs_entrance_id": "e0000000-0000-4000-8000-000000000001",
        "acs_system_id": SYSTEM,
        "display_name": "Door",
        "workspace_id": shown,
        "floor": 3,
    }]);
    let mut state = State::from_site_json(&site.to_string()).expect("a site");
    if adopt {
        state.adopt_workspace(NORTH, "North").expect("its own");
    }
    let served = json!(state.entrances().next().expect("an entrance"));
    let exported: Value = serde_json::from_str(&state.to_site_json()).expect("JSON");
    let exported = &exported["acs_entrances"][0];
    assert_eq!(
        (&served["floor"], &exported["floor"]),
        (&json!(3), &json!(3))
    );
    assert_eq!(served.get("workspace_id"), exported.get("workspace_id"));
    served.get("workspace_id").cloned().unwrap_or_default()
}

#[test]
fn entrances_show_no_foreign_workspace() {
    let (own, other) = (NORTH.to_string(), WorkspaceId::from_u128(2).to_string());
    let nil = WorkspaceId::default().to_string();
    for adopt in [false, true] {
        let check = |workspace, shown, expected| {
            assert_eq!(shown_by_entrance(workspace, shown, adopt), expected);
        };
        check(Some(own.as_str()), json!(own), json!(own));
        for foreign in [
            json!(other),
            json!(nil),
            json!("no id"),
            json!(7),
            json!({"id": other}),
        ] {
            check(Some(own.as_str()), foreign, Value::Null);
        }
        check(None, json!(other), Value::Null);
    }
    // A site without a workspace has the nil id, until it is that of one.
    assert_eq!(shown_by_entrance(None, json!(nil), false), json!(nil));
    assert_eq!(shown_by_entrance(None, json!(nil), true), Value::Null);
}

#[test]
fn only_an_empty_store_imports() {
    let store = crate::BlockingInMemory::default();
    let refused = store.import("{").expect_err("no site file");
    assert_eq!(
        (refused.kind(), refused.fields().len()),
        (ErrorKind::Invalid, 1)
    );
    store.import(&site(None, None)).expect("empty");
    let exported = store.export().expect("exported");
    let refused = store.import(&site(None, None)).expect_err("full");
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert_eq!(store.export().expect("exported"), exported);
}

#[test]
fn a_store_with_a_workspace_gives_it_to_the_site() {
    let named = || {
        let mut state = State::new();
        state.set_workspace(Workspace::new(NORTH, "North"));
        crate::BlockingInMemory::new(state)
    };
    let shown = |store: &crate::BlockingInMemory| {
        store.read(|state| {
            let system = state.acs_systems().next().expect("a system");
            let own = state.workspace_or_default();
            (own.workspace_id, own.name, system.workspace_id)
        })
    };
    let expected = || (NORTH, "North".to_owned(), NORTH);
    let store = named();
    store.import(&site(None, None)).expect("empty");
    assert_eq!(shown(&store), expected());

    let (store, other) = (named(), WorkspaceId::from_u128(2));
    let of_other = other.to_string();
    let refused = store.import(&site(None, Some(&of_other)));
    assert_eq!(refused.expect_err("foreign").kind(), ErrorKind::Invalid);
    store
        .import(&site(Some(&of_other), None))
        .expect("empty still");
    assert_eq!(shown(&store), expected(), "whatever the site names");
}

#[test]
fn an_import_keeps_the_propagation_mode() {
    let store = crate::BlockingInMemory::default().with_propagation(PropagationMode::Manual);
    let before = store.read(State::revision);
    store.import(&super::site().to_string()).expect("empty");
    assert_eq!(store.read(State::revision), before + 1);
    assert!(!store.propagate_all(), "imported data is not pending");
    let (user, group) = store.read(|state| state.memberships().next().expect("a membership"));
    store.remove_user(user, group).expect("removed");
    assert!(store.propagate_all(), "changes are");
}
