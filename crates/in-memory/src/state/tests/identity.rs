//! The rules of identities.

use super::*;

/// A system with a gym, and identity Ada, who can be reached at ada@example.com and +1.
struct Site {
    state: State,
    gym: AccessGroupId,
    ada: UserIdentityId,
}

/// With these users in the gym's system: e-mail, phone, seconds since 1970 of their creation.
fn site(users: &[(Option<&str>, Option<&str>, u32)]) -> (Site, Vec<AcsUserId>) {
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
    reach(&mut state, ada, "ada@example.com", "+1");
    (Site { state, gym, ada }, ids)
}

fn reach(state: &mut State, identity: UserIdentityId, email: &str, phone: &str) {
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
    ) = site(users);
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
fn an_identity_is_linked_by_email_then_by_phone_then_by_age() {
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
fn an_identity_that_matches_nobody_gets_a_user() -> Result<(), Error> {
    let (
        Site {
            mut state,
            gym,
            ada,
        },
        others,
    ) = site(&[(Some("eve@example.com"), None, 0)]);
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
fn a_user_of_somebody_else_or_of_another_system_is_never_taken() -> Result<(), Error> {
    let (
        Site {
            mut state,
            gym,
            ada,
        },
        ids,
    ) = site(&[(Some("ada@example.com"), None, 0)]);
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
    ) = site(&[(Some("ada@example.com"), None, 0)]);
    state.add_user(ids[0], gym)?;
    let before = state.clone();
    assert!(!state.leave(ada, gym)?);
    assert_eq!(state, before);
    assert_eq!(state.revision(), before.revision());
    Ok(())
}

#[test]
fn the_identity_is_looked_at_before_the_group() {
    let (Site { state, gym, ada }, _) = site(&[]);
    let (nobody, not_found) = (UserIdentityId::from_u128(404), ErrorKind::NotFound);
    check_refused(&state, |s| s.join(nobody, NO_GROUP, NOW), not_found, nobody);
    check_refused(&state, |s| s.join(nobody, gym, NOW), not_found, nobody);
    check_refused(&state, |s| s.join(ada, NO_GROUP, NOW), not_found, NO_GROUP);
    check_refused(&state, |s| s.leave(nobody, NO_GROUP), not_found, nobody);
    check_refused(&state, |s| s.leave(ada, NO_GROUP), not_found, NO_GROUP);
}

#[test]
fn an_empty_address_or_number_reaches_nobody() -> Result<(), Error> {
    let (
        Site {
            mut state,
            gym,
            ada,
        },
        ids,
    ) = site(&[(Some(""), Some(""), 0)]);
    reach(&mut state, ada, "", "");
    state.join(ada, gym, NOW)?;
    assert!(!state.is_member(ids[0], gym));
    Ok(())
}

#[test]
fn nothing_is_kept_of_people_who_are_gone() -> Result<(), Error> {
    let (
        Site {
            mut state,
            gym,
            ada,
        },
        ids,
    ) = site(&[(Some("eve@example.com"), Some("+2"), 0)]);
    state.join(ada, gym, NOW)?;
    for user in state.users_of_identity(ada).chain(ids).collect::<Vec<_>>() {
        state.delete_user(user)?;
    }
    assert_eq!(state.people, People::default());
    assert_eq!(state.users_by_age.after(None, None).count(), 0);
    state.delete_user_identity(ada)?;
    assert_eq!(state.marks, Marks::default());
    assert_eq!(state.identities_by_age.after(None, None).count(), 0);
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
    ) = site(&[(None, None, 0)]);
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
