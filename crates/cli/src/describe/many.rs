//! Many changes of one group in words.

use access_groups_core::prelude::*;
use access_groups_roster::Shown;

use super::{
    Times, Verb,
    change::{closed, doors},
    detail, group_name, issues_of, line, schedule,
};
use crate::{change::Counts, progress::grouped};

/// What came of many changes: how many, which group, which doors, when.
pub(crate) fn many(
    verb: Verb,
    group: &AccessGroup,
    counts: Counts,
    entrances: Option<&[Entrance]>,
    with_wait: bool,
    times: &Times<'_>,
) -> String {
    let name = line(&group_name(group));
    let mut lines = vec![format!("{}.", sentence(verb, &name, counts))];
    if let Some(entrances) = entrances {
        let all = doors(entrances);
        let none = || "none: the group opens no door".to_owned();
        match verb {
            Verb::Add => {
                lines.push(detail("doors", &all.unwrap_or_else(none)));
                let when = schedule(group.access_schedule, group.acs_system_id, times);
                lines.push(detail("when", &when));
                lines.extend(closed(group, times.now).map(|note| detail("note", &note)));
            }
            Verb::Remove => {
                let all = all.map(|all| format!("no longer through this group: {all}"));
                lines.push(detail("doors", &all.unwrap_or_else(none)));
            }
        }
    }
    let blocked = "no door opens through this group";
    lines.extend(issues_of(&name, &group.issues(), blocked));
    let not_yet = counts.not_propagated;
    match (with_wait, not_yet) {
        (true, 0) if counts.not_shown == 0 => {
            lines.push(detail("wait", "propagated to the access control system"));
        }
        (true, 0) | (false, 0) => {}
        (true, _) => {
            let what = format!("{} accepted, not propagated yet", grouped(not_yet));
            lines.push(detail("wait", &what));
        }
        (false, _) => {
            let what = format!("{} not propagated yet", grouped(not_yet));
            lines.push(detail("note", &what));
        }
    }
    lines.join("\n")
}

fn sentence(verb: Verb, group: &str, counts: Counts) -> String {
    let who = people(counts.changed);
    let mut parts = vec![match verb {
        Verb::Add => format!("Added {who} to {group}"),
        Verb::Remove => format!("Removed {who} from {group}"),
    }];
    parts.extend(others(verb, counts));
    parts.join("; ")
}

/// Whoever was neither added nor removed.
fn others(verb: Verb, counts: Counts) -> Vec<String> {
    let were = |count: usize| if count == 1 { "was" } else { "were" };
    let unchanged = match (verb, counts.unchanged) {
        (Verb::Add, 1) => "was a member already",
        (Verb::Add, _) => "were members already",
        (Verb::Remove, 1) => "was no member",
        (Verb::Remove, _) => "were no members",
    };
    let pending = match verb {
        Verb::Add => "being added already",
        Verb::Remove => "being removed already",
    };
    [
        (counts.unchanged, unchanged.to_owned()),
        (
            counts.pending,
            format!("{} {pending}", were(counts.pending)),
        ),
        (counts.accepted, "accepted, and unknown before".to_owned()),
        (counts.failed, "failed".to_owned()),
        (counts.not_tried, "not tried".to_owned()),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{} {what}", grouped(count)))
    .collect()
}

fn people(count: usize) -> String {
    match count {
        0 => "nobody".to_owned(),
        1 => "1 person".to_owned(),
        count => format!("{} people", grouped(count)),
    }
}

impl Counts {
    /// "90 added, 3 failed"
    pub(crate) fn so_far(self, verb: Verb) -> String {
        let done = match verb {
            Verb::Add => "added",
            Verb::Remove => "removed",
        };
        let mut parts = vec![format!("{} {done}", grouped(self.changed))];
        parts.extend(others(verb, self));
        parts.join(", ")
    }
}

/// What a change would do, by what the service shows now.
pub(crate) fn would(verb: Verb, shown: Shown) -> &'static str {
    match (verb, shown) {
        (Verb::Add, Shown::AsAsked) => "a member already",
        (Verb::Remove, Shown::AsAsked) => "no member",
        (Verb::Add, Shown::Pending) => "added already, pending",
        (Verb::Remove, Shown::Pending) => "removed already, pending",
        (Verb::Add, _) => "added",
        (Verb::Remove, _) => "removed",
    }
}

/// The end of a trial.
pub(crate) fn would_change(verb: Verb, group: &AccessGroup, count: usize) -> String {
    let group = line(&group_name(group));
    let who = people(count);
    match verb {
        Verb::Add => format!("would add {who} to {group}; nothing has changed"),
        Verb::Remove => format!("would remove {who} from {group}; nothing has changed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(verb: Verb, counts: Counts, expected: &str) {
        assert_eq!(sentence(verb, "Gym", counts), expected);
    }

    #[test]
    fn sentence_says_how_many_and_leaves_out_what_is_none() {
        let mut counts = Counts {
            changed: 1090,
            ..Counts::default()
        };
        check(Verb::Add, counts, "Added 1,090 people to Gym");
        (counts.unchanged, counts.pending) = (7, 2);
        (counts.accepted, counts.failed, counts.not_tried) = (4, 3, 20);
        check(
            Verb::Add,
            counts,
            "Added 1,090 people to Gym; 7 were members already; 2 were being added already; \
             4 accepted, and unknown before; 3 failed; 20 not tried",
        );
        let counts = Counts {
            unchanged: 1,
            pending: 1,
            ..Counts::default()
        };
        check(
            Verb::Remove,
            counts,
            "Removed nobody from Gym; 1 was no member; 1 was being removed already",
        );
        assert_eq!(
            counts.so_far(Verb::Remove),
            "0 removed, 1 was no member, 1 was being removed already"
        );
    }
}
