//! Changes that are made once by several callers at the same moment, and stay.

use std::{
    collections::BTreeSet,
    sync::{Barrier, mpsc},
    thread,
};

use super::*;

/// How many threads of each kind call at the same time.
const CALLERS: usize = 4;

/// How often a user is added and removed, how many identities are added, how many users each
/// caller creates, and how many keys are claimed.
const ROUNDS: usize = 4;

/// Five kinds of callers at the same time, through both handles: some add and remove a user of
/// their own in one group and remove another one, some add identities that match nobody, some
/// delete a group of their own, some create users, and some create identities with the same keys.
pub(super) fn changes_stay(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let (joining, leaving) = (site.users(main, CALLERS), site.users(main, CALLERS));
    let nobodies = [(); ROUNDS].map(|()| site.identity("Nobody", None, None, &[]));
    let (gym, pool) = (site.group(main, "Gym"), site.group(main, "Pool"));
    let doomed = [(); CALLERS].map(|()| site.group(main, "Doomed"));
    site.members(gym, &leaving);
    let case = Case::open(bench, &site);

    let move_users = |caller: usize, through| {
        let (joining, leaving) = (joining[caller], leaving[caller]);
        let add = |user| case.call_through(through, AddUser::new(user, gym));
        let remove = |user| case.call_through(through, RemoveUser::new(user, gym));
        for _ in 0..ROUNDS {
            add(joining)?;
            remove(joining)?;
        }
        add(joining)?;
        remove(leaving)
    };
    let join_nobodies = |_, through| {
        nobodies
            .iter()
            .try_for_each(|identity| case.call_through(through, AddUser::new(*identity, pool)))
    };
    let delete = |caller: usize, through| {
        let group = doomed[caller];
        case.call_through(through, DeleteAccessGroup::new(group))
    };
    let (new, newcomers) = mpsc::channel();
    let make_users = |_, through| {
        for _ in 0..ROUNDS {
            let user = NewAcsUser::new(main, name("Newcomer"));
            let made = case.call_through(through, CreateAcsUser::new(user))?;
            new.send(made.acs_user_id).expect("received below");
        }
        Ok(())
    };
    let (own, owned) = mpsc::channel();
    let claim_keys = |_, through| {
        for number in 0..ROUNDS {
            if claim(&case, through, number)? {
                own.send(number).expect("received below");
            }
        }
        Ok(())
    };
    let [moved, joined, deleted, made, claimed] = at_once([
        &move_users,
        &join_nobodies,
        &delete,
        &make_users,
        &claim_keys,
    ]);
    // If the adapter lacks one of them, the others are checked nevertheless.
    as_far_as_can_be(moved.and_then(|()| case.must_have(gym, &joining)))?;
    as_far_as_can_be(joined.and_then(|()| one_user_each(&case, pool, &nobodies)))?;
    as_far_as_can_be(deleted.and_then(|()| case.must_list_groups(all(), &[gym, pool])))?;
    as_far_as_can_be(made.and_then(|()| {
        let newcomers: Vec<_> = newcomers.try_iter().collect();
        once(&case, newcomers.iter().copied())?;
        let Some(listed) = case.rows(&users_that(AcsUserFilter::new()))? else {
            return Ok(());
        };
        let listed = ids(&listed).filter(|user| newcomers.contains(user));
        let listed = listed.collect();
        case.must_equal("the users that were made", &listed, &newcomers)
    }))?;
    as_far_as_can_be(claimed.and_then(|()| {
        let mut owned: Vec<_> = owned.try_iter().collect();
        owned.sort_unstable();
        let each_once: Vec<_> = (0..ROUNDS).collect();
        let why = format!("of those who ask for a key, one must get it; the keys got: {owned:?}");
        case.must(owned == each_once, &why)
    }))
}

/// Creates an identity with that key; `false` if another caller has it.
fn claim(case: &Case<'_>, through: Through, number: usize) -> Checked<bool> {
    let identity = NewUserIdentity {
        key: Some(key(&format!("key {number}"))),
        ..NewUserIdentity::default()
    };
    let call = CreateUserIdentity::new(identity).into();
    let answer = case.ask(through, &call)?.ok_or(Stop::Absent)?;
    // All callers but one must get this, and which one is the adapter's choice.
    if matches!(&answer, Err(error) if error.kind() == ErrorKind::Conflict) {
        return Ok(false);
    }
    case.expect::<CreateUserIdentity>(&call, answer)?;
    Ok(true)
}

/// What one of several callers does, given its number and its handle.
type Caller<'c> = &'c (dyn Fn(usize, Through) -> Checked + Sync);

/// Runs `CALLERS` of each kind, started at the same moment, half of them through the clone.
fn at_once<const KINDS: usize>(kinds: [Caller<'_>; KINDS]) -> [Checked; KINDS] {
    let start = &Barrier::new(CALLERS * KINDS);
    let run = move |kind: Caller<'_>, caller: usize| {
        // Both handles at the same time: a lock inside one handle is not enough.
        let through = [Through::Port, Through::Clone][caller % 2];
        // Threads start one after another; without this, the first would be done too soon.
        start.wait();
        kind(caller, through)
    };
    thread::scope(|scope| {
        let started = kinds.map(|kind| {
            let callers = (0..CALLERS).map(|caller| scope.spawn(move || run(kind, caller)));
            callers.collect::<Vec<_>>()
        });
        started.map(|callers| {
            callers.into_iter().try_for_each(|caller| {
                let panicked = |panic| std::panic::resume_unwind(panic);
                caller.join().unwrap_or_else(panicked)
            })
        })
    })
}

/// The members of the group are one user of each identity.
fn one_user_each(case: &Case<'_>, group: AccessGroupId, identities: &[UserIdentityId]) -> Checked {
    let users = case.call(ListUsersInGroup::new(group))?;
    let users: BTreeSet<_> = users.iter().map(UserSeen::from).collect();
    let mut found: Vec<_> = users.iter().map(|user| user.identity).collect();
    found.sort();
    let expected: Vec<_> = identities.iter().copied().map(Some).collect();
    let why = format!("one new user of each identity must be a member, not {users:?}");
    case.must(found == expected, &why)
}

/// Passes if the adapter lacks the operation, which was refused as it must be.
fn as_far_as_can_be(checked: Checked) -> Checked {
    match checked {
        Err(Stop::Absent) => Ok(()),
        checked => checked,
    }
}
