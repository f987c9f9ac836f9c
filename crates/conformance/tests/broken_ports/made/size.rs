//! Lists, and every "every" of the contract, that stop after so many.

use access_groups_core::*;
use access_groups_in_memory::State;

use super::{
    Class, Layer, Made, Store,
    content::{edited, join, on_rows, page_of, whole},
    made,
    paging::{paged, question},
};

pub(super) fn table() -> Vec<Made> {
    let stops = LISTS
        .iter()
        .flat_map(|list| CAPS.map(|cap| stops_listing(list, cap)));
    let every = EVERY
        .iter()
        .flat_map(|every| [256, MAX_IDS - 1].map(|cap| stops_within(*every, cap)));
    let full = FILLS
        .iter()
        .flat_map(|fill| [255, 1000].map(|cap| is_full(*fill, cap)));
    let left = LEFT
        .iter()
        .flat_map(|left| [100, 1000].map(|cap| leaves_the_rest(left, cap)));
    let wraps = PAGED
        .iter()
        .flat_map(|list| WRAPS.map(|bits| wraps_limits(list, bits)));
    stops
        .chain(every)
        .chain(full)
        .chain(left)
        .chain(wraps)
        .collect()
}

const CAPS: [usize; 4] = [256, 500, 1000, 1024];

const LISTS: &[&str] = &[
    ListAccessGroups::NAME,
    ListUsersInGroup::NAME,
    ListEntrancesOfGroup::NAME,
    ListAcsUsers::NAME,
    ListEntrancesOfUser::NAME,
    ListAcsSystems::NAME,
    ListEntrances::NAME,
    ListUserIdentities::NAME,
    ListUsersOfIdentity::NAME,
    ListSystemsOfIdentity::NAME,
    ListEntrancesOfIdentity::NAME,
];

/// A `LIMIT` that somebody once thought large enough; in a list with pages, on all of them.
fn stops_listing(list: &'static str, cap: usize) -> Made {
    let layer = move |store: &mut Store<'_>, operation: &Operation| {
        if operation.name() != list {
            return store.call(operation);
        }
        let all = whole(store.state, operation)?;
        let all = edited(operation, all, |content| {
            on_rows!(content, rows => rows.truncate(cap), else ());
        });
        paged(operation, &all, &question(operation))
    };
    made(Class::Size, format!("{list} stops at {cap}"), layer)
}

/// The part of an operation that names several things, cut off after so many.
type Every = (&'static str, &'static str, fn(&mut Operation, usize));

const EVERY: &[Every] = &[
    (CreateAcsUser::NAME, "groups", |operation, cap| {
        if let Operation::CreateAcsUser(op) = operation {
            op.user.groups.truncate(cap);
        }
    }),
    (CreateUserIdentity::NAME, "systems", |operation, cap| {
        if let Operation::CreateUserIdentity(op) = operation {
            op.identity.systems.truncate(cap);
        }
    }),
    (CreateAccessGroup::NAME, "entrances", |operation, cap| {
        if let Operation::CreateAccessGroup(op) = operation {
            op.group.entrances.truncate(cap);
        }
    }),
    (
        UpdateAccessGroup::NAME,
        "added entrances",
        |operation, cap| {
            if let Operation::UpdateAccessGroup(op) = operation {
                op.update.add_entrances.truncate(cap);
            }
        },
    ),
    (
        UpdateAccessGroup::NAME,
        "removed entrances",
        |operation, cap| {
            if let Operation::UpdateAccessGroup(op) = operation {
                op.update.remove_entrances.truncate(cap);
            }
        },
    ),
    (ListEntrances::NAME, "named entrances", |operation, cap| {
        if let Operation::ListEntrances(op) = operation
            && let Some(among) = &mut op.filter.entrances
        {
            among.truncate(cap);
        }
    }),
    (
        ListUserIdentities::NAME,
        "named identities",
        |operation, cap| {
            if let Operation::ListUserIdentities(op) = operation
                && let Some(among) = &mut op.filter.identities
            {
                among.truncate(cap);
            }
        },
    ),
];

fn stops_within((name, part, cut): Every, cap: usize) -> Made {
    let layer = move |store: &mut Store<'_>, operation: &Operation| {
        let mut shorter = operation.clone();
        cut(&mut shorter, cap);
        if shorter == *operation {
            return store.call(operation);
        }
        if page_of(&mut shorter).is_none() {
            return store.call(&shorter);
        }
        let all = whole(store.state, &shorter)?;
        paged(operation, &all, &question(operation))
    };
    made(
        Class::Size,
        format!("{name} takes {cap} {part} at most"),
        layer,
    )
}

/// A call that adds one, and how many there are already.
type Fill = (
    &'static str,
    &'static str,
    fn(&State, &Operation) -> Option<usize>,
);

const FILLS: &[Fill] = &[
    (
        AddUser::NAME,
        "members",
        |state, operation| match operation {
            Operation::AddUser(op) => Some(state.members_of(op.group).count()),
            _ => None,
        },
    ),
    (
        AddUser::NAME,
        "groups of a user",
        |state, operation| match operation {
            Operation::AddUser(AddUser {
                user: UserRef::AcsUser(user),
                ..
            }) => Some(state.groups_of(*user).count()),
            _ => None,
        },
    ),
    (
        GrantAccess::NAME,
        "grants of a user",
        |state, operation| match operation {
            Operation::GrantAccess(GrantAccess {
                user: UserRef::AcsUser(user),
                ..
            }) => Some(state.grants().filter(|grant| grant.0 == *user).count()),
            _ => None,
        },
    ),
    (
        LinkAcsUser::NAME,
        "users of an identity",
        |state, operation| match operation {
            Operation::LinkAcsUser(LinkAcsUser {
                identity: UserIdentitySelector::Id(identity),
                ..
            }) => Some(state.users_of_identity(*identity).count()),
            _ => None,
        },
    ),
    (
        CreateAcsUser::NAME,
        "users",
        |state, operation| match operation {
            Operation::CreateAcsUser(_) => Some(state.acs_users().count()),
            _ => None,
        },
    ),
    (
        CreateUserIdentity::NAME,
        "identities",
        |state, operation| match operation {
            Operation::CreateUserIdentity(_) => Some(state.user_identities().count()),
            _ => None,
        },
    ),
    (
        CreateAccessGroup::NAME,
        "groups",
        |state, operation| match operation {
            Operation::CreateAccessGroup(_) => {
                Some(state.access_groups(&AccessGroupFilter::new()).count())
            }
            _ => None,
        },
    ),
    (
        CreateEntrance::NAME,
        "entrances",
        |state, operation| match operation {
            Operation::CreateEntrance(_) => Some(state.entrances().count()),
            _ => None,
        },
    ),
    (
        CreateAcsSystem::NAME,
        "systems",
        |state, operation| match operation {
            Operation::CreateAcsSystem(_) => Some(state.acs_systems().count()),
            _ => None,
        },
    ),
];

/// A column or a counter that is full: the call succeeds, and nothing is kept.
fn is_full((name, things, count): Fill, cap: usize) -> Made {
    let layer = move |store: &mut Store<'_>, operation: &Operation| {
        let is_full = count(store.state, operation).is_some_and(|count| count >= cap);
        match is_full {
            true => store.state.clone().execute(operation.clone(), super::NOW),
            false => store.call(operation),
        }
    };
    made(
        Class::Size,
        format!("{name} keeps {cap} {things} at most"),
        layer,
    )
}

/// Deletions and revocations that end so many things, and the list that shows the rest.
const LEFT: &[[&str; 2]] = &[
    [DeleteAccessGroup::NAME, ListAccessGroups::NAME],
    [DeleteAcsUser::NAME, ListUsersInGroup::NAME],
    [DeleteUserIdentity::NAME, ListAcsUsers::NAME],
    [DeleteUserIdentity::NAME, ListUsersInGroup::NAME],
    [DeleteEntrance::NAME, ListEntrancesOfGroup::NAME],
    [DeleteEntrance::NAME, ListEntrancesOfUser::NAME],
    [RevokeAccessToAllEntrances::NAME, ListAccessGroups::NAME],
    [RevokeAccessToAllEntrances::NAME, ListUsersInGroup::NAME],
    [RevokeAccessToAllEntrances::NAME, ListEntrancesOfUser::NAME],
    [UpdateUserIdentity::NAME, ListAcsUsers::NAME],
];

fn leaves_the_rest([change, list]: &'static [&'static str; 2], cap: usize) -> Made {
    let name = format!("{change} ends {cap} at most, in {list}");
    let rest = Rest {
        change,
        list,
        cap,
        before: None,
        answered: Vec::new(),
    };
    made(Class::Size, name, rest)
}

/// Shows what a question showed before the change, once so many other questions, or rows of one
/// list, have changed.
#[derive(Clone)]
struct Rest {
    change: &'static str,
    list: &'static str,
    cap: usize,
    before: Option<State>,
    answered: Vec<Operation>,
}

impl Layer for Rest {
    fn call(&mut self, store: &mut Store<'_>, operation: &Operation) -> Result<Reply, Error> {
        if operation.name() == self.change {
            let before = store.state.clone();
            let reply = store.call(operation)?;
            self.before = Some(before);
            self.answered.clear();
            return Ok(reply);
        }
        let before = self.before.as_ref();
        let Some(before) = before.filter(|_| operation.name() == self.list) else {
            return store.call(operation);
        };
        let (Ok(all), Ok(was)) = (whole(store.state, operation), whole(before, operation)) else {
            return store.call(operation);
        };
        let asked = self.answered.iter().position(|asked| asked == operation);
        let asked = asked.unwrap_or_else(|| {
            if was != all {
                self.answered.push(operation.clone());
            }
            self.answered.len()
        });
        let (cap, mut left) = (self.cap, 0);
        let all = edited(operation, all, |content| {
            join(content, was.content(), |_| {
                left += 1;
                asked > cap || left > cap
            });
        });
        paged(operation, &all, &question(operation))
    }
}

const PAGED: &[&str] = &[
    ListAcsUsers::NAME,
    ListEntrances::NAME,
    ListUserIdentities::NAME,
];
const WRAPS: [u32; 2] = [16, 31];

/// A limit that is kept in so few bits that a large one becomes a small one.
fn wraps_limits(list: &'static str, bits: u32) -> Made {
    let layer = move |store: &mut Store<'_>, operation: &Operation| {
        let mut other = operation.clone();
        let limit = page_of(&mut other).and_then(|page| page.limit);
        match limit {
            Some(limit) if operation.name() == list && limit.get() >= 1 << bits => {
                Err(Error::invalid("the limit is too large"))
            }
            _ => store.call(operation),
        }
    };
    made(
        Class::Size,
        format!("{list} takes limits of {bits} bits"),
        layer,
    )
}
