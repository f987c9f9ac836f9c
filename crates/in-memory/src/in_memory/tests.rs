use std::{
    pin::pin,
    task::{Poll, Waker},
    thread,
};

use access_groups_core::{
    AccessGroupId, AccessGroups, AcsUserId, BlockingAccessGroups, EntranceId, ErrorKind,
};

use super::*;
use crate::SiteBuilder;

/// The result of a future that never waits.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut std::task::Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("memory never waits"),
    }
}

/// A member of one group of two, which opens one door of two.
fn site() -> (State, AcsUserId, [AccessGroupId; 2], [EntranceId; 2]) {
    let mut site = SiteBuilder::new();
    let ada = site.user("Ada");
    let groups = site.groups(["Gym", "Pool"]);
    let doors = site.entrances(["Front Door", "Side Door"]);
    site.members(groups[0], [ada]).opens(groups[0], [doors[1]]);
    (site.build_state(), ada, groups, doors)
}

#[test]
fn clones_and_both_flavours_share_one_state() -> Result<(), Error> {
    let (state, ada, [_, pool], _) = site();
    let port = InMemory::new(state);
    ready(port.clone().add_user(ada, pool))?;
    assert!(port.read(|state| state.is_member(ada, pool)));
    port.blocking().remove_user(ada, pool)?;
    assert!(!port.read(|state| state.is_member(ada, pool)));
    let back = port.blocking().clone().asynchronous();
    ready(back.add_user(ada, pool))?;
    assert!(port.snapshot().is_member(ada, pool));
    Ok(())
}

#[test]
fn the_clock_gives_whole_milliseconds() {
    let now = system_clock();
    assert_eq!(now, now.whole_milliseconds());
    assert!(now > Timestamp::UNIX_EPOCH);
}

#[test]
fn a_snapshot_does_not_change() -> Result<(), Error> {
    let (state, ada, [_, pool], _) = site();
    let port = BlockingInMemory::new(state);
    let before = port.snapshot();
    port.add_user(ada, pool)?;
    assert!(!before.is_member(ada, pool));
    Ok(())
}

#[test]
fn a_new_store_is_empty() -> Result<(), Error> {
    let port = InMemory::default();
    let (state, ada, [gym, pool], _) = site();
    let refused = ready(port.add_user(ada, pool)).expect_err("nobody there");
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    port.update(|empty| *empty = state);
    ready(port.add_user(ada, pool))?;
    assert!(port.read(|state| state.groups_of(ada).eq([gym, pool])));
    Ok(())
}

#[test]
fn a_panic_in_update_poisons_nothing() -> Result<(), Error> {
    let (state, ada, [_, pool], _) = site();
    let port = BlockingInMemory::new(state);
    let inside = port.clone();
    let panicked = thread::spawn(move || inside.update(|_| panic!("on purpose"))).join();
    assert!(panicked.is_err());
    port.add_user(ada, pool)?;
    assert!(port.read(|state| state.is_member(ada, pool)));
    Ok(())
}

#[test]
fn threads_can_share_a_store() -> Result<(), Error> {
    let mut site = SiteBuilder::new();
    let gym = site.group("Gym");
    let users: [AcsUserId; 8] = std::array::from_fn(|n| site.user(format!("User {n}")));
    let port = site.build_blocking();
    thread::scope(|scope| {
        for user in users {
            let port = port.clone();
            scope.spawn(move || {
                for _ in 0..50 {
                    port.remove_user(user, gym).expect("both exist");
                    port.add_user(user, gym).expect("both exist");
                }
            });
        }
    });
    assert_eq!(port.users_in_group(gym)?.len(), users.len());
    Ok(())
}

#[test]
fn debug_shows_no_names_and_never_blocks() {
    let (state, ..) = site();
    let port = InMemory::new(state);
    let shown = format!("{port:?}");
    assert_eq!(
        shown,
        "InMemory { users: 1, memberships: 1, revision: 8, .. }"
    );
    let shown = port.update(|_| format!("{:?}", port.blocking()));
    assert_eq!(shown, "BlockingInMemory { .. }");
}

#[test]
fn a_user_is_found_by_email_address() -> Result<(), Error> {
    use access_groups_core::BlockingAccessGroupPortExt;
    let mut site = SiteBuilder::new();
    let address = |user: access_groups_core::AcsUser| user.with_email_address("Ada@Example.com");
    let (ada, east) = (site.user("Ada"), site.system());
    site.edit_user(ada, address);
    let other = site.user("Eve");
    site.edit_user(other, |user| user.with_email_address("xada@example.com"));
    let port = site.build_blocking();
    let wanted = "ada@example.com".parse()?;
    let found = port.acs_user_by_email_address(&wanted, None)?;
    assert_eq!(found.acs_user_id, ada);
    let nobody = port.acs_user_by_email_address(&"eve@example.com".parse()?, None);
    assert_eq!(nobody.expect_err("nobody").kind(), ErrorKind::NotFound);

    let west = site.new_system("West");
    let twin = site.user("Ada");
    site.edit_user(twin, address);
    let port = site.build_blocking();
    let several = port
        .acs_user_by_email_address(&wanted, None)
        .expect_err("two");
    assert_eq!(several.kind(), ErrorKind::Conflict);
    assert!(several.message().contains(&twin.to_string()), "{several}");
    for (system, user) in [(east, ada), (west, twin)] {
        let port = port.asynchronous();
        let found = access_groups_core::AccessGroupPortExt::acs_user_by_email_address(
            &port,
            &wanted,
            Some(system),
        );
        let found = ready(found)?;
        assert_eq!(found.acs_user_id, user);
    }
    Ok(())
}

#[test]
fn a_group_is_found_by_either_name() -> Result<(), Error> {
    use access_groups_core::BlockingAccessGroupPortExt;
    let mut site = SiteBuilder::new();
    let gym = site.group("Gym");
    site.edit_group(gym, |group| group.with_display_name("Residents' gym"));
    let port = site.build_blocking();
    for name in ["Gym", " GYM", "residents’ gym"] {
        assert_eq!(
            port.access_group_by_name(name, None)?.acs_access_group_id,
            gym
        );
    }
    for wrong in ["Gy", "Residents", ""] {
        let error = port
            .access_group_by_name(wrong, None)
            .expect_err("no such name");
        assert_eq!(error.kind(), ErrorKind::NotFound, "{wrong}");
    }
    Ok(())
}
