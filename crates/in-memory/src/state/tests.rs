mod directory;
mod identities;
mod links;
mod operations;
mod pages;
mod people;
mod provision;
mod resources;
mod slice;
mod users;

use access_groups_core::{AccessGroupFilter, AcsUserSelector, ErrorKind, UserRef};
use proptest::prelude::*;

use super::*;
use crate::{SiteBuilder, index::identity_of};

/// Two wings with a user, two groups and an entrance each.
struct Wings {
    state: State,
    east: Wing,
    west: Wing,
}

struct Wing {
    system: AcsSystemId,
    user: AcsUserId,
    groups: [AccessGroupId; 2],
    door: EntranceId,
}

fn wings() -> Wings {
    let mut site = SiteBuilder::new();
    let [east, west] = ["East", "West"].map(|name| Wing {
        system: site.new_system(name),
        user: site.user(format!("{name} User")),
        groups: site.groups([format!("{name} Gym"), format!("{name} Pool")]),
        door: site.entrance(format!("{name} Door")),
    });
    let state = site.build_state();
    Wings { state, east, west }
}

const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000_000);
const NO_IDENTITY: UserIdentityId = UserIdentityId::from_u128(404);
const NO_USER: AcsUserId = AcsUserId::from_u128(404);
const NO_GROUP: AccessGroupId = AccessGroupId::from_u128(404);
const NO_SYSTEM: AcsSystemId = AcsSystemId::from_u128(404);
const NO_ENTRANCE: EntranceId = EntranceId::from_u128(404);

/// The change is refused with this kind and subject, and changes nothing.
fn check_refused<T: std::fmt::Debug>(
    state: &State,
    change: impl FnOnce(&mut State) -> Result<T, Error>,
    kind: ErrorKind,
    subject: impl Into<Subject>,
) -> Error {
    let mut changed = state.clone();
    let error = change(&mut changed).expect_err("refused");
    assert_eq!(error.kind(), kind, "{error}");
    assert_eq!(error.subject(), Some(subject.into()), "{error}");
    assert_eq!(&changed, state, "{error}");
    assert_eq!(changed.revision(), state.revision(), "{error}");
    error
}

#[test]
fn adding_or_removing_twice_changes_something_once() {
    let Wings {
        mut state, east, ..
    } = wings();
    let group = east.groups[0];
    let mut seen = vec![state.revision()];
    let mut check = |state: &mut State, changed: Result<bool, Error>, expected: bool| {
        assert_eq!(changed.expect("it succeeds"), expected);
        seen.push(state.revision());
    };
    let changed = state.add_user(east.user, group);
    check(&mut state, changed, true);
    let changed = state.add_user(east.user, group);
    check(&mut state, changed, false);
    assert!(state.is_member(east.user, group));
    let changed = state.remove_user(east.user, group);
    check(&mut state, changed, true);
    let changed = state.remove_user(east.user, group);
    check(&mut state, changed, false);
    assert!(!state.is_member(east.user, group));
    assert!(seen[0] < seen[1] && seen[1] == seen[2]);
    assert!(seen[2] < seen[3] && seen[3] == seen[4]);
}

#[test]
fn the_user_is_checked_before_the_group() {
    let Wings { state, east, .. } = wings();
    let not_found = ErrorKind::NotFound;
    let [group, _] = east.groups;
    check_refused(
        &state,
        |s| s.add_user(NO_USER, NO_GROUP),
        not_found,
        NO_USER,
    );
    check_refused(&state, |s| s.add_user(NO_USER, group), not_found, NO_USER);
    check_refused(
        &state,
        |s| s.add_user(east.user, NO_GROUP),
        not_found,
        NO_GROUP,
    );
    check_refused(
        &state,
        |s| s.remove_user(NO_USER, NO_GROUP),
        not_found,
        NO_USER,
    );
    check_refused(
        &state,
        |s| s.remove_user(NO_USER, group),
        not_found,
        NO_USER,
    );
    check_refused(
        &state,
        |s| s.remove_user(east.user, NO_GROUP),
        not_found,
        NO_GROUP,
    );
}

#[test]
fn adding_across_systems_is_invalid_and_removing_changes_nothing() {
    let Wings {
        mut state,
        east,
        west,
    } = wings();
    let group = west.groups[0];
    let mut changed = state.clone();
    let refused = changed.add_user(east.user, group).expect_err("refused");
    assert_eq!((&changed, changed.revision()), (&state, state.revision()));
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    assert_eq!(refused.code(), Some("invalid_input"));
    let message = refused.to_string();
    let named = [
        east.user.to_string(),
        group.to_string(),
        east.system.to_string(),
        west.system.to_string(),
    ];
    assert!(named.iter().all(|id| message.contains(id)), "{message}");

    let before = state.clone();
    assert!(!state.remove_user(east.user, group).expect("a non-member"));
    assert_eq!(state, before);
    assert_eq!(state.revision(), before.revision());
}

#[test]
fn leaving_a_group_keeps_the_others() -> Result<(), Error> {
    let Wings {
        mut state, east, ..
    } = wings();
    let [gym, pool] = east.groups;
    state.add_user(east.user, gym)?;
    state.add_user(east.user, pool)?;
    state.remove_user(east.user, gym)?;
    assert!(state.groups_of(east.user).eq([pool]));
    assert!(state.members_of(pool).eq([east.user]));
    assert!(state.members_of(gym).next().is_none());
    assert!(state.memberships().eq([(east.user, pool)]));
    Ok(())
}

#[test]
fn unknown_ids_are_not_found() {
    let state = State::new();
    let check = |error: Option<Error>, subject: Subject| {
        let error = error.expect("not found");
        assert_eq!(error.code(), Some(subject.not_found_code()));
        assert_eq!(error.subject(), Some(subject));
    };
    check(state.access_group(NO_GROUP).err(), NO_GROUP.into());
    check(state.users_in_group(NO_GROUP).err(), NO_GROUP.into());
    check(state.entrances_of_group(NO_GROUP).err(), NO_GROUP.into());
    check(state.acs_user(NO_USER).err(), NO_USER.into());
    check(state.entrance(NO_ENTRANCE).err(), NO_ENTRANCE.into());
    check(state.acs_system(NO_SYSTEM).err(), NO_SYSTEM.into());
    check(state.user_identity(NO_IDENTITY).err(), NO_IDENTITY.into());
}

#[test]
fn listed_groups_match_every_condition() -> Result<(), Error> {
    let Wings {
        mut state,
        east,
        west,
    } = wings();
    let [gym, pool] = east.groups;
    state.add_user(east.user, gym)?;
    let check = |filter: AccessGroupFilter, expected: &[AccessGroupId]| {
        let groups = state.access_groups(&filter);
        let found: Vec<_> = groups.map(|group| group.acs_access_group_id).collect();
        assert_eq!(found, expected, "{filter:?}");
    };
    let all = AccessGroupFilter::new;
    let search = || all().matching("GYM".parse().expect("not empty"));
    check(all(), &[gym, pool, west.groups[0], west.groups[1]]);
    check(all().in_system(east.system), &east.groups);
    check(all().in_system(NO_SYSTEM), &[]);
    check(all().of_user(east.user), &[gym]);
    check(all().of_user(west.user), &[]);
    check(all().of_user(NO_USER), &[]);
    check(all().of_user(east.user).in_system(west.system), &[]);
    check(search(), &[gym, west.groups[0]]);
    check(search().in_system(west.system), &[west.groups[0]]);
    check(search().of_user(east.user), &[gym]);
    Ok(())
}

proptest! {
    /// Random calls, known and unknown ids mixed, against a plain list of pairs.
    #[test]
    fn random_calls_obey_the_contract(
        calls in prop::collection::vec((any::<bool>(), 0..4_usize, 0..6_usize), 0..40)
    ) {
        let Wings { mut state, east, west } = wings();
        let users = [(east.user, Some(0)), (west.user, Some(1)), (NO_USER, None), (NO_USER, None)];
        let groups = [
            (east.groups[0], Some(0)),
            (east.groups[1], Some(0)),
            (west.groups[0], Some(1)),
            (west.groups[1], Some(1)),
            (NO_GROUP, None),
            (NO_GROUP, None),
        ];
        let mut pairs: Vec<(AcsUserId, AccessGroupId)> = Vec::new();
        for (adds, user, group) in calls {
            let ((user, of_user), (group, of_group)) = (users[user], groups[group]);
            let revision = state.revision();
            let result = if adds { state.add_user(user, group) } else { state.remove_user(user, group) };
            let was_in = pairs.contains(&(user, group));
            let expected = match (of_user, of_group) {
                (None, _) => Err(Some(Subject::from(user))),
                (_, None) => Err(Some(group.into())),
                (of_user, of_group) if adds && of_user != of_group => Err(None),
                _ => Ok(adds != was_in),
            };
            prop_assert_eq!(state.revision() > revision, expected == Ok(true));
            prop_assert_eq!(result.map_err(|error| error.subject()), expected);
            if expected.is_ok() {
                pairs.retain(|pair| *pair != (user, group));
                if adds {
                    pairs.push((user, group));
                }
            }
            pairs.sort_by_key(|(user, group)| (*group, *user));
            prop_assert!(state.memberships().eq(pairs.iter().copied()));
        }
    }
}
