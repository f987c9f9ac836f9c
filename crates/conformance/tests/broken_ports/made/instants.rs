//! Instants that lose something on their way, and schedules that are checked wrongly.

use access_groups_core::*;
use std::time::Duration;

use super::{
    Class, Made, Store,
    content::{edited, groups, identities, users},
    made,
};
use crate::port::NOW;

pub(super) fn table() -> Vec<Made> {
    let given = GIVEN
        .iter()
        .flat_map(|way| SPOILERS.iter().map(move |spoiler| (way, spoiler)));
    // An end that is given is in the future, and no call asks for ages between two milliseconds.
    let given = given.filter(|(way, spoiler)| match way.1 {
        "end" => !spoiler.0.contains("before"),
        "created_before" => spoiler.0 != "rounded to milliseconds",
        _ => true,
    });
    let given = given.map(|(way, spoiler)| keeps(*way, *spoiler));
    let shown = SHOWN
        .iter()
        .flat_map(|way| SPOILERS.iter().map(|spoiler| shows(*way, *spoiler)));
    let rules = SCHEDULED
        .iter()
        .flat_map(|name| RULES.iter().map(move |rule| (*name, rule)));
    // An update has both ends.
    let rules = rules.filter(|(name, rule)| !name.starts_with("update") || rule.0 != OPEN);
    let rules = rules.map(|(name, rule)| checks(name, *rule));
    given
        .chain(shown)
        .chain(rules)
        .chain(AGES.iter().map(|age| compares(*age)))
        .collect()
}

/// An instant in an operation.
type Way = (
    &'static str,
    &'static str,
    fn(&mut Operation) -> Option<&mut Timestamp>,
);

const GIVEN: &[Way] = &[
    (CreateAcsUser::NAME, "start", |operation| {
        starts_at(new_schedule(operation, true)?)
    }),
    (CreateAcsUser::NAME, "end", |operation| {
        ends_at(new_schedule(operation, true)?)
    }),
    (CreateAccessGroup::NAME, "start", |operation| {
        starts_at(new_schedule(operation, false)?)
    }),
    (CreateAccessGroup::NAME, "end", |operation| {
        ends_at(new_schedule(operation, false)?)
    }),
    (UpdateAcsUser::NAME, "start", |operation| {
        Some(&mut closed(operation, true)?.starts_at)
    }),
    (UpdateAcsUser::NAME, "end", |operation| {
        Some(&mut closed(operation, true)?.ends_at)
    }),
    (UpdateAccessGroup::NAME, "start", |operation| {
        Some(&mut closed(operation, false)?.starts_at)
    }),
    (UpdateAccessGroup::NAME, "end", |operation| {
        Some(&mut closed(operation, false)?.ends_at)
    }),
    (
        ListAcsUsers::NAME,
        "created_before",
        |operation| match operation {
            Operation::ListAcsUsers(op) => op.filter.created_before.as_mut(),
            _ => None,
        },
    ),
    (
        ListUserIdentities::NAME,
        "created_before",
        |operation| match operation {
            Operation::ListUserIdentities(op) => op.filter.created_before.as_mut(),
            _ => None,
        },
    ),
];

fn new_schedule(operation: &mut Operation, of_user: bool) -> Option<&mut NewSchedule> {
    match operation {
        Operation::CreateAcsUser(op) if of_user => op.user.access_schedule.as_mut(),
        Operation::CreateAccessGroup(op) if !of_user => op.group.access_schedule.as_mut(),
        _ => None,
    }
}

fn closed(operation: &mut Operation, of_user: bool) -> Option<&mut ClosedSchedule> {
    let patch = match operation {
        Operation::UpdateAcsUser(op) if of_user => &mut op.update.access_schedule,
        Operation::UpdateAccessGroup(op) if !of_user => &mut op.update.access_schedule,
        _ => return None,
    };
    match patch {
        Patch::Set(schedule) => Some(schedule),
        _ => None,
    }
}

fn starts_at(schedule: &mut NewSchedule) -> Option<&mut Timestamp> {
    schedule.starts_at.as_mut()
}

fn ends_at(schedule: &mut NewSchedule) -> Option<&mut Timestamp> {
    schedule.ends_at.as_mut()
}

/// What becomes of an instant.
type Spoiler = (&'static str, fn(Timestamp) -> Timestamp);

const SPOILERS: &[Spoiler] = &[
    ("without milliseconds", |at| cut(at, 0)),
    ("with tenths of a second", |at| cut(at, 1)),
    ("rounded to milliseconds", |at| {
        at.saturating_add(Duration::from_micros(500))
            .whole_milliseconds()
    }),
    ("not after 2038", |at| {
        at.min(instant("2038-01-19T03:14:07Z"))
    }),
    ("not after 2106", |at| {
        at.min(instant("2106-02-07T06:28:15Z"))
    }),
    ("not after 2262", |at| {
        at.min(instant("2262-04-11T23:47:16.854Z"))
    }),
    ("not after 9999-12-30", |at| {
        at.min(instant("9999-12-30T22:00:00Z"))
    }),
    ("not before 1970", |at| at.max(Timestamp::UNIX_EPOCH)),
    ("not before 1901", |at| {
        at.max(instant("1901-12-13T20:45:52Z"))
    }),
    ("not before 1677", |at| {
        at.max(instant("1677-09-21T00:12:43.146Z"))
    }),
    ("not before 0001", |at| {
        at.max(instant("0001-01-01T00:00:00Z"))
    }),
    ("without milliseconds before 1970", |at| {
        match at < Timestamp::UNIX_EPOCH {
            true => cut(at, 0),
            false => at,
        }
    }),
];

fn cut(at: Timestamp, digits: usize) -> Timestamp {
    instant(&format!("{at:.digits$}"))
}

fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn keeps((name, part, given): Way, (what, spoil): Spoiler) -> Made {
    let layer = move |store: &mut Store<'_>, operation: &Operation| {
        let mut other = operation.clone();
        let is_this = operation.name() == name;
        if let Some(at) = given(&mut other).filter(|_| is_this) {
            *at = spoil(*at);
        }
        // A refusal is none of this fault.
        match store.state.clone().execute(operation.clone(), NOW) {
            Err(error) if is_this => Err(error),
            _ => store.call(&other),
        }
    };
    made(
        Class::Instants,
        format!("{name} takes the {part} {what}"),
        layer,
    )
}

/// Instants in an answer.
type Shown = (&'static str, fn(&mut Content) -> Vec<&mut Timestamp>);

const SHOWN: &[Shown] = &[
    ("the age of a user", |content| {
        users(content)
            .iter_mut()
            .map(|user| &mut user.created_at)
            .collect()
    }),
    ("the age of an identity", |content| {
        identities(content)
            .iter_mut()
            .map(|identity| &mut identity.created_at)
            .collect()
    }),
    ("the start of a user", |content| {
        let schedules = users(content)
            .iter_mut()
            .flat_map(|user| &mut user.access_schedule);
        schedules.map(|schedule| &mut schedule.starts_at).collect()
    }),
    ("the end of a user", |content| {
        let schedules = users(content)
            .iter_mut()
            .flat_map(|user| &mut user.access_schedule);
        schedules
            .flat_map(|schedule| &mut schedule.ends_at)
            .collect()
    }),
    ("the start of a group", |content| {
        let schedules = groups(content)
            .iter_mut()
            .flat_map(|group| &mut group.access_schedule);
        schedules.map(|schedule| &mut schedule.starts_at).collect()
    }),
    ("the end of a group", |content| {
        let schedules = groups(content)
            .iter_mut()
            .flat_map(|group| &mut group.access_schedule);
        schedules
            .flat_map(|schedule| &mut schedule.ends_at)
            .collect()
    }),
];

/// In every answer: so the column keeps it.
fn shows((part, shown): Shown, (what, spoil): Spoiler) -> Made {
    let layer = move |store: &mut Store<'_>, operation: &Operation| {
        let reply = store.call(operation)?;
        Ok(edited(operation, reply, |content| {
            shown(content).into_iter().for_each(|at| *at = spoil(*at));
        }))
    };
    made(
        Class::Instants,
        format!("every answer shows {part} {what}"),
        layer,
    )
}

const SCHEDULED: &[&str] = &[
    CreateAcsUser::NAME,
    UpdateAcsUser::NAME,
    CreateAccessGroup::NAME,
    UpdateAccessGroup::NAME,
];

/// Whether a schedule is taken that must be refused, or refused that must be taken.
type Rule = (&'static str, bool, fn(Timestamp, Option<Timestamp>) -> bool);

const RULES: &[Rule] = &[
    ("takes an end at this instant", true, |start, end| {
        end.is_some_and(|end| end == NOW && start < end)
    }),
    ("takes an end in the past", true, |start, end| {
        end.is_some_and(|end| end < NOW && start < end)
    }),
    ("takes an end at the start", true, |start, end| {
        end.is_some_and(|end| end == start && end > NOW)
    }),
    ("takes an end before the start", true, |start, end| {
        end.is_some_and(|end| end < start && end > NOW)
    }),
    ("refuses a start in the past", false, |start, _| start < NOW),
    ("refuses a start at this instant", false, |start, _| {
        start == NOW
    }),
    ("refuses a start in the future", false, |start, _| {
        start > NOW
    }),
    (
        "refuses an end within one second of the start",
        false,
        |start, end| {
            end.is_some_and(|end| end > start && end < start.saturating_add(Duration::from_secs(1)))
        },
    ),
    (OPEN, false, |_, end| end.is_none()),
];

const OPEN: &str = "refuses to be open";

fn checks(name: &'static str, (what, takes, is_concerned): Rule) -> Made {
    let layer = move |store: &mut Store<'_>, operation: &Operation| {
        let given = schedule_of(operation).filter(|_| operation.name() == name);
        let given = given.filter(|schedule| is_concerned(schedule.starts_at, schedule.ends_at));
        let Some(schedule) = given else {
            return store.call(operation);
        };
        let checked = store.state.clone().execute(operation.clone(), NOW);
        match (takes, checked) {
            (true, Err(error)) if error.kind() == ErrorKind::Invalid => {
                take(store, operation, schedule)
            }
            (false, Ok(_)) => Err(Error::invalid("the schedule cannot be set")),
            (_, Err(error)) => Err(error),
            (true, Ok(_)) => store.call(operation),
        }
    };
    made(Class::Instants, format!("{name} {what}"), layer)
}

fn schedule_of(operation: &Operation) -> Option<AccessSchedule> {
    let mut operation = operation.clone();
    for of_user in [true, false] {
        if let Some(schedule) = new_schedule(&mut operation, of_user) {
            let mut made = AccessSchedule::new(schedule.starts_at.unwrap_or(NOW));
            made.ends_at = schedule.ends_at;
            return Some(made);
        }
        if let Some(schedule) = closed(&mut operation, of_user) {
            return Some(AccessSchedule::new(schedule.starts_at).with_end(schedule.ends_at));
        }
    }
    None
}

/// Makes the call without the schedule, and sets it afterwards.
fn take(
    store: &mut Store<'_>,
    operation: &Operation,
    schedule: AccessSchedule,
) -> Result<Reply, Error> {
    let mut other = operation.clone();
    match &mut other {
        Operation::CreateAcsUser(op) => op.user.access_schedule = None,
        Operation::CreateAccessGroup(op) => op.group.access_schedule = None,
        Operation::UpdateAcsUser(op) => op.update.access_schedule = Patch::Keep,
        Operation::UpdateAccessGroup(op) => op.update.access_schedule = Patch::Keep,
        _ => {}
    }
    let reply = store.call(&other)?;
    let reply = edited(operation, reply, |content| {
        users(content)
            .iter_mut()
            .for_each(|user| user.access_schedule = Some(schedule));
        groups(content)
            .iter_mut()
            .for_each(|group| group.access_schedule = Some(schedule));
    });
    match (operation, reply.content()) {
        (_, Content::AcsUser(user)) => store.state.replace_user(user.clone())?,
        (_, Content::AccessGroup(group)) => store.state.replace_group(group.clone())?,
        (Operation::UpdateAcsUser(op), _) => {
            let user = store.state.acs_user(op.user)?.clone();
            store
                .state
                .replace_user(user.with_access_schedule(schedule))?;
        }
        (Operation::UpdateAccessGroup(op), _) => {
            let group = store.state.access_group(op.group)?.clone();
            store
                .state
                .replace_group(group.with_access_schedule(schedule))?;
        }
        _ => {}
    }
    Ok(reply)
}

/// How `created_before` is compared, where it must be `<`.
type Age = (&'static str, fn(Timestamp) -> Timestamp);

const AGES: &[Age] = &[
    ("up to the instant", |at| {
        at.saturating_add(Duration::from_nanos(1))
    }),
    ("up to the second", |at| {
        at.saturating_add(Duration::from_secs(1))
    }),
    ("up to the day", |at| {
        at.saturating_add(Duration::from_secs(86_400))
    }),
];

fn compares((what, later): Age) -> Made {
    let layer = move |store: &mut Store<'_>, operation: &Operation| {
        let mut other = operation.clone();
        let before = match &mut other {
            Operation::ListAcsUsers(op) => op.filter.created_before.as_mut(),
            Operation::ListUserIdentities(op) => op.filter.created_before.as_mut(),
            _ => None,
        };
        let Some(before) = before else {
            return store.call(operation);
        };
        *before = later(*before);
        let all = super::content::whole(store.state, &other)?;
        super::paging::paged(operation, &all, &super::paging::question(operation))
    };
    made(Class::Instants, format!("created_before is {what}"), layer)
}
