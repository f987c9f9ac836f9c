//! Identities: created, found, changed, deleted.

use access_groups_core::{NewUserIdentity, Patch, UserIdentityKey, UserIdentityUpdate};

use super::*;

fn key(text: &str) -> UserIdentityKey {
    text.parse().expect("not empty")
}

/// Key "ada", ada@example.com and +1.
fn ada() -> NewUserIdentity {
    NewUserIdentity {
        key: Some(key("ada")),
        full_name: "Ada".parse().ok(),
        email_address: "ada@example.com".parse().ok(),
        phone_number: "+1".parse().ok(),
        systems: Vec::new(),
    }
}

/// A site in which identity Ada has a user in both wings, a new one in the east.
fn site() -> (Wings, UserIdentityId) {
    let Wings {
        mut state,
        east,
        west,
    } = wings();
    let user = state.acs_user(west.user).expect("there").clone();
    state
        .replace_user(user.with_phone_number("+1"))
        .expect("there");
    let systems = vec![east.system, west.system, east.system];
    let made = state.create_user_identity(NewUserIdentity { systems, ..ada() }, NOW);
    let id = made.expect("nobody is like her").user_identity_id;
    (Wings { state, east, west }, id)
}

#[test]
fn a_created_identity_is_found_by_key() -> Result<(), Error> {
    let Wings { mut state, .. } = wings();
    let workspace = access_groups_core::WorkspaceId::from_u128(7);
    state.set_workspace(Workspace::new(workspace, "Maple Court"));
    let made = state.create_user_identity(ada(), NOW)?;
    let mut expected = UserIdentity::new(made.user_identity_id, "Ada")
        .with_workspace(workspace)
        .with_email_address("ada@example.com")
        .with_created_at(NOW);
    expected.user_identity_key = Some("ada".into());
    expected.phone_number = Some("+1".into());
    assert_eq!(made, expected);
    assert_eq!(state.user_identity(made.user_identity_id)?, &made);
    assert_eq!(state.user_identity(key("ada"))?, &made);
    let nobody = state
        .user_identity(key("Ada"))
        .expect_err("keys have their case");
    assert_eq!(nobody.kind(), ErrorKind::NotFound);
    assert_eq!(nobody.code(), Some("user_identity_not_found"));

    let other = state.create_user_identity(NewUserIdentity::default(), NOW)?;
    assert_ne!(other.user_identity_id, made.user_identity_id);
    Ok(())
}

#[test]
fn the_display_name_is_the_first_attribute() -> Result<(), Error> {
    let Wings { state, .. } = wings();
    let mut new = ada();
    let check = |new: &NewUserIdentity, expected: Option<&str>| {
        let made = state
            .clone()
            .create_user_identity(new.clone(), NOW)
            .expect("new");
        let id = made.user_identity_id.to_string();
        assert_eq!(made.display_name, expected.unwrap_or(&id));
        assert_eq!(made.full_name, new.full_name.clone().map(Into::into));
    };
    check(&new, Some("Ada"));
    new.full_name = None;
    check(&new, Some("ada@example.com"));
    new.email_address = None;
    check(&new, Some("+1"));
    new.phone_number = "".parse().ok();
    check(&new, Some("ada"));
    new.key = None;
    check(&new, None);
    Ok(())
}

#[test]
fn a_created_identity_has_its_users() -> Result<(), Error> {
    let (Wings { state, east, west }, ada) = site();
    let users: Vec<_> = state.acs_users_of_identity(ada)?.collect();
    assert_eq!(users.len(), 2);
    let of = |system| state.acs_user(AcsUserSelector::of(ada, system));
    assert_eq!(of(west.system)?.acs_user_id, west.user, "reached at +1");
    let made = of(east.system)?;
    assert_ne!(made.acs_user_id, east.user);
    assert_eq!(made.full_name.as_deref(), Some("Ada"));
    assert_eq!((made.is_suspended, made.created_at), (Some(false), NOW));
    assert_eq!(state.acs_users().count(), 3);
    let mut listed = state.user_identity(ada)?.acs_user_ids.clone();
    listed.sort();
    let ids = users.iter().map(|user| user.acs_user_id.to_string());
    assert!(ids.eq(listed));
    assert!(
        state
            .systems_of_identity(ada)?
            .map(|system| system.acs_system_id)
            .eq([east.system, west.system])
    );
    Ok(())
}

#[test]
fn an_unknown_system_prevents_the_creation() {
    let Wings { state, east, .. } = wings();
    let systems = vec![east.system, NO_SYSTEM];
    let new = NewUserIdentity { systems, ..ada() };
    let create = |s: &mut State| s.create_user_identity(new, NOW);
    check_refused(&state, create, ErrorKind::NotFound, NO_SYSTEM);
}

/// What another identity has is refused, creating and updating, and names who has it.
#[test]
fn key_address_and_number_are_unique() -> Result<(), Error> {
    let Wings { mut state, .. } = wings();
    let her = state.create_user_identity(ada(), NOW)?.user_identity_id;
    let other = NewUserIdentity::named("Grace".parse().expect("a name"));
    let him = state.create_user_identity(other, NOW)?.user_identity_id;
    let check = |new: NewUserIdentity, taken: bool| {
        let update = UserIdentityUpdate {
            key: new.key.clone().map_or(Patch::Keep, Patch::Set),
            full_name: Patch::Keep,
            email_address: new.email_address.clone().map_or(Patch::Keep, Patch::Set),
            phone_number: new.phone_number.clone().map_or(Patch::Keep, Patch::Set),
        };
        let create = |s: &mut State| s.create_user_identity(new.clone(), NOW).map(drop);
        let change = |s: &mut State| s.update_user_identity(him, update).map(drop);
        if taken {
            let conflict = ErrorKind::Conflict;
            let error = check_refused(&state, create, conflict, her);
            assert!(!error.to_string().contains("example"), "{error}");
            check_refused(&state, change, conflict, her);
        } else {
            create(&mut state.clone()).expect("nobody has it");
            change(&mut state.clone()).expect("nobody has it");
        }
    };
    let nothing = NewUserIdentity::default;
    check(
        NewUserIdentity {
            key: Some(key("ada")),
            ..nothing()
        },
        true,
    );
    check(
        NewUserIdentity {
            key: Some(key("ADA")),
            ..nothing()
        },
        false,
    );
    let address = |text: &str| text.parse().ok();
    check(
        NewUserIdentity {
            email_address: address("ADA@Example.com"),
            ..nothing()
        },
        true,
    );
    check(
        NewUserIdentity {
            email_address: address("eve@example.com"),
            ..nothing()
        },
        false,
    );
    check(
        NewUserIdentity {
            phone_number: "+1".parse().ok(),
            ..nothing()
        },
        true,
    );
    check(
        NewUserIdentity {
            phone_number: "+10".parse().ok(),
            ..nothing()
        },
        false,
    );

    let empty = || NewUserIdentity {
        phone_number: "".parse().ok(),
        ..nothing()
    };
    state.create_user_identity(empty(), NOW)?;
    state.create_user_identity(empty(), NOW)?; // an empty number is nobody's
    state.delete_user_identity(her)?;
    state.create_user_identity(ada(), NOW)?; // what was hers is free again
    Ok(())
}

#[test]
fn the_oldest_of_two_keys_counts() -> Result<(), Error> {
    let mut state = State::new();
    for (id, created_at) in [(1, 9), (2, 5), (3, 5)] {
        let mut twin = UserIdentity::new(UserIdentityId::from_u128(id), "Ada")
            .with_created_at(Timestamp::from_unix_seconds(created_at));
        twin.user_identity_key = Some("ada".into());
        state.insert_identity(twin)?;
    }
    let first = state.user_identity(key("ada"))?.user_identity_id;
    assert_eq!(first, UserIdentityId::from_u128(2));
    let update = UserIdentityUpdate {
        key: Patch::Set(key("ada")),
        full_name: Patch::Set("Ada King".parse().expect("a name")),
        ..UserIdentityUpdate::default()
    };
    assert!(
        state.update_user_identity(first, update)?,
        "the key is not new to her"
    );
    Ok(())
}

#[test]
fn deleting_an_identity_deletes_its_users() -> Result<(), Error> {
    let (
        Wings {
            mut state,
            east,
            west,
        },
        ada,
    ) = site();
    state.add_user(west.user, west.groups[0])?;
    state.grant(west.user, west.door, NOW)?;
    state.add_user(east.user, east.groups[0])?;
    state.delete_user_identity(ada)?;
    assert!(state.user_identity(ada).is_err() && state.user_identity(key("ada")).is_err());
    assert!(
        state
            .acs_users()
            .map(|user| user.acs_user_id)
            .eq([east.user])
    );
    assert!(state.memberships().eq([(east.user, east.groups[0])]));
    assert!(state.grants().next().is_none());
    assert!(state.users_of_identity(ada).next().is_none());
    Ok(())
}

#[test]
fn an_identity_lists_everything_once() -> Result<(), Error> {
    let mut site = SiteBuilder::new();
    let mut parts = ["East", "West"].map(|wing| {
        let system = site.new_system(wing);
        let [ada, other] = site.users(["Ada", "Grace"]);
        let group = site.group("Gym");
        let doors = site.entrances(["Front", "Side", "Back"]);
        site.opens(group, [doors[0], doors[1]])
            .members(group, [ada]);
        site.grant(ada, [doors[1]]).grant(other, [doors[2]]);
        (system, ada, [doors[0], doors[1]])
    });
    let ada = site.identity("Ada", parts.iter().map(|(_, user, _)| *user));
    let nobody = site.identity("Nobody", []);
    let state = site.build_state();
    parts.sort();
    let users = state
        .acs_users_of_identity(ada)?
        .map(|user| user.acs_user_id);
    assert!(users.eq(parts.map(|(_, user, _)| user)));
    let systems = state
        .systems_of_identity(ada)?
        .map(|system| system.acs_system_id);
    assert!(systems.eq(parts.map(|(system, ..)| system)));
    let doors = state
        .entrances_of_identity(ada)?
        .map(|entrance| entrance.acs_entrance_id);
    assert!(doors.eq(parts.map(|(.., doors)| doors).concat()));
    assert_eq!(state.acs_users_of_identity(nobody)?.count(), 0);
    assert_eq!(state.systems_of_identity(nobody)?.count(), 0);
    assert_eq!(state.entrances_of_identity(nobody)?.count(), 0);
    Ok(())
}

/// The update has this effect on the identity, and no effect the second time.
fn check_update(update: UserIdentityUpdate, edit: impl FnOnce(&mut UserIdentity)) {
    let (Wings { mut state, .. }, ada) = site();
    let old = state.user_identity(ada).expect("there").clone();
    let mut expected = old.clone();
    edit(&mut expected);
    let changed = state.update_user_identity(ada, update.clone());
    assert_eq!(changed.expect("nobody else has it"), expected != old);
    assert_eq!(state.user_identity(ada).expect("there"), &expected);
    for user in state.acs_users_of_identity(ada).expect("there") {
        assert_eq!(
            user.user_identity_full_name.as_ref(),
            Some(&expected.full_name)
        );
        let address = user.user_identity_email_address.as_ref();
        assert_eq!(address, Some(&expected.email_address));
        let number = user.user_identity_phone_number.as_ref();
        assert_eq!(number, Some(&expected.phone_number));
    }
    let revision = state.revision();
    let again = state.update_user_identity(ada, update);
    assert!(!again.expect("nobody else has it"), "it is so already");
    assert_eq!(state.revision(), revision);
}

#[test]
fn users_follow_an_updated_identity() {
    let nothing = UserIdentityUpdate::default;
    check_update(nothing(), |_| ());
    let name = Patch::Set("Ada King".parse().expect("a name"));
    check_update(
        UserIdentityUpdate {
            full_name: name,
            ..nothing()
        },
        |identity| {
            identity.full_name = Some("Ada King".into());
            identity.display_name = "Ada King".into();
        },
    );
    check_update(
        UserIdentityUpdate {
            full_name: Patch::Clear,
            ..nothing()
        },
        |identity| {
            identity.full_name = None;
            identity.display_name = "ada@example.com".into();
        },
    );
    let address = Patch::Set("ADA@example.com".parse().expect("an address"));
    check_update(
        UserIdentityUpdate {
            email_address: address,
            ..nothing()
        },
        |identity| {
            identity.email_address = Some("ADA@example.com".into());
        },
    );
    check_update(
        UserIdentityUpdate {
            phone_number: Patch::Clear,
            ..nothing()
        },
        |identity| {
            identity.phone_number = None;
        },
    );
    let other = Patch::Set(key("lovelace"));
    check_update(
        UserIdentityUpdate {
            key: other,
            ..nothing()
        },
        |identity| {
            identity.user_identity_key = Some("lovelace".into());
        },
    );
}

#[test]
fn a_custom_display_name_stays() -> Result<(), Error> {
    let (Wings { mut state, .. }, ada) = site();
    let mut identity = state.user_identity(ada)?.clone();
    identity.display_name = "The Countess".into();
    state.replace_identity(identity)?;
    let phone_number = Patch::Clear;
    state.update_user_identity(
        ada,
        UserIdentityUpdate {
            phone_number,
            ..Default::default()
        },
    )?;
    assert_eq!(state.user_identity(ada)?.display_name, "The Countess");
    let full_name = Patch::Clear;
    state.update_user_identity(
        ada,
        UserIdentityUpdate {
            full_name,
            ..Default::default()
        },
    )?;
    assert_eq!(state.user_identity(ada)?.display_name, "ada@example.com");
    Ok(())
}

#[test]
fn users_keep_what_did_not_change() -> Result<(), Error> {
    let mut site = SiteBuilder::new();
    let user = site.user("Ada"); // linked by the builder, which mirrors nothing
    let identity = site.identity("Ada", [user]);
    let mut state = site.build_state();
    let before = state.acs_user(user)?.clone();
    let update = UserIdentityUpdate {
        key: Patch::Set(key("ada")),
        ..Default::default()
    };
    assert!(state.update_user_identity(identity, update)?);
    assert_eq!(state.acs_user(user)?, &before);
    Ok(())
}

#[test]
fn an_updated_key_replaces_the_old() -> Result<(), Error> {
    let (Wings { mut state, .. }, ada) = site();
    let update = UserIdentityUpdate {
        key: Patch::Set(key("countess")),
        ..Default::default()
    };
    state.update_user_identity(ada, update)?;
    assert_eq!(state.user_identity(key("countess"))?.user_identity_id, ada);
    assert!(state.user_identity(key("ada")).is_err());
    Ok(())
}
