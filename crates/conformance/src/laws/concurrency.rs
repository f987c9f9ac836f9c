//! Several handles, several threads.

use std::thread;

use access_groups_core::{ListUsersInGroup, RemoveUser};

use crate::{
    Site,
    case::{Bench, Case, Checked, Through},
};

use super::*;

/// How many threads call at once.
const CALLERS: usize = 4;

/// How often each of them goes in and out before it stays.
const ROUNDS: usize = 4;

/// Each change through one handle is read through the other.
pub(crate) fn a_change_is_seen_by_every_later_call(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let main = site.system("Main");
    let (ada, grace) = (site.user(main, "Ada"), site.user(main, "Grace"));
    let (gym, pool) = (site.group(main, "Gym"), site.group(main, "Pool"));
    site.members(gym, &[grace]);
    site.members(pool, &[grace]);
    let case = Case::open(bench, &site);

    let members_through = |through, expected: &[AcsUserId]| {
        let users = case.call_through(through, ListUsersInGroup { group: gym })?;
        let listed = users.iter().map(|it| it.acs_user_id).collect();
        case.must_equal("the members of the group", &listed, expected)
    };
    members_through(Through::Clone, &[grace])?;
    case.add(ada, gym)?;
    members_through(Through::Clone, &[ada, grace])?;
    let user = grace.into();
    case.call_through(Through::Clone, RemoveUser { user, group: gym })?;
    members_through(Through::Port, &[ada])?;
    case.call_through(Through::Clone, DeleteAccessGroup { group: pool })?;
    let listed = case.groups(all())?;
    case.must_equal("all groups", &listed, &[gym])
}

/// Each thread moves a user of its own in and out of one group, and takes another one out.
pub(crate) fn calls_at_once_lose_nothing(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let main = site.system("Main");
    let (joining, leaving) = (site.users(main, CALLERS), site.users(main, CALLERS));
    let gym = site.group(main, "Gym");
    site.members(gym, &leaving);
    let case = Case::open(bench, &site);

    let call = &|(joining, leaving): (AcsUserId, AcsUserId)| {
        for _ in 0..ROUNDS {
            case.add(joining, gym)?;
            case.remove(joining, gym)?;
        }
        case.add(joining, gym)?;
        case.remove(leaving, gym)
    };
    let pairs = joining.iter().copied().zip(leaving);
    thread::scope(|scope| {
        let callers: Vec<_> = pairs.map(|pair| scope.spawn(move || call(pair))).collect();
        callers.into_iter().try_for_each(|caller| {
            let panicked = |panic| std::panic::resume_unwind(panic);
            caller.join().unwrap_or_else(panicked)
        })
    })?;
    case.must_have(gym, &joining)
}
