//! What was deleted or replaced, and is still there for some call.

use std::collections::BTreeMap;

use access_groups_core::*;
use access_groups_in_memory::State;

use super::{
    Class, Layer, Made, Store,
    content::{edited, is_known, join, whole},
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
