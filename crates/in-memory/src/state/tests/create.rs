//! New users.

use access_groups_core::{AccessSchedule, ClosedSchedule, NewAcsUser, NewSchedule};

use super::*;

fn named(system: AcsSystemId) -> NewAcsUser {
    NewAcsUser::new(system, "Grace Hopper".parse().expect("a name"))
}

fn at(seconds: u32) -> Timestamp {
    Timestamp::from_unix_seconds(seconds)
}

/// East with a workspace, an account and identity Ada, who has a user in it and none in West.
fn site() -> (Wings, UserIdentityId) {
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
fn a_created_user_is_as_asked_for_and_of_the_system() -> Result<(), Error> {
    let mut state = State::new();
    let id = AcsSystemId::from_u128(7);
    let workspace = access_groups_core::WorkspaceId::from_u128(8);
    let mut system = AcsSystem::new(id, "Main").with_workspace(workspace);
    system.connected_account_id = "an account".into();
    state.insert_system(system)?;
    let revision = state.revision();

    let new = named(id)
        .with_email_address("grace@example.com".parse().expect("an address"))
        .with_phone_number("+2");
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
fn a_created_user_is_in_their_groups_and_linked_at_once() -> Result<(), Error> {
    let (
        Wings {
            mut state, west, ..
        },
        ada,
    ) = site();
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
fn what_is_wrong_is_told_in_order_and_nobody_is_created() {
    let (Wings { state, east, west }, ada) = site();
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
    check_refused(&state, create(new), conflict, east.user);
    let new = wrong(
        west.system,
        ada,
        &[west.groups[0], NO_GROUP, east.groups[0]],
    );
    check_refused(&state, create(new), not_found, NO_GROUP);
    let new = wrong(
        west.system,
        ada,
        &[west.groups[0], east.groups[0], NO_GROUP],
    );
    check_refused_silently(&state, create(new));
    let new = wrong(west.system, ada, &[west.groups[0]]);
    check_refused_silently(&state, create(new));
    let mut sound = wrong(west.system, ada, &[west.groups[0]]);
    sound.access_schedule = None;
    create(sound)(&mut state.clone()).expect("all else is right");
}

#[test]
fn no_id_comes_twice() -> Result<(), Error> {
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
