//! The workspace, its systems, and direct grants.

use access_groups_core::{AcsSystemFilter, WorkspaceId};

use super::*;

#[test]
fn a_workspace_always_exists() -> Result<(), Error> {
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
fn listed_systems_match_the_filter() {
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

#[test]
fn granting_twice_changes_something_once() -> Result<(), Error> {
    let Wings {
        mut state, east, ..
    } = wings();
    assert!(state.grant(east.user, east.door, NOW)?);
    let after = state.clone();
    assert!(!state.grant(east.user, east.door, NOW)?);
    assert_eq!((&state, state.revision()), (&after, after.revision()));
    assert!(state.is_granted(east.user, east.door));
    assert!(state.grants().eq([(east.user, east.door)]));
    assert!(state.memberships().next().is_none());
    assert!(!state.is_granted(NO_USER, east.door) && !state.is_granted(east.user, NO_ENTRANCE));
    Ok(())
}

#[test]
fn the_user_is_checked_before_the_entrance() {
    let Wings {
        mut state,
        east,
        west,
    } = wings();
    let ada = UserIdentityId::from_u128(1);
    state
        .insert_identity(UserIdentity::new(ada, "Ada"))
        .expect("fresh");
    let grant = |user: UserRef, door| move |s: &mut State| s.grant(user, door, NOW);
    let not_found = ErrorKind::NotFound;
    let [nobody, no_one] = [UserRef::from(NO_USER), NO_IDENTITY.into()];
    let [user, identity] = [UserRef::from(east.user), ada.into()];
    check_refused(&state, grant(nobody, NO_ENTRANCE), not_found, NO_USER);
    check_refused(&state, grant(nobody, east.door), not_found, NO_USER);
    check_refused(&state, grant(user, NO_ENTRANCE), not_found, NO_ENTRANCE);
    check_refused(&state, grant(no_one, NO_ENTRANCE), not_found, NO_IDENTITY);
    check_refused(&state, grant(no_one, east.door), not_found, NO_IDENTITY);
    check_refused(&state, grant(identity, NO_ENTRANCE), not_found, NO_ENTRANCE);
    let invalid = ErrorKind::Invalid;
    check_refused(&state, grant(user, west.door), invalid, west.door);
}

#[test]
fn an_identity_is_granted_as_its_user() -> Result<(), Error> {
    let Wings {
        mut state,
        east,
        west,
    } = wings();
    let ada = UserIdentityId::from_u128(1);
    let identity = UserIdentity::new(ada, "Ada").with_email_address("ada@example.com");
    state.insert_identity(identity)?;
    let user = state.acs_user(east.user)?.clone();
    state.replace_user(user.with_email_address("ADA@example.com"))?;

    assert!(state.grant(ada, east.door, NOW)?);
    assert!(state.is_granted(east.user, east.door), "she was linked");
    assert!(!state.grant(ada, east.door, NOW)?);
    state.revoke_access_to_all_entrances(east.user)?;
    let revision = state.revision();
    assert!(state.grant(ada, east.door, NOW)?, "the link was there");
    assert!(state.revision() > revision);

    assert!(state.grant(ada, west.door, NOW)?);
    let made = state
        .acs_user(AcsUserSelector::of(ada, west.system))?
        .acs_user_id;
    assert_ne!(made, west.user, "she got a user of her own");
    assert!(state.is_granted(made, west.door));
    Ok(())
}

#[test]
fn an_inserted_grant_must_be_new() -> Result<(), Error> {
    let Wings {
        mut state,
        east,
        west,
    } = wings();
    state.insert_entrance_grant(east.user, east.door)?;
    assert!(state.is_granted(east.user, east.door));
    let insert = |user, door| move |s: &mut State| s.insert_entrance_grant(user, door);
    let not_found = ErrorKind::NotFound;
    check_refused(
        &state,
        insert(east.user, east.door),
        ErrorKind::Conflict,
        east.door,
    );
    check_refused(
        &state,
        insert(east.user, west.door),
        ErrorKind::Invalid,
        west.door,
    );
    check_refused(&state, insert(NO_USER, NO_ENTRANCE), not_found, NO_USER);
    check_refused(
        &state,
        insert(east.user, NO_ENTRANCE),
        not_found,
        NO_ENTRANCE,
    );
    Ok(())
}

#[test]
fn states_with_other_grants_differ() -> Result<(), Error> {
    let Wings {
        mut state, east, ..
    } = wings();
    let before = state.clone();
    state.grant(east.user, east.door, NOW)?;
    assert_ne!(state, before);
    Ok(())
}
