//! Faults in how identities become users of a group's system.

use access_groups_core::{
    AccessGroupId, AcsSystemId, AcsUser, AcsUserId, Error, UserIdentity, UserIdentityId,
};
use access_groups_in_memory::State;

use super::NOW;
use crate::fault::Fault;

pub(super) fn join(
    fault: Fault,
    state: &mut State,
    identity: UserIdentityId,
    group: AccessGroupId,
) -> Result<(), Error> {
    let person = state.user_identity(identity)?.clone();
    let system = state.access_group(group)?.acs_system_id;
    let own = linked(state, identity, system);
    match fault {
        Fault::ForgetsToAdd => return Ok(()),
        Fault::IdentityIgnoresItsUser if own.is_some() => {}
        Fault::RefusesSuspendedUsers => {}
        _ if own.is_some() => return state.join(identity, group, NOW).map(drop),
        _ => {}
    }
    let people: Vec<_> = state
        .acs_users()
        .filter(|it| it.acs_system_id == system)
        .filter(|it| it.user_identity_id.is_none() || fault == Fault::IdentityTakesLinkedUsers)
        .cloned()
        .collect();
    let found = match fault {
        Fault::IdentityIgnoresEmail => by_phone(&people, &person),
        Fault::MatchesThisCaseOnly => oldest(&people, |it| {
            given(&it.email_address) && it.email_address == person.email_address
        })
        .or_else(|| by_phone(&people, &person)),
        Fault::MatchesEmptyAddresses => {
            let empty = |it: &Option<String>| it.as_deref() == Some("");
            let both_empty =
                |it: &AcsUser| empty(&it.email_address) && empty(&person.email_address);
            by_email(&people, &person)
                .or_else(|| oldest(&people, both_empty))
                .or_else(|| by_phone(&people, &person))
        }
        Fault::IdentityPrefersPhone => {
            by_phone(&people, &person).or_else(|| by_email(&people, &person))
        }
        Fault::IdentityTakesTheYoungest => youngest_by_email(&people, &person),
        Fault::IdentityJoinsUnlinked
        | Fault::IdentityTakesLinkedUsers
        | Fault::IdentityIgnoresItsUser => {
            by_email(&people, &person).or_else(|| by_phone(&people, &person))
        }
        Fault::IdentityNeedsAUser => {
            let found = by_email(&people, &person).or_else(|| by_phone(&people, &person));
            Some(found.ok_or_else(|| Error::unknown(identity))?)
        }
        _ => return state.join(identity, group, NOW).map(drop),
    };
    let user = match found {
        Some(user) => user,
        None => created(state, &person, system)?,
    };
    let id = user.acs_user_id;
    if fault != Fault::IdentityJoinsUnlinked {
        tie(state, user, identity)?;
    }
    state.add_user(id, group).map(drop)
}

/// Decides by what was seen a while ago whether there must be a new user.
pub(super) fn join_late(
    seen: State,
    state: &mut State,
    identity: UserIdentityId,
    group: AccessGroupId,
) -> Result<(), Error> {
    let people = seen.acs_users().count();
    let mut after = seen;
    after.join(identity, group, NOW)?;
    if after.acs_users().count() == people {
        return state.join(identity, group, NOW).map(drop);
    }
    let person = state.user_identity(identity)?.clone();
    let system = state.access_group(group)?.acs_system_id;
    let user = created(state, &person, system)?;
    let id = user.acs_user_id;
    tie(state, user, identity)?;
    state.add_user(id, group).map(drop)
}

pub(super) fn leave(
    fault: Fault,
    state: &mut State,
    identity: UserIdentityId,
    group: AccessGroupId,
) -> Result<(), Error> {
    let person = state.user_identity(identity)?.clone();
    let system = state.access_group(group)?.acs_system_id;
    let own = linked(state, identity, system);
    match fault {
        Fault::IdentityStays | Fault::ForgetsToRemove => Ok(()),
        Fault::IdentityLeavesEveryGroup => {
            for user in state.users_of_identity(identity).collect::<Vec<_>>() {
                for group in state.groups_of(user).collect::<Vec<_>>() {
                    state.remove_user(user, group)?;
                }
            }
            Ok(())
        }
        Fault::IdentityCreatesOnRemoval if own.is_none() => {
            let user = created(state, &person, system)?;
            tie(state, user, identity)
        }
        Fault::IdentityLinksOnRemoval if own.is_none() => {
            let people: Vec<_> = state.acs_users().cloned().collect();
            let here = people.into_iter().filter(|it| it.acs_system_id == system);
            let free: Vec<_> = here.filter(|it| it.user_identity_id.is_none()).collect();
            match by_email(&free, &person) {
                Some(user) => tie(state, user, identity),
                None => Ok(()),
            }
        }
        _ => state.leave(identity, group).map(drop),
    }
}

/// Links the two as it should be done; and even if it should not be.
fn tie(state: &mut State, user: AcsUser, identity: UserIdentityId) -> Result<(), Error> {
    match state.link_acs_user(user.acs_user_id, identity, NOW) {
        Ok(_) => Ok(()),
        Err(_) => state.replace_user(user.with_user_identity(identity)),
    }
}

fn linked(state: &State, identity: UserIdentityId, system: AcsSystemId) -> Option<AcsUserId> {
    let users = state.users_of_identity(identity);
    let mut known = users.filter_map(|id| state.acs_user(id).ok());
    let here = known.find(|it| it.acs_system_id == system);
    here.map(|it| it.acs_user_id)
}

fn by_email(people: &[AcsUser], person: &UserIdentity) -> Option<AcsUser> {
    oldest(people, |it| same_email(it, person))
}

fn youngest_by_email(people: &[AcsUser], person: &UserIdentity) -> Option<AcsUser> {
    let same = people.iter().filter(|it| same_email(it, person));
    let youngest = same.max_by_key(|it| it.created_at);
    youngest.cloned().or_else(|| by_phone(people, person))
}

fn by_phone(people: &[AcsUser], person: &UserIdentity) -> Option<AcsUser> {
    let same = |it: &AcsUser| given(&it.phone_number) && it.phone_number == person.phone_number;
    oldest(people, same)
}

fn oldest(people: &[AcsUser], same: impl Fn(&AcsUser) -> bool) -> Option<AcsUser> {
    let found = people.iter().filter(|it| same(it));
    found.min_by_key(|it| it.created_at).cloned()
}

fn same_email(user: &AcsUser, person: &UserIdentity) -> bool {
    let in_small_letters = |it: &Option<String>| it.as_ref().map(|it| it.to_lowercase());
    given(&user.email_address)
        && in_small_letters(&user.email_address) == in_small_letters(&person.email_address)
}

fn given(contact: &Option<String>) -> bool {
    contact.as_ref().is_some_and(|it| !it.is_empty())
}

/// A new user, not linked yet.
fn created(
    state: &mut State,
    person: &UserIdentity,
    system: AcsSystemId,
) -> Result<AcsUser, Error> {
    let number = u128::from(state.revision());
    let user = AcsUser::new(
        AcsUserId::from_u128(0xbad << 32 | number),
        system,
        &person.display_name,
    )
    .with_workspace(person.workspace_id);
    state.insert_user(user.clone())?;
    Ok(user)
}
