//! A site file as the site of one workspace.

use access_groups_core::{AccessGroupFilter, Workspace, WorkspaceId};
use access_groups_in_memory::State;
use serde_json::{Value, json};

/// Reads a site file as that of this workspace; the name is the one given here.
///
/// A site that does not say whose it is becomes the workspace's. One that says it is another
/// one's, as a whole or in one of its resources, is refused: showing it would be a mix-up.
pub(super) fn state(text: &str, id: WorkspaceId, name: &str) -> Result<State, String> {
    let mut state = State::from_site_json(text).map_err(|error| error.to_string())?;
    match state.workspace() {
        Some(own) if own.workspace_id != id => {
            return Err(format!(
                "the site is that of workspace {}, not of {id}",
                own.workspace_id
            ));
        }
        Some(own) => {
            let mut workspace = own.clone();
            workspace.name = name.to_owned();
            state.set_workspace(workspace);
        }
        // Read again, for what says nothing of its workspace follows that of the file.
        None => {
            state = State::from_site_json(&named(text, id, name)).map_err(|it| it.to_string())?
        }
    }
    match foreign(&state, id) {
        Some(message) => Err(message),
        None => Ok(state),
    }
}

fn named(text: &str, id: WorkspaceId, name: &str) -> String {
    let mut file: Value = serde_json::from_str(text).unwrap_or_default();
    file["workspace"] = json!(Workspace::new(id, name));
    file.to_string()
}

/// What is wrong if something in the site names another workspace.
fn foreign(state: &State, id: WorkspaceId) -> Option<String> {
    let all = AccessGroupFilter::new();
    let systems = state.acs_systems().map(|it| it.workspace_id);
    let users = state.acs_users().map(|it| it.workspace_id);
    let identities = state.user_identities().map(|it| it.workspace_id);
    let groups = state.access_groups(&all).map(|it| it.workspace_id);
    let of_all = systems.chain(users).chain(identities).chain(groups);
    let mut others = of_all.filter(|other| *other != id);
    let first = others.next()?;
    let more = others.count();
    Some(format!(
        "a resource of the site is that of workspace {first}, not of {id}{}",
        match more {
            0 => String::new(),
            more => format!(", and so are {more} more of another one"),
        }
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            (Err(message), Err(part)) => assert!(message.contains(part), "{message}"),
            (read, expected) => panic!("{read:?}, not {expected:?}"),
        }
    }

    #[test]
    fn a_site_belongs_to_the_workspace_unless_it_says_otherwise() {
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
    }

    #[test]
    fn what_is_wrong_with_a_site_is_told_as_it_is_written() {
        let repeated = r#"{"acs_systems": [], "acs_systems": []}"#;
        let refused = state(repeated, NORTH, "North").expect_err("a repeated key");
        assert!(refused.contains("there twice"), "{refused}");
    }

    #[test]
    fn whatever_names_another_workspace_is_foreign() {
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
            assert!(refused.contains(&other.to_string()), "{list}: {refused}");
        }
    }
}
