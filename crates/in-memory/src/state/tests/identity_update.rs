//! Identities changed, and what their users show of it.

use access_groups_core::{Patch, UserIdentityUpdate};

use super::{
    identities::{key, site},
    *,
};

/// The update turns the identity into this one, and the second time changes nothing.
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
fn an_updated_identity_keeps_what_was_not_named_and_its_users_follow() {
    let nothing = UserIdentityUpdate::default;
    check_update(nothing(), |_| ());
    let name = Patch::Set("Ada King".parse().expect("a name"));
    check_update(
        UserIdentityUpdate {
            full_name: name,
            ..nothing()
        },
        |it| {
            it.full_name = Some("Ada King".into());
            it.display_name = "Ada King".into();
        },
    );
    check_update(
        UserIdentityUpdate {
            full_name: Patch::Clear,
            ..nothing()
        },
        |it| {
            it.full_name = None;
            it.display_name = "ada@example.com".into();
        },
    );
    let address = Patch::Set("ADA@example.com".parse().expect("an address"));
    check_update(
        UserIdentityUpdate {
            email_address: address,
            ..nothing()
        },
        |it| {
            it.email_address = Some("ADA@example.com".into());
        },
    );
    check_update(
        UserIdentityUpdate {
            phone_number: Patch::Clear,
            ..nothing()
        },
        |it| {
            it.phone_number = None;
        },
    );
    let other = Patch::Set(key("lovelace"));
    check_update(
        UserIdentityUpdate {
            key: other,
            ..nothing()
        },
        |it| {
            it.user_identity_key = Some("lovelace".into());
        },
    );
}

#[test]
fn a_display_name_of_its_own_stays_until_the_name_changes() -> Result<(), Error> {
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
fn an_update_that_shows_nothing_new_leaves_the_users_alone() -> Result<(), Error> {
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
fn old_and_new_key_are_told_apart_after_an_update() -> Result<(), Error> {
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
