//! The end of an apply: what the service shows, what is printed, and the exit code.

use std::{collections::HashMap, io, path::Path, time::Duration};

use access_groups_core::prelude::*;
use access_groups_roster::{Change, JournalEntry, JournalOutcome, Limits, Outcome, Plan, Shown};
use serde::Serialize;

use super::{
    Work, doors,
    journal::JournalFile,
    summary::{self, Counts, Made, Named},
};
use crate::{
    args::Carrying,
    carry::{Carried, Halt, carry, exit_of_unfinished, read_back},
    clock,
    failure::{Exit, Failure, exit_of},
    output::{self, Format},
    roster::events::{self, Event},
    signals,
    store::{Store, site_failure},
};

/// Carries the work out, and tells what came of it and of what was known before.
pub(super) fn finish(
    work: Work,
    store: &Store,
    journal: Option<JournalFile>,
    arguments: &Carrying,
    format: Format,
) -> Result<Exit, Failure> {
    let told = Told {
        names: &work.names,
        format,
    };
    let known = told.known(&work);
    known.map_err(|failure| failure.with_detail("nothing was changed"))?;
    let journal_path = journal.as_ref().map(|journal| journal.path().to_owned());
    let path = journal_path.as_deref();
    signals::set_note(format!("interrupted: {}", how_to_go_on(path)));
    let limits = Limits::of_plan().with_concurrency(arguments.concurrency);
    let all = carry(store, &work.changes, limits, journal.as_ref(), |carried| {
        told.carried(carried)
    });
    let mut carried = work.before;
    carried.extend(all.carried);
    carried.sort_by_key(|carried| carried.place);
    let unread = Counts::of(&made(&carried, &HashMap::new(), &work.names));
    signals::set_note(format!(
        "interrupted: {}; {}",
        unread.words(),
        how_to_go_on(path)
    ));
    if let Err(failure) = all.told {
        return Err(untold(failure, unread, path));
    }
    // Who has interrupted it does not want to wait, and what is unavailable is not asked again.
    let shown = match all.halt {
        Some(Halt::Interrupted | Halt::Unavailable | Halt::Refused) => HashMap::new(),
        Some(Halt::Journal(_)) | None => {
            let shown = read_back(&carried, store, arguments.wait);
            verify(&mut carried, &shown, journal.as_ref());
            shown
        }
    };
    let halt = end_journal(journal, all.halt);
    let changes = made(&carried, &shown, &work.names);
    let counts = Counts::of(&changes);
    let summary = Summary {
        command: work.command,
        hash: &work.hash,
        changes: &changes,
        counts,
        journal: path,
    };
    let printed = told.unfinished(&changes);
    let printed = printed.and_then(|()| summary.print(store, format));
    printed.map_err(|failure| untold(failure, counts, path))?;
    if counts.accepted() > 0 {
        store.remind();
    }
    match all.unsaved {
        // One failure to save is not one for each change.
        Some(error) => Err(site_failure(error).with_detail(counts.words())),
        None => exit(&changes, counts, halt, path, arguments.wait),
    }
}

/// The changes with their names and with what the service shows of them.
fn made(
    carried: &[Carried],
    shown: &HashMap<usize, Shown>,
    names: &HashMap<(UserRef, AccessGroupId), Named>,
) -> Vec<Made> {
    let made = carried.iter().map(|carried| Made {
        named: name_of(names, &carried.change),
        shown: shown.get(&carried.place).copied(),
        change: carried.change,
        outcome: carried.outcome.clone(),
    });
    made.collect()
}

/// What may have been made although its call has failed is made if the service shows it.
fn verify(carried: &mut [Carried], shown: &HashMap<usize, Shown>, journal: Option<&JournalFile>) {
    for carried in carried {
        let is_shown = matches!(
            shown.get(&carried.place),
            Some(Shown::AsAsked | Shown::Pending)
        );
        if !(is_shown && matches!(carried.outcome, Outcome::Failed(_))) {
            continue;
        }
        carried.outcome = Outcome::Accepted;
        if let Some(journal) = journal {
            // If it cannot be written, the end cannot be either.
            let _ = journal.append(&JournalEntry::Outcome {
                change: carried.place,
                outcome: JournalOutcome::Applied,
                at: clock::now(),
            });
        }
    }
}

/// The failure to tell what was done.
fn untold(failure: Failure, counts: Counts, journal: Option<&Path>) -> Failure {
    let is_part = counts.accepted() > 0 && counts.failed + counts.not_tried > 0;
    let exit = match is_part {
        true => Exit::Partly,
        false => failure.exit(),
    };
    let failure = failure.with_exit(exit).with_detail(counts.words());
    failure.with_hint(match journal {
        Some(path) => format!("what was done is in the journal {}", path.display()),
        None => "what was done stays so nevertheless".to_owned(),
    })
}

fn how_to_go_on(journal: Option<&Path>) -> String {
    match journal {
        Some(path) => format!("`access-groups resume {}` goes on", path.display()),
        None => "the same command goes on".to_owned(),
    }
}

/// Nothing has to change.
pub(super) fn nothing(plan: &Plan, hash: &str, format: Format) -> Result<Exit, Failure> {
    let pending: usize = plan.groups().iter().map(|group| group.pending.len()).sum();
    let body = Body {
        plan: hash,
        counts: Counts::default(),
        already_pending: pending,
        journal: None,
    };
    let words = match pending {
        0 => "No changes: the groups are as the roster says.".to_owned(),
        pending => format!(
            "No changes: the groups are as the roster says; {pending} earlier changes have not \
             propagated yet."
        ),
    };
    match format {
        Format::Jsonl => events::print_summary(&body)?,
        format => output::answer(format, "apply", &words, &body)?,
    }
    Ok(Exit::Done)
}

/// What is printed at the end.
struct Summary<'a> {
    command: &'static str,
    hash: &'a str,
    changes: &'a [Made],
    counts: Counts,
    journal: Option<&'a Path>,
}

impl Summary<'_> {
    fn print(&self, store: &Store, format: Format) -> Result<(), Failure> {
        let journal = self.journal.map(|path| path.display().to_string());
        let body = Body {
            plan: self.hash,
            counts: self.counts,
            already_pending: 0,
            journal: journal.as_deref(),
        };
        match format {
            Format::Human => {
                let doors = doors::of(self.changes, store.port());
                let words = summary::words(self.hash, self.changes, &doors);
                output::message(&words)
            }
            Format::Jsonl => events::print_summary(&body),
            Format::Json | Format::Csv => output::json(self.command, &body),
        }
    }
}

/// The JSON of the command, and the summary of its events; it is documented.
#[derive(Serialize)]
struct Body<'a> {
    /// The hash.
    plan: &'a str,
    #[serde(flatten)]
    counts: Counts,
    already_pending: usize,
    journal: Option<&'a str>,
}

/// The exit code, with a failure where something is left to do.
fn exit(
    changes: &[Made],
    counts: Counts,
    halt: Option<Halt>,
    journal: Option<&Path>,
    wait: Option<Duration>,
) -> Result<Exit, Failure> {
    let left = counts.failed + counts.not_tried;
    if left == 0 && halt.is_none() {
        let is_pending = wait.is_some() && counts.pending > 0;
        return Ok(match counts.not_shown + counts.unread > 0 || is_pending {
            true => Exit::NotPropagated,
            false => Exit::Done,
        });
    }
    let failure = match halt {
        Some(Halt::Interrupted) => Failure::failed("interrupted"),
        Some(Halt::Journal(kind)) => {
            let path = journal.unwrap_or_else(|| Path::new("the journal"));
            unjournaled(path, kind).with_detail("no further call was made")
        }
        Some(Halt::Refused | Halt::Unavailable) => {
            let last = last_error(changes).map(|error| Failure::from(error.clone()));
            let failure = last.unwrap_or_else(|| Failure::failed("the service is unavailable"));
            failure.with_detail("no further call was made: it would have failed alike")
        }
        None => Failure::failed(format!("{left} of {} changes are not made", counts.all())),
    };
    let code = exit_of_unfinished(halt, changes.iter().map(|made| &made.outcome));
    let failure = failure.with_exit(code).with_detail(counts.words());
    Err(failure.with_hint(how_to_go_on(journal)))
}

/// The error that every further call would have met.
fn last_error(changes: &[Made]) -> Option<&Error> {
    let errors = changes.iter().rev().filter_map(|made| match &made.outcome {
        Outcome::Failed(error) => Some(error),
        _ => None,
    });
    let mut errors = errors.filter(|error| exit_of(error) != Exit::Failed);
    errors.next()
}

/// The journal cannot be written any more.
pub(super) fn unjournaled(path: &Path, kind: io::ErrorKind) -> Failure {
    Failure::failed(format!("the journal {} cannot be written", path.display()))
        .caused_by(&io::Error::from(kind))
        .with_hint("make room, then `resume` tries the rest again")
}

fn end_journal(journal: Option<JournalFile>, halt: Option<Halt>) -> Option<Halt> {
    let Some(journal) = journal else {
        return halt;
    };
    let ended = match halt {
        Some(_) => Ok(()),
        None => journal.append(&JournalEntry::End { at: clock::now() }),
    };
    match ended.and_then(|()| journal.finish()) {
        Ok(()) => halt,
        Err(error) => halt.or_else(|| Some(Halt::Journal(error.kind()))),
    }
}

/// What is told of changes as they come.
struct Told<'a> {
    names: &'a HashMap<(UserRef, AccessGroupId), Named>,
    format: Format,
}

impl Told<'_> {
    /// What is planned, and what is known before the first call.
    fn known(&self, work: &Work) -> Result<(), Failure> {
        if self.format == Format::Jsonl {
            for (_, change) in &work.changes {
                let named = name_of(self.names, change);
                events::print(Event::Planned, &named.about(change))?;
            }
        }
        work.before
            .iter()
            .try_for_each(|carried| self.carried(carried))
    }

    fn carried(&self, carried: &Carried) -> Result<(), Failure> {
        if self.format != Format::Jsonl {
            return Ok(());
        }
        let named = name_of(self.names, &carried.change);
        events::print((&carried.outcome).into(), &named.about(&carried.change))
    }

    /// What is accepted, and has not propagated or is not shown.
    fn unfinished(&self, changes: &[Made]) -> Result<(), Failure> {
        if self.format != Format::Jsonl {
            return Ok(());
        }
        // Those that were pending before have had their event.
        let is_unfinished = |made: &&Made| {
            !matches!(made.outcome, Outcome::Pending)
                && matches!(made.shown, Some(Shown::Pending | Shown::NotAsAsked))
        };
        let accepted = changes.iter().filter(|made| made.outcome.is_accepted());
        let mut unfinished = accepted.filter(is_unfinished);
        unfinished.try_for_each(|made| events::print(Event::Pending, &made.about()))
    }
}

fn name_of(names: &HashMap<(UserRef, AccessGroupId), Named>, change: &Change) -> Named {
    let named = names.get(&(change.user, change.group));
    named.cloned().unwrap_or_else(|| Named {
        group: change.group.to_string(),
        ..Named::default()
    })
}
