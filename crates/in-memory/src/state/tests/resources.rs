//! Resources: inserted, replaced, deleted.

use access_groups_core::{AcsSystem, ErrorKind, UserIdentity};

use super::*;

#[test]
fn a_taken_id_is_a_conflict() {
    let Wings { state, east, west } = wings();
    let conflict = ErrorKind::Conflict;
    let system = AcsSystem::new(east.system, "Again");
    check_refused(&state, |s| s.insert_system(system), conflict, east.system);
    let user = AcsUser::new(east.user, west.system, "Again");
    check_refused(&state, |s| s.insert_user(user), conflict, east.user);
    let group = AccessGroup::new(east.groups[0], west.system, "Again");
    check_refused(&state, |s| s.insert_group(group), conflict, east.groups[0]);
    let door = Entrance::new(east.door, west.system, "Again");
    check_refused(&state, |s| s.insert_entrance(door), conflict, east.door);

    let mut with_identity = state;
    let identity = UserIdentity::new(UserIdentityId::from_u128(1), "Ada");
    with_identity
        .insert_identity(identity.clone())
        .expect("a first");
    let id = identity.user_identity_id;
    check_refused(
        &with_identity,
        |s| s.insert_identity(identity),
        conflict,
        id,
    );
}

#[test]
fn an_unknown_system_is_refused() {
    let Wings { state, .. } = wings();
    let not_found = ErrorKind::NotFound;
    let user = AcsUser::new(NO_USER, NO_SYSTEM, "Nobody");
    check_refused(&state, |s| s.insert_user(user), not_found, NO_SYSTEM);
    let group = AccessGroup::new(NO_GROUP, NO_SYSTEM, "Nowhere");
    check_refused(&state, |s| s.insert_group(group), not_found, NO_SYSTEM);
    let door = Entrance::new(NO_ENTRANCE, NO_SYSTEM, "Nowhere");
    check_refused(&state, |s| s.insert_entrance(door), not_found, NO_SYSTEM);
}

#[test]
fn a_group_opens_entrances_of_its_system() -> Result<(), Error> {
    let Wings {
        mut state,
        east,
        west,
    } = wings();
    let [gym, _] = east.groups;
    state.insert_group_entrance(gym, east.door)?;
    let doors = state.entrances_of_group(gym)?;
    assert!(doors.map(|door| door.acs_entrance_id).eq([east.door]));
    assert!(state.group_entrances().eq([(gym, east.door)]));

    let link = |group, door| move |s: &mut State| s.insert_group_entrance(group, door);
    check_refused(&state, link(gym, east.door), ErrorKind::Conflict, east.door);
    check_refused(&state, link(gym, west.door), ErrorKind::Invalid, west.door);
    check_refused(
        &state,
        link(NO_GROUP, NO_ENTRANCE),
        ErrorKind::NotFound,
        NO_GROUP,
    );
    check_refused(
        &state,
        link(gym, NO_ENTRANCE),
        ErrorKind::NotFound,
        NO_ENTRANCE,
    );
    Ok(())
}

#[test]
fn a_replaced_resource_keeps_its_memberships() -> Result<(), Error> {
    let Wings {
        mut state,
        east,
        west,
    } = wings();
    let [gym, _] = east.groups;
    state.add_user(east.user, gym)?;
    let suspended = state.acs_user(east.user)?.clone().with_suspended(true);
    state.replace_user(suspended.clone())?;
    let renamed = state
        .access_group(gym)?
        .clone()
        .with_display_name("Fitness");
    state.replace_group(renamed.clone())?;
    assert!(state.users_in_group(gym)?.eq([&suspended]));
    assert_eq!(state.access_group(gym)?, &renamed);

    let revision = state.revision();
    state.replace_user(suspended)?;
    state.replace_group(renamed)?;
    assert_eq!(state.revision(), revision, "nothing was new");

    let invalid = ErrorKind::Invalid;
    let moved = AcsUser::new(east.user, west.system, "Ada");
    check_refused(&state, |s| s.replace_user(moved), invalid, east.user);
    let moved = AccessGroup::new(gym, west.system, "Gym");
    check_refused(&state, |s| s.replace_group(moved), invalid, gym);
    let nobody = AcsUser::new(NO_USER, east.system, "Nobody");
    check_refused(
        &state,
        |s| s.replace_user(nobody),
        ErrorKind::NotFound,
        NO_USER,
    );
    let nothing = AccessGroup::new(NO_GROUP, east.system, "Nothing");
    check_refused(
        &state,
        |s| s.replace_group(nothing),
        ErrorKind::NotFound,
        NO_GROUP,
    );
    Ok(())
}

#[test]
fn a_deleted_user_leaves_groups_and_identity() -> Result<(), Error> {
    let mut site = SiteBuilder::new();
    let [ada, grace] = site.users(["Ada", "Grace"]);
    let gym = site.group("Gym");
    let identity = site.identity("Ada", [ada, grace]);
    let mut state = site.members(gym, [ada, grace]).build_state();
    let revision = state.revision();
    state.delete_user(ada)?;
    assert!(state.revision() > revision);
    assert!(state.members_of(gym).eq([grace]));
    assert_eq!(
        state.user_identity(identity)?.acs_user_ids,
        [grace.to_string()]
    );
    check_refused(&state, |s| s.add_user(ada, gym), ErrorKind::NotFound, ada);
    check_refused(&state, |s| s.delete_user(ada), ErrorKind::NotFound, ada);
    Ok(())
}

#[test]
fn a_deleted_group_has_no_members() -> Result<(), Error> {
    let Wings {
        mut state, east, ..
    } = wings();
    let [gym, pool] = east.groups;
    state.add_user(east.user, gym)?;
    state.insert_group_entrance(gym, east.door)?;
    let group = state.access_group(gym)?.clone();
    let revision = state.revision();
    state.delete_group(gym)?;
    assert!(state.revision() > revision);
    let filter = AccessGroupFilter::new().in_system(east.system);
    let left = state.access_groups(&filter);
    assert!(left.map(|group| group.acs_access_group_id).eq([pool]));
    check_refused(&state, |s| s.delete_group(gym), ErrorKind::NotFound, gym);

    state.insert_group(group)?;
    assert!(state.groups_of(east.user).next().is_none());
    assert!(state.entrances_of_group(gym)?.next().is_none());
    Ok(())
}

#[test]
fn equal_states_may_have_different_revisions() -> Result<(), Error> {
    let Wings {
        mut state, east, ..
    } = wings();
    let before = state.clone();
    state.add_user(east.user, east.groups[0])?;
    assert_ne!(state, before);
    state.remove_user(east.user, east.groups[0])?;
    assert_eq!(state, before);
    assert!(state.revision() > before.revision());
    Ok(())
}
