//! What a provider does: systems, groups and entrances that are created, changed and deleted.

use access_groups_core::{
    AccessGroupUpdate, AcsSystemUpdate, EntranceFilter, EntranceUpdate, NewAccessGroup,
    NewAcsSystem, NewEntrance, PageRequest, ResourceName,
};

use super::*;

fn title(text: &str) -> ResourceName {
    text.parse().expect("a name")
}

/// A system with two entrances, and a group that opens the first.
fn made() -> (State, AccessGroup, [EntranceId; 2]) {
    let mut state = State::new();
    let zone = "Europe/Berlin".parse().expect("a zone");
    let system = NewAcsSystem::new(title("Annex")).with_time_zone(zone);
    let system = state.create_acs_system(system, NOW).acs_system_id;
    let doors = ["Front", "Side"].map(|name| {
        let door = state.create_entrance(NewEntrance::new(system, title(name)), NOW);
        door.expect("a system").acs_entrance_id
    });
    let group = NewAccessGroup::new(system, title("Gym")).opening(doors[0]);
    let group = state.create_access_group(group, NOW).expect("sound");
    (state, group, doors)
}

fn reread(state: &State) -> State {
    State::from_site_json(&state.to_site_json()).expect("a sound site")
}

#[test]
fn what_was_made_survives_a_site_file() {
    let (mut state, group, [front, side]) = made();
    assert_eq!(reread(&state), state);
    let nothing = NewAccessGroup::new(group.acs_system_id, title("Pool"));
    state.create_access_group(nothing, NOW).expect("sound");
    assert_eq!(reread(&state), state);
    // A group that opens nothing any more is written like one that never did.
    let update = AccessGroupUpdate {
        remove_entrances: vec![front],
        add_entrances: vec![side],
        ..AccessGroupUpdate::default()
    };
    let id = group.acs_access_group_id;
    state.update_access_group(id, update, NOW).expect("sound");
    state.delete_entrance(side).expect("there");
    assert_eq!(reread(&state), state);
}

#[test]
fn an_update_without_effect_is_no_change() -> Result<(), Error> {
    let (mut state, group, [front, side]) = made();
    let (id, system) = (group.acs_access_group_id, group.acs_system_id);
    let ada = AcsUserId::from_u128(1);
    state.insert_user(AcsUser::new(ada, system, "Ada"))?;
    let revision = state.revision();
    let update = AccessGroupUpdate {
        name: Some(title("Gym")),
        add_entrances: vec![front],
        remove_entrances: vec![side],
        ..AccessGroupUpdate::default()
    };
    assert!(!state.update_access_group(id, update, NOW)?);
    let update = AcsSystemUpdate {
        name: Some(title("Annex")),
        ..AcsSystemUpdate::default()
    };
    assert!(!state.update_acs_system(system, update)?);
    let name = Some(title("Front"));
    assert!(!state.update_entrance(front, EntranceUpdate { name })?);
    assert!(!state.revoke_access(ada, front)?);
    assert_eq!(state.revision(), revision);
    Ok(())
}

#[test]
fn a_deleted_entrance_leaves_every_page() {
    let (mut state, group, [front, side]) = made();
    state.delete_entrance(front).expect("there");
    let filter = EntranceFilter::new().in_system(group.acs_system_id);
    let page = state.entrances_page(&filter, &PageRequest::first());
    let left = page.expect("a first page").items;
    let left: Vec<_> = left.iter().map(|door| door.acs_entrance_id).collect();
    assert_eq!(left, [side]);
    assert_eq!(state.grants().count(), 0);
}

#[test]
fn a_refusal_says_what_a_system_holds() {
    let (mut state, group, _) = made();
    let system = group.acs_system_id;
    let error = state.delete_acs_system(system).expect_err("held");
    assert_eq!(
        error.message(),
        format!("ACS system {system} is not empty (groups, entrances): delete these first")
    );
}
