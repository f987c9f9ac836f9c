//! The workspace and its systems.

use access_groups_core::{AcsSystemFilter, WorkspaceId};

use super::*;

#[test]
fn there_is_always_a_workspace() -> Result<(), Error> {
    let mut state = State::new();
    let check = |state: &State, id: u128, name: &str| {
        let expected = Workspace::new(WorkspaceId::from_u128(id), name);
        assert_eq!(state.workspace_or_default(), expected);
    };
    check(&state, 0, "");
    for (system, workspace) in [(9, 99), (5, 55)] {
        let system = AcsSystem::new(AcsSystemId::from_u128(system), "Main");
        state.insert_system(system.with_workspace(WorkspaceId::from_u128(workspace)))?;
    }
    check(&state, 55, ""); // of the first system, by id
    assert_eq!(state.workspace(), None);
    state.set_workspace(Workspace::new(WorkspaceId::from_u128(7), "Maple Court"));
    check(&state, 7, "Maple Court");
    Ok(())
}

#[test]
fn a_list_of_systems_shows_what_passes_the_filter() {
    let Wings { state, east, west } = wings();
    let check = |filter: &AcsSystemFilter, expected: &[AcsSystemId]| {
        let systems = state.acs_systems_matching(filter);
        let found: Vec<_> = systems.map(|system| system.acs_system_id).collect();
        assert_eq!(found, expected);
    };
    check(&AcsSystemFilter::new(), &[east.system, west.system]);
    let search = "EAST".parse().expect("not empty");
    check(&AcsSystemFilter::new().matching(search), &[east.system]);
}
