//! Instants: how they are kept and compared, and which ends of a schedule are past.

use std::time::Duration;

use super::{
    kept::{Bundle, Given, instants},
    *,
};

/// Instants at which clocks, calendars and numbers begin, end or lose digits, the earliest first.
const INSTANTS: [&str; 34] = [
    "0000-01-01T00:00:00Z",
    "0000-02-29T12:00:00.001Z",
    "0000-12-31T23:59:59.999Z",
    "0001-01-01T00:00:00.001Z",
    "0999-12-31T23:59:59.999Z",
    // The first day of the Gregorian calendar, and of a popular database.
    "1582-10-15T00:00:00Z",
    "1752-12-31T23:59:59.999Z",
    "1753-01-01T00:00:00Z",
    "1899-12-31T23:59:59.999Z",
    "1900-03-01T00:00:00.0019+02:00",
    // Seconds in 32 bits.
    "1901-12-13T20:45:51.999Z",
    "1901-12-13T20:45:52Z",
    // Before the epoch, fractions are easily cut in the wrong direction.
    "1969-12-31T23:59:59.987654321Z",
    "1970-01-01T00:00:00Z",
    "1970-01-01T00:00:00.001Z",
    "2000-02-29T12:30:00.9999999-12:00",
    "2001-09-09T01:46:40.002Z",
    "2038-01-19T03:14:07.999Z",
    "2038-01-19T03:14:08Z",
    "2100-02-28T23:59:59.9996Z",
    "2106-02-07T06:28:15.999Z",
    "2106-02-07T06:28:16Z",
    // Nanoseconds in 64 bits.
    "2262-04-11T23:47:16.854775807Z",
    "2262-04-11T23:47:16.855Z",
    "2286-11-20T17:46:40.001Z",
    "2554-07-21T23:34:33.71Z",
    "4000-02-29T00:00:00.123456789Z",
    "9000-07-01T08:00:00.0019+02:00",
    // A double has no digits left for the microseconds of such years.
    "9998-12-31T23:59:59.9999999Z",
    // The last instant of a popular library, and the last day, in which some write "never".
    "9999-12-30T22:00:00.999Z",
    "9999-12-30T22:00:01.001Z",
    "9999-12-31T00:00:00Z",
    "9999-12-31T23:59:59.999Z",
    "9999-12-31T23:59:59.999999999Z",
];

/// Of the site, of what is created, and of updates; wherever users, identities and groups are shown.
pub(crate) fn an_instant_keeps_its_milliseconds(bench: &Bench<'_>) -> Checked {
    instants_of_the_site_are_kept(bench)?;
    instants_of_calls_are_kept(bench)
}

fn instants_of_the_site_are_kept(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let known = known_instants();
    let mut bundles = Vec::new();
    for (index, span) in known.windows(2).enumerate() {
        bundles.push(Bundle::of(&mut site, &format!("Ada {index}")));
        let schedule = AccessSchedule::new(span[0]).with_end(span[1]);
        site.users[index].access_schedule = Some(schedule);
        site.users[index].created_at = span[0];
        site.identities[index].created_at = span[1];
        site.groups[index].access_schedule = Some(schedule);
        site.entrances[index].created_at = span[0];
    }
    site.furnish();
    for (index, span) in known.windows(2).enumerate() {
        for error in &mut site.users[index].errors {
            error.created_at = span[0];
        }
        for warning in &mut site.groups[index].warnings {
            warning.created_at = span[1];
        }
    }
    let case = Case::open(bench, &site);
    let given = Given::with_site(&case, &site);
    given.must_be_everywhere(&bundles)
}

fn instants_of_calls_are_kept(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let bundle = Bundle::of(&mut site, "Ada");
    let case = Case::open(bench, &site);
    let now = clock(&case, bundle.system)?.unwrap_or_else(|| far_off(0));
    let future = now.saturating_add(DAY);
    let mut given = Given::to(&case);
    for instant in known_instants() {
        // Both are in the future, even if the adapter cuts them.
        if instant < Timestamp::MAX - DAY {
            must_keep(&case, &mut given, bundle, instant, Timestamp::MAX)?;
        }
        if instant > future {
            must_keep(&case, &mut given, bundle, Timestamp::MIN, instant)?;
        }
    }
    // All that was created, in one list.
    given.must_be_everywhere(&[])
}

/// In every call that takes a schedule.
fn must_keep<'s>(
    case: &Case<'s>,
    given: &mut Given<'_, 's>,
    bundle: Bundle,
    starts_at: Timestamp,
    ends_at: Timestamp,
) -> Checked {
    let asked = instants(Some(AccessSchedule::new(starts_at).with_end(ends_at)));
    for call in calls_with(bundle, Some(starts_at), Some(ends_at)) {
        let Some(reply) = case.must_succeed(&call)? else {
            continue;
        };
        let updated = match &call {
            Operation::UpdateAcsUser(_) => Some(Subject::from(bundle.user)),
            Operation::UpdateAccessGroup(_) => Some(bundle.group.into()),
            _ => None,
        };
        match updated {
            Some(resource) => given.note(call.name(), resource, asked.clone()),
            None => given.note_created(&call, &reply, asked.clone()).map(drop)?,
        }
    }
    bundle
        .places()
        .into_iter()
        .try_for_each(|(question, subject)| {
            let is_timed = matches!(subject, Subject::AcsUser(_) | Subject::AccessGroup(_));
            if is_timed {
                given.must_be_in(question, [subject])
            } else {
                Ok(())
            }
        })
}

/// Of users and identities, to the millisecond and in all years.
pub(crate) fn what_was_created_at_an_instant_was_not_created_before_it(
    bench: &Bench<'_>,
) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let known = known_instants();
    // Youngest first, so that the order of insertion is not that of the ages.
    for instant in known.iter().rev() {
        site.user_with(main, "Ada", |user| user.with_created_at(*instant));
        site.identity("Ada", None, None, &[]);
        if let Some(identity) = site.identities.last_mut() {
            identity.created_at = *instant;
        }
    }
    let case = Case::open(bench, &site);
    let millisecond = Duration::from_millis(1);
    for instant in known {
        let at = instant.whole_milliseconds();
        let around = [
            at.checked_sub(millisecond),
            Some(at),
            at.checked_add(millisecond),
        ];
        for asked in around.into_iter().flatten() {
            // What is finer may be cut, and asking for a whole millisecond has one answer either way.
            let is_before = |created: Timestamp| created.whole_milliseconds() < asked;
            let users = site.users.iter().filter(|user| is_before(user.created_at));
            let users: Vec<_> = users.map(Resource::id).collect();
            let filter = AcsUserFilter::new().created_before(asked);
            case.must_list(&users_that(filter), &users)?;
            let identities = site.identities.iter();
            let identities = identities.filter(|identity| is_before(identity.created_at));
            let identities: Vec<_> = identities.map(Resource::id).collect();
            let mut filter = UserIdentityFilter::new();
            filter.created_before = Some(asked);
            case.must_list(&identities_that(filter), &identities)?;
        }
    }
    Ok(())
}

/// At creation and in an update, of users and of groups; around the adapter's own clock too.
pub(crate) fn a_schedule_must_end_in_the_future_and_after_it_starts(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let bundle = Bundle::of(&mut site, "Ada");
    let running = AccessSchedule::new(long_ago(0)).with_end(far_off(1));
    site.users[0].access_schedule = Some(running);
    site.groups[0].access_schedule = Some(running);
    let case = Case::open(bench, &site);

    let now = clock(&case, bundle.system)?;
    let before = case.visible();
    for (start, end) in over(now) {
        for call in calls_with(bundle, start, Some(end)) {
            case.refused(call, ErrorKind::Invalid)?;
        }
        case.must_show(&before)?;
    }
    for (start, end) in lasting(now) {
        for call in calls_with(bundle, start, end) {
            case.must_succeed(&call)?;
        }
    }
    match now {
        Some(_) => an_end_just_after_now_is_future(&case, bundle),
        None => Ok(()),
    }
}

/// Within this millisecond or this second. A clock that goes on may pass the end before the call, so
/// it is looked at again after it: if it has not come to the end by then, the end was future.
fn an_end_just_after_now_is_future(case: &Case<'_>, bundle: Bundle) -> Checked {
    for soon in [1, 900].map(Duration::from_millis) {
        let Some(now) = clock(case, bundle.system)? else {
            return Ok(());
        };
        // The clock may be shown without what is finer.
        let end = now.whole_milliseconds() + soon;
        for call in calls_with(bundle, Some(long_ago(0)), Some(end)) {
            let Some(Err(error)) = case.ask(Through::Port, &call)? else {
                continue;
            };
            let after = clock(case, bundle.system)?;
            let is_certain = after.is_some_and(|after| after < end);
            let refused = chain(&error);
            let why = format!(
                "{} must succeed, because the clock had not come to {end} even after it, but was \
                 {refused}",
                call_shown(&call)
            );
            case.must(!is_certain, &why)?;
        }
    }
    Ok(())
}

/// Schedules that end before they start, at that instant, or in the past.
fn over(now: Option<Timestamp>) -> Vec<(Option<Timestamp>, Timestamp)> {
    let millisecond = Duration::from_millis(1);
    let mut schedules = vec![
        (Some(far_off(2)), far_off(1)),
        (Some(far_off(1)), far_off(1)),
        (Some(far_off(1) + millisecond), far_off(1)),
        (Some(long_ago(0)), long_ago(1)),
        (Some(far_off(1)), long_ago(1)),
        (Some(Timestamp::MIN), Timestamp::UNIX_EPOCH),
        (None, Timestamp::MIN),
        (None, long_ago(1)),
    ];
    // At its end a schedule is over, and the adapter's clock has shown this instant.
    for end in now
        .into_iter()
        .flat_map(|now| [now, now - millisecond, now - SECOND, now - DAY])
    {
        schedules.extend(
            [None, Some(long_ago(0)), Some(end - millisecond), Some(end)].map(|start| (start, end)),
        );
    }
    if let Some(now) = now {
        schedules.push((Some(now + DAY), now + HOUR));
        schedules.push((Some(now + HOUR), now + HOUR));
        schedules.push((Some(now + HOUR), now));
    }
    schedules
}

/// Schedules that end after they start, and later than the tests take.
fn lasting(now: Option<Timestamp>) -> Vec<(Option<Timestamp>, Option<Timestamp>)> {
    let millisecond = Duration::from_millis(1);
    let mut schedules = vec![
        (Some(long_ago(0)), Some(far_off(1))),
        (Some(far_off(1)), Some(far_off(2))),
        (Some(far_off(1)), Some(far_off(1) + millisecond)),
        (Some(far_off(1)), None),
        (Some(Timestamp::MIN), Some(Timestamp::MAX)),
        (None, Some(Timestamp::MAX)),
        (None, None),
    ];
    if let Some(now) = now {
        let soon = now + HOUR;
        let starts = [None, Some(long_ago(0)), Some(now), Some(soon - millisecond)];
        schedules.extend(starts.map(|start| (start, Some(soon))));
        schedules.push((Some(soon), Some(soon + SECOND)));
        schedules.push((Some(now), None));
    }
    schedules
}

/// Every call that takes a schedule. An update needs both instants, and names something else too:
/// if the schedule is refused, that must stay.
fn calls_with(
    bundle: Bundle,
    starts_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
) -> Vec<Operation> {
    let asked = NewSchedule { starts_at, ends_at };
    let user = NewAcsUser::new(bundle.system, name("Mary")).with_access_schedule(asked);
    let group = NewAccessGroup::new(bundle.system, title("Pool")).with_access_schedule(asked);
    let mut calls = vec![
        CreateAcsUser::new(user).into(),
        CreateAccessGroup::new(group).into(),
    ];
    if let (Some(starts_at), Some(ends_at)) = (starts_at, ends_at) {
        let access_schedule = Patch::Set(ClosedSchedule { starts_at, ends_at });
        let update = AcsUserUpdate {
            full_name: Some(name("Renamed")),
            access_schedule,
            ..AcsUserUpdate::default()
        };
        calls.push(UpdateAcsUser::new(bundle.user, update).into());
        let update = AccessGroupUpdate {
            name: Some(title("Renamed")),
            access_schedule,
            ..AccessGroupUpdate::default()
        };
        calls.push(UpdateAccessGroup::new(bundle.group, update).into());
    }
    calls
}

/// What the adapter's clock shows: the time of creation of something new. `None` if the adapter
/// creates nothing that has a schedule.
fn clock(case: &Case<'_>, system: AcsSystemId) -> Checked<Option<Timestamp>> {
    let user = NewAcsUser::new(system, name("Of this very instant"));
    if let Some(user) = case.look(CreateAcsUser::new(user))? {
        return Ok(Some(user.created_at));
    }
    let group = NewAccessGroup::new(system, title("Of this very instant"));
    let group = case.look(CreateAccessGroup::new(group))?;
    Ok(group.map(|group| group.created_at))
}

fn known_instants() -> Vec<Timestamp> {
    let instants = INSTANTS.iter();
    instants
        .map(|text| text.parse().expect("an instant of the kit"))
        .collect()
}

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
