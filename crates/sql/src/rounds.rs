//! Which rows each operation must see, round by round.
//!
//! This is no rule: to ask for too much costs time and changes nothing, and to ask for too little
//! breaks the slice law (`tests/slice`), to lock too little the lock law (`tests/locks`).

mod next;

use std::collections::BTreeSet;

use access_groups_core::{
    AccessGroupId, AccessGroupUpdate, AcsUserSelector, EntranceId, LinkAcsUser, NewAccessGroup,
    NewAcsUser, NewUserIdentity, Operation, Patch, UserIdentityId, UserIdentitySelector,
    UserIdentityUpdate, UserRef,
};

use crate::{Contact, Lock, UniqueValue, Want};

pub(crate) use next::Next;
use next::Target;

/// What the operation must see first, and what may follow; nothing of an operation that only reads.
pub(crate) fn first(operation: &Operation) -> (Vec<Want>, Next) {
    use Operation as O;
    let wants = match operation {
        O::AddUser(op) => return given(op.user, Target::Group(op.group)),
        O::RemoveUser(op) => return taken(op.user, Target::Group(op.group)),
        O::GrantAccess(op) => return given(op.user, Target::Entrance(op.entrance)),
        O::RevokeAccess(op) => return taken(op.user, Target::Entrance(op.entrance)),
        O::RevokeAccessToAllEntrances(op) => return all_taken(op.user),
        O::DeleteAcsUser(op) => return deleted_user(op.user),
        O::LinkAcsUser(op) => return linked(op),
        O::CreateAcsUser(op) => new_user(&op.user),
        O::UpdateAcsUser(op) => changed_user(op.user),
        O::SuspendAcsUser(op) => changed_user(op.user),
        O::UnsuspendAcsUser(op) => changed_user(op.user),
        O::CreateUserIdentity(op) => new_identity(&op.identity),
        O::UpdateUserIdentity(op) => changed_identity(op.identity, &op.update),
        O::DeleteUserIdentity(op) => vec![
            identity(op.identity, Lock::Remove),
            users_of(op.identity, Lock::Remove),
        ],
        O::UnlinkAcsUser(op) => vec![
            identity(op.identity, Lock::Change),
            Want::User(op.user, Lock::Change),
        ],
        O::CreateAccessGroup(op) => new_group(&op.group),
        O::UpdateAccessGroup(op) => changed_group(op.group, &op.update),
        O::DeleteAccessGroup(op) => vec![Want::Groups(vec![op.group], Lock::Remove)],
        O::CreateAcsSystem(_) => vec![Want::Workspace],
        O::UpdateAcsSystem(op) => vec![Want::Systems(vec![op.system], Lock::Change)],
        O::DeleteAcsSystem(op) => vec![
            Want::Systems(vec![op.system], Lock::Remove),
            Want::SomeOf(op.system),
        ],
        O::CreateEntrance(op) => vec![Want::Systems(vec![op.entrance.system], Lock::Refer)],
        O::UpdateEntrance(op) => vec![Want::Entrances(vec![op.entrance], Lock::Change)],
        O::DeleteEntrance(op) => vec![Want::Entrances(vec![op.entrance], Lock::Remove)],
        O::GetAccessGroup(_)
        | O::ListAccessGroups(_)
        | O::ListUsersInGroup(_)
        | O::ListEntrancesOfGroup(_)
        | O::GetAcsUser(_)
        | O::ListAcsUsers(_)
        | O::ListEntrancesOfUser(_)
        | O::GetWorkspace(_)
        | O::GetAcsSystem(_)
        | O::ListAcsSystems(_)
        | O::GetEntrance(_)
        | O::ListEntrances(_)
        | O::GetUserIdentity(_)
        | O::ListUserIdentities(_)
        | O::ListUsersOfIdentity(_)
        | O::ListSystemsOfIdentity(_)
        | O::ListEntrancesOfIdentity(_) => Vec::new(),
    };
    (wants, Next::Nothing)
}

/// The user, or whoever acts for the identity, gets the group or the entrance.
fn given(user: UserRef, target: Target) -> (Vec<Want>, Next) {
    match user {
        UserRef::AcsUser(user) => {
            let user_row = Want::User(user, Lock::Refer);
            let pair = target.pairs(vec![user]);
            (vec![user_row, target.row(Lock::Refer), pair], Next::Nothing)
        }
        // One lock for all that joins as this identity: of two calls at once, one creates the user,
        // and the other finds them.
        UserRef::Identity(id) => (
            vec![
                identity(id, Lock::Change),
                users_of(id, Lock::None),
                target.row(Lock::Refer),
            ],
            Next::Given(target),
        ),
    }
}

/// The user, or whoever acts for the identity, loses the group or the entrance.
// Without locks: a pair that somebody else takes meanwhile is gone either way.
fn taken(user: UserRef, target: Target) -> (Vec<Want>, Next) {
    match user {
        UserRef::AcsUser(user) => {
            let user_row = Want::User(user, Lock::None);
            let pair = target.pairs(vec![user]);
            (vec![user_row, target.row(Lock::None), pair], Next::Nothing)
        }
        UserRef::Identity(id) => (
            vec![
                identity(id, Lock::None),
                users_of(id, Lock::None),
                target.row(Lock::None),
            ],
            Next::Taken(target),
        ),
    }
}

// Whoever gives the user something refers to them: it is there to be taken, or comes after.
fn all_taken(user: AcsUserSelector) -> (Vec<Want>, Next) {
    let mut wants = selected(user, Lock::Refer, Lock::Remove);
    match user {
        AcsUserSelector::Id(user) => {
            wants.extend(next::access_of(vec![user]));
            (wants, Next::Nothing)
        }
        AcsUserSelector::Identity { system, .. } => (wants, Next::AllTaken(system)),
    }
}

fn new_user(new: &NewAcsUser) -> Vec<Want> {
    let system = Want::Systems(vec![new.system], Lock::Refer);
    let linked = new.identity.map(|id| {
        let users = Want::UsersOf {
            identity: id,
            system: Some(new.system),
            lock: Lock::None,
        };
        [identity(id, Lock::Change), users]
    });
    let groups = some(&new.groups).map(|groups| Want::Groups(groups, Lock::Refer));
    let wants = [system].into_iter();
    wants
        .chain(linked.into_iter().flatten())
        .chain(groups)
        .collect()
}

fn changed_user(user: AcsUserSelector) -> Vec<Want> {
    selected(user, Lock::Refer, Lock::Change)
}

/// The deletion takes the user off the list of their identity.
fn deleted_user(user: AcsUserSelector) -> (Vec<Want>, Next) {
    match user {
        // Without a lock, since that of the identity comes first: the write notices a change.
        AcsUserSelector::Id(user) => (vec![Want::User(user, Lock::None)], Next::Unlisted),
        AcsUserSelector::Identity { .. } => {
            let wants = selected(user, Lock::Change, Lock::Remove);
            (wants, Next::Nothing)
        }
    }
}

fn new_identity(new: &NewUserIdentity) -> Vec<Want> {
    let email = new.email_address.as_ref().map(|text| text.as_str());
    let phone = new.phone_number.as_ref().map(|text| text.as_str());
    let key = new.key.as_ref().map(|text| text.as_str());
    let systems = some(&new.systems);
    let unlinked = systems.iter().flatten().flat_map(|system| {
        Contact::all(email, phone).map(|contact| Want::Unlinked(*system, contact))
    });
    let unlinked: Vec<_> = unlinked.collect();
    let systems = systems.map(|systems| Want::Systems(systems, Lock::Refer));
    // The workspace after the systems: it may be one of them, which is gone once the lock is there.
    systems
        .into_iter()
        .chain([Want::Workspace])
        .chain(holders(values(key, email, phone)))
        .chain(unlinked)
        .collect()
}

fn changed_identity(id: UserIdentityId, update: &UserIdentityUpdate) -> Vec<Want> {
    let email = set(&update.email_address).map(|text| text.as_str());
    let phone = set(&update.phone_number).map(|text| text.as_str());
    let key = set(&update.key).map(|text| text.as_str());
    // Users show all of the identity but its key.
    let is_shown = !update.full_name.is_keep()
        || !update.email_address.is_keep()
        || !update.phone_number.is_keep();
    [identity(id, Lock::Change)]
        .into_iter()
        .chain(holders(values(key, email, phone)))
        .chain(is_shown.then(|| users_of(id, Lock::Change)))
        .collect()
}

fn linked(op: &LinkAcsUser) -> (Vec<Want>, Next) {
    let by_name = Want::Identity(op.identity.clone(), Lock::Change);
    match &op.identity {
        UserIdentitySelector::Id(id) => (
            vec![
                by_name,
                users_of(*id, Lock::None),
                Want::User(op.user, Lock::Change),
            ],
            Next::Nothing,
        ),
        // The user without a lock, since those of the next round come first.
        UserIdentitySelector::Key(key) => (
            vec![by_name, Want::User(op.user, Lock::None)],
            Next::LinkedByKey(key.clone()),
        ),
    }
}

fn new_group(new: &NewAccessGroup) -> Vec<Want> {
    let system = Want::Systems(vec![new.system], Lock::Refer);
    let entrances = some(&new.entrances);
    let entrances = entrances.map(|entrances| Want::Entrances(entrances, Lock::Refer));
    [system].into_iter().chain(entrances).collect()
}

fn changed_group(group: AccessGroupId, update: &AccessGroupUpdate) -> Vec<Want> {
    let added = some(&update.add_entrances);
    let added = added.map(|entrances| Want::Entrances(entrances, Lock::Refer));
    // Not all that the group holds: what the update does not name stays as it is.
    let moved: Vec<EntranceId> = [&update.add_entrances, &update.remove_entrances]
        .into_iter()
        .flatten()
        .copied()
        .collect();
    let held = some(&moved).map(|entrances| Want::GroupEntrances { group, entrances });
    [Want::Groups(vec![group], Lock::Change)]
        .into_iter()
        .chain(added)
        .chain(held)
        .collect()
}

/// The user, named in either way.
fn selected(user: AcsUserSelector, of_identity: Lock, of_user: Lock) -> Vec<Want> {
    match user {
        AcsUserSelector::Id(user) => vec![Want::User(user, of_user)],
        AcsUserSelector::Identity {
            identity: id,
            system,
        } => vec![
            Want::Systems(vec![system], Lock::None),
            identity(id, of_identity),
            Want::UsersOf {
                identity: id,
                system: Some(system),
                lock: of_user,
            },
        ],
    }
}

fn identity(id: UserIdentityId, lock: Lock) -> Want {
    Want::Identity(id.into(), lock)
}

fn users_of(identity: UserIdentityId, lock: Lock) -> Want {
    let system = None;
    Want::UsersOf {
        identity,
        system,
        lock,
    }
}

fn holders(values: Vec<UniqueValue>) -> Option<Want> {
    let is_any = !values.is_empty();
    is_any.then_some(Want::Holders(values))
}

/// The values that an identity with these texts has.
fn values(key: Option<&str>, email: Option<&str>, phone: Option<&str>) -> Vec<UniqueValue> {
    let key = key.map(|key| UniqueValue::Key(key.to_owned()));
    let contacts = Contact::all(email, phone).map(UniqueValue::Contact);
    key.into_iter().chain(contacts).collect()
}

fn set<T>(patch: &Patch<T>) -> Option<&T> {
    match patch {
        Patch::Set(value) => Some(value),
        Patch::Keep | Patch::Clear => None,
    }
}

/// The ids, sorted and each once, if there are any.
fn some<Id: Copy + Ord>(ids: &[Id]) -> Option<Vec<Id>> {
    let ids: BTreeSet<_> = ids.iter().copied().collect();
    (!ids.is_empty()).then(|| ids.into_iter().collect())
}
