//! Words that a property manager understands. Pure: the time is an argument.

pub(crate) mod people;

use access_groups_core::{
    AccessGroup, AccessSchedule, AcsSystem, AcsUser, Entrance, GroupReason, SchedulePhase, Settled,
    Timestamp, UserReason, Verdict,
};

use crate::{
    change::{Outcome, Verb},
    output::printable,
};

/// What a change means: who, which group, which doors, when.
pub(crate) fn outcome(verb: Verb, outcome: &Outcome, now: Timestamp) -> String {
    let user = outcome.user.as_ref().map_or_else(
        || format!("user {}", outcome.acs_user_id),
        |user| line(&user_name(user)),
    );
    let group = outcome.group.as_ref().map_or_else(
        || format!("group {}", outcome.acs_access_group_id),
        |group| line(&group_name(group)),
    );
    let mut lines = vec![sentence(verb, outcome.changed, &user, &group)];
    match verb {
        Verb::Add => lines.extend(added(outcome, &user, now)),
        Verb::Remove if outcome.changed == Some(false) => {}
        Verb::Remove => lines.extend(removed(outcome)),
    }
    match outcome.settled {
        Some(Settled::Effective) => lines.push(detail("wait", "effective: the doors know")),
        Some(_) => lines.push(detail("wait", "accepted only: the doors do not know yet")),
        None if is_pending(outcome) => lines.push(detail(
            "note",
            "not yet at the doors: a change of this membership is accepted and on its way",
        )),
        None => {}
    }
    lines.join("\n")
}

/// What a verdict means: whether it opens, and what each group has to say. An instant that
/// was not asked for is now.
pub(crate) fn verdict(
    verdict: &Verdict,
    user: &AcsUser,
    entrance: &Entrance,
    asked: Option<Timestamp>,
) -> String {
    let user = line(&user_name(user));
    let entrance = line(&entrance_name(entrance));
    let may = if verdict.opens() { "may" } else { "may not" };
    let at = asked.map_or_else(|| "now".to_owned(), |at| format!("at {}", moment(at)));
    let mut lines = vec![format!("{user} {may} open {entrance} {at}.")];
    if let Some(reason) = in_the_way(verdict.user) {
        lines.push(detail("user", &reason));
    }
    if verdict.granted {
        lines.push(detail("grant", "granted directly, beside all groups"));
    }
    lines.extend(verdict.groups.iter().map(|group| {
        let reason = group_reason(group.reason, &entrance, verdict.at);
        detail("group", &format!("{}: {reason}", line(&group.name)))
    }));
    lines.join("\n")
}

fn in_the_way(reason: UserReason) -> Option<String> {
    match reason {
        UserReason::Active => None,
        UserReason::Suspended => Some("suspended: nothing opens until that ends".to_owned()),
        UserReason::NotStarted(start) => Some(format!("own access starts on {}", moment(start))),
        UserReason::Ended(end) => Some(format!("own access ended on {}", moment(end))),
    }
}

fn group_reason(reason: GroupReason, entrance: &str, at: Timestamp) -> String {
    match reason {
        GroupReason::Opens => "a member, and open".to_owned(),
        GroupReason::DoesNotHoldEntrance => format!("does not hold {entrance}"),
        GroupReason::NotAMember => "not a member".to_owned(),
        GroupReason::Pending => {
            "not at the doors: a change is on its way, or has failed".to_owned()
        }
        GroupReason::NotStarted(start) => format!("a member, but it starts on {}", moment(start)),
        GroupReason::Ended(end) if at < end => {
            "a member, but never open: it ends before it starts".to_owned()
        }
        GroupReason::Ended(end) => format!("a member, but it ended on {}", moment(end)),
    }
}

/// When a schedule gives access, as seen now.
pub(crate) fn schedule(schedule: Option<AccessSchedule>, now: Timestamp) -> String {
    let Some(schedule) = schedule else {
        return "always".to_owned();
    };
    let start = moment(schedule.starts_at);
    let end = schedule.ends_at.map(moment);
    if schedule
        .ends_at
        .is_some_and(|end| end <= schedule.starts_at)
    {
        return "never: it ends before it starts".to_owned();
    }
    match (schedule.phase_at(now), end) {
        (SchedulePhase::Ended, Some(end)) => format!("ended on {end}"),
        (SchedulePhase::NotStarted, None) => format!("starts on {start}"),
        (SchedulePhase::NotStarted, Some(end)) => format!("starts on {start}, until {end}"),
        (_, None) => format!("from {start}"),
        (_, Some(end)) => format!("from {start} until {end}"),
    }
}

/// What people call the user.
pub(crate) fn user_name(user: &AcsUser) -> String {
    let names = [
        Some(&user.display_name),
        user.full_name.as_ref(),
        user.email_address.as_ref(),
    ];
    let name = names.into_iter().flatten().find(|name| !name.is_empty());
    name.map_or_else(|| format!("user {}", user.acs_user_id), Clone::clone)
}

/// What people call the group.
pub(crate) fn group_name(group: &AccessGroup) -> String {
    let names = [&group.name, &group.display_name];
    let name = names.into_iter().find(|name| !name.is_empty());
    name.map_or_else(
        || format!("group {}", group.acs_access_group_id),
        Clone::clone,
    )
}

/// What kind of group it is, as its provider says.
pub(crate) fn group_type(group: &AccessGroup) -> String {
    if group.external_type_display_name.is_empty() {
        return group.external_type.to_string();
    }
    group.external_type_display_name.clone()
}

/// What people call the door.
pub(crate) fn entrance_name(entrance: &Entrance) -> String {
    if entrance.display_name.is_empty() {
        return format!("entrance {}", entrance.acs_entrance_id);
    }
    entrance.display_name.clone()
}

/// What people call the system.
pub(crate) fn system_name(system: &AcsSystem) -> String {
    if system.name.is_empty() {
        return format!("system {}", system.acs_system_id);
    }
    system.name.clone()
}

/// What brand it is, as far as it is known.
pub(crate) fn system_type(system: &AcsSystem) -> String {
    let named = system.external_type_display_name.clone();
    let coded = system.external_type.as_ref().map(ToString::to_string);
    named.or(coded).unwrap_or_default()
}

/// Whether doors open for the user at all.
pub(crate) fn user_state(user: &AcsUser) -> &'static str {
    match user.is_suspended {
        Some(true) => "suspended",
        _ => "active",
    }
}

/// By name, then by id.
pub(crate) fn sort_groups(groups: &mut [AccessGroup]) {
    groups.sort_by_cached_key(|group| {
        let name = group_name(group);
        (order(&name), group.acs_access_group_id)
    });
}

/// By name, then by id.
pub(crate) fn sort_users(users: &mut [AcsUser]) {
    users.sort_by_cached_key(|user| {
        let name = user_name(user);
        (order(&name), user.acs_user_id)
    });
}

/// By name, then by id.
pub(crate) fn sort_entrances(entrances: &mut [Entrance]) {
    entrances.sort_by_cached_key(|entrance| {
        let name = entrance_name(entrance);
        (order(&name), entrance.acs_entrance_id)
    });
}

/// Where a name belongs in a list: case matters only between names that are otherwise equal.
pub(crate) fn order(name: &str) -> (String, String) {
    (name.to_lowercase(), name.to_owned())
}

fn sentence(verb: Verb, changed: Option<bool>, user: &str, group: &str) -> String {
    match (verb, changed) {
        (Verb::Add, Some(true)) => format!("Added {user} to {group}."),
        (Verb::Add, Some(false)) => format!("{user} is already in {group}; nothing changed."),
        (Verb::Add, None) => format!("{user} is now in {group}."),
        (Verb::Remove, Some(true)) => format!("Removed {user} from {group}."),
        (Verb::Remove, Some(false)) => format!("{user} was not in {group}; nothing changed."),
        (Verb::Remove, None) => format!("{user} is not in {group} now."),
    }
}

fn added(outcome: &Outcome, user: &str, now: Timestamp) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(entrances) = &outcome.entrances {
        let doors = doors(entrances).unwrap_or_else(|| "none: the group opens no door".to_owned());
        lines.push(detail("doors", &doors));
    }
    if let Some(group) = &outcome.group {
        lines.push(detail("when", &schedule(group.access_schedule, now)));
    }
    let Some(known) = &outcome.user else {
        return lines;
    };
    if known.access_schedule.is_some() {
        let own = schedule(known.access_schedule, now);
        lines.push(detail("note", &format!("{user}'s own access: {own}")));
    }
    if known.is_suspended == Some(true) {
        let note = format!("{user} is suspended: no door opens until that ends");
        lines.push(detail("note", &note));
    }
    lines
}

fn removed(outcome: &Outcome) -> Vec<String> {
    let Some(entrances) = &outcome.entrances else {
        return Vec::new();
    };
    match doors(entrances) {
        Some(doors) => vec![
            detail("doors", &format!("no longer through this group: {doors}")),
            detail("when", "from now on"),
        ],
        None => vec![detail("doors", "none: the group opens no door")],
    }
}

/// The names of the doors, if there are any; of many, the first.
fn doors(entrances: &[Entrance]) -> Option<String> {
    if entrances.is_empty() {
        return None;
    }
    let names: Vec<_> = entrances
        .iter()
        .take(DOORS_SHOWN)
        .map(|entrance| line(&entrance_name(entrance)))
        .collect();
    let names = names.join(", ");
    match entrances.len().saturating_sub(DOORS_SHOWN) {
        0 => Some(names),
        more => Some(format!("{names} and {more} more")),
    }
}

/// Whether either side has a change of this membership that has not reached the doors.
fn is_pending(outcome: &Outcome) -> bool {
    let (user, group) = (outcome.acs_user_id, outcome.acs_access_group_id);
    let mut user_side = outcome.user.iter().flat_map(|it| &it.pending_mutations);
    let mut group_side = outcome.group.iter().flat_map(|it| &it.pending_mutations);
    user_side.any(|pending| pending.change.is_about_group(group))
        || group_side.any(|pending| pending.change.is_about_user(user))
}

fn detail(label: &str, text: &str) -> String {
    format!("  {label:<5}  {text}")
}

/// "2026-07-01 08:00 UTC"; seconds only where there are any.
fn moment(timestamp: Timestamp) -> String {
    let text = timestamp.to_string().replace('T', " ");
    let text = text.trim_end_matches('Z');
    format!("{} UTC", text.strip_suffix(":00").unwrap_or(text))
}

/// A name that cannot break the line it stands in.
fn line(name: &str) -> String {
    printable(name).replace('\n', " ")
}

/// How many doors a description names.
const DOORS_SHOWN: usize = 10;

#[cfg(test)]
mod tests;
