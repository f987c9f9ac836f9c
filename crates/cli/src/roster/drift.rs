//! `drift`: how the groups differ from a roster.

use std::collections::HashMap;

use access_groups_core::prelude::*;
use access_groups_roster::{GroupPlan, Mode, Plan, PlanOptions};
use serde::Serialize;

use super::{
    body::PersonBody,
    draft::{self, Draft},
    show::{Labels, NAMED, People, aligned, rows},
    source::{Source, counted},
};
use crate::{
    args::Drift,
    failure::{Exit, Failure},
    local_time,
    output::{self, Format},
    progress::grouped,
    resolve::SystemNames,
    store::Store,
};

/// Says who is in a group and should not be, and who is not and should be.
pub(crate) fn drift(
    arguments: &Drift,
    source: Source,
    store: &Store,
    format: Format,
) -> Result<Exit, Failure> {
    let port = store.port();
    let listed = draft::listed_problems(arguments.all);
    let draft = Draft::new(source, &arguments.choice, None, listed, port)?;
    let drifted = Drifted::of(&draft)?;
    let people = People::new(&draft.plan, &draft.observed);
    match format {
        Format::Human => {
            let systems = draft.plan.groups().iter().map(|group| group.system);
            let systems = SystemNames::if_several(systems, port);
            let words = words(&drifted, &people, systems.as_ref(), arguments.all);
            output::answer(format, COMMAND, &words, &())?;
        }
        Format::Json | Format::Jsonl | Format::Csv => {
            output::json(COMMAND, &Body::new(&draft, &drifted, &people))?;
        }
    }
    Ok(match drifted.plan.is_empty() {
        true => Exit::Done,
        false => Exit::ChangesPending,
    })
}

/// The plan that would end the drift, and the members of additive groups whom no row names.
struct Drifted<'a> {
    plan: &'a Plan,
    unnamed: HashMap<AccessGroupId, usize>,
}

impl<'a> Drifted<'a> {
    fn of(draft: &'a Draft) -> Result<Self, Failure> {
        let groups = draft.plan.groups().iter();
        let additive = groups.filter(|group| group.mode == Mode::Additive);
        // Whom a plan would remove that may.
        let options = additive.fold(PlanOptions::new(), |options, group| {
            options.with_mode_of(group.group, Mode::Authoritative)
        });
        let strict = Plan::new(&draft.roster, &draft.observed, draft.at, &options);
        let strict = strict.map_err(|problems| draft.source.refused(&problems))?;
        let unnamed = strict.groups().iter();
        let unnamed = unnamed.filter(|group| options.modes.contains_key(&group.group));
        Ok(Self {
            plan: &draft.plan,
            unnamed: unnamed
                .map(|group| (group.group, group.removals.len()))
                .collect(),
        })
    }

    fn unnamed(&self, group: &GroupPlan) -> usize {
        self.unnamed.get(&group.group).copied().unwrap_or_default()
    }

    /// How many are in the service and not in the roster, and the other way round.
    fn counts(&self) -> [usize; 2] {
        let groups = self.plan.groups().iter();
        groups.fold([0, 0], |[extra, missing], group| {
            [
                extra + group.removals.len(),
                missing + group.additions.len(),
            ]
        })
    }
}

fn has_drifted(group: &&GroupPlan) -> bool {
    !(group.additions.is_empty() && group.removals.is_empty())
}

fn words(
    drifted: &Drifted<'_>,
    people: &People<'_>,
    systems: Option<&SystemNames>,
    all: bool,
) -> String {
    let labels = Labels::new(drifted.plan.groups(), systems);
    let (different, same): (Vec<_>, Vec<_>) = drifted.plan.groups().iter().partition(has_drifted);
    let mut parts: Vec<_> = different
        .iter()
        .map(|group| of_group(group, drifted, people, &labels, all))
        .collect();
    if !different.is_empty() && !same.is_empty() {
        let names = same.iter().map(|group| labels.of(group.group));
        let shown = if all { same.len() } else { NAMED };
        let names: Vec<_> = names.take(shown).collect();
        let more = match same.len() - names.len() {
            0 => String::new(),
            more => format!(" and {} more", grouped(more)),
        };
        parts.push(format!("As the roster says: {}{more}.", names.join(", ")));
    }
    parts.push(summary(drifted, different.len()));
    parts.join("\n\n")
}

fn of_group(
    group: &GroupPlan,
    drifted: &Drifted<'_>,
    people: &People<'_>,
    labels: &Labels<'_>,
    all: bool,
) -> String {
    let unnamed = match drifted.unnamed(group) {
        0 => String::new(),
        unnamed => format!(", {} of whom no row names", grouped(unnamed)),
    };
    let members = counted(group.members, "member");
    let heading = labels.heading(group);
    let mut lines = vec![format!("{heading} ({}): {members}{unnamed}", group.mode)];
    let lists = [
        ("in the service, not in the roster", &group.removals),
        ("in the roster, not in the service", &group.additions),
    ];
    for (what, list) in lists {
        if list.is_empty() {
            continue;
        }
        lines.push(format!("  {what}:"));
        let row = |row| format!("row {row}");
        lines.extend(aligned(&rows(' ', list.iter(), people, all, |planned| {
            planned.row.map(row).unwrap_or_default()
        })));
    }
    lines.join("\n")
}

/// "Drift: 1 not in the roster, 2 not in the service, in 1 of 3 groups"
fn summary(drifted: &Drifted<'_>, different: usize) -> String {
    let groups = drifted.plan.groups().len();
    let unnamed: usize = drifted.unnamed.values().sum();
    let unnamed = match unnamed {
        0 => String::new(),
        unnamed => format!(
            "\nAdditive groups have {} whom no row names.",
            counted(unnamed, "member")
        ),
    };
    let [extra, missing] = drifted.counts();
    let counts = [
        (extra, "not in the roster"),
        (missing, "not in the service"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<_> = counts
        .map(|(count, what)| format!("{} {what}", grouped(*count)))
        .collect();
    match (counts.is_empty(), groups) {
        (true, 1) => format!("No drift: the group is as the roster says.{unnamed}"),
        (true, groups) => format!(
            "No drift: all {} groups are as the roster says.{unnamed}",
            grouped(groups)
        ),
        (false, groups) => format!(
            "Drift: {}, in {} of {}.{unnamed}",
            counts.join(", "),
            grouped(different),
            counted(groups, "group")
        ),
    }
}

/// The JSON of the command; it is documented.
#[derive(Serialize)]
struct Body<'a> {
    roster: &'a str,
    time_zone: &'a str,
    has_drifted: bool,
    not_in_roster: usize,
    not_in_service: usize,
    groups: Vec<GroupBody<'a>>,
}

#[derive(Serialize)]
struct GroupBody<'a> {
    acs_access_group_id: AccessGroupId,
    acs_system_id: AcsSystemId,
    name: &'a str,
    mode: Mode,
    members: usize,
    /// Of an additive group, those who are no drift.
    unnamed_members: usize,
    not_in_roster: Vec<PersonBody<'a>>,
    not_in_service: Vec<PersonBody<'a>>,
}

impl<'a> Body<'a> {
    fn new(draft: &'a Draft, drifted: &Drifted<'a>, people: &People<'a>) -> Self {
        let [not_in_roster, not_in_service] = drifted.counts();
        let person = |planned| PersonBody::new(planned, people);
        let groups = drifted.plan.groups().iter().map(|group| GroupBody {
            acs_access_group_id: group.group,
            acs_system_id: group.system,
            name: &group.name,
            mode: group.mode,
            members: group.members,
            unnamed_members: drifted.unnamed(group),
            not_in_roster: group.removals.iter().map(person).collect(),
            not_in_service: group.additions.iter().map(person).collect(),
        });
        Self {
            roster: &draft.source.name,
            time_zone: local_time::name(&draft.zone),
            has_drifted: !drifted.plan.is_empty(),
            not_in_roster,
            not_in_service,
            groups: groups.collect(),
        }
    }
}

const COMMAND: &str = "drift";
