use access_groups_core::{AccessGroupFilter, Timestamp};

use super::*;

#[test]
fn ids_are_predictable() {
    let mut site = SiteBuilder::new();
    let [_, grace] = site.users(["Ada", "Grace"]);
    assert_eq!(grace.to_string(), "a0000000-0000-4000-8000-000000000002");
    let check = |id: String, expected: &str| assert_eq!(id, expected);
    check(
        site.system().to_string(),
        "50000000-0000-4000-8000-000000000001",
    );
    check(
        site.group("Gym").to_string(),
        "60000000-0000-4000-8000-000000000001",
    );
    check(
        site.entrance("Door").to_string(),
        "e0000000-0000-4000-8000-000000000001",
    );
    check(
        site.identity("Ada", []).to_string(),
        "1d000000-0000-4000-8000-000000000001",
    );
}

#[test]
fn the_first_system_is_created_on_demand() -> Result<(), Error> {
    assert_eq!(SiteBuilder::new().build_state(), State::new());
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let state = site.members(gym, [ada]).build_state();
    let systems: Vec<_> = state
        .acs_systems()
        .map(|system| system.name.as_str())
        .collect();
    assert_eq!(systems, ["Main"]);

    let mut site = SiteBuilder::new();
    let [east, west] = ["East", "West"].map(|name| site.new_system(name));
    let pool = site.group("Pool");
    let gym = site.in_system(east).group("Gym");
    let state = site.build_state();
    assert_eq!(state.acs_systems().count(), 2);
    assert_eq!(state.access_group(pool)?.acs_system_id, west);
    assert_eq!(state.access_group(gym)?.acs_system_id, east);
    Ok(())
}

#[test]
fn a_user_is_granted_entrances() -> Result<(), Error> {
    let mut site = SiteBuilder::new();
    let [ada, grace] = site.users(["Ada", "Grace"]);
    let [front, side] = site.entrances(["Front", "Side"]);
    let state = site.grant(ada, [side, front]).build_state();
    assert!(state.grants().eq([(ada, front), (ada, side)]));
    assert!(!state.is_granted(grace, front));
    Ok(())
}

#[test]
fn resources_belong_to_the_workspace() -> Result<(), Error> {
    let id = WorkspaceId::from_u128(7);
    let mut site = SiteBuilder::in_workspace(Workspace::new(id, "Maple Court"));
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let identity = site.identity("Ada", [ada]);
    let state = site.build_state();
    assert_eq!(
        state.workspace().map(|workspace| workspace.workspace_id),
        Some(id)
    );
    assert_eq!(state.acs_user(ada)?.workspace_id, id);
    assert_eq!(state.access_group(gym)?.workspace_id, id);
    assert_eq!(state.user_identity(identity)?.workspace_id, id);
    assert!(state.acs_systems().all(|system| system.workspace_id == id));
    Ok(())
}

#[test]
fn a_group_has_its_schedule_and_a_user_their_identity() -> Result<(), Error> {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let schedule = AccessSchedule::new(Timestamp::UNIX_EPOCH);
    let identity = site.schedule(gym, schedule).identity("Ada", [ada]);
    site.edit_user(ada, |ada| ada.with_email_address("ada@example.com"));
    let state = site.build_state();
    assert_eq!(state.access_group(gym)?.access_schedule, Some(schedule));
    let ada = state.acs_user(ada)?;
    assert_eq!(ada.user_identity_id, Some(identity.to_string()));
    assert_eq!(ada.email_address.as_deref(), Some("ada@example.com"));
    assert_eq!(
        state.user_identity(identity)?.acs_user_ids,
        [ada.acs_user_id.to_string()]
    );
    Ok(())
}

#[test]
fn a_built_site_does_not_change() {
    let mut site = SiteBuilder::new();
    site.group("Gym");
    let built = site.build();
    site.group("Pool");
    let count = |state: &State| state.access_groups(&AccessGroupFilter::new()).count();
    assert_eq!(built.read(count), 1);
    assert_eq!(site.build_blocking().read(count), 2);
}

#[test]
#[should_panic(expected = "invalid site: ACS user")]
fn members_of_another_system_are_refused() {
    let mut site = SiteBuilder::new();
    let ada = site.user("Ada");
    site.new_system("West");
    let gym = site.group("Gym");
    site.members(gym, [ada]);
}

#[test]
#[should_panic(expected = "invalid site: ACS user")]
fn a_grant_across_systems_is_refused() {
    let mut site = SiteBuilder::new();
    let ada = site.user("Ada");
    site.new_system("West");
    let door = site.entrance("Door");
    site.grant(ada, [door]);
}

#[test]
#[should_panic(expected = "an edited user keeps the id")]
fn an_edit_must_keep_the_id() {
    let mut site = SiteBuilder::new();
    let [ada, grace] = site.users(["Ada", "Grace"]);
    let copy = site.build_state().acs_user(grace).expect("Grace").clone();
    site.edit_user(ada, |_| copy);
}
