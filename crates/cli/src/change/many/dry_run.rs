//! `--dry-run`: what would change, without a change.

use access_groups_core::prelude::*;
use access_groups_roster::{ReadBack, Shown, read_back_blocking};
use serde::Serialize;

use super::{
    changes,
    people::Person,
    results::{Body, COLUMNS, Entry, print_about},
};
use crate::{
    clock,
    describe::{self, Verb},
    failure::{Exit, Failure},
    output::{self, Format},
    roster::events::{self, Event},
    store::Store,
    table::Table,
};

/// Reads the group once, and says of each person whether something would change.
pub(super) fn run(
    verb: Verb,
    group: &AccessGroup,
    people: &[Person],
    store: &Store,
    format: Format,
) -> Result<Exit, Failure> {
    let reading = ReadBack::new(changes(verb, group, people));
    let read = read_back_blocking(store.shared(), reading, clock::stopwatch(), clock::sleep)?;
    if let Some((_, error)) = read.unread.into_iter().next() {
        return Err(error.into());
    }
    let trial = Trial {
        verb,
        group,
        people,
        shown: read.of_changes,
    };
    match format {
        Format::Human => trial.print_table()?,
        Format::Json => output::json(verb.name(), &trial.body())?,
        Format::Csv => {
            let id = group.acs_access_group_id;
            output::csv(&COLUMNS, trial.entries().map(|entry| entry.cells(id)))?;
        }
        Format::Jsonl => trial.print_events()?,
    }
    Ok(Exit::Done)
}

struct Trial<'a> {
    verb: Verb,
    group: &'a AccessGroup,
    people: &'a [Person],
    /// What the service shows now, as if the changes had been made.
    shown: Vec<Shown>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Counts {
    total: usize,
    would_change: usize,
    unchanged: usize,
    pending: usize,
}

impl Trial<'_> {
    fn counts(&self) -> Counts {
        let count = |wanted: &[Shown]| {
            let counted = self.shown.iter().filter(|shown| wanted.contains(shown));
            counted.count()
        };
        let (unchanged, pending) = (count(&[Shown::AsAsked]), count(&[Shown::Pending]));
        Counts {
            total: self.people.len(),
            would_change: self.people.len() - unchanged - pending,
            unchanged,
            pending,
        }
    }

    fn print_table(&self) -> Result<(), Failure> {
        let rows = self.people.iter().zip(&self.shown).map(|(person, shown)| {
            vec![
                describe::user_name(&person.user),
                person.user.email_address.clone().unwrap_or_default(),
                describe::would(self.verb, *shown).to_owned(),
                person.user.acs_user_id.to_string(),
            ]
        });
        output::table(Table::new(["name", "e-mail", "would be", "id"], rows))?;
        let Counts {
            would_change: count,
            ..
        } = self.counts();
        output::to_stderr(describe::would_change(self.verb, self.group, count));
        Ok(())
    }

    fn print_events(&self) -> Result<(), Failure> {
        for (person, shown) in self.people.iter().zip(&self.shown) {
            let event = match shown {
                Shown::AsAsked => Event::Unchanged,
                Shown::Pending => Event::Pending,
                _ => Event::Planned,
            };
            print_about(self.verb, self.group, person, event)?;
        }
        events::print_summary(&self.counts())
    }

    fn body(&self) -> impl Serialize {
        Body {
            acs_access_group_id: self.group.acs_access_group_id,
            group: self.group,
            is_dry_run: true,
            counts: self.counts(),
            people: self.entries().collect(),
        }
    }

    fn entries(&self) -> impl Iterator<Item = Entry> {
        let people = self.people.iter().zip(&self.shown);
        people.map(|(person, shown)| {
            let outcome = match shown {
                Shown::AsAsked => "unchanged",
                Shown::Pending => "pending",
                _ => "would_change",
            };
            Entry::new(person, outcome)
        })
    }
}
