//! Lists in pages.

use std::{fmt, num::NonZeroU32};

use access_groups_core::{
    AcsUserFilter, EntranceFilter, Page, PageCursor, PageRequest, UserIdentityFilter,
};

use super::*;
use crate::index::Paged;

/// All pages, one after the other.
fn walk<T: Clone>(
    limit: Option<NonZeroU32>,
    ask: impl Fn(&PageRequest) -> Result<Page<T>, Error>,
) -> Vec<Vec<T>> {
    let mut request = PageRequest::first();
    request.limit = limit;
    let mut pages = Vec::new();
    loop {
        let page = ask(&request).expect("a cursor of its own");
        pages.push(page.items);
        assert!(pages.len() < 1000, "too many pages");
        match page.next {
            Some(cursor) => request = request.after(cursor),
            None => return pages,
        }
    }
}

/// The pages hold what is expected, in order; all are full but the last.
fn check<T: Paged + PartialEq + fmt::Debug>(
    limit: u32,
    ask: impl Fn(&PageRequest) -> Result<Page<T>, Error>,
    mut expected: Vec<T>,
) {
    expected.sort_by_key(Paged::position);
    let limit = NonZeroU32::new(limit).expect("not zero");
    let pages = walk(Some(limit), ask);
    let full = pages.len() - 1;
    assert!(
        pages
            .iter()
            .take(full)
            .all(|page| page.len() == limit.get() as usize)
    );
    assert!(full == 0 || !pages[full].is_empty(), "no empty page");
    assert_eq!(pages.concat(), expected);
}

const SYSTEMS: [AcsSystemId; 2] = [AcsSystemId::from_u128(1), AcsSystemId::from_u128(2)];

/// What a generated row is like: its system, its age, and which of three identities it has.
type Row = (usize, u32, usize);

/// A state with these users, entrances and identities; then every third one gets another age,
/// and every fifth user is deleted.
fn state(rows: &[Row]) -> State {
    let mut state = State::new();
    for system in SYSTEMS {
        state
            .insert_system(AcsSystem::new(system, "Main"))
            .expect("fresh");
    }
    for (number, &(system, seconds, identity)) in rows.iter().enumerate() {
        fill(&mut state, number, SYSTEMS[system], seconds, identity).expect("fresh");
    }
    for number in (0..rows.len()).step_by(3) {
        let user = state.acs_user(user_id(number)).expect("there").clone();
        let later = Timestamp::from_unix_seconds(4);
        state
            .replace_user(user.with_created_at(later))
            .expect("there");
        let identity = state
            .user_identity(identity_id(number))
            .expect("there")
            .clone();
        state
            .replace_identity(identity.with_created_at(later))
            .expect("there");
    }
    for number in (0..rows.len()).step_by(5) {
        state.delete_user(user_id(number)).expect("there");
    }
    state
}

fn fill(
    state: &mut State,
    number: usize,
    system: AcsSystemId,
    seconds: u32,
    identity: usize,
) -> Result<(), Error> {
    let created_at = Timestamp::from_unix_seconds(seconds);
    let mut person = UserIdentity::new(identity_id(number), format!("Identity {number}"))
        .with_created_at(created_at);
    person.email_address = Some(format!("{}@example.com", number % 2)); // a file may repeat it
    person.phone_number = (!number.is_multiple_of(3)).then(|| format!("+{}", number % 3));
    state.insert_identity(person)?;
    let user = AcsUser::new(user_id(number), system, format!("User {number}"));
    state.insert_user(
        user.with_created_at(created_at)
            .with_user_identity(identity_id(identity)),
    )?;
    let id = EntranceId::from_u128(number as u128);
    let door = Entrance::new(id, system, format!("Door {number}"));
    state.insert_entrance(door.with_created_at(created_at))
}

fn user_id(number: usize) -> AcsUserId {
    AcsUserId::from_u128(99 - number as u128) // neither by age nor by number
}

fn identity_id(number: usize) -> UserIdentityId {
    UserIdentityId::from_u128(number as u128)
}

fn user_filters() -> Vec<AcsUserFilter> {
    let contact = |text: &str| text.parse().expect("short");
    let all = AcsUserFilter::new;
    let reached = |email: Option<Option<&str>>, phone: Option<Option<&str>>| {
        let mut filter = all();
        filter.identity_email_address = email.map(|email| email.map(contact));
        filter.identity_phone_number = phone.map(|phone| phone.map(contact));
        filter
    };
    let before = Timestamp::from_unix_seconds(2);
    vec![
        all(),
        all().in_system(SYSTEMS[1]),
        all().in_system(NO_SYSTEM),
        all().of_identity(identity_id(1)),
        all().of_identity(NO_IDENTITY),
        all()
            .of_identity(identity_id(1))
            .in_system(SYSTEMS[0])
            .created_before(before),
        all().created_before(before),
        all().created_before(before).in_system(SYSTEMS[0]),
        all().matching("USER 1".parse().expect("not empty")),
        reached(Some(Some("1@EXAMPLE.com")), None),
        reached(Some(Some("")), None),
        reached(Some(None), None),
        reached(None, Some(Some("+1"))),
        reached(None, Some(None)),
        reached(Some(Some("1@example.com")), Some(Some("+1"))),
        reached(Some(Some("0@example.com")), Some(None)),
    ]
}

fn entrance_filters() -> Vec<EntranceFilter> {
    let all = EntranceFilter::new;
    let some = [3, 1, 404, 1].map(EntranceId::from_u128);
    vec![
        all(),
        all().in_system(SYSTEMS[1]),
        all().in_system(NO_SYSTEM),
        all().among([]),
        all().among(some),
        all().among(some).in_system(SYSTEMS[0]),
        all().matching("door 1".parse().expect("not empty")),
    ]
}

fn identity_filters() -> Vec<UserIdentityFilter> {
    let all = UserIdentityFilter::new;
    let mut early = all();
    early.created_before = Some(Timestamp::from_unix_seconds(2));
    let mut managed = all();
    managed.credential_manager = Some(SYSTEMS[0]);
    let some = [3, 1, 404, 1].map(UserIdentityId::from_u128);
    vec![
        all(),
        all().among([]),
        all().among(some),
        all().matching("identity 1".parse().expect("not empty")),
        early,
        managed,
    ]
}

proptest! {
    /// Against what a look at everything gives, for any filter and any limit.
    #[test]
    fn pages_hold_every_row_once_in_order(
        rows in prop::collection::vec((0..2_usize, 0..4_u32, 0..3_usize), 0..14),
        limit in 1..6_u32,
    ) {
        let state = state(&rows);
        for filter in user_filters() {
            let fits = |user: &&AcsUser| {
                let identity = identity_of(user).and_then(|id| state.user_identity(id).ok());
                filter.fits(user, identity)
            };
            let expected = state.acs_users().filter(fits).cloned().collect();
            check(limit, |page| state.acs_users_page(&filter, page), expected);
        }
        for filter in entrance_filters() {
            let fitting = state.entrances().filter(|entrance| filter.fits(entrance));
            let expected = fitting.cloned().collect();
            check(limit, |page| state.entrances_page(&filter, page), expected);
        }
        for filter in identity_filters() {
            let fitting = state.user_identities().filter(|identity| filter.fits(identity));
            let expected = fitting.cloned().collect();
            check(limit, |page| state.user_identities_page(&filter, page), expected);
        }
    }
}

#[test]
fn a_page_has_its_default_limit() -> Result<(), Error> {
    let mut state = State::new();
    state.insert_system(AcsSystem::new(SYSTEMS[0], "Main"))?;
    for number in 0..901_u128 {
        let user = AcsUser::new(AcsUserId::from_u128(number), SYSTEMS[0], "Ada");
        state.insert_user(user)?;
        let door = Entrance::new(EntranceId::from_u128(number), SYSTEMS[0], "Door");
        state.insert_entrance(door)?;
        let identity = UserIdentity::new(UserIdentityId::from_u128(number), "Ada");
        state.insert_identity(identity)?;
    }
    let users = AcsUserFilter::new();
    let pages = walk(None, |page| state.acs_users_page(&users, page));
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [500, 401]);
    let doors = EntranceFilter::new();
    let pages = walk(None, |page| state.entrances_page(&doors, page));
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [900, 1]);
    let people = UserIdentityFilter::new();
    let pages = walk(None, |page| state.user_identities_page(&people, page));
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [500, 401]);
    Ok(())
}

#[test]
fn a_cursor_belongs_to_its_filter() -> Result<(), Error> {
    let state = state(&[(0, 0, 0); 4]);
    let one = PageRequest::first().with_limit(NonZeroU32::MIN);
    let code = |error: Option<Error>| error.and_then(|error| error.code().map(str::to_owned));
    let mismatched = Some("mismatched_page_parameters".to_owned());
    let strange = one.clone().after(PageCursor::new("strange"));

    let (all, some) = (
        AcsUserFilter::new(),
        AcsUserFilter::new().in_system(SYSTEMS[0]),
    );
    let cursor = state
        .acs_users_page(&all, &one)?
        .next
        .expect("there are more");
    let next = one.clone().after(cursor);
    assert!(state.acs_users_page(&all, &next).is_ok());
    assert_eq!(code(state.acs_users_page(&some, &next).err()), mismatched);
    let refused = state.acs_users_page(&all, &strange).err();
    assert_eq!(code(refused), Some("invalid_input".into()));

    let (all, some) = (
        EntranceFilter::new(),
        EntranceFilter::new().in_system(SYSTEMS[0]),
    );
    let cursor = state
        .entrances_page(&all, &one)?
        .next
        .expect("there are more");
    let next = one.clone().after(cursor);
    assert_eq!(code(state.entrances_page(&some, &next).err()), mismatched);

    let (all, some) = (
        UserIdentityFilter::new(),
        UserIdentityFilter::new().among([]),
    );
    let cursor = state
        .user_identities_page(&all, &one)?
        .next
        .expect("there are more");
    let next = one.after(cursor);
    assert_eq!(
        code(state.user_identities_page(&some, &next).err()),
        mismatched
    );
    Ok(())
}

#[test]
fn pages_stay_consistent_during_changes() -> Result<(), Error> {
    let mut state = state(&[(0, 1, 0), (0, 2, 0), (0, 3, 0), (0, 3, 0)]);
    let all = AcsUserFilter::new();
    let one = PageRequest::first().with_limit(NonZeroU32::MIN);
    let first = state.acs_users_page(&all, &one)?;
    let mut left: Vec<_> = state.acs_users().map(|user| user.acs_user_id).collect();
    let seen = first.items[0].acs_user_id;
    left.retain(|user| *user != seen);
    state.delete_user(seen)?; // the cursor names a row that is gone
    let mut request = one.after(first.next.expect("there are more"));
    let mut found = Vec::new();
    loop {
        let page = state.acs_users_page(&all, &request)?;
        found.extend(page.items.iter().map(|user| user.acs_user_id));
        assert!(found.len() <= left.len(), "too many pages");
        let Some(cursor) = page.next else { break };
        request = request.after(cursor);
    }
    found.sort();
    assert_eq!(found, left);
    Ok(())
}
