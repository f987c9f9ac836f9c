//! What holds for every site and for every text, not just for those that came to mind.

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AccessGroupType, AccessSchedule, AcsSystem,
    AcsSystemId, AcsSystemType, AcsUser, AcsUserId, AcsUserType, Entrance, EntranceId, Error,
    Extra, Timestamp, UserIdentity, UserIdentityId, Workspace, WorkspaceId,
};
use access_groups_in_memory::State;
use proptest::{collection::vec, option, prelude::*, sample::Index, sample::select};
use serde_json::Value;

proptest! {
    #[test]
    fn every_state_comes_back_from_its_file(state in state()) {
        let written = state.to_site_json();
        let read = State::from_site_json(&written).map_err(|e| fail(e, &written))?;
        prop_assert_eq!(&read, &state, "{}", written);
        prop_assert_eq!(read.to_site_json(), written);
    }

    #[test]
    fn adding_and_removing_a_user_leaves_the_file_as_it_was(
        mut state in state(),
        user in any::<Index>(),
        group in any::<Index>(),
    ) {
        let users: Vec<_> = state.acs_users().map(|user| user.acs_user_id).collect();
        let filter = AccessGroupFilter::new();
        let groups: Vec<_> = state.access_groups(&filter).map(|group| group.acs_access_group_id).collect();
        if users.is_empty() || groups.is_empty() {
            return Ok(());
        }
        let (user, group) = (*user.get(&users), *group.get(&groups));
        let before = state.to_site_json();
        if let Ok(true) = state.add_user(user, group) {
            prop_assert_ne!(state.to_site_json(), before.clone());
            prop_assert_eq!(state.remove_user(user, group).ok(), Some(true));
        }
        prop_assert_eq!(state.to_site_json(), before);
    }

    #[test]
    fn no_json_makes_it_panic(file in file_like()) {
        check_text(&file.to_string())?;
    }

    #[test]
    fn no_damaged_file_makes_it_panic(
        at in any::<Index>(),
        length in 0..40_usize,
        text in "[ -~]{0,8}",
    ) {
        let mut damaged: Vec<char> = MAPLE_COURT.chars().collect();
        let start = at.index(damaged.len());
        let end = damaged.len().min(start + length);
        let truncated: String = damaged[..start].iter().collect();
        check_text(&truncated)?;
        damaged.splice(start..end, text.chars());
        check_text(&damaged.into_iter().collect::<String>())?;
    }

    #[test]
    fn no_strange_value_in_a_good_file_makes_it_panic(
        changes in vec((any::<Index>(), any_json()), 1..4),
    ) {
        let mut file: Value = serde_json::from_str(MAPLE_COURT).expect("JSON");
        for (at, value) in changes {
            let mut paths = Vec::new();
            pointers(&file, String::new(), &mut paths);
            if let Some(place) = file.pointer_mut(&paths[at.index(paths.len())]) {
                *place = value;
            }
        }
        check_text(&file.to_string())?;
    }
}

/// Whatever the text is: it is refused with problems that have a place, or what it says can
/// be written and read again.
fn check_text(text: &str) -> Result<(), TestCaseError> {
    match State::from_site_json(text) {
        Ok(state) => {
            let written = state.to_site_json();
            let read = State::from_site_json(&written).map_err(|e| fail(e, &written))?;
            prop_assert_eq!(&read, &state, "{}", written);
            prop_assert_eq!(read.to_site_json(), written);
        }
        Err(refused) => {
            prop_assert!(!refused.problems().is_empty());
            prop_assert!(refused.to_string().lines().count() <= 22, "{}", refused);
            for problem in refused.problems() {
                prop_assert!(problem.path().starts_with('$'), "{}", problem);
                prop_assert_eq!(problem.to_string().lines().count(), 1, "{}", problem);
            }
        }
    }
    Ok(())
}

fn fail(error: impl std::fmt::Display, written: &str) -> TestCaseError {
    TestCaseError::fail(format!("{error}\n{written}"))
}

/// The JSON pointer of every value in a value.
fn pointers(value: &Value, pointer: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                pointers(value, format!("{pointer}/{key}"), found);
            }
        }
        Value::Array(elements) => {
            for (index, value) in elements.iter().enumerate() {
                pointers(value, format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
    found.push(pointer);
}

/// Any JSON, with keys and texts that mean something more often than not.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((key(), inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// An object with the arrays of a site file, and anything in them.
fn file_like() -> impl Strategy<Value = Value> {
    vec((key(), any_json()), 0..8).prop_map(|fields| Value::Object(fields.into_iter().collect()))
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![9 => select(KEYS).prop_map(str::to_owned), 1 => "[^\0\n]{0,8}"]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => (1..4_u128).prop_map(|n| AcsUserId::from_u128(n).to_string()),
        1 => Just("2026-07-01T08:00:00Z".to_owned()),
        1 => Just("deleting".to_owned()),
        1 => "[^\0\n]{0,8}",
    ]
}

/// Any site that the methods of [`State`] can make.
fn state() -> impl Strategy<Value = State> {
    (
        option::of(("[A-Z]?", any::<bool>())),
        vec(system(), 1..4),
        vec((any::<Index>(), user()), 0..6),
        vec((any::<Index>(), group()), 0..5),
        vec((any::<Index>(), entrance()), 0..5),
        vec(identity(), 0..3),
        vec(any::<[Index; 2]>(), 0..12),
        vec(any::<[Index; 2]>(), 0..12),
        vec(any::<[Index; 2]>(), 0..6),
    )
        .prop_map(
            |(workspace, systems, users, groups, doors, identities, members, opens, grants)| {
                let mut state = State::new();
                if let Some((name, is_sandbox)) = workspace {
                    let mut workspace = Workspace::new(WorkspaceId::from_u128(1), name);
                    workspace.is_sandbox = is_sandbox;
                    state.set_workspace(workspace);
                }
                fill(&mut state, systems, users, groups, doors, identities)
                    .expect("fresh ids, and systems that exist");
                let users: Vec<_> = state.acs_users().map(|user| user.acs_user_id).collect();
                let filter = AccessGroupFilter::new();
                let groups = state.access_groups(&filter);
                let groups: Vec<_> = groups.map(|group| group.acs_access_group_id).collect();
                let doors: Vec<_> = state
                    .entrances()
                    .map(|entrance| entrance.acs_entrance_id)
                    .collect();
                // Pairs across systems are refused, and so are repeated ones: no matter.
                for [group, user] in members {
                    if !groups.is_empty() && !users.is_empty() {
                        let _ = state.add_user(*user.get(&users), *group.get(&groups));
                    }
                }
                for [group, door] in opens {
                    if !groups.is_empty() && !doors.is_empty() {
                        let _ = state.insert_group_entrance(*group.get(&groups), *door.get(&doors));
                    }
                }
                for [user, door] in grants {
                    if !users.is_empty() && !doors.is_empty() {
                        let _ = state.insert_entrance_grant(*user.get(&users), *door.get(&doors));
                    }
                }
                state
            },
        )
}

/// Puts everything in, numbered backwards so that ids are not in the order of insertion.
fn fill(
    state: &mut State,
    systems: Vec<AcsSystem>,
    users: Vec<(Index, AcsUser)>,
    groups: Vec<(Index, AccessGroup)>,
    doors: Vec<(Index, Entrance)>,
    identities: Vec<UserIdentity>,
) -> Result<(), Error> {
    let ids: Vec<_> = (1..=systems.len())
        .rev()
        .map(|n| AcsSystemId::from_u128(n as u128))
        .collect();
    for (mut system, id) in systems.into_iter().zip(&ids) {
        system.acs_system_id = *id;
        state.insert_system(system)?;
    }
    for (number, (system, mut user)) in (1..9).rev().zip(users) {
        user.acs_user_id = AcsUserId::from_u128(number);
        user.acs_system_id = *system.get(&ids);
        state.insert_user(user)?;
    }
    for (number, (system, mut group)) in (1..9).rev().zip(groups) {
        group.acs_access_group_id = AccessGroupId::from_u128(number);
        group.acs_system_id = *system.get(&ids);
        state.insert_group(group)?;
    }
    for (number, (system, mut door)) in (1..9).rev().zip(doors) {
        door.acs_entrance_id = EntranceId::from_u128(number);
        door.acs_system_id = *system.get(&ids);
        state.insert_entrance(door)?;
    }
    for (number, mut identity) in (1..9).rev().zip(identities) {
        identity.user_identity_id = UserIdentityId::from_u128(number);
        state.insert_identity(identity)?;
    }
    Ok(())
}

fn system() -> impl Strategy<Value = AcsSystem> {
    (
        "[A-Z]?",
        option::of(select(AcsSystemType::KNOWN)),
        option::of("[a-z]?"),
        account(),
        vec(account(), 0..3),
        instant(),
        extra(),
    )
        .prop_map(
            |(name, brand, in_words, account, accounts, created_at, extra)| {
                let mut system = AcsSystem::new(AcsSystemId::default(), name)
                    .with_workspace(WorkspaceId::from_u128(1))
                    .with_created_at(created_at);
                if let Some(brand) = brand {
                    system = system.with_external_type(brand);
                }
                if in_words.as_deref() != Some("a") {
                    system.external_type_display_name = in_words;
                }
                system.connected_account_id = account;
                system.connected_account_ids = accounts;
                system.extra = extra;
                system
            },
        )
}

fn user() -> impl Strategy<Value = AcsUser> {
    (
        (option::of("[A-Z]?"), "[A-Z]?"),
        option::of(select(AcsUserType::KNOWN)),
        option::of("[a-z]?"),
        option::of("[a-z]@example\\.com"),
        option::of(any::<bool>()),
        option::of((1..4_u128).prop_map(|n| UserIdentityId::from_u128(n).to_string())),
        option::of(option::of("[A-Z]")),
        schedule(),
        account(),
        instant(),
        extra(),
    )
        .prop_map(
            |(
                (full_name, name),
                kind,
                words,
                mail,
                suspended,
                identity,
                linked,
                schedule,
                account,
                created_at,
                extra,
            )| {
                let mut user = AcsUser::new(AcsUserId::default(), AcsSystemId::default(), name)
                    .with_created_at(created_at);
                if let Some(kind) = kind {
                    user = user.with_external_type(kind);
                }
                if words.as_deref() != Some("a") {
                    user.external_type_display_name = words;
                }
                user.full_name = full_name;
                user.email_address = mail;
                user.is_suspended = suspended;
                user.user_identity_id = identity;
                user.user_identity_full_name = linked;
                user.access_schedule = schedule;
                user.connected_account_id = account;
                user.extra = extra;
                user
            },
        )
}

fn group() -> impl Strategy<Value = AccessGroup> {
    (
        ("[A-Z]?", option::of("[A-Z]?")),
        option::of(select(AccessGroupType::KNOWN)),
        option::of("[a-z]?"),
        schedule(),
        account(),
        instant(),
        extra(),
    )
        .prop_map(
            |((name, shown), kind, words, schedule, account, created_at, extra)| {
                let mut group =
                    AccessGroup::new(AccessGroupId::default(), AcsSystemId::default(), name)
                        .with_created_at(created_at);
                if let Some(kind) = kind {
                    group = group.with_external_type(kind);
                }
                if let Some(words) = words {
                    group.external_type_display_name = words;
                }
                if let Some(shown) = shown {
                    group.display_name = shown;
                }
                group.access_schedule = schedule;
                group.connected_account_id = account;
                group.extra = extra;
                group
            },
        )
}

fn entrance() -> impl Strategy<Value = Entrance> {
    ("[A-Z]?", account(), option::of(any::<bool>()), extra()).prop_map(
        |(name, account, is_locked, extra)| {
            let mut entrance = Entrance::new(EntranceId::default(), AcsSystemId::default(), name);
            entrance.connected_account_id = account;
            entrance.is_locked = is_locked;
            entrance.extra = extra;
            entrance
        },
    )
}

fn identity() -> impl Strategy<Value = UserIdentity> {
    let users = (1..9_u128).prop_map(|n| AcsUserId::from_u128(n).to_string());
    (option::of("[A-Z]?"), "[A-Z]?", vec(users, 0..3), instant()).prop_map(
        |(full_name, name, users, created_at)| {
            let mut identity =
                UserIdentity::new(UserIdentityId::default(), name).with_created_at(created_at);
            identity.full_name = full_name;
            identity.acs_user_ids = users;
            identity
        },
    )
}

fn account() -> impl Strategy<Value = String> {
    select(&["00000000-0000-0000-0000-000000000000", "one", "two"][..]).prop_map(str::to_owned)
}

fn instant() -> impl Strategy<Value = Timestamp> {
    select(&["1970-01-01T00:00:00Z", "2026-07-01T08:00:00.25Z"][..])
        .prop_map(|text| text.parse().expect("an instant"))
}

fn schedule() -> impl Strategy<Value = Option<AccessSchedule>> {
    option::of((instant(), option::of(instant())).prop_map(|(start, end)| {
        let schedule = AccessSchedule::new(start);
        end.map_or(schedule, |end| schedule.with_end(end))
    }))
}

fn extra() -> impl Strategy<Value = Extra> {
    vec(("x_[a-z]", any_json()), 0..2).prop_map(|fields| fields.into_iter().collect())
}

const KEYS: &[&str] = &[
    "access_schedule",
    "acs_access_group_id",
    "acs_access_groups",
    "acs_entrance_id",
    "acs_entrances",
    "acs_system_id",
    "acs_systems",
    "acs_user_id",
    "acs_users",
    "connected_account_id",
    "display_name",
    "ends_at",
    "entrance_grants",
    "errors",
    "external_type",
    "full_name",
    "group_entrances",
    "location",
    "memberships",
    "mutation_code",
    "name",
    "pending_mutations",
    "starts_at",
    "system_type",
    "user_identities",
    "user_identity_id",
    "workspace",
    "workspace_id",
];

const MAPLE_COURT: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/maple-court/site.json"
));
