//! `apply`, `resume` and `undo`: carrying out what a plan says, surviving what happens meanwhile, and
//! taking it back.

mod doors;
mod journal;
mod outcome;
mod summary;

use std::{collections::HashMap, path::PathBuf};

use access_groups_core::{WorkspaceId, prelude::*};
use access_groups_roster::{
    Change, Guards, JournalEntry, JournalHeader, JournalOutcome, Observed, Outcome, Plan,
    SavedPlan, Stale, Survey, TimeZone, observe_blocking,
};

use crate::{
    args::{Apply, Resume, Undo},
    clock, describe,
    failure::{Exit, Failure},
    output::{self, Format},
    roster::{self, Draft, Labels, Presented, Source, stop_in_words},
    store::Store,
    terminal,
};

use summary::Named;

pub(crate) use journal::JournalFile;

/// The changes to make, each with its place in the plan, and what is needed to tell of them.
struct Work {
    hash: String,
    changes: Vec<(usize, Change)>,
    names: HashMap<(UserRef, AccessGroupId), Named>,
}

/// `apply`: a saved plan, or a roster.
pub(crate) fn apply(
    arguments: &Apply,
    source: Source,
    store: &Store,
    format: Format,
) -> Result<Exit, Failure> {
    let (plan, observed) = plan_of(arguments, source, store)?;
    let hash = plan.hash();
    approve(&plan, &hash, arguments)?;
    let changes: Vec<_> = match arguments.removals_first {
        true => plan.changes_removals_first().collect(),
        false => plan.changes().collect(),
    };
    if changes.is_empty() {
        return outcome::nothing(&plan, &hash, format);
    }
    if !is_confirmed(&plan, &changes, arguments, store)? {
        output::to_stderr("nothing was changed");
        return Ok(Exit::Done);
    }
    let journal = match journal_path(arguments, &hash, store) {
        None => None,
        Some(path) => {
            let header = JournalHeader::new(TOOL, clock::now(), store.identity(), &plan)
                .in_workspace(observed.workspace());
            let journal = JournalFile::create(&path, header, &changes)?;
            output::to_stderr(format_args!("journal: {}", path.display()));
            Some(journal)
        }
    };
    let work = Work {
        names: names_in(&plan),
        hash,
        changes: changes.into_iter().enumerate().collect(),
    };
    outcome::finish(
        work,
        Vec::new(),
        store,
        journal,
        &arguments.carrying,
        format,
    )
}

/// `resume`: goes on after a crash, a kill, Ctrl-C, or failures.
pub(crate) fn resume(arguments: &Resume, store: &Store, format: Format) -> Result<Exit, Failure> {
    let (file, journal) = JournalFile::resume(&arguments.journal)?;
    check_store(&journal.header.store, "journal", store)?;
    if let Some(at) = journal.header.valid_until.filter(|at| *at <= clock::now()) {
        return Err(outdated(at));
    }
    let groups = journal.changes.iter().map(|change| change.group);
    let observed = observe_blocking(store.shared(), Survey::of_groups(groups))?;
    check_workspace(journal.header.workspace_id, &observed)?;
    let remaining = journal.remaining(&observed);
    let at = clock::now();
    let entries = remaining.settled.iter().map(|(change, outcome)| {
        let (change, outcome) = (*change, outcome.clone());
        JournalEntry::Outcome {
            change,
            outcome,
            at,
        }
    });
    for entry in std::iter::once(JournalEntry::Resumed { at }).chain(entries) {
        file.append(&entry)
            .map_err(|error| outcome::unjournaled(&arguments.journal, error.kind()))?;
    }
    let settled = remaining.settled.iter().map(|(place, outcome)| {
        let outcome = match outcome {
            JournalOutcome::Applied => Outcome::Accepted,
            _ => Outcome::Unchanged,
        };
        (*place, journal.changes[*place], outcome)
    });
    let settled = settled.collect();
    let work = Work {
        hash: journal.header.plan.clone(),
        names: names_of(&journal.changes, &observed),
        changes: remaining.to_make,
    };
    outcome::finish(
        work,
        settled,
        store,
        Some(file),
        &arguments.carrying,
        format,
    )
}

/// `undo`: the plan that takes back what one apply has changed.
pub(crate) fn undo(arguments: &Undo, store: &Store, format: Format) -> Result<Exit, Failure> {
    let journal = journal::read_whole(&arguments.journal)?;
    check_store(&journal.header.store, "journal", store)?;
    let made: Vec<_> = journal.made().collect();
    let groups = made.iter().map(|change| change.group);
    let observed = observe_blocking(store.shared(), Survey::of_groups(groups))?;
    check_workspace(journal.header.workspace_id, &observed)?;
    let plan = Plan::undo(made, &observed);
    roster::present(
        &Presented {
            command: "undo",
            plan: &plan,
            observed: &observed,
            roster: None,
            zone: &TimeZone::UTC,
            made_at: clock::now(),
            is_for_now: true,
            guards: &Guards::new(),
            next_step: Some(roster::undo_command(&arguments.journal)),
            guard_options: &[],
        },
        &arguments.shown,
        store,
        format,
    )
}

/// The plan, and what it was made from: a saved one is compared with what is.
fn plan_of(arguments: &Apply, source: Source, store: &Store) -> Result<(Plan, Observed), Failure> {
    let choice = &arguments.planning.choice;
    // A roster in JSON is an array.
    if source.bytes.trim_ascii_start().starts_with(b"{") {
        let saved = SavedPlan::from_json(&source.bytes).map_err(|error| {
            Failure::failed(format!("{}: {error}", source.name))
                .with_hint("`access-groups plan ROSTER -o FILE` makes one")
        })?;
        if choice.is_given() {
            return Err(Failure::usage(
                "--only, --authoritative, --additive and --time-zone are for a roster, and this is a \
                 saved plan",
            )
            .with_hint("make the plan with them: `access-groups plan ROSTER -o FILE`"));
        }
        return current(saved, store);
    }
    let draft = Draft::new(source, choice, None, roster::LISTED, store.port())?;
    Ok((draft.plan, draft.observed))
}

/// The saved plan, if it still fits what is.
fn current(saved: SavedPlan, store: &Store) -> Result<(Plan, Observed), Failure> {
    check_store(&saved.origin.store, "plan", store)?;
    let groups = saved.plan.groups().iter().map(|group| group.group);
    let observed = observe_blocking(store.shared(), Survey::of_groups(groups))?;
    let plan = saved.recheck(&observed, clock::now());
    let plan = plan.map_err(|error| stale(&error))?;
    Ok((plan, observed))
}

/// Stops what the guards do not allow, unless it was confirmed for exactly this plan.
fn approve(plan: &Plan, hash: &str, arguments: &Apply) -> Result<(), Failure> {
    if let Some(confirmed) = &arguments.confirm {
        return match confirmed.eq_ignore_ascii_case(hash) {
            true => Ok(()),
            false => Err(Failure::new(
                Exit::Stale,
                format!("the plan is {hash} now, and {confirmed} was confirmed"),
            )
            .with_detail("nothing was changed")
            .with_hint("look at `access-groups plan` again")),
        };
    }
    let stops = plan.stops(&arguments.planning.guards());
    if stops.is_empty() {
        return Ok(());
    }
    let failure = Failure::new(
        Exit::Guarded,
        "the plan removes more than the guards allow; nothing was changed",
    );
    let labels = Labels::new(plan.groups(), None);
    let failure = stops.iter().fold(failure, |failure, stop| {
        failure.with_detail(stop_in_words(stop, Some(&labels.of(stop.group))))
    });
    Err(failure.with_hint(format!(
        "look at `access-groups plan`; if it is right, `apply ... --confirm {hash}` applies exactly \
         this plan"
    )))
}

/// Asks at a terminal, where something would last: a saved plan has been looked at already, and without
/// a terminal nobody is asked.
fn is_confirmed(
    plan: &Plan,
    changes: &[Change],
    arguments: &Apply,
    store: &Store,
) -> Result<bool, Failure> {
    let is_decided = arguments.yes || arguments.confirm.is_some() || store.is_forgetful();
    if is_decided || !terminal::can_ask() {
        return Ok(true);
    }
    let removals: usize = plan.groups().iter().map(|group| group.removals.len()).sum();
    let additions = changes.len() - removals;
    terminal::confirm(&format!(
        "{additions} additions and {removals} removals (plan {}): apply?",
        plan.hash()
    ))
}

/// Where the journal is written: beside nothing that exists. A store that forgets needs none.
fn journal_path(arguments: &Apply, hash: &str, store: &Store) -> Option<PathBuf> {
    if arguments.journal.is_some() || store.is_forgetful() {
        return arguments.journal.clone();
    }
    let now = clock::now().whole_milliseconds().to_string();
    let time: String = now.chars().filter(char::is_ascii_alphanumeric).collect();
    Some(format!("apply-{time}-{hash}.journal").into())
}

fn names_in(plan: &Plan) -> HashMap<(UserRef, AccessGroupId), Named> {
    let groups = plan.groups().iter();
    let names = groups.flat_map(|group| {
        let people = group.additions.iter().chain(&group.removals);
        people.map(|planned| {
            let named = Named {
                person: planned.name.clone(),
                group: group.name.clone(),
                row: planned.row,
                moves: planned.moves,
            };
            ((planned.user, group.group), named)
        })
    });
    names.collect()
}

fn names_of(changes: &[Change], observed: &Observed) -> HashMap<(UserRef, AccessGroupId), Named> {
    let people = observed.names();
    let names = changes.iter().map(|change| {
        let person = people.get(&change.user).copied().unwrap_or_default();
        let group = observed.group(change.group);
        let named = Named {
            person: person.to_owned(),
            group: group.map_or_else(|| change.group.to_string(), describe::group_name),
            row: None,
            moves: None,
        };
        ((change.user, change.group), named)
    });
    names.collect()
}

/// Refuses what was made for another store.
fn check_store(expected: &str, what: &str, store: &Store) -> Result<(), Failure> {
    let found = store.identity();
    if expected == found {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "the {what} is for {expected}, and the store is {found}"
    ))
    .with_detail("nothing was changed")
    .with_hint("name that store with --store"))
}

fn check_workspace(expected: Option<WorkspaceId>, observed: &Observed) -> Result<(), Failure> {
    match (expected, observed.workspace()) {
        (Some(expected), Some(found)) if expected != found => Err(other_workspace(expected, found)),
        _ => Ok(()),
    }
}

fn other_workspace(planned: WorkspaceId, found: WorkspaceId) -> Failure {
    Failure::new(
        Exit::Stale,
        format!("it was made for workspace {planned}, and the credential is for {found}"),
    )
    .with_detail("nothing was changed")
    .with_hint("use the credential of that workspace")
}

fn outdated(at: Timestamp) -> Failure {
    Failure::new(
        Exit::Stale,
        format!("rows of the roster have begun or ended since: on {at} first"),
    )
    .with_detail("nothing was changed")
    .with_hint("make a new plan of the roster")
}

/// The failure for a saved plan that does not fit any more.
fn stale(stale: &Stale) -> Failure {
    match stale {
        Stale::Rows(at) => outdated(*at),
        Stale::OtherWorkspace { planned, found } => other_workspace(*planned, *found),
        Stale::ClockSetBack(made_at) => Failure::new(
            Exit::Stale,
            format!("the plan was made at {made_at}, which this machine's clock has not reached"),
        )
        .with_detail("nothing was changed")
        .with_hint("set the clock, or make a new plan"),
        Stale::Moved(moved) => {
            let failure = Failure::new(
                Exit::Stale,
                "memberships have changed since the plan was made; nothing was changed",
            );
            let listed = moved.iter().take(LISTED);
            let failure = listed.fold(failure, |failure, moved| {
                let group = describe::line(&moved.group_name);
                failure.with_detail(match moved.membership {
                    None => format!("{group}: the group does not exist any more"),
                    Some((MembershipChange::Added, user)) => {
                        format!("{group}: {user} is a member already")
                    }
                    Some((MembershipChange::Removed, user)) => {
                        format!("{group}: {user} is not a member any more")
                    }
                })
            });
            let failure = match moved.len().saturating_sub(LISTED) {
                0 => failure,
                more => failure.with_detail(format!("and {more} more")),
            };
            failure.with_hint("make a new plan")
        }
        other => Failure::new(Exit::Stale, other.to_string()).with_hint("make a new plan"),
    }
}

/// What writes journals and plans.
pub(crate) const TOOL: &str = concat!("access-groups ", env!("CARGO_PKG_VERSION"));

/// How many memberships are listed at most.
const LISTED: usize = 20;
