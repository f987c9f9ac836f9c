//! `plan`: what must change so that the groups are as a roster says.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
};

use access_groups_core::prelude::*;
use access_groups_roster::{GroupPlan, Origin, Planned, SavedPlan, SavedPlanError};

use super::{
    body::{Body, Summary},
    draft::{self, Draft},
    events::{self, About, Event},
    html,
    show::{self, People, Presented},
};
use crate::{
    apply::TOOL,
    args::{Plan, Shown},
    failure::{Exit, Failure},
    output::{self, Format},
    resolve::SystemNames,
    store::Store,
};

/// Makes the plan of a roster, and shows it.
pub(crate) fn plan(arguments: &Plan, store: &Store, format: Format) -> Result<Exit, Failure> {
    let port = store.port();
    let listed = draft::listed_problems(arguments.shown.all);
    let (choice, at) = (&arguments.planning.choice, arguments.at.as_ref());
    let draft = Draft::new(&arguments.roster, choice, at, listed, port)?;
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
        next_step: at.is_none().then(|| show::apply_command(&arguments.roster)),
        has_options: choice.is_given(),
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

/// Writes the file of the plan.
fn save(presented: &Presented<'_>, path: &Path, store: &Store) -> Result<(), Failure> {
    let origin = Origin::new(TOOL, presented.made_at, store.identity())
        .in_workspace(presented.observed.workspace());
    let origin = match presented.roster {
        Some(source) => origin.of_roster(&source.name, &source.bytes),
        None => origin,
    };
    let saved = SavedPlan::new(presented.plan.clone(), presented.observed, origin);
    write(path, saved.to_json().as_bytes()).map_err(|error| {
        Failure::failed(format!("the plan {} cannot be written", path.display()))
            .caused_by(&error)
            .with_hint("name a file in a folder that exists and that you may write to")
    })
}

/// For its owner only: it names people. Another plan is replaced; anything else is not, so that a wrong
/// argument costs nobody a roster.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let found = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        found => found?,
    };
    let is_plan = |file: &[u8]| {
        let read = SavedPlan::from_json(file);
        matches!(
            read,
            Ok(_) | Err(SavedPlanError::Version(_) | SavedPlanError::Changed)
        )
    };
    if !found.is_empty() && !is_plan(&found) {
        return Err(io::Error::other("it exists and is not a plan"));
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
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
