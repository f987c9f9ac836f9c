//! `add` and `remove` of many people in one group.
//!
//! Everybody is found before the first change: with one call for each page of the system's users, two
//! for the group. The changes cost a call each and two more; what the service shows afterwards costs two.

mod dry_run;
mod people;
mod results;

use std::time::Duration;

use access_groups_core::{CancelToken, prelude::*};
use access_groups_protocol::{NOT_THE_API, REDIRECTED};
use access_groups_roster::{
    Change, Limits, Outcome, ReadBack, Report, Shown, change_all_blocking, read_back_blocking,
};

use crate::{
    args, clock,
    describe::{self, Times, Verb},
    failure::{Exit, Failure, exit_of, printable},
    local_time::Zones,
    output::{self, Format},
    progress::{Progress, grouped},
    resolve, signals,
    store::{Store, site_failure},
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
    let (results, end) = job.make(Limits::new().with_concurrency(arguments.concurrency))?;
    job.tell(results, end, arguments.wait)
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

/// Why no further change was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// All were tried.
    Complete,
    Interrupted,
    /// The credential is refused, or the service stays unavailable.
    GivenUp,
}

impl<'a> Job<'a> {
    /// Makes the changes. Nothing is called done before it is saved.
    fn make(&self, limits: Limits) -> Result<(Results<'a>, End), Failure> {
        let stop = CancelToken::new();
        let stopping = signals::stop_with(stop.clone());
        signals::set_note(AT_SECOND_SIGNAL);
        let changes = changes(self.verb, self.group, self.people);
        let limits = limits.with_stop(stop.clone()).verifying();
        let mut making = Making {
            job: self,
            results: Results::new(self.verb, self.group, self.people),
            stop,
            hopeless: Hopeless::default(),
            printed: Ok(()),
            done: 0,
            progress: Progress::start(changes.len(), self.store.retries()),
        };
        for report in change_all_blocking(self.store.unsaved(), changes, limits) {
            making.take(report);
        }
        let end = making.end();
        let Making {
            results, printed, ..
        } = making;
        self.store.save().map_err(site_failure)?;
        drop(stopping);
        printed.map_err(stays)?;
        Ok((results, end))
    }

    /// Whether each outcome is printed as it comes. What is not saved yet is not called done.
    fn streams(&self) -> bool {
        self.format == Format::Jsonl && !self.store.is_saved_once()
    }

    /// Says on stderr that a change failed. Without the name: stderr may be a log.
    fn warn(&self, place: usize, outcome: &Outcome) {
        let Outcome::Failed(error) = outcome else {
            return;
        };
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
        end: End,
        wait: Option<Duration>,
    ) -> Result<Exit, Failure> {
        if self.format == Format::Jsonl && !self.streams() {
            for (place, outcome) in results.outcomes.iter().enumerate() {
                results.print_event(place, outcome).map_err(stays)?;
            }
        }
        // Who has interrupted it does not want to wait.
        let wait = wait.filter(|_| end == End::Complete);
        let done = results.counts().so_far(self.verb);
        signals::set_note(match wait {
            Some(_) => format!("interrupted while waiting: {done}, and stays so"),
            None => format!("interrupted: {done}"),
        });
        if let Some(timeout) = wait {
            propagate::announce("waiting until the changes have", timeout);
        }
        self.read_back(&mut results, wait);
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
        match end {
            End::Complete => {}
            End::Interrupted => output::to_stderr(format_args!(
                "interrupted: {} not tried; the same command again goes on, for what is done stays so",
                left()
            )),
            End::GivenUp => output::to_stderr(format_args!(
                "given up: {} not tried, for they would fail alike; the same command again goes on",
                left()
            )),
        }
        Ok(match end {
            End::Interrupted => Exit::Interrupted,
            End::Complete | End::GivenUp => results.exit(wait.is_some()),
        })
    }

    /// Reads what the service shows of the accepted changes; with a wait, until it has propagated.
    fn read_back(&self, results: &mut Results<'_>, wait: Option<Duration>) {
        let changes = changes(self.verb, self.group, self.people);
        let accepted = results.outcomes.iter().enumerate();
        let accepted: Vec<_> = accepted
            .filter(|(_, outcome)| outcome.is_accepted())
            .map(|(place, _)| place)
            .collect();
        let reading = ReadBack::new(accepted.iter().map(|place| changes[*place]));
        let reading = reading.with_timeout(wait.unwrap_or_default());
        let port = self.store.shared();
        let read = read_back_blocking(port, reading, clock::stopwatch(), clock::sleep);
        let (of_changes, unread) = match read {
            Ok(shown) => {
                let unread = shown.unread.into_iter().next();
                (shown.of_changes, unread.map(|(_, error)| error))
            }
            Err(error) => (vec![Shown::Unread; accepted.len()], Some(error)),
        };
        for (place, shown) in accepted.into_iter().zip(of_changes) {
            results.shown[place] = Some(shown);
        }
        if let Some(error) = unread {
            output::warn_unread("the changes are accepted", "the group", &error);
        }
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

/// Changes while they are made.
struct Making<'j, 'a> {
    job: &'j Job<'a>,
    results: Results<'a>,
    stop: CancelToken,
    hopeless: Hopeless,
    /// Whether the events could be printed so far.
    printed: Result<(), Failure>,
    done: usize,
    progress: Progress,
}

impl Making<'_, '_> {
    fn take(&mut self, report: Report) {
        let Report { index, outcome, .. } = report;
        self.done += usize::from(!matches!(outcome, Outcome::NotTried(_)));
        self.progress.at(self.done);
        self.progress.around(|| {
            self.job.warn(index, &outcome);
            if self.job.streams() && self.printed.is_ok() {
                self.printed = self.results.print_event(index, &outcome);
            }
        });
        // Without a reader of the events, nobody would know what is done.
        if self.hopeless.is_after(&outcome) || self.printed.is_err() {
            self.stop.cancel();
        }
        self.results.outcomes[index] = outcome;
    }

    fn end(&self) -> End {
        let is_complete = self.done == self.job.people.len();
        match (is_complete, self.hopeless.is_given_up) {
            (true, _) => End::Complete,
            (false, true) => End::GivenUp,
            (false, false) => End::Interrupted,
        }
    }
}

/// Whether the changes to come would only meet the same failure.
#[derive(Debug, Default)]
struct Hopeless {
    unavailable_in_a_row: usize,
    is_given_up: bool,
}

impl Hopeless {
    fn is_after(&mut self, outcome: &Outcome) -> bool {
        match outcome {
            // It says nothing about the service.
            Outcome::NotTried(_) => {}
            // A proxy or a sign-in page would answer the next request, too.
            Outcome::Failed(error) if matches!(error.code(), Some(NOT_THE_API | REDIRECTED)) => {
                self.is_given_up = true;
            }
            Outcome::Failed(error) => match exit_of(error) {
                Exit::CredentialRefused => self.is_given_up = true,
                Exit::Unavailable => self.unavailable_in_a_row += 1,
                _ => self.unavailable_in_a_row = 0,
            },
            _ => self.unavailable_in_a_row = 0,
        }
        self.is_given_up |= self.unavailable_in_a_row >= UNAVAILABLE_IN_A_ROW;
        self.is_given_up
    }
}

/// After so many failures in a row because the service is unavailable, no further change is tried:
/// each of them has been tried three times.
const UNAVAILABLE_IN_A_ROW: usize = 10;

const AT_SECOND_SIGNAL: &str = "interrupted: the changes may or may not have been made; repeating the \
    command is safe";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hopeless_is_a_refused_key_or_a_long_outage() {
        let failed = Outcome::Failed;
        let mut hopeless = Hopeless::default();
        for _ in 1..UNAVAILABLE_IN_A_ROW {
            assert!(!hopeless.is_after(&failed(Error::unavailable("no"))));
        }
        assert!(!hopeless.is_after(&Outcome::Changed));
        for _ in 1..UNAVAILABLE_IN_A_ROW {
            assert!(!hopeless.is_after(&failed(Error::timed_out("no"))));
        }
        assert!(!hopeless.is_after(&failed(Error::conflict("no"))));
        assert!(hopeless.is_after(&failed(Error::unauthenticated("no"))));
        let mut hopeless = Hopeless::default();
        let ended = (0..UNAVAILABLE_IN_A_ROW)
            .map(|_| hopeless.is_after(&failed(Error::rate_limited("no"))));
        assert_eq!(ended.filter(|is_over| *is_over).count(), 1);
    }
}
