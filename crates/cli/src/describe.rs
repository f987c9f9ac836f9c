//! Results in words that a property manager understands. Pure: the time is an argument.

mod change;
mod many;

use std::fmt;

use access_groups_core::{
    AcsUserChange, ResourceIssue, SchedulePhase,
    access::{GroupReason, UserReason, Verdict},
    names,
    prelude::*,
    schedule::AccessSchedule,
};

use crate::{local_time::Zones, visible::printable};

pub(crate) use change::{Outcome, Verb, outcome, unlisted};
pub(crate) use many::{many, would, would_change};

/// Whether a user may open an entrance, and what each group contributes. Without an instant of
/// the command line, it is about now.
pub(crate) fn verdict(verdict: &Verdict, at: Option<Timestamp>, zones: &Zones<'_>) -> String {
    let moment = |instant| zones.shown(instant, verdict.entrance.acs_system_id);
    let user = line(&user_name(&verdict.user));
    let entrance = line(&entrance_name(&verdict.entrance));
    let may = if verdict.opens() { "may" } else { "may not" };
    let at = at.map_or_else(|| "now".to_owned(), |at| format!("at {}", moment(at)));
    let mut lines = vec![format!("{user} {may} open {entrance} {at}.")];
    if let Some(issue) = verdict.blocked_by() {
        lines.push(detail("door", &line(&format!("blocked: {issue}"))));
    }
    if let Some(reason) = user_reason(&verdict.user_reason, moment) {
        lines.push(detail("user", &reason));
    }
    if verdict.granted {
        lines.push(detail("grant", "granted directly, beside all groups"));
    }
    lines.extend(verdict.groups.iter().map(|group| {
        let reason = group_reason(&group.reason, &entrance, verdict.at, moment);
        detail("group", &format!("{}: {reason}", line(&group.name)))
    }));
    // What the reasons above do not say: what blocks nothing, and all but the first that blocks.
    let system = verdict.system.as_ref();
    let of_system = system.map(|system| (line(&system_name(system)), system.issues()));
    let of_groups = verdict
        .groups
        .iter()
        .filter(|group| is_member(&group.reason));
    let of_groups = of_groups.map(|group| (line(&group.name), group.issues.clone()));
    let all = [
        (user, verdict.user.issues()),
        (entrance, verdict.entrance.issues()),
    ];
    for (name, issues) in all.into_iter().chain(of_groups).chain(of_system) {
        let told = |issue: &&ResourceIssue| lines.iter().any(|line| line.contains(&issue.code));
        let untold: Vec<_> = issues
            .iter()
            .filter(|issue| !told(issue))
            .cloned()
            .collect();
        lines.extend(issues_of(&name, &untold, "no door opens"));
    }
    lines.join("\n")
}

/// Whether the errors and warnings of the group matter to the user.
fn is_member(reason: &GroupReason) -> bool {
    !matches!(
        reason,
        GroupReason::DoesNotHoldEntrance | GroupReason::NotAMember
    )
}

/// That nobody opens an entrance, and the error or warning because of which that is so.
pub(crate) fn nobody(blocked_by: Option<&ResourceIssue>) -> String {
    match blocked_by {
        Some(issue) => line(&format!("nobody: blocked: {issue}")),
        None => "nobody".to_owned(),
    }
}

fn user_reason(reason: &UserReason, moment: impl Fn(Timestamp) -> String) -> Option<String> {
    match reason {
        UserReason::Active => None,
        UserReason::Suspended => Some("suspended: nothing opens until that ends".to_owned()),
        UserReason::Blocked(issue) => Some(line(&format!("blocked: {issue}"))),
        UserReason::Pending => Some("being created or deleted at the provider".to_owned()),
        UserReason::NotStarted(start) => Some(format!("own access starts on {}", moment(*start))),
        UserReason::Ended(end) => Some(format!("own access ended on {}", moment(*end))),
        // A reason that a later version of the library knows.
        other => Some(line(&other.to_string())),
    }
}

fn group_reason(
    reason: &GroupReason,
    entrance: &str,
    at: Timestamp,
    moment: impl Fn(Timestamp) -> String,
) -> String {
    match reason {
        GroupReason::Opens => "a member, and open".to_owned(),
        GroupReason::DoesNotHoldEntrance => format!("does not hold {entrance}"),
        GroupReason::NotAMember => "not a member".to_owned(),
        GroupReason::Pending => "a change has not propagated, or has failed".to_owned(),
        GroupReason::Blocked(issue) => line(&format!("blocked: {issue}")),
        GroupReason::NotStarted(start) => format!("a member, but it starts on {}", moment(*start)),
        GroupReason::Ended(end) if at < *end => {
            "a member, but never open: it ends before it starts".to_owned()
        }
        GroupReason::Ended(end) => format!("a member, but it ended on {}", moment(*end)),
        other => line(&other.to_string()),
    }
}

/// A user who was created; without groups if they are unknown.
pub(crate) fn created(
    user: &AcsUser,
    system: &str,
    groups: Option<&[AccessGroup]>,
    times: &Times<'_>,
) -> String {
    let mut lines = vec![format!("Created {} in {}.", name_of(user), line(system))];
    lines.push(detail("id", &user.acs_user_id.to_string()));
    if let Some(groups) = groups {
        let mut names: Vec<_> = groups
            .iter()
            .map(|group| line(&group_name(group)))
            .collect();
        // Services list groups in no particular order.
        names.sort_by_cached_key(|name| order(name));
        let names = match names.is_empty() {
            true => "none".to_owned(),
            false => names.join(", "),
        };
        lines.push(detail("group", &names));
    }
    let when = schedule(user.access_schedule, user.acs_system_id, times);
    lines.push(detail("when", &when));
    lines.extend(issues_of(&name_of(user), &user.issues(), "no door opens"));
    lines.join("\n")
}

/// A note on users who had the name or the e-mail address of a new one, if there are any.
pub(crate) fn namesakes(users: &[AcsUser]) -> Option<String> {
    let known = users.iter().map(|user| {
        let address = user.email_address.as_ref();
        let address = address.map(|address| format!(", {}", line(address)));
        let address = address.unwrap_or_default();
        format!("{}{address} ({})", name_of(user), user.acs_user_id)
    });
    let known: Vec<_> = known.collect();
    (!known.is_empty()).then(|| {
        format!(
            "note: the system had the name or the e-mail address already: {}",
            known.join("; ")
        )
    })
}

/// A suspension that began or ended: the user before the command, and after it if that is known.
pub(crate) fn suspended(
    suspended: bool,
    changed: bool,
    before: &AcsUser,
    after: Option<&AcsUser>,
) -> String {
    let name = name_of(before);
    let state = after.and_then(|after| after.is_suspended);
    let pending = after.into_iter().flat_map(|after| &after.pending_mutations);
    let is_pending = pending
        .into_iter()
        .any(|pending| matches!(pending.change, AcsUserChange::UpdatingSuspensionState(_)));
    let sentence = match (suspended, changed) {
        (true, _) if state == Some(false) => {
            format!("Suspending {name}: accepted, but not yet listed as suspended.")
        }
        (false, _) if state == Some(true) => {
            format!("Ending the suspension of {name}: accepted, but still listed as suspended.")
        }
        (true, false) => format!("{name} is suspended already; nothing changed."),
        (false, false) => format!("{name} is not suspended; nothing changed."),
        (true, true) if after.is_none() => {
            format!("Suspending {name}: accepted; the result could not be read.")
        }
        (false, true) if after.is_none() => {
            format!("Ending the suspension of {name}: accepted; the result could not be read.")
        }
        (true, true) if is_pending => format!("Suspended {name}."),
        (true, true) => format!("Suspended {name}: no door opens until that ends."),
        (false, true) => format!("{name} is no longer suspended."),
    };
    match is_pending {
        true => format!(
            "{sentence}\n{}",
            detail("note", "not propagated yet: the change is pending")
        ),
        false => sentence,
    }
}

/// The question before a user is deleted.
pub(crate) fn delete_question(user: &AcsUser, system: &str, groups: usize) -> String {
    let address = user.email_address.as_ref();
    let address = address.map(|address| format!(" ({})", line(address)));
    let groups = match groups {
        0 => "in no group".to_owned(),
        1 => "in 1 group".to_owned(),
        many => format!("in {many} groups"),
    };
    format!(
        "Delete {}{} of {}, {groups}, for ever?",
        name_of(user),
        address.unwrap_or_default(),
        line(system)
    )
}

/// A user who was deleted, if the service knows them no longer.
pub(crate) fn deleted(user: &AcsUser, is_deleted: Option<bool>) -> String {
    let name = name_of(user);
    match is_deleted {
        Some(true) => format!("Deleted {name}, with all memberships."),
        Some(false) => format!("Deleting {name}: accepted, but still listed as a user."),
        None => format!("Deleting {name}: accepted; the result could not be read."),
    }
}

/// When a schedule gives access, relative to now, in the time zone of its system.
pub(crate) fn schedule(
    schedule: Option<AccessSchedule>,
    system: AcsSystemId,
    times: &Times<'_>,
) -> String {
    let Some(schedule) = schedule else {
        return "always".to_owned();
    };
    // Checked first: such a schedule has a phase, and no phase says that it never runs.
    if schedule
        .ends_at
        .is_some_and(|end| end <= schedule.starts_at)
    {
        return "never: it ends before it starts".to_owned();
    }
    let moment = |instant| times.zones.shown(instant, system);
    let (phase, start) = (schedule.phase_at(times.now), moment(schedule.starts_at));
    match (phase, schedule.ends_at, schedule.end()) {
        (SchedulePhase::Ended, Some(end), _) => format!("ended on {}", moment(end)),
        (SchedulePhase::NotStarted, None, _) => format!("starts on {start}"),
        (SchedulePhase::NotStarted, _, None) => format!("starts on {start}, no end"),
        (SchedulePhase::NotStarted, _, Some(end)) => {
            let end = moment(end);
            format!("starts on {}, until {end}", without_zone_of(&start, &end))
        }
        (_, None, _) => format!("from {start}"),
        (_, _, None) => format!("from {start}, no end"),
        (_, _, Some(end)) => {
            let end = moment(end);
            format!("from {} until {end}", without_zone_of(&start, &end))
        }
    }
}

/// The start of a time span without its time zone, if the end has the same one: once is enough.
fn without_zone_of<'a>(start: &'a str, end: &str) -> &'a str {
    match (start.rsplit_once(' '), end.rsplit_once(' ')) {
        (Some((start, zone)), Some((_, of_end))) if zone == of_end => start,
        _ => start,
    }
}

/// What times are relative to, and how they are shown.
pub(crate) struct Times<'a> {
    pub(crate) now: Timestamp,
    pub(crate) zones: &'a Zones<'a>,
}

/// The name of the user for people.
pub(crate) fn user_name(user: &AcsUser) -> String {
    let others = [&user.full_name, &user.email_address];
    let names = [&user.display_name]
        .into_iter()
        .chain(others.into_iter().flatten());
    first_name(names, "user", user.acs_user_id)
}

/// The name of the group for people.
pub(crate) fn group_name(group: &AccessGroup) -> String {
    let names = [&group.name, &group.display_name];
    first_name(names, "group", group.acs_access_group_id)
}

/// The name of the entrance for people.
pub(crate) fn entrance_name(entrance: &Entrance) -> String {
    first_name(
        [&entrance.display_name],
        "entrance",
        entrance.acs_entrance_id,
    )
}

/// The name of the system for people.
pub(crate) fn system_name(system: &AcsSystem) -> String {
    first_name([&system.name], "system", system.acs_system_id)
}

/// The first name that is not empty: services send empty texts for names that they do not know.
fn first_name<'a>(
    names: impl IntoIterator<Item = &'a String>,
    noun: &str,
    id: impl fmt::Display,
) -> String {
    let name = names.into_iter().find(|name| !name.is_empty());
    name.map_or_else(|| format!("{noun} {id}"), Clone::clone)
}

/// The kind of group, in the provider's words.
pub(crate) fn group_type(group: &AccessGroup) -> String {
    if group.external_type_display_name.is_empty() {
        return group.external_type.to_string();
    }
    group.external_type_display_name.clone()
}

/// The brand of the system, if it is known.
pub(crate) fn system_type(system: &AcsSystem) -> String {
    let named = system.external_type_display_name.clone();
    let coded = system.external_type.as_ref().map(ToString::to_string);
    named.or(coded).unwrap_or_default()
}

/// The state of a user in one word, as `check` has it in JSON.
pub(crate) fn user_state(user: &AcsUser, now: Timestamp) -> &'static str {
    match UserReason::of(user, now) {
        UserReason::Active => "active",
        UserReason::Suspended => "suspended",
        UserReason::Blocked(_) => "blocked",
        UserReason::Pending => "pending",
        UserReason::NotStarted(_) => "not_started",
        UserReason::Ended(_) => "ended",
        // A reason that a later version of the library knows.
        _ => "other",
    }
}

/// Errors and warnings, each as a note: "error: The site is full. (failed_to_create_on_acs_system)".
pub(crate) fn issues(issues: &[ResourceIssue]) -> Vec<String> {
    let note = |issue: &ResourceIssue| match issue.is_error {
        true => format!("error: {issue}"),
        false => format!("warning: {issue}"),
    };
    issues.iter().map(note).collect()
}

/// The same about a resource with this name, for a message of several lines; those that block access
/// say what that means.
fn issues_of(name: &str, of: &[ResourceIssue], blocked: &str) -> Vec<String> {
    let notes = of.iter().zip(issues(of)).map(|(issue, note)| {
        let note = match issue.blocks() {
            true => format!("{name}: {note}; {blocked}"),
            false => format!("{name}: {note}"),
        };
        detail("note", &line(&note))
    });
    notes.collect()
}

/// Why the entrance does not open to the user now, whatever was granted: notes, none if it may.
pub(crate) fn closed_to(user: &AcsUser, entrance: &Entrance, now: Timestamp) -> Vec<String> {
    let name = name_of(user);
    let reason = match UserReason::of(user, now) {
        UserReason::Suspended => Some("is suspended"),
        UserReason::Pending => Some("is being created or deleted at the provider"),
        UserReason::NotStarted(_) => Some("has access from a later time only"),
        UserReason::Ended(_) => Some("had access until an earlier time only"),
        _ => None,
    };
    let reason = reason.map(|reason| detail("note", &format!("{name} {reason}: no door opens")));
    let of_user = issues_of(&name, &user.issues(), "no door opens");
    let door = line(&entrance_name(entrance));
    let of_door = issues_of(&door, &entrance.issues(), "it does not open");
    reason.into_iter().chain(of_user).chain(of_door).collect()
}

/// The sort key of a name: case matters only between names that are otherwise equal.
pub(crate) fn order(name: &str) -> (String, String) {
    (names::fold(name), name.to_owned())
}

fn name_of(user: &AcsUser) -> String {
    line(&user_name(user))
}

pub(crate) fn detail(label: &str, text: &str) -> String {
    format!("  {label:<5}  {text}")
}

/// A name that cannot break the line it stands in.
pub(crate) fn line(name: &str) -> String {
    printable(name).replace('\n', " ")
}

#[cfg(test)]
mod tests;
