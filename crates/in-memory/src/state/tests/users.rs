//! Users: created, found, changed, deleted.

use access_groups_core::{
    AccessSchedule, AcsUserUpdate, ClosedSchedule, NewAcsUser, NewSchedule, Patch,
};

use super::*;

const HOUR: ClosedSchedule = ClosedSchedule {
    starts_at: NOW,
    ends_at: Timestamp::from_unix_seconds(1_000_003_600),
};

/// East's user is linked to the identity; West's is not.
fn linked() -> (Wings, UserIdentityId) {
    let mut wings = wings();
    let ada = UserIdentityId::from_u128(1);
    let state = &mut wings.state;
    state
        .insert_identity(UserIdentity::new(ada, "Ada"))
        .expect("fresh");
    state
        .link_acs_user(wings.east.user, ada, NOW)
        .expect("unlinked");
    (wings, ada)
}

#[test]
fn a_user_is_found_by_identity_and_system() -> Result<(), Error> {
    let (Wings { state, east, west }, ada) = linked();
    let found = state.acs_user(AcsUserSelector::of(ada, east.system))?;
    assert_eq!(found.acs_user_id, east.user);

    let by = |identity, system| {
        move |s: &mut State| s.suspend_acs_user(AcsUserSelector::of(identity, system))
    };
    let not_found = ErrorKind::NotFound;
    check_refused(&state, by(NO_IDENTITY, NO_SYSTEM), not_found, NO_IDENTITY);
    check_refused(&state, by(ada, NO_SYSTEM), not_found, NO_SYSTEM);
    let none = state
        .acs_user(AcsUserSelector::of(ada, west.system))
        .expect_err("none there");
    assert_eq!(
        (none.kind(), none.code()),
        (not_found, Some("acs_user_not_found"))
    );
    let message = none.to_string();
    let named = [ada.to_string(), west.system.to_string()];
    assert!(named.iter().all(|id| message.contains(id)), "{message}");
    Ok(())
}

/// The update has this effect on the user, and no effect the second time.
fn check_update(update: AcsUserUpdate, edit: impl FnOnce(&mut AcsUser)) {
    let (
        Wings {
            mut state, east, ..
        },
        _,
    ) = linked();
    state
        .replace_user(
            state
                .acs_user(east.user)
                .expect("there")
                .clone()
                .with_email_address("old@example.com")
                .with_phone_number("+0")
                .with_access_schedule(AccessSchedule::new(Timestamp::UNIX_EPOCH)),
        )
        .expect("there");
    let mut expected = state.clone();
    edit(expected.users.get_mut(east.user).expect("there"));
    let changes = expected != state;
    let changed = state.update_acs_user(east.user, update.clone(), NOW);
    assert_eq!(changed.expect("a sound update"), changes);
    assert_eq!(state, expected);
    let revision = state.revision();
    let again = state.update_acs_user(east.user, update, NOW);
    assert!(!again.expect("a sound update"), "it is so already");
    assert_eq!(state.revision(), revision);
}

#[test]
fn an_update_changes_only_its_attributes() {
    let nothing = AcsUserUpdate::default;
    check_update(nothing(), |_| ());
    let name = "Ada King".parse().ok();
    check_update(
        AcsUserUpdate {
            full_name: name,
            ..nothing()
        },
        |user| {
            user.full_name = Some("Ada King".into());
            user.display_name = "Ada King".into();
        },
    );
    let address = "ada@example.com".parse().ok();
    check_update(
        AcsUserUpdate {
            email_address: address,
            ..nothing()
        },
        |user| {
            user.email_address = Some("ada@example.com".into());
        },
    );
    let number = "+1".parse().ok();
    check_update(
        AcsUserUpdate {
            phone_number: number,
            ..nothing()
        },
        |user| {
            user.phone_number = Some("+1".into());
        },
    );
    let system = Some(NO_SYSTEM); // only shown, so nobody looks for it
    check_update(
        AcsUserUpdate {
            hid_acs_system: system,
            ..nothing()
        },
        |user| {
            user.hid_acs_system_id = Some(NO_SYSTEM.to_string());
        },
    );
    let schedule = Patch::Set(HOUR);
    check_update(
        AcsUserUpdate {
            access_schedule: schedule,
            ..nothing()
        },
        |user| {
            let hour = AccessSchedule::new(HOUR.starts_at).with_end(HOUR.ends_at);
            user.access_schedule = Some(hour);
        },
    );
    let schedule = Patch::Clear;
    check_update(
        AcsUserUpdate {
            access_schedule: schedule,
            ..nothing()
        },
        |user| {
            user.access_schedule = None;
        },
    );
}

#[test]
fn an_identity_matches_the_updated_address() -> Result<(), Error> {
    let Wings {
        mut state, east, ..
    } = wings();
    let ada = UserIdentityId::from_u128(1);
    let identity = UserIdentity::new(ada, "Ada").with_email_address("ada@example.com");
    state.insert_identity(identity)?;
    let update = AcsUserUpdate {
        email_address: "ADA@example.com".parse().ok(),
        ..AcsUserUpdate::default()
    };
    state.update_acs_user(east.user, update, NOW)?;
    state.join(ada, east.groups[0], NOW)?;
    assert!(state.is_member(east.user, east.groups[0]));
    Ok(())
}

#[test]
fn suspending_twice_changes_something_once() -> Result<(), Error> {
    let (
        Wings {
            mut state, east, ..
        },
        ada,
    ) = linked();
    let group = east.groups[0];
    state.add_user(east.user, group)?;
    let user = AcsUserSelector::of(ada, east.system);
    for (suspend, changes) in [
        (false, true),
        (true, true),
        (true, false),
        (false, true),
        (false, false),
    ] {
        let revision = state.revision();
        let changed = if suspend {
            state.suspend_acs_user(user)?
        } else {
            state.unsuspend_acs_user(user)?
        };
        assert_eq!((changed, state.revision() > revision), (changes, changes));
        assert_eq!(state.acs_user(user)?.is_suspended, Some(suspend));
        assert!(state.is_member(east.user, group));
    }
    Ok(())
}

#[test]
fn a_user_opens_group_and_granted_entrances() -> Result<(), Error> {
    let mut site = SiteBuilder::new();
    let [ada, grace] = site.users(["Ada", "Grace"]);
    let [gym, pool, empty] = site.groups(["Gym", "Pool", "Empty"]);
    let doors = site.entrances(["A", "B", "C", "D", "E"]);
    let [a, b, c, d, _] = doors;
    site.opens(gym, [d, b])
        .opens(pool, [b, c])
        .grant(ada, [c, a]);
    site.members(gym, [ada])
        .members(pool, [ada, grace])
        .members(empty, [ada]);
    let state = site.build_state();
    let check = |user, expected: &[EntranceId]| {
        let entrances = state.entrances_of_user(user).expect("known");
        let found: Vec<_> = entrances.map(|door| door.acs_entrance_id).collect();
        assert_eq!(found, expected);
    };
    check(ada, &[a, b, c, d]);
    check(grace, &[b, c]);
    assert!(state.entrances_of_user(NO_USER).is_err());
    Ok(())
}

#[test]
fn revoking_affects_that_user_only() -> Result<(), Error> {
    let mut site = SiteBuilder::new();
    let [ada, grace] = site.users(["Ada", "Grace"]);
    let [gym, pool] = site.groups(["Gym", "Pool"]);
    let [front, side] = site.entrances(["Front", "Side"]);
    site.members(gym, [ada, grace])
        .members(pool, [ada])
        .opens(gym, [front]);
    let mut state = site
        .grant(ada, [front, side])
        .grant(grace, [side])
        .build_state();
    let people: Vec<_> = state.acs_users().cloned().collect();

    assert!(state.revoke_access_to_all_entrances(ada)?);
    assert!(state.memberships().eq([(grace, gym)]));
    assert!(state.grants().eq([(grace, side)]));
    assert!(state.entrances_of_user(ada)?.next().is_none());
    assert!(
        state.acs_users().eq(&people),
        "nobody is suspended or deleted"
    );

    let revision = state.revision();
    assert!(
        !state.revoke_access_to_all_entrances(ada)?,
        "there is nothing left"
    );
    assert_eq!(state.revision(), revision);
    state.grant(ada, side, NOW)?;
    assert!(
        state.revoke_access_to_all_entrances(ada)?,
        "a grant alone is something"
    );
    Ok(())
}

#[test]
fn a_user_is_deleted_by_identity_and_system() -> Result<(), Error> {
    let (
        Wings {
            mut state, east, ..
        },
        ada,
    ) = linked();
    state.grant(east.user, east.door, NOW)?;
    let gone = state.acs_user(east.user)?.clone();
    state.delete_user(AcsUserSelector::of(ada, east.system))?;
    assert!(state.acs_user(east.user).is_err());
    assert!(state.user_identity(ada)?.acs_user_ids.is_empty());
    state.insert_user(gone)?;
    assert!(
        !state.is_granted(east.user, east.door),
        "the grant went with them"
    );
    Ok(())
}

fn named(system: AcsSystemId) -> NewAcsUser {
    NewAcsUser::new(system, "Grace Hopper".parse().expect("a name"))
}

fn at(seconds: u32) -> Timestamp {
    Timestamp::from_unix_seconds(seconds)
}

/// East with a workspace, an account and identity Ada, who has a user in it and none in West.
fn with_ada() -> (Wings, UserIdentityId) {
    let Wings {
        mut state,
        east,
        west,
    } = wings();
    let ada = UserIdentityId::from_u128(1);
    let mut identity = UserIdentity::new(ada, "Ada").with_email_address("ada@example.com");
    identity.phone_number = Some("+1".into());
    state.insert_identity(identity).expect("fresh");
    state.link_acs_user(east.user, ada, NOW).expect("unlinked");
    (Wings { state, east, west }, ada)
}

#[test]
fn a_created_user_has_the_requested_attributes() -> Result<(), Error> {
    let mut state = State::new();
    let id = AcsSystemId::from_u128(7);
    let workspace = access_groups_core::WorkspaceId::from_u128(8);
    let mut system = AcsSystem::new(id, "Main").with_workspace(workspace);
    system.connected_account_id = "an account".into();
    state.insert_system(system)?;
    let revision = state.revision();

    let new = named(id)
        .with_email_address("grace@example.com".parse().expect("an address"))
        .with_phone_number("+2".parse()?);
    let made = state.create_acs_user(new, NOW)?;
    let mut expected = AcsUser::new(made.acs_user_id, id, "Grace Hopper")
        .with_workspace(workspace)
        .with_email_address("grace@example.com")
        .with_phone_number("+2")
        .with_suspended(false)
        .with_created_at(NOW);
    expected.connected_account_id = "an account".into();
    assert_eq!(made, expected);
    assert_eq!(state.acs_user(made.acs_user_id)?, &made);
    assert!(state.groups_of(made.acs_user_id).next().is_none());
    assert!(state.revision() > revision);
    Ok(())
}

#[test]
fn a_created_user_joins_groups_and_identity() -> Result<(), Error> {
    let (
        Wings {
            mut state, west, ..
        },
        ada,
    ) = with_ada();
    let [gym, pool] = west.groups;
    let new = named(west.system).with_identity(ada);
    let made = state.create_acs_user(new.in_group(gym).in_group(pool).in_group(gym), NOW)?;
    let id = made.acs_user_id;
    assert!(state.is_member(id, gym) && state.is_member(id, pool));
    assert_eq!(identity_of(&made), Some(ada));
    assert_eq!(made.full_name.as_deref(), Some("Grace Hopper"));
    assert_eq!(made.user_identity_full_name, Some(Some("Ada".into())));
    let address = Some(Some("ada@example.com".into()));
    assert_eq!(made.user_identity_email_address, address);
    assert_eq!(made.user_identity_phone_number, Some(Some("+1".into())));
    let by_identity = state.acs_user(AcsUserSelector::of(ada, west.system))?;
    assert_eq!(by_identity, &made);
    let listed = &state.user_identity(ada)?.acs_user_ids;
    assert!(listed.contains(&id.to_string()), "{listed:?}");
    Ok(())
}

#[test]
fn a_schedule_without_a_start_starts_now() -> Result<(), Error> {
    let Wings {
        mut state, east, ..
    } = wings();
    let mut check = |starts_at: Option<u32>, ends_at: Option<u32>, expected: AccessSchedule| {
        let schedule = NewSchedule {
            starts_at: starts_at.map(at),
            ends_at: ends_at.map(at),
        };
        let new = named(east.system).with_access_schedule(schedule);
        let made = state
            .create_acs_user(new, at(100))
            .expect("a sound schedule");
        assert_eq!(made.access_schedule, Some(expected));
    };
    check(None, None, AccessSchedule::new(at(100)));
    check(Some(5), None, AccessSchedule::new(at(5)));
    check(
        None,
        Some(101),
        AccessSchedule::new(at(100)).with_end(at(101)),
    );
    let without = state.create_acs_user(named(east.system), at(100))?;
    assert_eq!(without.access_schedule, None);
    let closed = ClosedSchedule {
        starts_at: at(100),
        ends_at: at(101),
    };
    let update = access_groups_core::AcsUserUpdate {
        access_schedule: access_groups_core::Patch::Set(closed),
        ..Default::default()
    };
    check_refused_silently(&state, |s| {
        s.update_acs_user(without.acs_user_id, update, at(101))
    });
    Ok(())
}

/// Refused as invalid, without a subject.
fn check_refused_silently<T: std::fmt::Debug>(
    state: &State,
    change: impl FnOnce(&mut State) -> Result<T, Error>,
) {
    let mut changed = state.clone();
    let error = change(&mut changed).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    assert_eq!((&changed, changed.revision()), (state, state.revision()));
}

#[test]
fn the_first_error_prevents_the_creation() {
    let (Wings { state, east, west }, ada) = with_ada();
    let past = NewSchedule {
        starts_at: None,
        ends_at: Some(NOW),
    };
    let wrong = |system, identity, groups: &[AccessGroupId]| {
        let mut new = named(system).with_identity(identity);
        new.groups = groups.to_vec();
        new.with_access_schedule(past)
    };
    let create = |new| move |s: &mut State| s.create_acs_user(new, NOW);
    let (not_found, conflict) = (ErrorKind::NotFound, ErrorKind::Conflict);
    let new = wrong(NO_SYSTEM, NO_IDENTITY, &[NO_GROUP]);
    check_refused(&state, create(new), not_found, NO_SYSTEM);
    let new = wrong(east.system, NO_IDENTITY, &[NO_GROUP]);
    check_refused(&state, create(new), not_found, NO_IDENTITY);
    let new = wrong(east.system, ada, &[NO_GROUP]);
    check_refused(&state, create(new), not_found, NO_GROUP);
    let new = wrong(east.system, ada, &[west.groups[0]]);
    check_refused(&state, create(new), conflict, east.user);
    // Wherever it is named.
    for last in [[east.groups[0], NO_GROUP], [NO_GROUP, east.groups[0]]] {
        let new = wrong(west.system, ada, &[west.groups[0], last[0], last[1]]);
        check_refused(&state, create(new), not_found, NO_GROUP);
    }
    let new = wrong(west.system, ada, &[east.groups[0]]);
    check_refused_silently(&state, create(new));
    let new = wrong(west.system, ada, &[west.groups[0]]);
    check_refused_silently(&state, create(new));
    let mut sound = wrong(west.system, ada, &[west.groups[0]]);
    sound.access_schedule = None;
    create(sound)(&mut state.clone()).expect("all else is right");
}

#[test]
fn ids_are_never_reused() -> Result<(), Error> {
    let Wings {
        mut state, east, ..
    } = wings();
    let mut other = state.clone();
    let mut create = || -> Result<AcsUserId, Error> {
        let made = state.create_acs_user(named(east.system), NOW)?.acs_user_id;
        state.delete_user(made)?;
        Ok(made)
    };
    let ids = [create()?, create()?];
    assert_ne!(ids[0], ids[1], "the second is not the one that is gone");
    let elsewhere = other.clone().create_acs_user(named(east.system), NOW)?;
    assert_eq!(
        elsewhere.acs_user_id, ids[0],
        "same state, same time: same answer"
    );
    let later = "2001-09-09T01:46:40.000000001Z"
        .parse()
        .expect("an instant");
    let elsewhere = other.create_acs_user(named(east.system), later)?;
    assert_ne!(elsewhere.acs_user_id, ids[0], "a store of its own");
    Ok(())
}
