//! Identities that join groups as users, and links made and ended by hand.

use access_groups_core::{UserIdentityKey, UserIdentitySelector};

use super::*;

/// A system with a gym, and identity Ada, with ada@example.com and +1.
struct Site {
    state: State,
    gym: AccessGroupId,
    ada: UserIdentityId,
}

/// With these users in the gym's system: e-mail, phone, seconds since 1970 of their creation.
fn gym_site(users: &[(Option<&str>, Option<&str>, u32)]) -> (Site, Vec<AcsUserId>) {
    let mut site = SiteBuilder::new();
    let gym = site.group("Gym");
    let ada = site.identity("Ada", []);
    let ids = users.iter().map(|(email, phone, created)| {
        let id = site.user("somebody");
        site.edit_user(id, |mut user| {
            user.email_address = email.map(str::to_owned);
            user.phone_number = phone.map(str::to_owned);
            user.with_created_at(Timestamp::from_unix_seconds(*created))
        });
        id
    });
    let ids = ids.collect();
    let mut state = site.build_state();
    set_contacts(&mut state, ada, "ada@example.com", "+1");
    (Site { state, gym, ada }, ids)
}

fn set_contacts(state: &mut State, identity: UserIdentityId, email: &str, phone: &str) {
    let mut identity = state.user_identity(identity).expect("just made").clone();
    identity.email_address = Some(email.into());
    identity.phone_number = Some(phone.into());
    state.replace_identity(identity).expect("just made");
}

/// Ada joins the gym as the user with this index, and is linked to them.
fn check_joins_as(users: &[(Option<&str>, Option<&str>, u32)], expected: usize) {
    let (
        Site {
            mut state,
            gym,
            ada,
        },
        ids,
    ) = gym_site(users);
    assert!(state.join(ada, gym, NOW).expect("she joins"));
    let members: Vec<_> = state.members_of(gym).collect();
    assert_eq!(members, [ids[expected]], "{users:?}");
    let user = state.acs_user(ids[expected]).expect("she is there");
    assert_eq!(identity_of(user), Some(ada));
    assert_eq!(user.user_identity_full_name, Some(Some("Ada".into())));
    let linked = &state.user_identity(ada).expect("she is there").acs_user_ids;
    assert_eq!(linked, &[ids[expected].to_string()]);
    assert_eq!(state.acs_users().count(), users.len(), "nobody was created");

    let revision = state.revision();
    assert!(
        !state.join(ada, gym, NOW).expect("again"),
        "nothing changes"
    );
    assert_eq!(state.revision(), revision);
    assert!(state.leave(ada, gym).expect("she leaves"));
    assert_eq!(state.members_of(gym).count(), 0);
}

#[test]
fn email_matches_before_phone_and_age() {
    let email = Some("ada@example.com");
    check_joins_as(&[(email, None, 0)], 0);
    check_joins_as(&[(Some("ADA@Example.com"), None, 0)], 0);
    check_joins_as(&[(None, Some("+1"), 0)], 0);
    check_joins_as(&[(None, Some("+1"), 0), (email, None, 9)], 1);
    check_joins_as(&[(email, None, 5), (email, None, 3), (email, None, 3)], 1);
    check_joins_as(
        &[(Some("eve@example.com"), Some("+1"), 0), (None, None, 0)],
        0,
    );
}

#[test]
fn an_identity_without_match_gets_a_user() -> Result<(), Error> {
    let (
        Site {
            mut state,
            gym,
            ada,
        },
        others,
    ) = gym_site(&[(Some("eve@example.com"), None, 0)]);
    assert!(state.join(ada, gym, NOW)?);
    let members: Vec<_> = state.members_of(gym).collect();
    let [new] = members[..] else {
        panic!("{members:?}")
    };
    assert!(!others.contains(&new));
    let user = state.acs_user(new)?;
    assert_eq!(user.full_name.as_deref(), Some("Ada"));
    assert_eq!(user.email_address.as_deref(), Some("ada@example.com"));
    assert_eq!((identity_of(user), user.created_at), (Some(ada), NOW));

    state.delete_user(new)?;
    assert!(state.join(ada, gym, NOW)?);
    assert!(
        !state.is_member(new, gym),
        "a new user never has the id of a deleted one"
    );
    Ok(())
}

#[test]
fn linked_or_foreign_users_do_not_match() -> Result<(), Error> {
    let (
        Site {
            mut state,
            gym,
            ada,
        },
        ids,
    ) = gym_site(&[(Some("ada@example.com"), None, 0)]);
    let mut taken = state.acs_user(ids[0])?.clone();
    taken.user_identity_id = Some(UserIdentityId::from_u128(9).to_string());
    state.replace_user(taken)?;
    let elsewhere = AcsSystemId::from_u128(77);
    state.insert_system(AcsSystem::new(elsewhere, "elsewhere"))?;
    let twin = AcsUser::new(AcsUserId::from_u128(77), elsewhere, "Ada");
    state.insert_user(twin.with_email_address("ada@example.com"))?;

    state.join(ada, gym, NOW)?;
    assert!(!state.is_member(ids[0], gym));
    assert_eq!(state.acs_users().count(), 3, "she got a user of her own");
    Ok(())
}

#[test]
fn leaving_neither_creates_nor_links() -> Result<(), Error> {
    let (
        Site {
            mut state,
            gym,
            ada,
        },
        ids,
    ) = gym_site(&[(Some("ada@example.com"), None, 0)]);
    state.add_user(ids[0], gym)?;
    let before = state.clone();
    assert!(!state.leave(ada, gym)?);
    assert_eq!(state, before);
    assert_eq!(state.revision(), before.revision());
    Ok(())
}

#[test]
fn the_identity_is_checked_before_the_group() {
    let (Site { state, gym, ada }, _) = gym_site(&[]);
    let (nobody, not_found) = (UserIdentityId::from_u128(404), ErrorKind::NotFound);
    check_refused(&state, |s| s.join(nobody, NO_GROUP, NOW), not_found, nobody);
    check_refused(&state, |s| s.join(nobody, gym, NOW), not_found, nobody);
    check_refused(&state, |s| s.join(ada, NO_GROUP, NOW), not_found, NO_GROUP);
    check_refused(&state, |s| s.leave(nobody, NO_GROUP), not_found, nobody);
    check_refused(&state, |s| s.leave(ada, NO_GROUP), not_found, NO_GROUP);
}

#[test]
fn empty_contacts_match_nobody() -> Result<(), Error> {
    let (
        Site {
            mut state,
            gym,
            ada,
        },
        ids,
    ) = gym_site(&[(Some(""), Some(""), 0)]);
    set_contacts(&mut state, ada, "", "");
    state.join(ada, gym, NOW)?;
    assert!(!state.is_member(ids[0], gym));
    Ok(())
}

#[test]
fn indexes_forget_deleted_people() -> Result<(), Error> {
    let (
        Site {
            mut state,
            gym,
            ada,
        },
        ids,
    ) = gym_site(&[(Some("eve@example.com"), Some("+2"), 0)]);
    state.join(ada, gym, NOW)?;
    for user in state.users_of_identity(ada).chain(ids).collect::<Vec<_>>() {
        state.delete_user(user)?;
    }
    assert_eq!(state.user_index, UserIndex::default());
    assert_eq!(state.users_by_creation.after(None, None).count(), 0);
    state.delete_user_identity(ada)?;
    assert_eq!(state.identity_index, IdentityIndex::default());
    assert_eq!(state.identities_by_creation.after(None, None).count(), 0);
    Ok(())
}

#[test]
fn groups_are_listed_by_identity() -> Result<(), Error> {
    let (
        Site {
            mut state,
            gym,
            ada,
        },
        ids,
    ) = gym_site(&[(None, None, 0)]);
    state.add_user(ids[0], gym)?;
    let of_ada = AccessGroupFilter::new().of_identity(ada);
    assert_eq!(state.access_groups(&of_ada).count(), 0);
    state.join(ada, gym, NOW)?;
    assert_eq!(state.access_groups(&of_ada).count(), 1);
    let [user] = state.users_of_identity(ada).collect::<Vec<_>>()[..] else {
        panic!()
    };
    for (both, expected) in [(user, 1), (ids[0], 1), (NO_USER, 0)] {
        let filter = of_ada.clone().of_user(both);
        assert_eq!(state.access_groups(&filter).count(), expected, "{both}");
    }
    state.leave(ada, gym)?;
    let filter = of_ada.of_user(ids[0]);
    assert_eq!(
        state.access_groups(&filter).count(),
        0,
        "both conditions must hold"
    );
    Ok(())
}

const ADA: UserIdentityId = UserIdentityId::from_u128(1);
const GRACE: UserIdentityId = UserIdentityId::from_u128(2);

fn key(text: &str) -> UserIdentityKey {
    text.parse().expect("not empty")
}

/// Both wings, and identities Ada (key "ada") and Grace (grace@example.com, +2), not linked.
fn site() -> Wings {
    let mut wings = wings();
    let mut ada = UserIdentity::new(ADA, "Ada").with_email_address("ada@example.com");
    ada.user_identity_key = Some("ada".into());
    let mut grace = UserIdentity::new(GRACE, "Grace").with_email_address("grace@example.com");
    grace.phone_number = Some("+2".into());
    for identity in [ada, grace] {
        wings.state.insert_identity(identity).expect("fresh");
    }
    wings
}

fn link(
    user: AcsUserId,
    identity: impl Into<UserIdentitySelector>,
) -> impl FnOnce(&mut State) -> Result<bool, Error> {
    let identity = identity.into();
    move |state| state.link_acs_user(user, identity, NOW)
}

#[test]
fn unlinking_reverts_linking() -> Result<(), Error> {
    let Wings {
        mut state,
        east,
        west,
    } = site();
    let before = state.clone();
    assert!(link(east.user, ADA)(&mut state)?);
    let user = state.acs_user(AcsUserSelector::of(ADA, east.system))?;
    assert_eq!(user.acs_user_id, east.user);
    assert_eq!(user.user_identity_full_name, Some(Some("Ada".into())));
    let address = Some(Some("ada@example.com".into()));
    assert_eq!(user.user_identity_email_address, address);
    assert_eq!(user.user_identity_phone_number, Some(None));
    assert_eq!(
        state.user_identity(ADA)?.acs_user_ids,
        [east.user.to_string()]
    );

    let linked = state.clone();
    assert!(!link(east.user, ADA)(&mut state)?);
    assert!(!link(east.user, key("ada"))(&mut state)?);
    assert!(
        !state.unlink_acs_user(east.user, GRACE)?,
        "she is not Grace's"
    );
    assert!(!state.unlink_acs_user(west.user, ADA)?);
    assert_eq!((&state, state.revision()), (&linked, linked.revision()));

    assert!(state.unlink_acs_user(east.user, ADA)?);
    assert_eq!(state, before, "nothing is left of the link");
    assert!(!state.unlink_acs_user(east.user, ADA)?);
    Ok(())
}

#[test]
fn an_identity_lists_a_user_once() -> Result<(), Error> {
    let Wings {
        mut state, east, ..
    } = site();
    let mut identity = state.user_identity(ADA)?.clone();
    identity.acs_user_ids = vec![east.user.to_string()];
    state.replace_identity(identity)?;
    assert!(link(east.user, ADA)(&mut state)?);
    let listed = &state.user_identity(ADA)?.acs_user_ids;
    assert_eq!(listed, &[east.user.to_string()]);
    Ok(())
}

#[test]
fn unlinking_ends_that_link_only() -> Result<(), Error> {
    let Wings {
        mut state,
        east,
        west,
    } = site();
    state.add_user(east.user, east.groups[0])?;
    state.link_acs_user(east.user, ADA, NOW)?;
    state.link_acs_user(west.user, ADA, NOW)?;
    state.unlink_acs_user(east.user, ADA)?;
    assert!(state.users_of_identity(ADA).eq([west.user]));
    assert_eq!(
        state.user_identity(ADA)?.acs_user_ids,
        [west.user.to_string()]
    );
    assert!(state.is_member(east.user, east.groups[0]));
    Ok(())
}

#[test]
fn a_second_link_is_a_conflict() -> Result<(), Error> {
    let Wings {
        mut state, east, ..
    } = site();
    state.link_acs_user(east.user, ADA, NOW)?;
    let second = AcsUserId::from_u128(77);
    state.insert_user(AcsUser::new(second, east.system, "Second"))?;
    let stranger = AcsUserId::from_u128(78);
    let foreign = AcsUser::new(stranger, east.system, "Linked elsewhere");
    state.insert_user(foreign.with_user_identity(NO_IDENTITY))?;
    let conflict = ErrorKind::Conflict;
    check_refused(&state, link(east.user, GRACE), conflict, east.user);
    check_refused(&state, link(east.user, key("new")), conflict, east.user);
    check_refused(&state, link(second, ADA), conflict, east.user);
    check_refused(&state, link(second, key("ada")), conflict, east.user);
    check_refused(&state, link(stranger, GRACE), conflict, stranger);
    Ok(())
}

#[test]
fn the_user_is_checked_before_the_identity() {
    let Wings { state, east, .. } = site();
    let not_found = ErrorKind::NotFound;
    check_refused(&state, link(NO_USER, NO_IDENTITY), not_found, NO_USER);
    check_refused(&state, link(NO_USER, key("new")), not_found, NO_USER);
    check_refused(&state, link(east.user, NO_IDENTITY), not_found, NO_IDENTITY);
    let unlink = |user, identity| move |s: &mut State| s.unlink_acs_user(user, identity);
    check_refused(&state, unlink(NO_USER, NO_IDENTITY), not_found, NO_USER);
    check_refused(
        &state,
        unlink(east.user, NO_IDENTITY),
        not_found,
        NO_IDENTITY,
    );
}

#[test]
fn an_unknown_key_creates_an_identity() -> Result<(), Error> {
    let Wings {
        mut state, east, ..
    } = site();
    let user = state.acs_user(east.user)?.clone();
    let user = user
        .with_email_address("eve@example.com")
        .with_phone_number("+3");
    state.replace_user(user)?;
    assert!(link(east.user, key("eve"))(&mut state)?);
    let made = state.user_identity(key("eve"))?.clone();
    assert_eq!(made.full_name.as_deref(), Some("East User"));
    assert_eq!(made.display_name, "East User");
    assert_eq!(made.email_address.as_deref(), Some("eve@example.com"));
    assert_eq!(made.phone_number.as_deref(), Some("+3"));
    assert_eq!(made.created_at, NOW);
    assert_eq!(made.acs_user_ids, [east.user.to_string()]);
    assert_eq!(
        identity_of(state.acs_user(east.user)?),
        Some(made.user_identity_id)
    );
    assert_eq!(state.user_identities().count(), 3);
    assert!(
        !link(east.user, key("eve"))(&mut state)?,
        "now there is one"
    );
    Ok(())
}

#[test]
fn a_taken_contact_prevents_the_identity() -> Result<(), Error> {
    for (email, phone) in [(Some("GRACE@example.com"), None), (None, Some("+2"))] {
        let Wings {
            mut state, east, ..
        } = site();
        let mut user = state.acs_user(east.user)?.clone();
        user.email_address = email.map(str::to_owned);
        user.phone_number = phone.map(str::to_owned);
        state.replace_user(user)?;
        check_refused(
            &state,
            link(east.user, key("new")),
            ErrorKind::Conflict,
            GRACE,
        );
    }
    Ok(())
}
