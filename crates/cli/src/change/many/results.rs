//! What came of many changes, in numbers and for scripts.

use access_groups_core::prelude::*;
use access_groups_roster::{Outcome, Shown, StopReason};
use serde::Serialize;

use super::people::Person;
use crate::{
    carry::{Halt, exit_of_unfinished},
    describe::{self, Verb},
    failure::{Exit, Failure},
    output::{self, Format},
    roster::events::{self, About, Event},
};

/// The changes with their outcomes.
pub(super) struct Results<'a> {
    pub(super) verb: Verb,
    pub(super) group: &'a AccessGroup,
    pub(super) people: &'a [Person],
    pub(super) outcomes: Vec<Outcome>,
    /// What the service shows of each change afterwards; none of those that it has not accepted.
    pub(super) shown: Vec<Option<Shown>>,
}

/// How many changes had which outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(crate) struct Counts {
    pub(crate) total: usize,
    pub(crate) changed: usize,
    pub(crate) unchanged: usize,
    /// Accepted before, too, and not propagated.
    pub(crate) pending: usize,
    /// Accepted; what was before is unknown.
    pub(crate) accepted: usize,
    pub(crate) failed: usize,
    pub(crate) not_tried: usize,
    /// Of the accepted ones: not propagated.
    pub(crate) not_propagated: usize,
    /// Of the accepted ones: the service does not show them, or was not read.
    pub(crate) not_shown: usize,
}

impl<'a> Results<'a> {
    /// Nothing is tried yet.
    pub(super) fn new(verb: Verb, group: &'a AccessGroup, people: &'a [Person]) -> Self {
        Self {
            verb,
            group,
            people,
            outcomes: vec![Outcome::NotTried(StopReason::Cancelled); people.len()],
            shown: vec![None; people.len()],
        }
    }
}

impl Results<'_> {
    /// What the service shows of a change: what may have been made although its call has failed is made
    /// if it is shown.
    pub(super) fn show(&mut self, place: usize, shown: Shown) {
        let outcome = &mut self.outcomes[place];
        if matches!(shown, Shown::AsAsked | Shown::Pending) && !outcome.is_accepted() {
            *outcome = Outcome::Accepted;
        }
        if outcome.is_accepted() {
            self.shown[place] = Some(shown);
        }
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts {
            total: self.people.len(),
            ..Counts::default()
        };
        for outcome in &self.outcomes {
            *match outcome {
                Outcome::Changed => &mut counts.changed,
                Outcome::Unchanged => &mut counts.unchanged,
                Outcome::Pending => &mut counts.pending,
                Outcome::Failed(_) => &mut counts.failed,
                Outcome::NotTried(_) => &mut counts.not_tried,
                _ => &mut counts.accepted,
            } += 1;
        }
        for shown in self.shown.iter().flatten() {
            match shown {
                Shown::AsAsked => {}
                Shown::Pending => counts.not_propagated += 1,
                _ => counts.not_shown += 1,
            }
        }
        counts
    }

    /// The exit code.
    pub(super) fn exit(&self, halt: Option<Halt>, must_propagate: bool) -> Exit {
        let counts = self.counts();
        if counts.failed + counts.not_tried > 0 {
            return exit_of_unfinished(halt, &self.outcomes);
        }
        let is_late = must_propagate && counts.not_propagated > 0;
        match is_late || counts.not_shown > 0 {
            true => Exit::NotPropagated,
            false => Exit::Done,
        }
    }

    /// Prints everything for scripts; nothing in the format for people, and JSON lines only at the end.
    pub(super) fn print(&self, format: Format) -> Result<(), Failure> {
        match format {
            Format::Human => Ok(()),
            Format::Json => output::json(self.verb.name(), &self.body()),
            Format::Csv => output::csv(&COLUMNS, self.rows()),
            Format::Jsonl => self.print_end(),
        }
    }

    /// Prints the event of one change.
    pub(super) fn print_event(&self, place: usize, outcome: &Outcome) -> Result<(), Failure> {
        print_about(self.verb, self.group, &self.people[place], outcome.into())
    }

    /// What is not shown as it should be, and the summary.
    fn print_end(&self) -> Result<(), Failure> {
        for (place, shown) in self.shown.iter().enumerate() {
            // Those that were pending before have had their event.
            let is_new = !matches!(self.outcomes[place], Outcome::Pending);
            if is_new && matches!(shown, Some(Shown::Pending | Shown::NotAsAsked)) {
                let person = &self.people[place];
                print_about(self.verb, self.group, person, Event::Pending)?;
            }
        }
        events::print_summary(&self.counts())
    }

    fn body(&self) -> impl Serialize {
        Body {
            acs_access_group_id: self.group.acs_access_group_id,
            group: self.group,
            is_dry_run: false,
            counts: self.counts(),
            people: self.entries().collect(),
        }
    }

    fn entries(&self) -> impl Iterator<Item = Entry> {
        let outcomes = self.outcomes.iter().zip(&self.shown);
        self.people
            .iter()
            .zip(outcomes)
            .map(|(person, (outcome, shown))| {
                let mut entry = Entry::new(person, name_of(outcome));
                entry.is_shown = shown.and_then(|shown| match shown {
                    Shown::AsAsked => Some(true),
                    Shown::Unread => None,
                    _ => Some(false),
                });
                if let Outcome::Failed(error) = outcome {
                    entry.error = Some(error.message().to_owned());
                    entry.code = error.code().map(str::to_owned);
                    entry.request_id = error.request_id().map(str::to_owned);
                }
                entry
            })
    }

    fn rows(&self) -> impl Iterator<Item = Vec<String>> {
        let group = self.group.acs_access_group_id;
        self.entries().map(move |entry| entry.cells(group))
    }
}

/// Prints an event of this person.
pub(super) fn print_about(
    verb: Verb,
    group: &AccessGroup,
    person: &Person,
    event: Event<'_>,
) -> Result<(), Failure> {
    let about = About {
        kind: verb.change(),
        user: person.user.acs_user_id.into(),
        group: group.acs_access_group_id,
        group_name: &describe::group_name(group),
        name: &describe::user_name(&person.user),
        row: person.asked.row(),
        moves: None,
    };
    events::print(event, &about)
}

/// The JSON of the command; it is documented.
#[derive(Serialize)]
pub(super) struct Body<'a, C> {
    pub(super) acs_access_group_id: AccessGroupId,
    pub(super) group: &'a AccessGroup,
    pub(super) is_dry_run: bool,
    #[serde(flatten)]
    pub(super) counts: C,
    pub(super) people: Vec<Entry>,
}

/// A person in JSON and CSV.
#[derive(Serialize)]
pub(super) struct Entry {
    row: Option<u32>,
    user: String,
    acs_user_id: AcsUserId,
    name: String,
    outcome: &'static str,
    /// Whether the service shows it as asked for, with nothing pending; null if it was not read.
    is_shown: Option<bool>,
    error: Option<String>,
    code: Option<String>,
    request_id: Option<String>,
}

impl Entry {
    pub(super) fn new(person: &Person, outcome: &'static str) -> Self {
        Self {
            row: person.asked.row(),
            user: person.asked.text.clone(),
            acs_user_id: person.user.acs_user_id,
            name: describe::user_name(&person.user),
            outcome,
            is_shown: None,
            error: None,
            code: None,
            request_id: None,
        }
    }

    pub(super) fn cells(self, group: AccessGroupId) -> Vec<String> {
        vec![
            self.row.map(|row| row.to_string()).unwrap_or_default(),
            self.user,
            self.acs_user_id.to_string(),
            self.name,
            group.to_string(),
            self.outcome.to_owned(),
            self.is_shown
                .map(|is_shown| is_shown.to_string())
                .unwrap_or_default(),
            self.error.unwrap_or_default(),
            self.code.unwrap_or_default(),
            self.request_id.unwrap_or_default(),
        ]
    }
}

/// The columns of CSV.
pub(super) const COLUMNS: [&str; 10] = [
    "row",
    "user",
    "acs_user_id",
    "name",
    "acs_access_group_id",
    "outcome",
    "is_shown",
    "error",
    "code",
    "request_id",
];

fn name_of(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Changed => "changed",
        Outcome::Unchanged => "unchanged",
        Outcome::Pending => "pending",
        Outcome::Failed(_) => "failed",
        Outcome::NotTried(_) => "not_tried",
        _ => "accepted",
    }
}
