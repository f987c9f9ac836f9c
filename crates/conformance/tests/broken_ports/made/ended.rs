//! Ends that end too little or too much, and what does not begin again.

use std::collections::BTreeSet;

use access_groups_core::*;
use access_groups_in_memory::State;

use super::{
    Class, Layer, Made, Store,
    content::is_known,
    facts::{Fact, Kind, facts},
    made,
};
use crate::port::NOW;

pub(super) fn table() -> Vec<Made> {
    let mut table = Vec::new();
    for (end, again, kind) in AGAIN {
        table.push(begins_never_again(end, again, *kind));
    }
    for (begin, end, kind) in TWICE {
        table.push(counts(begin, end, *kind));
    }
    for (change, kind, ends_several) in ENDING {
        table.push(leaves(change, *kind, 0));
        if *ends_several {
            table.push(leaves(change, *kind, 1));
        }
    }
    for (change, spared) in SPARED {
        let kinds = Kind::ALL
            .into_iter()
            .filter(|kind| spared.contains(&kind.name()));
        table.extend(kinds.map(|kind| ends_too(change, kind)));
    }
    table
}

/// How something ends, and the call that begins it again.
const AGAIN: &[(&str, &str, Kind)] = &[
    (RemoveUser::NAME, AddUser::NAME, Kind::Membership),
    (
        RevokeAccessToAllEntrances::NAME,
        AddUser::NAME,
        Kind::Membership,
    ),
    (RevokeAccess::NAME, GrantAccess::NAME, Kind::Grant),
    (
        RevokeAccessToAllEntrances::NAME,
        GrantAccess::NAME,
        Kind::Grant,
    ),
    (UnlinkAcsUser::NAME, LinkAcsUser::NAME, Kind::Link),
    (UnlinkAcsUser::NAME, AddUser::NAME, Kind::Link),
    (
        UnsuspendAcsUser::NAME,
        SuspendAcsUser::NAME,
        Kind::Suspension,
    ),
    (UpdateAccessGroup::NAME, UpdateAccessGroup::NAME, Kind::Door),
];

fn begins_never_again(end: &'static str, again: &'static str, kind: Kind) -> Made {
    let name = format!(
        "after {end} a {} does not begin again by {again}",
        kind.name()
    );
    let ended = BTreeSet::new();
    made(
        Class::Gone,
        name,
        Tombstones {
            end,
            again,
            kind,
            ended,
        },
    )
}

/// What ended once stays ended: a row with a mark of deletion that nobody takes away.
#[derive(Clone)]
struct Tombstones {
    end: &'static str,
    again: &'static str,
    kind: Kind,
    ended: BTreeSet<Fact>,
}

impl Layer for Tombstones {
    fn call(&mut self, store: &mut Store<'_>, operation: &Operation) -> Result<Reply, Error> {
        let before = facts(store.state, self.kind);
        let reply = store.call(operation)?;
        let after = facts(store.state, self.kind);
        if operation.name() == self.again {
            for fact in after
                .difference(&before)
                .filter(|fact| self.ended.contains(fact))
            {
                fact.end(store.state);
            }
        }
        if operation.name() == self.end {
            self.ended.extend(before.difference(&after));
        }
        Ok(reply)
    }
}

/// What may begin twice, and the call that ends it.
const TWICE: &[(&str, &str, Kind)] = &[
    (AddUser::NAME, RemoveUser::NAME, Kind::Membership),
    (
        AddUser::NAME,
        RevokeAccessToAllEntrances::NAME,
        Kind::Membership,
    ),
    (GrantAccess::NAME, RevokeAccess::NAME, Kind::Grant),
    (
        GrantAccess::NAME,
        RevokeAccessToAllEntrances::NAME,
        Kind::Grant,
    ),
    (LinkAcsUser::NAME, UnlinkAcsUser::NAME, Kind::Link),
    (
        SuspendAcsUser::NAME,
        UnsuspendAcsUser::NAME,
        Kind::Suspension,
    ),
    (UpdateAccessGroup::NAME, UpdateAccessGroup::NAME, Kind::Door),
];

fn counts(begin: &'static str, end: &'static str, kind: Kind) -> Made {
    let name = format!(
        "a {} by {begin} twice is ended by {end} once less",
        kind.name()
    );
    let again = BTreeSet::new();
    made(
        Class::Gone,
        name,
        Counts {
            begin,
            end,
            kind,
            again,
        },
    )
}

#[derive(Clone)]
struct Counts {
    begin: &'static str,
    end: &'static str,
    kind: Kind,
    again: BTreeSet<Fact>,
}

impl Layer for Counts {
    fn call(&mut self, store: &mut Store<'_>, operation: &Operation) -> Result<Reply, Error> {
        let before = facts(store.state, self.kind);
        let reply = store.call(operation)?;
        let after = facts(store.state, self.kind);
        if operation.name() == self.begin && before == after {
            let mut without = store.state.clone();
            let named = named_by(operation, store.state);
            let held = before
                .iter()
                .filter(|fact| named.iter().all(|id| fact.names(*id)));
            // Again, if the call would have made it.
            for fact in held.copied().collect::<Vec<_>>() {
                fact.end(&mut without);
                drop(without.execute(operation.clone(), NOW));
                if facts(&without, self.kind).contains(&fact) {
                    self.again.insert(fact);
                }
            }
        }
        if operation.name() == self.end {
            for fact in before
                .difference(&after)
                .filter(|fact| self.again.remove(fact))
            {
                fact.begin(store.state);
            }
        }
        Ok(reply)
    }
}

/// The user of a group's or an entrance's system instead of the identity.
fn named_by(operation: &Operation, state: &State) -> Vec<Subject> {
    let mut named = Vec::new();
    operation.visit_ids(|subject| match subject {
        Subject::UserIdentity(_) if operation.name() != LinkAcsUser::NAME => {}
        Subject::AcsSystem(_) => {}
        subject => named.push(subject),
    });
    named.retain(|subject| is_known(state, *subject));
    if operation.name() == UpdateAccessGroup::NAME {
        // It names several entrances, and each is a fact of its own.
        named.truncate(1);
    }
    named
}

/// Changes, what they end, and whether one call may end several.
const ENDING: &[(&str, Kind, bool)] = &[
    (RemoveUser::NAME, Kind::Membership, false),
    (RevokeAccessToAllEntrances::NAME, Kind::Membership, true),
    (RevokeAccessToAllEntrances::NAME, Kind::Grant, true),
    (RevokeAccess::NAME, Kind::Grant, false),
    (UnlinkAcsUser::NAME, Kind::Link, false),
    (UnsuspendAcsUser::NAME, Kind::Suspension, false),
    (UpdateAccessGroup::NAME, Kind::Door, true),
];

/// All but this many stay; `0` leaves all of them, `1` ends the first one only.
fn leaves(change: &'static str, kind: Kind, ends: usize) -> Made {
    let layer = move |store: &mut Store<'_>, operation: &Operation| {
        if operation.name() != change {
            return store.call(operation);
        }
        let before = facts(store.state, kind);
        let reply = store.call(operation)?;
        let after = facts(store.state, kind);
        for fact in before.difference(&after).skip(ends) {
            fact.begin(store.state);
        }
        Ok(reply)
    };
    let what = if ends == 0 { "no" } else { "one" };
    made(
        Class::Gone,
        format!("{change} ends {what} {}", kind.name()),
        layer,
    )
}

/// Changes, and the facts that they must spare.
const SPARED: &[(&str, &[&str])] = &[
    (
        RemoveUser::NAME,
        &["membership", "grant", "link", "suspension"],
    ),
    (
        AddUser::NAME,
        &["membership", "grant", "link", "suspension"],
    ),
    (
        GrantAccess::NAME,
        &["membership", "grant", "link", "suspension"],
    ),
    (
        RevokeAccess::NAME,
        &["membership", "grant", "link", "suspension"],
    ),
    (RevokeAccessToAllEntrances::NAME, &["link", "suspension"]),
    (SuspendAcsUser::NAME, &["membership", "grant", "link"]),
    (UnsuspendAcsUser::NAME, &["membership", "grant", "link"]),
    (
        UpdateAcsUser::NAME,
        &["membership", "grant", "link", "suspension"],
    ),
    (
        LinkAcsUser::NAME,
        &["membership", "grant", "link", "suspension"],
    ),
    (
        UnlinkAcsUser::NAME,
        &["membership", "grant", "link", "suspension"],
    ),
    (UpdateUserIdentity::NAME, &["link"]),
    (
        DeleteAccessGroup::NAME,
        &["membership", "grant", "link", "suspension"],
    ),
    (
        UpdateAccessGroup::NAME,
        &["membership", "entrance of a group", "grant"],
    ),
    (DeleteEntrance::NAME, &["membership", "grant"]),
    (UpdateEntrance::NAME, &["grant", "entrance of a group"]),
    (CreateAcsUser::NAME, &["membership", "link"]),
];

/// A cascade too much: what touches what the change names, or what the change ended.
fn ends_too(change: &'static str, kind: Kind) -> Made {
    let layer = move |store: &mut Store<'_>, operation: &Operation| {
        if operation.name() != change {
            return store.call(operation);
        }
        let before = store.state.clone();
        let reply = store.call(operation)?;
        let mut near: Vec<_> = operation.ids();
        for other in Kind::ALL {
            let (was, is) = (facts(&before, other), facts(store.state, other));
            let ended = was.difference(&is).copied().collect::<Vec<_>>();
            let known = before
                .acs_users()
                .map(|user| Subject::from(user.acs_user_id));
            near.extend(known.filter(|user| ended.iter().any(|fact| fact.names(*user))));
        }
        let was = facts(&before, kind);
        for fact in facts(store.state, kind) {
            if was.contains(&fact) && near.iter().any(|subject| fact.names(*subject)) {
                fact.end(store.state);
            }
        }
        Ok(reply)
    };
    made(
        Class::Gone,
        format!("{change} ends every {} nearby", kind.name()),
        layer,
    )
}
