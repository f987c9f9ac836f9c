//! Results in words that a property manager understands. Pure: the time is an argument.

use std::fmt;

use access_groups_core::{
    AcsUserChange, PendingMembership, ResourceIssue, SchedulePhase,
    access::{GroupReason, UserReason, Verdict},
    names,
    prelude::*,
    propagation::MembershipChange,
    schedule::AccessSchedule,
};

use serde::Serialize;

use crate::{failure::printable, local_time::Zones};

/// A change: who, which group, which entrances, when.
pub(crate) fn outcome(verb: Verb, outcome: &Outcome, times: &Times<'_>) -> String {
    let user = outcome.user.as_ref().map_or_else(
        || format!("user {}", outcome.acs_user_id),
        |user| line(&user_name(user)),
    );
    let group = outcome.group.as_ref().map_or_else(
        || format!("group {}", outcome.acs_access_group_id),
        |group| line(&group_name(group)),
    );
    let effect = effect(verb, outcome);
    let mut lines = vec![sentence(verb, effect, outcome.changed, &user, &group)];
    match verb {
        Verb::Add => lines.extend(added(outcome, effect, &user, times)),
        // Nothing was removed, so no entrance is lost.
        Verb::Remove if effect == Effect::Nothing => {}
        Verb::Remove => lines.extend(removed(outcome, effect)),
    }
    if let Some(known) = &outcome.user {
        lines.extend(issues_of(&user, &known.issues(), "no door opens"));
    }
    if let Some(known) = &outcome.group {
        let blocked = "no door opens through this group";
        lines.extend(issues_of(&group, &known.issues(), blocked));
    }
    for entrance in outcome.entrances.iter().flatten() {
        let name = entrance_name(entrance);
        lines.extend(issues_of(&name, &entrance.issues(), "it does not open"));
    }
    match outcome.propagation {
        Some(PropagationStatus::Propagated) if effect == Effect::Nothing => {
            lines.push(detail("wait", "nothing is pending"));
        }
        Some(_) if effect == Effect::Nothing => {
            lines.push(detail("wait", "an earlier change has not propagated yet"));
        }
        Some(PropagationStatus::Propagated) => {
            lines.push(detail("wait", "propagated to the access control system"));
        }
        Some(_) => lines.push(detail("wait", "accepted, not propagated yet")),
        None if effect == Effect::Pending || is_pending(outcome) => lines.push(detail(
            "note",
            "not propagated yet: a change of this membership is accepted and pending",
        )),
        None => {}
    }
    lines.join("\n")
}

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
    lines.join("\n")
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
            format!("Suspending {name}: accepted, but not seen.")
        }
        (false, true) if after.is_none() => {
            format!("Ending the suspension of {name}: accepted, but not seen.")
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
        None => format!("Deleting {name}: accepted, but not seen."),
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

/// The sort key of a name: case matters only between names that are otherwise equal.
pub(crate) fn order(name: &str) -> (String, String) {
    (names::fold(name), name.to_owned())
}

fn name_of(user: &AcsUser) -> String {
    line(&user_name(user))
}

/// The note beside a change that the service has accepted and does not show.
pub(crate) fn unlisted(verb: Verb) -> &'static str {
    match verb {
        Verb::Add => {
            "note: the service has accepted the change, but does not list the user as a member; \
             --wait waits until it has propagated"
        }
        Verb::Remove => {
            "note: the service has accepted the change, but still lists the user as a member, \
             who may still open doors; --wait waits until it has propagated"
        }
    }
}

/// What is known of the effect of a change that the service has accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// Nothing had to change.
    Nothing,
    /// The service shows the membership as it should be now.
    Done,
    /// The service shows the membership as it should be, once a pending change has propagated.
    Pending,
    /// A change is pending, and the service shows the membership as it was.
    NotYet,
    /// The service shows the membership as it was, and no reason.
    Unlisted,
    /// The membership could not be read.
    Unknown,
}

fn effect(verb: Verb, outcome: &Outcome) -> Effect {
    match outcome
        .is_member
        .map(|is_member| is_member == (verb == Verb::Add))
    {
        Some(false) if is_pending(outcome) => Effect::NotYet,
        Some(false) => Effect::Unlisted,
        _ if outcome.changed == Some(false) => Effect::Nothing,
        Some(true) if outcome.propagation == Some(PropagationStatus::Propagated) => Effect::Done,
        Some(true) if outcome.propagation.is_some() || is_pending(outcome) => Effect::Pending,
        Some(true) => Effect::Done,
        None => Effect::Unknown,
    }
}

fn sentence(verb: Verb, effect: Effect, changed: Option<bool>, user: &str, group: &str) -> String {
    let doing = match verb {
        Verb::Add => format!("Adding {user} to {group}"),
        Verb::Remove => format!("Removing {user} from {group}"),
    };
    match (verb, effect) {
        (Verb::Add, Effect::Nothing) => format!("{user} is already in {group}; nothing changed."),
        (Verb::Remove, Effect::Nothing) => format!("{user} was not in {group}; nothing changed."),
        (Verb::Add, Effect::Unlisted) => {
            format!("{doing}: accepted, but not yet listed as a member.")
        }
        (Verb::Remove, Effect::Unlisted) => {
            format!("{doing}: accepted, but still listed as a member.")
        }
        (Verb::Add, Effect::NotYet) => {
            format!("{doing}: accepted and pending, not yet listed as a member.")
        }
        (Verb::Remove, Effect::NotYet) => {
            format!("{doing}: accepted and pending, still listed as a member.")
        }
        (_, Effect::Unknown) => format!("{doing}: accepted, but not seen."),
        (Verb::Add, _) if changed.is_none() => format!("{user} is now in {group}."),
        (Verb::Remove, _) if changed.is_none() => format!("{user} is not in {group} now."),
        (Verb::Add, _) => format!("Added {user} to {group}."),
        (Verb::Remove, _) => format!("Removed {user} from {group}."),
    }
}

fn added(outcome: &Outcome, effect: Effect, user: &str, times: &Times<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(entrances) = &outcome.entrances {
        let doors = match (doors(entrances), effect) {
            (None, _) => "none: the group opens no door".to_owned(),
            (Some(doors), Effect::NotYet | Effect::Unlisted) => {
                format!("not yet through this group: {doors}")
            }
            (Some(doors), _) => doors,
        };
        lines.push(detail("doors", &doors));
    }
    if let Some(group) = &outcome.group {
        let when = schedule(group.access_schedule, group.acs_system_id, times);
        lines.push(detail("when", &when));
        lines.extend(closed(group, times.now).map(|note| detail("note", &note)));
    }
    let Some(known) = &outcome.user else {
        return lines;
    };
    if known.access_schedule.is_some() {
        let own = schedule(known.access_schedule, known.acs_system_id, times);
        lines.push(detail("note", &format!("{user}'s own access: {own}")));
    }
    // Membership is independent of suspension, so the change says what it does not do.
    let note = match UserReason::of(known, times.now) {
        UserReason::Suspended => "is suspended: no door opens until that ends",
        UserReason::Pending => "is being created or deleted at the provider: no door opens",
        _ => return lines,
    };
    lines.push(detail("note", &format!("{user} {note}")));
    lines
}

/// The note on a group whose schedule opens nothing now.
fn closed(group: &AccessGroup, now: Timestamp) -> Option<String> {
    let why = match group.access_schedule?.phase_at(now) {
        SchedulePhase::NotStarted => "has not begun: no door opens through it until then",
        SchedulePhase::Ended => "has ended: no door opens through it",
        _ => return None,
    };
    Some(format!("{} {why}", line(&group_name(group))))
}

fn removed(outcome: &Outcome, effect: Effect) -> Vec<String> {
    let Some(entrances) = &outcome.entrances else {
        return Vec::new();
    };
    let Some(doors) = doors(entrances) else {
        return vec![detail("doors", "none: the group opens no door")];
    };
    // Only what the service shows is said to be so.
    let (doors, when) = match effect {
        Effect::NotYet | Effect::Unlisted => (format!("still through this group: {doors}"), None),
        Effect::Unknown => (format!("perhaps still through this group: {doors}"), None),
        Effect::Nothing | Effect::Done | Effect::Pending => (
            format!("no longer through this group: {doors}"),
            Some(match effect {
                Effect::Pending => "once the change has propagated",
                _ => "from now on",
            }),
        ),
    };
    let when = when.map(|when| detail("when", when));
    [detail("doors", &doors)].into_iter().chain(when).collect()
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

fn is_pending(outcome: &Outcome) -> bool {
    // A side that could not be read names no pending change; the other side still may.
    let system = AcsSystemId::default();
    let user = outcome.user.clone();
    let user = user.unwrap_or_else(|| AcsUser::new(outcome.acs_user_id, system, ""));
    let group = outcome.group.clone();
    let group = group.unwrap_or_else(|| AccessGroup::new(outcome.acs_access_group_id, system, ""));
    PendingMembership::between(&user, &group).is_pending()
}

fn detail(label: &str, text: &str) -> String {
    format!("  {label:<5}  {text}")
}

/// A name that cannot break the line it stands in.
fn line(name: &str) -> String {
    printable(name).replace('\n', " ")
}

/// How many doors a description names.
const DOORS_SHOWN: usize = 10;

/// Whether a membership begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Add,
    Remove,
}

/// The result of a change, as far as it could be read. Its JSON is documented.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Outcome {
    pub(crate) acs_user_id: AcsUserId,
    pub(crate) acs_access_group_id: AccessGroupId,
    /// `None` if the state before is unknown.
    pub(crate) changed: Option<bool>,
    /// Whether the service lists the membership after the change; `None` if that is unknown.
    pub(crate) is_member: Option<bool>,
    pub(crate) user: Option<AcsUser>,
    pub(crate) group: Option<AccessGroup>,
    pub(crate) entrances: Option<Vec<Entrance>>,
    /// How far the change came, with `--wait`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) propagation: Option<PropagationStatus>,
}

impl Verb {
    pub(crate) fn change(self) -> MembershipChange {
        match self {
            Self::Add => MembershipChange::Added,
            Self::Remove => MembershipChange::Removed,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
        }
    }
}

#[cfg(test)]
mod tests;
