//! Faults at the limits of instants, texts and pages.

use std::{num::NonZeroU32, time::Duration};

use access_groups_core::{
    AccessSchedule, AcsUserFilter, Call, CreateAcsUser, Error, GetAcsUser, ListAcsUsers,
    ListUserIdentities, Operation, Page, PageRequest, Reply, Timestamp,
};
use access_groups_in_memory::State;

use super::{NOW, ask, lists::edit};
use crate::faults::Fault;

pub(super) fn instead(
    fault: Fault,
    state: &mut State,
    operation: &Operation,
) -> Option<Result<Reply, Error>> {
    match (fault, operation) {
        (Fault::PagesAreAsLongAsAsked, Operation::ListAcsUsers(op)) => {
            let asked = op.page.limit.map_or(0, NonZeroU32::get);
            let whole = asked > 1000;
            whole.then(|| Ok(ListAcsUsers::answer(Page::only(all(state, &op.filter)?))))
        }
        (Fault::CutsLongTexts, Operation::CreateAcsUser(op)) => {
            let mut user = op.user.clone();
            let start: String = user.full_name.as_str().chars().take(255).collect();
            user.full_name = start.parse().expect("a name, but shorter");
            Some(ask(state, CreateAcsUser::new(user)).map(CreateAcsUser::answer))
        }
        (Fault::RefusesManyBytes, Operation::CreateAcsUser(op)) => {
            let bytes = op.user.full_name.as_str().len();
            (bytes > 1000).then(|| Err(Error::invalid("the name is too long")))
        }
        (Fault::ListsWhatWasCreatedAtTheInstant, Operation::ListUserIdentities(op)) => {
            let mut filter = op.filter.clone();
            filter.created_before = filter
                .created_before
                .map(|instant| instant.saturating_add(Duration::from_nanos(1)));
            let list = ListUserIdentities::new(filter, op.page.clone());
            Some(ask(state, list).map(ListUserIdentities::answer))
        }
        (Fault::ComparesAgesInSeconds, Operation::ListAcsUsers(op)) => {
            let mut filter = op.filter.clone();
            filter.created_before = filter.created_before.map(in_seconds);
            let list = ListAcsUsers::new(filter, op.page.clone());
            Some(ask(state, list).map(ListAcsUsers::answer))
        }
        (Fault::TakesAnEndOfNow, Operation::CreateAcsUser(op)) => {
            let mut user = op.user.clone();
            let schedule = user.access_schedule.as_mut()?;
            let end = schedule.ends_at.filter(|end| *end == NOW)?;
            let starts_before = schedule.starts_at.is_some_and(|start| start < end);
            schedule.ends_at = starts_before.then_some(NOW + Duration::from_nanos(1));
            Some(ask(state, CreateAcsUser::new(user)).map(CreateAcsUser::answer))
        }
        _ => None,
    }
}

fn all(
    state: &mut State,
    filter: &AcsUserFilter,
) -> Result<Vec<access_groups_core::AcsUser>, Error> {
    let mut request = PageRequest::first();
    let mut users = Vec::new();
    loop {
        let page = ask(state, ListAcsUsers::new(filter.clone(), request.clone()))?;
        users.extend(page.items);
        match page.next {
            Some(cursor) => request = request.after(cursor),
            None => return Ok(users),
        }
    }
}

/// The reply, with other instants than those that were given.
pub(super) fn spoiled(fault: Fault, operation: &Operation, reply: Reply) -> Reply {
    match operation {
        Operation::GetAcsUser(_) => edit::<GetAcsUser>(reply, |user| {
            spoil(fault, &mut user.access_schedule);
        }),
        Operation::CreateAcsUser(_) => edit::<CreateAcsUser>(reply, |user| {
            spoil(fault, &mut user.access_schedule);
        }),
        _ => reply,
    }
}

fn spoil(fault: Fault, schedule: &mut Option<AccessSchedule>) {
    let Some(AccessSchedule {
        starts_at, ends_at, ..
    }) = schedule
    else {
        return;
    };
    *starts_at = moved(fault, *starts_at);
    *ends_at = ends_at.map(|end| moved(fault, end));
}

fn in_seconds(instant: Timestamp) -> Timestamp {
    let text = format!("{instant:.0}");
    text.parse().expect("the same without its fraction")
}

fn moved(fault: Fault, instant: Timestamp) -> Timestamp {
    match fault {
        // The last instant of a popular library.
        Fault::ClampsTheLastDay => instant.min("9999-12-30T22:00:00Z".parse().expect("an instant")),
        // Nanoseconds in 64 bits.
        Fault::EndsIn2262 => instant.min(
            "2262-04-11T23:47:16.854775807Z"
                .parse()
                .expect("an instant"),
        ),
        Fault::CutsToSeconds => in_seconds(instant),
        Fault::RoundsToMilliseconds => instant
            .saturating_add(Duration::from_micros(500))
            .whole_milliseconds(),
        _ => instant,
    }
}
