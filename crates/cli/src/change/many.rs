//! `add` and `remove` of many people in one group.
//!
//! Everybody is found before the first change: with one call for each page of the system's users, two
//! for the group. The changes cost a call each and two more; what the service shows afterwards costs two.

mod dry_run;
mod people;
mod results;

use std::time::Duration;

use access_groups_core::prelude::*;
use access_groups_roster::{Change, Limits, Outcome, Shown};

use crate::{
    args,
    carry::{All, Carried, Halt, carry, read_back},
    clock,
    describe::{self, Times, Verb},
    failure::{Exit, Failure, is_not_saved},
    local_time::Zones,
    output::{self, Format},
    progress::grouped,
    resolve, signals,
    store::{Store, site_failure},
    visible::printable,
};

use super::propagate;
use people::Person;
use results::Results;

pub(crate) use people::{Asked, asked};
pub(crate) use results::Counts;

/// Adds or removes everybody whom the arguments name.
pub(super) fn run(
    verb: Verb,
    arguments: &args::Change,
    asked: Vec<Asked>,
    store: &Store,
    format: Format,
) -> Result<Exit, Failure> {
    let port = store.port();
    signals::set_note("interrupted: nothing has changed");
    let found = resolve::found::<AccessGroup>(&arguments.group, port)?;
    let group = found
        .resource
        .map_or_else(|| port.access_group(found.id), Ok)?;
    let found = people::find(asked, &group, port)?;
    found.say_again();
    let (group, people) = (&group, &*found.people);
    if arguments.dry_run {
        return dry_run::run(verb, group, people, store, format);
    }
    let job = Job {
        verb,
        group,
        people,
        store,
        format,
    };
    let (results, all) =
        job.make(Limits::new().with_concurrency(arguments.carrying.concurrency))?;
    job.tell(results, &all, arguments.carrying.wait)
}

/// The changes that every person needs.
fn changes(verb: Verb, group: &AccessGroup, people: &[Person]) -> Vec<Change> {
    let group = group.acs_access_group_id;
    let change = |person: &Person| match verb {
        Verb::Add => Change::add(person.user.acs_user_id, group),
        Verb::Remove => Change::remove(person.user.acs_user_id, group),
    };
    people.iter().map(change).collect()
}

struct Job<'a> {
    verb: Verb,
    group: &'a AccessGroup,
    people: &'a [Person],
    store: &'a Store,
    format: Format,
}

impl<'a> Job<'a> {
    /// Makes the changes. Nothing is called done before it is saved.
    fn make(&self, limits: Limits) -> Result<(Results<'a>, All), Failure> {
        signals::set_note(AT_SECOND_SIGNAL);
        let changes = changes(self.verb, self.group, self.people);
        let changes: Vec<_> = changes.into_iter().enumerate().collect();
        let mut results = Results::new(self.verb, self.group, self.people);
        let tell = |carried: &Carried| {
            self.warn(carried.place, &carried.outcome);
            match self.format {
                Format::Jsonl => results.print_event(carried.place, &carried.outcome),
                Format::Human | Format::Json | Format::Csv => Ok(()),
            }
        };
        let mut all = carry(self.store, &changes, limits.verifying(), None, tell);
        for carried in &all.carried {
            results.outcomes[carried.place] = carried.outcome.clone();
        }
        let told = std::mem::replace(&mut all.told, Ok(()));
        if let Some(error) = all.unsaved {
            // Nothing else is said of it, but the events have their end.
            if self.format == Format::Jsonl && told.is_ok() {
                results.print(self.format)?;
            }
            return Err(site_failure(error));
        }
        told.map_err(stays)?;
        Ok((results, all))
    }

    /// Says on stderr that a change failed. Without the name: stderr may be a log.
    fn warn(&self, place: usize, outcome: &Outcome) {
        let Outcome::Failed(error) = outcome else {
            return;
        };
        // One failure to save is not one for each person.
        if is_not_saved(error) {
            return;
        }
        let person = &self.people[place];
        let (place, id) = (person.asked.place(), person.user.acs_user_id);
        let mut text = format!("failed: {place} ({id}): {}", error.message());
        if error.is_ambiguous() {
            text += "; it may have been made nevertheless";
        }
        if let Some(request) = error.request_id() {
            text += &format!("; request id {request}");
        }
        output::to_stderr(printable(&text).replace('\n', " "));
    }

    /// Reads what the service shows now, and says what came of everything.
    fn tell(
        &self,
        mut results: Results<'a>,
        all: &All,
        wait: Option<Duration>,
    ) -> Result<Exit, Failure> {
        // Who has interrupted it does not want to wait.
        let wait = wait.filter(|_| all.halt.is_none());
        let done = results.counts().so_far(self.verb);
        signals::set_note(match wait {
            Some(_) => format!("interrupted while waiting: {done}, and stays so"),
            None => format!("interrupted: {done}"),
        });
        if let Some(timeout) = wait {
            propagate::announce("waiting until the changes have", timeout);
        }
        for (place, shown) in read_back(&all.carried, self.store, wait) {
            results.show(place, shown);
        }
        let counts = results.counts();
        match self.format {
            Format::Human => output::message(&self.words(counts, wait)),
            format => results.print(format),
        }
        .map_err(stays)?;
        self.note_unshown(&results, wait);
        if counts.changed > 0 {
            self.store.remind();
        }
        let left = || format!("{} of {}", grouped(counts.not_tried), grouped(counts.total));
        match all.halt {
            None => {}
            Some(Halt::Interrupted) => output::to_stderr(format_args!(
                "interrupted: {} not tried; the same command again goes on, for what is done stays so",
                left()
            )),
            Some(_) => output::to_stderr(format_args!(
                "given up: {} not tried, for they would fail alike; the same command again goes on",
                left()
            )),
        }
        Ok(results.exit(all.halt, wait.is_some()))
    }

    fn words(&self, counts: Counts, wait: Option<Duration>) -> String {
        let group = self.group;
        // The words can do without them.
        let entrances = match counts.changed {
            0 => None,
            _ => {
                let port = self.store.port();
                let mut entrances = port.entrances_of_group(group.acs_access_group_id).ok();
                if let Some(entrances) = &mut entrances {
                    resolve::sort(entrances);
                }
                entrances
            }
        };
        let (now, zones) = (clock::now(), &Zones::new(self.store.port()));
        let times = Times { now, zones };
        describe::many(
            self.verb,
            group,
            counts,
            entrances.as_deref(),
            wait.is_some(),
            &times,
        )
    }

    /// Says whose change is accepted and not shown.
    fn note_unshown(&self, results: &Results<'_>, wait: Option<Duration>) {
        let is_unshown = |shown: &Option<Shown>| matches!(shown, Some(Shown::NotAsAsked));
        let unshown = self.people.iter().zip(&results.shown);
        let unshown = unshown.filter(|(_, shown)| is_unshown(shown));
        let unshown: Vec<_> = unshown
            .map(|(person, _)| format!("{} ({})", person.asked.place(), person.user.acs_user_id))
            .collect();
        if !unshown.is_empty() {
            output::to_stderr(format_args!(
                "note: accepted, but {}: {}{}",
                match self.verb {
                    Verb::Add => "not yet listed as a member",
                    Verb::Remove => "still listed as a member",
                },
                unshown.join(", "),
                match wait {
                    Some(_) => "",
                    None => "; --wait waits until it has propagated",
                }
            ));
        }
    }
}

/// The failure to print what was done.
fn stays(failure: Failure) -> Failure {
    failure.with_hint("what was accepted stays so nevertheless")
}

const AT_SECOND_SIGNAL: &str = "interrupted: the changes may or may not have been made; repeating the \
    command is safe";
