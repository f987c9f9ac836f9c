//! What was deleted, ended or replaced, and is still there for some call.

use std::collections::{BTreeMap, BTreeSet};

use access_groups_core::*;
use access_groups_in_memory::State;

use super::{
    Class, Layer, Made, Store,
    content::{edited, is_known, join, whole},
    facts::{Fact, Kind, facts},
    filters::{CONDITIONS, may_be_met, without},
    made,
    paging::{paged, question},
};
use crate::port::NOW;

pub(super) fn table() -> Vec<Made> {
    let mut table = Vec::new();
    for (deletion, lists) in LINGER {
        for list in *lists {
            table.push(lingers(deletion, list, None));
            let conditions = CONDITIONS.iter().filter(|known| known.0 == *list);
            let conditions = conditions.flat_map(|known| known.1);
            let useful = conditions.filter(|condition| may_be_met(condition));
            table.extend(useful.map(|condition| lingers(deletion, list, Some(condition))));
        }
    }
    for (deletion, calls) in ANSWER {
        table.extend(calls.iter().map(|call| still_answers(deletion, call)));
    }
    for [change, call] in TAKEN {
        table.extend(VALUES.map(|value| keeps_taken(change, call, value)));
    }
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
    for (deletion, creation, kinds) in HEIRS {
        let kinds = Kind::ALL
            .into_iter()
            .filter(|kind| kinds.contains(&kind.name()));
        table.extend(kinds.map(|kind| inherits(deletion, creation, kind)));
    }
    for (change, call) in OLD_LINKS {
        table.push(follows_old_links(change, call));
    }
    for (call, by_phone) in OLD_ADDRESSES {
        table.push(matches_old_addresses(call, *by_phone));
    }
    table
}

/// Deletions, and the lists that would show what was deleted.
const LINGER: &[(&str, &[&str])] = &[
    (
        DeleteAcsUser::NAME,
        &[
            ListAcsUsers::NAME,
            ListUsersInGroup::NAME,
            ListUsersOfIdentity::NAME,
        ],
    ),
    (DeleteAccessGroup::NAME, &[ListAccessGroups::NAME]),
    (
        DeleteUserIdentity::NAME,
        &[
            ListUserIdentities::NAME,
            ListAcsUsers::NAME,
            ListUsersInGroup::NAME,
        ],
    ),
    (
        DeleteEntrance::NAME,
        &[
            ListEntrances::NAME,
            ListEntrancesOfGroup::NAME,
            ListEntrancesOfUser::NAME,
            ListEntrancesOfIdentity::NAME,
        ],
    ),
    (DeleteAcsSystem::NAME, &[ListAcsSystems::NAME]),
];

fn lingers(deletion: &'static str, list: &'static str, condition: Option<&'static str>) -> Made {
    let by = condition.map_or_else(String::new, |condition| format!(" by {condition}"));
    let name = format!("{list}{by} shows what {deletion} has deleted");
    let befores = Vec::new();
    made(
        Class::Gone,
        name,
        Lingers {
            deletion,
            list,
            condition,
            befores,
        },
    )
}

#[derive(Clone)]
struct Lingers {
    deletion: &'static str,
    list: &'static str,
    condition: Option<&'static str>,
    befores: Vec<State>,
}

impl Layer for Lingers {
    fn call(&mut self, store: &mut Store<'_>, operation: &Operation) -> Result<Reply, Error> {
        if operation.name() == self.deletion {
            return remembering(store, operation, &mut self.befores);
        }
        let is_meant = |condition| without(operation, self.list, condition).is_some();
        let is_concerned = operation.name() == self.list && self.condition.is_none_or(is_meant);
        if !is_concerned || self.befores.is_empty() {
            return store.call(operation);
        }
        let mut all = whole(store.state, operation)?;
        for before in &self.befores {
            let Ok(was) = whole(before, operation) else {
                continue;
            };
            all = edited(operation, all, |content| {
                join(content, was.content(), |subject| {
                    !is_known(store.state, subject)
                });
            });
        }
        paged(operation, &all, &question(operation))
    }
}

/// Keeps the state before the change, if it succeeds.
fn remembering(
    store: &mut Store<'_>,
    operation: &Operation,
    befores: &mut Vec<State>,
) -> Result<Reply, Error> {
    let before = store.state.clone();
    let reply = store.call(operation)?;
    befores.push(before);
    Ok(reply)
}

/// Deletions, and the calls that would still find what was deleted.
const ANSWER: &[(&str, &[&str])] = &[
    (
        DeleteAcsUser::NAME,
        &[
            GetAcsUser::NAME,
            ListEntrancesOfUser::NAME,
            UpdateAcsUser::NAME,
            SuspendAcsUser::NAME,
            UnsuspendAcsUser::NAME,
            RevokeAccessToAllEntrances::NAME,
            DeleteAcsUser::NAME,
            AddUser::NAME,
            RemoveUser::NAME,
            GrantAccess::NAME,
            RevokeAccess::NAME,
            LinkAcsUser::NAME,
            UnlinkAcsUser::NAME,
        ],
    ),
    (
        DeleteAccessGroup::NAME,
        &[
            GetAccessGroup::NAME,
            ListUsersInGroup::NAME,
            ListEntrancesOfGroup::NAME,
            AddUser::NAME,
            RemoveUser::NAME,
            UpdateAccessGroup::NAME,
            DeleteAccessGroup::NAME,
            CreateAcsUser::NAME,
        ],
    ),
    (
        DeleteUserIdentity::NAME,
        &[
            GetUserIdentity::NAME,
            ListUsersOfIdentity::NAME,
            ListSystemsOfIdentity::NAME,
            ListEntrancesOfIdentity::NAME,
            UpdateUserIdentity::NAME,
            DeleteUserIdentity::NAME,
            LinkAcsUser::NAME,
            UnlinkAcsUser::NAME,
            AddUser::NAME,
            RemoveUser::NAME,
            GrantAccess::NAME,
            RevokeAccess::NAME,
            CreateAcsUser::NAME,
            GetAcsUser::NAME,
        ],
    ),
    (
        DeleteEntrance::NAME,
        &[
            GetEntrance::NAME,
            UpdateEntrance::NAME,
            DeleteEntrance::NAME,
            GrantAccess::NAME,
            RevokeAccess::NAME,
            CreateAccessGroup::NAME,
            UpdateAccessGroup::NAME,
        ],
    ),
    (
        DeleteAcsSystem::NAME,
        &[
            GetAcsSystem::NAME,
            UpdateAcsSystem::NAME,
            DeleteAcsSystem::NAME,
            CreateAccessGroup::NAME,
            CreateEntrance::NAME,
            CreateAcsUser::NAME,
            CreateUserIdentity::NAME,
        ],
    ),
];

fn still_answers(deletion: &'static str, call: &'static str) -> Made {
    let name = format!("{call} finds what {deletion} has deleted");
    let befores = Vec::new();
    made(
        Class::Gone,
        name,
        Answers {
            deletion,
            call,
            befores,
        },
    )
}

#[derive(Clone)]
struct Answers {
    deletion: &'static str,
    call: &'static str,
    befores: Vec<State>,
}

impl Layer for Answers {
    fn call(&mut self, store: &mut Store<'_>, operation: &Operation) -> Result<Reply, Error> {
        let answer = match operation.name() == self.deletion {
            true => remembering(store, operation, &mut self.befores),
            false => store.call(operation),
        };
        match answer {
            Err(error) if error.kind() == ErrorKind::NotFound && operation.name() == self.call => {
                let mut befores = self.befores.iter().rev();
                let old =
                    befores.find_map(|before| before.clone().execute(operation.clone(), NOW).ok());
                old.ok_or(error)
            }
            answer => answer,
        }
    }
}

/// How an identity loses a value, and the call in which another one takes it.
const TAKEN: &[[&str; 2]] = &[
    [DeleteUserIdentity::NAME, CreateUserIdentity::NAME],
    [DeleteUserIdentity::NAME, UpdateUserIdentity::NAME],
    [UpdateUserIdentity::NAME, CreateUserIdentity::NAME],
    [UpdateUserIdentity::NAME, UpdateUserIdentity::NAME],
];

/// What belongs to one identity.
const VALUES: [Value; 3] = [
    (
        "key",
        |identity| identity.user_identity_key.clone(),
        |operation| match operation {
            Operation::CreateUserIdentity(op) => op.identity.key.as_ref().map(ToString::to_string),
            Operation::UpdateUserIdentity(op) => set(&op.update.key),
            _ => None,
        },
    ),
    (
        "e-mail address",
        |identity| {
            identity
                .email_address
                .as_ref()
                .map(|text| text.to_ascii_lowercase())
        },
        |operation| match operation {
            Operation::CreateUserIdentity(op) => op
                .identity
                .email_address
                .as_ref()
                .map(|text| text.to_string().to_ascii_lowercase()),
            Operation::UpdateUserIdentity(op) => {
                set(&op.update.email_address).map(|text| text.to_ascii_lowercase())
            }
            _ => None,
        },
    ),
    (
        "phone number",
        |identity| identity.phone_number.clone(),
        |operation| match operation {
            Operation::CreateUserIdentity(op) => {
                op.identity.phone_number.as_ref().map(ToString::to_string)
            }
            Operation::UpdateUserIdentity(op) => set(&op.update.phone_number),
            _ => None,
        },
    ),
];
type Value = (
    &'static str,
    fn(&UserIdentity) -> Option<String>,
    fn(&Operation) -> Option<String>,
);

fn set<T: ToString>(patch: &Patch<T>) -> Option<String> {
    match patch {
        Patch::Set(text) => Some(text.to_string()),
        _ => None,
    }
}

fn keeps_taken(change: &'static str, call: &'static str, value: Value) -> Made {
    let name = format!("after {change} the {} is taken for {call}", value.0);
    let lost = BTreeMap::new();
    made(
        Class::Gone,
        name,
        Taken {
            change,
            call,
            value,
            lost,
        },
    )
}

/// An index on a value from which one change does not remove.
#[derive(Clone)]
struct Taken {
    change: &'static str,
    call: &'static str,
    value: Value,
    lost: BTreeMap<String, UserIdentityId>,
}

impl Layer for Taken {
    fn call(&mut self, store: &mut Store<'_>, operation: &Operation) -> Result<Reply, Error> {
        let (_, had, given) = self.value;
        let owner = |op: &Operation| match op {
            Operation::UpdateUserIdentity(op) => Some(op.identity),
            Operation::DeleteUserIdentity(op) => Some(op.identity),
            _ => None,
        };
        let taken = given(operation).filter(|text| !text.is_empty());
        let taken = taken.and_then(|text| self.lost.get(&text)).copied();
        if operation.name() == self.call && taken.is_some() && taken != owner(operation) {
            store.state.clone().execute(operation.clone(), NOW)?;
            return Err(Error::conflict("another identity has it"));
        }
        let before = owner(operation).filter(|_| operation.name() == self.change);
        let before = before.and_then(|id| store.state.user_identity(id).ok().cloned());
        let reply = store.call(operation)?;
        if let Some(identity) = before
            && let Some(text) = had(&identity)
        {
            let now = store.state.user_identity(identity.user_identity_id).ok();
            if now.and_then(had).as_ref() != Some(&text) {
                self.lost.insert(text, identity.user_identity_id);
            }
        }
        Ok(reply)
    }
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

/// A deletion, the creation of one that looks the same, and what it must not get.
const HEIRS: &[(&str, &str, &[&str])] = &[
    (
        DeleteAcsUser::NAME,
        CreateAcsUser::NAME,
        &["membership", "grant", "suspension"],
    ),
    (
        DeleteAcsUser::NAME,
        CreateUserIdentity::NAME,
        &["membership", "grant", "suspension"],
    ),
    (
        DeleteAcsUser::NAME,
        AddUser::NAME,
        &["membership", "grant", "suspension"],
    ),
    (
        DeleteUserIdentity::NAME,
        CreateUserIdentity::NAME,
        &["membership", "grant", "suspension"],
    ),
    (
        DeleteAccessGroup::NAME,
        CreateAccessGroup::NAME,
        &["membership", "entrance of a group"],
    ),
    (
        DeleteEntrance::NAME,
        CreateEntrance::NAME,
        &["grant", "entrance of a group"],
    ),
];

fn inherits(deletion: &'static str, creation: &'static str, kind: Kind) -> Made {
    let name = format!(
        "after {deletion} the next by {creation} inherits each {}",
        kind.name()
    );
    let dead = Vec::new();
    made(
        Class::Gone,
        name,
        Heirs {
            deletion,
            creation,
            kind,
            dead,
        },
    )
}

/// An upsert that finds the deleted row.
#[derive(Clone)]
struct Heirs {
    deletion: &'static str,
    creation: &'static str,
    kind: Kind,
    /// What a deleted one looked like, and what held of it.
    dead: Vec<(String, Vec<Fact>)>,
}

impl Layer for Heirs {
    fn call(&mut self, store: &mut Store<'_>, operation: &Operation) -> Result<Reply, Error> {
        let concerns = [self.deletion, self.creation].contains(&operation.name());
        if !concerns {
            return store.call(operation);
        }
        let (before, held) = (looks(store.state), facts(store.state, self.kind));
        let reply = store.call(operation)?;
        let after = looks(store.state);
        if operation.name() == self.deletion {
            for (subject, look) in before.iter().filter(|known| !after.contains_key(known.0)) {
                let of_it = held.iter().filter(|fact| fact.names(*subject)).copied();
                self.dead.push((look.clone(), of_it.collect()));
            }
        } else {
            for (subject, look) in after.iter().filter(|known| !before.contains_key(known.0)) {
                let heirs = self.dead.iter().filter(|dead| dead.0 == *look);
                for fact in heirs.flat_map(|dead| &dead.1) {
                    fact.of(*subject).begin(store.state);
                }
            }
        }
        Ok(reply)
    }
}

/// By what an upsert would recognise each user, group and entrance: a user by an address.
fn looks(state: &State) -> BTreeMap<Subject, String> {
    let users = state.acs_users().filter_map(|user| {
        let identity = user
            .user_identity_id
            .as_deref()
            .and_then(|id| id.parse().ok());
        let identity = identity.and_then(|id: UserIdentityId| state.user_identity(id).ok());
        let of_identity = identity.and_then(|identity| identity.email_address.as_ref());
        let address = user
            .email_address
            .as_ref()
            .or(of_identity)
            .filter(|text| !text.is_empty());
        let look = format!("{} {}", user.acs_system_id, address?.to_ascii_lowercase());
        Some((Subject::from(user.acs_user_id), look))
    });
    let everything = AccessGroupFilter::new();
    let groups = state.access_groups(&everything).map(|group| {
        let look = format!("{} {}", group.acs_system_id, group.name);
        (Subject::from(group.acs_access_group_id), look)
    });
    let entrances = state.entrances().map(|entrance| {
        let look = format!("{} {}", entrance.acs_system_id, entrance.display_name);
        (Subject::from(entrance.acs_entrance_id), look)
    });
    users.chain(groups).chain(entrances).collect()
}

/// How a link ends, and the call that still follows it.
const OLD_LINKS: &[(&str, &str)] = &[
    (UnlinkAcsUser::NAME, GetAcsUser::NAME),
    (UnlinkAcsUser::NAME, ListUsersOfIdentity::NAME),
    (UnlinkAcsUser::NAME, ListSystemsOfIdentity::NAME),
    (UnlinkAcsUser::NAME, ListEntrancesOfIdentity::NAME),
    (UnlinkAcsUser::NAME, ListAcsUsers::NAME),
    (UnlinkAcsUser::NAME, ListAccessGroups::NAME),
    (UnlinkAcsUser::NAME, GetUserIdentity::NAME),
    (UnlinkAcsUser::NAME, ListUserIdentities::NAME),
    (UnlinkAcsUser::NAME, SuspendAcsUser::NAME),
    (UnlinkAcsUser::NAME, CreateAcsUser::NAME),
    (UnlinkAcsUser::NAME, LinkAcsUser::NAME),
    (UnlinkAcsUser::NAME, AddUser::NAME),
    (UnlinkAcsUser::NAME, RemoveUser::NAME),
    (UnlinkAcsUser::NAME, GrantAccess::NAME),
    (UnlinkAcsUser::NAME, RevokeAccess::NAME),
    (UnlinkAcsUser::NAME, DeleteUserIdentity::NAME),
    (DeleteAcsUser::NAME, CreateAcsUser::NAME),
    (DeleteAcsUser::NAME, LinkAcsUser::NAME),
    (DeleteAcsUser::NAME, AddUser::NAME),
    (DeleteAcsUser::NAME, GrantAccess::NAME),
    (DeleteAcsUser::NAME, ListSystemsOfIdentity::NAME),
    (DeleteAcsUser::NAME, GetUserIdentity::NAME),
];

fn follows_old_links(change: &'static str, call: &'static str) -> Made {
    let name = format!("after {change} the link is still there for {call}");
    let links = Vec::new();
    made(
        Class::Gone,
        name,
        OldLinks {
            change,
            call,
            links,
        },
    )
}

#[derive(Clone)]
struct OldLinks {
    change: &'static str,
    call: &'static str,
    links: Vec<(AcsUser, UserIdentityId)>,
}

impl Layer for OldLinks {
    fn call(&mut self, store: &mut Store<'_>, operation: &Operation) -> Result<Reply, Error> {
        if operation.name() == self.call && operation.name() != self.change {
            return self.as_before(store, operation);
        }
        let before = store.state.clone();
        let reply = store.call(operation)?;
        if operation.name() == self.change {
            let now = facts(store.state, Kind::Link);
            for fact in facts(&before, Kind::Link).difference(&now) {
                if let Fact::Linked(user, identity) = *fact
                    && let Ok(user) = before.acs_user(user)
                {
                    self.links.push((user.clone(), identity));
                }
            }
        }
        Ok(reply)
    }
}

impl OldLinks {
    /// Makes the call with the old links in place, and takes away again what it did not make.
    fn as_before(&self, store: &mut Store<'_>, operation: &Operation) -> Result<Reply, Error> {
        let mut linked = store.state.clone();
        let mut back = Vec::new();
        for (user, identity) in &self.links {
            let is_gone = linked.acs_user(user.acs_user_id).is_err();
            if is_gone {
                let mut bare = user.clone();
                bare.user_identity_id = None;
                drop(linked.insert_user(bare));
            }
            let now = linked.acs_user(user.acs_user_id);
            let is_free = now.is_ok_and(|user| user.user_identity_id.is_none());
            if is_free
                && linked
                    .link_acs_user(user.acs_user_id, *identity, NOW)
                    .is_ok()
            {
                back.push((user.acs_user_id, *identity, is_gone));
            } else if is_gone {
                drop(linked.delete_user(user.acs_user_id));
            }
        }
        if back.is_empty() {
            return store.call(operation);
        }
        let reply = linked.execute(operation.clone(), NOW)?;
        for (user, identity, is_gone) in back {
            match is_gone {
                true => drop(linked.delete_user(user)),
                false => drop(linked.unlink_acs_user(user, identity)),
            }
        }
        *store.state = linked;
        Ok(reply)
    }
}

/// The calls that match an identity with a user, by number or by address.
const OLD_ADDRESSES: &[(&str, bool)] = &[
    (AddUser::NAME, false),
    (AddUser::NAME, true),
    (GrantAccess::NAME, false),
    (GrantAccess::NAME, true),
    (CreateUserIdentity::NAME, false),
    (CreateUserIdentity::NAME, true),
];

fn matches_old_addresses(call: &'static str, by_phone: bool) -> Made {
    let what = if by_phone {
        "phone number"
    } else {
        "e-mail address"
    };
    let name = format!("{call} matches the {what} that a user had before");
    let old = BTreeMap::new();
    made(
        Class::Gone,
        name,
        OldAddresses {
            call,
            by_phone,
            old,
        },
    )
}

#[derive(Clone)]
struct OldAddresses {
    call: &'static str,
    by_phone: bool,
    old: BTreeMap<AcsUserId, Option<String>>,
}

impl OldAddresses {
    fn address<'u>(&self, user: &'u mut AcsUser) -> &'u mut Option<String> {
        match self.by_phone {
            true => &mut user.phone_number,
            false => &mut user.email_address,
        }
    }

    /// Puts these addresses in place, and gives back those that were there.
    fn swap(
        &self,
        state: &mut State,
        addresses: &BTreeMap<AcsUserId, Option<String>>,
    ) -> BTreeMap<AcsUserId, Option<String>> {
        let mut were = BTreeMap::new();
        for (id, address) in addresses {
            if let Ok(mut user) = state.acs_user(*id).cloned() {
                let was = std::mem::replace(self.address(&mut user), address.clone());
                were.insert(*id, was);
                drop(state.replace_user(user));
            }
        }
        were
    }
}

impl Layer for OldAddresses {
    fn call(&mut self, store: &mut Store<'_>, operation: &Operation) -> Result<Reply, Error> {
        if operation.name() == self.call {
            let now = self.swap(store.state, &self.old);
            let answer = store.call(operation);
            self.swap(store.state, &now);
            return answer;
        }
        let updated = match operation {
            Operation::UpdateAcsUser(op) => store.state.acs_user(op.user).ok().cloned(),
            _ => None,
        };
        let reply = store.call(operation)?;
        if let Some(mut before) = updated
            && let Ok(mut now) = store.state.acs_user(before.acs_user_id).cloned()
            && self.address(&mut before) != self.address(&mut now)
        {
            let old = self.address(&mut before).clone();
            self.old.entry(before.acs_user_id).or_insert(old);
        }
        Ok(reply)
    }
}
