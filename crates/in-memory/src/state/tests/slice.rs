//! Slices: states without the checks of insertion.

use access_groups_core::{AcsUserFilter, PageRequest};

use super::*;

const MAIN: AcsSystemId = AcsSystemId::from_u128(1);
const ADA: AcsUserId = AcsUserId::from_u128(2);
const PERSON: UserIdentityId = UserIdentityId::from_u128(3);
const GYM: AccessGroupId = AccessGroupId::from_u128(4);

fn rows() -> Slice {
    let ada = AcsUser::new(ADA, MAIN, "Ada").with_email_address("ada@x.org");
    Slice {
        systems: vec![AcsSystem::new(MAIN, "Main")],
        identities: vec![UserIdentity::new(PERSON, "Ada").with_email_address("ada@x.org")],
        users: vec![ada],
        groups: vec![AccessGroup::new(GYM, MAIN, "Gym")],
        ..Slice::default()
    }
}

#[test]
fn indexes_hold_what_the_slice_holds() -> Result<(), Error> {
    let mut state = State::from_slice(rows(), 7);
    assert_eq!(state.revision(), 7);
    state.join(PERSON, GYM, NOW)?;
    assert!(state.is_member(ADA, GYM));
    Ok(())
}

#[test]
fn a_later_row_replaces_an_earlier_one() -> Result<(), Error> {
    let mut slice = rows();
    slice.append(Slice {
        users: vec![AcsUser::new(ADA, MAIN, "Ada").with_email_address("new@x.org")],
        identities: vec![UserIdentity::new(PERSON, "Ada").with_email_address("ada@x.org")],
        groups: vec![AccessGroup::new(GYM, MAIN, "Pool")],
        ..Slice::default()
    });
    let mut state = State::from_slice(slice, 7);
    state.join(PERSON, GYM, NOW)?;
    // The earlier address finds nobody, so there is a new user.
    assert!(!state.is_member(ADA, GYM));
    assert_eq!(state.acs_users().count(), 2);
    assert_eq!(state.access_group(GYM)?.name, "Pool");
    let page = state.acs_users_page(&AcsUserFilter::new(), &PageRequest::first())?;
    assert_eq!(page.items.len(), 2);
    Ok(())
}
