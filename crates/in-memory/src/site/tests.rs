mod problems;
mod workspace;

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AccessGroupType, AcsSystem, AcsSystemType,
    AcsUser, AcsUserId, AcsUserType, NO_CONNECTED_ACCOUNT, SchedulePhase, Timestamp, UserIdentity,
    UserIdentityId, Workspace, WorkspaceId,
};
use serde_json::{Map, Value, json};

use crate::{SiteBuilder, SiteError, State};

/// An id of the test: `id(0xa, 2)` is user 2.
fn id(kind: u8, number: u8) -> String {
    format!("{kind:x}0000000-0000-4000-8000-0000000000{number:02}")
}

/// Two systems, each with a user, a group with that user, and an entrance that the group opens and
/// the user was granted.
fn site() -> Value {
    let each = |make: fn(u8) -> Value| json!([make(1), make(2)]);
    json!({
        "acs_systems": each(|n| json!({"acs_system_id": id(5, n), "name": format!("Wing {n}")})),
        "acs_users": each(|n| json!({
            "acs_user_id": id(10, n), "acs_system_id": id(5, n), "full_name": format!("User {n}"),
        })),
        "user_identities": [{"user_identity_id": id(1, 1), "full_name": "Ada"}],
        "acs_access_groups": each(|n| json!({
            "acs_access_group_id": id(6, n), "acs_system_id": id(5, n), "name": format!("Group {n}"),
        })),
        "acs_entrances": each(|n| json!({
            "acs_entrance_id": id(14, n), "acs_system_id": id(5, n),
            "display_name": format!("Door {n}"),
        })),
        "memberships": each(|n| json!({"acs_access_group_id": id(6, n), "acs_user_id": id(10, n)})),
        "group_entrances": each(|n| json!({
            "acs_access_group_id": id(6, n), "acs_entrance_id": id(14, n),
        })),
        "entrance_grants": each(|n| json!({"acs_user_id": id(10, n), "acs_entrance_id": id(14, n)})),
    })
}

/// The site with one place changed: a JSON pointer, whose last part may be new.
fn with(pointer: &str, value: Value) -> Value {
    let mut site = site();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    match site.pointer_mut(parent).expect("the parent") {
        Value::Array(elements) => elements.push(value),
        parent => parent[key] = value,
    }
    site
}

fn load(site: &Value) -> State {
    State::from_site_json(&site.to_string()).expect("a site")
}

#[test]
fn maple_court_is_a_canonical_file() -> Result<(), SiteError> {
    let state = State::from_site_json(MAPLE_COURT)?;
    assert_eq!(state.to_site_json(), MAPLE_COURT);
    Ok(())
}

#[test]
fn maple_court_has_its_documented_content() -> Result<(), Box<dyn std::error::Error>> {
    let state = State::from_site_json(MAPLE_COURT)?;
    assert_eq!(
        state.workspace().map(|own| own.name.as_str()),
        Some("Maple Court")
    );
    let brands: Vec<_> = state
        .acs_systems()
        .filter_map(|system| system.external_type.clone())
        .collect();
    assert_eq!(
        brands,
        [AcsSystemType::SaltoKsSite, AcsSystemType::BrivoAccount]
    );
    assert!(state.entrances().count() >= 10);
    assert_eq!(state.acs_users().count(), 24);
    let suspended = state
        .acs_users()
        .filter(|user| user.is_suspended == Some(true));
    assert_eq!(suspended.count(), 2);
    let lonely = state
        .acs_users()
        .filter(|user| state.groups_of(user.acs_user_id).count() == 0);
    assert_eq!(lonely.count(), 1);
    assert!(
        state
            .acs_users()
            .any(|user| state.groups_of(user.acs_user_id).count() > 2)
    );

    let filter = AccessGroupFilter::new();
    assert_eq!(state.access_groups(&filter).count(), 8);
    let today: Timestamp = "2026-07-01T00:00:00Z".parse()?;
    let schedules = state
        .access_groups(&filter)
        .filter_map(|group| group.access_schedule);
    let phases: Vec<_> = schedules.map(|schedule| schedule.phase_at(today)).collect();
    assert_eq!(phases, [SchedulePhase::Ended, SchedulePhase::Running]);
    for group in state.access_groups(&filter) {
        let id = group.acs_access_group_id;
        assert!(state.members_of(id).next().is_some(), "{}", group.name);
        assert!(
            state.entrances_of_group(id)?.next().is_some(),
            "{}",
            group.name
        );
    }
    let linked: Vec<_> = state
        .user_identities()
        .map(|identity| identity.acs_user_ids.len())
        .collect();
    assert_eq!(linked, [2]);
    Ok(())
}

#[test]
fn an_empty_state_shows_every_part() -> Result<(), SiteError> {
    let state = State::from_site_json("{}")?;
    assert_eq!(state, State::new());
    let written: Map<String, Value> = serde_json::from_str(&state.to_site_json()).expect("JSON");
    let keys: Vec<_> = written.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "acs_access_groups",
            "acs_entrances",
            "acs_systems",
            "acs_users",
            "group_entrances",
            "memberships",
            "user_identities",
        ]
    );
    assert!(written.values().all(|value| *value == json!([])));
    Ok(())
}

#[test]
fn only_mandatory_keys_of_defaults_are_written() {
    let written = load(&site()).to_site_json();
    assert_eq!(written, format!("{:#}\n", site()));
}

#[test]
fn defaults_are_those_of_core() {
    let state = load(&site());
    let found = state.acs_systems().next().expect("a system");
    let mut expected = AcsSystem::new(found.acs_system_id, "Wing 1");
    expected.connected_account_ids = vec![NO_CONNECTED_ACCOUNT.into()];
    assert_eq!(*found, expected);
    let user = state.acs_users().next().expect("a user");
    let expected = AcsUser::new(user.acs_user_id, found.acs_system_id, "User 1");
    assert_eq!(*user, expected);
    let filter = AccessGroupFilter::new();
    let group = state.access_groups(&filter).next().expect("a group");
    let expected = AccessGroup::new(group.acs_access_group_id, found.acs_system_id, "Group 1");
    assert_eq!(*group, expected);
    let identity = state.user_identities().next().expect("an identity");
    assert_eq!(
        *identity,
        UserIdentity::new(identity.user_identity_id, "Ada")
    );
}

/// With the given keys in the first element of the array, `read` finds the expected values, and the
/// element is written with the mandatory and the given keys only.
fn check_defaults(array: &str, given: Value, read: impl FnOnce(&State) -> Value, expected: Value) {
    let mut site = site();
    let element = site[array][0].as_object_mut().expect("an object");
    element.extend(given.as_object().expect("an object").clone());
    let state = load(&site);
    assert_eq!(read(&state), expected, "{array} {given}");
    assert_eq!(
        state.to_site_json(),
        format!("{site:#}\n"),
        "{array} {given}"
    );
}

fn first_user(state: &State) -> &AcsUser {
    state.acs_users().next().expect("a user")
}

fn first_group(state: &State) -> AccessGroup {
    let filter = AccessGroupFilter::new();
    state
        .access_groups(&filter)
        .next()
        .expect("a group")
        .clone()
}

#[test]
fn type_in_words_follows_the_type() {
    let system = |state: &State| {
        let system = state.acs_systems().next().expect("a system");
        json!([system.external_type, system.external_type_display_name])
    };
    check_defaults(
        "acs_systems",
        json!({"external_type": "latch_building"}),
        system,
        json!(["latch_building", "Latch building"]),
    );
    check_defaults(
        "acs_systems",
        json!({"external_type": "latch_building", "external_type_display_name": null}),
        system,
        json!(["latch_building", null]),
    );
    let user = |state: &State| {
        json!([
            first_user(state).external_type,
            first_user(state).external_type_display_name
        ])
    };
    check_defaults("acs_users", json!({}), user, json!([null, null]));
    check_defaults(
        "acs_users",
        json!({"external_type": "kisi_user"}),
        user,
        json!(["kisi_user", "Kisi user"]),
    );
    let group = |state: &State| {
        json!([
            first_group(state).external_type,
            first_group(state).external_type_display_name
        ])
    };
    check_defaults(
        "acs_access_groups",
        json!({}),
        group,
        json!(["brivo_group", "Brivo group"]),
    );
    check_defaults(
        "acs_access_groups",
        json!({"external_type": "pti_unit"}),
        group,
        json!(["pti_unit", "PTI unit"]),
    );
    check_defaults(
        "acs_access_groups",
        json!({"external_type": "pti_unit", "external_type_display_name": "Unit"}),
        group,
        json!(["pti_unit", "Unit"]),
    );
}

#[test]
fn group_type_follows_the_system() {
    let check = |brand: &str, expected: AccessGroupType| {
        let group = |state: &State| json!(first_group(state).external_type);
        let given = json!({"external_type": brand});
        check_defaults("acs_systems", given, group, json!(expected));
    };
    check("salto_ks_site", AccessGroupType::SaltoKsAccessGroup);
    check("salto_space_system", AccessGroupType::SaltoSpaceGroup);
    check("brivo_account", AccessGroupType::BrivoGroup);
    check("pti_site", AccessGroupType::PtiAccessLevel);
    check("kisi_organization", AccessGroupType::KisiAccessGroup);
    check("akiles_organization", AccessGroupType::AkilesMemberGroup);
    check("avigilon_alta_org", AccessGroupType::AvigilonAltaGroup);
    check(
        "dormakaba_community_site",
        AccessGroupType::DormakabaCommunityAccessGroup,
    );
    check(
        "dormakaba_ambiance_site",
        AccessGroupType::DormakabaAmbianceAccessGroup,
    );
    check("moon_door_site", AccessGroupType::BrivoGroup);
}

#[test]
fn connected_account_follows_the_system() {
    check_defaults(
        "acs_systems",
        json!({"connected_account_id": "account 7"}),
        |state| {
            let system = state.acs_systems().next().expect("a system");
            let entrance = state.entrances().next().expect("an entrance");
            json!([
                system.connected_account_ids,
                first_user(state).connected_account_id,
                first_group(state).connected_account_id,
                entrance.connected_account_id,
            ])
        },
        json!([["account 7"], "account 7", "account 7", "account 7"]),
    );
    check_defaults(
        "acs_systems",
        json!({"connected_account_ids": []}),
        |state| {
            json!(
                state
                    .acs_systems()
                    .next()
                    .expect("a system")
                    .connected_account_ids
            )
        },
        json!([]),
    );
    check_defaults(
        "acs_users",
        json!({"connected_account_id": "another"}),
        |state| json!(first_user(state).connected_account_id),
        json!("another"),
    );
}

#[test]
fn workspace_follows_the_file() {
    let workspace = json!({"workspace_id": id(7, 1), "name": "Maple Court"});
    let file = with("/workspace", workspace);
    let state = load(&file);
    let workspace_id: WorkspaceId = id(7, 1).parse().expect("an id");
    assert_eq!(
        state.workspace(),
        Some(&Workspace::new(workspace_id, "Maple Court"))
    );
    assert!(
        state
            .acs_systems()
            .all(|resource| resource.workspace_id == workspace_id)
    );
    assert!(
        state
            .acs_users()
            .all(|user| user.workspace_id == workspace_id)
    );
    assert!(
        state
            .user_identities()
            .all(|resource| resource.workspace_id == workspace_id)
    );
    assert_eq!(first_group(&state).workspace_id, workspace_id);
    assert_eq!(state.to_site_json(), format!("{file:#}\n"));
}

#[test]
fn display_name_replaces_a_missing_full_name() {
    for (array, name) in [("acs_users", "Ada"), ("user_identities", "Ada L.")] {
        let mut file = site();
        let element = file[array][0].as_object_mut().expect("an object");
        element.remove("full_name");
        element.insert("display_name".into(), name.into());
        let state = load(&file);
        assert_eq!(state.to_site_json(), format!("{file:#}\n"));
        file[array][0]["full_name"] = Value::Null;
        assert_eq!(load(&file), state, "null is no name");
    }
    let state = load(&with("/acs_users/0/display_name", "Ada".into()));
    assert_eq!(first_user(&state).display_name, "Ada");
    assert_eq!(first_user(&state).full_name.as_deref(), Some("User 1"));
}

#[test]
fn identities_list_their_users() {
    let mut file = site();
    for n in [1, 0] {
        file["acs_users"][n]["user_identity_id"] = json!(id(1, 1).to_uppercase());
    }
    let users = |state: &State| {
        let identity = state.user_identities().next().expect("an identity");
        identity.acs_user_ids.clone()
    };
    let state = load(&file);
    assert_eq!(users(&state), [id(10, 1), id(10, 2)]);
    assert_eq!(state.to_site_json(), format!("{file:#}\n"));

    file["user_identities"][0]["acs_user_ids"] = json!(["somebody"]);
    let state = load(&file);
    assert_eq!(users(&state), ["somebody"]);
    assert_eq!(state.to_site_json(), format!("{file:#}\n"));
}

#[test]
fn deprecated_keys_are_read_never_written() {
    let check = |array: &str, deprecated: &str, current: &str, value: &str| {
        let at = |key: &str| format!("/{array}/0/{key}");
        let now = load(&with(&at(current), value.into()));
        let old = load(&with(&at(deprecated), value.into()));
        assert_eq!(old, now, "{deprecated}");
        let mut both = with(&at(current), value.into());
        both[array][0][deprecated] = "stale".into();
        assert_eq!(load(&both), now, "{deprecated}");
        both[array][0][current] = Value::Null;
        both[array][0][deprecated] = value.into();
        assert_eq!(load(&both), now, "{deprecated}");
        assert!(!old.to_site_json().contains(&format!("\"{deprecated}\"")));
        assert_ne!(now, load(&site()), "{value} is a default");
    };
    check(
        "acs_systems",
        "system_type",
        "external_type",
        "kisi_organization",
    );
    let in_words = "external_type_display_name";
    check("acs_systems", "system_type_display_name", in_words, "Kisi");
    check(
        "acs_access_groups",
        "access_group_type",
        "external_type",
        "kisi_access_group",
    );
    check(
        "acs_access_groups",
        "access_group_type_display_name",
        in_words,
        "Kisi",
    );
    check("acs_users", "email", "email_address", "ada@example.com");
}

#[test]
fn unknown_fields_and_values_survive() {
    let mut file = site();
    file["acs_users"][0]["badge"] = json!({"number": 2.6e-310, "colours": [null, {}]});
    file["acs_access_groups"][0]["external_type"] = json!("moon_door_group");
    file["acs_entrances"][0]["salto_ks_metadata"] = json!({"door_id": 7});
    file["acs_access_groups"][0]["pending_mutations"] = json!([{
        "created_at": "2026-07-01T08:00:00Z",
        "message": "Repainting.",
        "mutation_code": "repainting",
        "colour": "blue",
    }]);
    let state = load(&file);
    assert_eq!(first_user(&state).external_type, None::<AcsUserType>);
    assert_eq!(state.to_site_json(), format!("{file:#}\n"));
}

#[test]
fn null_inside_a_value_is_not_a_lost_key() {
    let mutations = json!([{
        "created_at": "2026-07-01T08:00:00Z",
        "message": "Later.",
        "mutation_code": "deferring_creation",
        "scheduled_at": null,
    }]);
    let state = load(&with("/acs_users/0/pending_mutations", mutations));
    assert_eq!(first_user(&state).pending_mutations.len(), 1);
}

#[test]
fn order_in_the_file_is_irrelevant() {
    let mut shuffled = site();
    for value in shuffled.as_object_mut().expect("an object").values_mut() {
        value.as_array_mut().expect("an array").reverse();
    }
    assert_eq!(load(&shuffled).to_site_json(), load(&site()).to_site_json());
}

#[test]
fn grants_are_written_if_any() {
    let state = load(&site());
    let ids = |n| {
        (
            id(10, n).parse().expect("an id"),
            id(14, n).parse().expect("an id"),
        )
    };
    assert!(state.grants().eq([ids(1), ids(2)]));
    assert_eq!(
        written(&state)["entrance_grants"],
        site()["entrance_grants"]
    );

    for none in [None, Some(json!([]))] {
        let mut without = site();
        let file = without.as_object_mut().expect("an object");
        file.remove("entrance_grants");
        file.extend(none.map(|none| ("entrance_grants".to_owned(), none)));
        let state = load(&without);
        assert_eq!(state.grants().count(), 0);
        assert_eq!(written(&state).get("entrance_grants"), None);
    }
}

fn written(state: &State) -> Value {
    serde_json::from_str(&state.to_site_json()).expect("JSON")
}

#[test]
fn builder_states_need_no_optional_keys() -> Result<(), SiteError> {
    let mut site = SiteBuilder::new();
    let ada: AcsUserId = site.user("Ada");
    let gym: AccessGroupId = site.group("Gym");
    let identity: UserIdentityId = site.identity("Ada", [ada]);
    let state = site.members(gym, [ada]).build_state();
    let written = state.to_site_json();
    assert_eq!(State::from_site_json(&written)?, state);
    for default in [
        "connected_account",
        "workspace_id",
        "created_at",
        "acs_user_ids",
    ] {
        assert!(!written.contains(default), "{written}");
    }
    assert!(written.contains(&identity.to_string()));
    Ok(())
}

const MAPLE_COURT: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/maple-court/site.json"
));
