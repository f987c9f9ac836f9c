//! The end of an apply: what the service shows, what is printed, and the exit code.

use std::{collections::HashMap, io, path::Path, time::Duration};

use access_groups_core::prelude::*;
use access_groups_roster::{Change, JournalEntry, Limits, Outcome, Plan, Shown};
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
    failure::{Exit, Failure},
    output::{self, Format},
    roster::events::{self, Event},
    signals,
    store::Store,
};

/// Carries the work out, and tells what came of it and of what was settled before.
pub(super) fn finish(
    work: Work,
    settled: Vec<(usize, Change, Outcome)>,
    store: &Store,
    journal: Option<JournalFile>,
    arguments: &Carrying,
    format: Format,
) -> Result<Exit, Failure> {
    let settled = settled.into_iter().map(|(place, change, outcome)| Carried {
        place,
        change,
        outcome,
    });
    let mut carried: Vec<_> = settled.collect();
    if format == Format::Jsonl {
        for (_, change) in &work.changes {
            let named = name_of(&work.names, change);
            events::print(Event::Planned, &named.about(change))?;
        }
    }
    let tell = |carried: &Carried| match format {
        Format::Jsonl => tell(carried, &work.names),
        Format::Human | Format::Json | Format::Csv => Ok(()),
    };
    carried.iter().try_for_each(tell)?;
    let journal_path = journal.as_ref().map(|journal| journal.path().to_owned());
    signals::set_note(match &journal_path {
        Some(path) => format!(
            "interrupted: `access-groups resume {}` goes on",
            path.display()
        ),
        None => "interrupted: the same command goes on".to_owned(),
    });
    let all = carry(
        store,
        &work.changes,
        Limits::of_plan().with_concurrency(arguments.concurrency),
        journal.as_ref(),
        tell,
    );
    carried.extend(all.carried);
    carried.sort_by_key(|carried| carried.place);
    let halt = end_journal(journal, all.halt);
    let made_nevertheless = |failure: Failure| {
        failure.with_hint(match &journal_path {
            Some(path) => format!("what was done is in the journal {}", path.display()),
            None => "what was done stays so nevertheless".to_owned(),
        })
    };
    all.told.map_err(made_nevertheless)?;

    let shown = match halt {
        Some(Halt::Interrupted | Halt::Unavailable | Halt::Refused) => HashMap::new(),
        _ => read_back(&carried, store, arguments.wait),
    };
    let changes = carried.into_iter().map(|carried| Made {
        named: name_of(&work.names, &carried.change),
        shown: shown.get(&carried.place).copied(),
        change: carried.change,
        outcome: carried.outcome,
    });
    let changes: Vec<_> = changes.collect();
    if format == Format::Jsonl {
        // Those that were pending before have had their event.
        let unfinished = |made: &&Made| {
            !matches!(made.outcome, Outcome::Pending)
                && matches!(made.shown, Some(Shown::Pending | Shown::NotAsAsked))
        };
        for made in changes.iter().filter(unfinished) {
            events::print(Event::Pending, &made.about())?;
        }
    }
    let counts = Counts::of(&changes);
    print(
        &work.hash,
        &changes,
        counts,
        journal_path.as_deref(),
        store,
        format,
    )
    .map_err(made_nevertheless)?;
    if counts.accepted() > 0 {
        store.remind();
    }
    exit(
        &changes,
        counts,
        halt,
        journal_path.as_deref(),
        arguments.wait,
    )
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

fn print(
    hash: &str,
    changes: &[Made],
    counts: Counts,
    journal: Option<&Path>,
    store: &Store,
    format: Format,
) -> Result<(), Failure> {
    let journal = journal.map(|path| path.display().to_string());
    let body = Body {
        plan: hash,
        counts,
        already_pending: 0,
        journal: journal.as_deref(),
    };
    match format {
        Format::Human => {
            let doors = doors::of(changes, store.port());
            output::answer(
                format,
                "apply",
                &summary::words(hash, changes, &doors),
                &body,
            )
        }
        Format::Jsonl => events::print_summary(&body),
        Format::Json | Format::Csv => output::answer(format, "apply", "", &body),
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
        return Ok(match counts.not_shown > 0 || is_pending {
            true => Exit::NotPropagated,
            false => Exit::Done,
        });
    }
    let code = exit_of_unfinished(halt, changes.iter().map(|made| &made.outcome));
    let message = match halt {
        Some(Halt::Interrupted) => "interrupted".to_owned(),
        Some(Halt::Journal(kind)) => {
            let path = journal.unwrap_or_else(|| Path::new("the journal"));
            return Err(unjournaled(path, kind).with_exit(code));
        }
        Some(Halt::Refused) => "the credential is refused".to_owned(),
        Some(Halt::Unavailable) => {
            "the service is unavailable: too many calls in a row have failed".to_owned()
        }
        None => format!("{} of {} changes failed", counts.failed, counts.all()),
    };
    let failure = Failure::new(code, message).with_detail(counts.words());
    Err(failure.with_hint(match journal {
        Some(path) => format!(
            "`access-groups resume {}` tries the rest again",
            path.display()
        ),
        None => "the same command tries the rest again".to_owned(),
    }))
}

/// The journal cannot be written any more.
pub(super) fn unjournaled(path: &Path, kind: io::ErrorKind) -> Failure {
    Failure::failed(format!("the journal {} cannot be written", path.display()))
        .caused_by(&io::Error::from(kind))
        .with_detail("no further call was made; those that were open are counted above")
        .with_hint("make room, then `plan` shows what is left")
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

fn tell(
    carried: &Carried,
    names: &HashMap<(UserRef, AccessGroupId), Named>,
) -> Result<(), Failure> {
    let named = name_of(names, &carried.change);
    let about = named.about(&carried.change);
    events::print((&carried.outcome).into(), &about)
}

fn name_of(names: &HashMap<(UserRef, AccessGroupId), Named>, change: &Change) -> Named {
    let named = names.get(&(change.user, change.group));
    named.cloned().unwrap_or_else(|| Named {
        group: change.group.to_string(),
        ..Named::default()
    })
}
