//! How a plan looks as text. Pure.

mod labels;
mod people;
mod rows;

use std::{fmt::Display, path::Path};

use access_groups_core::prelude::*;
use access_groups_roster::{GroupPlan, Guards, Observed, Origin, Plan, Planned, Stop, TimeZone};

use super::{
    source::{Source, counted},
    validate,
};
use crate::{
    apply::TOOL, args::Shown, describe::line, local_time, progress::grouped, resolve::SystemNames,
    store::Store,
};

pub(crate) use labels::Labels;
pub(crate) use people::People;
pub(crate) use rows::{aligned, rows};

/// A plan, and what else is said of it.
pub(crate) struct Presented<'a> {
    /// The name of the command, in JSON.
    pub(crate) command: &'static str,
    pub(crate) plan: &'a Plan,
    pub(crate) observed: &'a Observed,
    /// The roster, if it was made from one.
    pub(crate) roster: Option<&'a Source>,
    /// The time zone in which times are shown.
    pub(crate) zone: &'a TimeZone,
    /// When the plan is for.
    pub(crate) made_at: Timestamp,
    /// Whether that was the time when it was made.
    pub(crate) is_for_now: bool,
    pub(crate) guards: &'a Guards,
    /// The command line that carries it out, if it is not saved; without `--confirm`.
    pub(crate) next_step: Option<String>,
    /// The options for this store and these guards: a saved plan needs them again.
    pub(crate) saved_options: &'a [(&'static str, String)],
}

impl Presented<'_> {
    /// Where the plan comes from.
    pub(super) fn origin(&self, store: &Store) -> Origin {
        let origin = Origin::new(TOOL, self.made_at, store.identity());
        let origin = origin.in_workspace(self.observed.workspace());
        match self.roster {
            Some(source) => origin.of_roster(&source.name, &source.bytes),
            None => origin,
        }
    }

    /// The command line that carries the plan out, without `--confirm`.
    pub(super) fn command_to_apply(&self, shown: &Shown) -> Option<String> {
        match &shown.output {
            Some(path) => Some(apply_command(path, self.saved_options)),
            None => self.next_step.clone(),
        }
    }
}

/// How many changes there are. A move is one addition and one removal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) additions: usize,
    pub(super) removals: usize,
    pub(super) moves: usize,
    pub(super) pending: usize,
}

impl Counts {
    pub(super) fn of(plan: &Plan) -> Self {
        plan.groups().iter().fold(Self::default(), |counts, group| {
            let moves = group.additions.iter();
            let moves = moves.filter(|planned| planned.moves.is_some()).count();
            Self {
                additions: counts.additions + group.additions.len(),
                removals: counts.removals + group.removals.len(),
                moves: counts.moves + moves,
                pending: counts.pending + group.pending.len(),
            }
        })
    }

    /// "3 to add, 1 to remove, 2 to move, 1 pending"
    fn words(&self) -> String {
        let parts = [
            (self.additions - self.moves, "to add"),
            (self.removals - self.moves, "to remove"),
            (self.moves, "to move"),
            (self.pending, "pending"),
        ];
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<_> = parts
            .map(|(count, what)| format!("{} {what}", grouped(*count)))
            .collect();
        parts.join(", ")
    }
}

fn everybody(group: &GroupPlan) -> impl Iterator<Item = &Planned> {
    group
        .additions
        .iter()
        .chain(&group.removals)
        .chain(&group.pending)
}

/// The plan in words: the groups with changes, what it comes to, and how to go on. Long lists are cut, unless
/// all is to be shown.
pub(super) fn words(
    presented: &Presented<'_>,
    people: &People<'_>,
    systems: Option<&SystemNames>,
    shown: &Shown,
) -> String {
    let all = shown.all;
    let labels = Labels::new(presented.plan.groups(), systems);
    let mut parts = Vec::new();
    if !presented.is_for_now {
        let at = local_time::shown(presented.made_at, presented.zone);
        parts.push(format!("The plan for {at}."));
    }
    let (changing, other): (Vec<_>, Vec<_>) = presented
        .plan
        .groups()
        .iter()
        .partition(|group| everybody(group).next().is_some());
    parts.extend(
        changing
            .iter()
            .map(|group| of_group(group, people, &labels, all)),
    );
    if !changing.is_empty() && !other.is_empty() {
        parts.push(unchanged(&other, &labels, all));
    }
    parts.push(conclusion(presented, &labels, shown));
    parts.join("\n\n")
}

/// "2 other groups are as the roster says: Gym, Pool."
fn unchanged(groups: &[&GroupPlan], labels: &Labels<'_>, all: bool) -> String {
    let names = groups.iter().map(|group| labels.of(group.group));
    let names: Vec<_> = match all {
        true => names.collect(),
        false => names.take(NAMED).collect(),
    };
    let more = match groups.len() - names.len() {
        0 => String::new(),
        more => format!(" and {} more", grouped(more)),
    };
    let count = match groups.len() {
        1 => "Another group is as it should be".to_owned(),
        count => format!("{} other groups are as they should be", grouped(count)),
    };
    format!("{count}: {}{more}.", names.join(", "))
}

/// The heading of a group, and a line for each change.
fn of_group(group: &GroupPlan, people: &People<'_>, labels: &Labels<'_>, all: bool) -> String {
    let (before, after) = (group.members, group.members_after());
    let members = match before == after {
        true => counted(before, "member"),
        false => format!("{}, then {}", counted(before, "member"), grouped(after)),
    };
    let mut lines = vec![format!(
        "{} ({}): {members}",
        labels.heading(group),
        group.mode
    )];
    let moving = |planned: &&Planned| planned.moves.is_some();
    let staying = |planned: &&Planned| planned.moves.is_none();
    let row = |planned: &Planned| planned.row.map(|row| format!("row {row}"));
    let other = |planned: &Planned| planned.moves.map_or_else(String::new, |id| labels.of(id));
    let (added, removed, pending) = (
        group.additions.iter(),
        group.removals.iter(),
        group.pending.iter(),
    );
    let of_row = |planned: &Planned| row(planned).unwrap_or_default();
    let lists = [
        rows('+', added.clone().filter(staying), people, all, of_row),
        rows('-', removed.clone().filter(staying), people, all, of_row),
        rows('~', added.filter(moving), people, all, |planned| {
            joined([Some(format!("from {}", other(planned))), row(planned)])
        }),
        rows('~', removed.filter(moving), people, all, |planned| {
            format!("to {}", other(planned))
        }),
        rows('!', pending, people, all, |planned| {
            let what = match planned.row {
                Some(_) => "accepted, not propagated",
                // Whom no row desires is on the way out.
                None => "removal accepted, not propagated",
            };
            joined([Some(what.to_owned()), row(planned)])
        }),
    ];
    lines.extend(aligned(&lists.into_iter().flatten().collect::<Vec<_>>()));
    lines.join("\n")
}

/// "from Pool, row 7"
fn joined(notes: [Option<String>; 2]) -> String {
    notes.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What the plan comes to, when the roster says something else, and how to go on.
fn conclusion(presented: &Presented<'_>, labels: &Labels<'_>, shown: &Shown) -> String {
    let plan = presented.plan;
    let mut lines = vec![summary(presented)];
    if let Some(next) = validate::next(plan.next_begin(), plan.next_end(), presented.zone) {
        let mut letters = next.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        lines.push(format!(
            "{}{}.",
            first.collect::<String>(),
            letters.as_str()
        ));
    }
    match plan.repeated_rows() {
        0 => {}
        1 => lines.push("1 row says the same as an earlier one.".to_owned()),
        rows => lines.push(format!(
            "{} rows say the same as earlier ones.",
            grouped(rows)
        )),
    }
    let stops = plan.stops(presented.guards);
    lines.extend(stopped(&stops, labels, shown.all));
    if let (Some(command), false) = (presented.command_to_apply(shown), plan.is_empty()) {
        lines.push(match stops.is_empty() {
            true => format!("To carry it out: {command}"),
            false => format!("If that is right: {command} --confirm {}", plan.hash()),
        });
    }
    lines.join("\n")
}

/// "Plan: 3 to add, 1 to remove; hash 1a2b3c4d5e6f"
fn summary(presented: &Presented<'_>) -> String {
    let plan = presented.plan;
    let counts = Counts::of(plan);
    if !plan.is_empty() {
        return format!("Plan: {}; hash {}", counts.words(), plan.hash());
    }
    let groups = match plan.groups() {
        _ if presented.roster.is_none() => "nothing is left to take back".to_owned(),
        [_] => "the group is as it should be".to_owned(),
        groups => format!("all {} groups are as they should be", grouped(groups.len())),
    };
    match counts.pending {
        0 => format!("No changes: {groups}."),
        pending => format!("No changes: {groups}; {} pending.", grouped(pending)),
    }
}

/// A line for each group that a guard stops; after the first ones, how many more there are.
fn stopped(stops: &[Stop], labels: &Labels<'_>, all: bool) -> Vec<String> {
    let listed = match all {
        true => stops.len(),
        false => stops.len().min(NAMED),
    };
    let line = |stop: &Stop| {
        let stop = stop_in_words(stop, Some(&labels.of(stop.group)));
        format!("A guard stops it: {stop}.")
    };
    let mut lines: Vec<_> = stops[..listed].iter().map(line).collect();
    match stops.len() - listed {
        0 => {}
        more => lines.push(format!(
            "Guards stop it in {}; --all shows them.",
            counted(more, "more group")
        )),
    }
    lines
}

/// "8 of 20 members of Gym would be removed, and 3 may be without a confirmation"; without the group, where
/// it is named already.
pub(crate) fn stop_in_words(stop: &Stop, group: Option<&str>) -> String {
    let Stop {
        members,
        removals,
        allowed,
        ..
    } = *stop;
    let [members, removals, allowed] = [members, removals, allowed].map(grouped);
    let of = group
        .map(|group| format!(" of {group}"))
        .unwrap_or_default();
    let removed = format!("{removals} of {members} members{of} would be removed");
    let allowed = format!("and {allowed} may be without a confirmation");
    match (stop.removals > stop.allowed, stop.is_emptied) {
        (false, _) => format!("{removed}, and nobody would be left"),
        (true, false) => format!("{removed}, {allowed}"),
        (true, true) => format!("{removed}, {allowed}; nobody would be left"),
    }
}

/// The command that carries out the plan of this roster, or this saved plan.
pub(super) fn apply_command(file: &Path, options: &[(&str, String)]) -> String {
    let command = format!("access-groups apply {}", quoted(&file.display()));
    command + &in_words(options)
}

/// The options of a command line, each with a blank before it.
fn in_words(options: &[(&str, String)]) -> String {
    let words = options.iter().map(|(option, value)| {
        // Apart, it would look like an option itself.
        let between = if value.starts_with('-') { '=' } else { ' ' };
        format!(" {option}{between}{}", quoted(value))
    });
    words.collect()
}

/// The commands that take back what this journal is of.
pub(crate) fn undo_command(journal: &Path, store: &[(&str, String)]) -> String {
    let store = in_words(store);
    format!(
        "access-groups undo {} -o undo.json{store}, then access-groups apply undo.json{store}",
        quoted(&journal.display())
    )
}

/// For a shell, as far as it needs it.
fn quoted(word: &dyn Display) -> String {
    let shown = line(&word.to_string());
    // A shell of Windows takes a backslash as it is.
    let others = if cfg!(windows) { "-_./:\\" } else { "-_./:" };
    let is_plain = |letter: char| letter.is_alphanumeric() || others.contains(letter);
    match !shown.is_empty() && shown.chars().all(is_plain) {
        true => shown,
        false => format!("'{}'", shown.replace('\'', "'\\''")),
    }
}

/// How many groups are named in a list of groups without `--all`.
pub(super) const NAMED: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_is_quoted_for_a_shell() {
        let check = |path: &str, expected: &str| assert_eq!(quoted(&path), expected);
        check("lists/roster-1.csv", "lists/roster-1.csv");
        check("Größe.csv", "Größe.csv");
        check("my roster.csv", "'my roster.csv'");
        check("Ada's.csv", "'Ada'\\''s.csv'");
        check("$(reboot)", "'$(reboot)'");
        check("", "''");
    }
}
