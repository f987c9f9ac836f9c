//! Links made and ended by hand.

use access_groups_core::{UserIdentityKey, UserIdentitySelector};

use super::*;

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
fn linking_makes_the_user_the_identitys_and_unlinking_ends_that() -> Result<(), Error> {
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
fn an_identity_lists_a_user_once_even_if_a_file_did_so_before() -> Result<(), Error> {
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
fn a_link_to_somebody_else_is_a_conflict() -> Result<(), Error> {
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
fn the_user_is_looked_at_before_the_identity() {
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
fn a_key_that_nobody_has_makes_an_identity_like_the_user() -> Result<(), Error> {
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
fn a_key_makes_no_identity_that_is_reached_like_another() -> Result<(), Error> {
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
