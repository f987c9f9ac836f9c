//! Faults that only much of something shows.

use std::num::NonZeroU32;

use access_groups_core::{
    AcsUserFilter, Call, Error, GetAcsUser, GetUserIdentity, GrantAccess, ListAccessGroups,
    ListAcsSystems, ListAcsUsers, ListEntrances, ListEntrancesOfGroup, ListEntrancesOfIdentity,
    ListEntrancesOfUser, ListSystemsOfIdentity, ListUserIdentities, ListUsersInGroup,
    ListUsersOfIdentity, Operation, Page, PageRequest, Reply, RevokeAccessToAllEntrances,
    UnlinkAcsUser, UserIdentity, UserIdentityId, UserIdentitySelector,
};
use access_groups_in_memory::State;

use super::{
    ask, execute,
    lists::{edit, page_of},
};
use crate::faults::Fault;

/// Whether a port with this fault must be tried with all that the laws on size make.
pub(super) fn needs_bulk(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::MembersAreCountedInSixteenBits | Fault::GroupsAreCountedInSixteenBits
    )
}

pub(super) fn instead(
    fault: Fault,
    state: &mut State,
    operation: &Operation,
) -> Option<Result<Reply, Error>> {
    let mut other = operation.clone();
    match fault {
        Fault::LimitsHaveSixteenBits => {
            let page = page_of(&mut other)?;
            let limit = page.limit?.get() as u16;
            if limit == 0 {
                return Some(empty(operation));
            }
            page.limit = NonZeroU32::new(limit.into());
            Some(execute(state, other))
        }
        Fault::RevokesAThousandMemberships => match operation {
            Operation::RevokeAccessToAllEntrances(op) => Some(revoke_some(state, op)),
            _ => None,
        },
        Fault::CreatesIn999Groups => match &mut other {
            Operation::CreateAcsUser(op) if op.user.groups.len() > 999 => {
                op.user.groups.truncate(999);
                Some(execute(state, other))
            }
            _ => None,
        },
        Fault::Opens999Entrances => match &mut other {
            Operation::UpdateAccessGroup(op) if op.update.add_entrances.len() > 999 => {
                op.update.add_entrances.truncate(999);
                Some(execute(state, other))
            }
            _ => None,
        },
        Fault::LooksForKeysAmongAThousand => match operation {
            Operation::GetUserIdentity(GetUserIdentity {
                identity: UserIdentitySelector::Key(key),
                ..
            }) => {
                let mut first = state.user_identities().take(1000);
                let known =
                    |one: &UserIdentity| one.user_identity_key.as_deref() == Some(key.as_str());
                let is_known = first.any(known);
                (!is_known).then(|| Err(Error::not_found("no identity has this key")))
            }
            _ => None,
        },
        Fault::DeletesAThousandUsersOfAnIdentity => match operation {
            Operation::DeleteUserIdentity(op) => {
                let users = ask(state, ListUsersOfIdentity::new(op.identity)).ok()?;
                for user in users.iter().skip(1000) {
                    ask(state, UnlinkAcsUser::new(user.acs_user_id, op.identity)).ok()?;
                }
                None
            }
            _ => None,
        },
        Fault::GrantsStopAtAThousand => match operation {
            Operation::GrantAccess(_) if state.grants().count() >= 1000 => {
                Some(Ok(GrantAccess::answer(())))
            }
            _ => None,
        },
        Fault::FiltersAfterTheCut => match operation {
            Operation::ListAcsUsers(op) if op.filter != AcsUserFilter::new() => {
                Some(filter_cut(state, op))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Ends a thousand memberships, and all grants.
fn revoke_some(state: &mut State, op: &RevokeAccessToAllEntrances) -> Result<Reply, Error> {
    let user = ask(state, GetAcsUser::new(op.user))?.acs_user_id;
    let groups: Vec<_> = state.groups_of(user).collect();
    let answer = execute(state, op.clone().into())?;
    for group in groups.iter().skip(1000) {
        state.add_user(user, *group)?;
    }
    Ok(answer)
}

fn empty(operation: &Operation) -> Result<Reply, Error> {
    Ok(match operation {
        Operation::ListAcsUsers(_) => ListAcsUsers::answer(Page::only(Vec::new())),
        Operation::ListEntrances(_) => ListEntrances::answer(Page::only(Vec::new())),
        _ => ListUserIdentities::answer(Page::only(Vec::new())),
    })
}

/// Those of the oldest 1,000 who pass.
fn filter_cut(state: &mut State, list: &ListAcsUsers) -> Result<Reply, Error> {
    let page = PageRequest::first().with_limit(PageRequest::MAX_LIMIT);
    let oldest = ask(state, ListAcsUsers::new(AcsUserFilter::new(), page))?;
    let oldest = oldest.items.into_iter();
    let passing = oldest.filter(|user| {
        let identity = user.user_identity_id.as_deref();
        let identity = identity.and_then(|id| id.parse::<UserIdentityId>().ok());
        let identity = identity.and_then(|id| state.user_identity(id).ok());
        list.filter.fits(user, identity)
    });
    Ok(ListAcsUsers::answer(Page::only(passing.collect())))
}

pub(super) fn spoiled(fault: Fault, operation: &Operation, reply: Reply) -> Reply {
    match (fault, operation) {
        (Fault::MembersAreCountedInSixteenBits, Operation::ListUsersInGroup(_)) => {
            edit::<ListUsersInGroup>(reply, |rows| rows.truncate(0xffff))
        }
        (Fault::GroupsAreCountedInSixteenBits, Operation::ListAccessGroups(_)) => {
            edit::<ListAccessGroups>(reply, |rows| rows.truncate(0xffff))
        }
        (Fault::ListsStopAtAThousand, _) => cut_list(operation, reply),
        _ => reply,
    }
}

fn cut_list(operation: &Operation, reply: Reply) -> Reply {
    match operation {
        Operation::ListAccessGroups(_) => cut::<_, ListAccessGroups>(reply),
        Operation::ListUsersInGroup(_) => cut::<_, ListUsersInGroup>(reply),
        Operation::ListEntrancesOfGroup(_) => cut::<_, ListEntrancesOfGroup>(reply),
        Operation::ListEntrancesOfUser(_) => cut::<_, ListEntrancesOfUser>(reply),
        Operation::ListEntrancesOfIdentity(_) => cut::<_, ListEntrancesOfIdentity>(reply),
        Operation::ListAcsSystems(_) => cut::<_, ListAcsSystems>(reply),
        Operation::ListSystemsOfIdentity(_) => cut::<_, ListSystemsOfIdentity>(reply),
        Operation::ListUsersOfIdentity(_) => cut::<_, ListUsersOfIdentity>(reply),
        _ => reply,
    }
}

fn cut<T, C: Call<Reply = Vec<T>>>(reply: Reply) -> Reply {
    edit::<C>(reply, |rows| rows.truncate(1000))
}
