//! What an apply has done, in words and as JSON. Pure.

use access_groups_core::{MembershipChange, prelude::*};
use access_groups_roster::{Change, Outcome, Shown, StopReason};
use serde::Serialize;

use crate::{describe, progress::grouped, roster::events::About};

/// A change with everything that is known of it.
pub(super) struct Made {
    pub(super) change: Change,
    pub(super) named: Named,
    pub(super) outcome: Outcome,
    /// What the service shows of it; `None` if it was not accepted, or was not read.
    pub(super) shown: Option<Shown>,
}

/// The names of a change, for people.
#[derive(Clone, Default)]
pub(super) struct Named {
    /// The person; may be empty.
    pub(super) person: String,
    pub(super) group: String,
    pub(super) row: Option<u32>,
    pub(super) moves: Option<AccessGroupId>,
}

impl Made {
    /// Whether doors have changed by it, as far as the service shows.
    pub(super) fn is_effective(&self) -> bool {
        let is_new = matches!(self.outcome, Outcome::Changed | Outcome::Accepted);
        is_new && self.shown == Some(Shown::AsAsked)
    }

    pub(super) fn about(&self) -> About<'_> {
        self.named.about(&self.change)
    }
}

impl Named {
    /// What an event is about.
    pub(super) fn about(&self, change: &Change) -> About<'_> {
        About {
            kind: change.kind,
            user: change.user,
            group: change.group,
            group_name: &self.group,
            name: &self.person,
            row: self.row,
            moves: self.moves,
        }
    }
}

/// What a group opens.
pub(super) struct Doors {
    pub(super) group: AccessGroupId,
    pub(super) name: String,
    /// `None` if they could not be read.
    pub(super) doors: Option<Vec<String>>,
    pub(super) when: String,
}

/// How many changes have come to which end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(super) struct Counts {
    /// Accepted, and shown by the service.
    pub(super) done: usize,
    /// Made already, by somebody else.
    pub(super) unchanged: usize,
    /// Accepted, and not propagated.
    pub(super) pending: usize,
    /// Accepted, and not shown by the service.
    pub(super) not_shown: usize,
    /// Accepted, and not read afterwards: it was interrupted, or the group could not be read.
    pub(super) unread: usize,
    pub(super) failed: usize,
    pub(super) not_tried: usize,
}

impl Counts {
    pub(super) fn of(changes: &[Made]) -> Self {
        let mut counts = Self::default();
        for made in changes {
            *match (&made.outcome, made.shown) {
                (Outcome::Failed(_), _) => &mut counts.failed,
                (Outcome::NotTried(_), _) => &mut counts.not_tried,
                (_, Some(Shown::Pending)) => &mut counts.pending,
                (_, Some(Shown::NotAsAsked)) => &mut counts.not_shown,
                (Outcome::Unchanged | Outcome::Pending, _) => &mut counts.unchanged,
                (_, Some(Shown::AsAsked)) => &mut counts.done,
                (_, _) => &mut counts.unread,
            } += 1;
        }
        counts
    }

    /// How many the service has accepted now.
    pub(super) const fn accepted(&self) -> usize {
        self.done + self.pending + self.not_shown + self.unread
    }

    pub(super) const fn all(&self) -> usize {
        self.accepted() + self.unchanged + self.failed + self.not_tried
    }

    /// "3 done, 1 failed"
    pub(super) fn words(&self) -> String {
        let parts = [
            (self.done, "done"),
            (self.unchanged, "unchanged"),
            (self.pending, "pending"),
            (self.not_shown, "accepted, but not shown"),
            (self.unread, "accepted, and not read afterwards"),
            (self.failed, "failed"),
            (self.not_tried, "not tried"),
        ];
        let parts = parts.into_iter().filter(|(count, _)| *count > 0);
        let parts: Vec<_> = parts
            .map(|(count, what)| format!("{} {what}", grouped(count)))
            .collect();
        parts.join(", ")
    }
}

/// What was done: the counts, whose doors have changed, and what did not work.
pub(super) fn words(hash: &str, changes: &[Made], doors: &[Doors]) -> String {
    let counts = Counts::of(changes);
    let mut lines = vec![match counts.all() {
        0 => "Nothing to change.".to_owned(),
        _ => format!("Plan {hash}: {}.", counts.words()),
    }];
    for group in doors {
        lines.extend(of_group(group, changes));
    }
    let accepted = |made: &&Made| made.shown == Some(Shown::Pending);
    lines.extend(section(
        "Accepted, not propagated yet:",
        changes,
        accepted,
        |_| None,
    ));
    let unlisted =
        |made: &&Made| made.outcome.is_accepted() && made.shown == Some(Shown::NotAsAsked);
    lines.extend(section(
        "Accepted, but the service does not show them:",
        changes,
        unlisted,
        |_| None,
    ));
    let failed = |made: &&Made| matches!(made.outcome, Outcome::Failed(_));
    lines.extend(section("Failed:", changes, failed, why));
    let held_back = |made: &&Made| matches!(made.outcome, Outcome::NotTried(StopReason::Earlier));
    let reason = StopReason::Earlier.to_string();
    lines.extend(section("Not tried:", changes, held_back, |_| {
        Some(reason.clone())
    }));
    lines.join("\n")
}

/// A group with its doors, and who can open them now or no longer.
fn of_group(group: &Doors, changes: &[Made]) -> Vec<String> {
    let opens = match &group.doors {
        None => "its doors could not be read".to_owned(),
        Some(doors) if doors.is_empty() => "opens no door".to_owned(),
        Some(doors) => format!("opens {}, {}", doors.join(", "), group.when),
    };
    let mut lines = vec![format!("{}: {opens}", describe::line(&group.name))];
    let of_group = changes
        .iter()
        .filter(|made| made.change.group == group.group && made.is_effective());
    let mut shown = 0;
    let all = of_group.clone().count();
    for made in of_group.take(LISTED) {
        shown += 1;
        let sign = match made.change.kind {
            MembershipChange::Added => '+',
            MembershipChange::Removed => '-',
        };
        lines.push(format!("  {sign} {}", person(made)));
    }
    if all > shown {
        lines.push(format!("  and {} more", grouped(all - shown)));
    }
    lines
}

fn section(
    heading: &str,
    changes: &[Made],
    belongs: impl Fn(&&Made) -> bool,
    why: impl Fn(&Made) -> Option<String>,
) -> Vec<String> {
    let all: Vec<_> = changes.iter().filter(belongs).collect();
    if all.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![heading.to_owned()];
    for made in all.iter().take(LISTED) {
        let why = why(made).map(|why| format!(": {why}")).unwrap_or_default();
        lines.push(format!("  {}{why}", sentence(made)));
    }
    if let Some(more) = all.len().checked_sub(LISTED).filter(|more| *more > 0) {
        lines.push(format!(
            "  and {} more; the journal and --format jsonl have all",
            grouped(more)
        ));
    }
    lines
}

/// "row 7: add Ada Lovelace to Gym"
fn sentence(made: &Made) -> String {
    let group = describe::line(&made.named.group);
    let person = person(made);
    let row = made.named.row.map(|row| format!("row {row}: "));
    let row = row.unwrap_or_default();
    match made.change.kind {
        MembershipChange::Added => format!("{row}add {person} to {group}"),
        MembershipChange::Removed => format!("{row}remove {person} from {group}"),
    }
}

fn person(made: &Made) -> String {
    match made.named.person.is_empty() {
        true => made.change.user.to_string(),
        false => describe::line(&made.named.person),
    }
}

fn why(made: &Made) -> Option<String> {
    let Outcome::Failed(error) = &made.outcome else {
        return None;
    };
    let mut why = describe::line(error.message());
    match made.shown {
        Some(Shown::NotAsAsked) => why.push_str("; it was not made, as far as the service shows"),
        _ if error.is_ambiguous() => why.push_str("; it may have been made nevertheless"),
        _ => {}
    }
    if let Some(id) = error.request_id() {
        why.push_str(&format!(" (request id {})", describe::line(id)));
    }
    Some(why)
}

/// How many lines a list has at most.
const LISTED: usize = 20;
