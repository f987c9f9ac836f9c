//! Faults that only much of something shows.

use std::num::NonZeroU32;

use access_groups_core::{
    AcsUserFilter, Call, Error, ListAccessGroups, ListAcsSystems, ListAcsUsers, ListEntrances,
    ListEntrancesOfGroup, ListEntrancesOfIdentity, ListEntrancesOfUser, ListSystemsOfIdentity,
    ListUserIdentities, ListUsersInGroup, ListUsersOfIdentity, Operation, Page, PageRequest, Reply,
    UserIdentityId,
};
use access_groups_in_memory::State;

use super::{
    ask, execute,
    lists::{edit, page_of},
};
use crate::faults::Fault;

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
        Fault::FiltersAfterTheCut => match operation {
            Operation::ListAcsUsers(op) if op.filter != AcsUserFilter::new() => {
                Some(filter_cut(state, op))
            }
            _ => None,
        },
        _ => None,
    }
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
    if fault != Fault::ListsStopAtAThousand {
        return reply;
    }
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
