//! `verify` of both flavours tells what the store holds, whatever was added and removed before.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use access_groups_core::prelude::*;
use access_groups_in_memory::{InMemory, PropagationMode, State};

const MAPLE_COURT: &str = include_str!("../../../examples/maple-court/site.json");
const ROUNDS: usize = 2000;
const SEED: u64 = 11;

/// The result of a future that never waits: the store in memory answers at once.
fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing here waits"),
    }
}

#[expect(clippy::print_stdout, reason = "the seed repeats the run")]
fn check(mode: PropagationMode) {
    println!("seed {SEED}, {ROUNDS} changes");
    let mut random = fastrand::Rng::with_seed(SEED);
    let store = InMemory::new(State::from_site_json(MAPLE_COURT).expect("a site"));
    let store = store.with_propagation(mode);
    let port = store.blocking();
    let users: Vec<AcsUser> = store.read(|state| state.acs_users().cloned().collect());
    let groups = port
        .access_groups(AccessGroupFilter::new())
        .expect("groups");
    let (mut members, mut by_identity) = (0, 0);
    for _ in 0..ROUNDS {
        let user = &users[random.usize(..users.len())];
        let group = &groups[random.usize(..groups.len())];
        let identity = user.user_identity_id.as_deref();
        let named: UserRef = match identity.and_then(|id| id.parse::<UserIdentityId>().ok()) {
            Some(identity) if random.bool() => identity.into(),
            _ => user.acs_user_id.into(),
        };
        // Those of another system are refused, and stay what they are: no members.
        let _ = match random.bool() {
            true => port.add_user(named, group.acs_access_group_id),
            false => port.remove_user(named, group.acs_access_group_id),
        };
        let group = group.acs_access_group_id;
        // By identity, any of its users counts: one of each system, and the group is of one.
        let is_member = store.read(|state| {
            let is_meant = |other: &&AcsUser| match named {
                UserRef::AcsUser(id) => other.acs_user_id == id,
                UserRef::Identity(id) => other.user_identity_id == Some(id.to_string()),
            };
            let mut meant = users.iter().filter(is_meant);
            meant.any(|user| state.is_member(user.acs_user_id, group))
        });
        let found = port.verify(named, group).expect("an answer");
        assert_eq!(found, is_member, "{named} in {group}");
        assert_eq!(ready(store.verify(named, group)).expect("an answer"), found);
        members += usize::from(found);
        by_identity += usize::from(matches!(named, UserRef::Identity(_)));
    }
    assert!(
        members > ROUNDS / 10 && members < ROUNDS,
        "{members} were members"
    );
    assert!(by_identity > 0);
}

#[test]
fn verify_tells_what_the_store_holds() {
    check(PropagationMode::Immediate);
}

#[test]
fn verify_tells_what_was_accepted() {
    check(PropagationMode::Manual);
}

#[test]
fn whoever_does_not_exist_is_no_member() {
    let store = InMemory::new(State::from_site_json(MAPLE_COURT).expect("a site"));
    let port = store.blocking();
    let group = store.read(|state| {
        let filter = AccessGroupFilter::new();
        let mut groups = state.access_groups(&filter);
        groups.next().expect("a group").acs_access_group_id
    });
    let user = store.read(|state| state.acs_users().next().expect("a user").acs_user_id);
    let nobody = AcsUserId::from_u128(9);
    assert!(!port.verify(nobody, group).expect("an answer"));
    assert!(
        !port
            .verify(UserIdentityId::from_u128(9), group)
            .expect("an answer")
    );
    assert!(
        !port
            .verify(user, AccessGroupId::from_u128(9))
            .expect("an answer")
    );
    assert!(!ready(store.verify(nobody, group)).expect("an answer"));
}
