//! How wants are asked: in few rounds, in one order of locks, and nothing twice.

use access_groups_sql::{Contact, Lock, Want};

pub(crate) fn check_wants(asked: &[Want], rounds: usize) -> Result<(), String> {
    if rounds > 3 {
        return Err(format!("{rounds} rounds: {asked:#?}"));
    }
    let locked = asked.iter().filter_map(place);
    if !locked.is_sorted() {
        return Err(format!("locks out of order: {asked:#?}"));
    }
    match asked.iter().find(|want| !is_well_formed(want)) {
        None => Ok(()),
        Some(want) => Err(format!("not sorted, or empty: {want:#?}")),
    }
}

/// The place in the order of locks; `None` if nothing is locked.
fn place(want: &Want) -> Option<u8> {
    let (place, lock) = match want {
        Want::Systems(_, lock) => (0, *lock),
        Want::Identity(_, lock) => (1, *lock),
        // Not by id: without others in between, a transaction has one of them at most.
        Want::Holders(_) => (1, Lock::Change),
        Want::User(_, lock) | Want::UsersOf { lock, .. } => (2, *lock),
        Want::Groups(_, lock) => (3, *lock),
        Want::Entrances(_, lock) => (4, *lock),
        Want::Workspace
        | Want::SomeOf(_)
        | Want::Unlinked(..)
        | Want::Memberships { .. }
        | Want::MembershipsOf(_)
        | Want::Grants { .. }
        | Want::GrantsOf(_)
        | Want::GroupEntrances { .. } => return None,
    };
    (lock != Lock::None).then_some(place)
}

/// The name of a kind of want.
pub(crate) fn kind(want: &Want) -> &'static str {
    match want {
        Want::Workspace => "workspace",
        Want::Systems(..) => "systems",
        Want::SomeOf(_) => "some of the system",
        Want::Identity(..) => "identity",
        Want::Holders(_) => "holders",
        Want::User(..) => "user",
        Want::UsersOf { .. } => "users of the identity",
        Want::Unlinked(_, Contact::Email(_)) => "unlinked by e-mail address",
        Want::Unlinked(_, Contact::Phone(_)) => "unlinked by phone number",
        Want::Groups(..) => "groups",
        Want::Entrances(..) => "entrances",
        Want::Memberships { .. } => "memberships",
        Want::MembershipsOf(_) => "memberships of users",
        Want::Grants { .. } => "grants",
        Want::GrantsOf(_) => "grants of users",
        Want::GroupEntrances { .. } => "entrances of the group",
    }
}

fn is_well_formed(want: &Want) -> bool {
    fn is_list<T: Ord>(ids: &[T]) -> bool {
        !ids.is_empty() && ids.is_sorted_by(|one, next| one < next)
    }
    match want {
        Want::Systems(ids, _) => is_list(ids),
        // In the order in which they are checked.
        Want::Holders(values) => !values.is_empty(),
        Want::Groups(ids, _) => is_list(ids),
        Want::Entrances(ids, _) => is_list(ids),
        Want::Memberships { users, .. } | Want::Grants { users, .. } => is_list(users),
        Want::MembershipsOf(users) | Want::GrantsOf(users) => is_list(users),
        Want::GroupEntrances { entrances, .. } => is_list(entrances),
        Want::Workspace
        | Want::SomeOf(_)
        | Want::Identity(..)
        | Want::User(..)
        | Want::UsersOf { .. }
        | Want::Unlinked(..) => true,
    }
}
