//! Faults in what a resource shows in one of the places that show it, in the order of lists, and in
//! what a refusal says of itself.

use std::collections::BTreeSet;

use access_groups_core::{
    CreateAcsUser, Error, ErrorKind, GetUserIdentity, ListAccessGroups, ListAcsUsers,
    ListEntrances, ListEntrancesOfUser, ListSystemsOfIdentity, ListUserIdentities,
    ListUsersInGroup, Operation, PageCursor, Reply, UserIdentitySelector,
};
use access_groups_in_memory::State;

use super::{Notes, execute, lists::edit};
use crate::faults::Fault;

/// Does something else than the caller asked for.
pub(super) fn instead(
    fault: Fault,
    state: &mut State,
    notes: &mut Notes,
    operation: &Operation,
) -> Option<Result<Reply, Error>> {
    let mut other = operation.clone();
    match (fault, &mut other) {
        (Fault::EmptyNumbersAreUnique, Operation::CreateUserIdentity(op)) => {
            let number = op.identity.phone_number.as_ref()?.as_str();
            let mut all = state.user_identities();
            let is_taken = all.any(|other| other.phone_number.as_deref() == Some(number));
            let taken = || Err(Error::conflict("another identity has the number"));
            return is_taken.then(taken);
        }
        (Fault::EmptyNumbersBecomeNone, Operation::CreateUserIdentity(op)) => {
            let number = &mut op.identity.phone_number;
            *number = number.take().filter(|number| !number.as_str().is_empty());
        }
        (Fault::EmptyConditionsAreConditionsOnNone, Operation::ListAcsUsers(op)) => {
            let number = op.filter.identity_phone_number.as_mut()?;
            *number = number.take().filter(|number| !number.as_str().is_empty());
        }
        (Fault::RefusesGroupsNamedTwice, Operation::CreateAcsUser(op)) => {
            let groups: BTreeSet<_> = op.user.groups.iter().collect();
            let violated = || Err(Error::conflict("the membership is there already"));
            return (groups.len() < op.user.groups.len()).then(violated);
        }
        (Fault::CursorsAreUsedUp, Operation::ListEntrances(op)) => {
            let cursor = op.page.cursor.as_ref().map(PageCursor::as_str)?;
            let is_new = notes.used_cursors.insert(cursor.to_owned());
            let used_up = || Err(Error::invalid("the cursor was used already"));
            return (!is_new).then(used_up);
        }
        _ => {}
    }
    (other != *operation).then(|| execute(state, other))
}

/// The refusal, or what a broken port answers instead.
pub(super) fn instead_of_refusal(fault: Fault, operation: &Operation, error: Error) -> Error {
    let is_ambiguous = match (fault, operation) {
        (Fault::RefusedEntrancesMayBeThere, Operation::CreateEntrance(_)) => true,
        (Fault::ConflictsOfLinksMayBeLinks, Operation::LinkAcsUser(_)) => {
            error.kind() == ErrorKind::Conflict
        }
        _ => error.is_ambiguous(),
    };
    error.with_ambiguity(is_ambiguous)
}

/// The reply, or what a broken port makes of it.
pub(super) fn spoiled(fault: Fault, operation: &Operation, reply: Reply) -> Reply {
    match (fault, operation) {
        (Fault::ListsGroupsWithoutWarnings, Operation::ListAccessGroups(_)) => {
            edit::<ListAccessGroups>(reply, |groups| {
                groups.iter_mut().for_each(|group| group.warnings.clear());
            })
        }
        (Fault::ListsMembersWithoutUnknownFields, Operation::ListUsersInGroup(_)) => {
            edit::<ListUsersInGroup>(reply, |users| {
                users.iter_mut().for_each(|user| user.extra.clear());
            })
        }
        (Fault::ListsEntrancesOfUsersWithoutSpaces, Operation::ListEntrancesOfUser(_)) => {
            edit::<ListEntrancesOfUser>(reply, |entrances| {
                let spaces = entrances.iter_mut().map(|entrance| &mut entrance.space_ids);
                spaces.for_each(Vec::clear);
            })
        }
        (Fault::ListsSystemsOfIdentitiesWithoutErrors, Operation::ListSystemsOfIdentity(_)) => {
            edit::<ListSystemsOfIdentity>(reply, |systems| {
                systems.iter_mut().for_each(|system| system.errors.clear());
            })
        }
        (Fault::ListsIdentitiesWithoutErrors, Operation::ListUserIdentities(_)) => {
            edit::<ListUserIdentities>(reply, |page| {
                let identities = page.items.iter_mut();
                identities.for_each(|identity| identity.errors.clear());
            })
        }
        (Fault::FindsIdentitiesByKeyWithoutUsers, Operation::GetUserIdentity(op))
            if matches!(op.identity, UserIdentitySelector::Key(_)) =>
        {
            edit::<GetUserIdentity>(reply, |identity| identity.acs_user_ids.clear())
        }
        (Fault::ListsUsersById, Operation::ListAcsUsers(_)) => {
            edit::<ListAcsUsers>(reply, |page| {
                page.items.sort_by_key(|user| user.acs_user_id)
            })
        }
        (Fault::ListsEntrancesNamedTwiceTwice, Operation::ListEntrances(op)) => {
            edit::<ListEntrances>(reply, |page| {
                let named = op.filter.entrances.iter().flatten();
                let named: Vec<_> = named.collect();
                let items = page.items.drain(..).flat_map(|entrance| {
                    let id = entrance.acs_entrance_id;
                    let times = named.iter().filter(|named| ***named == id).count();
                    vec![entrance; times.max(1)]
                });
                page.items = items.collect();
            })
        }
        (Fault::ListsNamedEntrancesAsNamed, Operation::ListEntrances(op)) => {
            edit::<ListEntrances>(reply, |page| {
                let named = op.filter.entrances.iter().flatten();
                let named: Vec<_> = named.collect();
                let place = |id| named.iter().position(|named| **named == id);
                page.items
                    .sort_by_key(|entrance| place(entrance.acs_entrance_id));
            })
        }
        (Fault::CreatesUsersWithoutAccount, Operation::CreateAcsUser(_)) => {
            edit::<CreateAcsUser>(reply, |user| user.connected_account_id = "none".to_owned())
        }
        _ => reply,
    }
}
