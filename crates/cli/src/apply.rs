//! `apply`, `resume` and `undo`: carrying out what a plan says, surviving what happens meanwhile, and
//! taking it back.

mod doors;
mod journal;
mod outcome;
mod stale;
mod summary;

use std::{collections::HashMap, path::PathBuf, time::Duration};

use access_groups_core::prelude::*;
use access_groups_roster::{
    Change, Guards, Journal, JournalEntry, JournalHeader, JournalOutcome, Observed, Outcome, Plan,
    Remaining, SavedPlan, StopReason, Survey, TimeZone, observe_blocking,
};

use crate::{
    args::{Apply, Resume, Undo},
    carry::Carried,
    clock,
    failure::{Exit, Failure},
    output::{self, Format},
    roster::{self, Draft, Labels, Presented, Source, stop_in_words},
    signals,
    store::Store,
    terminal,
};

use summary::Named;

pub(crate) use journal::JournalFile;

/// The changes to make, each with its place in the plan, and what is needed to tell of them.
struct Work {
    command: &'static str,
    hash: String,
    changes: Vec<(usize, Change)>,
    /// What is known already.
    before: Vec<Carried>,
    names: HashMap<(UserRef, AccessGroupId), Named>,
}

/// `apply`: a saved plan, or a roster.
pub(crate) fn apply(
    arguments: &Apply,
    source: Source,
    store: &Store,
    format: Format,
) -> Result<Exit, Failure> {
    if arguments.journal.is_some() && store.is_forgetful() {
        return Err(Failure::usage(
            "a memory: store forgets its changes, and a journal would say that they were made",
        )
        .with_hint("leave --journal out, or apply it to file:SITE.json"));
    }
    let mut draft = plan_of(arguments, source.clone(), store)?;
    let hash = draft.plan.hash();
    approve(&draft.plan, &hash, arguments)?;
    if draft.plan.is_empty() {
        return outcome::nothing(&draft.plan, &hash, format);
    }
    if must_ask(arguments, store) {
        if !ask(&draft, store, format)? {
            return Err(Failure::failed("nothing was changed"));
        }
        // Whoever was asked may have thought about it for hours.
        draft = plan_of(arguments, source, store)?;
        if draft.plan.hash() != hash {
            return Err(Failure::new(
                Exit::Stale,
                format!("the plan has become another one: {}", draft.plan.hash()),
            )
            .with_detail("nothing was changed")
            .with_hint("look at it again"));
        }
        approve(&draft.plan, &hash, arguments)?;
    }
    let changes: Vec<_> = match arguments.removals_first {
        true => draft.plan.changes_removals_first().collect(),
        false => draft.plan.changes().collect(),
    };
    let journal = match journal_path(arguments, &hash, store) {
        None => None,
        Some(path) => {
            let header = JournalHeader::new(TOOL, clock::now(), store.identity(), &draft.plan)
                .in_workspace(draft.observed.workspace());
            let guards = arguments.planning.guards();
            let header = match draft.plan.stops(&guards).is_empty() {
                true => header.with_guards(guards),
                false => header,
            };
            let journal = JournalFile::create(&path, header, &changes)?;
            output::to_stderr(format_args!("journal: {}", path.display()));
            Some(journal)
        }
    };
    let work = Work {
        command: "apply",
        names: names_in(&draft.plan),
        hash,
        changes: changes.into_iter().enumerate().collect(),
        before: Vec::new(),
    };
    outcome::finish(work, store, journal, &arguments.carrying, format)
}

/// `resume`: goes on after a crash, a kill, Ctrl-C, or failures.
pub(crate) fn resume(arguments: &Resume, store: &Store, format: Format) -> Result<Exit, Failure> {
    signals::set_note("interrupted: nothing was changed");
    let (file, journal) = JournalFile::resume(&arguments.journal)?;
    check_store(&journal.header.store, "journal", store)?;
    let groups = journal.changes.iter().map(|change| change.group);
    let observed = observe(groups, store)?;
    let fits = journal.header.recheck(&observed, clock::now());
    fits.map_err(|error| stale::failure(&error))?;
    let remaining = journal.remaining(&observed);
    approve_rest(&journal.header, &remaining.plan, arguments)?;
    let before = before(&journal, &remaining);
    let entries = before.iter().filter_map(|before| {
        let is_known = journal.stages[before.place].is_settled();
        (!is_known).then(|| JournalEntry::Outcome {
            change: before.place,
            outcome: JournalOutcome::of(&before.outcome),
            at: clock::now(),
        })
    });
    let resumed = JournalEntry::Resumed { at: clock::now() };
    for entry in std::iter::once(resumed).chain(entries) {
        file.append(&entry).map_err(|error| {
            outcome::unjournaled(&arguments.journal, error.kind())
                .with_detail("nothing was changed")
        })?;
    }
    let work = Work {
        command: "resume",
        hash: journal.header.plan.clone(),
        names: names_of(&journal.changes, &observed),
        changes: remaining.to_make,
        before,
    };
    outcome::finish(work, store, Some(file), &arguments.carrying, format)
}

/// What is known of changes before the first call of a resume.
fn before(journal: &Journal, remaining: &Remaining) -> Vec<Carried> {
    let carried = |place: usize, outcome| Carried {
        place,
        change: journal.changes[place],
        outcome,
    };
    let settled = remaining.settled.iter().map(|(place, outcome)| {
        let outcome = match outcome {
            JournalOutcome::Applied => Outcome::Accepted,
            _ => Outcome::Unchanged,
        };
        carried(*place, outcome)
    });
    let held_back = remaining.held_back.iter();
    let held_back = held_back.map(|place| carried(*place, Outcome::NotTried(StopReason::Earlier)));
    // Accepted once, and read back again with the others.
    let unshown = remaining.unshown.iter();
    let unshown = unshown.map(|place| carried(*place, Outcome::Accepted));
    settled.chain(held_back).chain(unshown).collect()
}

/// Stops a rest that the guards of its apply do not allow any more, or that is old, unless it was confirmed.
fn approve_rest(header: &JournalHeader, rest: &Plan, arguments: &Resume) -> Result<(), Failure> {
    let hash = rest.hash();
    if let Some(confirmed) = &arguments.confirm {
        return check_confirmed(confirmed, &hash);
    }
    if rest.is_empty() {
        return Ok(());
    }
    let failure = header.guards.and_then(|guards| guarded(rest, &guards));
    let is_old = clock::now().duration_since(header.begun_at) > OLD;
    let failure = match (failure, is_old) {
        (None, false) => return Ok(()),
        (Some(failure), _) => failure,
        (None, true) => Failure::new(
            Exit::Guarded,
            "the apply began more than a day ago, and may be overtaken; nothing was changed",
        ),
    };
    Err(failure.with_hint(format!(
        "make a new plan; or, if the rest is still right, `resume ... --confirm {hash}`"
    )))
}

/// `undo`: the plan that takes back what one apply has changed.
pub(crate) fn undo(arguments: &Undo, store: &Store, format: Format) -> Result<Exit, Failure> {
    let journal = journal::read_whole(&arguments.journal)?;
    check_store(&journal.header.store, "journal", store)?;
    let made: Vec<_> = journal.made().collect();
    let groups = made.iter().map(|change| change.group);
    let observed = observe(groups, store)?;
    stale::check_workspace(journal.header.workspace_id, &observed)?;
    let uncertain = (0..journal.changes.len()).filter(|place| journal.was_made(*place).is_none());
    let uncertain = uncertain.count();
    let plan = Plan::undo(made, &observed);
    if uncertain > 0 && !plan.is_empty() {
        output::to_stderr(format_args!(
            "note: of {uncertain} changes the journal does not know whether this apply has made them: \
             their calls had begun. What is as if they were made is taken back, too; `resume` first makes \
             it certain"
        ));
    }
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
            next_step: Some(roster::undo_command(&arguments.journal, store.options())),
            saved_options: store.options(),
        },
        &arguments.shown,
        store,
        format,
    )
}

/// What the store shows of these groups.
fn observe(
    groups: impl Iterator<Item = AccessGroupId>,
    store: &Store,
) -> Result<Observed, Failure> {
    Ok(observe_blocking(store.shared(), Survey::of_groups(groups))?)
}

/// A plan, and what it was made from.
struct Drafted {
    plan: Plan,
    observed: Observed,
    zone: TimeZone,
}

/// The plan: a saved one is compared with what is.
fn plan_of(arguments: &Apply, source: Source, store: &Store) -> Result<Drafted, Failure> {
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
        return current(&saved, store);
    }
    let draft = Draft::new(source, choice, None, roster::LISTED, store.port())?;
    Ok(Drafted {
        plan: draft.plan,
        observed: draft.observed,
        zone: draft.zone,
    })
}

/// The saved plan, if it still fits what is.
fn current(saved: &SavedPlan, store: &Store) -> Result<Drafted, Failure> {
    check_store(&saved.origin.store, "plan", store)?;
    let groups = saved.plan.groups().iter().map(|group| group.group);
    let observed = observe(groups, store)?;
    let plan = saved.recheck(&observed, clock::now());
    let plan = plan.map_err(|error| stale::failure(&error))?;
    Ok(Drafted {
        plan,
        observed,
        zone: TimeZone::UTC,
    })
}

/// Stops what the guards do not allow, unless it was confirmed for exactly this plan.
fn approve(plan: &Plan, hash: &str, arguments: &Apply) -> Result<(), Failure> {
    if let Some(confirmed) = &arguments.confirm {
        return check_confirmed(confirmed, hash);
    }
    match guarded(plan, &arguments.planning.guards()) {
        None => Ok(()),
        Some(failure) => Err(failure.with_hint(format!(
            "look at `access-groups plan`; if it is right, `apply ... --confirm {hash}` applies exactly \
             this plan"
        ))),
    }
}

fn check_confirmed(confirmed: &str, hash: &str) -> Result<(), Failure> {
    match confirmed.eq_ignore_ascii_case(hash) {
        true => Ok(()),
        false => Err(Failure::new(
            Exit::Stale,
            format!("the plan is {hash} now, and {confirmed} was confirmed"),
        )
        .with_detail("nothing was changed")
        .with_hint("look at `access-groups plan` again")),
    }
}

/// The failure for a plan that the guards do not allow.
fn guarded(plan: &Plan, guards: &Guards) -> Option<Failure> {
    let stops = plan.stops(guards);
    if stops.is_empty() {
        return None;
    }
    let failure = Failure::new(
        Exit::Guarded,
        "the plan removes more than the guards allow; nothing was changed",
    );
    let labels = Labels::new(plan.groups(), None);
    let failure = stops.iter().take(LISTED).fold(failure, |failure, stop| {
        failure.with_detail(stop_in_words(stop, Some(&labels.of(stop.group))))
    });
    Some(match stops.len().saturating_sub(LISTED) {
        0 => failure,
        more => failure.with_detail(format!("and {more} more groups")),
    })
}

/// Whether somebody is asked: at a terminal, where something would last. Without a terminal nobody is.
fn must_ask(arguments: &Apply, store: &Store) -> bool {
    let is_decided = arguments.yes || arguments.confirm.is_some() || store.is_forgetful();
    !is_decided && terminal::can_ask()
}

/// Shows the plan and asks.
fn ask(draft: &Drafted, store: &Store, format: Format) -> Result<bool, Failure> {
    if format == Format::Human {
        let presented = Presented {
            command: "apply",
            plan: &draft.plan,
            observed: &draft.observed,
            roster: None,
            zone: &draft.zone,
            made_at: clock::now(),
            is_for_now: true,
            guards: &Guards::new(),
            next_step: None,
            saved_options: &[],
        };
        roster::show_words(&presented, store)?;
    }
    terminal::confirm(&format!("Apply plan {}?", draft.plan.hash()))
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
            group: group.map_or_else(
                || change.group.to_string(),
                |group| group.display_name.clone(),
            ),
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
    if same_store(expected, found) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "the {what} is for {expected}, and the store is {found}"
    ))
    .with_detail("nothing was changed")
    .with_hint(format!(
        "name that store with --store; a {what} holds for one store, under one name"
    )))
}

/// A site file is the same, whether it is kept or not.
fn same_store(one: &str, other: &str) -> bool {
    let path = |text: &str| {
        let path = text
            .strip_prefix("memory:")
            .or_else(|| text.strip_prefix("file:"));
        path.map(str::to_owned)
    };
    one == other || path(one).is_some_and(|path_of_one| path(other) == Some(path_of_one))
}

/// What writes journals and plans.
pub(crate) const TOOL: &str = concat!("access-groups ", env!("CARGO_PKG_VERSION"));

/// How many groups are listed at most.
const LISTED: usize = 20;

/// After so long, a rest may be overtaken by what people have done since.
const OLD: Duration = Duration::from_secs(24 * 60 * 60);
