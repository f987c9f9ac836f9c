//! `plan`: what must change so that the groups are as a roster says.

use std::{fs::File, io, path::Path};

use access_groups_core::prelude::*;
use access_groups_roster::{GroupPlan, Planned, SavedPlan, SavedPlanError};

use super::{
    body::{Body, Summary},
    draft::{self, Draft},
    events::{self, About, Event},
    html,
    show::{self, People, Presented},
    source::{self, Source},
};
use crate::{
    args::{Plan, Shown},
    failure::{Exit, Failure},
    output::{self, Format},
    replace::replace,
    resolve::SystemNames,
    store::Store,
};

/// Makes the plan of a roster, and shows it.
pub(crate) fn plan(
    arguments: &Plan,
    source: Source,
    store: &Store,
    format: Format,
) -> Result<Exit, Failure> {
    let port = store.port();
    let listed = draft::listed_problems(arguments.shown.all);
    let (choice, at) = (&arguments.planning.choice, arguments.at.as_ref());
    let draft = Draft::new(source, choice, at, listed, port)?;
    let saved_options = [store.options().to_vec(), arguments.planning.guard_options()].concat();
    let presented = Presented {
        command: "plan",
        plan: &draft.plan,
        observed: &draft.observed,
        roster: Some(&draft.source),
        zone: &draft.zone,
        made_at: draft.at,
        is_for_now: at.is_none(),
        guards: &arguments.planning.guards(),
        // A plan for another time is applied when that has come.
        next_step: at.is_none().then(|| {
            let options = [choice.options(), saved_options.clone()].concat();
            show::apply_command(&arguments.roster, &options)
        }),
        saved_options: &saved_options,
    };
    // Before anything is printed or saved: who approves must see all of it.
    if let Some(path) = &arguments.html {
        html::write(path, &presented, &draft.roster, &arguments.shown, store)?;
    }
    present(&presented, &arguments.shown, store, format)
}

/// Shows a plan, whatever it was made of, and saves it where that is asked for.
pub(crate) fn present(
    presented: &Presented<'_>,
    shown: &Shown,
    store: &Store,
    format: Format,
) -> Result<Exit, Failure> {
    let port = store.port();
    let people = People::new(presented.plan, presented.observed);
    if let Some(path) = &shown.output {
        save(presented, path, store)?;
    }
    match format {
        Format::Human => {
            let systems = presented.plan.groups().iter().map(|group| group.system);
            let systems = SystemNames::if_several(systems, port);
            let words = show::words(presented, &people, systems.as_ref(), shown);
            output::answer(format, presented.command, &words, &())?;
        }
        Format::Jsonl => print_events(presented)?,
        Format::Json | Format::Csv => {
            output::json(presented.command, &Body::new(presented, &people))?;
        }
    }
    Ok(
        match shown.detailed_exitcode && !presented.plan.is_empty() {
            true => Exit::ChangesPending,
            false => Exit::Done,
        },
    )
}

/// Prints a plan in words, for whoever is asked about it.
pub(crate) fn show_words(presented: &Presented<'_>, store: &Store) -> Result<(), Failure> {
    let people = People::new(presented.plan, presented.observed);
    let systems = presented.plan.groups().iter().map(|group| group.system);
    let systems = SystemNames::if_several(systems, store.port());
    let words = show::words(presented, &people, systems.as_ref(), &Shown::default());
    output::message(&words)
}

/// Writes the file of the plan.
fn save(presented: &Presented<'_>, path: &Path, store: &Store) -> Result<(), Failure> {
    let origin = presented.origin(store);
    let saved = SavedPlan::new(presented.plan.clone(), presented.observed, origin);
    let text = saved.to_json();
    replace(path, text.as_bytes(), "a plan", is_plan).map_err(|error| {
        Failure::failed(format!("the plan {} cannot be written", path.display()))
            .caused_by(&error)
            .with_hint("name a file in a folder that exists and that you may write to")
    })
}

fn is_plan(file: File) -> io::Result<bool> {
    let read = SavedPlan::from_json(&source::bytes_of_file(file)?);
    Ok(matches!(
        read,
        Ok(_) | Err(SavedPlanError::Version(_) | SavedPlanError::Changed)
    ))
}

/// A line for each change and each pending one, and the summary.
fn print_events(presented: &Presented<'_>) -> Result<(), Failure> {
    use MembershipChange::{Added, Removed};
    for group in presented.plan.groups() {
        for planned in &group.additions {
            events::print(Event::Planned, &about(group, planned, Added))?;
        }
    }
    for group in presented.plan.groups() {
        for planned in &group.removals {
            events::print(Event::Planned, &about(group, planned, Removed))?;
        }
        for planned in &group.pending {
            // Whom no row desires is on the way out.
            let kind = if planned.row.is_some() {
                Added
            } else {
                Removed
            };
            events::print(Event::Pending, &about(group, planned, kind))?;
        }
    }
    events::print_summary(&Summary::new(presented))
}

fn about<'a>(group: &'a GroupPlan, planned: &'a Planned, kind: MembershipChange) -> About<'a> {
    About {
        kind,
        user: planned.user,
        group: group.group,
        group_name: &group.name,
        name: &planned.name,
        row: planned.row,
        moves: planned.moves,
    }
}
