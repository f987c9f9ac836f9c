//! Faults in memberships and groups, and in how identities become users of a group's system.

use access_groups_core::{
    AccessGroupId, AcsSystemId, AcsUser, AcsUserId, AddUser, Call, DeleteAccessGroup, Error,
    ErrorKind, Operation, RemoveUser, Reply, UserIdentity, UserIdentityId, UserRef,
};
use access_groups_in_memory::State;

use super::{NOW, Notes};
use crate::faults::Fault;

pub(super) fn instead(
    fault: Fault,
    state: &mut State,
    notes: &mut Notes,
    operation: &Operation,
) -> Option<Result<Reply, Error>> {
    match operation {
        Operation::AddUser(op) => {
            let added = match op.user {
                UserRef::AcsUser(user) => add(fault, state, notes, user, op.group),
                UserRef::Identity(identity) => join(fault, state, identity, op.group),
            };
            Some(added.map(AddUser::answer))
        }
        Operation::RemoveUser(op) => {
            let removed = match op.user {
                UserRef::AcsUser(user) => remove(fault, state, notes, user, op.group),
                UserRef::Identity(identity) => leave(fault, state, identity, op.group),
            };
            Some(removed.map(RemoveUser::answer))
        }
        Operation::DeleteAccessGroup(op) => {
            Some(delete(fault, state, notes, op.group).map(DeleteAccessGroup::answer))
        }
        _ => None,
    }
}

fn add(
    fault: Fault,
    state: &mut State,
    notes: &mut Notes,
    user: AcsUserId,
    group: AccessGroupId,
) -> Result<(), Error> {
    match fault {
        Fault::ForgetsToAdd => state.clone().add_user(user, group).map(drop),
        Fault::AddsTwice => {
            let added = state.add_user(user, group)?;
            *notes.again.entry((user, group)).or_default() += usize::from(!added);
            Ok(())
        }
        Fault::RefusesSuspendedUsers if is_suspended(state, user) => {
            state.clone().add_user(user, group)?;
            Err(Error::invalid("the user is suspended").with_subject(user))
        }
        Fault::AcceptsOtherSystems => match state.add_user(user, group) {
            Err(error) if error.kind() == ErrorKind::Invalid => Ok(()),
            added => added.map(drop),
        },
        Fault::RefusedAddEndsAMembership => {
            let refused = state.add_user(user, group).map(drop);
            let some_group = state.groups_of(user).next();
            if let (Err(_), Some(group)) = (&refused, some_group) {
                state.remove_user(user, group)?;
            }
            refused
        }
        _ => state.add_user(user, group).map(drop),
    }
}

fn remove(
    fault: Fault,
    state: &mut State,
    notes: &mut Notes,
    user: AcsUserId,
    group: AccessGroupId,
) -> Result<(), Error> {
    match fault {
        Fault::ForgetsToRemove => state.clone().remove_user(user, group).map(drop),
        Fault::AddsTwice => {
            match notes.again.get_mut(&(user, group)) {
                Some(times) if *times > 0 => *times -= 1,
                _ => drop(state.remove_user(user, group)?),
            }
            Ok(())
        }
        Fault::RemovesFromAllGroups => {
            state.remove_user(user, group)?;
            for group in state.groups_of(user).collect::<Vec<_>>() {
                state.remove_user(user, group)?;
            }
            Ok(())
        }
        Fault::RefusesRemovalOfNonMembers => {
            if state.remove_user(user, group)? {
                return Ok(());
            }
            Err(Error::not_found("no such membership").with_subject(user))
        }
        Fault::RefusesRemovalAcrossSystems => {
            state.remove_user(user, group)?;
            // Adding is tried on a copy: it refuses what removing must not.
            state.clone().add_user(user, group).map(drop)
        }
        _ => state.remove_user(user, group).map(drop),
    }
}

fn delete(
    fault: Fault,
    state: &mut State,
    notes: &mut Notes,
    group: AccessGroupId,
) -> Result<(), Error> {
    let known = state.access_group(group)?.clone();
    let members: Vec<_> = state.members_of(group).collect();
    match fault {
        Fault::DeletedGroupStays => {
            for user in members {
                state.remove_user(user, group)?;
            }
            return Ok(());
        }
        Fault::DeletionKeepsMemberships => notes.deleted.push((known, members)),
        Fault::DeletionEndsOtherMemberships => {
            for user in members {
                for group in state.groups_of(user).collect::<Vec<_>>() {
                    state.remove_user(user, group)?;
                }
            }
        }
        Fault::DeletionTakesTheUsers => {
            for user in members {
                state.delete_user(user)?;
            }
        }
        _ => {}
    }
    state.delete_group(group)
}

fn join(
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
        .filter(|user| user.acs_system_id == system)
        .filter(|user| user.user_identity_id.is_none() || fault == Fault::IdentityTakesLinkedUsers)
        .cloned()
        .collect();
    let found = match fault {
        Fault::IdentityIgnoresEmail => by_phone(&people, &person),
        Fault::MatchesThisCaseOnly => oldest(&people, |user| {
            given(&user.email_address) && user.email_address == person.email_address
        })
        .or_else(|| by_phone(&people, &person)),
        Fault::MatchesEmptyAddresses => {
            let empty = |text: &Option<String>| text.as_deref() == Some("");
            let both_empty =
                |user: &AcsUser| empty(&user.email_address) && empty(&person.email_address);
            by_email(&people, &person)
                .or_else(|| oldest(&people, both_empty))
                .or_else(|| by_phone(&people, &person))
        }
        Fault::IdentityPrefersPhone => {
            by_phone(&people, &person).or_else(|| by_email(&people, &person))
        }
        Fault::LinksLookalikes => by_likeness(&people, &person, str::to_lowercase, false),
        Fault::TrimsAddresses => by_likeness(
            &people,
            &person,
            |text| text.trim().to_ascii_lowercase(),
            false,
        ),
        Fault::ReadsPhoneNumbersAsDigits => {
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect();
            by_likeness(&people, &person, digits, true)
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

/// Decides by an old copy of the state whether a new user is needed.
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

fn leave(
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
            let here = people
                .into_iter()
                .filter(|user| user.acs_system_id == system);
            let free: Vec<_> = here
                .filter(|identity| identity.user_identity_id.is_none())
                .collect();
            match by_email(&free, &person) {
                Some(user) => tie(state, user, identity),
                None => Ok(()),
            }
        }
        _ => state.leave(identity, group).map(drop),
    }
}

/// Links the two, even if the rules forbid it.
fn tie(state: &mut State, user: AcsUser, identity: UserIdentityId) -> Result<(), Error> {
    match state.link_acs_user(user.acs_user_id, identity, NOW) {
        Ok(_) => Ok(()),
        Err(_) => state.replace_user(user.with_user_identity(identity)),
    }
}

fn linked(state: &State, identity: UserIdentityId, system: AcsSystemId) -> Option<AcsUserId> {
    let users = state.users_of_identity(identity);
    let mut known = users.filter_map(|id| state.acs_user(id).ok());
    let here = known.find(|user| user.acs_system_id == system);
    here.map(|user| user.acs_user_id)
}

fn by_email(people: &[AcsUser], person: &UserIdentity) -> Option<AcsUser> {
    oldest(people, |user| same_email(user, person))
}

/// By an e-mail address, or a phone number, that is the same in this form; else as it must be.
fn by_likeness(
    people: &[AcsUser],
    person: &UserIdentity,
    form: impl Fn(&str) -> String,
    by_number: bool,
) -> Option<AcsUser> {
    let formed = |text: &Option<String>| text.as_deref().map(&form).filter(|text| !text.is_empty());
    let alike = |user: &AcsUser| match by_number {
        true => {
            formed(&user.phone_number).is_some_and(|own| Some(own) == formed(&person.phone_number))
        }
        false => formed(&user.email_address)
            .is_some_and(|own| Some(own) == formed(&person.email_address)),
    };
    let exactly = by_email(people, person).or_else(|| by_phone(people, person));
    exactly.or_else(|| oldest(people, alike))
}

fn youngest_by_email(people: &[AcsUser], person: &UserIdentity) -> Option<AcsUser> {
    let same = people.iter().filter(|user| same_email(user, person));
    let youngest = same.max_by_key(|user| user.created_at);
    youngest.cloned().or_else(|| by_phone(people, person))
}

fn by_phone(people: &[AcsUser], person: &UserIdentity) -> Option<AcsUser> {
    let same =
        |user: &AcsUser| given(&user.phone_number) && user.phone_number == person.phone_number;
    oldest(people, same)
}

fn oldest(people: &[AcsUser], same: impl Fn(&AcsUser) -> bool) -> Option<AcsUser> {
    let found = people.iter().filter(|user| same(user));
    found.min_by_key(|user| user.created_at).cloned()
}

fn same_email(user: &AcsUser, person: &UserIdentity) -> bool {
    let in_small_letters =
        |text: &Option<String>| text.as_ref().map(|text| text.to_ascii_lowercase());
    given(&user.email_address)
        && in_small_letters(&user.email_address) == in_small_letters(&person.email_address)
}

fn given(contact: &Option<String>) -> bool {
    contact.as_ref().is_some_and(|text| !text.is_empty())
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

fn is_suspended(state: &State, user: AcsUserId) -> bool {
    let user = state.acs_user(user);
    user.is_ok_and(|user| user.is_suspended == Some(true))
}
