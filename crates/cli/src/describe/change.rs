//! A change of a membership in words: what is known of it, and never more.

use access_groups_core::{
    PendingMembership, SchedulePhase, access::UserReason, prelude::*, propagation::MembershipChange,
};
use serde::Serialize;

use super::{Times, detail, entrance_name, group_name, issues_of, line, schedule, user_name};

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
        (_, Effect::Unknown) => format!("{doing}: accepted; the result could not be read."),
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
pub(super) fn closed(group: &AccessGroup, now: Timestamp) -> Option<String> {
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
pub(super) fn doors(entrances: &[Entrance]) -> Option<String> {
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
    /// Whether the user is to be a member afterwards.
    pub(crate) fn wanted(self) -> bool {
        self == Self::Add
    }

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

/// How many doors a description names.
const DOORS_SHOWN: usize = 10;
