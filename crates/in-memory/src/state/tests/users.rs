//! Users found and changed.

use access_groups_core::{AccessSchedule, AcsUserUpdate, ClosedSchedule, Patch};

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

/// The update turns the user into this one, and the second time changes nothing.
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
fn an_update_changes_what_it_names_and_nothing_else() {
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
    let number = Some("+1".to_owned());
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
fn an_updated_user_is_reached_at_the_new_address() -> Result<(), Error> {
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
fn suspending_twice_is_suspending_once_both_ways() -> Result<(), Error> {
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
fn what_a_user_opens_is_what_their_groups_hold_and_what_was_granted() -> Result<(), Error> {
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
fn revoking_ends_everything_of_that_user_only() -> Result<(), Error> {
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
